"""What was known of which series on a date: the figures that claims are held against.

Belongs here: the table of known figures as series. No row means unknown, never zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd

from orchestration.base.months import format_month, spans
from orchestration.claims.declared import ClaimOf
from orchestration.claims.measures import Base
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
    `whole`: the same of all partners together, where a share is asked for.
    """

    key: Key
    what: str
    amounts: Mapping[dt.date, int] = field(default_factory=dict)
    rows: frozenset[dt.date] = frozenset()
    as_of: dt.date | None = None
    is_held: bool = True
    whole: Series | None = None

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
    `covered`: the key's columns (partner_code '*': every partner), month, usd_from, local_from: from when on a currency
    is covered, None = never. A covered month without a figure is one without trade.
    """

    def __init__(self, frame: pd.DataFrame, covered: pd.DataFrame) -> None:
        self._rows, self._covered = _by_key(frame), _by_key(covered)

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
        idle = {month for month in self._idle(key, base, as_of) if month not in seen}
        amounts |= dict.fromkeys(idle, 0)
        return Series(key, what, amounts, frozenset(seen | idle), as_of, bool(rows or idle))

    def _idle(self, key: Key, base: Base, as_of: dt.date | None) -> Iterator[dt.date]:
        """Months that were covered on a day, whatever was traded: of the partner itself, else of every partner."""
        every = {row.month: row for row in self._covered.get(key._replace(partner="*"), ())}
        if key.partner == "all":
            every = {}
        for month, row in {**every, **{row.month: row for row in self._covered.get(key, ())}}.items():
            since = {"value_usd": [row.usd_from], "value_local": [row.local_from]}.get(
                base, [row.usd_from, row.local_from]
            )
            if any(not _none(day) and (as_of is None or day <= as_of) for day in since):
                yield month

    def of_claim(self, claim: ClaimOf, as_of: dt.date | None) -> Series:
        """The series that a claim on one category speaks of; with that of all partners where it speaks of a share."""
        key = key_of(claim, claim.scheme, claim.category or "")
        series = self.series(key, claim.base, claim.unit, as_of)
        if claim.kind != "share":
            return series
        return replace(series, whole=self.series(key._replace(partner="all"), claim.base, claim.unit, as_of))


def _by_key(frame: pd.DataFrame) -> dict[Key, list[Any]]:
    found: dict[Key, list[Any]] = {}
    for row in frame.itertuples(index=False):
        found.setdefault(Key(*(getattr(row, column) for column in KEY_COLUMNS)), []).append(row)
    return found


def _stood(row: Any, as_of: dt.date | None) -> bool:
    if as_of is None:
        return _none(row.known_to)
    return bool(row.known_from <= as_of and (_none(row.known_to) or row.known_to > as_of))


def _none(value: Any) -> bool:
    # What is missing is not equal to itself: `pd.isna` takes longer than all else that is done with a figure.
    return value is None or bool(value != value)
