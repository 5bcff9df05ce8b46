"""The story's sentence from a release: how many chips from the United States, how fast rising, how long so high."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.releases.candidate import DATABASE

THRESHOLD_USD = 1_000_000_000
SERIES = "flow = 'import' and partner_code = '502' and category_scheme = 'ic'"


def headline(folder: Path) -> tuple[list[str], str | None]:
    """Lines for print, and the arguments that trace the first figure; the newest months without such a series."""
    with duckdb.connect(str(folder / DATABASE), read_only=True) as con:
        row = con.execute(
            "select strftime(month, '%Y-%m'), value_usd, value_usd_yoy, value_usd_ytd, value_usd_ytd_yoy, month "
            f"from mart_partner_category_monthly where {SERIES} and value_usd is not null order by month desc limit 1"
        ).fetchone()
        if row is None:
            return _newest(con), None
        month, value, yoy, ytd, ytd_yoy, date = row
        lines = [f"US chips to China, {month}: US$ {_bn(value)}{_growth(yoy, 0)}"]
        if ytd is not None:
            lines.append(f"January to {month}: US$ {_bn(ytd)}{_growth(ytd_yoy, 1)}")
        streak, since = _streak(con, date)
        if streak:
            lines.append(f"{streak} month{'s' if streak > 1 else ''} in a row above US$ 1 bn, since {since}")
        types = con.execute(
            "select count(*) from mart_partner_category_monthly where flow = 'import' and partner_code = '502' "
            "and category_scheme = 'ic_line' and month = ? and value_usd > 0",
            [date],
        ).fetchone()
        lines.append(f"{types[0] if types else 0} types of chip")
    return lines, f"{month} 502 integrated_circuits --scheme ic"


def _bn(value: int) -> str:
    return f"{value / 1e9:.2f} bn"


def _growth(ratio: float | None, digits: int) -> str:
    """Growth as the press prints it: months in whole percent, years to date with one decimal."""
    return "" if ratio is None else f", {ratio * 100:+.{digits}f} % on a year before"


def _streak(con: duckdb.DuckDBPyConnection, last: object) -> tuple[int, str | None]:
    """Months in a row, up to the last, with a value above the threshold; a gap ends it."""
    rows = con.execute(
        f"select month, value_usd from mart_partner_category_monthly where {SERIES} and month <= ? order by month desc",
        [last],
    ).fetchall()
    count, since = 0, None
    for month, value in rows:
        gap = since is not None and (since.year * 12 + since.month) - (month.year * 12 + month.month) != 1
        if gap or value is None or value <= THRESHOLD_USD:
            break
        count, since = count + 1, month
    return count, f"{since:%Y-%m}" if since else None


def _newest(con: duckdb.DuckDBPyConnection) -> list[str]:
    row = con.execute(
        "select count(*), strftime(min(month), '%Y-%m'), strftime(max(month), '%Y-%m') from fct_trade_monthly"
    ).fetchone()
    return [f"{row[0]:,} cells, {row[1]}..{row[2]}"] if row and row[0] else ["no trade in this release"]
