"""The candidate: the published tables in a file of their own, and `release.json`, which says what they are made of.

Built beside the live release from the build database; nothing in it has been seen by a reader yet.
"""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from orchestration.base.settings import CONTRACT_VERSION, PROJECT, Home
from orchestration.landing.store import LandingState
from orchestration.releases.corrections.table import write_corrections
from orchestration.releases.database import DATABASE, Before, Written, write_database, write_parquet
from orchestration.releases.manifest import (
    HeldBack,
    Manifest,
    ReleaseCodeList,
    ReleaseDocument,
    ReleaseReceipt,
    ReleaseWithdrawal,
    parsers_of,
    read_manifest,
    sequences,
    write_manifest,
)
from orchestration.releases.published import layout
from orchestration.releases.store import Releases
from orchestration.releases.terms import terms_of
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.categories import copy_taken

#: Whatever is taken over from release to release is read wholly, and audited wholly, this often.
READ_WHOLE = dt.timedelta(days=30)


def build(home: Home, state: LandingState, base: str | None, held_back: Mapping[str, HeldBack] | None = None) -> Path:
    """Build a candidate from the build database, which must reflect the given landing records.

    What has not changed since `base`, the current release, is taken over from it. So are all figures of sources that
    are held back, whatever the build database says; one that `base` has not is left out. Returns its folder,
    `candidates/<id>`, which appears complete or not at all.
    """
    candidate_id = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder, aside = home.candidates / candidate_id, home.candidates / f".{candidate_id}"
    (aside / "parquet").mkdir(parents=True)
    try:
        before = _before(home, base) if base else None
        since = {source: held.since for source, held in (held_back or {}).items()}
        written = write_database(home, aside / DATABASE, before, since)
        write_parquet(aside / DATABASE, written, before)
        copy_taken(home, aside)
        made = _manifest(state, candidate_id, base, written, held_back or {})
        if before and not before.whole:
            made = made.model_copy(update={"read_whole_at": before.read_whole_at})
        made = made.model_copy(update={"corrections": write_corrections(home, aside, made)})
        write_manifest(made, aside)
        aside.replace(folder)
        Releases(home).doubted.unlink(missing_ok=True)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return folder


def _before(home: Home, base: str) -> Before | None:
    """What may be taken over from a release; nothing of one whose tables are described or sorted in another way."""
    folder = Releases(home).folder(base)
    said = read_manifest(folder)
    if said.layout != layout() or said.read_whole_at is None:
        return None
    age = dt.datetime.now(dt.UTC) - said.read_whole_at
    return Before(
        folder,
        said.tables,
        said.files,
        said.replaced_rows,
        said.read_whole_at,
        whole=not dt.timedelta() <= age < READ_WHOLE or Releases(home).doubted.exists(),
    )


def _manifest(
    records: LandingState, candidate_id: str, base: str | None, written: Written, held_back: Mapping[str, HeldBack]
) -> Manifest:
    made_at, state = dt.datetime.now(dt.UTC), records.holding_back(sequences(held_back))
    return Manifest(
        release_id=candidate_id,
        made_at=made_at,
        git_revision=git_revision(),
        contract_version=CONTRACT_VERSION,
        is_synthetic=any(r.is_synthetic for r in state.receipts),
        receipt_sequence=state.sequence,
        base=base,
        receipts=[
            ReleaseReceipt(**{key: getattr(r, key) for key in ReleaseReceipt.model_fields}) for r in state.active
        ],
        withdrawals=[ReleaseWithdrawal(receipt_id=w.receipt_id, reason=w.reason) for w in state.withdrawals],
        code_lists=[
            ReleaseCodeList(**{key: getattr(r, key) for key in ReleaseCodeList.model_fields}) for r in state.code_lists
        ],
        documents=[
            ReleaseDocument(**{key: getattr(r, key) for key in ReleaseDocument.model_fields}) for r in state.documents
        ],
        tables=written.tables,
        layout=layout(),
        replaced_rows=written.replaced,
        read_whole_at=made_at,
        held_back=dict(held_back),
        parsers={source: TRADE[source].parser_version for source in {r.scope.source for r in state.active}}
        | parsers_of(held_back),
        terms=terms_of([r.scope.source for r in state.active], [r.source for r in state.documents]),
    )


def git_revision() -> str | None:
    """The commit that the code stands at, marked if there are changes on top; None outside a checkout."""
    command = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None
