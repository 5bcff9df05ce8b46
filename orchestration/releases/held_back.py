"""Which sources are held back: one source's red does not stop the others.

Belongs here: whose findings stop what. Not here: how a candidate is made without them (`database`), nor judgement.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from orchestration.gates.audit import Report, finding_text
from orchestration.landing.store import LandingState
from orchestration.releases.store import HeldBack, Manifest, Releases, read_manifest

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
    base = releases.manifest() if releases.current_id() else None
    if base and base.layout != read_manifest(folder).layout:
        return {}
    today = dt.datetime.now(dt.UTC).date()
    found = {}
    for source in sorted(sources):
        mine = failed[failed["source"] == source].head(TOLD)
        since, sequence = _last_passed(base, source)
        why = [finding_text(row) for _, row in mine.iterrows()]
        found[source] = HeldBack(since=since or today, sequence=sequence, candidate=folder.name, why=why)
    return found


def _last_passed(base: Manifest | None, source: str) -> tuple[dt.date | None, int]:
    """Since when a source is held back already, and the last record of landing that its published figures reflect; 0 if
    it has none.
    """
    if base is None:
        return None, 0
    if source in base.held_back:
        return base.held_back[source].since, base.held_back[source].sequence
    return None, base.receipt_sequence if any(r.scope.source == source for r in base.receipts) else 0
