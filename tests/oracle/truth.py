"""Which rows count, and what is covered: docs/rules.md, rules 1 to 5.

Belongs here: cells, categories and coverage. Not here: formulas over months (`series` and what follows it).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.oracle.files import CURRENCIES, WORLD, Delivery, Received, seed

Flags = npt.NDArray[np.bool_]
CELL = ["flow", "currency", "month", "partner", "commodity_code"]
CATEGORY = ["scheme", "category"]
SERIES = ["flow", "partner", *CATEGORY]
ALL = "all"


@dataclass
class Coverage:
    """Months of each flow and currency in which a category is known, by partner; `partner` all: together."""

    deliveries: tuple[Delivery, ...]
    months: pd.DatetimeIndex
    _kept: dict[tuple[str, ...], Flags] = field(default_factory=dict)

    @cached_property
    def in_scope(self) -> list[tuple[Delivery, set[str], Flags]]:
        """Deliveries with their partners and the months that they cover."""
        months = self.months
        return [(d, set(d.partners), np.asarray((months >= d.first) & (months <= d.last))) for d in self.deliveries]

    @cached_property
    def years(self) -> npt.NDArray[np.int32]:
        """The year of each month."""
        return self.months.year.to_numpy()

    def of_prefix(self, flow: str, currency: str, partner: str, prefix: str) -> Flags:
        """A prefix is covered by itself or a shorter one; all together by every partner or by a world file."""
        key = (flow, currency, partner, prefix)
        if key not in self._kept:
            good = {"*", WORLD} if partner == ALL else {"*", partner}
            known = np.zeros(len(self.months), dtype=bool)
            for scope, partners, months in self.in_scope:
                if (scope.flow, scope.currency) == (flow, currency) and good & partners and prefix.startswith(scope.hs):
                    known |= months
            self._kept[key] = known
        return self._kept[key]

    def of_category(self, flow: str, currency: str, partner: str, scheme: str, category: str) -> Flags:
        """Every prefix that the tariff has in the year must be covered."""
        key = ("category", flow, currency, partner, scheme, category)
        if key not in self._kept:
            known = np.ones(len(self.months), dtype=bool)
            for prefix, first, last in prefixes_of(scheme, category):
                known &= self.of_prefix(flow, currency, partner, prefix) | (self.years < first) | (self.years > last)
            self._kept[key] = known
        return self._kept[key]

    def span(self, flow: str) -> Flags:
        """Every month from the first to the last covered one of a flow."""
        known = np.logical_or.reduce([months for scope, _, months in self.in_scope if scope.flow == flow])
        return np.asarray(np.logical_or.accumulate(known) & np.logical_or.accumulate(known[::-1])[::-1])


@dataclass(frozen=True)
class Truth:
    """`cells`: counting rows with regimes apart, all partners together among them; `sums`: by series and month."""

    received: Received
    coverage: Coverage
    cells: pd.DataFrame
    sums: pd.DataFrame


def prefixes_of(scheme: str, category: str) -> list[tuple[str, int, int]]:
    """Prefixes of a category with the first and last year in which the tariff has them."""
    if scheme in ("hs2", "hs4", "line"):
        return [(category, 0, 9999)]
    return reviewed()[scheme, category]


@cache
def reviewed() -> dict[tuple[str, str], list[tuple[str, int, int]]]:
    """Prefixes of the reviewed categories, by scheme and code."""
    limits = {
        (row["category_scheme"], row["category_code"], row["hs_prefix"]): (
            int(row["first_year"] or 0),
            int(row["last_year"] or 9999),
        )
        for row in seed("category_prefix_years")
    }
    found = {}
    for row in seed("categories"):
        key = (row["category_scheme"], row["category_code"])
        found[key] = [(p, *limits.get((*key, p), (0, 9999))) for p in row["hs_prefixes"].split(",")]
    return found


def membership(lines: Iterable[str]) -> pd.DataFrame:
    """Each line with each category that holds it."""
    found = []
    for line in lines:
        found += [(line, "hs2", line[:2]), (line, "hs4", line[:4])]
        for (scheme, category), prefixes in reviewed().items():
            if any(line.startswith(prefix) for prefix, _, _ in prefixes):
                found.append((line, scheme, category))
    return pd.DataFrame(found, columns=["commodity_code", *CATEGORY])


def contains(scope: Delivery, rows: pd.DataFrame) -> pd.Series:
    """Whether a scope contains each row, of a partner or of all partners in one row."""
    here = (rows["flow"] == scope.flow) & (rows["currency"] == scope.currency)
    here &= (rows["month"] >= scope.first) & (rows["month"] <= scope.last)
    here &= rows["commodity_code"].str.startswith(scope.hs)
    if scope.partners == ("*",):
        return here & (rows["partner"] != WORLD)
    return here & rows["partner"].isin(scope.partners)


def counting(received: Received, as_of: dt.date | None = None) -> pd.DataFrame:
    """Rows of the latest delivery whose scope contains their cell, of those with a vintage of at most `as_of`."""
    ranks = {n: (d.vintage, n) for n, d in enumerate(received.deliveries) if as_of is None or d.vintage <= as_of}
    rows = received.rows[received.rows["delivery"].isin(ranks)]
    latest = pd.Series(-1, index=rows.index)
    for n in sorted(ranks, key=ranks.__getitem__):
        latest[contains(received.deliveries[n], rows)] = n
    return rows[latest == rows["delivery"]]


def with_all_partners(rows: pd.DataFrame, coverage: Coverage) -> pd.DataFrame:
    """Rows of partners, and once more as all together where every partner is covered, else from the world file."""
    keys = rows[["flow", "currency", "month", "commodity_code"]].drop_duplicates()
    place = {month: n for n, month in enumerate(coverage.months)}
    keys["each"] = [
        bool(coverage.of_prefix(flow, currency, "*", line)[place[month]])
        for flow, currency, month, line in keys.itertuples(index=False)
    ]
    rows = rows.merge(keys, how="left")
    is_world = rows["partner"] == WORLD
    together = rows[rows["each"] != is_world].assign(partner=ALL)
    return pd.concat([rows[~is_world], together], ignore_index=True).drop(columns="each")


def summed(cells: pd.DataFrame) -> pd.DataFrame:
    """Dollars and yuan of every series and month with a counting row, covered or not."""
    lines = cells.groupby(CELL, as_index=False)["value"].sum()
    parts = lines.merge(membership(lines["commodity_code"].unique()), on="commodity_code")
    sums = parts.groupby([*SERIES, "month", "currency"])["value"].sum().unstack("currency")
    return sums.reindex(columns=list(CURRENCIES))


def truth(received: Received, as_of: dt.date | None = None) -> Truth:
    """What a home knows, or knew on a day."""
    deliveries = tuple(d for d in received.deliveries if as_of is None or d.vintage <= as_of)
    firsts, lasts = [d.first for d in received.deliveries], [d.last for d in received.deliveries]
    months = pd.date_range(f"{min(firsts).year}-01-01", max(lasts), freq="MS")
    coverage = Coverage(deliveries, months)
    cells = with_all_partners(counting(received, as_of), coverage)
    return Truth(received, coverage, cells, summed(cells))
