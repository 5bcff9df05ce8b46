"""The chain of landing's records: whatever is edited, removed or put in is told, whoever wrote the record."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.chain import PREVIOUS
from orchestration.landing.receive import receive
from orchestration.landing.store import Landing
from tests.conftest import declared, many, row, write_csv


def record(home: Home, number: int) -> Path:
    return home.landing / "records" / f"{number:06d}.json"


@pytest.fixture
def three(home: Home, tmp_path: Path) -> Home:
    """Three receipts."""
    for n in range(1, 4):
        receive(home, write_csv(tmp_path / f"{n}.csv", [row(value=str(n))]), declared(vintage=f"2024-12-{20 + n}"))
    assert Landing(home).chain.faults() == []
    return home


def put(path: Path, text: str) -> None:
    """As an editor does, which asks for no right to the file."""
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")


def edited(number: int) -> Callable[[Home], None]:
    def edit(home: Home) -> None:
        text = record(home, number).read_text(encoding="utf-8")
        assert "2024-12-2" in text
        put(record(home, number), text.replace("2024-12-2", "2024-11-2"))

    return edit


def removed(number: int) -> Callable[[Home], None]:
    return lambda home: record(home, number).unlink()


def put_in(home: Home) -> None:
    said = json.loads(record(home, 3).read_text(encoding="utf-8"))
    put(record(home, 4), json.dumps({**{k: v for k, v in said.items() if k != PREVIOUS}, "sequence": 4}))


def exchanged(home: Home) -> None:
    texts = [record(home, n).read_text(encoding="utf-8") for n in (2, 3)]
    put(record(home, 3), texts[0].replace('"sequence": 2', '"sequence": 3'))
    put(record(home, 2), texts[1].replace('"sequence": 3', '"sequence": 2'))


DONE = {
    "the first edited": (edited(1), 1), "one within edited": (edited(2), 2), "the last edited": (edited(3), 3),
    "the first removed": (removed(1), 1), "one within removed": (removed(2), 2), "the last removed": (removed(3), 3),
    "one put in": (put_in, 4), "two exchanged": (exchanged, 1),
}  # fmt: skip


@pytest.mark.parametrize("what", DONE)
def test_what_was_done_to_a_record_is_told(three: Home, what: str) -> None:
    """With its file, and what to do; and a record that follows does not cover it up."""
    do, number = DONE[what]
    do(three)
    assert record(three, number) in dict(Landing(three).chain.faults())
    with pytest.raises(RefusalError, match="what the home was told") as refused:
        Landing(three).chain.check()
    assert refused.value.remedy and "backup" in refused.value.remedy


def test_a_later_record_covers_nothing_up(three: Home) -> None:
    """It bears the hash of what was written, not of what lies there."""
    edited(3)(three)
    Landing(three).withdraw(Landing(three).state().receipts[0].receipt_id, "a trial")
    assert [path.name for path, _ in Landing(three).chain.faults()] == ["000003.json"]


def test_a_home_from_before_the_chain_goes_on(three: Home) -> None:
    """Its records bear nothing; the first one that does covers them all."""
    for n in (1, 2, 3):
        said = json.loads(record(three, n).read_text(encoding="utf-8"))
        said.pop(PREVIOUS)
        put(record(three, n), json.dumps(said))
    (three.landing / "head").unlink()
    landing = Landing(three)
    assert landing.chain.faults() == [] and len(landing.state().receipts) == 3
    landing.withdraw(landing.state().receipts[0].receipt_id, "a trial")
    assert landing.chain.faults() == [] and Landing(three).state().sequence == 4
    edited(1)(three)
    assert landing.chain.faults() == [(record(three, 3), "or one before it is not what was written")]


def test_a_kill_before_the_end_is_kept(three: Home) -> None:
    """The last record has no hash then; the next one finds it by what lies there."""
    head = three.landing / "head"
    behind = f"2 {'0' * 64}\n"
    for left in (None, behind):
        head.unlink(missing_ok=True)
        if left:
            record_2 = json.loads(record(three, 3).read_text(encoding="utf-8"))[PREVIOUS]
            head.write_text(f"2 {record_2}\n", encoding="ascii")
        assert Landing(three).chain.faults() == []
        Landing(three).withdraw(Landing(three).state().received[0 if left else 1].receipt_id, "a trial")
        assert Landing(three).chain.faults() == []


KILL = """
    import os, signal, sys
    from pathlib import Path
    from orchestration.base.settings import Home
    from orchestration.landing import chain, store
    from orchestration.landing.receive import receive
    from tests.conftest import declared
    def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
    point = sys.argv[3]
    if point == "bytes": store.durable.take_place = die
    if point == "link": store.durable.link_once = die
    if point == "head": chain.Chain.ends_with = die
    receive(Home(Path(sys.argv[1])), Path(sys.argv[2]), declared(vintage="2024-12-30"))
"""


@pytest.mark.series
@pytest.mark.parametrize("point", many(["head"], ["bytes", "link", "head"]))
def test_a_kill_while_a_record_is_written_leaves_a_sound_chain(three: Home, tmp_path: Path, point: str) -> None:
    """The whole record or none; receiving the file again comes to the same."""
    file = write_csv(tmp_path / "new.csv", [row(value="9")])
    command = [sys.executable, "-c", textwrap.dedent(KILL), str(three.root), str(file), point]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    landing = Landing(three)
    assert landing.chain.faults() == [] and landing.state().sequence == (4 if point == "head" else 3)
    assert receive(three, file, declared(vintage="2024-12-30")).is_new == (point != "head")
    assert Landing(three).chain.faults() == [] and Landing(three).state().sequence == 4


def test_records_and_bytes_are_for_reading(three: Home) -> None:
    """As all that is never written again."""
    files = [p for name in ("records", "bytes") for p in (three.landing / name).rglob("*") if p.is_file()]
    assert len(files) == 6 and {path.stat().st_mode & 0o777 for path in files} == {0o444}


def test_several_writers_at_once_make_one_chain(home: Home, tmp_path: Path) -> None:
    """Each waits for its turn."""
    files = [write_csv(tmp_path / f"{n}.csv", [row(value=str(n))]) for n in range(3)]
    flags = ["--source", "gacc", "--flow", "import", "--hs", "8542", "--partners", "502"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "orchestration.terminal.cli", "receive", str(file), "--home", str(home.root),
             "--vintage", f"2024-12-2{n}", *flags], cwd=PROJECT, stdout=subprocess.DEVNULL,
        )
        for n, file in enumerate(files)
    ]  # fmt: skip
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 3
    landing = Landing(home)
    assert landing.state().sequence == 3 == len(landing.state().received) and landing.chain.faults() == []


def test_a_record_that_cannot_be_read_is_named(three: Home) -> None:
    """In a sentence, with its file."""
    put(record(three, 2), '{"kind": "rec')
    with pytest.raises(RefusalError, match="cannot be read") as refused:
        Landing(three).state()
    assert refused.value.file == str(record(three, 2))
