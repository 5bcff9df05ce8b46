"""Two receipts of one day that contradict each other: what is compared, what blocks, and both remedies."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.base.settings import Home, settings
from orchestration.landing.receive import receive, receive_trade
from orchestration.landing.records import Fetched
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases
from orchestration.warehouse.build import write_raw_files
from tests.conftest import (
    ENGLISH,
    REALDATA,
    declared,
    failed,
    many,
    released,
    row,
    write_csv,
)
from tests.gates.looking import evidence, only

GATE = "contradictions"
#: As customs say it of one day; the small home is of the same.
DAY = "2024-12-20"
NOON = dt.datetime(2024, 12, 20, 4, tzinfo=dt.UTC)
FIRST = [row("202402", "502", "85423110", "600"), row("202402", "502", "85423190", "700"),
         row("202402", "116", "85423110", "800"), row("202403", "502", "85423110", "900")]  # fmt: skip
SAID = {"partners": "116,502", "months": "2024-02..2024-03", "vintage": DAY}
REGIME = [*ENGLISH[:5], "Customs Regime code", "Customs Regime", *ENGLISH[5:]]
Finding = tuple[str, str, int, int, str]


def compared(home: Home, released_home: Home) -> pd.DataFrame:
    """What the gate compares of a home's landing; the release that it looks past is that of another."""
    write_raw_files(home, Landing(home).state())
    return evidence(home, Releases(released_home).folder() / DATABASE, [GATE])


def findings(frame: pd.DataFrame) -> list[Finding]:
    """Month, severity, how many differ of how many, and of what."""
    return sorted(
        (f"{r.month:%Y-%m}", r.severity, int(r.actual), r.n_compared, r.measure.removeprefix("differing "))
        for r in frame.itertuples()
    )


def changed(n: int, **cells: str) -> list[list[str]]:
    """The first rows with other text in one of them."""
    places = {"partner": 1, "hs": 3, "quantity": 5, "value": 9}
    rows = [list(line) for line in FIRST]
    for name, text in cells.items():
        rows[n][places[name]] = text
    return rows


def by_regime(rows: list[list[str]]) -> list[list[str]]:
    """The same split by one regime."""
    return [[*line[:5], "14", "Processing", *line[5:]] for line in rows]


BESIDE = "quantities beside equal value_usd"
EQUAL = [("2024-02", "block", 0, 3, "value_usd"), ("2024-02", "warn", 0, 3, BESIDE),
         ("2024-03", "block", 0, 1, "value_usd"), ("2024-03", "warn", 0, 1, BESIDE)]  # fmt: skip
CASES: dict[str, tuple[list[list[str]], dict[str, Any], list[Finding]]] = {
    "the same once more, in another order": (FIRST[::-1], {}, EQUAL),
    "another value in one cell": (
        changed(1, value="701"), {},
        [("2024-02", "block", 1, 3, "value_usd"), ("2024-02", "warn", 0, 2, BESIDE), *EQUAL[2:]],
    ),
    "a row that is not there": (
        FIRST[:3], {},
        [*EQUAL[:2], ("2024-03", "block", 1, 1, "value_usd")],
    ),
    "a row more": (
        [*FIRST, row("202403", "116", "85429000", "5")], {},
        [*EQUAL[:2], ("2024-03", "block", 1, 2, "value_usd"), EQUAL[3]],
    ),
    "a row more of no value": (
        [*FIRST, [*row("202403", "116", "85429000", "0", "0")[:7], "0", "Kilogram", "0"]], {},
        [*EQUAL[:2], ("2024-03", "block", 0, 2, "value_usd"), ("2024-03", "warn", 0, 2, BESIDE)],
    ),
    "another quantity": (
        changed(3, quantity="11"), {},
        [*EQUAL[:3], ("2024-03", "warn", 1, 1, BESIDE)],
    ),
    "a part of the scope, with other values beside it": (
        [row("202402", "502", "85423110", "601"), row("202402", "133", "85423110", "1")],
        {"hs": "854231", "partners": "133,502", "months": "2024-02"},
        [("2024-02", "block", 2, 2, "value_usd")],
    ),
    "every partner of a narrower heading": (
        [FIRST[1]], {"hs": "85423190", "partners": "all", "months": "2024-02"},
        [("2024-02", "block", 0, 1, "value_usd"), ("2024-02", "warn", 0, 1, BESIDE)],
    ),
    "partners beside": ([row("202402", "133", "85423110", "1")], {"partners": "133", "months": "2024-02"}, []),
    "codes beside": ([row("202402", "502", "85411000", "1")], {"hs": "8541", "months": "2024-02"}, []),
    "months beside": ([row("202401", "502", "85423110", "1")], {"months": "2024-01"}, []),
    "a later day": (changed(1, value="701"), {"vintage": "2024-12-21"}, []),
    "another flow": (changed(1, value="701"), {"flow": "export"}, []),
}  # fmt: skip


@pytest.mark.series
@pytest.mark.parametrize("case", many(("another value in one cell", "a row that is not there", "a later day"), CASES))
def test_what_is_compared(home: Home, small_home: Home, tmp_path: Path, case: str) -> None:
    """Cells of which both speak; a row in one alone differs, and what is not covered by both does not."""
    rows, said, expected = CASES[case]
    receive(home, write_csv(tmp_path / "first.csv", FIRST), declared(**SAID))
    receive(home, write_csv(tmp_path / "second.csv", rows), declared(**{**SAID, **said}))
    assert findings(compared(home, small_home)) == expected


def test_other_grains_and_currencies_are_not_compared(home: Home, small_home: Home, tmp_path: Path) -> None:
    """Grains have a gate of their own; dollars and yuan are no contradiction."""
    receive(home, write_csv(tmp_path / "first.csv", FIRST), declared(**SAID))
    receive(home, write_csv(tmp_path / "finer.csv", by_regime(changed(0, value="1")), REGIME), declared(**SAID))
    yuan = [*ENGLISH[:-1], "Renminbi Yuan"]
    receive(home, write_csv(tmp_path / "yuan.csv", changed(0, value="1"), yuan), declared(**SAID))
    assert compared(home, small_home).empty
    receive(home, write_csv(tmp_path / "regime.csv", by_regime(changed(0, value="2")), REGIME), declared(**SAID))
    frame = compared(home, small_home)
    assert findings(frame[frame["actual"] > 0]) == [("2024-02", "block", 1, 3, "value_usd")]
    assert "finer.csv" in frame["scope"].iloc[0] and "first.csv" not in set(frame["scope"])


def test_each_is_held_against_the_one_that_counts(home: Home, small_home: Home, tmp_path: Path) -> None:
    """Of three the last; where a later day decides a part, only the rest is compared; a withdrawn one is gone."""
    for name, rows in (("a", changed(0, value="1")), ("b", changed(0, value="2")), ("c", changed(0, value="2")[::-1])):
        receive(home, write_csv(tmp_path / f"{name}.csv", rows), declared(**SAID))
    frame = compared(home, small_home)
    (wrong,) = frame.loc[frame["actual"] > 0, "scope"]
    assert "(a.csv)" in wrong and "(c.csv)" in wrong
    assert frame.loc[frame["month"].map(str).str.startswith("2024-03"), "scope"].nunique() == 2
    later = {"vintage": "2024-12-21", "hs": "85423110", "partners": "502", "months": "2024-02"}
    last = receive(home, write_csv(tmp_path / "d.csv", [FIRST[0]]), declared(**later)).receipt
    assert not compared(home, small_home)["actual"].any()
    assert last is not None
    Landing(home).withdraw(last.receipt_id, "a test")
    assert compared(home, small_home)["actual"].any()
    Landing(home).withdraw(Landing(home).state().receipts[0].receipt_id, "a test")
    assert not compared(home, small_home)["actual"].any()


def asked(request: str) -> Fetched:
    """How an answer to a question came."""
    return Fetched(request=request, address=f"https://here{request}", status=200, fetched_at=NOON, is_own=True)


def test_answers_to_one_question_follow_each_other(home: Home, small_home: Home, tmp_path: Path) -> None:
    """The last of them speaks for all; it contradicts an answer to another question, and a file that was brought."""
    answers = {"a": ("/one", changed(0, value="1")), "b": ("/one", changed(0, value="2")), "c": ("/one", FIRST),
               "d": ("/other", FIRST)}  # fmt: skip
    for name, (request, rows) in answers.items():
        file = write_csv(tmp_path / f"{name}.csv", rows)
        assert receive_trade(home, file, declared(**SAID), fetched=asked(request)).is_new
    frame = compared(home, small_home)
    assert not frame["actual"].any() and {("c.csv" in s, "d.csv" in s) for s in frame["scope"]} == {(True, True)}
    receive_trade(home, write_csv(tmp_path / "e.csv", changed(0, value="3")), declared(**SAID), fetched=asked("/other"))
    frame = compared(home, small_home)
    (wrong,) = frame.loc[frame["actual"] > 0, "scope"]
    assert "(c.csv)" in wrong and "(e.csv)" in wrong
    for receipt in Landing(home).state().receipts[3:]:
        Landing(home).withdraw(receipt.receipt_id, "a test")
    assert compared(home, small_home).empty
    receive(home, write_csv(tmp_path / "brought.csv", changed(0, value="4")), declared(**SAID))
    frame = compared(home, small_home)
    (wrong,) = frame.loc[frame["actual"] > 0, "scope"]
    assert "(c.csv)" in wrong and "(brought.csv)" in wrong


@pytest.mark.own_run("contradictions stop a publication until one of the two goes")
def test_nothing_is_published_until_one_gives_way(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both receipts and both remedies are named; each remedy leaves the gate nothing to find, and one is published."""
    before = Releases(small).current_id()
    file = write_csv(tmp_path / "exports.csv", [row("202403", "502", "85423110", "5")])
    wrong = receive(small, file, declared(hs="85423110", months="2024-03")).receipt
    assert wrong is not None
    first, text = Landing(small).state().receipts[0], failed(small)
    assert Releases(small).current_id() == before
    assert f"{first.receipt_id} (first.csv) and {wrong.receipt_id} (exports.csv), both of {DAY}" in text
    assert "first 85423110 × 502: 1,012 and 5" in text
    assert f"bonded withdraw {wrong.receipt_id} --reason …" in text and "bonded receive FILE … --vintage …" in text
    assert (compared(small, small)["actual"] > 0).any()
    later = receive(small, file, declared(hs="85423110", months="2024-03", vintage="2024-12-21")).receipt
    assert later is not None and not (compared(small, small)["actual"] > 0).any()
    Landing(small).withdraw(later.receipt_id, "they are exports")
    assert (compared(small, small)["actual"] > 0).any()
    Landing(small).withdraw(wrong.receipt_id, "they are exports")
    monkeypatch.setattr(settings(), "expectations", only(tmp_path, GATE, "layers"))
    released(small)


@pytest.mark.realdata
def test_real_exports_declared_as_imports(home: Home, small_home: Home) -> None:
    """One wrong word, and 294.5 bn of soybeans would be 5.5 m: both receipts are named in every month."""
    for name in ("soybeans_2024in.csv", "soybeans_2024out.csv"):
        said = {"source": "gacc", "flow": "import", "hs": "1201", "partners": "402,410,502", "vintage": "2025-01-20"}
        receive(home, REALDATA / "gacc_exports" / name, Declaration.model_validate(said))
    frame = compared(home, small_home)
    values = frame[frame["severity"] == "block"]
    assert len(values) == 12 and (values["actual"] > 0).all()
    assert all("soybeans_2024in.csv" in scope and "soybeans_2024out.csv" in scope for scope in values["scope"])
