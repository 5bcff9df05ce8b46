"""int_headline_monthly and int_growth_monthly, row by row those of the two series marts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.oracle.files import SIDE, seed
from tests.oracle.series import Flags, Matrix, Objects, Panel, before, change, low_base, ratio, table, year_to_date
from tests.oracle.truth import ALL, Truth

REIMPORTS = "142"
EARLIER_MONTHS = 12
EARLIER_UNIT_VALUES = 6


def dates(shown: Panel, places: Matrix) -> Objects:
    """Months by their place on the axis; NaT for NaN."""
    months = np.append(shown.months.to_numpy(), np.datetime64("NaT"))
    return months[np.where(np.isnan(places), len(shown.months), places).astype(int)]


def runs(is_above: Flags) -> Matrix:
    """Months in a row, up to each one, in which something holds."""
    found = np.zeros(is_above.shape)
    for n in range(is_above.shape[1]):
        found[:, n] = is_above[:, n] * (1 + (found[:, n - 1] if n else 0))
    return found


def record_columns(shown: Panel) -> dict[str, Matrix | Objects]:
    """Whether a month is the greatest so far, which was, and of how many; the series begins with its first trade."""
    usd = np.where(shown.started, shown.value["USD"], np.nan)
    known = np.cumsum(~np.isnan(usd), axis=1)
    best = np.maximum.accumulate(np.where(np.isnan(usd), -np.inf, usd), axis=1)
    best_before = np.hstack([np.full((len(usd), 1), -np.inf), best[:, :-1]])
    places = np.where(usd > best_before, np.arange(usd.shape[1]), 0)
    place = np.where(known > 0, np.maximum.accumulate(places, axis=1), np.nan)
    flags = (usd > best_before).astype(object)
    flags[np.isnan(usd) | (known - 1 < EARLIER_MONTHS)] = None
    return {
        "is_record": flags,
        "record_usd": np.where(known > 0, best, np.nan),
        "record_month": dates(shown, place),
        "known_months": known.astype(float),
    }


def run_columns(shown: Panel) -> dict[str, Matrix | Objects]:
    """Months in a row at the threshold of the scheme, and since when."""
    usd, marks = shown.value["USD"], {row["category_scheme"]: int(row["threshold_usd"]) for row in seed("thresholds")}
    threshold = np.array([[marks[scheme]] for scheme in shown.level("scheme")]) * np.ones(usd.shape)
    length = runs(np.nan_to_num(usd, nan=-1) >= threshold)
    since = np.where(length > 0, np.arange(usd.shape[1]) - length + 1, np.nan)
    return {
        "threshold_usd": threshold,
        "months_at_or_above": np.where(np.isnan(usd), np.nan, length),
        "above_since": dates(shown, since),
    }


def headline_mart(shown: Panel) -> pd.DataFrame:
    """Rows of int_headline_monthly."""
    usd = shown.value["USD"]
    ytd = year_to_date(usd, shown.months)
    columns: dict[str, Matrix | Objects] = {
        "value_usd_bn": usd / 1e9,
        "yoy_percent": change(usd, 12) * 100,
        "ytd_usd_bn": ytd / 1e9,
        "ytd_yoy_percent": change(ytd, 12) * 100,
        "n_lines": shown.n_lines,
        "is_low_base": low_base(usd),
    }
    for currency, value in shown.value.items():
        both = np.where(shown.months.month == 2, value + before(value, 1), np.nan)
        columns[f"jan_feb_{SIDE[currency]}"] = both
        columns[f"jan_feb_{SIDE[currency]}_yoy"] = change(both, 12)
    return table(shown, columns | run_columns(shown) | record_columns(shown))


def ranks(truth: Truth, shown: Panel) -> Matrix:
    """Place among the partners of a category; only where each partner is covered by rows of its own."""
    each = np.array([truth.coverage.of_category(flow, "USD", "*", *rest) for flow, _, *rest in shown.index])
    left_out = np.isin(shown.level("partner").to_numpy(dtype=object), [ALL, REIMPORTS])[:, None]
    usd = np.where(left_out | ~each | ~(shown.value["USD"] > 0), np.nan, shown.value["USD"])
    frame = pd.DataFrame(usd, index=shown.index)
    return frame.groupby(level=["flow", "scheme", "category"]).rank(method="min", ascending=False).to_numpy()


def logs_of_change(shown: Panel) -> dict[str, Matrix | Objects]:
    """Change over a year split into unit value and quantity, where both are above 0 and units are alike."""
    usd, quantity = shown.value["USD"], shown.quantity
    units = pd.DataFrame(shown.unit)
    alike = (units == units.shift(12, axis=1)).to_numpy()
    for matrix in (usd, quantity):
        alike = alike & (matrix > 0) & (before(matrix, 12) > 0)
    parts = {"value": usd, "unit_value": ratio(usd, quantity), "quantity": quantity}
    return {f"log_change_{name}": log_ratio(np.where(alike, matrix, np.nan), matrix) for name, matrix in parts.items()}


def unit_value_columns(shown: Panel) -> dict[str, Matrix | Objects]:
    """Dollars a unit, against the middle of those of the twelve months before in the same unit, of six at least."""
    value = ratio(shown.value["USD"], shown.quantity)
    median = np.full(value.shape, np.nan)
    for series, month in np.argwhere(~np.isnan(value) & shown.shown):
        earlier = slice(max(0, month - 12), month)
        alike = shown.shown[series, earlier] & (shown.unit[series, earlier] == shown.unit[series, month])
        known = value[series, earlier][alike & ~np.isnan(value[series, earlier])]
        median[series, month] = np.median(known) if len(known) >= EARLIER_UNIT_VALUES else np.nan
    flags = ((value > 5 * median) | (value < median / 5)).astype(object)
    flags[np.isnan(value) | np.isnan(median)] = None
    return {"unit_value_usd": value, "unit_value_usd_median_12": median, "is_unit_value_unusual": flags}


def log_ratio(now: Matrix, matrix: Matrix) -> Matrix:
    """Natural logarithm by what stood a year before, NaN where `now` is."""
    return np.log(now) - np.log(np.where(np.isnan(now), np.nan, before(matrix, 12)))


def growth_mart(truth: Truth, shown: Panel) -> pd.DataFrame:
    """Rows of int_growth_monthly."""
    usd = shown.value["USD"]
    yoy = change(usd, 12)
    part = ratio(usd - before(usd, 12), before(shown.of_all(usd), 12))
    columns: dict[str, Matrix | Objects] = {
        "value_usd": usd,
        "value_usd_yoy": yoy,
        "contribution_usd_yoy": np.where((shown.level("partner") == ALL)[:, None], yoy, part),
        "rank_usd": ranks(truth, shown),
        "is_low_base": low_base(usd),
    }
    return table(shown, columns | logs_of_change(shown) | unit_value_columns(shown))
