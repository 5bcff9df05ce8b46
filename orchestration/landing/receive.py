"""Receiving one file of trade: declare, parse, check, keep. It changes landing only, or nothing.

A refusal leaves landing as it was. A kill at any point leaves either the whole receipt or none: the bytes
come to lie under their hash first, and the record that makes them a receipt appears in one step.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.base import strict_yaml
from orchestration.base.commands import bonded
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing import datasets
from orchestration.landing.arrival import Arrival, arriving, read_alone
from orchestration.landing.fitting import missing, reads, resolve
from orchestration.landing.names import shown_name, sidecar
from orchestration.landing.preview import Changes, changes
from orchestration.landing.reach import reach
from orchestration.landing.reading import parse_receipt
from orchestration.landing.records import Fetched
from orchestration.landing.remarks import of_scope, superseded
from orchestration.landing.remedies import written_out
from orchestration.landing.scope import Declaration, Scope, is_part, merge, shown, single_month
from orchestration.landing.store import Landing, Receipt, ReceivedMonth
from orchestration.sources.gacc.layout import split_header
from orchestration.sources.refusals import UnfitError
from orchestration.sources.source import ParsedTrade


@dataclass(frozen=True)
class Received:
    """The outcome for one file: its receipt (None in a dry run) and whether it is new.

    `parsed`, `scope`, `changes`, `reach` are there for a new file only: what was seen, and, where it was asked for,
    what is replaced (None: cannot be told) and which categories are reached. `remarks`: what is odd about it all.
    """

    receipt: Receipt | None
    is_new: bool
    parsed: ParsedTrade | None = None
    scope: Scope | None = None
    vintage: dt.date | None = None
    changes: Changes = ()
    reach: str | None = None
    remarks: tuple[str, ...] = ()


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
    compare: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
) -> Received:
    """Receive one file of trade; `RefusalError`, with nothing changed, if it or its declaration is not sound.

    `compare`: whether what it replaces is told of a file that is received; of one that is only tried it always is.
    `waiting`: it lies in the inbox, where received files stay; one whose receipt was withdrawn is not new there.
    `landing`: one that keeps what it has read, for many files.
    """
    with written_out(home, file, flags, dry_run=dry_run, waiting=waiting):
        return receive_trade(
            home, file, declare(file, flags), dry_run=dry_run, compare=compare, waiting=waiting, landing=landing
        )


def receive_trade(
    home: Home,
    file: Path,
    declaration: Declaration,
    *,
    dry_run: bool = False,
    compare: bool = False,
    waiting: bool = False,
    landing: Landing | None = None,
    fetched: Fetched | None = None,
) -> Received:
    """Receive one file of trade whose declaration is whole already; see `receive` for the rest.

    `fetched`: how it came over the network. An answer that says the same as the last one to its request is not new.
    """
    with arriving(home, file, declaration, waiting=waiting, landing=landing, fetched=fetched) as new:
        known = _known(home, new, declaration, waiting)
        if known:
            return Received(known, is_new=False, remarks=() if dry_run else new.restored())
        source, month = reads(declaration, new.name), single_month(declaration.months)
        with read_alone(new.name):
            parsed = source.parse(new.copy, new.work / "parsed", name=new.name, header=declaration.header, month=month)
            scope, vintage = resolve(declaration, parsed, new.name, source.today())
        _refuse_outside_dataset(declaration, scope, new.name)
        last = new.state.answers(scope.source).get(fetched.request) if fetched else None
        if last and _says_the_same(new, last, scope, parsed):
            return Received(last, is_new=False)
        # What is hardly seen of a request was asked for all the same: its scope is no slip of anybody's.
        odd = of_scope(scope, parsed) if fetched is None or not parsed.rows else ()
        told = dry_run or compare
        outcome = Received(
            None,
            True,
            parsed,
            scope,
            vintage,
            changes(new.landing, new.state, parsed, scope, vintage, new.work) if told else (),
            reach(new.state, scope, parsed) if told else None,
            (*odd, *superseded(new.state, scope, vintage), *new.clock_remarks()),
        )
        if dry_run:
            return outcome
        receipt = Receipt(
            **new.stamp(),
            dataset=declaration.dataset,
            vintage=vintage,
            header=declaration.header,
            scope=scope,
            printed=_printed(parsed),
            encoding=parsed.encoding,
            content=tuple(ReceivedMonth(month=m.month, rows=m.rows, value=m.value) for m in parsed.months),
            remarks=odd,
        )
        return replace(outcome, receipt=receipt, remarks=(*outcome.remarks, *new.keep(receipt)))


def _printed(parsed: ParsedTrade) -> tuple[dt.date, dt.date] | None:
    """First and last month that the file itself says."""
    printed = [m.month for m in parsed.months] if parsed.has_month else []
    return (printed[0], printed[-1]) if printed else None


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


def _says_the_same(new: Arrival, last: Receipt, scope: Scope, parsed: ParsedTrade) -> bool:
    """Whether an answer has the scope and the rows of the one before, whatever else its bytes say."""
    content = tuple(ReceivedMonth(month=m.month, rows=m.rows, value=m.value) for m in parsed.months)
    if (scope, content) != (last.scope, last.content):
        return False
    try:
        before = parse_receipt(new.landing, last, new.work / "before")
    except (RefusalError, OSError):
        return False
    return pq.read_table(before.rows_path).equals(pq.read_table(parsed.rows_path))


def _known(home: Home, new: Arrival, declaration: Declaration, waiting: bool) -> Receipt | None:
    """The receipt that these bytes have under this declaration already (docs/rules.md, rule 6)."""
    if missing(declaration):
        return None
    ever, gone = [r for r in new.state.receipts if r.sha256 == new.sha256], new.state.withdrawn
    earlier = [r for r in ever if r.receipt_id not in gone]
    if new.fetched:
        asked = new.fetched.request
        same = [r for r in earlier if r.fetched and (r.source, r.fetched.request) == (declaration.source, asked)]
        return same[-1] if same and same[-1].scope.months == declaration.months else None
    same = [r for r in (ever if waiting else earlier) if _same(r, declaration)]
    if earlier and not same:
        _refuse_bytes(home, earlier[-1], new.name)
    if declaration.vintage is None:
        return same[-1] if same else None
    return next((r for r in same if r.vintage == declaration.vintage), None)


def _refuse_bytes(home: Home, receipt: Receipt, name: str) -> None:
    scope = receipt.scope
    declared = ", ".join(f"{k} {shown(getattr(scope, k))}" for k in ("source", "flow", "months", "hs", "partners"))
    raise UnfitError(
        f"the same bytes were received as {receipt.receipt_id} under another declaration ({declared})",
        file=name,
        advice="if that one is wrong, withdraw it and receive the file again",
        shell=bonded("withdraw", receipt.receipt_id, "--reason", "<why>", home=home),
        otherwise={},
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
