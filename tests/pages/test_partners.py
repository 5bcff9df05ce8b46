"""Partners and blocs: the column adds up to the whole, and it is said of whom a bloc's figure is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from lxml import html

from orchestration.pages import derived
from orchestration.pages.figures import Cell
from orchestration.pages.partners import GROWTH, MART, WHOLE, blocs, partners
from orchestration.pages.read import key_of
from orchestration.pages.series import Library
from orchestration.releases.database import DATABASE
from orchestration.releases.showing import INDEX
from tests.pages.made import series

OCTOBER = dt.date(2024, 10, 1)
OF = (
    "'gacc' as source, 'CHN' as reporter, 'import' as flow, 'ic' as category_scheme, "
    "'integrated_circuits' as category_code"
)
#: Twelve partners in order, and China's own goods.
VALUES = {f"{n}": 1_000_000 * (13 - n) for n in range(1, 13)} | {"142": 2_500_000}
ALL = sum(VALUES.values())


def library(whole: int | None, values: dict[str, int] | None = None) -> Library:
    """Marts with these partners and this whole."""
    con = duckdb.connect()
    rows = " union all ".join(
        f"select {OF}, date '2024-10-01' as month, '{code}' as partner_code, 'Partner {code}' as partner_name, "
        f"{'null' if code == '142' else at}::integer as rank_usd, {value}::bigint as value_usd, 0.5 as value_usd_yoy, "
        f"0.01 as contribution_usd_yoy, {value} / {ALL}::double as partner_share_usd"
        for at, (code, value) in enumerate((values or VALUES).items(), 1)
    )
    con.execute(f"create table {GROWTH} as select * exclude (partner_share_usd) from ({rows})")
    con.execute(f"create table {MART} as {rows}")
    con.execute(
        f"create table {WHOLE} as select {OF}, date '2024-10-01' as month, 'all' as partner_code, "
        f"{'null' if whole is None else whole}::bigint as value_usd, 0.1 as value_usd_yoy"
    )
    con.execute(
        f"create table mart_bloc_category_monthly as select {OF}, date '2024-10-01' as month, bloc_code, "
        "bloc_code as bloc_name, 3 as n_members, 5::bigint as value_usd, 0.1 as value_usd_yoy, 0.2 as bloc_share_usd "
        "from (values ('A'), ('B'), ('C')) as b(bloc_code)"
    )
    con.execute(
        "create table dim_bloc_member as select * from (values ('A', 'CHN', date '2009-06-16', null), "
        "('B', 'CHN', date '2009-06-16', date '2024-10-01'), ('C', 'CHN', date '2024-10-02', null), "
        "('A', 'USA', date '2009-06-16', null)) as m(bloc_code, partner_iso3, valid_from, valid_to)"
    )
    con.execute(
        "create table dim_partner as select 'gacc' as source, * from (values ('142', 'China', 'CHN', true), "
        "('502', 'United States', 'USA', false)) as p(partner_code, partner_name, partner_iso3, is_reimport)"
    )
    return Library(con, {})


def column(rows: tuple[tuple[object, ...], ...], at: int) -> list[object]:
    """The values of a column of figures."""
    return [row[at].value if isinstance(row[at], Cell) else row[at] for row in rows]  # type: ignore[attr-defined]


def test_the_column_adds_up_to_all_partners() -> None:
    """Ten by name, the reporter's own goods, and all others in one row."""
    table = partners(library(ALL), series([1]), OCTOBER)
    assert table is not None
    *parts, whole = column(table.rows, 2)
    assert whole == ALL == sum(parts)  # type: ignore[arg-type]
    names = [getattr(row[0], "striptags", lambda row=row: row[0])() for row in table.rows]
    assert names[10:] == [
        "Partner 142: goods of its own that come back",
        "All others (2 partners)",
        "All partners together",
    ]
    assert sum(column(table.rows[:-1], 4)) == pytest.approx(1)  # type: ignore[arg-type]


def test_of_a_whole_that_is_not_known_nothing_is_left() -> None:
    """No row, and no figure that would look like one."""
    table = partners(library(None), series([1]), OCTOBER)
    assert table is not None and [str(row[0]) for row in table.rows][10:] == [
        "Partner 142: goods of its own that come back"
    ]


def test_where_all_are_listed_there_are_no_others() -> None:
    """The whole stands by itself."""
    table = partners(library(5, values={"1": 3, "2": 2}), series([1]), OCTOBER)
    assert table is not None and [row[0] for row in table.rows] == ["Partner 1", "Partner 2", "All partners together"]


def test_it_is_said_whether_the_reporter_is_in_a_bloc() -> None:
    """By the days of its membership: one is a member, one was, one is to be."""
    table = blocs(library(ALL), series([1]), OCTOBER)
    assert table is not None and table.heads[-1] == "China in it?" and "China's own goods" in table.note
    assert {row[0]: row[-1] for row in table.rows} == {
        "A": "a member, but left out",
        "B": "no member",
        "C": "no member",
    }


def test_of_another_reporter_it_is_said_of_china_too() -> None:
    """Which is a partner like any other there."""
    found = library(ALL)
    found.con.execute("update mart_bloc_category_monthly set reporter = 'USA'")
    of = series([1])
    object.__setattr__(of.stream, "reporter", "USA")
    table = blocs(found, of, OCTOBER)
    assert table is not None and table.heads[-2:] == ("United States in it?", "China in it?")
    assert next(row[-2:] for row in table.rows) == ("a member, but left out", "a member, counted")


def test_what_is_left_is_what_a_recount_gives(sample_release: Path) -> None:
    """The sample's own page, against each partner that it does not name."""
    root = html.document_fromstring((sample_release / INDEX).read_bytes())
    found = {of.get("data-column"): of for of in root.iter("data") if derived.is_derived(of.get("data-column"))}
    key = key_of(found["rest(value_usd)"].get("data-key"))
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        rows = con.execute(
            "select partner_code, value_usd, partner_share_usd from v_ic_by_partner "
            "where flow = 'import' and month = date '2024-10-01' and value_usd > 0"
        ).fetchall()
    others = [row for row in rows if row[0] not in key["partner_code"].split(" ")]
    assert len(others) >= 5 and int(found["rest(*)"].get("value")) == len(others)
    assert int(found["rest(value_usd)"].get("value")) == sum(row[1] for row in others)
    share = float(found["rest(partner_share_usd)"].get("value"))
    assert share == pytest.approx(sum(row[2] for row in others), rel=1e-9)


KEY = {"source": "gacc", "reporter": "CHN", "flow": "import", "partner_code": "1 2", "category_scheme": "ic",
       "category_code": "integrated_circuits", "month": "2024-10"}  # fmt: skip
#: By name what is asked of which key, and the answer.
ASKED: dict[str, tuple[str, dict[str, str], str]] = {
    "a rest": ("rest(value_usd)", {}, str(ALL - 23_000_000)),
    "others": ("rest(*)", {}, "11"),
    "a rest without a partner that is there": ("rest(value_usd)", {"partner_code": "1 99"}, "no rest"),
    "a rest of a month that is not there": ("rest(value_usd)", {"month": "2024-09"}, "no rest"),
    "a rest of what does not add up": ("rest(value_usd_yoy)", {}, "no rest"),
    "a ratio": ("ratio(value_usd)", {}, str(12 / 11)),
    "a difference": ("gain(value_usd)", {}, "-1000000"),
    "a ratio of a cell that is not there": ("ratio(value_usd)", {"partner_code": "1 99"}, "no ratio"),
    "a ratio of one cell": ("ratio(value_usd)", {"partner_code": "1"}, "no ratio"),
    "a column that is not there": ("ratio(weight)", {}, "no ratio"),
    "a key that is not there": ("ratio(value_usd)", {"weather": "good"}, "no ratio"),
}


@pytest.mark.parametrize("name", ASKED)
def test_figures_of_several_cells_are_made_anew(name: str) -> None:
    """Or it is said that there is none, in words that no page has."""
    asked, key, wanted = ASKED[name]
    con = library(ALL).con
    rows = con.execute("select table_name, list(column_name) from duckdb_columns() where not internal group by 1")
    said = derived.answer(con, dict(rows.fetchall()), MART, asked, KEY | key)
    assert said.startswith(wanted) if wanted.startswith("no ") else said == wanted
