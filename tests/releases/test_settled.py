"""When a run has nothing to do: each thing that decides, changed by itself, makes it have something to do."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.base.settings import Home, settings
from orchestration.releases import settled
from orchestration.releases.settled import inputs, is_settled, settle
from orchestration.releases.store import Releases
from orchestration.terminal.doctor import examine
from tests.conftest import add, damage_in_place, noon_of, row


def one_more_receipt(home: Home, tmp_path: Path) -> None:
    add(home, tmp_path, [row("202403", value="1")], months="2024-03")


def a_reviewed_file(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    path = settings().expectations / "gates.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def no_release(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    Releases(home).current_link.unlink()


def a_file_of_the_release_touched(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    (home.releases / "current" / "audit.html").touch()


def a_file_of_the_release_gone(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    (home.releases / "current" / "parquet" / "dim_partner.parquet").unlink()


def no_build_database(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    home.build_database.unlink()


def something_else_built(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    with (home.warehouse / "built.json").open("a", encoding="utf-8") as file:
        file.write(" ")


def own_categories(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    home.categories.write_text("hs6: [8542]\n", encoding="utf-8")


def no_warehouse(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    shutil.rmtree(home.warehouse)
    home.create()


def a_raw_file_touched(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    next(home.raw.rglob("*.parquet")).touch()


def another_record_of_the_same_number(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    last = max((home.landing / "records").iterdir())
    last.chmod(0o644)
    last.write_text(last.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def damage_that_was_found(home: Home, tmp_path: Path) -> None:  # noqa: ARG001
    path = Releases(home).folder() / "parquet" / "dim_partner.parquet"
    damage_in_place(path)
    assert is_settled(home), "names, sizes and times are as they were"
    assert not next(found for found in examine(home) if found.check == "current release").ok


CHANGES = (
    one_more_receipt, a_raw_file_touched, a_reviewed_file, no_release, a_file_of_the_release_touched,
    a_file_of_the_release_gone, no_build_database, something_else_built, no_warehouse,
    another_record_of_the_same_number, damage_that_was_found, own_categories,
)  # fmt: skip


@pytest.fixture
def still(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A published home that is settled, with expectations of its own."""
    folder = Path(shutil.copytree(settings().expectations, tmp_path / "expectations"))
    monkeypatch.setattr(settings(), "expectations", folder)
    settle(small, inputs(small))
    assert is_settled(small)
    return small


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_seen(still: Home, tmp_path: Path, change: Callable[[Home, Path], None]) -> None:
    """Whatever decides on a release, and whatever lies there."""
    change(still, tmp_path)
    assert not is_settled(still)


def test_another_version_and_another_day(still: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library decides as code does; a day only if an exception has expired by then, or a promised month is out."""
    path = settings().expectations / "known_exceptions.yml"
    path.write_text(
        "exceptions:\n  known:\n    gates: [totals]\n    dataset: gacc import\n    scope: all\n    months: 2024-01\n"
        "    expect: unknown\n    reason: a trial\n    source: a test\n    expires: 2024-11-21\n",
        encoding="utf-8",
    )
    days = [dt.date(2024, 11, day) for day in (19, 20, 21, 22, 23)]
    found = []
    for day in days:
        monkeypatch.setattr("orchestration.base.today.now", lambda day=day: noon_of(day))
        found.append(inputs(still))
    assert found[0] != found[1] == found[2] != found[3] == found[4]
    monkeypatch.setattr(settled, "version", lambda name: f"{name} of tomorrow")
    assert inputs(still) not in found


def test_nothing_is_settled_before_the_first_run(home: Home) -> None:
    """Nor where nobody can read what was kept."""
    assert not is_settled(home)
    settle(home, inputs(home))
    assert not is_settled(home), "no release, nothing to be settled about"
    (home.warehouse / "settled.json").write_text("{", encoding="utf-8")
    assert not is_settled(home)
