"""An independent oracle: the marts of the sample recomputed from the files with plain pandas."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.releases.candidate import DATABASE
from orchestration.settings import Home

PREFIXES = {
    ("ic", "integrated_circuits"): "85423",
    ("ic_type", "memory"): "854232",
    ("electronics", "ic_parts"): "854290",
    ("hs4", "8542"): "8542",
    ("hs4", "8541"): "8541",
    ("ic_line", "85423310"): "85423310",
}


def latest_by_line(folder: Path) -> list[Path]:
    """Of the files by tariff line, for each month the one whose sidecar has the latest vintage."""
    found: dict[str, tuple[str, Path]] = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="gb18030", newline="") as stream:
            first = next(csv.DictReader(stream))
        vintage = path.with_name(f"{path.name}.yml").read_text(encoding="utf-8").split("vintage: ")[1].strip()
        if len(first["Commodity code"]) == 8:
            found[first["Date of data"]] = max(found.get(first["Date of data"], ("", path)), (vintage, path))
    return [path for _, path in found.values()]


def read(folder: Path, value: str) -> pd.DataFrame:
    """Every row that counts: month, partner, code, unit, quantity, value."""
    found = []
    for path in latest_by_line(folder):
        with path.open(encoding="gb18030", newline="") as stream:
            for line in csv.DictReader(stream):
                month = pd.Timestamp(line["Date of data"][:4] + "-" + line["Date of data"][4:] + "-01")
                found.append(
                    (month, line["Trading partner code"], line["Commodity code"], line["Unit"], int(line["Quantity"]),
                     int(line[value].replace(",", "")))
                )  # fmt: skip
    return pd.DataFrame(found, columns=["month", "partner", "hs", "unit", "quantity", "value"])


@pytest.fixture(scope="module")
def rows(sample_home: Home) -> pd.DataFrame:
    """In US dollars: 58 months, June 2024 as revised."""
    return read(sample_home.inbox / "sample_chips", "US dollar")


@pytest.fixture(scope="module")
def yuan(sample_home: Home) -> pd.DataFrame:
    """In renminbi: three months."""
    return read(sample_home.inbox / "sample_chips_cny", "Renminbi Yuan")


def recomputed(values: pd.Series) -> pd.DataFrame:
    """One series on all months of the sample, from its sums: value, growth rates, years to date."""
    months = pd.date_range("2020-01-01", "2024-10-01", freq="MS")
    value = values.reindex(months, fill_value=0).astype(float)
    year = value.index.year
    frame = pd.DataFrame({"value_usd": value})
    frame["value_usd_mom"] = value / value.shift(1).replace(0, np.nan) - 1
    frame["value_usd_yoy"] = value / value.shift(12).replace(0, np.nan) - 1
    frame["value_usd_ytd"] = value.groupby(year).cumsum()
    frame["value_usd_ytd_yoy"] = frame["value_usd_ytd"] / frame["value_usd_ytd"].shift(12).replace(0, np.nan) - 1
    base = value.shift(12)
    frame["is_low_base"] = ((base > 0) & (base < 1_000_000)).where(base.notna())
    return frame[value.cumsum() > 0]


def in_yuan(values: pd.Series, months: pd.Index) -> pd.DataFrame:
    """The columns in renminbi of one series, which only three months cover: neither a year ago nor a January is."""
    covered = pd.date_range("2024-08-01", "2024-10-01", freq="MS")
    value = values.reindex(covered, fill_value=0).astype(float)
    frame = pd.DataFrame({"value_cny": value, "value_cny_mom": value / value.shift(1).replace(0, np.nan) - 1})
    frame = frame.assign(value_cny_yoy=np.nan, value_cny_ytd=np.nan, value_cny_ytd_yoy=np.nan)
    return frame.reindex(months)


def assert_equal(mart: pd.DataFrame, expected: pd.DataFrame, partner: str) -> None:
    """The same rows, integers exact, ratios to 1e-12, NULLs alike."""
    assert list(mart.index) == list(expected.index), partner
    for column in expected:
        a, b = mart[column].astype(float), expected[column].astype(float)
        assert (a.isna() == b.isna()).all(), (partner, column)
        np.testing.assert_allclose(a.fillna(0), b.fillna(0), rtol=1e-12, atol=1e-12, err_msg=f"{partner} {column}")


@pytest.mark.parametrize("category", PREFIXES, ids="/".join)
def test_marts_equal_a_plain_recomputation(
    sample_release: Path, rows: pd.DataFrame, yuan: pd.DataFrame, category: tuple[str, str]
) -> None:
    """Every partner and all partners together, in both currencies."""
    mine = rows[rows["hs"].str.startswith(PREFIXES[category])]
    mine_cny = yuan[yuan["hs"].str.startswith(PREFIXES[category])]
    where = f"category_scheme = '{category[0]}' and category_code = '{category[1]}'"
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        partners = con.execute(f"from mart_partner_category_monthly where {where}").df()
        total = con.execute(f"from mart_category_monthly where {where}").df()
    all_values, all_yuan = (frame.groupby("month")["value"].sum() for frame in (mine, mine_cny))
    groups = [("all", mine), *mine.groupby("partner")]
    assert set(partners["partner_code"]) == {p for p, g in groups if p != "all" and g["value"].sum() > 0}
    for partner, group in groups:
        mart = (
            (total if partner == "all" else partners[partners["partner_code"] == partner])
            .set_index("month")
            .sort_index()
        )
        expected = recomputed(group.groupby("month")["value"].sum())
        assert_equal(mart, expected, partner)
        group_cny = mine_cny if partner == "all" else mine_cny[mine_cny["partner"] == partner]
        expected_cny = in_yuan(group_cny.groupby("month")["value"].sum(), expected.index)
        assert_equal(mart, expected_cny, partner)
        units = group.groupby("month")["unit"].nunique()
        quantity = group.groupby("month")["quantity"].sum().astype(float).where(units == 1)
        quantity = quantity.reindex(expected.index, fill_value=0)
        assert mart["quantity"].astype(float).equals(quantity.astype(float)), partner
        if partner != "all":
            share = expected["value_usd"] / all_values.reindex(expected.index)
            share_cny = expected_cny["value_cny"] / all_yuan.reindex(expected.index)
            assert_equal(mart, pd.DataFrame({"partner_share_usd": share, "partner_share_cny": share_cny}), partner)
        assert mart["is_synthetic"].all()
