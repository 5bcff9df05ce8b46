"""The whole way on a small home: truth by receipts, publication only after the audit, nothing lost on the way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pytest

from orchestration.build_plan import Built
from orchestration.dbt_build import run_dbt
from orchestration.landing.receive import receive
from orchestration.landing.store import Landing, Receipt
from orchestration.release_calendar import month_range, parse_month
from orchestration.releases.content import table_content
from orchestration.releases.store import Releases
from orchestration.run import run_home
from orchestration.settings import PROJECT, Home
from tests.conftest import contents, declared, published, query, row, tree, write_csv

pytestmark = pytest.mark.xdist_group("small")
LINES = ("85423110", "85423190", "85429000")
MONTHS = ("202401", "202402", "202403", "202404")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Chips from the United States and Japan, four months, published."""
    folder = tmp_path_factory.mktemp("small")
    home = Home(folder / "home").create()
    rows = [
        row(month, partner, hs, value=f"{1_000 + n}")
        for n, (month, partner, hs) in enumerate((m, p, h) for m in MONTHS for p in ("502", "116") for h in LINES)
    ]
    receive(home, write_csv(folder / "first.csv", rows), declared(partners="116,502"))
    published(home)
    return home


@pytest.fixture
def copy(small: Home, tmp_path: Path) -> Home:
    """A copy of the small home, to be changed."""
    return Home(Path(shutil.copytree(small.root, tmp_path / "copy", symlinks=True)))


def add(home: Home, tmp_path: Path, rows: list[list[str]], **said: str) -> Receipt:
    """One more receipt, of a later vintage."""
    name = f"more{len(list(tmp_path.glob('*.csv')))}.csv"
    receipt = receive(home, write_csv(tmp_path / name, rows), declared(**{"vintage": "2025-01-20", **said})).receipt
    assert receipt is not None
    return receipt


def value(home: Home, month: str, partner: str = "502", release: str | None = None) -> int | None:
    """US dollars of integrated circuits in the mart."""
    rows = query(
        home,
        f"select value_usd from v_ic_by_partner where month = '{month}-01' and partner_code = '{partner}'",
        release,
    )
    return rows[0][0] if rows else None


def test_running_again_changes_nothing(copy: Home) -> None:
    """No release, no content hash, no byte of landing or of the release."""
    before, landing = tree(copy.releases / "current"), tree(copy.landing)
    assert published(copy).outcome == "unchanged"
    assert run_home(copy, [parse_month("2024-02")]).outcome == "unchanged"
    assert tree(copy.releases / "current") == before and tree(copy.landing) == landing
    assert len(Releases(copy).ids()) == 1 and not list(copy.candidates.glob("[0-9]*"))


def test_a_later_receipt_counts_whole_and_withdrawing_it_brings_the_old_back(copy: Home, tmp_path: Path) -> None:
    """A cell that the later receipt lacks is 0; the older release still answers as before."""
    first = Releases(copy).current_id()
    before = contents(copy)
    later = add(copy, tmp_path, [row("202403", "116", value="7")], partners="116,502", months="2024-03")
    assert published(copy).outcome == "published"
    assert value(copy, "2024-03") == 0 and value(copy, "2024-03", "116") == 7
    assert value(copy, "2024-03", release=first) not in (0, None)
    assert query(
        copy, "select value_usd_mom from v_ic_by_partner where partner_code = '502' and month = '2024-03-01'"
    ) == [(-1.0,)]
    Landing(copy).withdraw(later.receipt_id, "a trial")
    assert published(copy).outcome == "published"
    marts = {t: h for t, h in contents(copy).items() if t.startswith("mart")}
    assert marts == {t: h for t, h in before.items() if t.startswith("mart")}
    assert Releases(copy).manifest().withdrawals[0].reason == "a trial"


def test_an_older_vintage_that_arrives_late_changes_nothing(copy: Home, tmp_path: Path) -> None:
    """Later is said of the vintage, not of the day of receipt."""
    before = contents(copy)["mart_partner_category_monthly"]
    add(copy, tmp_path, [row("202403", value="9")], vintage="2024-06-20", months="2024-03")
    published(copy)
    assert contents(copy)["mart_partner_category_monthly"] == before


def test_many_unknown_codes_block_and_say_so(copy: Home, tmp_path: Path) -> None:
    """Above half a percent nothing is published; the candidate is kept, and the run says what, where, how much."""
    before = Releases(copy).current_id()
    rows = [row("202402", value="1,000"), row("202402", "777", value="900")]
    bad = add(copy, tmp_path, rows, partners="all", months="2024-02")
    summary = run_home(copy, [])
    assert not summary.ok and summary.failure is not None
    assert "domains: gacc import 2024-02" in summary.failure and "unknown partner 777" in summary.failure
    assert "found 900" in summary.failure and Releases(copy).current_id() == before
    (kept,) = copy.candidates.glob("[0-9]*")
    assert (kept / "audit.html").exists() and kept.name in summary.failure
    with duckdb.connect(str(kept / "trade.duckdb"), read_only=True) as con:
        assert con.execute("select partner_code, value_usd, reason from quarantine").fetchall() == [
            ("777", 900, "unknown partner 777")
        ]
    assert not run_home(copy, []).ok, "while its candidate fails, every run fails"
    Landing(copy).withdraw(bad.receipt_id, "wrong partner codes")
    assert published(copy).ok


def test_a_few_unknown_codes_are_held_back_and_readable(copy: Home, tmp_path: Path) -> None:
    """Below half a percent the row is quarantined and the rest is published."""
    rows = [row("202402", value="1,000,000"), row("202402", "777", value="900")]
    add(copy, tmp_path, rows, partners="all", months="2024-02")
    published(copy)
    assert query(copy, "select line, value_usd, reason from quarantine") == [(3, 900, "unknown partner 777")]
    assert query(copy, "select value_usd from v_ic where month = '2024-02-01'") == [(1_000_000,)]


def test_a_missing_month_of_a_dataset_blocks(tmp_path: Path) -> None:
    """From the first to the last month that the home covers of a dataset, each must be there."""
    home = Home(tmp_path / "home").create()
    for month in ("202401", "202403"):
        write_csv(home.inbox / "us_chips" / f"{month}.csv", [row(month)])
    summary = run_home(home, [])
    assert summary.failure is not None and "continuity: us_chips 2024-02" in summary.failure
    assert Releases(home).current_id() is None
    write_csv(home.inbox / "us_chips" / "202402.csv", [row("202402")])
    assert published(home).outcome == "published"


def test_a_refused_inbox_file_does_not_stop_the_others(copy: Home) -> None:
    """It moves aside with its reason; the run publishes the rest and exits 1."""
    write_csv(copy.inbox / "us_chips" / "good.csv", [row("202405", value="5")])
    bad = write_csv(copy.inbox / "us_chips" / "bad.csv", [row("202405", "116")])
    (copy.inbox / "nobody").mkdir()
    shutil.copy(bad, copy.inbox / "nobody" / "lost.csv")
    summary = run_home(copy, [])
    assert not summary.ok and summary.failure is None and summary.outcome == "published"
    assert value(copy, "2024-05") == 5
    rejected = copy.inbox / "rejected"
    assert "116 lies outside" in (rejected / "bad.csv.reason.txt").read_text(encoding="utf-8")
    assert "no dataset 'nobody'" in (rejected / "lost.csv.reason.txt").read_text(encoding="utf-8")
    assert not bad.exists() and (copy.inbox / "us_chips" / "good.csv").exists()
    assert published(copy).outcome == "unchanged"


def fact_hash(home: Home, table: str = "fct_trade_monthly") -> str:
    """Content of a table of the build database, in the order of its key."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach '{home.build_database}' as build (read_only)")
        con.execute(f"create table t as from build.main.{table} order by all")
        return table_content(con, "t").content_hash


def test_single_months_in_any_order_equal_one_range(copy: Home, tmp_path: Path) -> None:
    """Facts replace exactly the months of the window, whatever the order; the marts follow."""
    add(
        copy,
        tmp_path,
        [row(m, value=str(n + 5)) for n, m in enumerate(("202402", "202404"))],
        months="2024-02..2024-04",
    )
    one, many = (Home(Path(shutil.copytree(copy.root, tmp_path / n, symlinks=True))) for n in ("one", "many"))
    published(one)
    from orchestration.landing import snapshot
    from orchestration.sources.raw import write_raw

    state = Landing(many).state()
    snapshot.write(state, many.warehouse / "landing")
    for receipt in state.active:
        write_raw(many, receipt, receipt.scope.month_list)
    months = list(month_range(parse_month("2024-01"), parse_month("2024-04")))
    random.Random(7).shuffle(months)
    before = fact_hash(many)
    for month in months:
        assert not run_dbt(many, "config.incremental_strategy:replace_months", window=(month, month)).failures
    assert not run_dbt(many, "bonded.marts").failures
    assert fact_hash(many) == fact_hash(one) != before
    for mart in ("mart_partner_category_monthly", "mart_category_monthly", "mart_coverage"):
        assert fact_hash(many, mart) == fact_hash(one, mart)


def test_marts_heal_themselves_to_what_a_full_rebuild_gives(copy: Home, tmp_path: Path) -> None:
    """After revisions, an emptied and a withdrawn month, every mart equals its full rebuild."""
    add(copy, tmp_path, [row("202401", value="3")], months="2024-01")
    published(copy)
    last = add(copy, tmp_path, [row("202405", value="8"), row("202406", value="8")])
    published(copy)
    add(copy, tmp_path, [], months="2024-02", vintage="2025-02-20")
    Landing(copy).withdraw(last.receipt_id, "a trial")
    published(copy)
    marts = ("mart_partner_category_monthly", "mart_category_monthly")
    healed = [fact_hash(copy, mart) for mart in marts]
    assert value(copy, "2024-06") is None and value(copy, "2024-02") == 0
    assert not run_dbt(copy, "bonded.marts", full_refresh=True).failures
    assert [fact_hash(copy, mart) for mart in marts] == healed


def test_a_window_on_a_first_build_is_refused(copy: Home) -> None:
    """It would leave only that window."""
    month = parse_month("2024-02")
    outcome = run_dbt(copy, "fct_trade_monthly", window=(month, month), full_refresh=True)
    assert any("would leave only that window" in failure for failure in outcome.failures)
    assert Built.read(copy).facts == 1


def test_a_reader_keeps_its_release_through_ten_publications(copy: Home, tmp_path: Path) -> None:
    """Also when retention has removed the folder under it."""
    path = Releases(copy).folder() / "trade.duckdb"
    sql = "select sum(value_usd) from fct_trade_monthly"
    with duckdb.connect(str(path), read_only=True) as reader:
        before = reader.execute(sql).fetchall()
        for n in range(10):
            add(copy, tmp_path, [row("202403", value=str(n + 1))], months="2024-03", vintage=f"2025-02-{n + 1:02d}")
            assert published(copy).outcome == "published"
            assert reader.execute(sql).fetchall() == before
    assert len(Releases(copy).ids()) == 11 and query(copy, sql) != before


def test_rollback_is_a_switch(copy: Home, tmp_path: Path) -> None:
    """And the next run publishes again what landing says."""
    first = Releases(copy).current_id()
    assert first is not None
    add(copy, tmp_path, [row("202403", value="1")], months="2024-03")
    second = published(copy).release_id
    Releases(copy).rollback(first)
    assert Releases(copy).current_id() == first and value(copy, "2024-03") != 1
    assert published(copy).outcome == "published" and Releases(copy).current_id() not in (first, second)
    assert value(copy, "2024-03") == 1


KILL = """
    import os, signal, sys
    from pathlib import Path
    from orchestration.releases import publish, store
    from orchestration.run import run_home
    from orchestration.settings import Home
    point = sys.argv[2]
    def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
    if point == "candidate": publish.candidate.database_content = die
    if point == "audit": publish.audit = die
    if point == "switch": store.Releases.switch = die
    if point == "log": store.json.dumps = die
    run_home(Home(Path(sys.argv[1])), [])
"""


@pytest.mark.parametrize("point", ["candidate", "audit", "switch", "log"])
def test_a_kill_while_publishing_leaves_all_whole(copy: Home, tmp_path: Path, point: str) -> None:
    """kill -9 at the candidate, in the audit, at the switch: readers see a whole release, the next run is green."""
    before = Releases(copy).current_id()
    landing = tree(copy.landing)
    add(copy, tmp_path, [row("202403", value="1")], months="2024-03")
    landing = tree(copy.landing)
    command = [sys.executable, "-c", textwrap.dedent(KILL), str(copy.root), point]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ.copy(), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    current = Releases(copy).current_id()
    assert (current == before) == (point != "log")
    assert value(copy, "2024-03") is not None and tree(copy.landing) == landing
    assert published(copy).outcome == ("unchanged" if point == "log" else "published")
    assert value(copy, "2024-03") == 1
    assert {p.name for p in copy.releases.iterdir() if p.is_dir() and not p.is_symlink()} == set(Releases(copy).ids())


def test_two_runs_at_once_make_one_release(copy: Home, tmp_path: Path) -> None:
    """The second waits for the first and finds nothing left to do."""
    add(copy, tmp_path, [row("202403", value="1")], months="2024-03")
    command = [sys.executable, "-m", "orchestration.cli", "run", "--home", str(copy.root)]
    runs = [
        subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    texts = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], texts
    assert sorted(text.split("release 2")[0].splitlines()[-1].split(":")[0] for text in texts) == [
        "published",
        "unchanged",
    ]
    assert len(Releases(copy).ids()) == 2
