"""Whatever somebody edits in the table of corrections is found, also where the release before is no longer kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.base.settings import Home
from orchestration.releases.content import CORRECTIONS
from orchestration.releases.corrections.again import corrections_again
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases
from tests.conftest import copied
from tests.gates.edits import Edited, Found, opened
from tests.gates.test_edits import KINDS
from tests.revisions import Revisions, revisions

__all__ = ["revisions"]
GATE = "corrections"
#: What tells one row from the others.
KEYS = {"release_id", "source", "reporter", "flow", "month", "partner_code", "category_scheme", "category_code",
        "measure"}  # fmt: skip


@pytest.fixture(scope="module")
def edited(revisions: Revisions) -> Iterator[Edited]:
    """The release of a home that has revised a month, before the eyes of the gates."""
    with opened(revisions.built("march-1")) as release:
        yield release


@pytest.mark.own_run("a home that has revised a month is built, once for all")
@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_of_any_column_is_told(edited: Edited, kind: str) -> None:
    """As that column's, or as a row that is missing and one too many."""
    columns, where = edited.columns[CORRECTIONS], "measure = 'value_usd'"
    assert edited.has(CORRECTIONS, where) and not edited.findings(CORRECTIONS, f"from published.main.{CORRECTIONS}")
    for column, of in columns.items():
        found = edited.replaced(CORRECTIONS, column, KINDS[kind](column, of), where, GATE)
        told = None if column in KEYS else column
        assert {(f.gate, f.table, f.column) for f in found} == {(GATE, CORRECTIONS, told)}, column


@pytest.mark.own_run("a home that has revised a month is built, once for all")
def test_a_row_that_is_missing_or_too_many_is_told(edited: Edited) -> None:
    """Under the last month received."""
    rows = f"select * from published.main.{CORRECTIONS}"
    more = f"{rows} union all by name ({rows.replace('*', '* replace (month + interval 1 month as month)')})"
    for changed in (f"{rows} where measure <> 'quantity'", more):
        assert edited.findings(CORRECTIONS, changed) == {Found(GATE, CORRECTIONS, None, "2024-04")}


@pytest.mark.own_run("a home that has revised a month is built, once for all")
def test_without_the_release_before_the_file_beside_it_tells(
    revisions: Revisions, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An edit is told by it; where that is damaged too, nobody can tell, and the gate says so."""
    home = copied(revisions.built("march-1"), tmp_path_factory)
    releases = Releases(home)
    shutil.rmtree(releases.folder(releases.manifest().base))
    with opened(home) as release:
        assert release.speaks(GATE, CORRECTIONS)
        assert not release.findings(CORRECTIONS, f"from published.main.{CORRECTIONS}", GATE)
        assert release.replaced(CORRECTIONS, "cause", "'parser'", "true", GATE) == {
            Found(GATE, CORRECTIONS, "cause", "2024-04")
        }
    path = releases.folder() / "parquet" / f"{CORRECTIONS}.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    with duckdb.connect() as con:
        assert corrections_again(con, home, releases.folder()) is None
    with opened(home) as release:
        assert not release.speaks(GATE, CORRECTIONS)


def test_a_first_release_corrects_nothing(small_home: Home) -> None:
    """Its table is there, without rows, and so is its file."""
    folder = Releases(small_home).folder()
    with duckdb.connect(str(folder / DATABASE), read_only=True) as con:
        assert con.execute(f"select count(*) from {CORRECTIONS}").fetchall() == [(0,)]
        read = con.execute(f"from read_parquet('{folder}/parquet/{CORRECTIONS}.parquet')")
        assert [column[0] for column in read.description] == con.table(CORRECTIONS).columns
    said = Releases(small_home).manifest().corrections
    assert (said.compared_with, said.remark, said.content and said.content.rows) == (None, "", 0)
