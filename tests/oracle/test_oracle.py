"""All marts recomputed from the received files by `tests.oracle`: whole tables, of the sample and of the real files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from orchestration.base.settings import Home
from orchestration.releases.store import Releases
from orchestration.warehouse.views import parts
from tests.oracle.blocs import bloc_mart
from tests.oracle.compare import KEY, assert_same, released
from tests.oracle.derived import growth_mart, headline_mart
from tests.oracle.files import Received, real_files, sample_files
from tests.oracle.history import coverage_mart, restatement_mart
from tests.oracle.parts import concentration_mart, regime_mart
from tests.oracle.periods import period_mart
from tests.oracle.series import Panel, panel, series_mart
from tests.oracle.truth import Truth, truth

SHARES = ["partner_share_usd", "partner_share_local"]
PARTNERS, ALL_PARTNERS = "mart_partner_category_monthly", "mart_category_monthly"
SOYBEAN_MARTS = (PARTNERS, "int_headline_monthly", "int_growth_monthly", "int_series_coverage")


@dataclass(frozen=True)
class Oracle:
    """A release, and what the files that it was made from say."""

    release: Path
    received: Received
    truth: Truth
    panel: Panel
    made: dict[str, pd.DataFrame] = field(default_factory=dict)

    def expected(self, mart: str) -> pd.DataFrame:
        """The rows that the mart must have."""
        if mart not in self.made:
            made = MARTS[mart][1](self)
            self.made[mart] = made.assign(local_currency="CNY") if mart in PRICED else made
        return self.made[mart]

    def found(self, mart: str) -> pd.DataFrame:
        """The rows that it has, or the tables that are parts of it, each those of its own partners; why a value is
        absent is words, and weights stand in columns that the oracle does not read: nobody recomputes these.
        """
        found = []
        for table in parts().get(mart, (mart,)):
            rows = released(self.release, table)
            if table != mart:
                whose = "partner" if table.startswith("mart_partner_") else "*" if "_untraded_" in table else "all"
                assert {code if code in ("all", "*") else "partner" for code in rows["partner_code"]} <= {whose}, table
            found.append(rows)
        return pd.concat(found, ignore_index=True).drop(columns=UNREAD, errors="ignore")


def of_partners(oracle: Oracle) -> pd.DataFrame:
    """The series of partners."""
    rows = series_mart(oracle.panel)
    return rows[rows["partner_code"] != "all"]


def of_all_partners(oracle: Oracle) -> pd.DataFrame:
    """The series of all partners together."""
    rows = series_mart(oracle.panel)
    return rows[rows["partner_code"] == "all"].drop(columns=SHARES)


#: What is words, or weighed.
UNREAD = ["reason", "net_weight_kg", "weight_is_estimated"]
#: Marts, or models of which these are parts, with money in both currencies, which name the local one.
PRICED = {
    PARTNERS, ALL_PARTNERS, "int_period", "int_regime_monthly", "mart_bloc_category_monthly", "int_restatement",
}  # fmt: skip
MARTS: dict[str, tuple[list[str], Callable[[Oracle], pd.DataFrame]]] = {
    PARTNERS: ([*KEY, "partner_code"], of_partners),
    ALL_PARTNERS: ([*KEY, "partner_code"], of_all_partners),
    "int_headline_monthly": ([*KEY, "partner_code"], lambda o: headline_mart(o.panel)),
    "int_growth_monthly": ([*KEY, "partner_code"], lambda o: growth_mart(o.truth, o.panel)),
    "int_period": ([*KEY, "partner_code", "period_type"], lambda o: period_mart(o.truth, o.panel)),
    "int_regime_monthly": ([*KEY, "partner_code", "regime_code"], lambda o: regime_mart(o.truth, o.panel)),
    "int_concentration_monthly": ([*KEY, "partner_code", "dimension"], lambda o: concentration_mart(o.truth, o.panel)),
    "mart_bloc_category_monthly": ([*KEY, "bloc_code"], lambda o: bloc_mart(o.truth, o.panel)),
    "int_restatement": ([*KEY, "partner_code", "known_from"], lambda o: restatement_mart(o.received)),
    "int_series_coverage": ([*KEY, "partner_code"], lambda o: coverage_mart(o.truth, o.panel)),
}
#: Selections of partners are no total, no bloc was received whole, and no month twice.
EMPTY_OF_REAL_FILES = {ALL_PARTNERS, "mart_bloc_category_monthly", "int_restatement"}


def oracle_of(release: Path, received: Received) -> Oracle:
    """What the files say, computed once for all marts."""
    known = truth(received)
    return Oracle(release, received, known, panel(known))


@pytest.fixture(scope="module")
def sample(sample_home: Home, sample_release: Path) -> Oracle:
    """58 months of every partner in dollars, June 2024 twice, three months in renminbi, one as a world file."""
    return oracle_of(sample_release, sample_files(sample_home.inbox))


@pytest.fixture(scope="module")
def real(real_home: Home) -> Oracle:
    """A few partners, codes and months: mostly what is not covered."""
    return oracle_of(Releases(real_home).folder(), real_files())


@pytest.mark.parametrize("mart", MARTS)
def test_marts_of_the_sample_equal_a_recomputation(sample: Oracle, mart: str) -> None:
    """Every row and every column."""
    found = sample.found(mart)
    assert len(found) > 500
    assert_same(found, sample.expected(mart), MARTS[mart][0])


@pytest.mark.realdata
@pytest.mark.parametrize("mart", MARTS)
def test_marts_of_the_real_files_equal_a_recomputation(real: Oracle, mart: str) -> None:
    """Every row and every column: what is unknown is NULL or has no row, and is never 0."""
    found, expected = real.found(mart), real.expected(mart)
    assert found.empty == expected.empty == (mart in EMPTY_OF_REAL_FILES)
    if not found.empty:
        assert_same(found, expected, MARTS[mart][0])


def soybeans(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of heading 1201 of 2023 and 2024."""
    return rows[(rows["category_code"] == "1201") & rows["month"].dt.year.isin((2023, 2024))]


@pytest.mark.realdata
@pytest.mark.parametrize("mart", SOYBEAN_MARTS)
def test_soybeans_2023_24_marts_equal_an_independent_recomputation(real: Oracle, mart: str) -> None:
    """Imports of three partners over 24 months, in renminbi; exports over twelve, to Brazil since their first month."""
    found, expected = soybeans(real.found(mart)), soybeans(real.expected(mart))
    if mart != "int_series_coverage":
        assert found.groupby(["flow", "partner_code"]).size().to_dict() == {
            ("import", "402"): 24, ("import", "410"): 24, ("import", "502"): 24,
            ("export", "410"): 11, ("export", "502"): 12,
        }  # fmt: skip
    assert_same(found, expected, MARTS[mart][0])


@pytest.fixture(scope="module")
def chips(sample: Oracle) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of one partner in the released mart, and those recomputed."""
    both = (sample.found(PARTNERS), sample.expected(PARTNERS))
    found, expected = (rows[(rows["partner_code"] == "502") & (rows["category_scheme"] == "ic")] for rows in both)
    return found, expected


def changed(column: pd.Series) -> pd.Series:
    """One value of a released column changed by what the comparison must still see."""
    place = column.last_valid_index()
    value = column[place]
    if isinstance(value, str):
        return column.mask(column.index == place, f"{value}x")
    if pd.api.types.is_bool(value):
        return column.mask(column.index == place, not value)
    step = 1 if value == round(value) else value * 1e-11
    return column.mask(column.index == place, value + step)


def test_the_comparison_sees_one_changed_value(chips: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """In every column: one unit of a whole number, the eleventh digit of a ratio, another word."""
    found, expected = chips
    key = MARTS[PARTNERS][0]
    assert_same(found, expected, key)
    for column in set(found) - set(key):
        if found[column].notna().any():
            other = pd.DataFrame({**found, column: changed(found[column])})
            with pytest.raises(AssertionError, match=f"{column}: 1 of {len(found)}"):
                assert_same(other, expected, key)


def test_the_comparison_tells_unknown_from_zero(chips: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """A 0 where nothing is known, a row that is lacking, a row too many."""
    found, expected = chips
    key = MARTS[PARTNERS][0]
    with pytest.raises(AssertionError, match="value_local"):
        assert_same(found.assign(value_local=found["value_local"].fillna(0)), expected, key)
    with pytest.raises(AssertionError, match=r"too many: \[\], too few: \[\("):
        assert_same(found.iloc[1:], expected, key)
    with pytest.raises(AssertionError, match=r"too few: \[\]"):
        assert_same(found, expected.iloc[1:], key)
