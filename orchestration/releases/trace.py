"""From one published number back to files and lines."""

from __future__ import annotations

import datetime as dt

import duckdb
from pydantic import BaseModel

from orchestration.base.duck import literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month
from orchestration.base.settings import Home
from orchestration.landing.store import Landing, LandingState, Receipt
from orchestration.releases.cells import (
    NO_SCHEME,
    OF_NO_CATEGORY,
    Cell,
    is_known,
    published_values,
    show_cells,
    sources_having,
)
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.raw import raw_path, write_raw
from orchestration.warehouse.snapshot import coverage_table


class AmbiguousError(Exception):
    """A category code that stands in several schemes, or a cell of which several sources or reporters have a figure."""


class TracedReceipt(BaseModel):
    """The part of one file in a number: physical lines from 1, and their sum in the file's currency."""

    receipt_id: str
    file: str
    sha256: str
    lines: list[int]
    value_usd: int | None
    value_local: int | None


class Trace(BaseModel):
    """A published number and the receipts behind it. `remark`: what else must be known of it."""

    release_id: str
    source: str
    reporter: str
    flow: str
    month: str
    partner_code: str
    category_scheme: str
    category_code: str
    value_usd: int | None
    value_local: int | None
    local_currency: str | None
    receipts: list[TracedReceipt]
    is_synthetic: bool = False
    remark: str | None = None


def trace(
    home: Home,
    month: dt.date,
    partner: str,
    category: str,
    flow: str,
    scheme: str | None,
    release: str | None = None,
    *,
    source: str | None = None,
    reporter: str | None = None,
) -> Trace:
    """The receipts and lines of one mart cell; `partner` by the source's own code.

    `RefusalError` if it is not covered; `AmbiguousError` without the scheme, source or reporter that it takes to tell.
    """
    folder, manifest = Releases(home).readable(release)
    state = manifest.state(Landing(home).state())
    with scratch(folder / DATABASE) as con:
        con.execute(f"attach {literal(folder / DATABASE)} as published (read_only)")
        con.execute("use published")
        con.register("coverage", coverage_table(state))
        try:
            streams = _streams(state, source, reporter)
            asked = _asked(con, streams, month, partner, category, flow, scheme)
            cell, usd, local = _answering(con, asked)
        except RefusalError as error:
            held = [said.told(name) for name, said in manifest.held_back.items() if source in (None, name)]
            raise RefusalError("; ".join([error.what, *held]), remedy=error.remedy) from None
        show_cells(con, cell)
        found = _lines(con, home, state, month) or _covering(con, state, cell)
        currency = con.execute("select local_currency from dim_source where source = ?", [cell.source]).fetchone()
    return Trace(
        release_id=manifest.release_id,
        source=cell.source,
        reporter=cell.reporter,
        flow=flow,
        month=format_month(month),
        partner_code=partner,
        category_scheme=cell.scheme,
        category_code=category,
        value_usd=usd,
        value_local=local,
        local_currency=currency and currency[0],
        receipts=found,
        is_synthetic=manifest.is_synthetic,
        remark=OF_NO_CATEGORY.format(category) if cell.scheme == NO_SCHEME else None,
    )


def _streams(state: LandingState, source: str | None, reporter: str | None) -> list[tuple[str, str]]:
    """The (source, reporter) of a release's receipts; those named, if any is."""
    held = sorted({(r.scope.source, r.scope.reporter) for r in state.active})
    found = [(s, r) for s, r in held if source in (None, s) and reporter in (None, r)]
    if not found and (source or reporter):
        raise RefusalError(
            f"this release has nothing of {_options(source, reporter)}",
            remedy=f"it has {'; '.join(_options(*stream) for stream in held)}",
        )
    return found


def _options(source: str | None, reporter: str | None) -> str:
    named = {"--source": source, "--reporter": reporter}
    return " ".join(f"{option} {value}" for option, value in named.items() if value)


def _asked(
    con: duckdb.DuckDBPyConnection,
    streams: list[tuple[str, str]],
    month: dt.date,
    partner: str,
    category: str,
    flow: str,
    scheme: str | None,
) -> list[Cell]:
    """The cell of each of these sources and reporters whose tariff has the category."""
    rows = con.execute(
        "select s.source, c.category_scheme, c.hs_prefixes from dim_category as c inner join dim_source as s "
        "on c.code_system is null or c.code_system = s.code_system where c.category_code = ? order by 1, 2",
        [category],
    ).fetchall()
    sources = {source for source, _ in streams}
    of = {(s, name): tuple(p.split(",")) for s, name, p in rows if s in sources and scheme in (None, name)}
    if not rows and category.isdigit():
        of = {(s, NO_SCHEME): (category,) for s in sources_having(con, category) if s in sources}
    if not of:
        raise RefusalError(
            f"there is no category {category!r}" + (f" in scheme {scheme}" if scheme else ""),
            remedy="bonded query 'select category_scheme, category_code, category_name from dim_category'",
        )
    schemes = sorted({name for _, name in of})
    if len(schemes) > 1:
        raise AmbiguousError(f"{category} stands in several schemes: {', '.join(schemes)}; name one with --scheme")
    (named,) = schemes
    return [
        Cell(source, reporter, flow, month, partner, named, category, of[source, named])
        for source, reporter in streams
        if (source, named) in of
    ]


def _answering(con: duckdb.DuckDBPyConnection, asked: list[Cell]) -> tuple[Cell, int | None, int | None]:
    """The one cell that is covered, with its published values in US dollars and in local currency."""
    knowing = [cell for cell in asked if is_known(con, cell)]
    if not knowing:
        raise RefusalError(f"there is no partner {asked[0].partner!r}", remedy="bonded query 'from dim_partner'")
    found, reasons = [], []
    for cell in knowing:
        try:
            found.append((cell, *published_values(con, cell)))
        except RefusalError as error:
            reasons.append(error)
    if not found:
        raise reasons[0]
    if len(found) > 1:
        several = "; ".join(_options(cell.source, cell.reporter) for cell, *_ in found)
        raise AmbiguousError(f"several have a figure: {several}; name one")
    return found[0]


def _lines(con: duckdb.DuckDBPyConnection, home: Home, state: LandingState, month: dt.date) -> list[TracedReceipt]:
    used = con.execute("select distinct receipt_id from cell order by 1").fetchall()
    receipts = {r.receipt_id: r for r in state.receipts}
    found = []
    for (receipt_id,) in used:
        receipt = receipts[receipt_id]
        write_raw(home, receipt, [month])
        raw = f"read_parquet({literal(raw_path(home, receipt, month))})"
        rows = con.execute(
            f"select r.line, r.value from ({TRADE[receipt.scope.source].rows(raw)}) r "
            "join cell c on r.hs_code = c.commodity_code and coalesce(r.partner_code, 'world') = c.partner_code "
            "and c.receipt_id = ? "
            "where not exists (select 1 from quarantine q where q.receipt_id = ? and q.line = r.line) order by 1",
            [receipt_id, receipt_id],
        ).fetchall()
        if rows:
            found.append(_traced(receipt, [line for line, _ in rows], sum(value for _, value in rows)))
    return found


def _covering(con: duckdb.DuckDBPyConnection, state: LandingState, cell: Cell) -> list[TracedReceipt]:
    """The latest receipts that cover a zero."""
    partners = ["*", "world"] if cell.partner == "all" else ["*", cell.partner]
    overlap = " or ".join(
        f"starts_with({literal(p)}, hs_prefix) or starts_with(hs_prefix, {literal(p)})" for p in cell.prefixes
    )
    rows = con.execute(
        "select arg_max(receipt_id, precedence) from coverage where source = ? and reporter = ? and month = ? "
        f"and flow = ? and feeds <> 'check' and list_contains(?, partner_code) and ({overlap}) "
        "group by currency, hs_prefix",
        [cell.source, cell.reporter, cell.month, cell.flow, partners],
    ).fetchall()
    receipts = {r.receipt_id: r for r in state.receipts}
    return [_traced(receipts[r], [], 0) for r in sorted({r for (r,) in rows})]


def _traced(receipt: Receipt, lines: list[int], value: int) -> TracedReceipt:
    usd = receipt.scope.currency == "USD"
    return TracedReceipt(
        receipt_id=receipt.receipt_id,
        file=receipt.name,
        sha256=receipt.sha256,
        lines=lines,
        value_usd=value if usd else None,
        value_local=None if usd else value,
    )
