"""int_period: what months make of quarters, halves, years, years to date and twelve months, period by period.

Weights are left out: the files of the oracle are read for first quantities alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.oracle.derived import REIMPORTS
from tests.oracle.files import CURRENCIES, SIDE
from tests.oracle.series import LOW_BASE, Flags, Matrix, Objects, Panel, before, ratio, table
from tests.oracle.truth import ALL, Truth

OF_PARTNERS = ["partner_share_usd", "partner_share_local", "contribution_usd_yoy", "rank_usd"]
LENGTHS = {"quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True)
class Span:
    """A period: its kind, its name, its months as places on the axis, and how many it has by the calendar."""

    kind: str
    name: str
    first: pd.Timestamp
    last: pd.Timestamp
    places: tuple[int, ...]

    @property
    def due(self) -> int:
        """Months by the calendar."""
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1


def spans(months: pd.DatetimeIndex) -> Iterator[Span]:
    """Every period with a month on the axis; what runs, only where all of its months are on it."""
    places = {month: n for n, month in enumerate(months)}

    def span(kind: str, name: str, first: pd.Timestamp, length: int) -> Span:
        every = pd.date_range(first, periods=length, freq="MS")
        return Span(kind, name, first, every[-1], tuple(places[month] for month in every if month in places))

    for kind, length in LENGTHS.items():
        for first in sorted({pd.Timestamp(m.year, (m.month - 1) // length * length + 1, 1) for m in months}):
            part = (first.month - 1) // length + 1
            name = {"quarter": f"{first.year}-Q{part}", "half": f"{first.year}-H{part}", "year": f"{first.year}"}[kind]
            yield span(kind, name, first, length)
    for month in months:
        for kind, first in (
            ("year_to_date", pd.Timestamp(month.year, 1, 1)),
            ("rolling_12", month - pd.DateOffset(months=11)),
        ):
            length = (month.year - first.year) * 12 + month.month - first.month + 1
            found = span(kind, f"{first:%Y-%m}..{month:%Y-%m}", first, length)
            if len(found.places) == length:
                yield found


def counted_months(shown: Panel, span: Span) -> Flags:
    """Which months of a period count, by series: those known in dollars, else in local currency; of what runs all, if
    one of the two knows them all.
    """
    usd, local = (~np.isnan(shown.value[currency][:, span.places]) for currency in CURRENCIES)
    if span.kind in LENGTHS:
        return np.asarray(np.where(usd.any(axis=1)[:, None], usd, local))
    whole = np.asarray(usd.all(axis=1) | local.all(axis=1))
    return np.repeat(whole[:, None], len(span.places), axis=1)


def total(matrix: Matrix, span: Span, counted: Flags) -> Matrix:
    """Sum over the counted months, NaN where one of them is unknown."""
    return np.where(counted, matrix[:, span.places], 0).sum(axis=1)


def like_units(shown: Panel, span: Span, counted: Flags) -> tuple[Matrix, Objects]:
    """Quantity and unit of a period; a 0 without a unit measures nothing."""
    names, codes = np.unique(np.where(shown.unit[:, span.places] == None, "", shown.unit[:, span.places]).astype(str),  # noqa: E711
                             return_inverse=True)  # fmt: skip
    codes = codes.reshape(counted.shape)
    measures = counted & ((names[codes] != "") | (shown.quantity[:, span.places] != 0))
    least = np.where(measures, codes, len(names)).min(axis=1)
    greatest = np.where(measures, codes, -1).max(axis=1)
    quantity = np.where(least < greatest, np.nan, total(shown.quantity, span, counted))
    unit = np.where((greatest < 0) | np.isnan(quantity), "", names[greatest]).astype(object)
    unit[unit == ""] = None
    return quantity, unit


def ranks(each: Flags, shown: Panel, span: Span, counted: Flags, usd: Matrix) -> Matrix:
    """Place among the partners of which the same months count, all of them known partner by partner."""
    whole = (each[:, span.places] | ~counted).all(axis=1)
    left_out = np.isin(shown.level("partner").to_numpy(dtype=object), [ALL, REIMPORTS])
    frame = pd.DataFrame({"usd": np.where(left_out | ~whole | ~(usd > 0), np.nan, usd)}, index=shown.index)
    months = counted @ (1 << np.arange(counted.shape[1]))
    by = [frame.index.get_level_values(name) for name in ("flow", "scheme", "category")]
    return frame.groupby([*by, months])["usd"].rank(method="min", ascending=False).to_numpy()


def rows_of(each: Flags, shown: Panel, span: Span) -> pd.DataFrame:
    """The rows of one period, by the place of their series. `each`: months in which each partner is received."""
    counted = counted_months(shown, span)
    n = counted.sum(axis=1)
    last = np.where(counted, np.arange(counted.shape[1]), 0).max(axis=1)
    places = np.array(span.places)[last]
    quantity, unit = like_units(shown, span, counted)
    found: dict[str, Matrix | Objects] = {
        "n_months": n.astype(float),
        "quantity": quantity,
        "quantity_unit": unit,
    }
    for currency in CURRENCIES:
        side, value = SIDE[currency], shown.value[currency]
        now, base = total(value, span, counted), total(before(value, 12), span, counted)
        found[f"value_{side}"], found[f"value_{side}_year_before"] = now, base
        found[f"value_{side}_yoy"] = ratio(now, base) - 1
        found[f"partner_share_{side}"] = ratio(now, total(shown.of_all(value), span, counted))
    value = shown.value["USD"]
    usd, base = total(value, span, counted), total(before(value, 12), span, counted)
    whole_base = total(before(shown.of_all(value), 12), span, counted)
    found["contribution_usd_yoy"] = ratio(usd - base, whole_base)
    found["rank_usd"] = ranks(each, shown, span, counted, usd)
    low = ((base > 0) & (base < LOW_BASE)).astype(object)
    low[np.isnan(base)] = None
    found["is_low_base"] = low
    there = (n > 0) & shown.started[np.arange(len(n)), places]
    return pd.DataFrame(found)[there].assign(
        month=shown.months[places[there]],
        period_type=span.kind,
        period=span.name,
        period_from=span.first,
        period_to=span.last,
        n_months_due=span.due,
        is_complete=lambda rows: rows["n_months"] == span.due,
    )


def series_of(shown: Panel) -> pd.DataFrame:
    """Keys and names of the series, in their order."""
    once = np.zeros(shown.shown.shape, dtype=bool)
    once[:, 0] = True
    return table(shown, {}, once).drop(columns="month")


def period_mart(truth: Truth, shown: Panel) -> pd.DataFrame:
    """Rows of int_period, but for weights; of all partners together no shares, places and contributions are shown."""
    each = np.array([truth.coverage.of_category(flow, "USD", "*", *rest) for flow, _, *rest in shown.index])
    rows = pd.concat([rows_of(each, shown, span) for span in spans(shown.months)])
    rows = rows.join(series_of(shown)).reset_index(drop=True)
    rows.loc[rows["partner_code"] == ALL, OF_PARTNERS] = np.nan
    return rows
