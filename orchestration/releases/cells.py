"""One figure of a release: what it is of, what is published of it, and the cells of the facts behind it.

Belongs here: questions to the published tables. Not here: which figure somebody means, nor files and lines (`trace`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from orchestration.base.duck import literal
from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month

#: The scheme of what no category holds, and what is said of it.
NO_SCHEME = "none"
OF_NO_CATEGORY = "no category holds {}: this is the sum of the lines of the fact whose codes begin so"


@dataclass(frozen=True)
class Cell:
    """What a number is of. `prefixes`: of the codes that are its category in the source's tariff."""

    source: str
    reporter: str
    flow: str
    month: dt.date
    partner: str
    scheme: str
    category: str
    prefixes: tuple[str, ...]


def sources_having(con: duckdb.DuckDBPyConnection, code: str) -> list[str]:
    """The sources of which a fact has lines whose codes begin so."""
    facts = " union ".join(
        f"select source from {fact} where starts_with(commodity_code, $code)"
        for fact in ("fct_trade_monthly", "fct_trade_world_monthly")
    )
    return [source for (source,) in con.execute(f"{facts} order by 1", {"code": code}).fetchall()]


def is_known(con: duckdb.DuckDBPyConnection, cell: Cell) -> bool:
    """Whether the source has the partner's code."""
    asked = "select 1 from dim_partner where source = ? and partner_code = ?"
    return cell.partner == "all" or con.execute(asked, [cell.source, cell.partner]).fetchone() is not None


def published_values(con: duckdb.DuckDBPyConnection, cell: Cell) -> tuple[int | None, int | None]:
    """Published values; a covered series that has not begun yet is 0."""
    if cell.scheme == NO_SCHEME:
        return _sums(con, cell)
    key = [cell.source, cell.reporter, cell.month, cell.flow, cell.scheme, cell.category]
    where = "source = ? and reporter = ? and month = ? and flow = ? and category_scheme = ? and category_code = ?"
    mart = "mart_category_monthly" if cell.partner == "all" else "mart_partner_category_monthly"
    row = con.execute(
        f"select value_usd, value_local from {mart} where {where} and partner_code = ?", [*key, cell.partner]
    ).fetchone()
    if row:
        return row[0], row[1]
    coverage = _coverage(con, cell.partner, where, key)
    if coverage is None or not (coverage[0] or coverage[1]):
        reason = coverage[2] if coverage else "no receipt covers this month"
        raise RefusalError(
            f"{cell.partner} × {cell.category} is not covered in {format_month(cell.month)}: {reason}",
            remedy="receive a file whose scope contains it; bonded status shows what is due",
        )
    return (0 if coverage[0] else None), (0 if coverage[1] else None)


def _coverage(
    con: duckdb.DuckDBPyConnection, partner: str, where: str, key: list[object]
) -> tuple[bool, bool, str | None] | None:
    """Marks and reason of a cell; a partner without a row of its own is covered as far as every partner is."""
    grains = ("category",) if partner == "all" else ("partner_category", "untraded_category")
    for grain in grains:
        row = con.execute(
            f"select covered_usd, covered_local, reason from mart_{grain}_coverage where {where} "
            "and partner_code in (?, '*')",
            [*key, partner],
        ).fetchone()
        if row:
            return row[0], row[1], row[2]
    return None


def _sums(con: duckdb.DuckDBPyConnection, cell: Cell) -> tuple[int | None, int | None]:
    """Values of the fact's lines, each currency as far as a receipt covers the code whole."""
    partners = ["*", "world"] if cell.partner == "all" else ["*", cell.partner]
    covered = con.execute(
        "select distinct currency = 'USD' from coverage where source = ? and reporter = ? and month = ? and flow = ? "
        "and feeds <> 'check' and list_contains(?, partner_code) and starts_with(?, hs_prefix)",
        [cell.source, cell.reporter, cell.month, cell.flow, partners, cell.category],
    ).fetchall()
    if not covered:
        raise RefusalError(
            f"{cell.partner} × {cell.category} is not covered in {format_month(cell.month)}: no receipt has all of it",
            remedy="receive a file whose scope contains it, or trace a longer code",
        )
    show_cells(con, cell)
    sums = con.execute(
        "select c.currency = 'USD', sum(case when c.currency = 'USD' then f.value_usd else f.value_local end)::bigint "
        "from cell as c inner join (select *, 'world' as partner_code from fct_trade_world_monthly "
        "union all by name select * from fct_trade_monthly) as f using (commodity_code, partner_code) "
        "where f.source = ? and f.reporter = ? and f.month = ? and f.flow = ? group by 1",
        [cell.source, cell.reporter, cell.month, cell.flow],
    ).fetchall()
    found = {is_usd: 0 for (is_usd,) in covered} | dict(sums)
    return found.get(True), found.get(False)


def show_cells(con: duckdb.DuckDBPyConnection, cell: Cell) -> None:
    """Table `cell` (commodity_code, partner_code, currency, receipt_id): the cells of the facts behind the number.

    All partners together are the partners' cells where every partner is covered, else the world file's (rule 4).
    """
    facts = {"fct_trade_monthly": "partner_code"}
    if cell.partner == "all":
        facts["fct_trade_world_monthly"] = "'world'"
    union = " union all ".join(
        f"select source, reporter, month, flow, commodity_code, {code} as partner_code, "
        "unnest(['USD', local_currency]) as currency, unnest([receipt_id_usd, receipt_id_local]) as receipt_id "
        f"from {fact}"
        for fact, code in facts.items()
    )
    inside = " or ".join(f"starts_with(commodity_code, {literal(p)})" for p in cell.prefixes)
    con.execute(
        "create or replace temp table cell as select commodity_code, partner_code, currency, receipt_id "
        f"from ({union}) c where receipt_id is not null and source = $source and reporter = $reporter "
        f"and month = $month and flow = $flow and ({inside}) "
        "and (partner_code = $partner or ($partner = 'all' and (partner_code <> 'world') = exists ("
        "  select 1 from coverage v where v.partner_code = '*' and v.source = c.source and v.reporter = c.reporter"
        "  and v.month = c.month and v.flow = c.flow"
        "  and v.feeds = 'partner' and v.currency = c.currency and starts_with(c.commodity_code, v.hs_prefix))))",
        {k: getattr(cell, k) for k in ("source", "reporter", "month", "flow", "partner")},
    )
