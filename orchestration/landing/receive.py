"""Receiving one file: declare, hash, parse, check, keep. It changes landing only, or nothing.

A refusal leaves landing as it was. A kill at any point leaves either the whole receipt or none: the bytes
come to lie under their hash first, and the record that makes them a receipt appears in one step.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration import strict_yaml
from orchestration.errors import RefusalError
from orchestration.landing import datasets
from orchestration.landing.names import shown_name, sidecar
from orchestration.landing.preview import MonthChange, changes
from orchestration.landing.scope import Declaration, Scope, is_part, merge, missing, resolve, shown
from orchestration.landing.store import Landing, LandingState, Receipt, ReceivedMonth
from orchestration.plainfile import open_plain
from orchestration.release_calendar import beijing_today
from orchestration.settings import SYNTHETIC_SOURCES, Home
from orchestration.sources.gacc import ParsedFile, parse
from orchestration.sources.gacc_layout import split_header


@dataclass(frozen=True)
class Received:
    """The outcome for one file: its receipt (None in a dry run) and whether it is new.

    `parsed`, `scope`, `changes` are there for a new file only.
    """

    receipt: Receipt | None
    is_new: bool
    parsed: ParsedFile | None = None
    scope: Scope | None = None
    vintage: dt.date | None = None
    changes: tuple[MonthChange, ...] = ()


class StillChangingError(RefusalError):
    """A file that somebody is writing: nothing has been received, and nothing is wrong with it yet."""


def declare(file: Path, flags: Declaration) -> Declaration:
    """The whole declaration of a file: flags, its sidecar, and the dataset that either names.

    Flags and sidecar may narrow the dataset's codes and partners to a part of them, as a query that had to be split
    does; whatever else differs is refused.
    """
    if not os.path.isfile(file):  # noqa: PTH113 - Path.is_file raises for a name that is too long
        raise RefusalError("no such file", file=str(file), remedy="check the path")
    parts, name = {"the command": flags}, shown_name(file)
    if os.path.lexists(sidecar(file)):
        parts[shown_name(sidecar(file))] = strict_yaml.load(sidecar(file), Declaration)
    said = merge(parts, name)
    if said.dataset is None:
        return said
    whole = datasets.find(said.dataset, name).declaration(said.dataset)
    part = {key: getattr(said, key) for key in ("hs", "partners") if is_part(said, whole, key)}
    return merge({**parts, f"dataset {said.dataset}": whole.model_copy(update=part)}, name)


def receive(
    home: Home,
    file: Path,
    flags: Declaration,
    *,
    dry_run: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> Received:
    """Receive one file; `RefusalError`, with nothing changed, if it or its declaration is not sound.

    `waiting`: it lies in the inbox, where received files stay; one whose receipt was withdrawn is not new there.
    `landing`: one that keeps what it has read, for many files.
    """
    name, declaration = shown_name(file), declare(file, flags)
    landing, today = landing or Landing(home), beijing_today()
    with landing.receiving() as work:
        copy, sha256, size = copy_in(file, work / "bytes", follow=not waiting)
        state = landing.state()
        refuse_other_kind(state, declaration, name)
        known = _known(state, sha256, declaration, name, waiting)
        if known:
            return Received(known, is_new=False)
        months = declaration.months
        month = months[0] if months and months[0] == months[1] else None
        parsed = parse(copy, work / "parsed", name=name, header=declaration.header, month=month)
        scope, vintage = resolve(declaration, parsed, name, today)
        _refuse_outside_dataset(declaration, scope, name)
        if dry_run:
            found = changes(landing, state, parsed, scope, vintage, work)
            return Received(None, True, parsed, scope, vintage, tuple(found))
        receipt = Receipt(
            sequence=state.sequence + 1,
            receipt_id=f"r{state.sequence + 1:06d}-{sha256[:8]}",
            sha256=sha256,
            bytes=size,
            name=name,
            received_at=dt.datetime.now(dt.UTC),
            dataset=declaration.dataset,
            vintage=vintage,
            header=declaration.header,
            scope=scope,
            printed=_printed(parsed),
            encoding=parsed.encoding,
            content=tuple(ReceivedMonth(month=m.month, rows=m.rows, value=m.value) for m in parsed.months),
        )
        landing.keep_bytes(copy, sha256)
        landing.append(receipt)
        return Received(receipt, True, parsed, scope, vintage)


def _printed(parsed: ParsedFile) -> tuple[dt.date, dt.date] | None:
    """First and last month that the file itself says."""
    printed = [m.month for m in parsed.months] if parsed.layout.has_month else []
    return (printed[0], printed[-1]) if printed else None


def copy_in(file: Path, target: Path, *, follow: bool) -> tuple[Path, str, int]:
    """Copy and hash; what cannot be read, or changes while it is read, is refused. Writing errors are no refusals.

    `follow`: whether a symbolic link may be followed.
    """
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        for chunk in _chunks(file, follow):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return target, digest.hexdigest(), size


def _chunks(file: Path, follow: bool) -> Iterator[bytes]:
    try:
        with open_plain(file, follow=follow) as source:
            before = os.fstat(source.fileno())
            while chunk := source.read(1 << 20):
                yield chunk
            after = os.fstat(source.fileno())
    except OSError as error:
        raise RefusalError(
            f"the file cannot be read ({error.strerror})",
            file=shown_name(file),
            remedy="it must be a plain file that this user may read",
        ) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StillChangingError(
            "the file changed while it was read", file=shown_name(file), remedy="wait until it is complete, then again"
        )


def refuse_other_kind(state: LandingState, declaration: Declaration, name: str) -> None:
    """A home is real or synthetic from its first receipt on (docs/rules.md, rule 7)."""
    if state.first_source is None or declaration.source is None:
        return
    if state.is_synthetic != (declaration.source in SYNTHETIC_SOURCES):
        kind = "synthetic" if state.is_synthetic else "real"
        raise RefusalError(
            f"this home holds {kind} receipts (source {state.first_source}); {declaration.source} never shares it",
            file=name,
            remedy=f"bonded receive {name} --home ANOTHER_FOLDER …",
        )


def _same(receipt: Receipt, declaration: Declaration) -> bool:
    """Whether the declaration, resolved on the same bytes, gives the receipt's scope."""
    said = declaration.model_dump(exclude={"dataset", "vintage", "header", "months"}, exclude_none=True)
    said = {"regimes": "all", "provinces": "all", **said}
    header = [split_header(h) if h else None for h in (receipt.header, declaration.header)]
    return (
        all(getattr(receipt.scope, key) == value for key, value in said.items())
        and receipt.scope.months == (declaration.months or receipt.printed)
        and header[0] == header[1]
    )


def _known(state: LandingState, sha256: str, declaration: Declaration, name: str, waiting: bool) -> Receipt | None:
    """The receipt that these bytes have under this declaration already (docs/rules.md, rule 6)."""
    if missing(declaration):
        return None
    ever, gone = [r for r in state.receipts if r.sha256 == sha256], {w.receipt_id for w in state.withdrawals}
    earlier = [r for r in ever if r.receipt_id not in gone]
    same = [r for r in (ever if waiting else earlier) if _same(r, declaration)]
    if earlier and not same:
        _refuse_bytes(earlier[-1], name)
    if declaration.vintage is None:
        return same[-1] if same else None
    return next((r for r in same if r.vintage == declaration.vintage), None)


def _refuse_bytes(receipt: Receipt, name: str) -> None:
    scope = receipt.scope
    declared = ", ".join(f"{k} {shown(getattr(scope, k))}" for k in ("source", "flow", "months", "hs", "partners"))
    raise RefusalError(
        f"the same bytes were received as {receipt.receipt_id} under another declaration ({declared})",
        file=name,
        remedy=f"if that one is wrong: bonded withdraw {receipt.receipt_id} --reason 'why', then receive it again",
    )


def _refuse_outside_dataset(declaration: Declaration, scope: Scope, name: str) -> None:
    if declaration.dataset is None:
        return
    dataset = datasets.find(declaration.dataset, name)
    first, last = scope.months
    if first < dataset.first or (dataset.last is not None and last > dataset.last):
        promised = f"{dataset.first:%Y-%m}..{'open' if dataset.last is None else format(dataset.last, '%Y-%m')}"
        raise RefusalError(
            f"months {shown(scope.months)} lie outside the dataset {declaration.dataset} ({promised})",
            file=name,
            remedy="widen the dataset in expectations/datasets.yml, or download what it promises",
        )
