"""What a release says of itself in a few lines: its last month, its headline, what changed, whether it is made up.

Belongs here: what stands in the release and in the one that it was built upon. Not here: how it is shown (`assets`,
`terminal`), nor a comparison row by row (`difference`).
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass

from orchestration.base.duck import reading
from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month, spans
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.releases.corrections.changed import what_changed
from orchestration.releases.database import DATABASE
from orchestration.releases.headline import headline
from orchestration.releases.manifest import Manifest, ReleaseReceipt
from orchestration.releases.store import Releases

#: How many receipts are named.
NAMED = 10


@dataclass(frozen=True)
class Summary:
    """`published`: when; `headline`, `changed`: sentences, the latter against the release that it was built upon;
    `held_back`: a sentence for each source whose figures stay as they were.
    """

    release_id: str
    published: dt.datetime
    last_month: str
    headline: list[str]
    changed: list[str]
    is_synthetic: bool
    held_back: list[str]


def summary(home: Home, release_id: str) -> Summary:
    """The summary of a published release."""
    releases = Releases(home)
    manifest, folder = releases.manifest(release_id), releases.folder(release_id)
    with reading(folder / DATABASE) as con:
        (last,) = con.execute("select last_month from release_info").fetchone() or (None,)
    return Summary(
        release_id=release_id,
        published=manifest.made_at,
        last_month=format_month(last) if last else "none",
        headline=headline(folder)[0],
        changed=[*what_changed(folder, said=manifest).sentences, *_changed(manifest, _base(releases, manifest))],
        is_synthetic=manifest.is_synthetic,
        held_back=manifest.told,
    )


def _base(releases: Releases, manifest: Manifest) -> Manifest | None:
    """The release that this one was built upon, if it is still kept."""
    with suppress(RefusalError):
        return releases.manifest(manifest.base) if manifest.base in releases.ids() else None
    return None


def _changed(now: Manifest, before: Manifest | None) -> list[str]:
    """What came in, what was withdrawn, which tables differ."""
    if before is None:
        return ["nothing to compare with: the first release" if now.base is None else f"{now.base} is no longer kept"]
    tables = sorted(
        name for name in now.tables.keys() | before.tables.keys() if now.tables.get(name) != before.tables.get(name)
    )
    differ = [f"tables that differ: {_named(tables)}"] if tables else []
    return [*_new(now, before), *differ] or ["none of the tables differs"]


def what_is_new(releases: Releases, made: Manifest) -> list[str]:
    """What a release, or a candidate, has received and withdrawn since the one that it was built upon; nothing where
    that is not kept, or cannot be read.
    """
    before = _base(releases, made)
    return _new(made, before) if before else []


def _new(now: Manifest, before: Manifest) -> list[str]:
    had = {r.receipt_id: r for r in before.receipts}
    new = [_receipt(r) for r in now.receipts if r.receipt_id not in had]
    known = {w.receipt_id for w in before.withdrawals}
    gone = [
        f"{_receipt(had[w.receipt_id]) if w.receipt_id in had else w.receipt_id}: {w.reason}"
        for w in now.withdrawals
        if w.receipt_id not in known
    ]
    said = {"received": new, "withdrawn": gone}
    # Names of files and reasons are others' words.
    return [printable(f"{what}: {_named(found)}") for what, found in said.items() if found]


def _receipt(receipt: ReleaseReceipt) -> str:
    return f"{receipt.name} ({spans(receipt.scope.month_list)}, receipt {receipt.receipt_id})"


def _named(found: list[str]) -> str:
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more
