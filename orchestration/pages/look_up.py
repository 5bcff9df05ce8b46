"""What a release has in the cells that a page shows, asked anew by what the page itself says of each.

Belongs here: questions put to whatever a gate sees. Not here: how figures are read from a page (`read`), those that are
made of several cells (`derived`), nor judgement.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from orchestration.pages import derived
from orchestration.pages.figures import value_text
from orchestration.pages.read import Read

#: A figure over several rows: so many, or the greatest.
SUM = re.compile(r"(count|max|sum)\((\*|\w+)\)")
#: A key is compared as text, save where that would read all months.
CONDITIONS = {"month": "t.month = (a.month || '-01')::date"}
#: Tables that a release has when the audit is over, and which gates see only of one that is looked at again.
LATER = ("audit_results", "release_info")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("place", "part", "source", "reporter", "flow", "month", "table_name",
                                      "column_name", "row_key", "said", "wanted")]
)  # fmt: skip


def compared(con: duckdb.DuckDBPyConnection, found: Iterable[Read]) -> pa.Table:
    """By figure what the page says and what the release has (`SCHEMA`); without those of tables that come later."""
    columns = _columns(con)
    groups: dict[tuple[str, tuple[str, ...], bool], list[Read]] = defaultdict(list)
    rows = []
    for of in found:
        if of.wanted is not None:
            rows.append(_row(of, of.wanted))
        elif derived.is_derived(of.column):
            rows.append(_row(of, derived.answer(con, columns, of.table, of.column, of.key)))
        elif of.table in columns or of.table not in LATER:
            groups[of.table, tuple(sorted(of.key)), bool(SUM.fullmatch(of.column))].append(of)
    for (table, names, _), asked in groups.items():
        answers = _answers(con, columns.get(table, set()), table, names, asked)
        rows += [_row(of, answer) for of, answer in zip(asked, answers, strict=True)]
    columns_of = zip(*rows, strict=True) if rows else [[]] * len(SCHEMA)
    return pa.table([list(column) for column in columns_of], schema=SCHEMA)


def _row(of: Read, wanted: str) -> tuple[str | None, ...]:
    """A figure, in the order of `SCHEMA`."""
    key: Mapping[str, str] = of.key
    stream = (key.get(name) for name in ("source", "reporter", "flow", "month"))
    row_key = ", ".join(f"{name} {value}" for name, value in key.items())
    return of.place, of.part, *stream, of.table, of.column, row_key, of.said, wanted


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """By table the columns that can be asked."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, column in con.execute(
        "select table_name, column_name from duckdb_columns() where not internal "
        "and (database_name = current_database() or table_name = 'audit_results')"
    ).fetchall():
        found[table].add(column)
    return found


def _answers(
    con: duckdb.DuckDBPyConnection, columns: set[str], table: str, names: tuple[str, ...], asked: list[Read]
) -> list[str]:
    """What the release has, in order; words that no page says, where there is no such cell or several."""
    if not names or not {*names} <= columns:
        return [f"no key {', '.join(names)} of {table}"] * len(asked)
    wanted = {of.column: _expression(of.column, columns, names) for of in asked}
    known = {column: sql for column, sql in wanted.items() if sql}
    if not known:
        return [f"no {of.column} of {table}" for of in asked]
    keys = list(dict.fromkeys(tuple(of.key[name] for name in names) for of in asked))
    told = {name: [key[at] for key in keys] for at, name in enumerate(names)}
    con.register("asked", pa.table(told | {"n": list(range(len(keys)))}))
    on = " and ".join(CONDITIONS.get(name, f't."{name}"::varchar = a."{name}"') for name in names)
    place = f"published.main.{table}" if table == "audit_results" else f'"{table}"'
    found = con.execute(
        f"select count(*), {', '.join(known.values())} from asked as a left join {place} as t on {on} "
        "group by a.n order by a.n"
    ).fetchall()
    con.unregister("asked")
    answers = {key: (n, dict(zip(known, values, strict=True))) for key, (n, *values) in zip(keys, found, strict=True)}
    said = []
    for of in asked:
        n, values = answers[tuple(of.key[name] for name in names)]
        is_one = n == 1 or SUM.fullmatch(of.column) is not None
        said.append(value_text(values[of.column]) if of.column in values and is_one else f"{n} rows of {table}")
    return said


def _expression(column: str, columns: set[str], names: tuple[str, ...]) -> str | None:
    """What is asked of the rows of a key; None where there is no such column. Rows are counted by their key."""
    over = SUM.fullmatch(column)
    if over and over[2] == "*":
        return f'count(t."{names[0]}")'
    plain = over[2] if over else column
    return f'{over[1] if over else "any_value"}(t."{plain}")' if plain in columns else None
