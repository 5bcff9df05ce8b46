"""Made-up trade for the benchmarks: files as the site writes them, for the inbox, and what must be promised for them.

The same file each time: what trades, and for how much, is told by hashes. Made-up trade meets no printed figure; all
else about it is as in real files.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from orchestration.base.duck import literal, scratch
from orchestration.base.months import format_month, parse_month
from orchestration.base.settings import DBT_PROJECT, PROJECT, Home
from orchestration.sources.gacc.calendar import FIRST_MONTH, detail_release_date
from orchestration.sources.gacc_sample.delivery import deliver

#: The last month that is made up.
LAST_MONTH = parse_month("2025-01")
DATASET = "made_up"
PROMISE = f"""
  {DATASET}:
    title: Everything from every partner, made up
    source: gacc_sample
    flow: import
    hs: all
    partners: all
    currency: USD
    first: {format_month(FIRST_MONTH)}
    last: {format_month(LAST_MONTH)}
    never_zero: [{{partner: 502, hs: 85423}}]
    must_compare: [layers, keys_and_shapes, domains, continuity]
"""
#: Every line of the tariff's headings up to 5,000, and chips, which the dataset promises.
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
  where partner_system = 'gacc'
)
select hs_code, hs_name, partner_code, partner_name
from code cross join partner
order by is_needed and partner_code = '502' desc,
  ln((hash(hs_code, partner_code) % 1000000 + 1) / 1000001) * rank desc
limit ?"""
#: A month's rows in the order of a download, by quantity: each cell in 19 of 20 months, in three regimes.
MONTH = """
create or replace temp table row as
select 1 + row_number() over (order by quantity desc, seed) as line, *,
  (exp(seed % 1400 / 100.0) * (1 + seed % 17))::bigint as value
from (
  select *, hash(hs_code, partner_code, regime_code, '{month}') as seed, seed // 1000 % 100000 as quantity from cell,
    (values ('10', 'Ordinary Trade'), ('14', 'Processing and assembling'), ('15', 'Processing with imported materials'))
      as regime (regime_code, regime_name)
  where hs_code like '85423%' or hash(hs_code, partner_code, '{month}') % 20 <> 0
)"""
#: What a print changes of a month that was printed before: one row in a hundred is gone, the others are 1 % higher.
REVISED = """
create or replace temp table row as
select * replace (value + value // 100 as value) from row where hash(line) % 100 > 0"""
HEADER = (
    "Date of data", "Trading partner code", "Trading partner", "Commodity code", "Commodity", "Customs Regime code",
    "Customs Regime", "Quantity", "Unit", "Supplementary Quantity", "Supplementary Unit", "US dollar",
)  # fmt: skip
CELL_TEXTS = (
    "'{month}'", "partner_code", "partner_name", "hs_code", "hs_name", "regime_code", "regime_name",
    "quantity", "if(hs_code < '84', 'Kilogram', 'Number of item')",
    "if(hs_code < '84', 0, seed % 1000000)", "if(hs_code < '84', '?', 'Kilogram')", "format('{{:,}}', value)",
)  # fmt: skip
#: A cell as text, in quotes, with a comma behind it.
QUOTED = """'"' || replace(({})::varchar, '"', '""') || '",'"""


class Trade:
    """Made-up trade of about so many rows a month."""

    def __init__(self, rows: int) -> None:
        self._con = scratch()
        self._con.execute(CODES)
        # Three regimes a cell, in 19 of 20 months.
        self._con.execute(CELLS, [rows * 20 // 57])

    def print_month(self, home: Home, month: dt.date, revised_on: dt.date | None = None) -> Path:
        """Put the file of a month into the home's inbox, or a revised one, with its sidecar; returns its path."""
        self._con.execute(MONTH.format(month=month))
        if revised_on:
            self._con.execute(REVISED)
        name = f"made_up_{month:%Y%m}{'_revised' if revised_on else ''}.csv"
        vintage = revised_on or detail_release_date(month)
        return deliver(home.inbox / DATASET / name, self._content(month), vintage, "made up for a benchmark")

    def _content(self, month: dt.date) -> bytes:
        """The rows as the site prints them: GB18030, every field quoted, an empty last column."""
        cells = [QUOTED.format(text.format(month=f"{month:%Y%m}")) for text in CELL_TEXTS]
        found = self._con.execute(f"select {' || '.join(cells)} from row order by line").fetchall()
        head = "".join(f'"{name}",' for name in HEADER)
        return "\n".join([head, *(text for (text,) in found), ""]).encode("gb18030")


def promised(folder: Path) -> Path:
    """A copy of the reviewed files with a dataset for made-up trade; it meets no printed figure, so the gates of these
    warn.
    """
    copy = Path(shutil.copytree(PROJECT / "expectations", folder / "expectations"))
    with (copy / "datasets.yml").open("a", encoding="utf-8") as datasets:
        datasets.write(PROMISE)
    for gate, blocks in (("totals", "then 'block'"), ("quoted_growth", "'block', 'warn'")):
        sql = (copy / f"{gate}.sql").read_text(encoding="utf-8")
        assert sql.count(blocks) == 1, f"{gate}.sql says in another way what blocks"
        (copy / f"{gate}.sql").write_text(sql.replace(blocks, blocks.replace("block", "warn")), encoding="utf-8")
    return copy
