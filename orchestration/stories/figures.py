"""The figures of a story in a release: each with the month, the base of a change, and where it comes from.

Belongs here: questions to the published tables. Not here: the words around them (`told`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from orchestration.base.months import add_months, format_month, month_range
from orchestration.base.words import Value, written
from orchestration.releases.manifest import Manifest
from orchestration.sources.catalogue import TRADE, trace_arguments
from orchestration.stories.declared import Blank, Story
from orchestration.stories.measures import HEADLINE, MEASURES

SERIES = (
    "source = $source and reporter = $reporter and flow = $flow and partner_code = $partner "
    "and category_scheme = $scheme and category_code = $category"
)
PREFIXES = (
    "select string_split(hs_prefixes, ',') from dim_category where category_scheme = $scheme "
    "and category_code = $category and (code_system is null or code_system = $system)"
)
#: The receipts whose rows make a figure. Of all partners together those of each, and where there is none, their sum's.
RECEIPTS = """
with cell as (
  select 1 as rank, receipt_id_usd, month, source, reporter, flow, commodity_code, partner_code from fct_trade_monthly
  union all by name
  select 2 as rank, receipt_id_usd, month, source, reporter, flow, commodity_code, 'world' as partner_code
  from fct_trade_world_monthly
),

mine as (
  select month, rank, receipt_id_usd from cell
  where source = $source and reporter = $reporter and flow = $flow and list_contains($months, month)
    and (partner_code = $partner or $partner = 'all')
    and len(list_filter($prefixes, lambda prefix: starts_with(commodity_code, prefix))) > 0
    and receipt_id_usd is not null
  qualify rank = min(rank) over (partition by month)
)

select distinct receipt_id_usd from mine order by 1"""


@dataclass(frozen=True)
class Base:
    """What a change is one on. `value`: whole US dollars; None where it is not known."""

    measure: str
    month: str
    value: int | None


@dataclass(frozen=True)
class Figure:
    """A blank filled in. `value`: as published (a change and a share are fractions), None where it is not known;
    `shown`: in the sentence's words. `trace`: the arguments of `bonded trace` for each month behind it, the latest
    first; `addresses`: what was asked of the publisher, without a key, or the name of a file that was brought.
    """

    name: str
    measure: str
    partner: str
    scheme: str
    category: str
    month: str
    value: Value | None
    shown: str | None
    base: Base | None
    is_low_base: bool
    trace: tuple[str, ...]
    addresses: tuple[str, ...]


class Figures:
    """The figures of one story in one release. `addressed`: each says what was asked for it, which reads facts."""

    def __init__(self, con: duckdb.DuckDBPyConnection, said: Manifest, story: Story, *, addressed: bool = True) -> None:
        self._con, self._story, self._addressed = con, story, addressed
        self._receipts = {r.receipt_id: r.fetched.address if r.fetched else r.name for r in said.receipts}
        scope = story.scope
        self._of = {"source": scope.source, "reporter": scope.reporting, "flow": scope.flow}

    def latest(self) -> dt.date | None:
        """The latest month of which all figures of the sentence that name none are known; None without such a month."""
        asked = {self._story.subject(blank) for blank in self._story.blanks.values() if blank.month is None}
        known = [self._known(subject) for subject in sorted(asked)]
        return max(set.intersection(*known), default=None) if known else None

    def filled(self, latest: dt.date | None) -> dict[str, Figure]:
        """By blank its figure."""
        blanks = self._story.blanks.items()
        months = {name: blank.month or latest for name, blank in blanks}
        return {name: self._figure(name, blank, month) for name, blank in blanks if (month := months[name])}

    def _key(self, subject: tuple[str, str, str]) -> dict[str, object]:
        return {**self._of, **dict(zip(("partner", "scheme", "category"), subject, strict=True))}

    def _known(self, subject: tuple[str, str, str]) -> set[dt.date]:
        table = MEASURES["value_usd"].table_of(subject[0])
        sql = f"select month from {table} where {SERIES} and value_usd is not null"
        return {month for (month,) in self._con.execute(sql, self._key(subject)).fetchall()}

    def _figure(self, name: str, blank: Blank, month: dt.date) -> Figure:
        subject, measure = self._story.subject(blank), MEASURES[blank.measure]
        value, is_low = self._value(subject, blank.measure, month)
        base = None
        if measure.of:
            before = add_months(month, -measure.back)
            amount, _ = self._value(subject, measure.of, before)
            base = Base(measure.of, format_month(before), None if amount is None else int(amount))  # type: ignore[arg-type]
        months = measure.months(month)
        if measure.tables == HEADLINE and blank.measure != "threshold_usd":
            months = self._run(subject, month)
        return Figure(
            name=name,
            measure=blank.measure,
            partner=subject[0],
            scheme=subject[1],
            category=subject[2],
            month=format_month(month),
            value=value,
            shown=None if value is None else written(value, blank.written, blank.digits),
            base=base,
            is_low_base=bool(is_low) and blank.measure == "value_usd_yoy",
            trace=self._trace(subject, reversed(months)),
            addresses=self._addresses(subject, months) if self._addressed else (),
        )

    def _value(self, subject: tuple[str, str, str], measure: str, month: dt.date) -> tuple[Value | None, bool | None]:
        table = MEASURES[measure].table_of(subject[0])
        asked = {**self._key(subject), "month": month}
        sql = f"select {measure}, is_low_base from {table} where {SERIES} and month = $month"
        row = self._con.execute(sql, asked).fetchone()
        return row or (None, None)

    def _run(self, subject: tuple[str, str, str], month: dt.date) -> tuple[dt.date, ...]:
        """The months of a run that has come to this one; the month itself where there is none."""
        since, _ = self._value(subject, "above_since", month)
        first = since if isinstance(since, dt.date) else month
        return tuple(month_range(first, month))

    def _trace(self, subject: tuple[str, str, str], months: Iterable[dt.date]) -> tuple[str, ...]:
        of = self._of
        return tuple(trace_arguments(month, of["source"], of["reporter"], of["flow"], *subject) for month in months)

    def _addresses(self, subject: tuple[str, str, str], months: tuple[dt.date, ...]) -> tuple[str, ...]:
        key = self._key(subject)
        scheme = {"scheme": key["scheme"], "category": key["category"]}
        system = TRADE[self._of["source"]].code_system
        row = self._con.execute(PREFIXES, {**scheme, "system": system}).fetchone()
        asked: Mapping[str, object] = {
            **self._of,
            "partner": key["partner"],
            "months": list(months),
            "prefixes": row[0] if row else [],
        }
        found = self._con.execute(RECEIPTS, asked).fetchall()
        return tuple(dict.fromkeys(self._receipts[receipt_id] for (receipt_id,) in found))
