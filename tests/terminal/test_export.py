"""bonded export and bonded query --format: where a file goes, what is said beside it, and what the exit code says."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from orchestration.base.settings import Home
from orchestration.releases.handing_on.format import Format
from orchestration.releases.store import Releases
from orchestration.releases.terms import told
from orchestration.terminal import output
from orchestration.terminal.layout import shown

VIEW = "v_ic_by_partner"


@pytest.fixture
def place(small_home: Home) -> tuple[str, str]:
    """The home, as it is typed."""
    return "--home", str(small_home.root)


def test_what_a_file_is_follows_from_its_name(bonded, place: tuple[str, str], tmp_path: Path) -> None:
    """Else from what was said; a name that says nothing is wrong usage."""
    for name in ("x.csv", "x.xlsx", "x.PARQUET", "x.json"):
        code, out, err = bonded("export", VIEW, "--out", str(tmp_path / name), *place)
        assert (code, err) == (0, "") and f"{tmp_path / name}: 8 rows" in out
    assert openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames == ["data", "notes"]
    assert pq.read_table(tmp_path / "x.PARQUET").num_rows == len(json.loads((tmp_path / "x.json").read_text())) == 8
    code, _, err = bonded("export", VIEW, "--out", str(tmp_path / "x.txt"), *place)
    assert code == 2 and "--format" in err and not (tmp_path / "x.txt").exists()
    assert bonded("export", VIEW, "--out", str(tmp_path / "x.txt"), "--format", "csv", *place)[0] == 0
    assert (tmp_path / "x.txt").read_bytes() == (tmp_path / "x.csv").read_bytes()


def test_standard_output_is_the_file_alone(bonded, place: tuple[str, str]) -> None:
    """Of a table, a scheme, a question; - is standard output, too."""
    code, out, err = bonded("export", VIEW, *place)
    assert (code, err) == (0, "") and len(out.splitlines()) == 9
    assert bonded("export", VIEW, "--out", "-", *place)[1] == out
    assert bonded("query", f"from {VIEW}", "--format", "csv", *place)[1] == out
    assert bonded("export", "--sql", f"from {VIEW}", *place)[1] == out
    assert bonded("export", "--scheme", "ic", *place)[1].startswith('"source","reporter"')


@pytest.mark.parametrize(
    ("typed", "code", "word"),
    (((), 2, "one of them"), ((VIEW, "--sql", "select 1"), 2, "one of them"),
     ((VIEW, "--scheme", "ic"), 2, "one of them"), (("v_icc",), 1, "near it: v_ic"),
     (("--scheme", "nothing"), 1, "no table or view"), ((VIEW, "--json"), 2, "--out"),
     ((VIEW, "--as-of", "May"), 2, "YYYY-MM-DD"), ((VIEW, "--format", "xls"), 2, "xls"),
     (("--sql", "drop table x"), 1, "one question"), ((VIEW, "--release", "x9"), 1, "no release"),
     ((VIEW, "--out", "/nowhere/x.csv"), 1, "no such folder")),
)  # fmt: skip
def test_what_cannot_be_is_said(bonded, place: tuple[str, str], typed: tuple[str, ...], code: int, word: str) -> None:
    """With the exit code of a refusal or of wrong usage; nothing on standard output."""
    found, out, err = bonded("export", *typed, *place)
    assert found == code and word in err and (not out or "--json" in typed)


def test_a_file_that_is_there_stays(bonded, place: tuple[str, str], tmp_path: Path) -> None:
    """Unless it is to be written over; what was done is told as JSON, too."""
    file = tmp_path / "x.csv"
    file.write_text("mine")
    code, _, err = bonded("export", VIEW, "--out", str(file), *place)
    assert code == 1 and "--force" in err and file.read_text() == "mine"
    code, out, _ = bonded("export", VIEW, "--out", str(file), "--force", "--json", *place)
    said = json.loads(out)
    assert code == 0 and (said["rows"], said["is_synthetic"], said["left_out"]) == (8, False, {})
    assert file.read_text().count(said["release_id"]) == 8


def test_an_answer_is_written_as_a_table_is(bonded, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each format that there is; the other options of a query stay what they were."""
    handed: list[bytes] = []
    monkeypatch.setattr("orchestration.terminal.handing._hand_over", lambda aside: handed.append(aside.read()))
    for form in Format:
        assert bonded("query", "select 1 as n", "--format", form, *place)[0] == 0
        assert bonded("query", "select 1 as n", "--format", form, "--json", *place)[0] == 2
    release_id = Releases(Home(Path(place[1]))).folder().name
    csv, excel, xlsx, parquet, text = handed
    assert csv.decode() == f'"n","release_id","is_synthetic"\r\n1,"{release_id}",false\r\n'
    assert excel == b"\xef\xbb\xbf" + csv
    row = {"n": 1, "release_id": release_id, "is_synthetic": False}
    assert json.loads(text) == pq.read_table(io.BytesIO(parquet)).to_pylist() == [row]
    cells = openpyxl.load_workbook(io.BytesIO(xlsx))["data"].iter_rows(values_only=True)
    assert list(cells) == [tuple(row), tuple(row.values())]
    assert bonded("query", "select 1 as n", "--format", "table", *place)[1] == "n\n1\n"
    assert json.loads(bonded("query", "select 1 as n", "--json", *place)[1]) == [{"n": 1}]
    assert bonded("query", "select 1 as n", "--format", "xls", *place)[0] == 2


def test_rows_that_stay_are_left_out_and_said(small: Home, bonded) -> None:
    """Sums leave with the terms beside them; whoever looks at his own home sees all of it."""
    path = Releases(small).folder() / "release.json"
    said = json.loads(path.read_text())
    said["terms"]["gacc"] |= {"may_be_passed_on": False, "terms": "Ask first."}
    path.chmod(0o644)
    path.write_text(json.dumps(said))
    place = ("--home", str(small.root))
    code, out, err = bonded("export", "fct_trade_monthly", *place)
    assert code == 1 and not out and "nothing remains" in err and "PERMISSION" in err
    code, out, err = bonded("export", VIEW, *place)
    assert code == 0 and out and told(Releases(small).manifest())[0] in err
    code, out, err = bonded("query", "select count(*) from fct_trade_monthly", "--format", "csv", *place)
    assert code == 0 and out.splitlines()[1].startswith("0,") and "24 rows of gacc" in err
    assert bonded("query", "select count(*) from fct_trade_monthly", *place)[1].splitlines()[1] == "24"


def test_a_terminal_obeys_nothing_and_is_shown_no_workbook(
    bonded, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Characters that it would obey are escapes; what is no text is refused with the file to name."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for name in ("xlsx", "parquet"):
        code, out, err = bonded("export", VIEW, "--format", name, *place)
        assert (code, out) == (1, "") and f"--out {VIEW}.{name}" in err
    _, out, _ = bonded("query", "select 'a' || chr(27) || '[2J' as x", "--format", "csv", *place)
    assert "\x1b" not in out and "\\x1b[2J" in out


def lines(columns: list[str], rows: list[list[object]], width: int) -> list[str]:
    """A table at a terminal of that width, without the library's own signs for bold."""
    console = Console(width=width, force_terminal=True, color_system=None, record=True, file=io.StringIO())
    shown(columns, rows, console)
    return [line.rstrip() for line in console.export_text().splitlines()]


FIGURES = ["month", "partner", "value_usd", "value_usd_yoy"]
ROW = ["2024-10", "United States", 1_111_004_386, 0.6009]


@pytest.mark.parametrize("width", range(12, 100, 4))
def test_a_table_fits_its_terminal(width: int) -> None:
    """No line is wider, and no figure is cut or parted, whatever the width."""
    found = lines(FIGURES, [ROW, ROW], width)
    assert all(len(line) <= width for line in found)
    text = "\n".join(found)
    is_turned = "row 2" in text
    assert is_turned == (width < len("month    partner        value_usd  value_usd_yoy") + 3)
    if width >= 32:
        assert text.count("1,111,004,386") == text.count("0.6009") == 2
    names = re.findall(r"(?m)^(value_usd|partner) ", text)
    assert not is_turned or width < 32 or names == ["partner", "value_usd"] * 2


def test_long_texts_are_folded_and_figures_stay_whole() -> None:
    """A table of few columns is not turned for a sentence."""
    found = lines(["n", "what it says"], [[1_234_567, "word " * 40]], 60)
    assert "1,234,567" in found[1] and len(found) > 3 and "row 1" not in found[0]


def test_a_pipe_gets_what_it_got(capsys: pytest.CaptureFixture[str]) -> None:
    """However wide: a line a row."""
    output.table(FIGURES * 9, [ROW * 9])
    assert [line.count("\t") for line in capsys.readouterr().out.splitlines()] == [35, 35]
