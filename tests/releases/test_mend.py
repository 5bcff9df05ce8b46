"""What can be made again and is damaged is made again, with a sentence; what cannot is named with the command."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.mend import made_ready
from orchestration.releases.store import Releases
from orchestration.terminal.doctor import examine
from orchestration.terminal.run import run_home
from tests.conftest import contents, damage_in_place, many

Damage = Callable[[Path], None]


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def garbled(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[::-1])


def emptied(path: Path) -> None:
    path.unlink()
    path.touch()


def raw_file(home: Home) -> Path:
    return next(home.raw.glob("*/month=2024-02/*.parquet"))


def candidate(home: Home) -> Path:
    """A candidate that failed, beside the release."""
    folder = home.candidates / "20240101T000000-abcdef"
    shutil.copytree(Releases(home).folder(), folder)
    return folder / "release.json"


def history(home: Home) -> Path:
    return home.dagster / "history" / "runs.db"


#: What is damaged, and how its sentence begins.
DERIVED: dict[str, tuple[Callable[[Home], Path], str]] = {
    "built.json": (lambda home: home.warehouse / "built.json", "warehouse/built.json was damaged"),
    "settled.json": (lambda home: home.warehouse / "settled.json", "warehouse/settled.json was damaged"),
    "the memory of the inbox": (lambda home: home.warehouse / "inbox.json", "warehouse/inbox.json was damaged"),
    "a raw file": (raw_file, "raw/gacc/month=2024-02/"),
    "the build database": (lambda home: home.build_database, "the build database is not what"),
    "a candidate": (candidate, "candidate 20240101T000000-abcdef was damaged"),
}


@pytest.fixture
def inbox_known(small: Home) -> Home:
    """Its inbox has been looked at."""
    (small.warehouse / "inbox.json").write_text('{"sequence": 1, "datasets": "x", "files": {}}', encoding="utf-8")
    return small


#: Each thing that is damaged in one way, and each way twice; or each thing in each way.
DAMAGES = (cut, garbled, emptied)
EACH = many(
    [(what, DAMAGES[n % 3]) for n, what in enumerate(DERIVED)], [(what, of) for what in DERIVED for of in DAMAGES]
)


@pytest.mark.series
@pytest.mark.parametrize(("what", "damage"), EACH)
def test_what_is_damaged_is_found_and_told(inbox_known: Home, what: str, damage: Damage) -> None:
    """By the doctor, with what to do, and by what comes before a run, which removes it; once."""
    place, sentence = DERIVED[what]
    damage(place(inbox_known))
    wrong = [finding for finding in examine(inbox_known) if not finding.ok]
    assert wrong and all(finding.remedy for finding in wrong)
    assert [told for told in made_ready(inbox_known) if told.startswith(sentence)]
    assert not made_ready(inbox_known)


@pytest.mark.own_run("all of it is made again by a run")
@pytest.mark.series
@pytest.mark.parametrize("damage", many((cut,), (cut, garbled, emptied)))
def test_all_of_it_is_made_again(
    inbox_known: Home, damage: Damage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything that can be made again is damaged at once: the next run is green, and equal, and tells."""
    monkeypatch.undo()  # Dagster's events stay on the disk
    before = contents(inbox_known)
    for place, _ in DERIVED.values():
        damage(place(inbox_known))
    if damage is not emptied:
        damage(history(inbox_known))
    summary = run_home(inbox_known, [])
    assert summary.ok and summary.outcome == "unchanged" and contents(inbox_known) == before
    # With the build database goes what was remembered of it.
    assert {s for _, s in DERIVED.values() if any(told.startswith(s) for told in summary.mended)} == {
        s for _, s in DERIVED.values()
    } - {"the build database is not what"}
    said = capsys.readouterr().err
    assert all(told in said for told in summary.mended)
    assert damage is emptied or "dagster/history was damaged" in said
    assert all(finding.ok for finding in examine(inbox_known)) and not made_ready(inbox_known)


DAMAGED = {
    "its database cut": ("trade.duckdb", cut), "its database gone": ("trade.duckdb", Path.unlink),
    "a Parquet file emptied": ("parquet/dim_month.parquet", emptied), "its page gone": ("audit.html", Path.unlink),
    "its manifest garbled": ("release.json", garbled), "its manifest gone": ("release.json", Path.unlink),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_release_is_told_by_all_that_open_it(small: Home, bonded, what: str) -> None:
    """In a sentence with the command; nothing of it is shown as if it were sound."""
    name, damage = DAMAGED[what]
    current = Releases(small).folder().name
    damage(small.releases / current / name)
    place = ("--home", str(small.root))
    for command in (("query", "from release_info"), ("query", "from v_ic", "--as-of", "2025-01-01"), ("audit",),
                    ("trace", "2024-01", "502", "8542", "--scheme", "hs4"), ("diff", current, current), ("claims",),
                    ("doctor",), ("rollback", current)):  # fmt: skip
        code, out, err = bonded(*command, *place)
        assert code == 1 and current in out + err, command
        assert "bonded run" in out + err, command
    code, out, err = bonded("status", *place)
    assert code == 0 and current in out and "bonded run" in out
    code, out, err = bonded("releases", *place)
    assert code == 0 and ("damaged" in out + err or "readers see nothing" in err)


@pytest.mark.series("test_all_of_it_is_made_again")
@pytest.mark.own_run("a run takes the place of a damaged release")
@pytest.mark.parametrize("what", many(("its manifest garbled",), list(DAMAGED)))
def test_a_run_publishes_a_sound_one(small: Home, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the same content, and it says why."""
    before, current = contents(small), Releases(small).folder().name
    name, damage = DAMAGED[what]
    damage(small.releases / current / name)
    summary = run_home(small, [])
    assert summary.ok and summary.outcome == "published" and contents(small) == before
    assert Releases(small).opened()[0].name != current and current in capsys.readouterr().err
    assert run_home(small, []).outcome == "unchanged"


def test_a_link_to_nothing_says_what_readers_see(small: Home, bonded) -> None:
    """And an older release can be shown."""
    current = Releases(small).folder()
    current.rename(current.with_name("elsewhere"))
    place = ("--home", str(small.root))
    code, _, err = bonded("query", "from v_ic", *place)
    assert code == 1 and f"readers see nothing: current points to {current.name}" in err
    assert "readers see nothing" in bonded("status", *place)[1] and bonded("doctor", *place)[0] == 1


def test_landing_that_is_damaged_stops_a_run_in_words(small: Home, bonded) -> None:
    """Nothing can be made from it again: bytes and records are named, with where to take them from."""
    receipt = Landing(small).state().receipts[0]
    place = ("--home", str(small.root))
    record = small.landing / "records" / "000001.json"
    text = record.read_text(encoding="utf-8")
    record.unlink()
    record.write_text(text.replace("2024-12-20", "2024-12-19"), encoding="utf-8")
    damage_in_place(Landing(small).bytes_path(receipt.sha256))
    code, out, _ = bonded("doctor", *place)
    assert code == 1 and f"{record}: this record is not what was written" in out
    assert f"the bytes of {receipt.receipt_id} are not what was received" in out
    code, out, err = bonded("run", *place)
    assert code == 1 and "what the home was told" in err and "restore" in err and not out
    with pytest.raises(RefusalError):
        made_ready(small)
