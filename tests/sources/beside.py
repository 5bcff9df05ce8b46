"""Utopia beside China in one home: collected only in the project to which docs/add-a-source.md has added Utopia.

Ten digits, two letters for a partner, euros alone, another calendar and another time zone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.receive import receive
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing, Receipt
from orchestration.releases.as_of import as_of
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from tests.conftest import MONTHS, copied, declared, made_once, query, released, row, write_csv

HEADER = "period,cn10,product,country,kg,eur"
#: The first is one that China's lines would begin like, if codes alone were asked.
CODES = ("8542311100", "8542320000", "8542900000")


def utopian(path: Path, rows: list[str]) -> Path:
    """A file as Utopia prints it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def rows_of(months: tuple[str, ...], eur: int = 1_000) -> list[str]:
    """A row for each month, code and partner."""
    cells = [(m, code, country) for m in months for code in CODES for country in ("CN", "US")]
    return [f"{m},{code},Circuits,{country},{7 + n},{eur + n}" for n, (m, code, country) in enumerate(cells)]


def add_utopia(home: Home, path: Path, rows: list[str], vintage: str) -> Receipt:
    """A file for the dataset."""
    said = Declaration.model_validate({**DATASET, "vintage": vintage})
    receipt = receive(home, utopian(path, rows), said).receipt
    assert receipt is not None
    return receipt


DATASET = {
    "dataset": "utopia_chips",
    "source": "utopia",
    "flow": "import",
    "hs": "8542",
    "partners": "all",
    "currency": "EUR",
}
FIRST = ("2024-01", "2024-02", "2024-03")


@pytest.fixture(scope="session")
def china(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """China alone: chips from two partners over four months."""

    def fill(home: Home) -> None:
        cells = [(m, p, h) for m in MONTHS for p in ("502", "116") for h in ("85423110", "85423190", "85429000")]
        rows = [row(month, partner, hs, value=f"{1_000 + n}") for n, (month, partner, hs) in enumerate(cells)]
        file = write_csv(tmp_path_factory.mktemp("china") / "first.csv", rows)
        receive(home, file, declared(partners="116,502"))
        released(home)

    return made_once(tmp_path_factory, "china", fill)


@pytest.fixture(scope="session")
def both_once(china: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Utopia's three months beside it."""
    home = copied(china, tmp_path_factory)
    folder = tmp_path_factory.mktemp("utopia")
    add_utopia(home, folder / "first.csv", rows_of(FIRST), "2024-06-01")
    released(home)
    return home


@pytest.fixture
def both(both_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same, to be changed."""
    return copied(both_once, tmp_path_factory)


def slices(home: Home, source: str) -> dict[tuple[str, str, str], object]:
    """Rows and hash of each table, stream and month of a source."""
    tables = Releases(home).manifest(None).tables
    return {
        (name, *piece): said
        for name, table in tables.items()
        for piece, said in table.slices.items()
        if piece[0].startswith(f"{source} ")
    }


@pytest.mark.own_run("two sources in one home")
def test_what_china_says_is_as_it_was(china: Home, both_once: Home) -> None:
    """Every table, stream and month."""
    before = slices(china, "gacc")
    assert len(before) > 40 and slices(both_once, "gacc") == before
    assert len(slices(both_once, "utopia")) > 20


@pytest.mark.own_run("two sources in one home")
def test_facts_and_marts_have_the_source_s_own_codes_and_currency(both_once: Home) -> None:
    """No dollar is made of a euro; the weight is the printed one; partners have names and ISO3."""
    fact = query(both_once, "select distinct commodity_code, partner_code, value_usd, local_currency, weight_is_estimated "
                 "from fct_trade_monthly where source = 'utopia' order by all")  # fmt: skip
    assert [(code, partner) for code, partner, *_ in fact] == [(c, p) for c in CODES for p in ("CN", "US")]
    assert {tuple(said) for _, _, *said in fact} == {(None, "EUR", False)}
    chips = query(both_once, "select month::varchar, partner_iso3, value_usd, value_local, value_local_ytd from "
                  "v_ic_by_partner where source = 'utopia' and partner_code = 'US' order by month")  # fmt: skip
    assert chips == [
        ("2024-01-01", "USA", None, 2_004, 2_004), ("2024-02-01", "USA", None, 2_016, 4_020),
        ("2024-03-01", "USA", None, 2_028, 6_048),
    ]  # fmt: skip
    assert query(both_once, "select sum(net_weight_kg) from fct_trade_monthly where source = 'utopia'") == [(279,)]
    lines = "select distinct category_code from mart_category_monthly where source = 'utopia' and category_scheme = 'ic_line'"
    assert query(both_once, lines) == []


@pytest.mark.own_run("two sources in one home")
def test_coverage_continuity_and_freshness_are_each_source_s_own(both_once: Home, both: Home, tmp_path: Path) -> None:
    """A month that is missing between two is found; what is due follows Utopia's calendar."""
    covered = "select distinct covered_local, covered_usd from mart_coverage where source = 'utopia' and category_scheme = 'ic'"
    assert query(both_once, covered) == [(True, False)]
    due = query(both_once, "select min(month)::varchar, min(expected), max(source) from audit_results where gate = 'freshness' "
                "and dataset = 'utopia_chips' and verdict = 'warned'")  # fmt: skip
    assert due == [("2024-04-01", 1, "utopia")]
    add_utopia(both, tmp_path / "later.csv", rows_of(("2024-05",)), "2024-08-01")
    from tests.conftest import attempted

    found = attempted(both).report.findings("failed")
    assert set(found["gate"]) == {"continuity"} and set(found["source"]) == {"utopia"}


@pytest.mark.own_run("two sources in one home")
def test_as_of_trace_and_query_tell_the_sources_apart(both: Home, tmp_path: Path) -> None:
    """What was known on a day, and on which line it stands."""
    add_utopia(both, tmp_path / "again.csv", rows_of(FIRST, eur=2_000), "2024-08-01")
    released(both)
    known = as_of(both, __import__("datetime").date(2024, 7, 1))
    then = run_sql(known.folder, "select sum(value_local) from fct_trade_monthly where source = 'utopia'")[1]
    assert then == [(sum(range(1_000, 1_018)),)]
    assert query(both, "select sum(value_local) from fct_trade_monthly where source = 'utopia'") == [
        (sum(range(2_000, 2_018)),)
    ]


@pytest.mark.own_run("two sources in one home")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2024-04,854231110,Circuits,US,1,1", "line 2.*cn10"), ("2024-04,8542311100,Circuits,USA,1,1", "line 2.*country"),
        ("2024-04,8542311100,Circuits,US,1", "line 2.*5 fields"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_sound_is_refused(both_once: Home, tmp_path: Path, line: str, said: str) -> None:
    """By line and column; nothing is received."""
    before = Landing(both_once).state().sequence
    with pytest.raises(RefusalError, match=said):
        add_utopia(both_once, tmp_path / "bad.csv", [line], "2024-08-01")
    assert Landing(both_once).state().sequence == before
