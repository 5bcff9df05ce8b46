"""What newsrooms ask beside a story: the page's tables say what the queries of docs/questions.md say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from lxml import html

from orchestration.pages import asked, overview
from orchestration.pages.figures import Cell
from orchestration.pages.sections import Table
from orchestration.pages.series import Library, Series
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import read_manifest
from orchestration.releases.showing import INDEX
from tests.questions.test_questions import QUERIES

OCTOBER = dt.date(2024, 10, 1)
COPIED = (asked.PERIOD, asked.GROWTH, "mart_partner_category_monthly", "fct_trade_monthly", "dim_category_line",
          "dim_commodity", "dim_partner")  # fmt: skip


@pytest.fixture
def found(sample_release: Path) -> Iterator[tuple[Library, Series]]:
    """The story's first series, and its tables, which a test may change."""
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        library = Library(con, overview.streams(con, read_manifest(sample_release)))
        series = library.series(("gacc_sample", "CHN", "import"), "502", "ic", "integrated_circuits")
    assert series is not None
    with duckdb.connect() as con:
        con.execute(f"attach '{sample_release / DATABASE}' as release (read_only)")
        for table in COPIED:
            con.execute(f"create table {table} as from release.{table}")
        yield Library(con, {}), series


def told(table: Table | None) -> list[list[object]]:
    """Rows in words and values."""
    assert table is not None
    return [[cell.value if isinstance(cell, Cell) else str(cell) for cell in row] for row in table.rows]


def answer(release: Path, number: int) -> list[tuple[object, ...]]:
    """What the query of a question says."""
    with duckdb.connect(str(release / DATABASE), read_only=True) as con:
        return con.execute(QUERIES[number][1]).fetchall()


def test_who_gained_share(found: tuple[Library, Series], sample_release: Path) -> None:
    """The three that gained most, then the three that lost most; both ends and what lies between them."""
    rows = told(asked.gained(*found))
    assert [(row[0], row[3]) for row in rows[:3]] == answer(sample_release, 6)
    moves = [row[3] for row in rows]
    assert moves == sorted(moves, reverse=True) and len(rows) == 6 and "China" not in [row[0] for row in rows]  # type: ignore[type-var]
    assert all(row[3] == pytest.approx(row[2] - row[1]) for row in rows)  # type: ignore[operator]


def test_a_first_year_that_is_not_whole_is_no_beginning(found: tuple[Library, Series]) -> None:
    """Nor is one year a comparison."""
    library, series = found
    library.con.execute(f"update {asked.PERIOD} set is_complete = false where period = '2020'")
    table = asked.gained(library, series)
    assert table is not None and table.heads[1:3] == ("2021", "2024")
    assert table.note == "The last year counts its months up to October 2024."
    library.con.execute(f"delete from {asked.PERIOD} where period <> '2024'")
    assert asked.gained(library, series) is None


def test_years_compared_say_what_they_leave_out(found: tuple[Library, Series]) -> None:
    """Months between that are not known, and a partner whose trade began after the first year."""
    library, series = found
    library.con.execute(f"update {asked.PERIOD} set n_months = 9 where period = '2024' and partner_code = '502'")
    library.con.execute(f"delete from {asked.PERIOD} where period = '2020' and partner_code = '133'")
    table = asked.gained(library, series)
    assert table is not None
    assert table.note == (
        "The last year counts those of its months that are known, up to October 2024. "
        "Partners that first traded after the first of these years are not compared."
    )


def test_the_largest_lines(found: tuple[Library, Series], sample_release: Path) -> None:
    """The first of them is the one of the question, since chips are the largest trade of the sample."""
    rows = told(asked.lines(*found, OCTOBER))
    (code, partner, value) = answer(sample_release, 18)[0]
    assert str(rows[0][0]).startswith(f"<code>{code}</code> <data ") and rows[0][1:] == [partner, value]
    assert len(rows) == asked.LINES


def test_lines_are_those_of_the_category(found: tuple[Library, Series]) -> None:
    """A line of something else may be larger."""
    library, series = found
    library.con.execute("update fct_trade_monthly set value_usd = 9e12 where commodity_code not like '85423%'")
    library.con.execute("delete from dim_commodity where commodity_code = '85423190'")
    rows = told(asked.lines(library, series, OCTOBER))
    assert all(str(row[0]).startswith("<code>85423") for row in rows)
    assert rows[0][0] == "<code>85423190</code> ", "a line that no list names says its code alone"


def test_odd_unit_values(found: tuple[Library, Series]) -> None:
    """That there is none is an answer; one is named with its median; where no unit value is known nothing is said."""
    library, series = found
    table = asked.unusual(library, [series], OCTOBER)
    assert table is not None and table.rows == () and ": none. Out of line is more than five times" in table.note
    where = "category_scheme = 'ic' and partner_code = '133' and month"
    library.con.execute(f"update {asked.GROWTH} set is_unit_value_unusual = true where {where} = date '2024-05-01'")
    library.con.execute(f"update {asked.GROWTH} set is_unit_value_unusual = true where {where} = date '2023-10-01'")
    table = asked.unusual(library, [series], OCTOBER)
    (row,) = told(table)
    assert row[0] == "Integrated circuits, South Korea, May 2024" and len(row) == 3
    library.con.execute(f"update {asked.GROWTH} set is_unit_value_unusual = null")
    assert asked.unusual(library, [series], OCTOBER) is None


def test_chips_beside_machines(found: tuple[Library, Series], sample_release: Path) -> None:
    """So many times the machines that make them, and what else stands in their scheme."""
    rows = told(asked.neighbours(*found, OCTOBER))
    machines = next(row for row in rows if row[0] == "Chip-making equipment")
    assert [(machines[3],)] == answer(sample_release, 23)
    values = [row[1] for row in rows]
    assert values == sorted(values, reverse=True) and len(rows) == 5  # type: ignore[type-var]


def test_the_page_has_the_answers(sample_release: Path) -> None:
    """Each under its heading."""
    root = html.document_fromstring((sample_release / INDEX).read_bytes())
    headings = {of.text_content() for of in root.iter("h3")}
    assert {
        "Who gained share, and who lost it",
        "The largest single lines",
        "Unit values out of line",
        "Integrated circuits beside other goods, United States",
    } <= headings
