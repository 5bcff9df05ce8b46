"""What was known of which series on a date: the figures that claims are held against.

Belongs here: the table of known figures as series. No row means unknown, never zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd

from orchestration.base.months import format_month, spans
from orchestration.claims.declared import Base, ClaimOf
from orchestration.sources.catalogue import TRADE

#: Currencies that people call otherwise than by their code.
CURRENCIES = {"CNY": "renminbi"}


def in_words(base: str, unit: str | None, source: str) -> str:
    """What is counted: US dollars, a source's own currency, or units."""
    local = TRADE[source].local_currency or ""
    return {"value_usd": "US dollars", "value_local": CURRENCIES.get(local, local)}.get(base, unit or "")


class Key(NamedTuple):
    """A series: of one source and reporter, by the source's partner code."""

    source: str
    reporter: str
    flow: str
    partner: str
    scheme: str
    category: str

    def __str__(self) -> str:
        return f"{self.flow} {self.partner} {self.scheme}/{self.category}"


#: The columns of known figures that are a key, in its order.
KEY_COLUMNS = ("source", "reporter", "flow", "partner_code", "category_scheme", "category_code")


def key_of(claim: ClaimOf, scheme: str, category: str) -> Key:
    """The series of a category, of what else the claim speaks of."""
    return Key(claim.source, claim.reporting, claim.flow, claim.partner, scheme, category)


@dataclass(frozen=True)
class Series:
    """Figures of one measure as known on a date. `amounts`: known months only; `rows`: months known in any measure.

    `what`: the measure in words. `as_of`: the day; None = now. `is_held`: whether anything of it is known on any day.
    """

    key: Key
    what: str
    amounts: Mapping[dt.date, int] = field(default_factory=dict)
    rows: frozenset[dt.date] = frozenset()
    as_of: dt.date | None = None
    is_held: bool = True

    def lacking(self, months: Iterable[dt.date]) -> str | None:
        """Why the figures of these months are not known, in words; None if all are."""
        missing = [month for month in months if month not in self.amounts]
        if not missing:
            return None
        vintage = f" of a vintage up to {self.as_of}" if self.as_of and self.is_held else ""
        if not self.rows:
            return f"no file{vintage} covers {self.key}"
        without_row = [month for month in missing if month not in self.rows]
        told = f"{spans(without_row or missing)} {'is' if len(without_row or missing) == 1 else 'are'} not "
        if without_row:
            return f"{told}covered" + (f" by a file{vintage}" if vintage else "")
        return f"{told}known in {self.what}" + (f" from a file{vintage}" if vintage else "")


class History:
    """All figures of the needed series with the dates between which they stood.

    `frame`: columns source, reporter, flow, partner_code, category_scheme, category_code, month, known_from, known_to
    (exclusive; None = still), value_usd, value_local, quantity (None = not known), quantity_unit.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._rows: dict[Key, list[Any]] = {}
        for row in frame.itertuples(index=False):
            key = Key(*(getattr(row, column) for column in KEY_COLUMNS))
            self._rows.setdefault(key, []).append(row)

    def series(self, key: Key, base: Base, unit: str | None, as_of: dt.date | None) -> Series:
        """The series as known on a day; None = as known now. A quantity in another unit than `unit` is not known."""
        what = in_words(base, unit, key.source)
        rows = self._rows.get(key, [])
        amounts: dict[dt.date, int] = {}
        seen: set[dt.date] = set()
        for row in rows:
            if not _stood(row, as_of):
                continue
            if row.month in seen:
                raise ValueError(f"{key}: {format_month(row.month)} has two figures that stood on one day")
            seen.add(row.month)
            amount = getattr(row, base)
            if not _none(amount) and (base != "quantity" or amount == 0 or row.quantity_unit == unit):
                amounts[row.month] = int(amount)
        return Series(key, what, amounts, frozenset(seen), as_of, bool(rows))

    def of_claim(self, claim: ClaimOf, as_of: dt.date | None) -> Series:
        """The series that a claim on one category speaks of."""
        return self.series(key_of(claim, claim.scheme, claim.category or ""), claim.base, claim.unit, as_of)


def with_zeros(series: Series, wholes: Iterable[Series]) -> Series:
    """The series with 0 in each month in which a whole that contains it is known, while the series has no row.

    A whole is known only if every part of it is covered, and a covered part without a row was never traded until then.
    """
    zeros = {month: 0 for whole in wholes for month in whole.amounts if month not in series.rows}
    if not zeros:
        return series
    return replace(series, amounts={**zeros, **series.amounts}, rows=series.rows | zeros.keys())


def _stood(row: Any, as_of: dt.date | None) -> bool:
    if as_of is None:
        return _none(row.known_to)
    return bool(row.known_from <= as_of and (_none(row.known_to) or row.known_to > as_of))


def _none(value: Any) -> bool:
    return bool(pd.isna(value))
