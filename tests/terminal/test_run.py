"""The whole way on a small home: truth by receipts, publication only after the audit, nothing lost on the way."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.base.months import month_range, parse_month
from orchestration.base.settings import Home, settings
from orchestration.landing.inbox import take_in
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.releases.content import table_content
from orchestration.releases.published import published_models
from orchestration.releases.store import Releases
from orchestration.terminal.run import run_home
from orchestration.warehouse import snapshot
from orchestration.warehouse.dbt import Window, run_by_months, run_dbt
from orchestration.warehouse.nodes import names_of, windowed
from orchestration.warehouse.plan import Built, plan
from orchestration.warehouse.raw import write_raw
from tests.conftest import (
    add,
    build_database,
    built,
    code_list,
    contents,
    failed,
    hs8_list,
    many,
    published,
    query,
    released,
    row,
    tree,
    value,
    write_csv,
)

#: Every published table of marts.
STREAM = "gacc CHN import"
MARTS = [model.name for model in published_models() if model.name.startswith("mart_")]


@pytest.mark.own_run("the second run is what is tested")
def test_running_again_changes_nothing(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """No release, no content hash, no byte of landing or of the release; and once that is known, no run."""
    before, landing = tree(small.releases / "current"), tree(small.landing)
    assert run_home(small, [parse_month("2024-02")]).outcome == "unchanged"
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.terminal.run._execute", lambda *_: pytest.fail("nothing was to be done"))
        assert published(small).outcome == "unchanged"
    assert tree(small.releases / "current") == before and tree(small.landing) == landing
    assert len(Releases(small).ids()) == 1 and not list(small.candidates.glob("[0-9]*"))


@pytest.mark.series("test_facts_follow_the_rules")
@pytest.mark.own_run("a receipt comes and goes between two builds")
def test_a_later_receipt_counts_whole_and_withdrawing_it_brings_the_old_back(small: Home, tmp_path: Path) -> None:
    """A cell that the later receipt lacks is 0; the older release still answers as before."""
    first = Releases(small).current_id()
    before = contents(small)
    later = add(small, tmp_path, [row("202403", "116", value="7")], partners="116,502", months="2024-03")
    assert released(small).outcome == "published"
    assert value(small, "2024-03") == 0 and value(small, "2024-03", "116") == 7
    assert value(small, "2024-03", release=first) not in (0, None)
    assert query(
        small, "select value_usd_mom from v_ic_by_partner where partner_code = '502' and month = '2024-03-01'"
    ) == [(-1.0,)]
    Landing(small).withdraw(later.receipt_id, "a trial")
    assert released(small).outcome == "published"
    marts = {t: h for t, h in contents(small).items() if t.startswith("mart")}
    assert marts == {t: h for t, h in before.items() if t.startswith("mart")}
    assert Releases(small).manifest().withdrawals[0].reason == "a trial"


@pytest.mark.series("test_facts_follow_the_rules")
@pytest.mark.own_run("one more receipt must pass through a build")
def test_an_older_vintage_that_arrives_late_changes_nothing(small: Home, tmp_path: Path) -> None:
    """Later is said of the vintage, not of the day of receipt."""
    before = contents(small)["mart_partner_category_monthly"]
    add(small, tmp_path, [row("202403", value="9")], vintage="2024-06-20", months="2024-03")
    released(small)
    assert contents(small)["mart_partner_category_monthly"] == before


@pytest.mark.series("test_a_fault_ends_as_it_must")
@pytest.mark.own_run("a failed run, and the run after it, are what is tested")
def test_many_unknown_codes_block_and_say_so(small: Home, tmp_path: Path) -> None:
    """Above half a percent nothing is published; the candidate is kept, and the run says what, where, how much."""
    before = Releases(small).current_id()
    rows = [row("202402", value="1,000"), row("202402", "777", value="900")]
    bad = add(small, tmp_path, rows, partners="all", months="2024-02")
    summary = run_home(small, [])
    assert not summary.ok and summary.failure is not None
    assert "domains: gacc import 2024-02" in summary.failure and "unknown partner 777" in summary.failure
    assert "found 900" in summary.failure and Releases(small).current_id() == before
    assert f"New since release {before}: received: " in summary.failure and bad.receipt_id in summary.failure
    (kept,) = small.candidates.glob("[0-9]*")
    assert (kept / "audit.html").exists() and kept.name in summary.failure
    with duckdb.connect(str(kept / "trade.duckdb"), read_only=True) as con:
        assert con.execute("select partner_code, value_usd, reason from quarantine").fetchall() == [
            ("777", 900, "unknown partner 777")
        ]
    assert "unknown partner 777" in failed(small), "while its candidate fails, every run fails"
    Landing(small).withdraw(bad.receipt_id, "wrong partner codes")
    released(small)


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("a list comes and goes between two builds")
def test_a_partner_of_the_customs_list_is_known(small: Home, tmp_path: Path) -> None:
    """Though nobody has reviewed it, below 1 % of the value; without the list its rows are held back, in months built
    before, and the rest counts.
    """
    add(small, tmp_path, [row("202402", value="1,000,000"), row("202402", "777", value="900")], partners="all")
    listed = receive_file(
        small,
        code_list(tmp_path / "partners.txt", "partner", {"502": "U.S.A.", "777": "Newland"}),
        Declaration(source="gacc_nomenclature"),
    )
    lines = hs8_list(tmp_path / "lines.txt", 2023, {"85423190": "Circuits", "85423199": "Circuits of 2023"})
    receive_file(small, lines, Declaration(source="gacc_nomenclature"))
    released(small)
    assert query(small, "select partner_code, partner_name, note from dim_partner where partner_iso3 is null "
                 "and not is_residual") == [("777", "Newland", "in the customs' list, not reviewed")]  # fmt: skip
    assert value(small, "2024-02", "777") == 900 and not query(small, "from quarantine")
    assert query(small, "select commodity_code, year, list_year, is_listed, first_month is null from dim_commodity "
                 "where year >= 2023 and commodity_code >= '85423190' order by 1, 2") == [
        ("85423190", 2023, 2023, True, True), ("85423190", 2024, 2023, True, False),
        ("85423199", 2023, 2023, True, True), ("85423199", 2024, 2023, True, True),
        ("85429000", 2024, 2023, False, False),
    ]  # fmt: skip
    assert {entry.list for entry in Releases(small).manifest().code_lists} == {"partner", "hs8"}
    assert listed.receipt is not None
    Landing(small).withdraw(listed.receipt.receipt_id, "a trial")
    built(small)
    chips = "category_scheme = 'ic' and category_code = 'integrated_circuits'"
    with build_database(small) as con:
        held_back = con.execute("select line, value_usd, reason from quarantine").fetchall()
        rest = con.execute(f"select value_usd from mart_category_monthly where {chips} and month = '2024-02-01'")
        assert held_back == [(3, 900, "unknown partner 777")] and rest.fetchall() == [(1_000_000,)]


@pytest.mark.series("test_the_terminal")
@pytest.mark.own_run("the raw file is changed before a run")
def test_a_raw_file_that_was_changed_is_found(small: Home) -> None:
    """Raw rows must be what was seen at receiving, also where facts and marts follow the change."""
    (path,) = small.raw.glob("*/month=2024-02/*.parquet")
    with duckdb.connect() as con:
        con.execute(f"create table t as from read_parquet('{path}', hive_partitioning = false)")
        con.execute("update t set value = value + 1 where line = 8")
        con.execute(f"copy t to '{path}' (format parquet)")
    summary = run_home(small, [parse_month("2024-02")])
    assert summary.failure is not None and "received = raw" in summary.failure and "2024-02" in summary.failure
    path.unlink()
    assert run_home(small, [parse_month("2024-02")]).outcome == "unchanged"


@pytest.mark.series("test_a_fault_ends_as_it_must")
@pytest.mark.own_run("its first build must fail")
def test_a_missing_month_of_a_dataset_blocks(small: Home) -> None:
    """From the first to the last month that the home covers of a dataset, each must be there."""
    before = Releases(small).current_id()
    for month in ("202405", "202407"):
        write_csv(small.inbox / "us_chips" / f"{month}.csv", [row(month)])
    take_in(small)
    assert "continuity: us_chips 2024-06" in failed(small) and Releases(small).current_id() == before
    write_csv(small.inbox / "us_chips" / "202406.csv", [row("202406")])
    take_in(small)
    assert released(small).outcome == "published"


@pytest.mark.series("test_a_refused_file_stays_red_until_it_is_put_right")
@pytest.mark.own_run("what a run makes of its inbox is tested")
def test_a_refused_inbox_file_does_not_stop_the_others(small: Home) -> None:
    """It moves aside with its reason; the run publishes the rest and exits 1."""
    write_csv(small.inbox / "us_chips" / "good.csv", [row("202405", value="5")])
    bad = write_csv(small.inbox / "us_chips" / "bad.csv", [row("202405", "116")])
    (small.inbox / "nobody").mkdir()
    shutil.copy(bad, small.inbox / "nobody" / "lost.csv")
    summary = run_home(small, [])
    assert not summary.ok and summary.failure is None and summary.outcome == "published"
    assert value(small, "2024-05") == 5
    rejected = small.inbox / "rejected"
    assert "116 lies outside" in (rejected / "bad.csv.reason.txt").read_text(encoding="utf-8")
    assert "no dataset 'nobody'" in (rejected / "lost.csv.reason.txt").read_text(encoding="utf-8")
    assert not bad.exists() and (small.inbox / "us_chips" / "good.csv").exists()
    assert published(small).outcome == "unchanged"


def fact_hash(home: Home, table: str = "fct_trade_monthly") -> str:
    """Content of a table of the build database, in the order of its key."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach '{home.build_database}' as build (read_only)")
        con.execute(f"create table t as from build.main.{table} order by all")
        return table_content(con, "t").content_hash


@pytest.mark.series("test_a_long_history_is_built_in_batches")
@pytest.mark.own_run("the order of builds is what is compared")
def test_single_months_in_any_order_equal_one_range(small: Home, tmp_path: Path) -> None:
    """Facts replace exactly the months of the window, whatever the order; the marts follow."""
    add(
        small,
        tmp_path,
        [row(m, value=str(n + 5)) for n, m in enumerate(("202402", "202404"))],
        months="2024-02..2024-04",
    )
    other = Home(Path(shutil.copytree(small.root, tmp_path / "other", symlinks=True)))
    released(small)
    state = Landing(other).state()
    snapshot.write(state, other.warehouse / "landing")
    for receipt in state.active:
        write_raw(other, receipt, receipt.scope.month_list)
    assert not run_dbt(other, names_of("dimensions")).failures
    months = list(month_range(parse_month("2024-01"), parse_month("2024-04")))
    random.Random(7).shuffle(months)
    before = fact_hash(other)
    for month in months:
        assert not run_dbt(other, names_of("facts"), window=Window({STREAM: [month]})).failures
    assert not run_dbt(other, names_of("marts")).failures
    assert fact_hash(other) == fact_hash(small) != before
    for mart in MARTS:
        assert fact_hash(other, mart) == fact_hash(small, mart)


@pytest.mark.own_run("dbt itself refuses")
def test_a_window_on_a_first_build_is_refused(small: Home) -> None:
    """It would leave only that window."""
    month = parse_month("2024-02")
    outcome = run_dbt(small, ["fct_trade_monthly"], window=Window({STREAM: [month]}), full_refresh=True)
    assert any("would leave only that window" in failure for failure in outcome.failures)
    assert Built.read(small).facts == 1


@pytest.mark.series
@pytest.mark.own_run("the batches of a build are compared")
def test_a_long_history_is_built_in_batches(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts from the start, and of many changed months, are the same in one go and in batches."""
    whole = {name: fact_hash(small, name) for name in ("fct_trade_monthly", "int_category_month")}
    months = list(month_range(parse_month("2024-01"), parse_month("2024-04")))
    size = many(2, 1)
    monkeypatch.setattr(settings(), "batch_rows", 6 * size)
    batches = plan(small, Landing(small).state()).batches({STREAM: months})
    assert batches == [{STREAM: months[n : n + size]} for n in range(0, len(months), size)]
    for anew in (True, False):
        for names in (names_of("facts"), windowed("marts")):
            assert not run_by_months(small, names, batches, full_refresh=anew).failures
        assert {name: fact_hash(small, name) for name in whole} == whole
