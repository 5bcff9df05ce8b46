"""Remedies are pasted into a shell: commands say again all that was typed; a file of the inbox gets its sidecar."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from orchestration.base.commands import bonded, word
from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.inbox import take_in
from orchestration.landing.names import sidecar
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from tests.conftest import ENGLISH, csv_text, declared, row, write_csv

NAMES = [
    "downloadData (63).csv",
    "it's $HOME; rm -rf *.csv",
    "芯片 é.csv",
    "\x1b[31mred\n.csv",
    os.fsdecode(b"\xff.csv"),
    "-x.csv",
]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `bonded` on the path that writes down its words, a line each, to the file that is returned."""
    said, program = tmp_path / "said", tmp_path / "bin" / "bonded"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" >> "{said}"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return said


def pasted(command: str, folder: Path) -> None:
    """Run what a remedy says, as somebody pastes it."""
    subprocess.run(["bash", "-c", command], cwd=folder, check=True)


def words(said: Path) -> list[str]:
    """What `bonded` was called with."""
    return [os.fsdecode(one) for one in said.read_bytes().split(b"\0")[:-1]]


def command_of(error: RefusalError) -> str:
    """The command at the end of a remedy."""
    assert error.remedy is not None and error.remedy.isprintable()
    return error.remedy[error.remedy.index("bonded ") :]


def refused(home: Home, file: Path, said: Declaration, **how: bool) -> RefusalError:
    """The refusal of a file as the command shows it."""
    with pytest.raises(RefusalError) as error:
        receive_file(home, file, said, **how)
    return error.value


@pytest.mark.parametrize("name", NAMES)
def test_the_command_says_again_what_was_typed(home: Home, tmp_path: Path, shell: Path, name: str) -> None:
    """Every flag, the home and the file, whatever its name; what only the sender knows can be pasted, too."""
    file = write_csv(tmp_path / name, [row()])
    flags = Declaration.model_validate(
        {"source": "gacc", "flow": "import", "hs": "8542,8541", "months": "2024-01..2024-02", "regimes": "10,14",
         "vintage": "2024-12-20", "header": ",".join(ENGLISH)}
    )  # fmt: skip
    pasted(command_of(refused(home, file, flags, dry_run=True)), tmp_path)
    expected = ["receive", str(file), "--source", "gacc", "--flow", "import", "--months", "2024-01..2024-02"]
    expected += ["--hs", "8541,8542", "--regimes", "10,14", "--vintage", "2024-12-20", "--dry-run"]
    assert words(shell) == [*expected, "--home", str(home.root)], "and the header is left out, since the file has one"


def test_a_header_is_typed_again(home: Home, tmp_path: Path, shell: Path) -> None:
    """It holds commas and blanks."""
    file = tmp_path / "us.csv"
    file.write_bytes(csv_text([row()], header=None).encode())
    header = ",".join(ENGLISH)
    pasted(command_of(refused(home, file, declared(header=header).model_copy(update={"hs": None}))), tmp_path)
    said = words(shell)
    assert said[said.index("--header") + 1] == header and said[said.index("--hs") + 1].startswith("<all")


CASES = {
    "partners world": ({"partners": "world"}, ["--partners", "<all, or codes: 402,502, or world>"]),
    "a vintage to come": ({"vintage": "2999-01-01"}, ["--vintage"]),
    "a vintage before the month's end": ({"vintage": "2024-01-30"}, ["--vintage"]),
    "codes outside": ({"hs": "8541"}, ["--hs", "<not 8541>"]),
    "months outside": ({"months": "2024-02"}, ["--months", "<not 2024-02>"]),
    "no source": ({"source": None}, ["--source", "gacc"]),
}


@pytest.mark.parametrize("case", CASES)
def test_every_refusal_of_a_declaration_has_its_command(home: Home, tmp_path: Path, shell: Path, case: str) -> None:
    """The part that is wrong is said anew, in its place."""
    said, part = CASES[case]
    flags = Declaration.model_validate({k: v for k, v in {**declared().model_dump(), **said}.items() if v is not None})
    pasted(command_of(refused(home, write_csv(tmp_path / "us.csv", [row()]), flags)), tmp_path)
    assert "\0".join(part) in "\0".join(words(shell)) and words(shell).count(part[0]) == 1


def test_bytes_under_another_declaration(home: Home, tmp_path: Path, shell: Path) -> None:
    """Both commands, one after the other."""
    file = write_csv(tmp_path / "us 1.csv", [row()])
    receipt = receive(home, file, declared()).receipt
    assert receipt is not None
    pasted(command_of(refused(home, file, declared(flow="export"))), tmp_path)
    said = words(shell)
    assert said[:4] == ["withdraw", receipt.receipt_id, "--reason", "<why>"]
    assert said[6:10] == ["receive", str(file), "--source", "gacc"] and "export" in said


def test_another_home(home: Home, tmp_path: Path, shell: Path) -> None:
    """Named once, and not the one that refuses."""
    receive(home, write_csv(tmp_path / "a.csv", [row()]), declared())
    pasted(
        command_of(refused(home, write_csv(tmp_path / "b.csv", [row(value="2")]), declared(source="gacc_sample"))),
        tmp_path,
    )
    assert words(shell)[-2:] == ["--home", "<another folder>"] and words(shell).count("--home") == 1


def test_scope_of_trade_for_a_document(home: Home, tmp_path: Path, shell: Path) -> None:
    """The parts that do not fit are left out."""
    file = tmp_path / "rates.csv"
    file.write_text("month,cny_per_usd\n2024-01,7.1\n", encoding="utf-8")
    flags = Declaration.model_validate({"source": "exchange_rates", "flow": "import", "hs": "all"})
    pasted(command_of(refused(home, file, flags)), tmp_path)
    assert words(shell) == ["receive", str(file), "--source", "exchange_rates", "--home", str(home.root)]


def test_the_first_line_of_a_spreadsheet_is_removed_and_the_file_received(
    home: Home, tmp_path: Path, shell: Path
) -> None:
    """The command as a whole."""
    file = tmp_path / "it's.csv"
    file.write_bytes(b"sep=,\r\n" + csv_text([row()]).encode())
    error = refused(home, file, declared())
    assert error.remedy is not None
    pasted(error.remedy[error.remedy.index("sed ") :], tmp_path)
    assert file.read_bytes() == csv_text([row()]).encode() and words(shell)[:2] == ["receive", str(file)]


def test_a_bare_shell_finds_the_program(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its path where it is not on the shell's own; the home that is taken anyway is not said."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(PROJECT)
    program = bonded("run", home=Home(PROJECT / "data" / "main"))
    assert program.endswith("bin/bonded run") and Path(PROJECT, program.split()[0]).exists()
    monkeypatch.chdir(home.root)
    assert Path(bonded("run", home=home).split()[0]).is_absolute() and word(home.root) in bonded("run", home=home)


@pytest.mark.parametrize("by", ["a flag", "a sidecar"])
def test_a_part_that_is_said_twice_is_left_out_where_it_was_typed(
    home: Home, tmp_path: Path, shell: Path, by: str
) -> None:
    """Of the command, if it stands there; a sidecar is somebody's file, and only named."""
    file = write_csv(tmp_path / "us.csv", [row()])
    flags = Declaration(dataset="us_chips", flow="export" if by == "a flag" else None)
    if by == "a sidecar":
        sidecar(file).write_text("flow: export\n", encoding="utf-8")
    error = refused(home, file, flags)
    assert error.remedy is not None and "where dataset us_chips is right, leave flow out of" in error.remedy
    assert ("bonded receive" in error.remedy) == (by == "a flag")
    if by == "a flag":
        pasted(command_of(error), tmp_path)
        assert words(shell) == ["receive", str(file), "--dataset", "us_chips", "--home", str(home.root)]


SIDECARS: dict[str, tuple[str, str, str | None, str]] = {
    "nothing is said": ("", "us.csv", None, "source flow hs partners missing"),
    "a source alone": ("gacc", "us (1).csv", None, "flow hs partners missing"),
    "some parts": ("gacc", "it's.csv", "flow: import\nvintage: 2024-12-20\nhs: [8542]\n", "partners missing"),
    "too few codes": ("us_chips", "芯片.csv", "hs: [85423110]\nvintage: 2024-12-20\n", "85423190 lies outside"),
    "a header too many": (
        "us_chips",
        "us.csv",
        'header: "Date of data,Commodity code"\nvintage: 2024-12-20\n',
        "one of its own",
    ),
    "a part that the folder says otherwise": ("us_chips", "us.csv", "flow: export\n", "says flow"),
    "a spreadsheet's line": ("us_chips", "us $1.csv", "vintage: 2024-12-20\n", "sep="),
}


@pytest.mark.parametrize("case", SIDECARS)
def test_a_file_of_the_inbox_gets_a_sidecar_and_goes_back(home: Home, case: str) -> None:
    """The command writes what the sidecar said with what has to change, and moves both back; then it is received, once
    the sender has said what only the sender knows.
    """
    folder, name, sidecar_text, what = SIDECARS[case]
    file = write_csv(home.inbox / folder / name, [row()])
    if case == "a spreadsheet's line":
        file.write_bytes(b"sep=,\r\n" + csv_text([row()]).encode())
    if sidecar_text:
        sidecar(file).write_text(sidecar_text, encoding="utf-8")
    ((aside, error),) = take_in(home).refused
    assert all(part in error.what for part in what.split()) and error.remedy is not None
    reason = aside.with_name(f"{aside.name}.reason.txt").read_text(encoding="utf-8")
    assert error.remedy in reason
    starts = [error.remedy.find(f": {start} ") for start in ("printf", "sed", "rm", "mv")]
    command = error.remedy[min(start for start in starts if start > 0) + 2 :]
    for blank, known in (("<import or export>", "import"), ("<all, or prefixes: 1201,8542>", "8542"),
                         ("<all, or codes: 402,502, or world>", "502"), ("<not 85423110>", "85423190")):  # fmt: skip
        command = command.replace(blank, known)
    pasted(command, home.root)
    outcome = take_in(home)
    assert len(outcome.received) == 1, [str(error) for _, error in outcome.refused]
    (receipt,) = Landing(home).state().receipts
    assert receipt.scope.partners == ("502",) and not aside.exists()
    assert "2024-12-20" not in (sidecar_text or "") or str(receipt.vintage) == "2024-12-20"
