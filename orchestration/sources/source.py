"""What a source is: what it declares of itself, and the shape of what reads it.

Belongs here: shapes. Not here: which sources there are (`catalogue`), nor how anything is read; each source is a
package beside this module.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from orchestration.base.duck import cursor
from orchestration.base.errors import RefusalError
from orchestration.base.months import add_months, month_range
from orchestration.base.today import today_in
from orchestration.sources.web import TradeWeb


@dataclass(frozen=True)
class MonthContent:
    """What a file prints for one month: number of rows and the sum of values, in whole units of its currency."""

    month: dt.date
    rows: int
    value: int


class ParsedTrade(Protocol):
    """The typed rows of one file of trade (Parquet with the source's `raw_columns`, in file order), and what was seen
    in it.

    `columns`: what it has, in order; `dimensions`: those that split its rows. `months`: empty where no month is printed
    and none was declared; `partners`: empty without a partner column. `rows` and `value` (whole units of `currency`)
    are those of the whole file. `code_length`: the digits of its commodity codes; the source's for a file without rows.
    `reporter` (ISO3), `flow`: where its rows say so; None where none does. `columns` is empty only where a file without
    rows does not say which it would have.
    """

    @property
    def rows_path(self) -> Path: ...
    @property
    def encoding(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def dimensions(self) -> tuple[str, ...]: ...
    @property
    def has_month(self) -> bool: ...
    @property
    def has_partner(self) -> bool: ...
    @property
    def months(self) -> tuple[MonthContent, ...]: ...
    @property
    def partners(self) -> tuple[str, ...]: ...
    @property
    def hs_chapters(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> int: ...
    @property
    def value(self) -> int: ...
    @property
    def code_length(self) -> int: ...
    @property
    def reporter(self) -> str | None: ...
    @property
    def flow(self) -> str | None: ...


class TradeReader(Protocol):
    """Reads one file of trade. Its rows are a pure function of bytes, `header`, `month` and the parser's version."""

    def __call__(
        self,
        source: Path,
        workdir: Path,
        *,
        name: str | None = None,
        header: str | None = None,
        month: dt.date | None = None,
    ) -> ParsedTrade:
        """The rows of one file, in `workdir`; `RefusalError` with file, line, column and remedy if it is not sound.

        `header`: the publisher's own header line, for a file that has none. `month`: the one month of all rows of a
        file without a month column.
        """


#: Who is named where figures are made up: no publisher, not even the one whose layout they have.
MADE_UP = "Synthetic data (no publisher)"
#: The one shape of a row of trade, whatever a source calls its columns: by name their types.
ROW = {
    "month": "date",
    "line": "bigint",
    "hs_code": "varchar",
    "hs_name": "varchar",
    "partner_code": "varchar",
    "regime_code": "varchar",
    "province_code": "varchar",
    "quantity_1": "bigint",
    "unit_1": "varchar",
    "quantity_2": "bigint",
    "unit_2": "varchar",
    "value": "bigint",
    "net_weight_kg": "bigint",
    "weight_is_estimated": "boolean",
}
#: The most that a row, or a month of a file, can be worth, in whole units: all countries together buy goods for some
#: 2e12 US dollars a month. A hundred thousand such months still add up within 64 bits.
LARGEST_VALUE = {"USD": 10**13, "EUR": 10**13, "CNY": 10**14}
#: The most that a row can weigh or count: Australia's iron ore, China's heaviest row, has some 6e10 kg a month.
LARGEST_QUANTITY = 10**14
#: Cities that a time zone is not named after.
PLACES = {"Asia/Shanghai": "Beijing"}


def place_of(time_zone: str) -> str:
    """Where a publisher is, as people call its time zone."""
    return PLACES.get(time_zone, time_zone)


@dataclass(frozen=True)
class Source:
    """A publisher's offer of trade figures with one shape.

    `reporters`: ISO3 codes of the countries whose customs it speaks for; `code_digits`: of its finest commodity codes.
    `code_system`, `partner_system`: whose national lines and partner codes it prints; `chapters`: of its tariff, each
    with the year from which on it has it, that together are all codes. `currencies`: those that it prints,
    `local_currency` the one beside US dollars, None if it prints dollars only. `valuation` (CIF, FOB, FAS) and
    `partner_concept` (whose goods, or where they went): by flow. `time_zone`: whose day a vintage is; `first_month`:
    of its figures. `partner_pattern`: what a partner code looks like. `parse` reads its files; `raw_columns`: what it
    keeps of each row besides what the receipt says, under its own names, and their types; `says`: SQL over these for
    columns of `ROW` that go by another name there, month and line never; `parser_version`: raised whenever the same
    bytes would give other rows. `release_date`: the day, in its time zone, on which a month comes out, by its calendar;
    months come out in order. `sample_of`: the source whose figures a synthetic one makes up, so that what is said of
    that source can be tried on it. `bulletin_release_from`: the day from which on its bulletin of a month may come out,
    where it has bulletins. `release_cron`: when to look for a new month, in its time zone; None for never by itself.
    `row_limit`: the rows at which a download is cut off; None where it never is. `largest_value`, by currency, and
    `largest_quantity`: what no row exceeds, in whole units; a file that does is refused. `web`: how it is asked over
    the network; None where only people may ask it. `says_what_is_out`: whether months come out irregularly and the
    publisher alone says which have, so that `release_date` is no promise, but the first day on which it makes sense to
    ask. `is_rounded`: whether values are printed with fractions of a unit and rounded row by row, so that a sum may be
    off by half a unit a row. `may_be_passed_on`: whether its terms let rows of its figures be passed on; where they do
    not, figures may be cited, and whoever has permission says so in a setting (`releases.terms`).
    """

    name: str
    publisher: str
    reporters: tuple[str, ...]
    code_digits: int
    code_system: str
    chapters: Mapping[str, int]
    partner_system: str
    currencies: tuple[str, ...]
    local_currency: str | None
    valuation: Mapping[str, str]
    partner_concept: Mapping[str, str]
    time_zone: str
    first_month: dt.date
    attribution: str
    terms: str
    partner_pattern: str
    parser_version: str
    raw_columns: Mapping[str, str]
    parse: TradeReader
    release_date: Callable[[dt.date], dt.date]
    says: Mapping[str, str] = field(default_factory=dict)
    is_synthetic: bool = False
    sample_of: str | None = None
    release_cron: str | None = None
    row_limit: int | None = None
    bulletin_release_from: Callable[[dt.date], dt.date] | None = None
    largest_value: Mapping[str, int] = field(default_factory=lambda: LARGEST_VALUE)
    largest_quantity: int = LARGEST_QUANTITY
    web: TradeWeb | None = None
    says_what_is_out: bool = False
    is_rounded: bool = False
    may_be_passed_on: bool = True

    @property
    def place(self) -> str:
        """Where the publisher is, as people call its time zone."""
        return place_of(self.time_zone)

    def check(self) -> None:
        """`RefusalError` where what it says of its raw rows cannot be read from them, or a currency has no bound."""
        none = ", ".join(f"null::{kind} as {name}" for name, kind in self.raw_columns.items())
        if odd := {*self.says} - {*ROW} | {"month", "line"} - {*self.raw_columns}:
            what = f"there is no column {', '.join(sorted(odd))} to speak of"
        elif odd := {*self.currencies} - {*self.largest_value}:
            what = f"largest_value has no bound for {', '.join(sorted(odd))}"
        else:
            try:
                with cursor() as con:
                    con.execute(self.rows(f"(select {none} where false)"))
                return
            except duckdb.Error as error:
                what = str(error).splitlines()[0]
        raise RefusalError(
            f"the offer of {self.name} does not fit its rows: {what}",
            file=f"orchestration/sources/{self.name}/offer.py",
            remedy="says must speak of columns in raw_columns, in the words of sources.source.ROW; month and line are "
            "called so; largest_value has a bound for each currency",
        )

    def rows(self, raw: str, *kept: str) -> str:
        """SQL for typed rows of this source, parsed or raw, in the one shape; `raw`: SQL of a relation of them, `kept`:
        columns of it that are wanted, too.

        Whoever looks at rows beside the models reads them by this, and not through staging, so that both are counted.
        """
        own = {name: name for name in self.raw_columns} | dict(self.says)
        shaped = [*kept] + [f"({own.get(name, 'null')})::{kind} as {name}" for name, kind in ROW.items()]
        return f"select {', '.join(shaped)} from {raw}"

    def chapters_of(self, year: int) -> tuple[str, ...]:
        """The chapters that together are all codes of a year."""
        return tuple(chapter for chapter, since in self.chapters.items() if since <= year)

    def is_combined_release(self, month: dt.date) -> bool:
        """Whether the month comes out together with another, so that no figure of it alone is news."""
        beside = (self.release_date(add_months(month, -1)), self.release_date(add_months(month, 1)))
        return self.release_date(month) in beside

    def last_due(self, today: dt.date) -> dt.date:
        """The latest month that is out on the given day; the one before the first, if none is."""
        month = today.replace(day=1)
        while month >= self.first_month and self.release_date(month) > today:
            month = add_months(month, -1)
        return month

    def last_out(self, today: dt.date) -> tuple[dt.date, ...]:
        """The months that came out on the last day on which any did, as of the given day; none before the first."""
        last = month = self.last_due(today)
        if last < self.first_month:
            return ()
        while month > self.first_month and self.release_date(add_months(month, -1)) == self.release_date(last):
            month = add_months(month, -1)
        return tuple(month_range(month, last))

    def today(self) -> dt.date:
        """Today's date where the publisher is: the vintage of a file whose vintage is not declared."""
        return today_in(self.time_zone)


class ParsedRows(Protocol):
    """Typed rows, as Parquet with the reader's `ROW_SCHEMA`."""

    @property
    def rows_path(self) -> Path: ...


class ParsedDocument(ParsedRows, Protocol):
    """A document and what was seen in it. `table`: which of the source's tables; `month`: the last it speaks of."""

    @property
    def table(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def month(self) -> dt.date: ...
    @property
    def encoding(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def remarks(self) -> Sequence[str]: ...


class Reader(Protocol):
    """A module that reads one source. Its rows are a pure function of the bytes and of `PARSER_VERSION`.

    `TIME_ZONE`: whose day a vintage is that is not declared.
    """

    SOURCE: str
    PARSER_VERSION: str
    TIME_ZONE: str
    ROW_SCHEMA: pa.Schema

    def parse(self, source: Path, workdir: Path, name: str | None = None) -> ParsedRows:
        """The rows of one file; `RefusalError` if it is not sound."""


class DocumentReader(Reader, Protocol):
    """A module that reads documents. One that can be asked over the network has `WEB`, a `sources.web.DocumentWeb`, and
    `RELEASE_CRON`: when to ask it, in its time zone.
    """

    def parse(self, source: Path, workdir: Path, name: str | None = None) -> ParsedDocument:
        """The rows of one document and what was seen in it; `RefusalError` if it is not sound."""
