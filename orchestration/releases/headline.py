"""The story in lines for a terminal: how many chips from the United States, how fast rising, how long so high."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.base.duck import reading
from orchestration.base.months import format_month
from orchestration.base.words import written
from orchestration.releases.database import DATABASE
from orchestration.sources.catalogue import trace_arguments

#: What a release holds that has no partner's figures.
OF_WORLD = "cells of all partners together"
LINES = """
select month, 1e9 * value_usd_bn, yoy_percent, 1e9 * ytd_usd_bn, ytd_yoy_percent, months_at_or_above,
  threshold_usd, strftime(above_since, '%Y-%m'), n_lines, source, partner_code
from mart_partner_category_headline_monthly
where reporter = 'CHN' and flow = 'import' and partner_iso3 = 'USA' and category_scheme = 'ic'
  and value_usd_bn is not null
-- Of several sources the customs' own: it has the finer lines.
order by month desc, starts_with(source, 'gacc') desc
limit 1"""


def headline(folder: Path) -> tuple[list[str], str | None]:
    """Lines for print, and the arguments that trace the first figure; the newest months without such a series."""
    with reading(folder / DATABASE) as con:
        row = con.execute(LINES).fetchone()
        if row is None:
            return _newest(con), None
    month, value, yoy, ytd, ytd_yoy, streak, threshold, since, types, source, partner = row
    lines = [f"US chips to China, {format_month(month)}: {_dollars(value)}{_growth(yoy, 0)}"]
    if ytd is not None:
        lines.append(f"January to {format_month(month)}: {_dollars(ytd)}{_growth(ytd_yoy, 1)}")
    if streak:
        months = f"{streak} month{'s' if streak > 1 else ''}"
        lines.append(f"{months} in a row above US$ {threshold / 1e9:g} bn, since {since}")
    lines.append(f"{types} type{'' if types == 1 else 's'} of chip")
    return lines, trace_arguments(month, source, "CHN", "import", partner, "ic", "integrated_circuits")


def _dollars(value: float) -> str:
    return written(round(value), "billions").replace("US$", "US$ ")


def _growth(percent: float | None, digits: int) -> str:
    """Growth as the press prints it: months in whole percent, years to date with one decimal."""
    return "" if percent is None else f", {percent:+.{digits}f} % on a year before"


def _newest(con: duckdb.DuckDBPyConnection) -> list[str]:
    for fact, what in (("fct_trade_monthly", "cells"), ("fct_trade_world_monthly", OF_WORLD)):
        row = con.execute(
            f"select count(*), strftime(min(month), '%Y-%m'), strftime(max(month), '%Y-%m') from {fact}"
        ).fetchone()
        if row and row[0]:
            return [f"{row[0]:,} {what}, {row[1]}..{row[2]}"]
    return ["no trade in this release"]
