"""The inbox: what is taken in, what waits, what is set aside; and that names and things of others do no harm."""

from __future__ import annotations

import io
import logging
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pytest

from orchestration.assets.landing import log_inbox
from orchestration.automation.sensors import new_files
from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.plain import printable
from orchestration.base.settings import Home, Settings, settings
from orchestration.landing import arrival, inbox, receive
from orchestration.landing.inbox import InboxOutcome, take_in
from orchestration.landing.listing import listing
from orchestration.landing.names import LONGEST, UNFINISHED, derived, shown_name, sidecar
from orchestration.landing.rejected import lying_rejected
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ParsedTrade
from orchestration.terminal.run import run_home
from tests.conftest import declared, row, tree, write_csv

ANSI = "\x1b[31mred\x1b[0m\r\n"
NAMES = {
    "ANSI escapes and a line end": f"{ANSI}.csv",
    "C1 control and direction": "\x9b31m\u202egnp.csv",
    "not UTF-8": os.fsdecode(b"\xd6\xd0\xb9\xfa.csv"),
    "two dots": "a..b..csv",
    "backslashes": "..\\..\\passwd.csv".removeprefix(".."),
    "a quote and a semicolon": "x'; drop table t; --.csv",
    "as long as a name may be": "n" * (LONGEST - 4) + ".csv",
    "as long, of three bytes each": "芯" * ((LONGEST - 4) // 3) + ".csv",
    "a long suffix": "a." + "s" * (LONGEST - 2),
    "markup": "<script>alert(1)</script>[red]*.csv".replace("/", "_"),
}


def folder(home: Home) -> Path:
    """The inbox folder of a dataset that takes `row`."""
    (home.inbox / "us_chips").mkdir(exist_ok=True)
    return home.inbox / "us_chips"


def reasons(home: Home) -> list[str]:
    """What stands in the reason files, in order of their names."""
    return [p.read_text(encoding="utf-8") for p in sorted((home.inbox / "rejected").glob("*.reason.txt"))]


def refused(outcome: InboxOutcome) -> list[str]:
    """Why files were refused."""
    return [error.what for _, error in outcome.refused]


def assert_readable(text: str) -> None:
    """Nothing in it that a terminal would obey."""
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("case", NAMES)
def test_a_good_file_of_any_name_is_received(home: Home, case: str) -> None:
    """It stays where it is, and its name stands in the receipt in the one form that can be shown."""
    file = write_csv(folder(home) / NAMES[case], [row()])
    assert len(take_in(home).received) == 1
    (receipt,) = Landing(home).state().receipts
    assert receipt.name == shown_name(file)
    assert_readable(receipt.name)
    assert file.exists() and not take_in(home).received and not new_files(home)


@pytest.mark.parametrize("case", NAMES)
def test_a_bad_file_of_any_name_is_set_aside_with_its_reason(home: Home, case: str) -> None:
    """Twice the same name: the second is numbered; sidecars move along; the reason names the file readably."""
    for content in ("one", "two"):
        file = folder(home) / NAMES[case]
        file.write_text(content, encoding="utf-8")
        sidecar(file).write_text("vintage: 2024-12-20\n", encoding="utf-8")
        ((place, error),) = take_in(home).refused
        assert place.parent == home.inbox / "rejected" and place.read_text(encoding="utf-8") == content
        assert sidecar(place).exists() and not file.exists() and not sidecar(file).exists()
        reason = place.with_name(derived(place.name, ".reason.txt")).read_text(encoding="utf-8")
        assert reason == f"{error}\n" and error.file == shown_name(file)
        assert_readable(reason)
    assert len(reasons(home)) == 2 and not new_files(home)


def test_a_long_name_has_its_declaration_under_the_shortened_one(home: Home) -> None:
    """`<file>.yml` would be too long for the file system; a hash tells two such names apart."""
    names = ["n" * 250 + "a", "n" * 250 + "b"]
    assert derived(names[0], ".yml") != derived(names[1], ".yml")
    file = write_csv(folder(home) / names[0], [row()])
    sidecar(file).write_text("hs: [85423190]\nvintage: 2024-12-20\n", encoding="utf-8")
    take_in(home)
    (receipt,) = Landing(home).state().receipts
    assert receipt.scope.hs == ("85423190",)


def make_link(path: Path) -> None:
    """A link to a file outside that would be received."""
    path.symlink_to(write_csv(path.parents[2] / "outside" / "secret.csv", [row()]))


def make_folder_link(path: Path) -> None:
    """A link to a folder outside with such a file."""
    path.symlink_to(write_csv(path.parents[2] / "outside" / "secret.csv", [row()]).parent, target_is_directory=True)


def make_socket(path: Path) -> None:
    """A socket; its path must be short, so it is made from its own folder."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(before)


ODD: dict[str, Callable[[Path], None]] = {
    "a link to a file": make_link,
    "a link to a folder": make_folder_link,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to its folder": lambda path: path.symlink_to(path.parent, target_is_directory=True),
    "a pipe": os.mkfifo,
    "a socket": make_socket,
    "an empty folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_no_plain_file_is_passed_over(home: Home, case: str) -> None:
    """Nothing waits on it, nothing follows it, and the file beside it is received."""
    ODD[case](folder(home) / "odd.csv")
    write_csv(folder(home) / "us.csv", [row()])
    before = tree(home.root / "outside")
    outcome = take_in(home)
    assert len(outcome.received) == 1 and not outcome.refused
    assert os.path.lexists(folder(home) / "odd.csv") and tree(home.root / "outside") == before


@pytest.mark.parametrize("case", [c for c in ODD if c != "a link to its folder"])
def test_a_sidecar_that_is_no_plain_file_refuses_its_file(home: Home, case: str) -> None:
    """It was meant to narrow the scope: without it the file would say more than it holds."""
    file = write_csv(folder(home) / "us.csv", [row()])
    ODD[case](sidecar(file))
    assert "no plain file" in refused(take_in(home))[0]
    assert (home.inbox / "rejected" / "us.csv").exists() and os.path.lexists(home.inbox / "rejected" / "us.csv.yml")


SIDECARS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a]\n" for n in range(9)),
    "nesting": "[" * 100_000,
    "escapes": '"\\e[31m\\n": 1\n',
    "size": "# " + "x" * (strict_yaml.LARGEST + 1),
}


@pytest.mark.parametrize("case", SIDECARS)
def test_a_hostile_sidecar_is_refused(home: Home, case: str) -> None:
    """However little of it unfolds to however much."""
    file = write_csv(folder(home) / "us.csv", [row()])
    sidecar(file).write_text(SIDECARS[case], encoding="utf-8")
    assert len(take_in(home).refused) == 1
    assert_readable(reasons(home)[0])


def test_folders_below_the_dataset_and_folders_named_like_files(home: Home) -> None:
    """The first folder names the dataset, however deep the file lies."""
    write_csv(folder(home).joinpath(*"d" * 200, "x.csv", "us.csv"), [row()])
    assert len(take_in(home).received) == 1
    assert Landing(home).state().receipts[0].dataset == "us_chips"


@pytest.mark.parametrize("name", [os.fsdecode(b"\xff\xfe"), ANSI, "a.csv", ".hidden"])
def test_a_folder_that_is_no_dataset(home: Home, name: str) -> None:
    """Its files are refused in readable words; one that is hidden is passed over."""
    write_csv(home.inbox / name / "us.csv", [row()])
    outcome = take_in(home)
    if name.startswith("."):
        assert outcome == InboxOutcome()
        return
    assert "there is no dataset" in refused(outcome)[0]
    assert_readable(reasons(home)[0])


def test_a_mistake_in_the_datasets_is_no_files_mistake(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files stay where they are."""
    file = write_csv(folder(home) / "us.csv", [row()])
    (tmp_path / "datasets.yml").write_text("datasets: {us_chips: {titel: x}}", encoding="utf-8")
    monkeypatch.setattr(settings(), "expectations", tmp_path)
    with pytest.raises(RefusalError, match="titel"):
        take_in(home)
    assert file.exists()


def test_folders_deeper_than_a_path_may_be_are_named_and_passed_over(home: Home) -> None:
    """They cannot be opened by path; the others are received."""
    write_csv(folder(home) / "us.csv", [row()])
    handle, name = os.open(folder(home), os.O_RDONLY), "d" * 200
    for _ in range(30):
        os.mkdir(name, dir_fd=handle)
        below = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
    outcome = take_in(home)
    assert len(outcome.received) == 1 and "cannot be read" in refused(outcome)[0]
    shutil.rmtree(folder(home))


def denied(*_: Any, **__: Any) -> BinaryIO:
    """As the system says it to a user without rights."""
    raise PermissionError(13, "Permission denied")


def test_an_unreadable_file_is_set_aside(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what the system says."""
    file = write_csv(folder(home) / "us.csv", [row()])
    monkeypatch.setattr(arrival, "open_plain", denied)
    assert refused(take_in(home)) == ["the file cannot be read (Permission denied)"] and not file.exists()


def test_an_unreadable_folder_is_named_and_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are received."""
    write_csv(folder(home) / "us.csv", [row()])
    (home.inbox / "closed").mkdir()
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda p: denied() if str(p).endswith("closed") else scandir(p))
    outcome = take_in(home)
    assert refused(outcome) == ["the folder cannot be read (Permission denied)"] and len(outcome.received) == 1
    assert (home.inbox / "closed").is_dir()


def test_a_file_that_vanishes_is_nobodys_mistake(home: Home) -> None:
    """Between listing and reading."""
    write_csv(folder(home) / "us.csv", [row()])
    outcome = take_in(home, lambda path: path.unlink())
    assert outcome == InboxOutcome()


class Growing(io.FileIO):
    """A file to which somebody adds when it has been read once."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As much as there is."""
        data = super().read(size)
        if self.tell() == len(data):
            with Path(str(self.name)).open("ab") as more:
                more.write(b"x")
        return data


def test_a_file_that_changes_while_it_is_read_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither received nor refused."""
    file = write_csv(folder(home) / "us.csv", [row()])
    monkeypatch.setattr(arrival, "open_plain", lambda path, follow: Growing(path))  # noqa: ARG005
    assert take_in(home) == InboxOutcome(left=[file])
    assert file.exists() and not Landing(home).state().receipts and len(new_files(home)) == 1


@pytest.mark.parametrize("kind", ["a file", "a link", "a dangling link"])
def test_without_a_folder_for_refused_files_they_stay_and_are_named(home: Home, kind: str) -> None:
    """Nothing is moved out of the inbox, nothing is overwritten; the daemon does not try again and again."""
    outside = home.root / "outside"
    if kind == "a file":
        (home.inbox / "rejected").write_text("mine", encoding="utf-8")
    else:
        if kind == "a link":
            outside.mkdir()
        (home.inbox / "rejected").symlink_to(outside)
    (folder(home) / "bad.csv").write_text("bad", encoding="utf-8")
    for _ in range(2):
        ((place, error),) = take_in(home).refused
        assert place == folder(home) / "bad.csv" and place.exists() and "could not be moved" in error.what
    assert not new_files(home) and not tree(outside)


def test_links_planted_among_the_refused_are_not_followed(home: Home) -> None:
    """Neither under the name of the reason nor under that of the file."""
    outside = home.root / "outside.txt"
    outside.write_text("mine", encoding="utf-8")
    (home.inbox / "rejected").mkdir()
    for name in ("bad.csv", "bad.csv.reason.txt", "bad.2.csv.reason.txt"):
        (home.inbox / "rejected" / name).symlink_to(outside)
    (folder(home) / "bad.csv").write_text("bad", encoding="utf-8")
    ((place, _),) = take_in(home).refused
    assert place.name == "bad.2.csv" and outside.read_text(encoding="utf-8") == "mine" and len(reasons(home)) == 2


def test_only_new_and_changed_files_are_opened(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of the content or of the sidecar is looked at; losing the memory costs time and nothing else."""
    opened: list[str] = []
    whole = inbox.receive_file
    monkeypatch.setattr(inbox, "receive_file", lambda h, p, *a, **k: (opened.append(p.name), whole(h, p, *a, **k))[1])
    first, second = (write_csv(folder(home) / f"{n}.csv", [row(value=str(n))]) for n in (1, 2))
    for _ in range(2):
        take_in(home)
    assert opened == ["1.csv", "2.csv"] and not new_files(home)
    write_csv(first, [row(value="77")])
    sidecar(second).write_text("vintage: 2024-12-20\n", encoding="utf-8")
    assert len(new_files(home)) == 2 and len(take_in(home).received) == 2
    (home.warehouse / "inbox.json").write_text("{", encoding="utf-8")
    opened.clear()
    assert take_in(home) == InboxOutcome() and opened == ["1.csv", "2.csv"]


def test_a_landing_that_lost_receipts_takes_the_files_in_again(home: Home) -> None:
    """Restored from an older backup, for instance: the memory must not stand in the way."""
    write_csv(folder(home) / "us.csv", [row()])
    take_in(home)
    shutil.rmtree(home.landing)
    assert len(new_files(home)) == 1 and len(take_in(home).received) == 1


def test_what_is_quiet_is_taken_and_the_rest_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the time of the entry: an old time of the content, as a copy keeps it, proves nothing."""
    old, young = (write_csv(folder(home) / f"{n}.csv", [row(value=str(n))]) for n in (1, 2))
    os.utime(young, ns=(0, 0))
    changed = listing(home).files[0].quiet_since()
    sidecar(young).write_text("vintage: 2024-12-20\n", encoding="utf-8")
    later = max(f.quiet_since() for f in listing(home).files)
    monkeypatch.setattr(inbox.time, "time", lambda: (changed + later) / 2 + 10)
    outcome = take_in(home, quiet=10)
    assert len(outcome.received) == 1 and outcome.left == [young] and old.exists()
    assert [f.relative for f in new_files(home)] == ["us_chips/2.csv"]


def test_a_partial_download_is_passed_over_until_it_has_its_name(home: Home) -> None:
    """Programs write under another name, a file or a folder, and rename."""
    for suffix in UNFINISHED:
        write_csv(folder(home) / f"us.csv{suffix}", [row()])
        write_csv(folder(home) / f"US.CSV{suffix.upper()}" / "deep" / "us.csv", [row()])
    hidden = write_csv(folder(home) / ".us.csv", [row()])
    assert take_in(home) == InboxOutcome() and not new_files(home)
    hidden.rename(folder(home) / "us.csv")
    assert len(take_in(home).received) == 1


def test_what_is_odd_about_a_received_file_is_told(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody stands beside it to read a receipt."""
    file = write_csv(home.inbox / "world.csv", [row()])
    sidecar(file).write_text("source: gacc\nflow: import\nhs: 8542\npartners: all\n", encoding="utf-8")
    outcome = take_in(home)
    assert [(path, text[:30]) for path, text in outcome.remarks] == [(file, "declared all partners, seen 1 ")]
    log_inbox(logging.getLogger("inbox"), outcome)  # type: ignore[arg-type]
    assert "world.csv: declared all partners, seen 1 (502)" in caplog.text


LEFT_BY_OTHERS = ["Thumbs.db", "desktop.ini", ".DS_Store", "Zone.Identifier", "us.csv:Zone.Identifier", "~$us.csv",
                  ".~lock.us.csv#", "us.csv~", "__MACOSX/us.csv", "Icon\r"]  # fmt: skip


@pytest.mark.parametrize("name", LEFT_BY_OTHERS)
def test_what_systems_leave_about_is_passed_over(home: Home, name: str) -> None:
    """Neither received nor refused, and nobody is told of it."""
    other = write_csv(folder(home) / name, [row()])
    (home.inbox / "rejected").mkdir()
    write_csv(home.inbox / "rejected" / name, [row()])
    assert take_in(home) == InboxOutcome() and not new_files(home) and other.exists()
    assert lying_rejected(home, Landing(home).state()) == []


def test_an_empty_file_that_holds_a_name_waits(home: Home) -> None:
    """Browsers make one beside what they write: it is told as still being written, and taken when that is done."""
    file = folder(home) / "us.csv"
    beside = folder(home) / "us.csv.part"
    for path in (file, beside):
        path.write_bytes(b"")
    (waiting,) = new_files(home)
    assert take_in(home) == InboxOutcome(left=[file]) and waiting.quiet_since() > 1e12
    write_csv(beside, [row()]).rename(file)
    assert len(take_in(home).received) == 1


class Clock:
    """A clock that stands, and moves when somebody sleeps; `wakes` is called then."""

    def __init__(self, now: float, wakes: Callable[[], object] = lambda: None) -> None:
        self.now, self.wakes, self.slept = now, wakes, list[float]()

    def time(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Note it, and be there at once."""
        self.slept.append(seconds)
        self.now += seconds
        self.wakes()


def test_a_run_waits_once_for_files_that_have_just_changed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the youngest needs; what changes meanwhile is left; without anything new nobody waits."""
    files = [write_csv(folder(home) / f"{n}.csv", [row(value=str(n))]) for n in (1, 2)]
    changed = max(f.quiet_since() for f in listing(home).files)
    clock = Clock(changed + 0.5, lambda: write_csv(files[1], [row(value="3")]))
    monkeypatch.setattr(inbox, "time", clock)
    outcome = take_in(home, quiet=2, wait=True)
    assert clock.slept == [pytest.approx(1.5)] and len(outcome.received) == 1 and outcome.left == [files[1]]
    clock.now = max(f.quiet_since() for f in listing(home).files) + 3
    assert len(take_in(home, quiet=2, wait=True).received) == 1 and len(clock.slept) == 1
    assert take_in(home, quiet=2, wait=True) == InboxOutcome() and len(clock.slept) == 1
    clock.now = 0
    write_csv(files[0], [row(value="4")])
    take_in(home, quiet=2, wait=True)
    assert clock.slept[1:] == [2], "a clock that is wrong makes nobody wait for longer"


def test_a_run_from_the_terminal_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as is set."""
    said: list[dict[str, object]] = []

    def taken(_: Home, **how: object) -> InboxOutcome:
        said.append(how)
        return InboxOutcome()

    monkeypatch.setattr("orchestration.terminal.run.take_in", taken)
    monkeypatch.setattr(settings(), "run_quiet_seconds", 2.0)
    with pytest.raises(RefusalError, match="holds nothing"):
        run_home(home, [])
    assert said == [{"quiet": 2.0, "wait": True}] and Settings.model_fields["run_quiet_seconds"].default == 2


FAULTS: dict[str, Exception] = {
    "a programmer's mistake": ZeroDivisionError("division by zero"),
    "too little memory": MemoryError(),
    "too little memory for a query": duckdb.OutOfMemoryException("could not allocate block"),
    "too deep": RecursionError("maximum recursion depth exceeded"),
    "a number that is none": OverflowError("int too big to convert"),
    "the file's name in a query": duckdb.BinderException("no such column"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_whatever_one_file_does_the_others_go_on(home: Home, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """It is refused in a sentence that names what happened, and set aside; by a command too."""
    whole = TRADE["gacc"].parse

    def parse(source: Path, workdir: Path, *, name: str | None = None, **options: Any) -> ParsedTrade:
        if name == "bad.csv":
            raise FAULTS[case]
        return whole(source, workdir, name=name, **options)

    monkeypatch.setitem(TRADE, "gacc", replace(TRADE["gacc"], parse=parse))
    for name in ("a.csv", "bad.csv", "c.csv"):
        write_csv(folder(home) / name, [row(value=str(ord(name[0])))])
    with pytest.raises(RefusalError, match=type(FAULTS[case]).__name__):
        receive.receive(home, folder(home) / "bad.csv", Declaration(dataset="us_chips"))
    outcome = take_in(home)
    assert len(outcome.received) == 2
    (reason,) = refused(outcome)
    assert reason.startswith("it cannot be read as what it is declared to be") and "Traceback" not in reasons(home)[0]
    assert (home.inbox / "rejected" / "bad.csv").exists()


HOMES = {
    "no space": OSError(28, "No space left on device"),
    "no space for a query": duckdb.IOException("Could not write file: No space left on device"),
    "no space to spill": duckdb.OutOfMemoryException("failed to offload: see temp_directory"),
}


@pytest.mark.parametrize("case", HOMES)
def test_a_full_disk_is_no_files_fault(home: Home, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """The file stays where it is, and is new to the next run."""

    def parse(*_: object, **__: object) -> ParsedTrade:
        raise HOMES[case]

    monkeypatch.setitem(TRADE, "gacc", replace(TRADE["gacc"], parse=parse))
    file = write_csv(folder(home) / "us.csv", [row()])
    with pytest.raises(type(HOMES[case])):
        take_in(home)
    assert file.exists() and not (home.inbox / "rejected").exists() and len(new_files(home)) == 1


def test_what_is_declared_oddly_refuses_its_file(home: Home) -> None:
    """A header that is no line, also beside bytes that are known; a month after which there is none."""
    for number in (1, 2):
        file = write_csv(folder(home) / f"{number}.csv", [row()])
        if number == 2:
            sidecar(file).write_text('header: "Date of data\\r,\\0"\n', encoding="utf-8")
    rates = home.inbox / "exchange_rates" / "rates.csv"
    rates.parent.mkdir()
    rates.write_text("month,cny_per_usd\n9999-12,7.1\n", encoding="utf-8")
    outcome = take_in(home)
    assert len(outcome.received) == 1 and len(outcome.refused) == 2
    assert any("no line of a table" in reason for reason in refused(outcome))


MISFITS = {
    "a partner of another system": "partners: [US]\nvintage: 2024-12-20\n",
    "months that end before they begin": "months: 2024-03..2024-01\n",
    "codes that are too long": "hs: [8542319011]\n",
}


@pytest.mark.parametrize("case", MISFITS)
def test_parts_that_do_not_fit_together_refuse_their_file(home: Home, case: str) -> None:
    """Each is a word on its own; together with the dataset's they are none."""
    write_csv(folder(home) / "a.csv", [row()])
    bad = write_csv(folder(home) / "bad.csv", [row(value="9")])
    sidecar(bad).write_text(MISFITS[case], encoding="utf-8")
    outcome = take_in(home)
    assert len(outcome.received) == 1 and len(outcome.refused) == 1


def test_receiving_a_path_that_no_file_system_takes(home: Home, tmp_path: Path) -> None:
    """Said as a refusal, in readable words."""
    for name in ("n" * 300, f"{'d/' * 150}{ANSI}", "a\0b"):
        with pytest.raises(RefusalError, match="no such file") as error:
            receive.receive(home, tmp_path / name, declared())
        assert_readable(str(error.value))
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(RefusalError, match="no such file"):
        receive.receive(home, tmp_path / "pipe.csv", Declaration())


def test_one_landing_sees_what_others_record(home: Home, tmp_path: Path) -> None:
    """It keeps what it has read, and reads what another process has added."""
    mine = Landing(home)
    assert mine.state().sequence == 0
    receive.receive(home, write_csv(tmp_path / "1.csv", [row(value="1")]), declared())
    assert mine.state().sequence == 1
    (receipt,) = mine.state().receipts
    Landing(home).withdraw(receipt.receipt_id, "a trial")
    receive.receive(home, write_csv(tmp_path / "2.csv", [row(value="2")]), declared())
    assert mine.state() == Landing(home).state() and mine.state(2).withdrawals and len(mine.state(1).receipts) == 1
    assert mine.last_sequence() == 3


def test_what_is_shown_of_a_name() -> None:
    """Every script as it is, the rest as escapes, and what is shown once is shown the same again."""
    assert printable("芯片 é.csv") == "芯片 é.csv"
    assert printable("a\x1b\n\x9b\u2028\U000e0001.csv") == "a\\x1b\\x0a\\x9b\\u2028\\U000e0001.csv"
    assert printable(os.fsdecode(b"\xff.csv")) == "\\xff.csv"
    assert printable(printable(ANSI)) == printable(ANSI)
