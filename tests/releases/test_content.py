"""Content by month: what a candidate takes over from the release before, and that it is what a new file would hold."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases import candidate, database
from orchestration.releases.content import database_content, table_content, unlike
from orchestration.releases.database import DATABASE, write_database
from orchestration.releases.difference import difference
from orchestration.releases.manifest import Manifest, read_manifest, write_manifest
from orchestration.releases.store import Releases
from orchestration.terminal.doctor import examine
from tests.conftest import add, copied, damage_in_place, many, query, released, row, value
from tests.revisions import Revisions, revisions

__all__ = ["revisions"]
#: The limit that the program has; these tests set it.
REPLACED = database.REPLACED
MARCH = Path("parquet/fct_trade_monthly/month=2024-03/data.parquet")
JANUARY = Path("parquet/fct_trade_monthly/month=2024-01/data.parquet")


def content_of(sql: str) -> str:
    """Content hash of the rows of a query."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"create table t as {sql}")
        return table_content(con, "t").content_hash


ROWS = "select * from (values (1, 'a'), (2, 'b'), (2, 'b'), (3, null)) as v (n, name)"


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (f"{ROWS} order by n desc", True),
        (f"{ROWS} union all select 2, 'b' union all select 2, 'b'", False),
        (f"select distinct * from ({ROWS})", False),
        (f"select n::bigint as n, name from ({ROWS})", False),
        (f"select n, name as title from ({ROWS})", False),
        (f"select n, coalesce(name, '') as name from ({ROWS})", False),
        (f"select if(n = 1, 3, if(n = 3, 1, n)) as n, name from ({ROWS})", False),
        (f"{ROWS} where false", False),
    ],
)
def test_a_content_hash_is_of_rows_names_and_types(other: str, is_same: bool) -> None:
    """Whatever the order of rows; a row twice, a type, a name, a null, two values exchanged: each is another."""
    assert (content_of(ROWS) == content_of(other)) == is_same


def test_months_that_differ_are_told_by_stream() -> None:
    """A table with source, reporter, flow and month has a hash for each; one that is empty has none."""
    with duckdb.connect(":memory:") as con:
        cell = (
            "select 'gacc' as source, 'CHN' as reporter, flow, month, value from (values {}) as v (flow, month, value)"
        )
        first = "('import', date '2024-01-01', 1), ('import', date '2024-02-01', 2), ('export', date '2024-01-01', 3)"
        con.execute(f"create table a as {cell.format(first)}")
        con.execute(f"create table b as {cell.format(first.replace('2)', '4)'))}")
        con.execute("create table nothing as select * from a where false")
        a, b, nothing = (table_content(con, name) for name in ("a", "b", "nothing"))
    assert a.months is not None and {s: list(m) for s, m in a.months.items()} == {
        "gacc CHN export": ["2024-01"],
        "gacc CHN import": ["2024-01", "2024-02"],
    }
    assert unlike(a, b) == {("gacc CHN import", "2024-02")} and unlike(a, a) == set()
    assert unlike(a, nothing) == a.slices.keys() and nothing.slices == {}


@pytest.fixture(autouse=True)
def _replaced(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate replaces months however many have changed; what it takes over is the same whoever judges it."""
    if request.node.get_closest_marker("own_run"):
        request.getfixturevalue("two_gates")
    monkeypatch.setattr(database, "REPLACED", 10)


@pytest.fixture
def revised(revisions: Revisions, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small home, published again after another figure of March."""
    return copied(revisions.built("march-1"), tmp_path_factory)


def of_march(revisions: Revisions, home: Home, figure: int) -> Manifest:
    """Publish another figure of March; what the new release says of itself."""
    assert revisions.publish(home, f"march-{figure}").outcome == "published"
    return Releases(home).manifest()


def is_linked(home: Home, name: Path) -> bool:
    """Whether a file of the current release is one with that of the release before."""
    releases = Releases(home)
    older, newer = (releases.folder(release) / name for release in releases.ids()[-2:])
    return newer.samefile(older)


def anew(home: Home, tmp_path: Path) -> dict[str, str]:
    """Content of the build database written into a new file, by table."""
    path = tmp_path / "anew.duckdb"
    path.unlink(missing_ok=True)
    write_database(home, path)
    return {name: of.content_hash for name, of in database_content(path).items()}


@pytest.mark.own_run("a revision is what is published")
def test_a_revision_replaces_its_months_alone(revised: Home, revisions: Revisions, tmp_path: Path) -> None:
    """The rest is linked, and the file holds what one written anew would; also after a second one."""
    for home, figure in ((revisions.built("march-1"), 1), (revised, 2)):
        said = Releases(home).manifest() if figure == 1 else of_march(revisions, home, figure)
        folder = Releases(home).folder()
        assert said.replaced_rows > 0 and value(home, "2024-03") == figure
        assert is_linked(home, JANUARY) and not is_linked(home, MARCH)
        assert {name: of.content_hash for name, of in said.tables.items()} == anew(home, tmp_path)
        assert database_content(folder / DATABASE) == said.tables
        with duckdb.connect(str(folder / DATABASE), read_only=True) as con:
            parquet = f"read_parquet('{folder}/parquet/fct_trade_monthly/*/data.parquet', hive_partitioning = false)"
            both = f"(from fct_trade_monthly except all from {parquet}) union all "
            both += f"(from {parquet} except all from fct_trade_monthly)"
            assert con.execute(both).fetchall() == []
            info = con.execute("select release_id from release_info").fetchall()
            views = {
                view for (view,) in con.execute("select view_name from duckdb_views() where not internal").fetchall()
            }
            said_of = con.execute("select count(*) from duckdb_columns() where comment is not null").fetchall()
        assert info == [(said.release_id,)] and {"v_ic", "v_ic_by_partner"} <= views and said_of[0][0] > 300


@pytest.mark.own_run("two revisions are what is published")
def test_rows_replaced_add_up_until_a_file_is_written_in_order(
    revised: Home, revisions: Revisions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One revision is below the limit that the program has, two are above one a little higher than the first."""
    first = Releases(revised).manifest()
    rows = sum(table.rows for table in first.tables.values())
    assert 0 < first.replaced_rows < REPLACED * rows
    monkeypatch.setattr(database, "REPLACED", 1.5 * first.replaced_rows / rows)
    second = of_march(revisions, revised, 2)
    assert second.replaced_rows == 0 and is_linked(revised, JANUARY)
    assert {name: of.content_hash for name, of in second.tables.items()} == anew(revised, tmp_path)


def cut(path: Path) -> None:
    """End a file in its middle."""
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_rows(path: Path) -> None:
    """Another figure in a released file, as if somebody had opened it for writing."""
    with duckdb.connect(str(path)) as con:
        con.execute("update fct_trade_monthly set value_usd = value_usd + 1 where month = date '2024-01-01'")


def gone(path: Path) -> None:
    """No file at all."""
    path.unlink()


@pytest.mark.own_run("the release that is built upon was damaged")
@pytest.mark.series
@pytest.mark.parametrize("damage", many((other_rows,), (cut, other_rows, gone)))
def test_nothing_is_taken_over_from_a_damaged_file(
    small: Home, revisions: Revisions, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """The candidate is what landing says."""
    damage(Releases(small).folder() / DATABASE)
    said = of_march(revisions, small, 1)
    assert said.replaced_rows == 0
    assert {name: of.content_hash for name, of in said.tables.items()} == anew(small, tmp_path)


@pytest.mark.own_run("the release that is built upon was damaged")
def test_a_damaged_month_is_not_linked(small: Home) -> None:
    """And with nothing new, the release is published again, whole."""
    cut(Releases(small).folder() / JANUARY)
    assert released(small).outcome == "published"
    assert not is_linked(small, JANUARY) and is_linked(small, MARCH)
    assert released(small).outcome == "unchanged"


@pytest.mark.series("test_once_a_month_the_audit_is_whole")
@pytest.mark.own_run("publications a month apart are what is tested")
def test_once_a_month_everything_is_read_again(
    small: Home, revisions: Revisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file changed in place, under its old time, is believed until then; a time in the future is not."""
    first = of_march(revisions, small, 1)
    damage_in_place(Releases(small).folder() / JANUARY)
    second = of_march(revisions, small, 2)
    assert is_linked(small, JANUARY) and second.read_whole_at == first.read_whole_at
    monkeypatch.setattr(candidate, "READ_WHOLE", dt.timedelta())
    third = of_march(revisions, small, 3)
    assert not is_linked(small, JANUARY) and third.read_whole_at == third.made_at


@pytest.mark.series("test_a_damaged_month_is_not_linked")
@pytest.mark.own_run("the release that is built upon was damaged")
def test_what_the_doctor_found_damaged_is_written_again(small: Home, revisions: Revisions) -> None:
    """Though nothing shows it but its bytes; what comes after trusts again."""
    of_march(revisions, small, 1)
    damage_in_place(Releases(small).folder() / JANUARY)
    assert not all(finding.ok for finding in examine(small))
    assert released(small).outcome == "published"
    assert {finding.check for finding in examine(small) if not finding.ok} == {"older release"}
    assert not is_linked(small, JANUARY)
    of_march(revisions, small, 2)
    assert is_linked(small, JANUARY)


@pytest.mark.own_run("the release that is built upon was damaged")
@pytest.mark.series
@pytest.mark.parametrize("what", many(["release.json"], ["release.json", ""]))
def test_a_release_that_cannot_be_read_is_published_anew(small: Home, what: str) -> None:
    """Its manifest, or all of it, is gone: there is nothing to build upon, and nothing that readers see."""
    before = Releases(small).manifest().tables
    lost = Releases(small).folder() / what
    shutil.rmtree(lost) if not what else lost.unlink()
    assert released(small).outcome == "published" and Releases(small).manifest().tables == before


@pytest.mark.series("test_a_release_that_cannot_be_read_is_published_anew")
@pytest.mark.own_run("a release of another layout is what is built upon")
def test_a_release_of_another_layout_gives_nothing(small: Home, revisions: Revisions) -> None:
    """Sorted or described in another way, or by a version that knew no layout."""
    folder = Releases(small).folder()
    write_manifest(read_manifest(folder).model_copy(update={"layout": ""}), folder)
    assert of_march(revisions, small, 1).replaced_rows == 0 and not is_linked(small, JANUARY)


def test_the_difference_tells_series_month_old_and_new(revisions: Revisions) -> None:
    """Of facts and marts; not the receipts that say so."""
    home = revisions.built("march-1")
    older, newer = Releases(home).ids()
    old = value(home, "2024-03", release=older)
    found = {d.table: d for d in difference(home, older, newer)}
    of_series = found["mart_partner_category_monthly"].changes
    (change,) = [c for c in of_series if c.series.startswith("ic integrated") and c.figure == "value_usd"]
    assert (change.month, change.old, change.new) == ("2024-03", old, 1)
    assert "502" in change.series and "fct_trade_monthly" in found and "dim_partner" not in found
    assert found["fct_trade_monthly"].months == ("2024-03",)
    assert query(home, "select count(*) from fct_trade_monthly where value_usd = 1") == [(1,)]
    assert difference(home, newer, newer) == []


@pytest.mark.own_run("a copied home is published again")
def test_a_copied_home_is_known_by_its_hashes(small: Home, revisions: Revisions) -> None:
    """Inodes are others there, and times may be: what is linked is read first."""
    for path in small.releases.rglob("*.parquet"):
        path.touch()
    of_march(revisions, small, 1)
    assert is_linked(small, JANUARY)


@pytest.mark.series("test_a_state_that_cannot_be_read_makes_all_stale")
@pytest.mark.own_run("the build database is edited before a publication")
def test_a_build_database_that_others_wrote_to_is_not_built_upon(small: Home, tmp_path: Path) -> None:
    """Names and derived columns, which no gate looks at; with and without something new."""
    before = Releases(small).manifest().tables
    for something_new in (False, True):
        if something_new:
            receipt = add(small, tmp_path, [row("202403", value="7")], months="2024-03")
        with duckdb.connect(str(small.build_database)) as con:
            con.execute("update dim_partner set partner_name = 'Atlantis' where partner_code = '502'")
            con.execute("update int_growth_monthly set rank_usd = 7")
        released(small)
        assert query(small, "select count(*) from dim_partner where partner_name = 'Atlantis'") == [(0,)]
        assert (Releases(small).manifest().tables == before) != something_new
    assert value(small, "2024-03") == 7
    Landing(small).withdraw(receipt.receipt_id, "a trial")
    released(small)
    assert Releases(small).manifest().tables == before
