"""What an engineer sees: the Dagster UI and the audit's page in a real browser, on the sample with one bad month."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import dagster as dg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from orchestration.automation.instance import instance
from orchestration.base.settings import Home
from orchestration.pages.serving import served_at
from orchestration.releases.store import Releases
from tests.assets.test_runs import materialize
from tests.automation.control_room import control_room
from tests.conftest import build_wrongly, chromium, copied

pytestmark = pytest.mark.browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
BAD = "2023-03"


@pytest.fixture(scope="module")
def damaged(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of the sample whose build database is off by five dollars in one month; its release has failed."""
    home = copied(sample_home, tmp_path_factory)
    # To the sensor of a copy all files are new: it would launch a run that fails as well.
    shutil.rmtree(home.inbox)
    build_wrongly(
        home,
        f"update fct_trade_monthly set value_usd = value_usd + 5 where month = '{BAD}-01' and partner_code = '502' "
        "and commodity_code = '85423190'",
    )
    before = Releases(home).current_id()
    assert not materialize(home, "release").success and Releases(home).current_id() == before
    return home


@pytest.fixture(scope="module")
def ui(damaged: Home) -> Iterator[str]:
    """The address of a Dagster UI on the damaged home, as `make ui &` starts it in a script; it ends on SIGTERM."""
    with control_room(damaged, os.environ) as room:
        yield room.address


@pytest.fixture(scope="module")
def browser(ui: str) -> Iterator[Browser]:  # noqa: ARG001 - closed before it, since the UI waits for open pages
    """A headless browser."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page."""
    opened = browser.new_page(viewport={"width": 1900, "height": 1000})
    yield opened
    opened.close()


def seen(page: Page, address: str, *texts: str) -> str:
    """Open a page and wait until it shows the texts."""
    page.goto(address)
    for text in texts:
        page.get_by_text(text, exact=True).first.wait_for(timeout=60_000)
    return page.inner_text("body")


def test_the_graph_by_stage(page: Page, ui: str) -> None:
    """From landing to release."""
    seen(page, f"{ui}/asset-groups/", "landing", "raw", "staging", "core", "marts", "release")


def test_partitions_are_months(page: Page, ui: str) -> None:
    """58 months of the sample are there."""
    text = seen(page, f"{ui}/assets/fct_trade_monthly?view=partitions", "2026-10", "Materialized (58)")
    assert "Failed (0)" in text


def test_the_failed_month_is_shown(page: Page, ui: str) -> None:
    """The gate that failed, its month first, with its figures; the others succeeded."""
    text = seen(
        page,
        f"{ui}/assets/inspected_month?view=checks&checkDetail=layers",
        "Latest execution",
        "n_compared",
        "Succeeded",
    )
    gates = ("layers", "additivity", "totals", "domains", "continuity")
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


def test_the_run_says_why(page: Page, ui: str, damaged: Home) -> None:
    """The failed run names gate, dataset, month and difference."""
    with instance(damaged) as made:
        (run,) = made.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    page.goto(f"{ui}/runs/{run.run_id}")
    page.get_by_text(f"layers: gacc_sample import {BAD}").first.wait_for(timeout=60_000)


def test_its_releases_are_shown_beside_it(page: Page, damaged: Home, ui: str) -> None:  # noqa: ARG001 - it is up
    """Made up, as they say; the list leads to the page of each, and nothing is asked of any other host."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    address = served_at(damaged)
    assert address and "SYNTHETIC DATA" in seen(page, address, "Releases")
    page.get_by_role("link", name=Releases(damaged).current_id(), exact=True).click()
    page.wait_for_url(f"{address}/releases/*/")
    assert "SYNTHETIC" in page.inner_text("body").upper() and errors == []
    assert all(url.startswith((address, "data:")) for url in requests)


def test_the_audit_page(page: Page, damaged: Home) -> None:
    """The candidate's page says FAILED, what and where, and asks nothing of any host."""
    (candidate,) = damaged.candidates.glob("[0-9]*")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"file://{candidate / 'audit.html'}")
    text = page.inner_text("body")
    assert "FAILED" in text and BAD in text and "SYNTHETIC" in text.upper()
    assert all(url.startswith("file://") for url in requests)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
