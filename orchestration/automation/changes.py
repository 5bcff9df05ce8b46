"""What a new release says otherwise than the one before it, as it is told: flipped claims, watched figures.

Belongs here: the words and details of the events `claim_changed` and `figure_changed` (docs/runbook.md). Not here: when
somebody is told (`news`), nor how (`deliver`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.releases.corrections.changed import Correction, flip_sentence, in_order
from orchestration.releases.corrections.watch import Watched, watch_list, watched_changes
from orchestration.releases.store import Releases

#: How many of each are told.
TOLD = 20


@dataclass(frozen=True)
class Change:
    """The text for people, and what is needed to act."""

    text: str
    details: Mapping[str, Any]


def claim_changed(home: Home, release_id: str) -> Change | None:
    """The claims whose verdict is another one than in the release before, first those that could be tested before."""
    said = Releases(home).manifest(release_id)
    flips = in_order(said.corrections.flips)[:TOLD]
    if not flips:
        return None
    claims = [{**flip.model_dump(mode="json"), "sentence": flip_sentence(flip)} for flip in flips]
    return _change(release_id, said.is_synthetic, [flip_sentence(flip) for flip in flips], {"claims": claims})


def figure_changed(home: Home, release_id: str) -> Change | None:
    """The figures of watched series that the release has corrected; or that the watch list cannot be read."""
    folder, said = Releases(home).folder(release_id), Releases(home).manifest(release_id)
    try:
        found = watched_changes(folder, release_id, watch_list(home))[:TOLD]
    except RefusalError as error:
        text = f"Nobody is told of changed figures: {error}"
        return _change(release_id, said.is_synthetic, [text], {"figures": [], "fault": str(error)})
    figures = [_figure(watched, correction) for watched, correction in found]
    sentences = [correction.sentence() for _, correction in found]
    return _change(release_id, said.is_synthetic, sentences, {"figures": figures, "fault": None}) if found else None


def _figure(watched: Watched, correction: Correction) -> dict[str, Any]:
    names = ("measure", "old_value", "new_value", "change_share", "cause", "cause_detail")
    said = {name: getattr(correction, name) for name in names}
    month = format_month(correction.month)
    return {"watched": str(watched), "month": month, **said, "sentence": correction.sentence()}


def _change(release_id: str, is_synthetic: bool, sentences: list[str], details: Mapping[str, Any]) -> Change:
    text = "\n".join(printable(line) for line in [*(["SYNTHETIC DATA"] if is_synthetic else []), *sentences])
    return Change(text, {"release_id": release_id, "is_synthetic": is_synthetic, **details})


#: By event what a release says of it.
CHANGES: Mapping[str, Callable[[Home, str], Change | None]] = {
    "claim_changed": claim_changed,
    "figure_changed": figure_changed,
}
