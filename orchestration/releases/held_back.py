"""Which sources are held back: one source's red does not stop the others.

Belongs here: whose findings stop what. Not here: how a candidate is made without them (`database`), nor judgement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from orchestration.base.today import today_in
from orchestration.gates.audit import Report, finding_text, rows_of
from orchestration.landing.store import LandingState
from orchestration.releases.manifest import HeldBack, Manifest, read_manifest
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.categories import FILE

#: How many findings of a source are told.
TOLD = 3


def to_hold_back(releases: Releases, state: LandingState, folder: Path, report: Report) -> dict[str, HeldBack]:
    """The sources of a failed candidate whose findings block, if some other has none. None where a finding belongs to
    no source, or where the current release has their figures in another form.
    """
    failed, there = report.findings("broken", "failed"), {receipt.scope.source for receipt in state.active}
    sources = set(failed["source"])
    if report.passed or "broken" in set(failed["verdict"]) or not sources < there:
        return {}
    base = releases.manifest(known) if (known := releases.base()) else None
    if base and base.layout != read_manifest(folder).layout:
        return {}
    today, gone = today_in("UTC"), state.withdrawn
    found = {}
    for source in sorted(sources):
        mine = failed[failed["source"] == source].head(TOLD)
        since, sequence, parser_version = _last_passed(base, source)
        kept = [r.receipt_id for r in base.receipts if r.scope.source == source] if base else []
        found[source] = HeldBack(
            since=since or today,
            sequence=sequence,
            parser_version=parser_version,
            withdrawn=[receipt_id for receipt_id in kept if receipt_id in gone],
            candidate=folder.name,
            why=[finding_text(row) for row in rows_of(mine)],
        )
    return found


def why_not_kept(releases: Releases, held_back: Mapping[str, HeldBack], folder: Path, report: Report) -> str:
    """Why the sources could not be held back: what was published of them does not pass with what holds for all now.

    `folder`, `report`: of the candidate with what they said before.
    """
    (first,) = rows_of(report.findings("broken", "failed").head(1))
    said = finding_text(first) if first["gate"] else str(first["reason"])
    text = f"{', '.join(held_back)} could not be held back: what was published before does not pass any more: {said}."
    if releases.current_id() and categories_of(folder) != categories_of(releases.folder()):
        text += f" {FILE} has changed since: undo that until the source is mended."
    return text


def categories_of(folder: Path) -> bytes:
    """The home's own categories by which a release, or a candidate, was made."""
    path = folder / FILE
    return path.read_bytes() if path.exists() else b""


def _last_passed(base: Manifest | None, source: str) -> tuple[dt.date | None, int, str]:
    """Since when a source is held back already, the last record of landing that its published figures reflect, 0 if it
    has none, and the version of the parser that read them.
    """
    version = TRADE[source].parser_version
    if base is None:
        return None, 0, version
    if source in base.held_back:
        held = base.held_back[source]
        return held.since, held.sequence, held.parser_version
    there = any(r.scope.source == source for r in base.receipts)
    return None, base.receipt_sequence if there else 0, base.parsers.get(source, version)
