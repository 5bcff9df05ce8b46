"""One series of a release, month by month, with what a picture must show of it.

Belongs here: questions to the published tables about a series. Not here: how it is drawn (`drawing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from orchestration.base.months import format_month, month_range
from orchestration.pages.figures import SERIES_KEY, Cell
from orchestration.stories.measures import HEADLINE, SERIES

#: A row of an answer, by column.
Row = Mapping[str, Any]
#: Where what is published, of all partners together and of each of them.
TABLES = {
    "mart": SERIES,
    "headline": HEADLINE,
    **{
        what: (f"mart_category_{name}", f"mart_partner_category_{name}")
        for what, name in (
            ("growth", "growth_monthly"),
            ("period", "period"),
            ("restatement", "restatement"),
            ("concentration", "concentration_monthly"),
        )
    },
}
OF_HEADLINE = ("jan_feb_usd", "jan_feb_usd_yoy", "jan_feb_local", "jan_feb_local_yoy", "threshold_usd",
               "months_at_or_above", "above_since", "is_record", "record_usd", "record_month", "known_months",
               "n_lines")  # fmt: skip
OF_GROWTH = ("contribution_usd_yoy", "rank_usd", "log_change_value", "log_change_unit_value", "log_change_quantity")
OF_PRINT = ("known_from", "known_to", "print_number", "value_usd", "first_value_usd", "latest_value_usd", "change_usd",
            "change_share_usd")  # fmt: skip
#: The rows of a series, of its category whatever the partner, and of its stream, as conditions.
WHERE, CATEGORY, STREAM = (
    " and ".join(f"{column} = ${column}" for column in columns)
    for columns in (SERIES_KEY, [name for name in SERIES_KEY if name != "partner_code"], SERIES_KEY[:3])
)


def table_of(what: str, partner: str) -> str:
    """The published table that answers for a partner, or for all of them together."""
    return TABLES[what][partner != "all"]


@dataclass(frozen=True)
class Stream:
    """What a source reports of a flow. `last`: the last month that is covered of anything; `known_on`: the latest
    vintage of its receipts, so the day as known on which all of its figures stand as they do; `coverage`, `covered`:
    table and column that say so of that month.
    """

    source: str
    reporter: str
    flow: str
    last: dt.date
    known_on: dt.date
    coverage: str
    covered: str


@dataclass(frozen=True)
class Series:
    """A series as published: by month its row. `prints`: months that stood in more than one way."""

    stream: Stream
    partner: str
    scheme: str
    category: str
    partner_name: str
    category_name: str
    rows: Mapping[dt.date, Row]
    prints: tuple[Row, ...]

    @property
    def key(self) -> dict[str, str]:
        """The columns that tell it."""
        of = (self.stream.source, self.stream.reporter, self.stream.flow, self.partner, self.scheme, self.category)
        return dict(zip(SERIES_KEY, of, strict=True))

    @property
    def category_key(self) -> dict[str, str]:
        """The same, whatever the partner."""
        return {name: value for name, value in self.key.items() if name != "partner_code"}

    @property
    def is_local(self) -> bool:
        """Whether it is known in local currency alone."""
        return not self.known("value_usd") and bool(self.known("value_local"))

    @property
    def currency(self) -> str:
        """ISO code of the local currency; empty where there is none."""
        return next((str(row["local_currency"]) for row in self.rows.values() if row["local_currency"]), "")

    def measured(self, column: str) -> str:
        """The column that says the same in the currency that is known."""
        return column.replace("_usd", "_local") if self.is_local else column

    def known(self, column: str) -> list[dt.date]:
        """The months of which a column is known."""
        return [month for month, row in self.rows.items() if row.get(column) is not None]

    @cached_property
    def months(self) -> list[dt.date]:
        """All months from its first to the last of its stream, known or not."""
        return list(month_range(min(self.rows), self.stream.last)) if self.rows else []

    @property
    def last(self) -> dt.date | None:
        """The latest month of which its value is known."""
        return max(self.known(self.measured("value_usd")), default=None)

    def table(self, column: str) -> str:
        """Where a column of it is published."""
        what = "headline" if column in OF_HEADLINE else "growth" if column in OF_GROWTH else "mart"
        return table_of(what, self.partner)

    def cell(self, column: str, month: dt.date, form: str, digits: int | None = None) -> Cell:
        """A figure of it."""
        key = {**self.key, "month": format_month(month)}
        return Cell(self.table(column), column, key, self.rows.get(month, {}).get(column), form, digits)

    @property
    def revised(self) -> dict[dt.date, Row]:
        """By month its latest print, where its dollars stood in more than one way."""
        return {
            of["month"]: of
            for of in self.prints
            if of["known_to"] is None and of["first_value_usd"] != of["latest_value_usd"]
        }


class Library:
    """The series of a release, each read once. `streams`: by source, reporter and flow."""

    def __init__(self, con: duckdb.DuckDBPyConnection, streams: Mapping[tuple[str, str, str], Stream]) -> None:
        self.con, self.streams = con, streams
        self._read: dict[tuple[str, ...], Series | None] = {}

    def series(self, of: tuple[str, str, str], partner: str, scheme: str, category: str) -> Series | None:
        """A series; None where the release has no row of it."""
        asked = (*of, partner, scheme, category)
        if asked not in self._read:
            self._read[asked] = self._series(of, partner, scheme, category)
        return self._read[asked]

    def _series(self, of: tuple[str, str, str], partner: str, scheme: str, category: str) -> Series | None:
        stream = self.streams.get(of)
        if stream is None:
            return None
        key = dict(zip(SERIES_KEY, (*of, partner, scheme, category), strict=True))
        mart, headline, growth, prints = (
            table_of(what, partner) for what in ("mart", "headline", "growth", "restatement")
        )
        beside = ", ".join([*(f"h.{name}" for name in OF_HEADLINE), *(f"g.{name}" for name in OF_GROWTH)])
        found = self.rows(
            f"select m.*, {beside} from (select * from {mart} where {WHERE}) as m "
            f"left join (select * from {headline} where {WHERE}) as h using (month) "
            f"left join (select * from {growth} where {WHERE}) as g using (month) order by month",
            key,
        )
        if not found:
            return None
        said = self.rows(
            f"select month, {', '.join(OF_PRINT)} from {prints} where {WHERE} order by month, print_number", key
        )
        names = str(found[-1].get("partner_name") or "all partners"), str(found[-1]["category_name"])
        rows = {row["month"]: row for row in found}
        return Series(stream, partner, scheme, category, *names, rows, tuple(said))

    def rows(self, sql: str, asked: Mapping[str, object] | None = None) -> list[Row]:
        """The rows of a question, by column."""
        done = self.con.execute(sql, dict(asked or {}))
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]
