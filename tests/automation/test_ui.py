"""What an engineer sees and does: the Dagster UI in a real browser, with one bad month, and what its dialogs launch.

One of each kind, through the UI's own server and daemon; more of them: `test_dialogs.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from orchestration.automation.instance import instance
from orchestration.automation.sensors import inbox_files
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.pages.serving import served_at
from orchestration.releases.store import Releases
from tests.assets.test_graph import graph
from tests.assets.test_runs import materialize
from tests.automation.control_room import ControlRoom, Run, control_room
from tests.automation.test_inbox_daemon import drop
from tests.conftest import build_wrongly, chromium, copied, csv_text, row, value

pytestmark = [pytest.mark.daemon, pytest.mark.own_run("runs are launched on it from the UI")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
BAD = "2024-02"
ALL = tuple(graph())
BUILD = "build_and_publish"
RANGE = {"dagster/asset_partition_range_start": "2024-01", "dagster/asset_partition_range_end": "2024-02"}


@pytest.fixture(scope="module")
def home(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of this file's own."""
    return copied(small_home, tmp_path_factory)


@pytest.fixture(scope="module")
def room(home: Home) -> Iterator[ControlRoom]:
    """Its UI and daemon."""
    with control_room(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def candidate(home: Home, room: ControlRoom) -> Path:  # noqa: ARG001 - the UI is up while the run fails
    """What a run has left for which the build database was off by five dollars in one month; it is right again."""
    cell = f"month = '{BAD}-01' and partner_code = '502' and commodity_code = '85423190'"
    before = Releases(home).current_id()
    build_wrongly(home, f"update fct_trade_monthly set value_usd = value_usd + 5 where {cell}")
    assert not materialize(home, "release").success and Releases(home).current_id() == before
    build_wrongly(home, f"update fct_trade_monthly set value_usd = value_usd - 5 where {cell}")
    (found,) = home.candidates.glob("[0-9]*")
    return found


@pytest.fixture(scope="module")
def browser(room: ControlRoom) -> Iterator[BrowserContext]:  # noqa: ARG001 - closed before it, since the UI waits for open pages
    """A headless browser, which reads the UI's program once."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched.new_context(viewport={"width": 1900, "height": 1000})
        launched.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A fresh page."""
    opened = browser.new_page()
    yield opened
    opened.close()


def seen(page: Page, address: str, *texts: str) -> str:
    """Open a page and wait until it shows the texts."""
    page.goto(address)
    for text in texts:
        page.get_by_text(text, exact=True).first.wait_for(timeout=60_000)
    return page.inner_text("body")


@pytest.mark.browser
def test_the_graph_by_stage(page: Page, room: ControlRoom) -> None:
    """From landing to release."""
    seen(page, f"{room.address}/asset-groups/", "landing", "raw", "staging", "core", "marts", "release")


@pytest.mark.browser
def test_partitions_are_months(page: Page, room: ControlRoom) -> None:
    """The four that were received are there."""
    text = seen(page, f"{room.address}/assets/fct_trade_monthly?view=partitions", "2026-10", "Materialized (4)")
    assert "Failed (0)" in text


@pytest.mark.browser
def test_the_failed_month_is_shown(page: Page, room: ControlRoom, candidate: Path) -> None:  # noqa: ARG001 - it failed
    """The gate that failed, its month first, with its figures; the others succeeded."""
    text = seen(
        page,
        f"{room.address}/assets/inspected_month?view=checks&checkDetail=layers",
        "Latest execution",
        "n_compared",
        "Succeeded",
    )
    gates = ("layers", "coverage", "domains", "facts", "growth")
    names: dict[str, str] = {}
    # The states of a long list come in one after the other.
    for _ in range(60):
        names = dict(re.findall(rf"\n({'|'.join(gates)})\n(?:\1\n)?(Succeeded|Failed)", text))
        if len(names) == len(gates):
            break
        page.wait_for_timeout(500)
        text = page.inner_text("body")
    assert names == {**dict.fromkeys(gates, "Succeeded"), "layers": "Failed"}
    latest = text.split("Latest execution")[1]
    assert BAD in latest and "difference" in latest


@pytest.mark.browser
def test_the_run_says_why(page: Page, room: ControlRoom, home: Home, candidate: Path) -> None:  # noqa: ARG001
    """The failed run names gate, dataset, month and difference."""
    with instance(home) as made:
        (run,) = made.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    page.goto(f"{room.address}/runs/{run.run_id}")
    page.get_by_text(f"layers: gacc import {BAD}").first.wait_for(timeout=60_000)


@pytest.mark.browser
def test_its_releases_are_shown_beside_it(page: Page, home: Home, room: ControlRoom) -> None:  # noqa: ARG001
    """The list leads to the page of each, and nothing is asked of any other host."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    address = served_at(home)
    assert address and str(Releases(home).current_id()) in seen(page, address, "Releases")
    page.get_by_role("link", name=Releases(home).current_id(), exact=True).click()
    page.wait_for_url(f"{address}/releases/*/")
    assert str(Releases(home).current_id()) in page.inner_text("body") and errors == []
    assert all(url.startswith((address, "data:")) for url in requests)


@pytest.mark.browser
def test_the_audit_page(page: Page, candidate: Path, sample_release: Path) -> None:
    """The candidate's page says FAILED, what and where, and asks nothing of any host; one of the sample: made up."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for folder, words in ((sample_release, ("PASSED", "SYNTHETIC")), (candidate, ("FAILED", BAD))):
        page.goto(f"file://{folder / 'audit.html'}")
        text = page.inner_text("body").upper()
        assert all(word in text for word in words)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert all(url.startswith("file://") for url in requests)


def steps(home: Home, runs: list[Run]) -> Counter[str]:
    """How often the runs took each step."""
    with instance(home) as made:
        logs = [event for run in runs for event in made.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_START)]
    return Counter(str(event.step_key) for event in logs)


def test_a_range_of_the_job_is_one_run(room: ControlRoom, home: Home) -> None:
    """As the dialog on the page of `build_and_publish` sends it, with the assets of the job by name."""
    runs = room.backfill([name for name in ALL if name != "inspected_month"], ["2024-01", "2024-02"], BUILD)
    assert [(run.job, run.status) for run in runs] == [(BUILD, "SUCCESS")] and runs[0].tags.items() >= RANGE.items()
    assert set(steps(home, runs).values()) == {1}


def test_a_file_in_the_inbox_is_released(room: ControlRoom, home: Home) -> None:
    """By the daemon's sensor, with nothing else done: the good ones; a bad one is set aside with its reason."""
    before = Landing(home).last_sequence()
    drop(home, "bad.csv", "<html>")
    for partner in ("110", "303"):
        drop(home, f"{partner}.csv", csv_text([row("202401", partner, value="99")]), partner)
    room.until("both receipts", lambda: Landing(home).last_sequence() == before + 2)
    runs = room.runs(tags=[{"key": "dagster/sensor_name", "value": inbox_files.name}])
    assert runs and {room.ended(run.run_id).status for run in runs} == {"SUCCESS"}
    assert value(home, "2024-01", "110") == value(home, "2024-01", "303") == 99
    assert "web page" in (home.inbox / "rejected" / "bad.csv.reason.txt").read_text(encoding="utf-8")
    for receipt in Landing(home).state().receipts:
        if receipt.sequence > before:
            Landing(home).withdraw(receipt.receipt_id, "a trial")
