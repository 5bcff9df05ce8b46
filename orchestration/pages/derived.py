"""Figures that stand in no cell of their own: what is left of a whole, how much one cell is of another or beyond it.

Belongs here: how such a figure names the cells that it is made of, and the question that makes it anew of them. Not
here: figures that stand in one cell (`look_up`), nor which are shown (`partners`, `asked`).

`rest(value_usd)`: all partners less those that the key names; `rest(partner_share_usd)`: how much of all that is;
`rest(*)`: how many partners with trade the key leaves unnamed. `ratio(column)`, `gain(column)`: the first of the two
cells that the key names over the second, and the second less the first. Names are told apart by a blank.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import duckdb

from orchestration.pages.figures import SERIES_KEY, Key, value_text
from orchestration.stories.measures import SERIES

FORM = re.compile(r"(rest|ratio|gain)\((\*|\w+)\)")
#: The columns of which there is a rest, and what is asked for each: `whole`, `named`, both of dollars, `others`.
RESTS = {
    "value_usd": "whole - named",
    "partner_share_usd": "(whole - named) / nullif(whole, 0)::double",
    "*": "others",
}
WHOLE, PARTS = SERIES
REST = """
with part as (
  select value_usd, list_contains(string_split($partner_code, ' '), partner_code) as is_named from {parts}
  where {where}
),

whole as (select any_value(value_usd) as whole, count(*) as n from {whole} where {where}),

part_sum as (
  select sum(value_usd) filter (where is_named) as named, count(value_usd) filter (where is_named) as n_named,
    count(*) filter (where not is_named and value_usd > 0) as others
  from part
)

select if(n = 1 and n_named = len(string_split($partner_code, ' ')), {asked}, null) from whole, part_sum"""
#: By name the arithmetic of two cells.
PAIRS = {"ratio": "one / nullif(two, 0)::double", "gain": "two - one"}
PAIR = """
with cell as (select {pair} as name, "{column}" as value from {table} where {where}),

one as (select any_value(value) as one, count(*) as n_one from cell where name = $first),

two as (select any_value(value) as two, count(*) as n_two from cell where name = $second)

select if(n_one = 1 and n_two = 1, {asked}, null) from one, two"""


def names(codes: Iterable[str]) -> str:
    """Names as a key has them."""
    return " ".join(codes)


def is_derived(column: str) -> bool:
    """Whether a column is none of a table."""
    return FORM.fullmatch(column) is not None


def answer(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, Collection[str]], table: str, column: str, key: Key
) -> str:
    """What a release has for such a figure, as it is compared; words that no page says where it is not to be had."""
    form = FORM.fullmatch(column)
    columns = tables.get(table, ())
    if form is None or not {*key} <= {*columns} or form[2] not in {*columns, "*"}:
        return f"no {column} of {table}"
    found = _rest(con, table, form[2], key) if form[1] == "rest" else _pair(con, table, form, key)
    return f"no {column} of these rows of {table}" if found is None else value_text(found)


def _where(names: Iterable[str]) -> str:
    return " and ".join(
        f"month = (${name} || '-01')::date" if name == "month" else f'"{name}"::varchar = ${name}' for name in names
    )


def _rest(con: duckdb.DuckDBPyConnection, table: str, column: str, key: Key) -> object:
    if table != PARTS or column not in RESTS or {*key} != {*SERIES_KEY, "month"}:
        return None
    where = _where(name for name in key if name != "partner_code")
    sql = REST.format(parts=PARTS, whole=WHOLE, where=where, asked=RESTS[column])
    return (con.execute(sql, dict(key)).fetchone() or (None,))[0]


def _pair(con: duckdb.DuckDBPyConnection, table: str, form: re.Match[str], key: Key) -> object:
    double = [name for name, value in key.items() if " " in value]
    if len(double) != 1 or form[2] == "*":
        return None
    first, _, second = key[double[0]].partition(" ")
    where = _where(name for name in key if name != double[0])
    sql = PAIR.format(pair=f'"{double[0]}"::varchar', column=form[2], table=f'"{table}"', where=where,
                      asked=PAIRS[form[1]])  # fmt: skip
    asked = {name: value for name, value in key.items() if name != double[0]}
    return (con.execute(sql, {**asked, "first": first, "second": second}).fetchone() or (None,))[0]
