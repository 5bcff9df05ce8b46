"""Categories over a change of the tariff, and quantities of unlike units: from files to the release.

Belongs here: what a release says of categories. Not here: single formulas (dbt unit tests), seeds (`test_seeds`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.base.settings import Home, settings
from orchestration.gates.reviewed import REVIEW
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.releases.publish import publish
from orchestration.warehouse.dbt import run_dbt
from orchestration.warehouse.nodes import built_nodes
from tests.conftest import REALDATA, declared, hs8_list, many, query, released, row, write_csv
from tests.gates.looking import only

NAMES = {
    2021: {"85414010": "Light emitting diodes", "85414020": "Solar cells", "85414090": "Other", "84713010": "Tablets",
           "84719000": "Readers"},
    2022: {"85414100": "LED", "85414200": "Photovoltaic cells", "85414300": "Modules", "85414900": "Others",
           "84713010": "Tablets", "84719000": "Readers"},
}  # fmt: skip
MONTHS = [f"2021{m:02d}" for m in range(1, 13)]
SOLAR = "select strftime(month, '%Y-%m'), value_usd, value_usd_mom, value_usd_yoy, quantity from v_solar_by_partner"
GATE = (
    "select month::varchar, scope, expected, actual, n_compared, verdict, reason from audit_results "
    "where gate = 'domains' and scope like 'lines at which%' and dataset = 'gacc import'"
)


pytestmark = pytest.mark.series
#: Lists as they are written here, and as customs print them.
LISTS = many(["written"], ["written", pytest.param("real", marks=pytest.mark.realdata)])


@pytest.fixture(scope="module", params=LISTS)
def across(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Solar cells of 2021 by the code of that year and of January 2022 by the new ones; the lists of both years."""
    folder = tmp_path_factory.mktemp("across")
    home = Home(folder / "home").create()
    for year, names in NAMES.items():
        written = request.param == "written"
        file = (
            hs8_list(folder / f"{year}.csv", year, names)
            if written
            else REALDATA / "gacc_reference" / f"zh-hs8-{year}.csv"
        )
        receive_file(home, file, Declaration(source="gacc_nomenclature"))
    old = [row(month, "502", "85414020", value=f"{100 + n}", quantity="7") for n, month in enumerate(MONTHS)]
    new = [
        row("202201", "502", code, value=value, quantity="4")
        for code, value in (("85414200", "50"), ("85414300", "75"))
    ]
    receive(home, write_csv(folder / "old.csv", old), declared(hs="85414020"))
    receive(home, write_csv(folder / "new.csv", new), declared(hs="85414200,85414300"))
    readers = row("202112", "502", "84719000", value="40", quantity="9")
    readers[6:9] = ["Kilogram", "0", "?"]
    computers = [row("202112", "502", "84713010", value="300", quantity="3"), readers]
    receive(home, write_csv(folder / "computers.csv", computers), declared(hs="8471"))
    released(home)
    yield home


def test_solar_cells_are_one_series_over_2021_and_2022(across: Home) -> None:
    """Growth on the month and on the year before reach across the change of codes; nobody need ask for dead codes."""
    rows = {r[0]: r[1:] for r in query(across, f"{SOLAR} where partner_code = '502' order by month")}
    assert list(rows) == [f"{month[:4]}-{month[4:]}" for month in (*MONTHS, "202201")]
    assert rows["2021-12"] == (111, 111 / 110 - 1, None, 7)
    assert rows["2022-01"] == (125, 125 / 111 - 1, 0.25, 8)
    assert query(across, "select distinct verdict from audit_results where scope like '%solar_cells%'") == [("passed",)]
    ((n, broken),) = query(
        across,
        "select count(*), count(*) filter (where is_broken) from dim_category_line where category_scheme = 'solar'",
    )
    assert (n, broken) == (3, 0)
    succession = query(
        across, "select successor_codes from dim_category_line where commodity_code = '85414020' order by all"
    )
    assert set(succession) == {("85414200,85414300",)}


def test_quantities_in_kilograms_and_pieces_are_never_added(across: Home) -> None:
    """Computers in pieces and readers in kilograms: the category has a value and no quantity, each line has its own."""
    found = query(
        across,
        "select value_usd, quantity, quantity_unit from v_electronics_by_partner "
        "where category_code = 'computers' and partner_code = '502' and month = '2021-12-01'",
    )
    assert found == [(340, None, None)]
    lines = query(
        across,
        "select commodity_code, value_usd, quantity_1, unit_1 from fct_trade_monthly "
        "where starts_with(commodity_code, '8471') order by commodity_code",
    )
    assert lines == [("84713010", 300, 3, "Number of item"), ("84719000", 40, 9, "Kilogram")]


@pytest.mark.own_run("a reviewed category is changed in the database")
def test_a_category_that_lacks_the_new_codes_is_warned_of(
    across: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is published, since the details are right; the audit names the line that ended and the codes to add."""
    reviewed = Path(shutil.copytree(REVIEW, tmp_path / "reviewed"))
    categories, years = reviewed / "categories.csv", reviewed / "category_prefix_years.csv"
    codes = '"85414020,85414200,85414300"'
    text = categories.read_text(encoding="utf-8")
    assert codes in text
    categories.write_text(text.replace(codes, "85414020"), encoding="utf-8")
    years.write_text(years.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    monkeypatch.setattr("orchestration.gates.reviewed.REVIEW", reviewed)
    with duckdb.connect(str(across.build_database)) as con:
        con.execute("update categories set hs_prefixes = '85414020' where category_scheme = 'solar'")
        con.execute("delete from category_prefix_years")
    names = [name for name, node in built_nodes().items() if node["resource_type"] == "model"]
    outcome = run_dbt(across, names, full_refresh=True, tests=False)
    assert not outcome.failures, outcome.failures
    monkeypatch.setattr(settings(), "expectations", only(tmp_path, "domains", "layers"))
    assert publish(across, Landing(across).state()).outcome == "published"
    warned = query(across, f"{GATE} and verdict = 'warned'")
    assert [(r[0], r[1], int(r[2]), int(r[3]), r[5]) for r in warned] == [
        ("2022-01-01", "lines at which the series of solar_cells in solar breaks", 0, 1, "warned")
    ]
    assert "85414020 (85414200,85414300)" in warned[0][6]
    passed = query(across, f"{GATE} and verdict = 'passed' and n_compared > 0")
    assert [r[1] for r in passed] == ["lines at which the series of discretes in electronics breaks"]
