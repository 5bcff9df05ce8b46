"""The release before as gates see it: its figures of months in which it says something else, and what they stand for.

Belongs here: reading a release beside the one that is audited. Not here: which release that is (`releases.publish`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.base.duck import literal
from orchestration.gates.carried import Content

_KEY = ("source", "reporter", "flow", "month", "partner_code", "category_scheme", "category_code")
_SERIES = (*_KEY, "value_usd", "value_local")
#: By table the columns that gates may ask of the release before, each table under the name `before_…`.
TABLES = {
    "mart_partner_category_monthly": _SERIES,
    "mart_category_monthly": _SERIES,
    "dim_category": ("category_scheme", "scheme_version", "category_code", "hs_prefixes", "code_system"),
}


@dataclass(frozen=True)
class Before:
    """A release that was published before. `content`: of its database; `own_differ`: whether the home's own categories
    say something else now.
    """

    database: Path
    content: Content
    own_differ: bool


def show_before(con: duckdb.DuckDBPyConnection, before: Before | None, content: Content | None) -> None:
    """Tables of the release before, copied, so that one that cannot be read stops nothing: without rows where there is
    none, or none of that form. Of tables with months those alone in which the subject's `content` differs, if known.
    """
    for table, columns in TABLES.items():
        con.execute(f"create table before_{table} as select {', '.join(columns)} from published.main.{table} limit 0")
    if before is None:
        return
    try:
        con.execute(f"attach {literal(before.database)} as before (read_only)")
        for table in TABLES:
            con.execute(f"insert into before_{table} by name {_rows(table, before, content)}")
    except duckdb.Error:
        for table in TABLES:
            con.execute(f"delete from before_{table}")


def _rows(table: str, before: Before, content: Content | None) -> str:
    where = ""
    if table == "dim_category":
        own = "select category_scheme from before.main.dim_category_scheme where is_own"
        where = f"where category_scheme not in ({own})" if before.own_differ else ""
    elif content is not None:
        then, now = before.content.get(table, {}), content.get(table, {})
        months = ", ".join(f"date '{month}-01'" for month in sorted(then) if then[month] != now.get(month))
        where = f"where month in ({months})" if months else "where false"
    return f"select {', '.join(TABLES[table])} from before.main.{table} {where}"
