"""What was reviewed and what was received beside trade, as gates see it: whatever dimensions and printed figures are
made of, read past the models.

Belongs here: seeds, code lists, documents, sources as they declare themselves. Not here: trade (`raw_rows`).
"""

from __future__ import annotations

import csv

import duckdb

from orchestration.base.duck import literal
from orchestration.base.settings import DBT_PROJECT, Home
from orchestration.landing.store import LandingState
from orchestration.warehouse.categories import OwnCategories
from orchestration.warehouse.snapshot import calendar_table, source_table

#: Where the reviewed tables lie.
REVIEW = DBT_PROJECT / "seeds"
#: Reviewed tables that gates read, as tables `review_<name>`; each cell is text.
SEEDS = ("bloc_members", "bulletin_lines", "categories", "category_schemes", "commodity_successions", "control_scopes",
         "control_totals", "exchange_rates", "hs_headings", "hs_sections", "lunar_new_years", "measures",
         "mover_rules", "partners", "provinces", "regimes", "thresholds")  # fmt: skip
#: What was received beside trade, by the name of its view, and what gates read of it; a row a line.
RECEIVED = {
    "listed_row": ("gacc_nomenclature", {"receipt_id": "varchar", "parser_version": "varchar", "list": "varchar",
                   "year": "int", "language": "varchar", "code": "varchar", "name": "varchar", "unit_1": "varchar",
                   "unit_2": "varchar"}),
    "printed_rate": ("exchange_rates", {"receipt_id": "varchar", "parser_version": "varchar", "month": "date",
                     "cny_per_usd": "decimal(12, 6)"}),
    "printed_figure": ("gacc_bulletin", {"receipt_id": "varchar", "parser_version": "varchar", "line": "bigint",
                       "row_label": "varchar", "flow": "varchar", "regime_group": "varchar", "period_from": "date",
                       "period_to": "date", "measure": "varchar", "printed": "varchar", "value": "decimal(24, 6)",
                       "half_unit": "decimal(24, 6)", "unit_as_printed": "varchar", "unit": "varchar"}),
    "annual_figure": ("comtrade_annual", {"receipt_id": "varchar", "parser_version": "varchar", "line": "bigint",
                      "reporter": "varchar", "flow": "varchar", "partner_code": "varchar", "hs": "varchar",
                      "period_from": "date", "period_to": "date", "value": "decimal(24, 6)",
                      "half_unit": "decimal(24, 6)"}),
}  # fmt: skip
#: The codes of the lists that count, by system, list and year: of several prints of a list the latest. Units are those
#: of the Chinese print where there is one, since some of the English ones contradict the code beside them.
LISTED = """
create table listed_code as
with latest as (
  select list, year, language, max(precedence) as precedence from code_list group by all
),
row as (
  select r.list, r.year, r.language, r.code, r.name, coalesce(a.unit, r.unit_1) as unit_1,
    coalesce(b.unit, r.unit_2) as unit_2
  from listed_row as r
  join code_list as c using (receipt_id, parser_version)
  join latest as l on c.list = l.list and c.year is not distinct from l.year and c.language = l.language
    and c.precedence = l.precedence
  left join unit as a on r.unit_1 = a.unit_as_printed
  left join unit as b on r.unit_2 = b.unit_as_printed
)
select 'gacc' as code_system, list as code_list, year, code, max(if(language = 'en', name, null)) as name_en,
  max(if(language = 'zh', name, null)) as name_zh,
  if(bool_or(language = 'zh'), max(if(language = 'zh', unit_1, null)), max(unit_1)) as unit_1,
  if(bool_or(language = 'zh'), max(if(language = 'zh', unit_2, null)), max(unit_2)) as unit_2
from row group by list, year, code"""


def seed(name: str) -> str:
    """SQL for the rows of a reviewed table, each cell as text."""
    path = REVIEW / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        columns = ", ".join(f"{literal(column)}: 'varchar'" for column in next(csv.reader(stream)))
    # What is told need not be found out, which costs more than to read the file.
    form = f"auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {{{columns}}}"
    return f"select * from read_csv({literal(path)}, {form})"


def reviewed_tables(con: duckdb.DuckDBPyConnection, home: Home, state: LandingState, own: OwnCategories) -> None:
    """Tables `unit`, `review_<seed>`, `declared_source`, `declared_month`, `own_…`; what was received beside trade;
    `listed_code`.
    """
    con.execute(f"create table unit as {seed('units')}")
    for name in SEEDS:
        con.execute(f"create table review_{name} as {seed(name)}")
    seen = {
        "declared_source": source_table(state),
        "declared_month": calendar_table(state),
        **own.tables(),
    }
    for name, rows in seen.items():
        con.register(f"{name}_arrow", rows)
        con.execute(f"create table {name} as select * from {name}_arrow")
    for view, (folder, columns) in RECEIVED.items():
        files = home.raw / folder / "*.parquet"
        shaped = ", ".join(f"{name}::{kind} as {name}" for name, kind in columns.items())
        none = ", ".join(f"null::{kind} as {name}" for name, kind in columns.items())
        is_there = next(files.parent.glob(files.name), None) is not None
        con.execute(
            f"create view {view} as "
            + (f"select {shaped} from read_parquet({literal(files)})" if is_there else f"select {none} where false")
        )
    con.execute(LISTED)
