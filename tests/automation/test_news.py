"""What somebody outside is told of runs: each event once, whoever launched the run, with what is needed to act."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation

from orchestration.automation import news
from orchestration.automation.after import after_runs
from orchestration.automation.changes import figure_changed
from orchestration.automation.instance import end_dead_runs, instance
from orchestration.automation.news import tell_news
from orchestration.base.settings import PROJECT, Home, settings
from orchestration.definitions import defs
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.terminal.run import run_home
from tests.automation.test_launch_ways import damage
from tests.conftest import add, copied, row, write_csv
from tests.revisions import Revisions, revisions
from tests.test_docs import fences

__all__ = ["revisions"]

RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text(encoding="utf-8")
EXAMPLES = {said["event"]: said for said in map(json.loads, fences(RUNBOOK, "json"))}
WATCH = """watch:
  - {reporter: CHN, flow: import, partner: "502", scheme: ic, category: integrated_circuits, measure: value_usd}
"""
Heard = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def events() -> None:
    """Keep Dagster's events where they are read from."""


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What the command that is set as `BONDED_NOTIFY` has been told since it was asked last, in order of time."""
    told = tmp_path / "told"
    told.mkdir()
    monkeypatch.setattr(settings(), "notify", f"sh -c 'cat > \"{told}/$$\"'")
    monkeypatch.setattr(settings(), "notify_seconds", 60)

    def ask() -> list[dict[str, Any]]:
        files = list(told.iterdir())
        messages = [json.loads(file.read_bytes()) for file in files]
        for file in files:
            file.unlink()
        for message in messages:
            assert message.keys() == EXAMPLES[message["event"]].keys(), "as the runbook has it"
        return sorted(messages, key=lambda message: (message["time"], message["event"]))

    return ask


@pytest.fixture
def made(home: Home) -> Iterator[dg.DagsterInstance]:
    """The instance of an empty home."""
    with instance(home) as opened:
        yield opened


def launched(made: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    """A run under way, of which nothing more is heard."""
    job = defs.resolve_job_def("publish")
    return made.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)


@pytest.mark.series("test_a_run_that_another_launched_speaks_for_both")
@pytest.mark.own_run("runs that publish, refuse and fail are told of")
def test_runs_from_a_terminal(small: Home, tmp_path: Path, heard: Heard) -> None:
    """A publication, what it corrects of a watched series, a refused file; then nothing, since nothing is new; then a
    month that fails its audit.
    """
    add(small, tmp_path, [row("202404", value="77")], months="2024-04")
    small.watch.write_text(WATCH, encoding="utf-8")
    (small.inbox / "bad.csv").write_text("<html>", encoding="utf-8")
    summary = run_home(small, [])
    refused, publication, corrected = sorted(heard(), key=lambda message: message["event"], reverse=True)
    assert refused["event"] == "refused_file" and publication["event"] == "publication"
    assert corrected["event"] == "figure_changed" and corrected["release_id"] == summary.release_id
    assert corrected["text"] == summary.changed[0] and "2024-04: US$ 2,037 → 77" in corrected["text"]
    (file,) = refused["files"]
    assert file["file"] == "bad.csv" and "web page" in file["reason"] and "1 refused" in refused["text"]
    assert {name: publication[name] for name in ("home", "release_id", "last_month", "headline", "is_synthetic")} == {
        "home": str(small.root), "release_id": summary.release_id, "last_month": "2024-04",
        "headline": summary.headline, "is_synthetic": False,
    }  # fmt: skip
    assert publication["run_id"] and publication["time"].endswith("+00:00")
    assert run_home(small, []).outcome == "unchanged" and not heard()
    (small.inbox / "bad again.csv").write_text("<html>", encoding="utf-8")
    assert run_home(small, []).outcome == "unchanged"
    assert [message["files"][0]["file"] for message in heard()] == ["bad again.csv"]

    receipt = Landing(small).state().receipts[-1]
    Landing(small).withdraw(receipt.receipt_id, "a trial")
    damage(small)
    assert run_home(small, []).failure
    (failed,) = heard()
    assert failed["event"] == "failed_audit" and failed["release_id"] == summary.release_id
    assert {(found["gate"], found["month"], found["difference"]) for found in failed["findings"]} >= {
        ("layers", "2024-02", "5.000000")
    }
    assert [r["file"] for r in failed["receipts"]["2024-02"]] == ["first.csv"] and failed["candidate"] in failed["text"]
    with instance(small) as opened:
        assert isinstance(after_runs(dg.build_sensor_context(instance=opened)), dg.SkipReason)
    assert not heard(), "the daemon has nothing to add"


@pytest.mark.own_run("a home that has revised a month is built, once for all")
def test_what_a_release_says_otherwise_is_told_once(
    revisions: Revisions, tmp_path_factory: pytest.TempPathFactory, heard: Heard
) -> None:
    """Watched figures, flipped claims; that the list cannot be read; nothing of a release that is gone."""
    home = copied(revisions.built("march-1"), tmp_path_factory)
    release, flip = Releases(home).current_id() or "", {"was": "confirmed", "is_now": "contradicted", "detail": "0.52"}
    claim = {"claim_id": "c", "text": "more", "publisher": "a paper", "published_on": "2024-11-20", **flip}
    path = Releases(home).folder() / "release.json"
    said = json.loads(path.read_bytes())
    said["corrections"]["flips"] = [claim]
    path.chmod(0o644)
    path.write_text(json.dumps(said), encoding="utf-8")
    home.watch.write_text(WATCH, encoding="utf-8")

    def told(made: dg.DagsterInstance, release: str) -> list[dict[str, Any]]:
        shown = {"release_id": release, "outcome": "published"}
        made.report_runless_asset_event(dg.AssetMaterialization("release", metadata=shown))
        assert not tell_news(made, home, 0)
        return [message for message in heard() if message["event"] != "publication"]

    with instance(home) as made:
        claims, figures = told(made, release)
        assert (claims["event"], figures["event"]) == ("claim_changed", "figure_changed")
        assert claims["text"] == "“more” (a paper, 2024-11-20): confirmed → contradicted: 0.52"
        assert claims["claims"] == [{**claim, "sentence": claims["text"]}]
        (figure,) = figures["figures"]
        assert (figure["month"], figure["old_value"], figure["new_value"]) == ("2024-03", 2025, 1)
        assert figure["sentence"] == figures["text"] and "revised by the source (receipt r000002-" in figures["text"]
        assert not told(made, release) and not told(made, "20200101T000000-000000")
    home.watch.write_text(WATCH.replace("flow", "flo"), encoding="utf-8")
    broken = figure_changed(home, release)
    assert broken and broken.details["fault"] and "watch.yml, line 2" in broken.text
    home.watch.unlink()
    assert figure_changed(home, release) is None


def test_a_home_of_nothing_but_bad_files(home: Home, heard: Heard) -> None:
    """There is no run that could tell of it."""
    (home.inbox / "bad.csv").write_text("<html>", encoding="utf-8")
    assert run_home(home, []).failure
    (message,) = heard()
    assert (message["event"], message["release_id"], message["files"][0]["file"]) == ("refused_file", None, "bad.csv")


def test_a_killed_run_is_a_failed_run(home: Home, made: dg.DagsterInstance, heard: Heard) -> None:
    """Told by whoever finds it dead, once; not what had happened before anybody was to be told."""
    made.report_run_failed(launched(made), "long ago")
    tell_news(made, home, time.time())
    assert not heard()
    run = launched(made)
    (home.warehouse / "runs").mkdir()
    (home.warehouse / "runs" / f"{run.run_id}.lock").touch()
    end_dead_runs(made, home)
    assert "Done." in str(after_runs(dg.build_sensor_context(instance=made)).skip_message)  # type: ignore[union-attr]
    (message,) = heard()
    assert (message["event"], message["run_id"], message["job"]) == ("failed_run", run.run_id, "publish")
    assert message["text"] == "The process of this run ended before the run did."
    after_runs(dg.build_sensor_context(instance=made))
    assert not tell_news(made, home, 0) and not heard()


def test_a_run_that_another_launched_speaks_for_both(home: Home, made: dg.DagsterInstance, heard: Heard) -> None:
    """One failure is one event."""
    tell_news(made, home, time.time())
    outer = launched(made)
    inner = launched(made, **{news.LAUNCHED_BY: outer.run_id})
    for run in (inner, outer):
        made.report_run_failed(run, "the cause")
    assert not tell_news(made, home, 0)
    assert [message["run_id"] for message in heard()] == [inner.run_id]


def test_a_month_is_overdue_once(home: Home, made: dg.DagsterInstance, heard: Heard) -> None:
    """Told when it is new, by dataset; not each day; again if it was there in between."""

    def judged(**months: str) -> list[dict[str, Any]]:
        check = news.RECEIPTS, "nothing_overdue", not months, months
        made.report_runless_asset_event(AssetCheckEvaluation(*check))
        assert not tell_news(made, home, 0)
        return [message["overdue"] for message in heard()]

    assert not judged()
    assert judged(us_chips="2024-09, 2024-10") == [{"us_chips": ["2024-09", "2024-10"]}]
    assert not judged(us_chips="2024-09, 2024-10")
    both = {"us_chips": "2024-09, 2024-10, 2024-11", "world": "2024-11"}
    assert judged(**both) == [{"us_chips": ["2024-11"], "world": ["2024-11"]}]
    assert not judged(us_chips="2024-11")
    assert judged(us_chips="2024-10, 2024-11") == [{"us_chips": ["2024-10"]}]


def test_a_refused_file_is_told_of_once(home: Home, made: dg.DagsterInstance, heard: Heard) -> None:
    """However many runs find it lying there; again if it was gone in between, or lies there for another reason."""

    def lie(**files: str) -> list[list[str]]:
        made.report_runless_asset_event(AssetCheckEvaluation(news.RECEIPTS, "inbox_accepted", not files, files))
        assert not tell_news(made, home, 0)
        return [[file["file"] for file in message["files"]] for message in heard()]

    assert not lie()
    assert lie(a="no table") == [["a"]]
    assert not lie(a="no table") and lie(b="no table", a="no table") == [["b"]]
    assert lie(a="another year", b="no table") == [["a"]]
    assert not lie() and lie(b="no table") == [["b"]]
    more = {f"f{number:02}": "no table" for number in range(news.NAMED)}
    assert lie(**more) == [list(more)]
    assert not lie(**dict(list(more.items())[1:]), b="no table"), "that one was only not named"


def test_what_cannot_be_told_is_a_warning_in_the_log_of_the_run(
    home: Home, made: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And counts as told; the run is as it was."""
    monkeypatch.setattr(settings(), "notify", "/no such command")
    tell_news(made, home, time.time())
    run = launched(made)
    made.report_run_failed(run, "the cause")
    said = after_runs(dg.build_sensor_context(instance=made))
    why = "Nobody was told of the failed run: the command /no could not be started: No such file or directory."
    assert isinstance(said, dg.SkipReason) and said.skip_message == f"{why}; Done."
    warnings = [entry.user_message or entry.message for entry in made.all_logs(run.run_id) if entry.level == 30]
    assert len(warnings) == 1 and why in warnings[0]
    assert made.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
    assert not tell_news(made, home, 0)


def test_no_fault_of_telling_fails_a_run(
    home: Home, made: dg.DagsterInstance, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong while the news is gathered; and without `BONDED_NOTIFY` nothing is looked at."""
    monkeypatch.setattr(news, "_untold", lambda *_: {}["no such thing"])
    assert tell_news(made, home, 0) == ["Nobody was told of what has happened: KeyError: 'no such thing'"]
    monkeypatch.setattr(settings(), "notify", None)
    assert tell_news(made, home, 0) == [] and not heard()


def test_a_file_that_is_refused_reaches_the_message_as_it_is_shown(home: Home, heard: Heard) -> None:
    """Without control characters."""
    write_csv(home.inbox / "x\x1b[31m" / "a.csv", [row()])
    assert run_home(home, []).failure
    (message,) = heard()
    assert "\x1b" not in str(message)
