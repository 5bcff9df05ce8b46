"""The files of a release are what its database holds, for reading only; a damaged one is told, and not gone back to."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home
from orchestration.releases import database
from orchestration.releases.content import file_content
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import read_manifest, write_manifest
from orchestration.releases.read_back import differing, differing_files
from orchestration.releases.store import Releases
from tests.conftest import attempted, damage_in_place, many, released

MARCH = "parquet/mart_partner_category_monthly/month=2024-03/data.parquet"
APRIL = MARCH.replace("2024-03", "2024-04")


def rewritten(path: Path, sql: str) -> None:
    """A Parquet file with other rows, or columns."""
    with duckdb.connect() as con:
        con.execute(f"create table rows as from read_parquet('{path}', hive_partitioning = false)")
        path.unlink()
        con.execute(f"copy ({sql}) to '{path}' (format parquet)")


def one_more(folder: Path) -> str:
    rewritten(folder / MARCH, "select * replace (value_usd + 1 as value_usd) from rows")
    return MARCH


def other_type(folder: Path) -> str:
    rewritten(folder / MARCH, "select * replace (value_usd::hugeint as value_usd) from rows")
    return MARCH


def row_lost(folder: Path) -> str:
    rewritten(folder / MARCH, "from rows offset 1")
    return MARCH


def exchanged(folder: Path) -> str:
    for a, b in ((MARCH, "x"), (APRIL, MARCH), ("x", APRIL)):
        (folder / a).rename(folder / b)
    return MARCH


def lost(folder: Path) -> str:
    (folder / MARCH).unlink()
    return MARCH


def put_in(folder: Path) -> str:
    name = MARCH.replace("2024-03", "2031-01")
    (folder / name).parent.mkdir()
    shutil.copyfile(folder / MARCH, folder / name)
    return name


def cut(folder: Path) -> str:
    path = folder / MARCH
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])
    return MARCH


def of_a_table_in_one_piece(folder: Path) -> str:
    name = "parquet/dim_category.parquet"
    rewritten(folder / name, "from rows limit 3")
    return name


def of_the_verdict(folder: Path) -> str:
    name = "parquet/audit_results.parquet"
    rewritten(folder / name, "select * replace ('passed' as verdict) from rows")
    return name


DAMAGES = (one_more, other_type, row_lost, exchanged, lost, put_in, cut, of_a_table_in_one_piece)


@pytest.fixture
def copy(small_home: Home, tmp_path: Path) -> Path:
    """The folder of a release, to be damaged."""
    return Path(shutil.copytree(Releases(small_home).folder(), tmp_path / "release"))


def test_in_a_sound_release_no_file_is_named(copy: Path) -> None:
    """Nor the database: else what is found in damaged ones would show nothing."""
    said = read_manifest(copy)
    assert differing(copy, said) == [] and differing_files(copy, said.tables) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_holds_something_else_is_named(copy: Path, damage: Callable[[Path], str]) -> None:
    """Whether rows, columns, months or the file itself; also where `release.json` knows the new bytes."""
    said = read_manifest(copy)
    name = damage(copy)
    assert any(found.startswith(name) for found in differing_files(copy, said.tables))


def test_corrections_that_were_put_in_are_named(copy: Path) -> None:
    """Though they are no part of the content by which releases are compared."""
    said = read_manifest(copy)
    (copy / DATABASE).chmod(0o644)
    with duckdb.connect(str(copy / DATABASE)) as con:
        con.execute(
            "insert into mart_correction (release_id, source, reporter, flow, month) "
            "values ('one', 'gacc', 'CHN', 'import', '2024-01-01')"
        )
    assert differing(copy, said) == [f"{DATABASE} does not hold what release.json says"]


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("a candidate is written wrongly")
def test_nothing_is_published_with_a_wrong_file(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is named, nothing is left, and the next run is green."""
    before, write = Releases(small).current_id(), database.write_file

    def wrongly(con: duckdb.DuckDBPyConnection, table: str, path: Path, told: Mapping[str, str]) -> None:
        write(con, f"(from {table} limit 1)" if path.name == "dim_category.parquet" else table, path, told)

    (Releases(small).folder() / "parquet" / "dim_category.parquet").unlink()
    with monkeypatch.context() as patched:
        patched.setattr(database, "write_file", wrongly)
        with pytest.raises(RefusalError, match=r"dim_category.parquet does not hold what trade.duckdb holds"):
            attempted(small)
    assert Releases(small).current_id() == before and not list(small.candidates.iterdir())
    with pytest.raises(RefusalError, match=r"is damaged: parquet/dim_category.parquet"):
        Releases(small).opened()
    assert released(small).outcome == "published"
    folder, said = Releases(small).opened()
    assert said.read_back and differing(folder, said) == []
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o444}


def as_if_published(folder: Path, name: str) -> None:
    """`release.json` says of a file what lies there now."""
    said = read_manifest(folder)
    write_manifest(said.model_copy(update={"files": {**said.files, name: file_content(folder / name)}}), folder)


@pytest.mark.series
@pytest.mark.parametrize("damage", many((one_more, lost), (one_more, cut, of_a_table_in_one_piece, lost)))
def test_a_damaged_release_is_not_gone_back_to(small: Home, damage: Callable[[Path], str]) -> None:
    """Nor where its size and time are the same, or its `release.json` was changed to fit."""
    releases = Releases(small)
    current = releases.folder()
    older = Path(shutil.copytree(current, current.with_name("20200101T000000-aaaaaa")))
    with releases.publication():
        releases.switch(older.name, "published")
        releases.switch(current.name, "published")
    assert releases.rollback(older.name) == [] and releases.current_id() == older.name
    releases.rollback(current.name)
    name = damage(older)
    with pytest.raises(RefusalError, match=f"is damaged: {name}"):
        releases.rollback(older.name)
    if (older / name).exists():
        as_if_published(older, name)
        with pytest.raises(RefusalError, match=r"is damaged: release.json"):
            releases.rollback(older.name)
    assert releases.current_id() == current.name


KILL = """
    import os, signal, sys
    from pathlib import Path
    from orchestration.base.settings import Home
    from orchestration.releases import store
    def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[3] == "link": store.durable.take_place = die
    if sys.argv[3] == "log": store.json = type("Json", (), {"dumps": die, "loads": store.json.loads,
                                                           "JSONDecodeError": ValueError})
    store.Releases(Home(Path(sys.argv[1]))).rollback(sys.argv[2])
"""


@pytest.mark.series
@pytest.mark.parametrize("point", many(["link"], ["link", "log"]))
def test_a_kill_while_going_back_leaves_one_of_the_two(small: Home, point: str) -> None:
    """Readers see the one or the other, whole; and it can be done again."""
    releases = Releases(small)
    current = releases.folder()
    older = Path(shutil.copytree(current, current.with_name("20200101T000000-aaaaaa")))
    with releases.publication():
        releases.switch(older.name, "published")
        releases.switch(current.name, "published")
    command = [sys.executable, "-c", textwrap.dedent(KILL), str(small.root), older.name, point]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert releases.opened()[0] == (current if point == "link" else older)
    assert releases.rollback(older.name) == [] and releases.opened()[0] == older
    assert releases.ids() == [older.name, current.name]


def test_the_same_size_and_time_are_no_proof_for_a_rollback(small: Home) -> None:
    """All of it is read."""
    path = Releases(small).folder() / MARCH
    damage_in_place(path)
    with pytest.raises(RefusalError, match="month=2024-03"):
        Releases(small).rollback(Releases(small).folder().name)
