"""Raw rows as gates see them: of all sources in one shape, of all months or some.

Belongs here: reading raw files past the models, by the mapping that each source declares, so that layers are counted
twice. Not here: which months a gate is shown (`bench`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb

from orchestration.base.duck import literal
from orchestration.base.settings import Home
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ROW
from orchestration.warehouse.raw import HEAD

#: The rows that decide on a fact, each with its stream and units by their English names: those of receipts whose
#: scope no later one contains at that cell (docs/rules.md, rule 1), and that are not held back. A 0 without a unit is
#: none. Most receipts have no later one at all, and only rows of the others are looked at one by one.
COUNTED = """
create view counted_raw_row as
with later as (
  select distinct r.receipt_id, v.month, v.partner_code, v.hs_prefix
  from receipt as r
  join coverage as v on r.feeds = v.feeds and r.source = v.source and r.reporter = v.reporter and r.flow = v.flow
    and r.currency = v.currency and r.precedence < v.precedence
),
row as not materialized (
  select receipt_id, month, line, hs_code, coalesce(partner_code, 'world') as partner_code, regime_code,
    if(unit_1 is null and quantity_1 = 0, null, quantity_1) as quantity_1, unit_1,
    if(unit_2 is null and quantity_2 = 0, null, quantity_2) as quantity_2, unit_2, value, net_weight_kg,
    weight_is_estimated
  from raw_row where feeds <> 'check'
),
standing as (
  select * from row anti join later using (receipt_id, month)
  union all
  select r.* from row as r semi join later as m using (receipt_id, month)
  where not exists (
    select 1 from later as l where l.receipt_id = r.receipt_id and l.month = r.month
      and l.partner_code in ('*', r.partner_code) and starts_with(r.hs_code, l.hs_prefix))
)
select r.feeds, r.source, r.reporter, r.flow, r.currency, s.* replace (
  coalesce(a.unit, s.unit_1) as unit_1, coalesce(b.unit, s.unit_2) as unit_2)
from standing as s
join receipt as r using (receipt_id)
left join unit as a on s.unit_1 = a.unit_as_printed
left join unit as b on s.unit_2 = b.unit_as_printed
anti join quarantine as q on s.receipt_id = q.receipt_id and s.line = q.line and s.month = q.month"""
#: Rows that a gate of `by_month` sees at once: their keys fit into little memory, and small homes need one pass.
ROWS_AT_ONCE = 300_000


def know_raw(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Table `raw_file` (source, file, month as YYYY-MM, is_shown), and view `raw_row`: all rows of the receipts that
    count, with `HEAD`, `ROW` and what the receipt and the source say of them.
    """
    raw = literal(home.raw / "*" / "month=*" / "*.parquet")
    names = ", ".join(map(literal, TRADE))
    con.execute(
        "create table raw_file as select place.source, file, place.month, true as is_shown from ("
        "select file, regexp_extract(file, '([^/]*)/month=([^/]*)/[^/]*$', ['source', 'month']) as place "
        f"from glob({raw})) where place.source in ({names})"
    )
    show_raw(con, None)


def show_raw(con: duckdb.DuckDBPyConnection, months: Collection[str] | None) -> None:
    """Show the raw rows of some months alone, or of all."""
    shown = [] if months is None else sorted(months)
    con.execute("update raw_file set is_shown = ? or list_contains(?, month)", [months is None, shown])
    show_marked(con)


def show_marked(con: duckdb.DuckDBPyConnection) -> None:
    """Show the rows of all files that are marked as shown."""
    show_files(con, con.execute("select source, file from raw_file where is_shown order by file").fetchall())


def show_files(con: duckdb.DuckDBPyConnection, files: Collection[tuple[str, str]]) -> None:
    """Show the rows of these files alone, each with its source."""
    none = ", ".join(f"null::{kind} as {name}" for name, kind in {**HEAD, **ROW}.items())
    parts = [f"select {none}, null::varchar as partner_pattern where false"]
    for name, source in TRADE.items():
        if of_it := [file for of, file in files if of == name]:
            con.execute(f"set variable raw_{name} = ?", [of_it])
            rows = source.rows(f"read_parquet(getvariable('raw_{name}'), hive_partitioning = false)", *HEAD)
            parts.append(f"select *, {literal(source.partner_pattern)} as partner_pattern from ({rows})")
    con.execute(
        "create or replace view raw_row as "
        "select r.*, receipt.feeds, receipt.code_length, receipt.dimensions, receipt.precedence "
        f"from ({' union all by name '.join(parts)}) as r join receipt using (receipt_id, parser_version)"
    )


def months_in_files(con: duckdb.DuckDBPyConnection, months: Collection[str]) -> set[str]:
    """The months of the rows in the raw files of some months; others than these if a file is not what it must be."""
    ((files,),) = con.execute(
        "select list(file) from raw_file where list_contains(?, month)", [sorted(months)]
    ).fetchall()
    if not files:
        return set()
    rows = "read_parquet(?, hive_partitioning = false, union_by_name = true)"
    found = con.execute(f"select distinct strftime(month, '%Y-%m') from {rows} where month is not null", [files])
    return {month for (month,) in found.fetchall()}


def files_by_month(con: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[str, str]]]:
    """The raw files that are shown, a few months at a time: as many as make `ROWS_AT_ONCE` rows."""
    months = con.execute(
        "select list({source: source, file: file}), any_value(rows) from raw_file left join ("
        "select strftime(month, '%Y-%m') as month, sum(rows)::bigint as rows from received group by 1) using (month) "
        "where is_shown group by month order by month"
    ).fetchall()
    batch: list[tuple[str, str]] = []
    size = 0
    for files, rows in months:
        batch += [(found["source"], found["file"]) for found in files]
        size += rows or 0
        if size >= ROWS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
