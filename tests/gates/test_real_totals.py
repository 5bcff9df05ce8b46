"""Real files against figures printed elsewhere: headlines that block, bulletins, and errors of the press."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.base.settings import Home, settings
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.releases.store import Releases
from tests.conftest import REAL_FILES, REALDATA, failed, query, released
from tests.gates.looking import only

pytestmark = pytest.mark.realdata
US = "us_imports_201901_by_regime_usd_no_header.csv"
HEADLINE = "scope like 'press_us_all_2019_01:%'"


def us_january(home: Home, file: Path) -> None:
    """Receive the file as the archive declares it."""
    receive(home, file, Declaration.model_validate({"source": "gacc", **REAL_FILES[US]}))


def raised(tmp_path: Path, line: int, by: int) -> Path:
    """The real file with one cell raised."""
    lines = (REALDATA / "gacc_exports" / US).read_text(encoding="utf-8").splitlines(keepends=True)
    head, _, value = lines[line - 1].rstrip().removesuffix(",").rstrip('"').rpartition('"')
    lines[line - 1] = f'{head}"{int(value.replace(",", "")) + by:,}",\n'
    path = tmp_path / US
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.series("test_released_in_one_go_without_an_exception")
@pytest.mark.own_run("the file alone is what is tested")
def test_a_small_real_file_alone_is_released(home: Home) -> None:
    """Without an exception or a warning; what is compared with nothing says so, and two press errors are known."""
    name = "botswana_imports_201806_en_usd_old_spelling.csv"
    receive(home, REALDATA / "gacc_exports" / name, Declaration.model_validate({"source": "gacc", **REAL_FILES[name]}))
    released(home)
    sql = "select verdict, gate from audit_results where verdict not in ('passed', 'not_applicable') group by all"
    assert query(home, sql) == [("expected", "implied_rate")]
    assert Releases(home).manifest().audit.coverage["figures_compared"] == 0  # type: ignore[union-attr]


def test_january_2019_meets_the_press(real_home: Home) -> None:
    """9,211,213,264 against 9.2 bn: 11.2 m off, within 50 m of rounding and 18.4 m of revision."""
    columns = "month::varchar, expected, actual, difference, tolerance, severity, verdict"
    (row,) = query(real_home, f"select {columns} from audit_results where gate = 'totals' and {HEADLINE}")
    figures = [Decimal(n) for n in (9_200_000_000, 9_211_213_264, 11_213_264, 68_400_000)]
    assert row == ("2019-01-01", *figures, "block", "passed")


@pytest.mark.series("test_a_fault_ends_as_it_must")
@pytest.mark.own_run("the real file is changed in one cell")
def test_one_cell_raised_by_sixty_million_is_not_published(home: Home, tmp_path: Path) -> None:
    """The finding names month, scope, expected, actual and difference."""
    us_january(home, raised(tmp_path, 1_000, 60_000_000))
    failure = failed(home)
    assert Releases(home).current_id() is None
    (finding,) = [line for line in failure.splitlines() if line.startswith("totals:")]
    assert "2019-01, press_us_all_2019_01: 502 × all_goods, 2019-01..2019-01" in finding
    assert "expected 9,200,000,000, found 9,271,213,264, difference 71,213,264, tolerance 68,400,000" in finding


def test_both_errors_of_the_press_are_caught_and_no_sound_figure(real_home: Home) -> None:
    """The pairs printed in both currencies, against the mean rate of their period."""
    rows = query(
        real_home,
        "select month::varchar, verdict, round((actual / expected - 1)::double, 3) from audit_results "
        "where gate = 'implied_rate' and dataset = 'gacc import' and scope like 'import_world%' order by month",
    )
    assert len(rows) == 5
    assert [row for row in rows if row[1] != "passed"] == [
        ("2020-09-01", "expected", 0.15),
        ("2023-12-01", "expected", 0.047),
    ]
    assert all(abs(off) <= 0.011 for _, verdict, off in rows if verdict == "passed")


@pytest.mark.own_run("made-up details meet the real bulletins")
def test_bulletins_are_compared_with_what_they_speak_of(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A made-up file of chips as printed for June 2026 meets the page; a dollar figure off by 1 % does not."""
    receive_bulletins(home)
    header = "Date of data,Commodity code,Commodity,Quantity,Unit,US dollar"
    cells = [("202606", 53_700_000_000, 59_596_100_000)]
    path = tmp_path / "world.csv"
    lines = [header] + [f'{m},85423190,Chips,{q},Number of item,"{v:,}"' for m, q, v in cells]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = {"source": "gacc", "flow": "import", "hs": "85423", "partners": "world", "vintage": "2026-07-20"}
    receive(home, path, Declaration.model_validate(said))
    monkeypatch.setattr(settings(), "expectations", only(tmp_path, "totals", "layers"))
    released(home)
    found = query(
        home,
        "select a.measure, a.actual, a.verdict from audit_results a join fct_control_total t on "
        "starts_with(a.scope, t.control_total_id) where a.gate = 'totals' and a.n_compared > 0 "
        "and t.receipt_id is not null order by all",
    )
    assert found == [
        ("quantity", Decimal(53_700_000_000), "passed"),
        ("value_usd", Decimal(59_596_100_000), "passed"),
    ]
    slips = query(
        home, "select title, unit from fct_control_total where grade = 'D' and receipt_id is not null group by all"
    )
    assert ("Footwear", "Pair") in slips and ("Unwrought aluminium and aluminium products", "Kilogram") in slips


def receive_bulletins(home: Home) -> None:
    """Every page of the archive that has a table."""
    for page in sorted((REALDATA / "gacc_bulletins").glob("*.html")):
        if "index" not in page.name and "jan2018" not in page.name:
            receive_file(home, page, Declaration.model_validate({"source": "gacc_bulletin", "vintage": "2026-07-20"}))
