"""Utopia beside China in one home: collected only in the project to which docs/add-a-source.md has added Utopia.

Ten digits, two letters for a partner, euros alone, another calendar and another time zone.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration.assets.release import failure_text
from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home, settings
from orchestration.landing.receive import receive
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing, Receipt
from orchestration.releases.as_of import as_of
from orchestration.releases.difference import difference
from orchestration.releases.manifest import verdict
from orchestration.releases.publish import audit_folder, publish
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from orchestration.releases.trace import trace
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ParsedTrade
from orchestration.terminal.run import run_home
from orchestration.terminal.status import home_status
from orchestration.warehouse.plan import plan
from orchestration.warehouse.views import parts
from tests.conftest import (
    attempted,
    build_database,
    build_wrongly,
    built,
    copied,
    declared,
    published,
    query,
    released,
    row,
    write_csv,
)
from tests.sources.added import CHINA

COVERAGE = parts()["int_series_coverage"]
HEADER = "period,cn10,product,country,kg,eur"
#: The first is one that China's lines would begin like, if codes alone were asked.
CODES = ("8542311100", "8542320000", "8542900000")
DATASET = {"dataset": "utopia_chips", "source": "utopia", "flow": "import", "hs": "8542", "partners": "all",
           "currency": "EUR"}  # fmt: skip
FIRST = ("2024-01", "2024-02", "2024-03")
CLAIM = """
  utopia_january:
    text: Utopia bought chips from the United States for 4,004 euros in January 2024
    publisher: Customs of Utopia
    published_on: 2024-03-10
    address: not recorded
    source: utopia
    flow: import
    partner: US
    scheme: ic
    category: integrated_circuits
    measure: value_local
    comparison: equals
    period: 2024-01
    value: 4004
    half_unit: 0.5
"""
OWN = """
schemes:
  mine:
    title: Processors
    leaves_out: Everything else
    categories: {processors: {name: Processors, prefixes: [854231]}}
"""
SUM = "select sum(value_local) from fct_trade_monthly"


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


@pytest.fixture(scope="session")
def china() -> Home:
    """China alone: chips from two partners over four months, published by the project that lacks Utopia."""
    return Home(Path(os.environ[CHINA]))


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


def value_of(home: Home, source: str, month: str) -> list[tuple[object, ...]]:
    """Rows and value of a source's month in the fact."""
    return query(home, "select count(*), sum(coalesce(value_usd, value_local)) from fct_trade_monthly "
                 f"where source = '{source}' and month = '{month}-01'")  # fmt: skip


def next_months(home: Home, folder: Path, utopia: list[str], vintage: str = "2024-08-01") -> None:
    """China's May and something of Utopia's, each a receipt of its own."""
    rows = [row("202405", partner, "85423110", value="5,000") for partner in ("116", "502")]
    said = declared(partners="116,502", vintage="2024-12-20")
    receive(home, write_csv(folder / "may.csv", rows), said)
    add_utopia(home, folder / "utopia.csv", utopia, vintage)


@pytest.mark.own_run("two sources in one home")
def test_what_china_says_is_as_it_was(china: Home, both_once: Home) -> None:
    """Every table, stream and month; and of tables in one piece, every row that is China's."""
    before = slices(china, "gacc")
    assert len(before) > 20 and slices(both_once, "gacc") == before
    assert len(slices(both_once, "utopia")) > 10
    for table in ("dim_partner", "dim_commodity", "dim_category_line"):
        rows = f"from {table} where source = 'gacc' order by all"
        assert query(both_once, rows) == query(china, rows) != []


@pytest.mark.own_run("two sources in one home")
def test_facts_and_marts_have_the_source_s_own_codes_and_currency(both_once: Home) -> None:
    """No dollar is made of a euro; the weight is the printed one; partners have names and ISO3."""
    sql = """select distinct commodity_code, partner_code, value_usd, local_currency, weight_is_estimated
        from fct_trade_monthly where source = 'utopia' order by all"""
    fact = query(both_once, sql)
    assert [(code, partner) for code, partner, *_ in fact] == [(c, p) for c in CODES for p in ("CN", "US")]
    assert {tuple(said) for _, _, *said in fact} == {(None, "EUR", False)}
    sql = """select month::varchar, partner_iso3, value_usd, value_local, value_local_ytd from v_ic_by_partner
        where source = 'utopia' and partner_code = 'US' order by month"""
    assert query(both_once, sql) == [
        ("2024-01-01", "USA", None, 2_004, 2_004), ("2024-02-01", "USA", None, 2_016, 4_020),
        ("2024-03-01", "USA", None, 2_028, 6_048),
    ]  # fmt: skip
    assert query(both_once, "select sum(net_weight_kg) from fct_trade_monthly where source = 'utopia'") == [(279,)]
    # China's tariff lines are no categories of Utopia, though its codes begin alike.
    sql = "select count(*) from mart_category_monthly where source = 'utopia' and category_scheme = 'ic_line'"
    assert query(both_once, sql) == [(0,)]


@pytest.mark.own_run("two sources in one home")
def test_a_bloc_has_all_members_but_the_reporter(both_once: Home) -> None:
    """China is Utopia's partner, and in BRICS its only one that trades; of what China buys it is no partner."""
    sql = """select b.value_local, p.value_local, n_members from mart_bloc_category_monthly as b
        join v_ic_by_partner as p using (source, month, category_scheme, category_code)
        where source = 'utopia' and bloc_code = 'BRICS' and p.partner_code = 'CN' order by month"""
    found = query(both_once, sql)
    assert len(found) == 3 and all(bloc == china for bloc, china, _ in found)


@pytest.mark.own_run("two sources in one home")
def test_coverage_and_freshness_are_each_source_s_own(both_once: Home) -> None:
    """What is due follows Utopia's calendar, and coverage speaks of it."""
    sql = """select covered_local, covered_usd, held_back_since, min(month)::varchar, max(month)::varchar
        from mart_partner_category_coverage where source = 'utopia' and category_scheme = 'ic' and month < '2024-06-01'
        group by all order by 1 desc"""
    assert query(both_once, sql) == [
        (True, False, None, "2024-01-01", "2024-03-01"), (False, False, None, "2024-04-01", "2024-05-01"),
    ]  # fmt: skip
    sql = """select min(month)::varchar, max(source) from audit_results
        where gate = 'freshness' and dataset = 'utopia_chips' and verdict = 'warned'"""
    assert query(both_once, sql) == [("2024-04-01", "utopia")]


@pytest.fixture(scope="session")
def revised(both_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Utopia prints its months anew, and a claim on its January is put to the test."""
    home, folder = copied(both_once, tmp_path_factory), tmp_path_factory.mktemp("revised")
    add_utopia(home, folder / "again.csv", rows_of(FIRST, eur=2_000), "2024-08-01")
    expectations = Path(shutil.copytree(settings().expectations, folder / "expectations"))
    with (expectations / "claims.yml").open("a", encoding="utf-8") as claims:
        claims.write(CLAIM)
    with mock.patch.object(settings(), "expectations", expectations):
        released(home)
    return home


@pytest.mark.own_run("two sources in one home")
def test_what_was_known_on_a_day_is_each_source_s_own(revised: Home) -> None:
    """A revision of Utopia's: before its day, the first print. Releases differ in its figures."""
    then = run_sql(as_of(revised, dt.date(2024, 7, 1)).folder, f"{SUM} where source = 'utopia'")[1]
    assert then == [(sum(range(1_000, 1_018)),)]
    assert query(revised, f"{SUM} where source = 'utopia'") == [(sum(range(2_000, 2_018)),)]
    older, newer = Releases(revised).ids()[-2:]
    changed = next(found for found in difference(revised, older, newer) if found.table == "fct_trade_monthly")
    assert changed.n_changes == 18 and all("utopia" in change.series for change in changed.changes)


@pytest.mark.own_run("two sources in one home")
def test_a_figure_is_traced_to_the_lines_of_its_own_source(both_once: Home) -> None:
    """China has received two partners only, so all of them together are Utopia's alone."""
    january = dt.date(2024, 1, 1)
    assert trace(both_once, january, "all", "integrated_circuits", "import", "ic").source == "utopia"
    found = trace(both_once, january, "US", "integrated_circuits", "import", "ic")
    assert (found.source, found.reporter, found.value_usd, found.value_local) == ("utopia", "UTO", None, 2_004)
    (receipt,) = found.receipts
    assert receipt.file == "first.csv" and receipt.lines == [3, 5]


@pytest.mark.own_run("a claim of its own")
def test_a_claim_on_one_source_is_no_claim_on_the_other(revised: Home) -> None:
    """Euros of Utopia's January hold it, whatever China printed; claims on China are answered by China alone."""
    sql = "select verdict_now, actual_now, reporter from mart_claim where claim_id = 'utopia_january'"
    assert query(revised, sql) == [("confirmed", 4_004, "UTO")]
    assert query(revised, "select distinct reporter from mart_claim where source = 'gacc'") == [("CHN",)]
    sql = "select verdict_now from mart_claim where claim_id = 'control_total:utopia_chips_2024_04'"
    assert query(revised, sql) == [("not testable",)]


@pytest.mark.own_run("two sources in one home")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2024-04,854231110,Circuits,US,1,1", "line 2.*cn10"),
        ("2024-04,8542311100,Circuits,USA,1,1", "line 2.*country"),
        ("2024-04,8542311100,Circuits,US,1", "5 fields"),
    ],
)
def test_a_file_that_is_not_sound_is_refused(both_once: Home, tmp_path: Path, line: str, said: str) -> None:
    """By line and column; nothing is received."""
    before = Landing(both_once).state().sequence
    with pytest.raises(RefusalError, match=said):
        add_utopia(both_once, tmp_path / "bad.csv", [line], "2024-08-01")
    assert Landing(both_once).state().sequence == before


@pytest.mark.series("test_where_every_source_is_red_nothing_is_published")
@pytest.mark.own_run("a month is missing between two")
def test_a_gap_is_found_in_the_dataset_of_its_source(both: Home, tmp_path: Path) -> None:
    """And China, which has no May, is asked for nothing."""
    add_utopia(both, tmp_path / "may.csv", rows_of(("2024-05",)), "2024-08-01")
    tried = attempted(both)
    assert tried.refused is not None
    found = tried.refused[1].findings("failed")
    assert set(found["gate"]) == {"continuity"} and set(found["source"]) == {"utopia"}


@pytest.mark.own_run("a source prints its months anew")
def test_a_source_that_prints_all_anew_builds_nothing_of_the_other(both: Home, tmp_path: Path) -> None:
    """China's rows are not written again, in facts or marts: whatever stands in them stays."""
    marked = ("fct_trade_monthly", "int_partner_category_month", "mart_partner_category_monthly", "int_growth_monthly")
    build_wrongly(both, *(f"update {table} set value_usd = 7 where source = 'gacc'" for table in marked))
    add_utopia(both, tmp_path / "again.csv", rows_of(FIRST, eur=2_000), "2024-08-01")
    state = Landing(both).state()
    stale = plan(both, state).stale_months
    assert {tuple(months) for months in stale.values()} == {("utopia UTO import",)}
    built(both)
    with build_database(both) as con:
        for table in marked:
            of = con.execute(
                f"select source, min(value_usd), max(value_usd) from {table} group by 1 order by 1"
            ).fetchall()
            assert of == [("gacc", 7, 7), ("utopia", None, None)], table


@pytest.mark.series("test_a_sum_that_does_not_add_up_holds_comtrade_back_alone")
@pytest.mark.own_run("one source is red")
def test_one_source_s_red_does_not_stop_the_other(both: Home, tmp_path: Path) -> None:
    """Utopia's April is not what a headline says: it stays as it was, told so everywhere, and China's May is published.
    Nothing new is nothing done, and still no success; a right April takes the mark away.
    """
    before = slices(both, "utopia")
    first = {r.receipt_id for r in Releases(both).manifest().receipts if r.scope.source == "utopia"}
    next_months(both, tmp_path, rows_of(("2024-04",), eur=2_000))
    ran = run_home(both, [])
    assert ran.outcome == "published" and not ran.ok and ran.failure is None
    assert len(ran.held_back) == 1 and "utopia is held back since" in ran.held_back[0]
    assert "totals: utopia import 2024-04" in ran.held_back[0]
    assert value_of(both, "gacc", "2024-05") == [(2, 10_000)] and value_of(both, "utopia", "2024-04") == [(0, None)]
    kept = {key: said for key, said in slices(both, "utopia").items() if key[0] not in COVERAGE}
    assert kept == {key: said for key, said in before.items() if key[0] not in COVERAGE}
    for table in (*COVERAGE, "dim_source"):
        marks = query(both, f"select distinct source, held_back_since is not null from {table} order by all")
        assert marks == [("gacc", False), ("utopia", True)]
    said = Releases(both).manifest().held_back["utopia"]
    assert said.sequence == 2 and (both.candidates / said.candidate).is_dir()
    assert {r.receipt_id for r in Releases(both).manifest().receipts if r.scope.source == "utopia"} == first
    assert "utopia is held back since" in (Releases(both).folder() / "audit.html").read_text(encoding="utf-8")
    assert audit_folder(both, Releases(both).folder()).passed
    again = run_home(both, [])
    assert again.outcome == "unchanged" and not again.ok and again.held_back == ran.held_back
    assert home_status(both).held_back == ran.held_back
    Landing(both).withdraw(first.pop(), "a trial")
    without = run_home(both, [])
    assert without.outcome == "published" and "withdrawn since" in without.held_back[0]
    add_utopia(both, tmp_path / "april.csv", rows_of(("2024-04",)), "2024-08-02")
    mended = published(both)
    assert mended.outcome == "published" and not mended.held_back
    assert value_of(both, "utopia", "2024-04") == [(6, 6_015)]
    assert query(both, "select count(held_back_since) from mart_partner_category_coverage") == [(0,)]


KILL = """
    import os, signal, sys
    from pathlib import Path
    from orchestration.base.settings import Home
    from orchestration.landing.store import Landing
    from orchestration.releases import publish
    home, (module, name) = Home(Path(sys.argv[1])), sys.argv[2].split(".")
    of = {"publish": publish, "candidate": publish.candidate}[module]
    whole, calls = getattr(of, name), []
    def second(*a, **k):
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*a, **k)
    setattr(of, name, second)
    publish.publish(home, Landing(home).state())
"""


@pytest.mark.series("test_a_sum_that_does_not_add_up_holds_comtrade_back_alone")
@pytest.mark.own_run("the publication is killed while a source is held back")
@pytest.mark.parametrize(
    "point", ["candidate.build", "candidate.write_parquet", "publish.audit", "publish.write_manifest"]
)
def test_a_kill_in_the_candidate_that_holds_back(both: Home, tmp_path: Path, point: str) -> None:
    """kill -9 in the second candidate: readers see what they saw, and the next publication holds back all the same."""
    before = Releases(both).current_id()
    next_months(both, tmp_path, rows_of(("2024-04",), eur=2_000))
    state = built(both)
    command = [sys.executable, "-c", textwrap.dedent(KILL), str(both.root), point]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert Releases(both).current_id() == before
    again = publish(both, state)
    assert again.outcome == "published" and set(again.held_back) == {"utopia"}
    # Of what was killed the refused candidate is kept, as one of any failed audit; nothing half done is.
    said = list(map(verdict, both.candidates.iterdir()))
    assert said and all(audit is not None and not audit.passed for audit in said)


@pytest.mark.series("test_a_sum_that_does_not_add_up_holds_comtrade_back_alone")
@pytest.mark.own_run("a source contradicts itself")
def test_a_source_that_contradicts_itself_is_held_back(both: Home, tmp_path: Path) -> None:
    """Two files of one day: Utopia stays as it was until one is withdrawn, and China's May is published."""
    march = value_of(both, "utopia", "2024-03")
    next_months(both, tmp_path, rows_of(("2024-03",), eur=2_000), vintage="2024-06-01")
    ran = run_home(both, [])
    assert ran.outcome == "published" and not ran.ok and "contradictions: utopia import 2024-03" in ran.held_back[0]
    assert value_of(both, "gacc", "2024-05") == [(2, 10_000)] and value_of(both, "utopia", "2024-03") == march
    Landing(both).withdraw(Landing(both).state().receipts[-1].receipt_id, "the first is right")
    assert not published(both).held_back and value_of(both, "utopia", "2024-03") == march


@pytest.mark.own_run("a home of its own")
def test_a_home_may_hold_the_new_source_alone(home: Home, tmp_path: Path) -> None:
    """Nothing of China's need be there."""
    add_utopia(home, tmp_path / "first.csv", rows_of(FIRST), "2024-06-01")
    released(home)
    assert query(home, f"{SUM}") == [(sum(range(1_000, 1_018)),)]


@pytest.mark.own_run("its parser is changed")
def test_a_parser_that_reads_wrongly_stops_its_own_source_alone(
    both: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What passed was read by the version before, and is audited as that one read it."""
    offer = TRADE["utopia"]

    def doubled(*args: Any, **said: Any) -> ParsedTrade:
        parsed = offer.parse(*args, **said)
        table = pq.read_table(parsed.rows_path)
        twice = pc.multiply(table["eur"], 2)
        pq.write_table(table.set_column(table.schema.get_field_index("eur"), "eur", twice), parsed.rows_path)
        return parsed

    monkeypatch.setitem(TRADE, "utopia", replace(offer, parser_version="utopia2", parse=doubled))
    rows = [row("202405", partner, "85423110", value="5,000") for partner in ("116", "502")]
    receive(both, write_csv(tmp_path / "may.csv", rows), declared(partners="116,502", vintage="2024-12-20"))
    tried = attempted(both)
    assert tried.outcome == "published" and value_of(both, "gacc", "2024-05") == [(2, 10_000)]
    assert tried.held_back["utopia"].parser_version == "utopia1"
    assert value_of(both, "utopia", "2024-01") == [(6, 6_015)]
    assert query(both, "from mart_correction") == [], "what is held back corrects nothing, and May is new"
    with pytest.raises(RefusalError, match="utopia is held back since"):
        trace(both, dt.date(2024, 4, 1), "US", "integrated_circuits", "import", "ic")


@pytest.mark.own_run("categories are changed while a source is held back")
def test_why_a_source_could_not_be_held_back_is_told(both: Home, tmp_path: Path) -> None:
    """Its marts of before lack the new category: nothing is published, and what to undo is named."""
    next_months(both, tmp_path, rows_of(("2024-04",), eur=2_000))
    both.categories.write_text(OWN, encoding="utf-8")
    tried = attempted(both)
    assert tried.outcome == "failed" and "utopia could not be held back" in tried.not_kept
    assert "categories.yml has changed since" in failure_text(tried) and "totals" in failure_text(tried)
    both.categories.unlink()
    assert attempted(both).outcome == "published"


@pytest.mark.own_run("one source is red from its first file on")
def test_a_source_that_never_passed_is_left_out(china: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    """None of its figures is there, but what it is, and since when it is held back; China is published."""
    home = copied(china, tmp_path_factory)
    next_months(home, tmp_path_factory.mktemp("red"), [*rows_of(("2024-01",)), *rows_of(("2024-03",))], "2024-06-01")
    unknown = ["2024-02,8542311100,Circuits,ZZ,1,9000", "2024-02,8542311100,Circuits,US,1,1"]
    add_utopia(home, tmp_path_factory.mktemp("more") / "unknown.csv", unknown, "2024-06-02")
    tried = attempted(home)
    assert tried.outcome == "published" and set(tried.held_back) == {"utopia"}
    assert value_of(home, "gacc", "2024-05") == [(2, 10_000)] and not slices(home, "utopia")
    assert query(home, "select source from dim_source where held_back_since is not null") == [("utopia",)]


@pytest.mark.own_run("both are red")
def test_where_every_source_is_red_nothing_is_published(both: Home, tmp_path: Path) -> None:
    """As in a home of one source; each by its own gates, Utopia by the gap in its dataset."""
    before = Releases(both).current_id()
    add_utopia(both, tmp_path / "utopia.csv", rows_of(("2024-05",)), "2024-08-01")
    rows = [row("202405", "777", value="5,000"), row("202405", "502", value="5")]
    receive(both, write_csv(tmp_path / "may.csv", rows), declared(partners="502,777", vintage="2024-12-20"))
    tried = attempted(both)
    assert tried.outcome == "failed" and not tried.held_back and Releases(both).current_id() == before
    found = tried.report.findings("failed")
    gates = {source: set(of["gate"]) for source, of in found.groupby("source")}
    assert gates["utopia"] == {"continuity"} and "domains" in gates["gacc"]
