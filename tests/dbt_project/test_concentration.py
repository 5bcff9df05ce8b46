"""Marts of other grains (regimes, concentration, blocs) against figures of the real files and recomputations."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.content import table_content
from orchestration.releases.database import DATABASE
from orchestration.warehouse.dbt import run_dbt
from orchestration.warehouse.nodes import monthly, names_of
from orchestration.warehouse.plan import plan
from tests.conftest import add, build_database, built, query, row, together

#: What looks at parts of a series, and at other months of it, and is held against a full build.
MARTS = (
    "int_regime_monthly", "int_concentration_monthly", "mart_bloc_category_monthly", "int_period", "int_mover_monthly",
    "int_growth_monthly",
)  # fmt: skip
IC = "category_scheme = 'ic' and category_code = 'integrated_circuits'"


def frame(release: Path, sql: str) -> pd.DataFrame:
    """A query's answer on a released file."""
    with duckdb.connect(str(release / DATABASE), read_only=True) as con:
        return con.execute(sql).df()


@pytest.mark.realdata
def test_chips_of_january_2019(real_home: Home) -> None:
    """Nine lines, four types and the regimes of all chips from the United States: figures read in the file."""
    series = f"partner_code = '502' and month = '2019-01-01' and {IC}"
    found = query(
        real_home,
        "select dimension, n_parts, round(hhi_usd, 2), hhi_local, largest_code, round(largest_share_usd, 3) "
        f"from mart_partner_category_concentration_monthly where {series} order by dimension",
    )
    assert found == [
        ("hs6", 4, 6998.06, None, "854231", 0.828),
        ("line", 9, 6975.89, None, "85423190", 0.827),
        ("regime", 7, 5264.72, None, "14", 0.678),
    ]
    by_regime = query(
        real_home,
        "select regime_code, round(regime_share_usd, 3) from mart_partner_category_regime_monthly "
        f"where {series} and regime_code in ('14', '15') order by 1",
    )
    assert by_regime == [("14", 0.678), ("15", 0.251)]
    total = query(
        real_home, f"select sum(value_usd), count(value_local) from mart_partner_category_regime_monthly where {series}"
    )
    assert total == [(1_091_536_591, 0)]
    types = query(
        real_home,
        "select category_code, value_usd from mart_partner_category_monthly "
        "where partner_code = '502' and month = '2019-01-01' and category_scheme = 'ic_type' order by 2",
    )
    assert types == [
        ("memory", 34_040_953),
        ("amplifiers", 36_661_758),
        ("other_ic", 116_569_302),
        ("processors_controllers", 904_264_578),
    ]


@pytest.mark.realdata
def test_no_part_of_what_is_not_known(real_home: Home) -> None:
    """A selection of partners is no total, a world file has no partners, and files without regimes split nothing."""
    assert query(real_home, "select count(*) from mart_category_concentration_monthly") == [(0,)]
    assert query(real_home, "select count(*) from mart_bloc_category_monthly") == [(0,)]
    split = "select distinct month::varchar, partner_code from mart_partner_category_regime_monthly order by 1"
    assert query(real_home, split) == [("2018-06-01", "204"), ("2019-01-01", "502")]


def test_partners_of_chips_recomputed(sample_release: Path) -> None:
    """Sum of squared shares over the partners' own rows, China itself included, in both currencies."""
    parts = frame(sample_release, f"from mart_partner_category_monthly where {IC}")
    mart = frame(sample_release, f"from mart_category_concentration_monthly where {IC} and dimension = 'partner'")
    mart = mart.set_index("month").sort_index()
    assert list(mart.index) == sorted(parts["month"].unique())
    assert (mart["partner_code"] == "all").all() and "142" in set(parts["partner_code"])
    for currency in ("usd", "local"):
        values = parts.pivot(index="month", columns="partner_code", values=f"value_{currency}").astype(float)
        shares = values.div(values.sum(axis=1, min_count=1), axis=0)
        squares = shares.pow(2).sum(axis=1, min_count=1)
        known = squares.notna()
        assert known.sum() == {"usd": 58, "local": 3}[currency]
        assert list(mart[f"hhi_{currency}"].notna()) == list(known)
        np.testing.assert_allclose(mart[f"hhi_{currency}"][known], squares[known] * 10_000, rtol=1e-12)
        np.testing.assert_allclose(mart[f"effective_number_{currency}"][known], 1 / squares[known], rtol=1e-12)
        np.testing.assert_allclose(mart[f"largest_share_{currency}"][known], shares.max(axis=1)[known], rtol=1e-12)
        if currency == "usd":
            assert list(mart["largest_code"]) == list(values.idxmax(axis=1))
            assert list(mart["n_parts"]) == list((values > 0).sum(axis=1))


@pytest.mark.parametrize(("dimension", "digits"), [("line", 8), ("hs6", 6)])
def test_lines_recomputed_from_the_fact(sample_release: Path, dimension: str, digits: int) -> None:
    """For every partner and for all together."""
    fact = frame(sample_release, "from fct_trade_monthly where starts_with(commodity_code, '85423') and value_usd > 0")
    whole = fact.assign(partner_code="all")
    fact = pd.concat([fact, whole]).assign(part=lambda rows: rows["commodity_code"].str[:digits])
    values = fact.groupby(["partner_code", "month", "part"])["value_usd"].sum().astype(float)
    shares = values / values.groupby(level=[0, 1]).transform("sum")
    expected = shares.pow(2).groupby(level=[0, 1]).sum().mul(10_000)
    mart = frame(
        sample_release, f"from {together('int_concentration_monthly')} where {IC} and dimension = '{dimension}'"
    )
    found = mart.set_index(["partner_code", "month"]).sort_index()
    assert len(expected) > 1_000 and list(found.index) == list(expected.index)
    np.testing.assert_allclose(found["hhi_usd"], expected, rtol=1e-12)
    assert list(found["n_parts"]) == list(values.groupby(level=[0, 1]).size())


def test_regimes_add_up_to_the_category(sample_release: Path) -> None:
    """For each series with trade, exactly; and shares to 1."""
    found = frame(
        sample_release,
        f"""
        with series as (
            select flow, month, partner_code, category_scheme, category_code, value_usd, value_local
            from mart_partner_category_monthly
            union all
            select flow, month, partner_code, category_scheme, category_code, value_usd, value_local
            from mart_category_monthly
        )
        select
            s.*, sum(r.value_usd) as split_usd, sum(r.value_local) as split_local,
            abs(sum(r.regime_share_usd) - 1) as off
        from series as s
        left join {together("int_regime_monthly")} as r
            using (flow, month, partner_code, category_scheme, category_code)
        where s.value_usd > 0 and s.category_scheme not in ('hs2', 'hs4')
        group by all
        """,
    )
    assert len(found) > 10_000
    assert found["split_usd"].equals(found["value_usd"].astype(float)) and found["off"].max() < 1e-12
    known = found["value_local"].notna()
    assert known.sum() > 500 and (found["split_local"][known] == found["value_local"][known]).all()
    assert not found["split_local"][~known].notna().any()


def test_blocs_are_the_sums_of_their_members(sample_home: Home, sample_release: Path) -> None:
    """Values, and changes on a year before, of the members of each month, recomputed from the partners' rows; China, of
    which these are the imports, is a member and no partner.
    """
    with build_database(sample_home) as con:
        members = con.execute("from dim_bloc_member where partner_iso3 <> 'CHN'").df()
    parts = frame(sample_release, f"from mart_partner_category_monthly where {IC} and partner_iso3 is not null")
    values = parts.pivot(index="month", columns="partner_iso3", values="value_usd").astype(float).fillna(0).sort_index()
    mart = frame(sample_release, f"from mart_bloc_category_monthly where {IC}")
    checked = 0
    for entry in mart.itertuples():
        month = pd.Timestamp(entry.month)
        inside = members[(members["bloc_code"] == entry.bloc_code) & (members["valid_from"] <= month)]
        inside = inside[inside["valid_to"].isna() | (month < inside["valid_to"])]
        sums = values.reindex(columns=inside["partner_iso3"]).fillna(0).sum(axis=1)
        assert (entry.n_members, entry.value_usd) == (len(inside), sums[month])
        year = sums[(sums.index <= month) & (sums.index >= month.replace(month=1))]
        assert entry.value_usd_ytd == year.sum()
        before = month - pd.DateOffset(years=1)
        if before in sums.index and sums[before] > 0:
            np.testing.assert_allclose(entry.value_usd_yoy, sums[month] / sums[before] - 1, rtol=1e-12)
            checked += 1
        else:
            assert np.isnan(entry.value_usd_yoy)
    assert checked > 80


def rows_of(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the build database."""
    with build_database(home) as con:
        return con.execute(sql).fetchall()


@pytest.mark.own_run("a revision must pass through a build")
def test_a_revision_below_the_sums_is_seen(small: Home, tmp_path: Path) -> None:
    """Trade moves to two lines that no category tells from its own: only its month is stale, in each table."""
    moved = [row("202402", "502", code, value="503", quantity="5") for code in ("85423120", "85423180")]
    rest = {("502", "85423190"): 1_007, ("502", "85429000"): 1_008, ("116", "85423110"): 1_009}
    rest |= {("116", "85423190"): 1_010, ("116", "85429000"): 1_011}
    moved += [row("202402", partner, code, value=f"{usd:,}") for (partner, code), usd in rest.items()]
    add(small, tmp_path, moved, partners="116,502", months="2024-02")
    stale = plan(small, Landing(small).state()).stale_months
    only = {"gacc CHN import": [dt.date(2024, 2, 1)]}
    assert stale.keys() == monthly() and all(months == only for months in stale.values())
    built(small)
    lines = (
        "select month::varchar, n_parts from int_concentration_monthly where dimension = 'line' "
        f"and {IC} and partner_code = '502' and month between '2024-01-01' and '2024-03-01' order by all"
    )
    assert rows_of(small, lines) == [("2024-01-01", 2), ("2024-02-01", 3), ("2024-03-01", 2)]


@pytest.mark.series("test_a_home_that_has_grown_equals_one_built_from_nothing")
@pytest.mark.own_run("a revision of the sample, against a full build")
def test_a_revision_heals_to_what_a_full_rebuild_gives(sample_home: Home, tmp_path: Path) -> None:
    """One partner's chips of a month, revised without regimes: the rest of the month and its year follow."""
    home = Home(Path(shutil.copytree(sample_home.root, tmp_path / "copy", symlinks=True)))
    lines = query(
        home,
        "select commodity_code, value_usd, quantity_1 from fct_trade_monthly "
        "where month = '2023-08-01' and partner_code = '305' and starts_with(commodity_code, '85423')",
    )
    assert len(lines) > 3
    rows = [
        row("202308", "305", commodity_code, f"{usd + 1_000:,}", str(quantity))
        for commodity_code, usd, quantity in lines
    ]
    add(home, tmp_path, rows, source="gacc_sample", hs="85423", partners="305", months="2023-08")
    built(home)
    series = f"month = '2023-08-01' and {IC}"
    split = f"select count(*) from {together('int_regime_monthly')} where {series}"
    assert rows_of(home, f"{split} and partner_code in ('305', 'all')") == [(0,)]
    assert rows_of(home, f"{split} and partner_code = '502'") == query(sample_home, f"{split} and partner_code = '502'")
    total = f"select value_usd from mart_partner_category_monthly where {series} and partner_code = '305'"
    assert rows_of(home, total) == [(sum(usd + 1_000 for _, usd, _ in lines),)]
    healed = hashes(home)
    assert all(healed[mart] != before for mart, before in hashes(sample_home).items())
    assert not run_dbt(home, names_of("marts"), full_refresh=True).failures
    assert hashes(home) == healed


def hashes(home: Home) -> dict[str, str]:
    """Content of the marts of this module in the build database."""
    found = {}
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach '{home.build_database}' as build (read_only)")
        for mart in MARTS:
            con.execute(f"create table {mart} as from build.main.{mart} order by all")
            found[mart] = table_content(con, mart).content_hash
    return found
