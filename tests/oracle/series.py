"""The two series marts: values, changes, sums and shares of every series, as arrays of series × months.

NaN is unknown and 0 is no trade. Months before the first covered one, back to January, are there and unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.oracle.files import CURRENCIES, SIDE, seed
from tests.oracle.truth import ALL, SERIES, Flags, Truth, membership

Matrix = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
LOW_BASE = 1_000_000


@dataclass(frozen=True)
class Panel:
    """Series × months: values by currency, quantity and unit, number of lines; `shown`: the rows of the marts."""

    source: str
    index: pd.MultiIndex
    months: pd.DatetimeIndex
    value: dict[str, Matrix]
    quantity: Matrix
    unit: Objects
    n_lines: Matrix
    started: Flags
    shown: Flags

    def of_all(self, matrix: Matrix) -> Matrix:
        """For each series the row of all partners together in its category; NaN where there is none."""
        return np.where(self._wholes[:, None] < 0, np.nan, matrix[self._wholes])

    @cached_property
    def _wholes(self) -> npt.NDArray[np.intp]:
        """The place of that row; -1 where there is none."""
        keys = [self.level("flow"), [ALL] * len(self.index), self.level("scheme"), self.level("category")]
        return self.index.get_indexer(pd.MultiIndex.from_arrays(keys))

    def level(self, name: str) -> pd.Index:
        """One part of the key of every series."""
        return self.index.get_level_values(name)


def panel(truth: Truth) -> Panel:
    """Every series that is traded."""
    months = truth.coverage.months
    index = pd.MultiIndex.from_frame(truth.sums.reset_index()[SERIES].drop_duplicates().sort_values(SERIES))
    value = {}
    for currency in CURRENCIES:
        sums = truth.sums[currency].unstack("month").reindex(index=index, columns=months).fillna(0).to_numpy()
        value[currency] = np.where(covered(truth, index, currency), sums, np.nan)
    quantity, unit, n_lines = quantities(truth, index)
    started = np.logical_or.accumulate(is_traded(value), axis=1)
    shown = started & ~(np.isnan(value["USD"]) & np.isnan(value["CNY"]))
    return Panel(truth.received.source, index, months, value, quantity, unit, n_lines, started, shown)


def is_traded(value: dict[str, Matrix]) -> Flags:
    """Whether the value is above 0 in some currency that is known."""
    return np.asarray((np.nan_to_num(value["USD"]) > 0) | (np.nan_to_num(value["CNY"]) > 0))


def covered(truth: Truth, index: pd.MultiIndex, currency: str) -> Flags:
    """Whether each series is known in each month."""
    return np.array([truth.coverage.of_category(flow, currency, *rest) for flow, *rest in index])


def quantities(truth: Truth, index: pd.MultiIndex) -> tuple[Matrix, Objects, Matrix]:
    """First quantities, NaN over unlike units; their unit; number of lines with a value in some currency."""
    cell = ["flow", "month", "partner", "commodity_code"]
    later = truth.cells.groupby(cell)["delivery"].transform("max")
    parts = truth.cells[truth.cells["delivery"] == later].merge(lines_of(truth), on="commodity_code")
    by = parts.groupby([*SERIES, "month"])
    found = pd.DataFrame(
        {"quantity": by["quantity"].sum(min_count=1), "unit": by["unit"].min(), "n": by["unit"].nunique()}
    )
    found.loc[found["n"] != 1, ["quantity", "unit"]] = [np.nan, None]
    found.loc[found["quantity"].isna(), "unit"] = None
    valued = truth.cells[truth.cells["value"] > 0].merge(lines_of(truth), on="commodity_code")
    found["n_lines"] = valued.groupby([*SERIES, "month"])["commodity_code"].nunique()
    every = pd.MultiIndex.from_tuples([(*key, m) for key in index for m in truth.coverage.months])
    shape = (len(index), len(truth.coverage.months))
    is_there = every.isin(found.index).reshape(shape)
    full = found.reindex(every)
    quantity = np.where(is_there, full["quantity"].to_numpy(dtype=float).reshape(shape), 0)
    unit = full["unit"].astype(object).where(full["unit"].notna(), None).to_numpy(dtype=object).reshape(shape)
    return quantity, unit, full["n_lines"].fillna(0).to_numpy(dtype=float).reshape(shape)


def lines_of(truth: Truth) -> pd.DataFrame:
    """Each traded line with each of its categories."""
    return membership(truth.cells["commodity_code"].unique())


def before(matrix: Matrix, months: int) -> Matrix:
    """What stood so many months before."""
    return np.hstack([np.full((len(matrix), months), np.nan), matrix])[:, : matrix.shape[1]]


def ratio(above: Matrix, below: Matrix) -> Matrix:
    """NaN on a base of 0 or unknown."""
    return above / np.where(below == 0, np.nan, below)


def change(matrix: Matrix, months: int) -> Matrix:
    """Change on so many months before, as a fraction."""
    return ratio(matrix, before(matrix, months)) - 1


def year_to_date(matrix: Matrix, months: pd.DatetimeIndex) -> Matrix:
    """Sum from January on, NaN from the first unknown month of the year on."""
    years = [matrix[:, months.year == year] for year in sorted(set(months.year))]
    return np.hstack([np.cumsum(year, axis=1) for year in years])


def trailing(matrix: Matrix, months: int) -> Matrix:
    """Sum of this month and those before it, NaN unless all are known."""
    return sum((before(matrix, back) for back in range(1, months)), start=matrix)


def low_base(usd: Matrix) -> Objects:
    """Whether the dollars a year before are above 0 and below a million; None where they are unknown."""
    base = before(usd, 12)
    flags = ((base > 0) & (base < LOW_BASE)).astype(object)
    flags[np.isnan(base)] = None
    return flags


def partner_names() -> dict[str, str]:
    """Short English name by partner code."""
    return {row["partner_code"]: row["name_en"] for row in seed("partners")} | {ALL: "All partners"}


def category_names() -> dict[tuple[str, str], str]:
    """Title by scheme and category; a heading that the nomenclature of today lacks has none."""
    names = {(row["category_scheme"], row["category_code"]): row["category_name"] for row in seed("categories")}
    return names | {(f"hs{len(row['hs_code'])}", row["hs_code"]): row["name"] for row in seed("hs_headings")}


def keys(shown: Panel, where: Flags) -> dict[str, Objects]:
    """Key, names and kind of the marked rows."""
    row, column = np.nonzero(where)
    part = {name: shown.level(name).to_numpy(dtype=object)[row] for name in SERIES}
    partners, categories = partner_names(), category_names()
    iso = {r["partner_code"]: r["iso3"] or None for r in seed("partners")}
    return {
        "source": np.full(len(row), shown.source, dtype=object),
        "reporter": np.full(len(row), "CHN", dtype=object),
        "flow": part["flow"],
        "month": shown.months.to_numpy()[column],
        "partner_code": part["partner"],
        "partner_iso3": np.array([iso.get(code) for code in part["partner"]], dtype=object),
        "partner_name": np.array([partners[code] for code in part["partner"]], dtype=object),
        "category_scheme": part["scheme"],
        "category_code": part["category"],
        "category_name": np.array(
            [categories.get(key, f"HS {key[1]}") for key in zip(part["scheme"], part["category"], strict=True)],
            dtype=object,
        ),
        "is_synthetic": np.full(len(row), shown.source == "gacc_sample", dtype=object),
    }


def table(shown: Panel, columns: dict[str, Matrix | Objects], where: Flags | None = None) -> pd.DataFrame:
    """Rows of a mart out of matrices, of the shown months or those of `where`."""
    where = shown.shown if where is None else where
    return pd.DataFrame(keys(shown, where) | {name: matrix[where] for name, matrix in columns.items()})


def money_columns(value: Matrix, months: pd.DatetimeIndex, currency: str) -> dict[str, Matrix | Objects]:
    """Value, changes and sums from January on, as the marts name them."""
    name, ytd = f"value_{SIDE[currency]}", year_to_date(value, months)
    return {
        name: value,
        f"{name}_mom": change(value, 1),
        f"{name}_yoy": change(value, 12),
        f"{name}_ytd": ytd,
        f"{name}_ytd_yoy": change(ytd, 12),
    }


def series_mart(shown: Panel) -> pd.DataFrame:
    """Rows of mart_partner_category_monthly and of mart_category_monthly (partner all), with the columns of both."""
    columns: dict[str, Matrix | Objects] = {
        "quantity": shown.quantity,
        "quantity_unit": shown.unit,
        "n_lines": shown.n_lines,
    }
    for currency in CURRENCIES:
        value, name = shown.value[currency], SIDE[currency]
        columns |= money_columns(value, shown.months, currency)
        columns[f"partner_share_{name}"] = ratio(value, shown.of_all(value))
        columns[f"unit_value_{name}"] = ratio(value, shown.quantity)
        columns[f"value_{name}_rolling_12"] = trailing(value, 12)
        columns[f"value_{name}_mean_3"] = trailing(value, 3) / 3
    columns["is_low_base"] = low_base(shown.value["USD"])
    return table(shown, columns)
