"""The command as a person types it: exit codes, plain output in a pipe, no stack trace, the README's way."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.base.settings import PROJECT, Home
from orchestration.releases.store import Releases
from tests.conftest import REALDATA, declared, hs8_list, published, receive, row, tree, write_csv
from tests.test_docs import readme_walk

SOYBEANS = [
    "数据年月",
    "贸易伙伴编码",
    "贸易伙伴名称",
    "商品编码",
    "商品名称",
    "第一数量",
    "第一计量单位",
    "第二数量",
    "第二计量单位",
    "人民币",
]


FLAGS = ("--source", "gacc", "--flow", "import", "--hs", "8542", "--partners", "502", "--vintage", "2024-12-20")
WRONG_USAGE = {
    "no such command": ("recieve",),
    "no such option": ("status", "--hme", "x"),
    "a flow": ("receive", "f.csv", "--flow", "sideways"),
    "a code": ("receive", "f.csv", "--hs", "85x2"),
    "a partner": ("receive", "f.csv", "--partners", "U.S."),
    "a partner of the source": ("receive", "f.csv", "--source", "gacc", "--partners", "USA"),
    "a line longer than the source's": ("receive", "f.csv", "--source", "gacc", "--hs", "854231110"),
    "a reporter that the source does not have": ("receive", "f.csv", "--source", "gacc", "--reporter", "USA"),
    "months": ("receive", "f.csv", "--months", "2024-13"),
    "months backwards": ("receive", "f.csv", "--months", "2024-05..2024-01"),
    "months without an end": ("receive", "f.csv", "--months", "2024-01.."),
    "a vintage": ("receive", "f.csv", "--vintage", "yesterday"),
    "months of a run": ("run", "--months", "2024"),
    "months of a run backwards": ("run", "--months", "2024-05..2024-01"),
    "months of a fetch without an end": ("fetch", "--months", "2024-01.."),
    "months of a fetch without a beginning": ("fetch", "--months", "..2024-01"),
    "no reason": ("withdraw", "r1"),
    "a date to know as of": ("query", "select 1", "--as-of", "yesterday"),
    "a month to trace": ("trace", "January", "502", "memory"),
    "a flow to trace": ("trace", "2024-01", "502", "memory", "--flow", "in"),
}


@pytest.mark.parametrize("case", WRONG_USAGE)
def test_wrong_usage_exits_2(bonded, case: str) -> None:
    """And says what is wrong."""
    code, out, err = bonded(*WRONG_USAGE[case])
    assert code == 2 and err.startswith("Refused.") and not out


REFUSED = {
    "no such file": (("receive", "nowhere.csv", *FLAGS), "no such file"),
    "no such dataset": (("receive", "nowhere.csv", "--dataset", "chipz"), "no such file"),
    "no such receipt": (("withdraw", "r9", "--reason", "x"), "no receipt 'r9'"),
    "nothing received": (("run",), "holds nothing yet"),
    "nothing published": (("query", "select 1"), "nothing has been published"),
    "nothing to audit": (("audit",), "nothing has been published"),
    "no such candidate": (("audit", "--candidate", "c9"), "no candidate 'c9'"),
    "no such release": (("rollback", "x9"), "no release 'x9'"),
    "nothing to trace": (("trace", "2024-01", "502", "memory"), "nothing has been published"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_exit_1(bonded, case: str) -> None:
    """With the reason on standard error and nothing on standard output."""
    arguments, message = REFUSED[case]
    code, out, err = bonded(*arguments)
    assert (code, out) == (1, "") and message in err and ("Remedy:" in err or "no such" in err)


def test_several_files_stand_alone(bonded, tmp_path: Path) -> None:
    """The good one is received, the exit code is the worst; JSON says both."""
    good, bad = write_csv(tmp_path / "good.csv", [row()]), write_csv(tmp_path / "bad.csv", [row(partner="116")])
    code, out, err = bonded("receive", str(bad), str(good), *FLAGS, "--json")
    reports = json.loads(out)
    assert code == 1 and "bad.csv" in err and "lies outside" in reports[0]["refused"]
    assert reports[1]["new"] and reports[1]["receipt"]["scope"]["months"] == "2024-01..2024-01"
    code, out, _ = bonded("receive", str(good), *FLAGS)
    assert code == 0 and "nothing new" in out


def test_dry_run_prints_all_that_was_seen(bonded, home: Home, tmp_path: Path) -> None:
    """Layout, encoding, months, rows, sum, partners, prefixes, and old → new; landing stays as it was."""
    file = write_csv(tmp_path / "us.csv", [row(), row("202402", value="7")])
    before = tree(home.landing)
    code, out, _ = bonded("receive", str(file), *FLAGS, "--dry-run")
    assert code == 0
    for text in ("hs_code", "utf-8", "2024-01..2024-02", "1241", "502", "85", "2024-02\tnot covered\t7"):
        assert text in out
    assert {k for k in tree(home.landing) if k != ".lock"} == {k for k in before if k != ".lock"}


def test_a_code_list_from_the_command_line(bonded, tmp_path: Path) -> None:
    """Dry run, receipt, and a run that has no trade to build from."""
    file, flags = hs8_list(tmp_path / "lines.csv", 2019, {"01012100": "Horses"}), ("--source", "gacc_nomenclature")
    code, out, _ = bonded("receive", str(file), *flags, "--dry-run")
    assert code == 0 and "list\ths8\nyear\t2019\nlanguage\ten" in out and "units\tKilogram" in out
    code, out, _ = bonded("receive", str(file), *flags, "--vintage", "2019-01-05", "--json")
    assert code == 0 and json.loads(out)[0]["receipt"]["list"] == "hs8"
    code, out, _ = bonded("receive", str(file), *flags)
    assert code == 0 and "nothing new" in out
    renamed = hs8_list(tmp_path / "renamed.csv", 2019, {"01012100": "Live horses"})
    code, out, _ = bonded("receive", str(renamed), *flags, "--dry-run")
    assert code == 0 and "added\tremoved\trenamed\n0\t0\t1" in out
    code, out, err = bonded("receive", str(file), *flags, "--flow", "import")
    assert (code, out) == (1, "") and "flow does not fit" in err
    code, out, err = bonded("run")
    assert (code, out) == (1, "") and "holds no trade yet, only code lists" in err
    code, out, _ = bonded("status")
    assert code == 0 and "receipts: 0 that count, 0 withdrawn, code lists: 1" in out
    assert bonded("sample")[0] == 1


def test_the_sample_goes_to_the_inbox_of_its_datasets(bonded, home: Home) -> None:
    """A folder each, and how many files there are."""
    code, out, _ = bonded("sample")
    folders = {path.name for path in home.inbox.iterdir()}
    assert {"sample_chips", "sample_chips_world", "sample_chips_cny", "gacc_sample"} <= folders
    assert (code, out) == (0, f"{len(list(home.inbox.rglob('*.csv')))} synthetic files in {home.inbox}\n")


def test_a_document_from_the_command_line(bonded, tmp_path: Path) -> None:
    """A dry run shows what was seen and the figures; then the receipt, and a run that has no trade to build from."""
    file, flags = tmp_path / "rates.csv", ("--source", "exchange_rates")
    file.write_text("month,cny_per_usd\n2024-01,7.1\n2024-02,7.25\n", encoding="utf-8")
    code, out, _ = bonded("receive", str(file), *flags, "--dry-run")
    assert code == 0 and "table\tcny_per_usd_monthly\n" in out and "last_month\t2024-02\n" in out
    assert out.endswith("line\tmonth\tcny_per_usd\tprinted\n2\t2024-01\t7.1\t7.1\n3\t2024-02\t7.25\t7.25\n")
    code, out, _ = bonded("receive", str(file), *flags, "--dry-run", "--json")
    (_, figure) = json.loads(out)[0]["figures"]
    assert code == 0 and figure == {"line": 3, "month": "2024-02", "cny_per_usd": "7.25", "printed": "7.25"}
    code, out, _ = bonded("receive", str(file), *flags, "--vintage", "2024-03-01")
    assert code == 0 and "cny_per_usd_monthly" in out and "2 figures" in out
    code, out, _ = bonded("receive", str(file), *flags, "--json")
    assert code == 0 and json.loads(out)[0]["receipt"]["vintage"] == "2024-03-01" and not json.loads(out)[0]["new"]
    code, out, err = bonded("receive", str(file), *flags, "--hs", "all")
    assert (code, out) == (1, "") and "hs does not fit" in err
    code, out, err = bonded("run")
    assert (code, out) == (1, "") and "holds no trade yet, only documents" in err
    code, out, _ = bonded("status")
    assert code == 0 and "receipts: 0 that count, 0 withdrawn, documents: 1" in out


def test_status_in_a_pipe_is_plain(bonded, home: Home, tmp_path: Path) -> None:
    """Tab-separated, months as YYYY-MM, with the query to download."""
    receive(home, write_csv(tmp_path / "us.csv", [row()]), declared(dataset="us_chips"))
    code, out, _ = bonded("status")
    assert code == 0 and "us_chips\tactive\t2024-01\t2017-01..2023-12, 2024-02.." in out
    assert "download imports" in out and not any(ch in out for ch in "│─┃")
    code, out, _ = bonded("status", "--json")
    assert code == 0 and json.loads(out)["last_release"] is None


def test_reading_a_release(bonded, small: Home) -> None:
    """query, releases, audit, trace, doctor, diff on a published home."""
    place = ("--home", str(small.root))
    current = Releases(small).current_id()
    code, out, _ = bonded("query", "select count(*) as n from fct_trade_monthly", *place)
    assert (code, out) == (0, "n\n24\n")
    code, _, err = bonded("query", "create table x as select 1", *place)
    assert code == 1 and "read-only" in err
    code, _, err = bonded("query", "copy (select 1) to '/dev/null'", *place)
    assert code == 1
    assert [r["release_id"] for r in json.loads(bonded("releases", "--json", *place)[1])] == [current]
    code, out, _ = bonded("audit", *place)
    assert code == 0 and out.startswith(f"{current}: PASSED") and "layers\tpassed" in out
    assert bonded("audit", "--json", "--release", str(current), *place)[0] == 0
    code, _, err = bonded("trace", "2024-01", "502", "integrated_circuits", *place)
    assert code == 2 and "electronics, ic" in err
    found = json.loads(bonded("trace", "2024-01", "502", "integrated_circuits", "--scheme", "ic", "--json", *place)[1])
    assert found["value_usd"] == 2001 and found["value_local"] is None
    assert [(r["lines"], r["value_usd"]) for r in found["receipts"]] == [([2, 3], 2001)]
    assert bonded("trace", "2024-01", "all", "memory", *place)[0] == 1, "all partners are not covered"
    assert bonded("diff", str(current), str(current), *place)[1] == "the same content\n"
    code, out, _ = bonded("doctor", *place)
    assert code == 0 and "WRONG" not in out
    (small.releases / str(current) / "audit.html").unlink()
    (small.releases / str(current) / "audit.html").write_text("changed", encoding="utf-8")
    code, out, _ = bonded("doctor", *place)
    assert code == 1 and "audit.html is not what was published" in out


@pytest.mark.series("test_a_home_that_has_grown_equals_one_built_from_nothing")
@pytest.mark.own_run("raw and warehouse are removed before a run")
def test_everything_is_built_again_from_landing(small: Home) -> None:
    """Without raw and warehouse: the same content, so no release."""
    before = {p.name: p.read_bytes() for p in small.raw.rglob("*.parquet")}
    shutil.rmtree(small.raw)
    shutil.rmtree(small.warehouse)
    assert published(small).outcome == "unchanged"
    assert {p.name for p in small.raw.rglob("*.parquet")} == set(before)


def installed(*arguments: str) -> tuple[int, str, str]:
    """The installed command in a process of its own: exit code, standard output, standard error."""
    binary = Path(sys.executable).with_name("bonded")
    done = subprocess.run([str(binary), *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.own_run("the README's commands, from nothing to a release")
def test_the_beginners_way_of_the_readme(bonded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's commands, literally, with the genuine file where it is there and one like it elsewhere.

    The first as the program that is installed, the others by what that program calls.
    """
    genuine = REALDATA / "gacc_exports" / "soybeans_2023.csv"
    file = tmp_path / "soybeans_2023.csv"
    if genuine.exists():
        file.write_bytes(genuine.read_bytes())
    else:
        cells = [f"2023{m:02d}" for m in range(1, 13)]
        rows = [
            [m, p, "巴西", "12019019", "转基因黄大豆", "5", "千克", "0", "?", "1,000"]
            for m in cells
            for p in ("410", "502")
        ]
        write_csv(file, rows, SOYBEANS)
    monkeypatch.chdir(tmp_path)
    walk, receipt, seen = readme_walk(), "", []
    assert len(walk) >= 8 and sum("--flow export" in step for step in walk) == 2
    for step in walk:
        words = [receipt if w == "RECEIPT" else w for w in shlex.split(step)]
        assert words[0] == "bonded"
        code, out, err = bonded(*words[1:]) if seen else installed(*words[1:])
        assert code == 0, f"{step}\n{out}\n{err}"
        seen.append(out)
        if "received as" in out:
            receipt = out.split("received as ")[1].split()[0]
    home = Home(tmp_path / "data" / "mine")
    assert Releases(home).current_id() is not None and not Releases(home).manifest().is_synthetic
    assert "soybeans_2023.csv" in seen[-1] and len(Releases(home).manifest().withdrawals) == 1


def test_make_help_names_every_target() -> None:
    """The Makefile explains itself."""
    done = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=False)
    for target in ("run", "ui", "test", "clean"):
        assert f"  {target}" in done.stdout
