"""Homes of made-up trade for the benchmarks: landing records and raw Parquet, written without parsing.

Made-up trade meets no printed figure; all else about it is as in real files.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.months import add_months, parse_month
from orchestration.base.settings import DBT_PROJECT, Home
from orchestration.landing.scope import Scope
from orchestration.landing.store import Landing, Receipt, ReceivedMonth
from orchestration.sources.gacc.parse import PARSER_VERSION
from orchestration.sources.gacc.rows import RAW_COLUMNS
from orchestration.warehouse.raw import raw_path

LAST_MONTH = parse_month("2024-12")
#: A home with this active dataset has its continuity judged; its source is the synthetic one.
DATASET, SOURCE = "sample_chips", "gacc_sample"
DIMENSIONS = ("month", "hs_code", "partner_code", "regime_code")
#: Every line of the tariff's headings up to 5,000, and chips, which the dataset needs.
CODES = f"""
create table code as
with heading as (
  from read_csv({literal(DBT_PROJECT / "seeds" / "hs_headings.csv")}, all_varchar = true) where length(hs_code) = 4
),
category as (from read_csv({literal(DBT_PROJECT / "seeds" / "categories.csv")}, all_varchar = true))
select hs_code || lpad((10 * line)::varchar, 4, '0') as hs_code, name as hs_name, false as is_needed
from (select *, unnest(range(1, greatest(hs8_lines::int * 5 // 9, 1) + 1)) as line from heading)
union all
select hs_prefixes, category_name, true from category where category_scheme = 'ic_line'"""
#: The cells that ever trade: few partners trade nearly every code, most few; the United States trade all chips.
CELLS = f"""
create table cell as
with partner as (
  select partner_code, name_en as partner_name, row_number() over (order by hash(partner_code)) as rank
  from read_csv({literal(DBT_PROJECT / "seeds" / "partners.csv")}, all_varchar = true)
)
select hs_code, hs_name, partner_code, partner_name
from code cross join partner
order by is_needed and partner_code = '502' desc,
  ln((hash(hs_code, partner_code) % 1000000 + 1) / 1000001) * rank desc
limit ?"""
#: A month's rows in the order of a download, by quantity: each cell in 19 of 20 months, in three regimes.
MONTH = """
select date '{month}' as month, 1 + row_number() over (order by quantity_1 desc, seed) as line,
  hs_code, hs_name, partner_code, partner_name, regime_code, regime_name, null as province_code, null as province_name,
  quantity_1, if(hs_code < '84', 'Kilogram', 'Number of item') as unit_1,
  seed % 1000000 as quantity_2, if(hs_code < '84', null, 'Kilogram') as unit_2,
  (exp(seed % 1400 / 100.0) * (1 + seed % 17))::bigint as value
from (
  select *, hash(hs_code, partner_code, regime_code, '{month}') as seed, seed // 1000 % 100000 as quantity_1 from cell,
    (values ('10', 'Ordinary Trade'), ('14', 'Processing and assembling'), ('15', 'Processing with imported materials'))
      as regime (regime_code, regime_name)
  where hs_code like '85423%' or hash(hs_code, partner_code, '{month}') % 20 <> 0
)
order by line"""


def write_home(home: Home, months: int, rows: int) -> None:
    """Landing records and raw Parquet: one receipt and one file a month, of about that many rows."""
    home.create()
    landing = Landing(home)
    with scratch() as con:
        con.execute(CODES)
        con.execute(CELLS, [rows * 20 // 57])
        for sequence in range(1, months + 1):
            month = add_months(LAST_MONTH, sequence - months)
            receipt = _write_month(con, home, sequence, month, add_months(month, 1).replace(day=20))
            with landing.receiving():
                landing.append(receipt)


def revise(home: Home, month: dt.date, keep: int) -> None:
    """One more receipt of a month that is there: of 100 rows it keeps so many, with values 1 % higher.

    Its vintage lies after those of all months; with 0 the month is empty.
    """
    landing = Landing(home)
    paths = [raw_path(home, r, month) for r in landing.state().receipts if month in r.scope.month_list]
    rows = (
        "select * replace (value + value // 100 as value) "
        f"from read_parquet({literal(paths[0])}, hive_partitioning = false) where hash(line) % 100 < {keep}"
    )
    with scratch() as con, landing.receiving():
        sequence = landing.state().sequence + 1
        landing.append(_write_month(con, home, sequence, month, add_months(LAST_MONTH, 3), rows))


def _write_month(
    con: duckdb.DuckDBPyConnection, home: Home, sequence: int, month: dt.date, vintage: dt.date, rows: str = ""
) -> Receipt:
    """Raw rows of a month, and the receipt that they stand for."""
    sha256 = hashlib.sha256(f"{month} {sequence}".encode()).hexdigest()
    receipt = Receipt.model_validate(
        {
            "sequence": sequence,
            "receipt_id": f"r{sequence:06d}-{sha256[:8]}",
            "sha256": sha256,
            "bytes": 0,
            "name": f"made_up_{month:%Y_%m}.csv",
            "received_at": dt.datetime.now(dt.UTC),
            "dataset": DATASET,
            "vintage": vintage,
            "header": None,
            "scope": Scope(source=SOURCE, flow="import", months=(month, month), hs="all", partners="all",
                           currency="USD", dimensions=DIMENSIONS),
            "printed": (month, month),
            "encoding": "gb18030",
            "content": (),
        }
    )  # fmt: skip
    scope, path = receipt.scope, raw_path(home, receipt, month)
    head = {"receipt_id": receipt.receipt_id, "parser_version": PARSER_VERSION, "source": scope.source,
            "reporter": scope.reporter, "flow": scope.flow, "currency": scope.currency}  # fmt: skip
    columns = [f"{literal(value)} as {name}" for name, value in head.items()]
    columns += [f"{name}::{kind} as {name}" for name, kind in RAW_COLUMNS.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"copy (select {', '.join(columns)} from ({rows or MONTH.format(month=month)})) to {literal(path)} "
        "(format parquet, compression zstd)"
    )
    seen = con.execute(
        f"select count(*), coalesce(sum(value), 0)::bigint from read_parquet({literal(path)})"
    ).fetchone() or (0, 0)
    return receipt.model_copy(update={"content": (ReceivedMonth(month=month, rows=seen[0], value=seen[1]),)})
