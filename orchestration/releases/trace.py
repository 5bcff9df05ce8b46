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
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases
from orchestration.warehouse.raw import raw_path, write_raw
from orchestration.warehouse.snapshot import coverage_table


class AmbiguousError(Exception):
    """A category code that stands in several schemes."""


class TracedReceipt(BaseModel):
    """The part of one file in a number: physical lines from 1, and their sum in the file's currency."""

    receipt_id: str
    file: str
    sha256: str
    lines: list[int]
    value_usd: int | None
    value_local: int | None


class Trace(BaseModel):
    """A published number and the receipts behind it."""

    release_id: str
    flow: str
    month: str
    partner_code: str
    category_scheme: str
    category_code: str
    value_usd: int | None
    value_local: int | None
    receipts: list[TracedReceipt]


def trace(
    home: Home, month: dt.date, partner: str, category: str, flow: str, scheme: str | None, release: str | None = None
) -> Trace:
    """The receipts and lines of one mart cell; `RefusalError` if it is not covered, `AmbiguousError` without scheme."""
    releases = Releases(home)
    folder, manifest = releases.folder(release), releases.readable(release)
    state = manifest.state(Landing(home).state())
    with scratch() as con:
        con.execute(f"attach {literal(folder / DATABASE)} as published (read_only)")
        con.execute("use published")
        scheme, prefixes = _category(con, category, scheme)
        values = _values(con, month, partner, flow, scheme, category)
        con.register("coverage", coverage_table(state))
        _cells(con, month, partner, flow, prefixes)
        found = _lines(con, home, state, month) or _covering(con, state, month, partner, flow, prefixes)
    return Trace(
        release_id=manifest.release_id,
        flow=flow,
        month=format_month(month),
        partner_code=partner,
        category_scheme=scheme,
        category_code=category,
        value_usd=values[0],
        value_local=values[1],
        receipts=found,
    )


def _category(con: duckdb.DuckDBPyConnection, category: str, scheme: str | None) -> tuple[str, list[str]]:
    rows = con.execute(
        "select category_scheme, hs_prefixes from dim_category where category_code = ? order by 1", [category]
    ).fetchall()
    if scheme is not None:
        rows = [row for row in rows if row[0] == scheme]
    if not rows:
        raise RefusalError(
            f"there is no category {category!r}" + (f" in scheme {scheme}" if scheme else ""),
            remedy="bonded query 'select category_scheme, category_code, category_name from dim_category'",
        )
    if len(rows) > 1:
        raise AmbiguousError(
            f"{category} stands in several schemes: {', '.join(r[0] for r in rows)}; name one with --scheme"
        )
    return rows[0][0], rows[0][1].split(",")


def _values(
    con: duckdb.DuckDBPyConnection, month: dt.date, partner: str, flow: str, scheme: str, category: str
) -> tuple[int | None, int | None]:
    """Published values; a covered series that has not begun yet is 0."""
    key = [month, flow, scheme, category]
    where = "month = ? and flow = ? and category_scheme = ? and category_code = ?"
    mart = "mart_category_monthly" if partner == "all" else "mart_partner_category_monthly"
    row = con.execute(
        f"select value_usd, value_local from {mart} where {where} and partner_code = ?", [*key, partner]
    ).fetchone()
    if row:
        return row[0], row[1]
    known = con.execute("select count(*) from dim_partner where partner_code = ?", [partner]).fetchone()
    if partner != "all" and not (known and known[0]):
        raise RefusalError(f"there is no partner {partner!r}", remedy="bonded query 'from dim_partner'")
    # A partner without a row of its own is covered as far as all partners are.
    coverage = con.execute(
        f"select covered_usd, covered_local, reason from mart_coverage where {where} and partner_code in (?, 'all') "
        "order by partner_code = 'all'",
        [*key, partner],
    ).fetchone()
    if coverage is None or not (coverage[0] or coverage[1]):
        reason = coverage[2] if coverage else "no receipt covers this month"
        raise RefusalError(
            f"{partner} × {category} is not covered in {format_month(month)}: {reason}",
            remedy="receive a file whose scope contains it; bonded status shows what is due",
        )
    return (0 if coverage[0] else None), (0 if coverage[1] else None)


def _cells(con: duckdb.DuckDBPyConnection, month: dt.date, partner: str, flow: str, prefixes: list[str]) -> None:
    """Table `cell` (commodity_code, partner_code, currency, receipt_id): the cells of the facts behind the number.

    All partners together are the partners' cells where every partner is covered, else the world file's (rule 4).
    """
    facts = {"fct_trade_monthly": "partner_code"}
    if partner == "all":
        facts["fct_trade_world_monthly"] = "'world'"
    union = " union all ".join(
        f"select month, flow, commodity_code, {code} as partner_code, unnest(['USD', local_currency]) as currency, "
        f"unnest([receipt_id_usd, receipt_id_local]) as receipt_id from {fact}"
        for fact, code in facts.items()
    )
    inside = " or ".join(f"starts_with(commodity_code, {literal(p)})" for p in prefixes)
    con.execute(
        f"create temp table cell as select * exclude (month, flow) from ({union}) c "
        f"where receipt_id is not null and month = $month and flow = $flow and ({inside}) "
        "and (partner_code = $partner or ($partner = 'all' and (partner_code <> 'world') = exists ("
        "  select 1 from coverage v where v.partner_code = '*' and v.month = c.month and v.flow = c.flow"
        "  and v.feeds = 'partner' and v.currency = c.currency and starts_with(c.commodity_code, v.hs_prefix))))",
        {"month": month, "flow": flow, "partner": partner},
    )


def _lines(con: duckdb.DuckDBPyConnection, home: Home, state: LandingState, month: dt.date) -> list[TracedReceipt]:
    used = con.execute("select distinct receipt_id from cell order by 1").fetchall()
    receipts = {r.receipt_id: r for r in state.receipts}
    found = []
    for (receipt_id,) in used:
        receipt = receipts[receipt_id]
        write_raw(home, receipt, [month])
        rows = con.execute(
            f"select r.line, r.value from read_parquet({literal(raw_path(home, receipt, month))}) r "
            "join cell c on r.hs_code = c.commodity_code and coalesce(r.partner_code, 'world') = c.partner_code "
            "and c.receipt_id = ? "
            "where not exists (select 1 from quarantine q where q.receipt_id = ? and q.line = r.line) order by 1",
            [receipt_id, receipt_id],
        ).fetchall()
        if rows:
            found.append(_traced(receipt, [line for line, _ in rows], sum(value for _, value in rows)))
    return found


def _covering(
    con: duckdb.DuckDBPyConnection, state: LandingState, month: dt.date, partner: str, flow: str, prefixes: list[str]
) -> list[TracedReceipt]:
    """The latest receipts that cover a zero."""
    partners = ("*", "world") if partner == "all" else ("*", partner)
    overlap = " or ".join(
        f"starts_with({literal(p)}, hs_prefix) or starts_with(hs_prefix, {literal(p)})" for p in prefixes
    )
    rows = con.execute(
        "select arg_max(receipt_id, precedence) from coverage where month = ? and flow = ? and feeds <> 'check' and "
        f"list_contains(?, partner_code) and ({overlap}) group by currency, hs_prefix",
        [month, flow, list(partners)],
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
