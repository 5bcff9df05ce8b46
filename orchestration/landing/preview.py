"""What receiving a file would replace: per month the total of its scope as it counts now, and then.

The same rule as in the models decides what counts: the text of the dbt macro `winners` is rendered here too.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb
import jinja2
import pyarrow as pa

from orchestration.duck import literal, scratch
from orchestration.landing.scope import Scope
from orchestration.landing.snapshot import COVERAGE_SCHEMA, coverage_rows
from orchestration.landing.store import Landing, LandingState, Receipt
from orchestration.settings import DBT_PROJECT
from orchestration.sources.gacc import ParsedFile, parse

NEW = "new"


@dataclass(frozen=True)
class MonthChange:
    """The total of the new scope in one month, in whole units of its currency: as it counts now (None: not
    covered yet) and with the new file.
    """

    month: dt.date
    old: int | None
    new: int


def winners_sql(cells: str, coverage: str) -> str:
    """The macro `winners` as SQL."""
    text = (DBT_PROJECT / "macros" / "winners.sql").read_text(encoding="utf-8")
    module = jinja2.Environment(autoescape=False).from_string(text).module
    return str(module.winners(cells, coverage))  # type: ignore[attr-defined]


def changes(
    landing: Landing, state: LandingState, parsed: ParsedFile, scope: Scope, vintage: dt.date, work: Path
) -> list[MonthChange]:
    """Per month of the scope, old and new total; empty if the file may not feed the fact."""
    if not scope.feeds_fact:
        return []
    overlapping = [r for r in state.active if _overlaps(r.scope, scope)]
    order = sorted([(r.vintage, len(r.scope.dimensions), r.sequence, r.receipt_id) for r in overlapping]
                   + [(vintage, len(scope.dimensions), state.sequence + 1, NEW)])  # fmt: skip
    rank = {receipt_id: n for n, (*_, receipt_id) in enumerate(order, start=1)}
    with scratch() as con:
        con.execute(
            "create table rows (receipt_id varchar, month date, hs_code varchar, partner_code varchar, value bigint)"
        )
        _load(con, NEW, parsed.rows_path)
        for receipt in overlapping:
            folder = work / receipt.receipt_id
            _load(con, receipt.receipt_id, _reparse(landing, receipt, folder))
        before = [row for r in overlapping for row in coverage_rows(r.receipt_id, r.scope, rank[r.receipt_id])]
        mine = coverage_rows(NEW, scope, rank[NEW])
        old = _totals(con, before, mine)
        new = _totals(con, before + mine, mine)
        covered = {row["month"] for row in before}
    return [MonthChange(m, old.get(m, 0) if m in covered else None, new.get(m, 0)) for m in scope.month_list]


def _overlaps(a: Scope, b: Scope) -> bool:
    same = (a.source, a.reporter, a.flow, a.currency) == (b.source, b.reporter, b.flow, b.currency)
    if not (same and a.feeds_fact and a.months[0] <= b.months[1] and b.months[0] <= a.months[1]):
        return False
    partners = "*" in (*a.partner_keys, *b.partner_keys) or not set(a.partner_keys).isdisjoint(b.partner_keys)
    return partners and any(p.startswith(q) or q.startswith(p) for p in a.hs_prefixes for q in b.hs_prefixes)


def _reparse(landing: Landing, receipt: Receipt, folder: Path) -> Path:
    return parse(landing.bytes_path(receipt.sha256), folder, name=receipt.name, header=receipt.header).rows_path


def _load(con: duckdb.DuckDBPyConnection, receipt_id: str, rows: Path) -> None:
    con.execute(
        f"insert into rows select {literal(receipt_id)}, month, hs_code, partner_code, sum(value) "
        f"from read_parquet({literal(rows)}) group by all"
    )


def _totals(
    con: duckdb.DuckDBPyConnection, coverage: list[dict[str, object]], mine: list[dict[str, object]]
) -> dict[dt.date, int]:
    """Sum of the rows that count and lie within the new scope, per month."""
    con.register("coverage", pa.Table.from_pylist(coverage, schema=COVERAGE_SCHEMA))
    con.register("mine", pa.Table.from_pylist(mine, schema=COVERAGE_SCHEMA))
    con.execute(
        "create or replace temp table cells as select distinct m.source, m.reporter, m.flow, m.currency, r.month, "
        "r.hs_code, r.partner_code from rows r, (select distinct source, reporter, flow, currency from mine) m"
    )
    inside = f"select distinct month, hs_code, partner_code from ({winners_sql('cells', 'mine')})"
    return dict(
        con.execute(
            f"""select w.month, sum(r.value)::bigint from ({winners_sql("cells", "coverage")}) w
            join (select distinct receipt_id, precedence from coverage) c using (precedence)
            join rows r on r.receipt_id = c.receipt_id and r.month = w.month and r.hs_code = w.hs_code
              and r.partner_code = w.partner_code
            semi join ({inside}) i on i.month = w.month and i.hs_code = w.hs_code and i.partner_code = w.partner_code
            group by 1"""
        ).fetchall()
    )
