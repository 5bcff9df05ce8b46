"""Years and quarters of a story's series, in tables.

Belongs here: sums over more than a month, as the marts have them. Not here: single months (`sections`).
"""

from __future__ import annotations

import datetime as dt

from orchestration.pages.drawing import month_words
from orchestration.pages.figures import Cell
from orchestration.pages.pictures import amount
from orchestration.pages.sections import Table
from orchestration.pages.series import WHERE, Library, Series, table_of

#: How many quarters are shown.
QUARTERS = 12


def years(series: Series) -> Table | None:
    """Calendar years, the last as far as it goes, and January and February together."""
    ytd, both = series.measured("value_usd_ytd"), series.measured("jan_feb_usd")
    form = amount(series, series.measured("value_usd"))[0]
    rows = []
    for year in sorted({month.year for month in series.known(ytd)}, reverse=True):
        last = max(month for month in series.known(ytd) if month.year == year)
        february = dt.date(year, 2, 1)
        span = "whole year" if last.month == 12 else f"January to {month_words(last).split(' ')[0]}"
        rows.append(
            (f"{year}", span, series.cell(ytd, last, form, 2), series.cell(f"{ytd}_yoy", last, "change", 1),
             series.cell(both, february, form, 2), series.cell(f"{both}_yoy", february, "change", 1))
        )  # fmt: skip
    heads = ("Year", "Months", "Sum", "on a year before", "January and February", "on a year before")
    return Table("Years, and January with February", heads, tuple(rows)) if rows else None


def quarters(library: Library, series: Series) -> Table | None:
    """The last quarters, with the partner's share and place; one that is not over says of how many months it is."""
    table = table_of("period", series.partner)
    found = library.rows(
        f"select * from {table} where {WHERE} and period_type = 'quarter' order by month desc limit {QUARTERS}",
        series.key,
    )
    value = series.measured("value_usd")
    columns = [("n_months", "whole", None), (value, amount(series, value)[0], 2), (f"{value}_yoy", "change", 1)]
    heads = ["Period", "Months", "Sum", "on a year before"]
    if series.partner != "all":
        columns += [(series.measured("partner_share_usd"), "percent", 2), ("rank_usd", "whole", None)]
        heads += ["Share of all partners", "Rank"]
    rows = []
    for row in found:
        key = {**series.key, "period_type": str(row["period_type"]), "period": str(row["period"])}
        rows.append((str(row["period"]), *(Cell(table, c, key, row[c], form, n) for c, form, n in columns)))
    return Table("Quarters", tuple(heads), tuple(rows)) if rows else None
