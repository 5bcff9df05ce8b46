"""`bonded story chips` from end to end, on a server of this machine that answers as UN Comtrade does."""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from orchestration.base.settings import Home, settings
from orchestration.landing.store import Landing
from orchestration.releases.as_of import as_of
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from orchestration.releases.terms import may_leave
from orchestration.stories.declared import load_story
from orchestration.terminal.story import follow
from tests.conftest import copied, query, tree
from tests.sources.comtrade.server import Comtrade, Fault, serving
from tests.stories.figures import MONTHS, chips

KEY = "made-up-0123456789"
SENTENCE = (
    "China bought US$1.11 bn worth of integrated circuits from the United States in October 2024, up 60 % on "
    "a year before; US$9.61 bn in January to October 2024, up 42.5 %; five months in a row at US$1 bn or more, since "
    "June 2024; four of the four types that six digits tell apart."
)
OCTOBER = "2024-10 842 integrated_circuits --scheme ic --source comtrade --reporter CHN"
TERMS = "UN Comtrade database, United Nations Statistics Division. Copyright United Nations; for internal use, rows"
YTD = "select value_usd_ytd from v_ic_by_partner where month = '2024-10-01'"

pytestmark = pytest.mark.own_run("a story makes its home: one for the tests of this file, and a copy for a revision")


@contextmanager
def asking(address: str) -> Iterator[None]:
    """Comtrade is asked there, with a key and without a pause."""
    said = {"ADDRESS": address, "KEY": KEY, "PAUSE": "0"}
    with mock.patch.dict(os.environ, {f"BONDED_COMTRADE_{name}": value for name, value in said.items()}):
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Comtrade]:
    known = Comtrade(keys={KEY})
    known.publish(chips(MONTHS), "2024-11-19")
    with serving(known):
        yield known


@pytest.fixture(scope="module")
def once(server: Comtrade, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The story's home, told for the first time."""
    home = Home(tmp_path_factory.mktemp("story") / "home")
    with asking(server.address):
        course = follow(home, "chips", load_story("chips"))
    assert course.ok and course.told and course.told.sentence == SENTENCE, course.summary.failure
    assert len(server.log) == 5, "what is out, and four questions"
    return home


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody answers, and nobody waits for it."""
    monkeypatch.setattr(settings(), "fetch_attempts", 1)
    with asking("http://127.0.0.1:9"):
        yield


def test_word_by_word(bonded: Any, once: Home, server: Comtrade) -> None:
    """Told again, it asks only what is out, and prints the sentence; each figure has an address that answers."""
    asked = list(server.asked)
    before = len(server.log)
    with asking(server.address):
        code, out, _ = bonded("story", "chips", "--home", str(once.root))
    lines = out.splitlines()
    release = Releases(once).current_id()
    assert code == 0 and lines[0] == lines[-1] == f"SYNTHETIC DATA: every figure of release {release} is made up."
    assert lines[1:5] == ["Chips that China buys from the United States", "", SENTENCE, ""]
    assert lines[5].startswith(f"as of release {release}, made on ") and lines[5].endswith("; latest month 2024-10")
    assert lines[6].startswith(
        "comtrade_us_chips: complete: 22 months held, 2023-01..2024-10; not out yet: 2015-01..2022-12"
    )
    assert "growth: up 60 % (+60.098 % in 2024-10, on US$ 694,262,010 in 2023-10, from [1] [2])" in lines
    assert "so_far: US$9.61 bn (US$ 9,612,242,460 in 2024-01..2024-10, from [1])" in lines
    assert f"[1] {server.address}/data/v1/get/C/M/HS?reporterCode=156&period=202401,202402," in out
    assert f"TERMS: {TERMS}" in out and len(server.log) == before + 1 and server.asked == asked
    assert len(set(asked)) == len(asked) == 4
    command = next(line.strip() for line in lines if f"trace {OCTOBER}" in line)
    code, out, err = bonded(*shlex.split(command)[1:])
    assert code == 0 and "USD 1,111,497,548" in out and f"TERMS: comtrade: {TERMS}" in err


def test_as_json(bonded: Any, once: Home, server: Comtrade) -> None:
    with asking(server.address):
        code, out, _ = bonded("story", "chips", "--home", str(once.root), "--json")
    said = json.loads(out)
    assert code == 0 and said["sentence"] == SENTENCE and said["is_synthetic"] and said["ok"]
    figures = {figure["name"]: figure for figure in said["figures"]}
    assert figures["value"]["value"] == 1_111_497_548 and figures["types"]["value"] == 4
    assert figures["so_far_growth"]["base"] == {"measure": "value_usd_ytd", "month": "2023-10", "value": 6_744_685_473}
    assert len(figures["so_far_growth"]["trace"]) == 20 and len(figures["streak"]["trace"]) == 5
    assert all(figure["trace"] and figure["addresses"] for figure in figures.values())
    assert [(c["verdict_then"], c["verdict_now"]) for c in said["claims"]] == [("confirmed", "confirmed")] * 7
    assert said["terms"] == [figure for figure in said["terms"] if figure.startswith(TERMS)] != []


def test_the_key_stands_nowhere(bonded: Any, once: Home, server: Comtrade) -> None:
    """It was sent; and it is in no file of the home, whatever kind of file, nor in anything printed."""
    assert {one.key for one in server.log} == {KEY}
    files = tree(once.root)
    assert len(files) > 50 and not [name for name, content in files.items() if KEY.encode() in content]
    with asking(server.address):
        printed = [text for words in (("story", "chips"), ("status",), ("fetch",))
                   for text in bonded(*words, "--home", str(once.root))[1:]]  # fmt: skip
    assert any(printed) and not [text for text in printed if KEY in text]


def test_its_terms_travel(bonded: Any, once: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the table, the manifest, the page, what a run prints, and beside the rows of a query; who may pass rows on."""
    folder, said = Releases(once).opened()
    assert query(once, "select source, may_be_passed_on, attribution || '. ' || terms from dim_source") == [
        ("comtrade", False, f"{said.terms['comtrade'].attribution}. {said.terms['comtrade'].terms}")
    ]
    assert TERMS in (folder / "audit.html").read_text(encoding="utf-8")
    code, out, _ = bonded("run", "--home", str(once.root))
    assert code == 0 and out.splitlines()[-1].startswith(f"TERMS: comtrade: {TERMS}")
    code, out, err = bonded("query", "select 1 as one", "--home", str(once.root), "--json")
    assert json.loads(out) == [{"one": 1}] and f"TERMS: comtrade: {TERMS}" in err
    assert may_leave(said) == frozenset()
    monkeypatch.setenv("BONDED_COMTRADE_PERMISSION", "UN Statistics Division, letter of 2 May 2025")
    assert may_leave(said) == {"comtrade"}
    assert "Permission to pass rows on: UN Statistics" in bonded("query", "select 1", "--home", str(once.root))[2]


@pytest.mark.usefixtures("offline")
def test_without_a_network_nothing_is_done(bonded: Any, tmp_path: Path) -> None:
    """One line says so, and what would be asked; no record of it is left, nor anything active."""
    code, out, err = bonded("story", "chips", "--home", str(tmp_path / "none"))
    line, remedy, *rest = err.splitlines()
    assert (code, out, rest) == (1, "", []) and set(tree(tmp_path)) <= {"none/landing/asked/.comtrade.lock"}
    assert line.startswith("Refused. comtrade cannot be reached at http://127.0.0.1:9: ")
    assert "; nothing has been done, " in line and " questions for comtrade_us_chips (2015-01..20" in line
    assert line.endswith(") would be asked") and remedy.endswith(f"bonded story chips --home {tmp_path / 'none'}")


@pytest.mark.usefixtures("offline")
def test_without_a_network_what_was_published_is_told(bonded: Any, once: Home) -> None:
    code, out, err = bonded("story", "chips", "--home", str(once.root))
    made = Releases(once).manifest().made_at
    assert code == 1 and SENTENCE in out and f"made on {made:%Y-%m-%d}; latest month 2024-10" in out
    assert out.startswith("comtrade_us_chips: 2015-01..2022-12, 2024-11..") and "would be asked for\n" in out
    assert err.startswith("Refused. comtrade_us_chips: comtrade cannot be reached at http://127.0.0.1:9")


def test_a_publisher_that_refuses(bonded: Any, once: Home, server: Comtrade) -> None:
    """In its own words, and what is held is told."""
    server.faults.append(Fault("quota", asked="getDa"))
    with asking(server.address):
        code, out, err = bonded("story", "chips", "--home", str(once.root))
    assert code == 1 and SENTENCE in out and "comtrade answers 403: Out of call volume quota." in err


@pytest.mark.series("test_a_revision_is_shown_and_the_past_stays")
def test_a_revision_is_told_beside_what_was_known(
    bonded: Any, once: Home, server: Comtrade, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A second vintage: sentence, claims, restatement and the past each answer for their day."""
    home, revised = copied(once, tmp_path_factory), copy.deepcopy(server)
    revised.log.clear()
    revised.publish(chips({"202409": 1_095_000_000}), "2024-12-18")
    with serving(revised), asking(revised.address):
        code, out, _ = bonded("story", "chips", "--home", str(home.root))
    assert code == 0 and "US$9.63 bn in January to October 2024, up 42.7 %; five months" in out
    assert len(revised.asked) == 2 and all("period=202401," in path for path in revised.asked)
    vintages = sorted(str(r.vintage) for r in Landing(home).state().receipts)
    assert vintages == ["2024-11-19"] * 4 + ["2024-12-18"] * 2
    claims = {c[0]: c[1:] for c in query(home, "select claim_id, verdict_then, verdict_now from mart_claim")}
    assert claims["un_us_ic_2024_01_10_value"] == ("confirmed", "contradicted")
    assert claims["un_us_ic_2024_10_value"] == ("confirmed", "confirmed")
    assert query(home, YTD) == [(9_627_242_460,)]
    assert run_sql(as_of(home, dt.date(2024, 12, 17)).folder, YTD)[1] == [(9_612_242_460,)]
    sql = "select count(*) from mart_partner_category_restatement "
    sql += "where category_code = 'integrated_circuits' and month = '2024-09-01'"
    assert query(home, sql)[0][0] > 0
