"""What receiving a file, or withdrawing it, would replace: per month the total of its scope as it counts now, and then.

The same rule as in the models decides what counts: the text of the dbt macro `winners` is rendered here too.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pyarrow as pa

from orchestration.base.duck import literal, scratch
from orchestration.base.settings import DBT_PROJECT
from orchestration.landing.coverage import COVERAGE_SCHEMA, coverage_rows
from orchestration.landing.reading import parse_receipt
from orchestration.landing.scope import Scope
from orchestration.landing.store import Landing, LandingState, Receipt, order_of_truth
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ParsedTrade

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class MonthChange:
    """The total of a scope in one month, in whole units of its currency: as it counts now and after the change.

    None: nothing of it is covered.
    """

    month: dt.date
    old: int | None
    new: int | None


@dataclass(frozen=True)
class _Party:
    """A receipt, or a file that is not one yet, that takes part in the comparison."""

    receipt_id: str
    scope: Scope
    vintage: dt.date
    sequence: int
    rows: Path


def winners_sql(cells: str, coverage: str) -> str:
    """The macro `winners` as SQL."""
    text = (DBT_PROJECT / "macros" / "winners.sql").read_text(encoding="utf-8")
    module = jinja2.Environment(autoescape=False).from_string(text).module
    return str(module.winners(cells, coverage))  # type: ignore[attr-defined]


#: By month; None where earlier files cannot be read any more: neither receiving nor withdrawing needs their figures.
Changes = tuple[MonthChange, ...] | None


def changes(
    landing: Landing, state: LandingState, parsed: ParsedTrade, scope: Scope, vintage: dt.date, work: Path
) -> Changes:
    """Per month of the scope, old and new total, if the file is received; empty if it feeds no fact."""
    mine = _Party("new", scope, vintage, state.sequence + 1, parsed.rows_path)

    def compared() -> tuple[MonthChange, ...]:
        others = _overlapping(landing, state.active, scope, work)
        return _compare(scope, others, [*others, mine])

    return _if_readable(compared)


def withdrawal_changes(landing: Landing, receipt_id: str) -> Changes:
    """Per month of a receipt's scope, old and new total, if it is withdrawn; empty if it decides nothing."""
    with landing.receiving() as work:
        active = landing.state().active
        receipt = next((r for r in active if r.receipt_id == receipt_id), None)
        if receipt is None:
            return ()
        scope = receipt.scope

        def compared() -> tuple[MonthChange, ...]:
            parties = _overlapping(landing, active, scope, work)
            return _compare(scope, parties, [p for p in parties if p.receipt_id != receipt_id])

        return _if_readable(compared)


def _if_readable(compared: Callable[[], tuple[MonthChange, ...]]) -> Changes:
    """The changes, unless an earlier file is not what it was: its bytes may be gone, or be read otherwise today."""
    try:
        return compared()
    except Exception:
        _LOG.info("what is replaced cannot be told", exc_info=True)
        return None


def _overlapping(landing: Landing, receipts: tuple[Receipt, ...], scope: Scope, work: Path) -> list[_Party]:
    """The receipts that feed the same fact for some of the same months."""
    found = []
    for receipt in receipts:
        if scope.feeds != "check" and _overlaps(receipt.scope, scope):
            rows = parse_receipt(landing, receipt, work / receipt.receipt_id).rows_path
            found.append(_Party(receipt.receipt_id, receipt.scope, receipt.vintage, receipt.sequence, rows))
    return found


def _overlaps(a: Scope, b: Scope) -> bool:
    same = (a.source, a.reporter, a.flow, a.currency) == (b.source, b.reporter, b.flow, b.currency)
    if not (same and a.feeds == b.feeds and a.months[0] <= b.months[1] and b.months[0] <= a.months[1]):
        return False
    partners = "*" in (*a.partner_keys, *b.partner_keys) or not set(a.partner_keys).isdisjoint(b.partner_keys)
    return partners and any(p.startswith(q) or q.startswith(p) for p in a.hs_prefixes for q in b.hs_prefixes)


def _compare(scope: Scope, before: list[_Party], after: list[_Party]) -> tuple[MonthChange, ...]:
    if scope.feeds == "check":
        return ()
    old, new = _totals(scope, before), _totals(scope, after)
    return tuple(MonthChange(m, old.get(m), new.get(m)) for m in scope.month_list)


def _totals(scope: Scope, parties: list[_Party]) -> dict[dt.date, int]:
    """Sum of the rows that count and lie within the scope, per month of which some party covers anything."""
    order = sorted(parties, key=lambda p: order_of_truth(p.vintage, p.scope, p.sequence))
    coverage = [row for n, p in enumerate(order, start=1) for row in coverage_rows(p.receipt_id, p.scope, n)]

    def rows_of(file: str) -> str:
        return TRADE[scope.source].rows(f"read_parquet({file})")

    with scratch() as con:
        con.execute(
            "create table rows (receipt_id varchar, month date, hs_code varchar, partner_code varchar, value hugeint)"
        )
        for party in parties:
            con.execute(
                f"insert into rows select {literal(party.receipt_id)}, month, hs_code, "
                f"coalesce(partner_code, 'world'), sum(value) from ({rows_of(literal(party.rows))}) group by all"
            )
        con.register("coverage", pa.Table.from_pylist(coverage, schema=COVERAGE_SCHEMA))
        con.register("mine", pa.Table.from_pylist(coverage_rows("", scope, 0), schema=COVERAGE_SCHEMA))
        con.execute(
            "create table cells as select distinct m.*, r.month, r.hs_code, r.partner_code "
            "from rows r, (select distinct feeds, source, reporter, flow, currency from mine) m"
        )
        return dict(con.execute(_TOTALS.format(counted=winners_sql("cells", "coverage"),
                                               inside=winners_sql("cells", "mine"))).fetchall())  # fmt: skip


_TOTALS = """
with counted as ({counted}), inside as ({inside}),
total as (
  select w.month, sum(r.value) as value from counted w
  join (select distinct receipt_id, precedence from coverage) c using (precedence)
  join rows r on r.receipt_id = c.receipt_id and r.month = w.month and r.hs_code = w.hs_code
    and r.partner_code = w.partner_code
  semi join inside i on i.month = w.month and i.hs_code = w.hs_code and i.partner_code = w.partner_code
  group by all
),
covered as (
  select distinct v.month from coverage v join mine m on v.month = m.month
    and (starts_with(v.hs_prefix, m.hs_prefix) or starts_with(m.hs_prefix, v.hs_prefix))
    and (v.partner_code = m.partner_code or '*' in (v.partner_code, m.partner_code))
)
select month, coalesce(value, 0) from covered left join total using (month)"""
