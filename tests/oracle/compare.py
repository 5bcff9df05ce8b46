"""Whole tables against whole tables: rows, whole numbers to the last digit, ratios to 1e-12, NULLs alike."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from orchestration.releases.database import DATABASE

KEY = ["source", "reporter", "flow", "month", "category_scheme", "category_code"]


def released(release: Path, mart: str) -> pd.DataFrame:
    """A table of a released file."""
    with duckdb.connect(str(release / DATABASE), read_only=True) as con:
        frame: pd.DataFrame = con.execute(f"from {mart}").df()
    return frame


def sorted_by(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """With its key as a sorted index, which must be unique."""
    found = frame.assign(month=frame["month"].astype("datetime64[ns]")).set_index(key).sort_index()
    assert found.index.is_unique, key
    return found


def differing(found: pd.Series, expected: pd.Series) -> pd.Series:
    """Where two columns differ."""
    unknown = found.isna() != expected.isna()
    if not all(pd.api.types.is_numeric_dtype(column) for column in (found, expected)):
        return unknown | ((found != expected) & found.notna())
    a, b = found.fillna(0).to_numpy(dtype=float), expected.fillna(0).to_numpy(dtype=float)
    close = np.abs(a - b) <= 1e-12 * np.abs(b) + 1e-14
    is_whole = (a == np.rint(a)) & (b == np.rint(b))
    return unknown | ~np.where(is_whole, a == b, close)


def assert_same(found: pd.DataFrame, expected: pd.DataFrame, key: list[str]) -> None:
    """The mart has these rows and no others, and in every column what is expected; it says which differ."""
    assert set(found) == set(expected)
    mart, oracle = sorted_by(found, key), sorted_by(expected, key)
    extra, lacking = mart.index.difference(oracle.index), oracle.index.difference(mart.index)
    assert extra.empty and lacking.empty, f"too many: {list(extra[:5])}, too few: {list(lacking[:5])}"
    for column in mart:
        wrong = differing(mart[column], oracle[column])
        both = pd.DataFrame({"mart": mart[column], "oracle": oracle[column]})[wrong]
        assert both.empty, f"{column}: {len(both)} of {len(wrong)} rows differ\n{both.head(5)}"
