"""What commands print: no terminal obeys a cell, JSON is always JSON, and made-up figures say so wherever they are."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.store import Releases
from orchestration.terminal import output
from orchestration.terminal.run import RunSummary

#: Clears the screen, rings, ends the line, parts columns, hides what follows, turns the direction of writing.
HOSTILE = "x\x1b[2J\x07\r\n\tSYNTHETIC\x9b8m\u202e"


def is_plain(text: str) -> bool:
    """Nothing in it but characters that are shown, lines and tabs."""
    return all(character.isprintable() or character in "\n\t" for character in text)


@pytest.fixture
def hostile(small: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A release with such a name of a category; its reader takes it for sound."""
    monkeypatch.setattr("orchestration.releases.store.is_as_published", lambda *_: True)
    folder = Releases(small).folder()
    for name in (folder.name, "20990101T000000-aaaaaa"):
        if name != folder.name:
            shutil.copytree(folder, folder.with_name(name))
            with Releases(small).publication():
                Releases(small).switch(name, "published")
        (folder.with_name(name) / "trade.duckdb").chmod(0o644)
        with duckdb.connect(str(folder.with_name(name) / "trade.duckdb")) as con:
            con.execute("update dim_category set category_name = ?", [HOSTILE])
            con.execute("update mart_claim set text = ?", [HOSTILE])
    return small


@pytest.mark.parametrize(
    "command",
    (("query", "select category_name, [category_name] as several from dim_category"), ("claims",),
     ("query", f"select '{HOSTILE}' as \"{HOSTILE}\""), ("query", f"select error('{HOSTILE}')"),
     ("trace", "2024-01", HOSTILE, "8542"), ("withdraw", HOSTILE, "--reason", "x"), ("audit", "--release", HOSTILE),
     ("receive", f"{HOSTILE}.csv", "--source", "gacc")),
)  # fmt: skip
@pytest.mark.parametrize("as_json", (False, True))
def test_nothing_is_obeyed(hostile: Home, bonded, command: tuple[str, ...], as_json: bool) -> None:
    """In tables, in JSON, in refusals; a row stays a line, and its cells stay its cells."""
    _, out, err = bonded(*command, *(("--json",) if as_json else ()), "--home", str(hostile.root))
    assert is_plain(out) and is_plain(err)
    if as_json:
        assert json.loads(out)
    elif out:
        assert len({line.count("\t") for line in out.splitlines()}) == 1


def test_at_a_terminal_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And what looks like an instruction to the library that lays out tables is shown as it is."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    output.table([HOSTILE, "n"], [[HOSTILE, 1], ["[red]bold[/red]", 2], [["[b]", HOSTILE], 3]])
    said = capsys.readouterr().out
    # The library's own: bold, for the head of the table.
    assert is_plain(re.sub("\x1b\\[[01]m", "", said)) and "[red]bold[/red]" in said and "[b]" in said


def test_columns_of_one_name_are_all_told(small_home: Home, bonded) -> None:
    """As keys of JSON none may be lost; figures that JSON does not know are text."""
    sql = "select 1 as a, 2 as a, 'nan'::double as a, {'a': [1.5]} as b, map {date '2024-01-01': 1} as c"
    _, out, _ = bonded("query", sql, "--json", "--home", str(small_home.root))
    assert json.loads(out) == [{"a": 1, "a_1": 2, "a_2": "nan", "b": {"a": ["1.5"]}, "c": {"2024-01-01": 1}}]


@pytest.mark.parametrize(
    ("command", "code"),
    ((("query", "no SQL"), 1), (("trace", "2024-01", "502", "nothing"), 1), (("trace", "January", "502", "x"), 2),
     (("audit", "--release", "x9"), 1), (("audit", "--candidate", "c9"), 1), (("withdraw", "r9", "--reason", "x"), 1),
     (("diff", "a", "b"), 1), (("claims", "--release", "x9"), 1), (("releases", "--pin", "x9"), 1),
     (("run", "--months", "2024"), 2), (("status", "--no-such-option"), 2)),
)  # fmt: skip
def test_a_refusal_is_json_for_whoever_asks_for_it(small_home: Home, bonded, command, code: int) -> None:
    """What was wrong and what to do, and nothing else on standard output; in words beside it."""
    place = () if command[0] == "status" else ("--home", str(small_home.root))
    found, out, err = bonded(*command, "--json", *place)
    told = json.loads(out)
    assert found == code and told["error"] and "remedy" in told and err.startswith("Refused.")
    assert code == 2 or told["remedy"]


def test_where_something_is_wrong_stands_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    """File, line and column, as far as they are known."""
    output.refused(RefusalError("it is wrong", file="a.csv", line=3, remedy="mend it"), as_json=True)
    assert json.loads(capsys.readouterr().out) == {"error": "it is wrong", "file": "a.csv", "line": 3,
                                                   "remedy": "mend it"}  # fmt: skip


def test_made_up_figures_say_so_in_every_output(sample_home: Home, bonded) -> None:
    """With the release that they are of; in a real home nothing does."""
    current = Releases(sample_home).folder().name
    place = ("--home", str(sample_home.root))
    for command in (("claims",), ("query", "from v_ic limit 1"), ("status",), ("releases",), ("diff", current, current),
                    ("trace", "2024-10", "502", "integrated_circuits", "--scheme", "ic")):  # fmt: skip
        code, out, err = bonded(*command, *place)
        assert code == 0 and "SYNTHETIC DATA: every figure of release" in out + err and current in out + err, command
        _, out, _ = bonded(*command, "--json", *place)
        told = json.loads(out)
        if isinstance(told, dict):
            assert told["is_synthetic"] is True, command
    assert json.loads(bonded("claims", "--json", *place)[1])[0]["is_synthetic"] is True


def test_real_figures_do_not(small_home: Home, bonded) -> None:
    """A word too many is one that is not read any more."""
    code, out, err = bonded("query", "from release_info", "--home", str(small_home.root))
    assert code == 0 and "SYNTHETIC" not in out + err and not err


def test_what_no_category_holds_is_traced_in_the_fact(small_home: Home, bonded) -> None:
    """And said so; a code that no receipt has whole is not covered, one that nothing has is no category."""
    place = ("--home", str(small_home.root))
    _, out, _ = bonded("trace", "2024-01", "502", "854290", "--json", *place)
    asked = ("trace", "2024-01", "502", "85429", "--scheme", "ic", "--json")
    code, out, _ = bonded(*asked, *place)
    told = json.loads(out)
    assert code == 0 and told["category_scheme"] == "none" and "no category holds 85429" in told["remark"]
    assert (told["value_usd"], [r["lines"] for r in told["receipts"]]) == (1002, [[4]])
    assert "no category holds 85429" in bonded(*asked[:-1], *place)[1]
    code, _, err = bonded("trace", "2024-01", "all", "85429", *place)
    assert code == 1 and "not covered" in err
    code, _, err = bonded("trace", "2024-01", "502", "99999", *place)
    assert code == 1 and "there is no category" in err


def test_nobody_reads_any_more(small_home: Home) -> None:
    """As behind `head`: no trace."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "orchestration.terminal.cli", "query", "from range(200_000)", "--home"]
    done = subprocess.run(
        [*command, str(small_home.root)], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.returncode == 1 and not done.stderr


@pytest.mark.parametrize(("headline", "mart"), [
    ("2 cells of all partners together, 2024-01..2024-02", "mart_category_monthly"),
    ("2 cells, 2024-01..2024-02", "mart_partner_category_monthly"),
])  # fmt: skip
def test_what_is_to_be_typed_next_shows_rows(headline: str, mart: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A release of world files has no rows by partner."""
    output.run_summary(RunSummary("data/main", "published", "one", "one", None, [], [], headline=[headline]))
    assert f" query 'from {mart} limit 5' --home data/main" in capsys.readouterr().out
