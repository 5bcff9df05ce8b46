"""Comtrade's answers in a home beside China's own files: two sources of one trade, each as it says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.releases.publish import audit_folder
from orchestration.releases.settled import inputs, settle
from orchestration.releases.store import Releases
from orchestration.releases.trace import trace
from orchestration.sources.comtrade.codes import six_digits
from orchestration.terminal.run import run_home
from orchestration.terminal.status import home_status
from orchestration.warehouse.views import parts
from tests import conftest
from tests.conftest import MONTHS, attempted, copied, declared, query, released, released_once, write_csv
from tests.sources.comtrade.answers import Row, body, row
from tests.test_docs import fences

COVERAGE = parts()["int_series_coverage"]
SCOPE = {"source": "comtrade", "reporter": "BRA", "flow": "import", "hs": "8542", "vintage": "2024-12-20"}
#: Partners of Brazil: the United States, Korea, what Comtrade prints for Taiwan, and Brazil itself.
PARTNERS = ("842", "410", "490", "76")
VERDICTS = "select distinct verdict from audit_results where gate = '{}' and source = 'comtrade' and n_compared > 0"


def value_of(month: str, partner: str, code: str) -> float:
    """Dollars and cents of a cell, so that whole dollars do not add up to whole dollars."""
    return 1_000_000.4 * (1 + PARTNERS.index(partner)) + 1_000 * MONTHS.index(month) + int(code[-2:]) + 0.3


def details(reporter: str = "76", partners: Sequence[str] = PARTNERS) -> list[Row]:
    """Six digits by partner; in February nothing comes from Taiwan."""
    cells = [(m, p, c) for m in MONTHS for p in partners for c in six_digits("8542") if (m, p) != ("202402", "490")]
    return [row(m, reporter, "M", p, c, value_of(m, p, c)) for m, p, c in cells]


def summed(key: Callable[[Row], tuple[str, str]]) -> list[Row]:
    """Sums of the details as Comtrade prints them: of the fractions, not of whole dollars."""
    found: dict[tuple[str, str, str], float] = {}
    for one in details():
        partner, code = key(one)
        found[one["period"], partner, code] = found.get((one["period"], partner, code), 0.0) + one["primaryValue"]
    return [row(m, "76", "M", p, c, round(v, 3)) for (m, p, c), v in found.items()]


def of_heading() -> list[Row]:
    return summed(lambda one: (str(one["partnerCode"]), "8542"))


def add(home: Home, name: str, rows: Sequence[Row], **said: str) -> None:
    """Receive an answer, written into the home's own folder."""
    file = home.root / name
    file.write_bytes(body(rows))
    receive(home, file, Declaration.model_validate({**SCOPE, "partners": "all", **said}))


def add_year(home: Home, year: str, value: float) -> None:
    """Receive what China imported from the United States in a year, as a document."""
    file = home.root / f"{year}.json"
    file.write_bytes(body([row(year, "156", "M", "842", "8542", value)]))
    receive_file(home, file, Declaration(source="comtrade_annual"))


def fill(home: Home) -> None:
    """China's own files, the same months from Comtrade with sums asked apart, and years as documents."""
    cells = [(m, p, h) for m in MONTHS for p in ("502", "116") for h in ("85423110", "85423190", "85429000")]
    rows = [conftest.row(month, partner, hs, value=f"{2_000_000 + n}") for n, (month, partner, hs) in enumerate(cells)]
    receive(home, write_csv(home.root / "customs.csv", rows), declared(partners="116,502"))
    add(home, "details.json", details())
    add(home, "heading.json", of_heading())
    add(home, "world.json", summed(lambda one: ("0", one["cmdCode"])), partners="world")
    add(home, "us.json", details("156", ["842"]), reporter="CHN", dataset="comtrade_us_chips", partners="842")
    add_year(home, "2023", 8_306_920_666.0)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Read by the tests of this file alone."""
    return released_once(tmp_path_factory, "comtrade", fill)


pytestmark = pytest.mark.own_run("Comtrade beside China's own files: one home for the tests of this file")


def test_both_sources_stand_apart(both: Home) -> None:
    """The query of docs/comtrade.md shows the difference; no figure of one is a figure of the other."""
    (sql,) = fences((PROJECT / "docs" / "comtrade.md").read_text(encoding="utf-8"), "sql")
    found = query(both, sql)
    chips = [c for c in six_digits("8542") if c != "854290"]
    comtrade = [sum(round(value_of(m, "842", c)) for c in chips) for m in MONTHS]
    customs = [4_000_001 + 12 * n for n in range(4)]
    assert [row[1:] for row in found] == [
        ("USA", ours, theirs, theirs - ours, theirs / ours) for ours, theirs in zip(customs, comtrade, strict=True)
    ]
    assert query(both, "select source, local_currency, is_rounded from dim_source order by 1") == [
        ("comtrade", None, True),
        ("gacc", "CNY", False),
    ]


def test_categories_are_those_of_six_digits(both: Home) -> None:
    sql = (
        "select category_scheme, category_code, value_usd from mart_partner_category_monthly where source = 'comtrade' "
        "and reporter = 'CHN' and month = '2024-04-01' and category_scheme = 'ic_type' order by 2"
    )
    of = {code: round(value_of("202404", "842", code)) for code in six_digits("8542")}
    assert query(both, sql) == [
        ("ic_type", "amplifiers", of["854233"]),
        ("ic_type", "memory", of["854232"]),
        ("ic_type", "other_ic", of["854239"]),
        ("ic_type", "processors_controllers", of["854231"]),
    ]
    assert query(
        both, "select count(*) from v_ic_by_partner where source = 'comtrade' and value_local is not null"
    ) == [(0,)]


def test_no_trade_is_zero_and_no_partner_of_its_own_is_ranked(both: Home) -> None:
    """Taiwan in February is covered; Brazil is among its own partners, in the total, and has no place."""
    sql = (
        "select partner_iso3, value_usd > 0, rank_usd from v_ic_growth_by_partner where reporter = 'BRA' "
        "and month = '2024-02-01' order by 1"
    )
    found = query(both, sql)
    assert found == [("BRA", True, None), ("KOR", True, 1), ("TWN", False, None), ("USA", True, 2)]
    shares = "select round(sum(partner_share_usd), 9) from v_ic_by_partner where reporter = 'BRA' group by month"
    assert {share for (share,) in query(both, shares)} == {1.0}


def test_sums_of_fractions_add_up_within_half_a_dollar_a_row(both: Home) -> None:
    """Heading and world were asked apart; their own fractions are rounded once, those of the details row by row."""
    assert query(both, VERDICTS.format("additivity")) == [("passed",)]
    sql = (
        "select count(*) filter (where scope like '%HS4%'), count(*) filter (where scope like '%together%'), "
        "max(abs(difference)) > 0 from audit_results "
        "where gate = 'additivity' and source = 'comtrade' and tolerance > 0"
    )
    ((headings, worlds, is_off),) = query(both, sql)
    assert headings and worlds and is_off, "nothing was rounded: the tolerance is not put to the test"


def test_months_that_nobody_has_delivered_are_not_overdue(both: Home) -> None:
    """The dataset is open, and its last months are years ago."""
    assert query(both, VERDICTS.format("freshness")) == [("passed",)]
    assert query(both, VERDICTS.format("continuity")) == [("passed",)]


def test_a_figure_is_traced_to_the_row_of_the_answer(both: Home) -> None:
    """Rows are counted as they stand in the answer, which has no lines."""
    found = trace(both, dt.date(2024, 3, 1), "410", "memory", "import", "ic_type", reporter="BRA")
    (part,) = found.receipts
    keys = [(r["period"], str(r["partnerCode"]), r["cmdCode"]) for r in details()]
    assert part.file == "details.json" and list(part.lines) == [keys.index(("202403", "410", "854232")) + 1]
    assert found.value_usd == round(value_of("202403", "410", "854232"))


def test_a_year_is_a_control_total(both: Home) -> None:
    sql = "select title, partner_code, hs, value::bigint, grade from fct_control_total where publisher = 'UN Comtrade'"
    mine = query(both, f"{sql} and partner_system = 'comtrade'")
    assert mine == [("CHN imports, 8542, partner 842, 2023", "842", "8542", 8_306_920_666, "C")]


def test_a_sum_that_does_not_add_up_holds_comtrade_back_alone(
    both: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A total that changed between two calls: its source stays as it was, told so everywhere; China's files are
    published as ever, and so is a new year. Nothing new is nothing done, and still no success, until it is withdrawn.
    """
    home = copied(both, tmp_path_factory)
    before = receipts_of(home)
    rows = of_heading()
    rows[0]["primaryValue"] += 10.0
    add(home, "changed.json", rows)
    changed = Landing(home).state().receipts[-1]
    add_year(home, "2022", 12_181_956_717.0)
    more = [conftest.row("202405", "502", "85423110", value="5,000")]
    receive(home, write_csv(home.root / "may.csv", more), declared())
    tried = attempted(home)
    assert tried.outcome == "published" and set(tried.held_back) == {"comtrade"}
    settle(home, inputs(home))
    ran = run_home(home, [])
    assert ran.outcome == "unchanged" and not ran.ok and ran.failure is None
    (told,) = ran.held_back
    assert "comtrade is held back since" in told and "additivity: comtrade import 2024-01" in told
    said = Releases(home).manifest()
    assert set(said.held_back) == {"comtrade"} and receipts_of(home) == before
    held = said.held_back["comtrade"]
    assert {why.partition(":")[0] for why in held.why} == {"additivity"}
    assert held.sequence == changed.sequence - 1 and (home.candidates / held.candidate).is_dir()
    assert query(home, "select count(*) from fct_trade_monthly where month = '2024-05-01'") == [(1,)]
    assert query(home, "select count(*) from fct_control_total where partner_system = 'comtrade'") == [(2,)]
    assert query(home, "select count(*) > 0 from fct_trade_monthly where source = 'comtrade'") == [(True,)]
    for table in (*COVERAGE, "dim_source"):
        marks = query(home, f"select distinct source, held_back_since is not null from {table} order by all")
        assert marks == [("comtrade", True), ("gacc", False)], table
    assert "comtrade is held back since" in (Releases(home).folder() / "audit.html").read_text(encoding="utf-8")
    assert audit_folder(home, Releases(home).folder()).passed
    assert home_status(home).held_back == ran.held_back
    Landing(home).withdraw(changed.receipt_id, "it was asked for while it changed")
    mended = released(home)
    assert mended.outcome == "published" and not mended.held_back
    for table in COVERAGE:
        assert query(home, f"select count(held_back_since) from {table}") == [(0,)]


def receipts_of(home: Home) -> set[str]:
    """Comtrade's receipts in the release that readers see."""
    return {r.receipt_id for r in Releases(home).manifest().receipts if r.scope.source == "comtrade"}


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"reporter": "CHN"}, "the file says reporter BRA, but CHN is declared"),
        ({"flow": "export"}, "the file says flow import, but export is declared"),
        ({"partners": "0"}, "'0' is no partner code of comtrade"),
        ({"partners": "410"}, "842 lies outside the declared partners"),
        ({"hs": "854231"}, "lies outside the declared hs"),
        ({"currency": "CNY"}, "comtrade does not print CNY"),
    ],
)
def test_what_the_answer_says_otherwise_is_refused(tmp_path: Path, said: dict[str, str], what: str) -> None:
    with pytest.raises((RefusalError, ValueError), match=what):
        add(Home(tmp_path).create(), "details.json", details(partners=["842"]), **said)


@pytest.mark.parametrize(("partners", "grain"), [("world", "HS6"), ("842", "HS6 × partner"), ("all", "HS6 × partner")])
def test_an_answer_without_rows_is_no_trade(tmp_path: Path, partners: str, grain: str) -> None:
    """Whatever was asked for: no row says whether there were partners."""
    home = Home(tmp_path).create()
    add(home, "none.json", [], partners=partners, months="2024-01..2024-03")
    (receipt,) = Landing(home).state().active
    assert (receipt.scope.grain, receipt.scope.feeds) == (grain, "world" if partners == "world" else "partner")
