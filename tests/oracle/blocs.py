"""mart_bloc_category_monthly: each row compares the members of its month with themselves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from tests.oracle.files import CURRENCIES, SIDE, seed
from tests.oracle.series import Flags, Matrix, Panel, category_names, money_columns, ratio
from tests.oracle.truth import ALL, Truth

Members = frozenset[str]


def members_in(bloc: str, month: pd.Timestamp) -> Members:
    """Those who are members on the first day of the month, but for China, which is no partner of itself."""
    day = month.date().isoformat()
    codes = {row["iso3"]: row["partner_code"] for row in seed("partners") if row["iso3"]}
    return frozenset(
        codes[row["partner_iso3"]]
        for row in seed_rows()
        if row["bloc_code"] == bloc
        and row["partner_iso3"] != "CHN"
        and row["valid_from"] <= day
        and (not row["valid_to"] or day < row["valid_to"])
    )


def seed_rows() -> list[dict[str, str]]:
    """The reviewed members; their dates are ISO dates, which sort as text."""
    rows = seed("bloc_members")
    assert all(dt.date.fromisoformat(row["valid_from"]) for row in rows)
    return rows


def categories_of(shown: Panel) -> pd.Index:
    """Flow, scheme and category of every series."""
    return shown.index.droplevel("partner").unique()


def sums_of(truth: Truth, shown: Panel, members: Members, currency: str) -> Matrix:
    """Value of these members in each category and month, NaN unless each of them is covered."""
    value = pd.DataFrame(shown.value[currency], index=shown.index).fillna(0)
    wanted = value[shown.level("partner").isin(members)].groupby(level=["flow", "scheme", "category"]).sum()
    sums = wanted.reindex(categories_of(shown), fill_value=0).to_numpy(dtype=float, copy=True)
    for n, (flow, *rest) in enumerate(categories_of(shown)):
        known = [truth.coverage.of_category(flow, currency, member, *rest) for member in members]
        sums[n, ~np.logical_and.reduce(known)] = np.nan
    return sums


def bloc_columns(truth: Truth, shown: Panel, bloc: str) -> dict[str, Matrix]:
    """Values, changes, sums and shares of a bloc: for each month those of its members."""
    by_month = [members_in(bloc, month) for month in shown.months]
    found = {"n_members": np.array([[len(m) for m in by_month]] * len(categories_of(shown)), dtype=float)}
    for members in set(by_month) - {frozenset()}:
        here = np.array([m == members for m in by_month])
        for currency in CURRENCIES:
            sums = sums_of(truth, shown, members, currency)
            whole = of_all(shown, currency)
            columns = money_columns(sums, shown.months, currency)
            columns[f"bloc_share_{SIDE[currency]}"] = ratio(sums, whole)
            for name, matrix in columns.items():
                found.setdefault(name, np.full(sums.shape, np.nan))[:, here] = matrix[:, here]
    return found


def of_all(shown: Panel, currency: str) -> Matrix:
    """Value of all partners together by category."""
    frame = pd.DataFrame(shown.value[currency], index=shown.index)
    return frame[shown.level("partner") == ALL].droplevel("partner").reindex(categories_of(shown)).to_numpy()


def shown_rows(columns: dict[str, Matrix]) -> Flags:
    """Months from the first trade of the bloc on in which every member is covered in some currency."""
    usd, cny = columns["value_usd"], columns["value_local"]
    traded = (np.nan_to_num(usd) > 0) | (np.nan_to_num(cny) > 0)
    return np.asarray(np.logical_or.accumulate(traded, axis=1) & ~(np.isnan(usd) & np.isnan(cny)))


def bloc_mart(truth: Truth, shown: Panel) -> pd.DataFrame:
    """Rows of mart_bloc_category_monthly."""
    names = {row["bloc_code"]: row["bloc_name"] for row in seed_rows()}
    titles, found = category_names(), []
    for bloc, name in names.items():
        columns = bloc_columns(truth, shown, bloc)
        row, column = np.nonzero(shown_rows(columns))
        series = categories_of(shown)[row].to_frame(index=False)
        series = series.rename(columns={"scheme": "category_scheme", "category": "category_code"})
        series = series.assign(month=shown.months[column], bloc_code=bloc, bloc_name=name)
        found.append(series.assign(**{name: matrix[row, column] for name, matrix in columns.items()}))
    mart = pd.concat(found, ignore_index=True)
    pairs = zip(mart["category_scheme"], mart["category_code"], strict=True)
    mart["category_name"] = [titles.get(pair) for pair in pairs]
    return mart.assign(source=shown.source, reporter="CHN", is_synthetic=shown.source == "gacc_sample")
