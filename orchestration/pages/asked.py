"""Tables that answer what newsrooms ask beside a story: who gained share, the largest line, odd prices, neighbours.

Belongs here: what docs/questions.md asks and a page answers in a table of its own. Not here: the story's own
series (`sections`, `periods`), nor its partners in one month (`partners`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from markupsafe import Markup

from orchestration.base.months import add_months, format_month
from orchestration.pages import derived
from orchestration.pages.drawing import month_words
from orchestration.pages.figures import Cell
from orchestration.pages.pictures import amount
from orchestration.pages.sections import Table
from orchestration.pages.series import CATEGORY, STREAM, Library, Row, Series, table_of

#: How many gain, and how many lose; lines; odd unit values; neighbours.
SHIFTED, LINES, ODD, NEIGHBOURS = 3, 3, 6, 8
PERIOD, GROWTH = table_of("period", ""), table_of("growth", "")
#: From the first whole year to the last, of partners that have both; the reporter's own goods are none of them.
GAINED = f"""
with year as (
  select partner_code, partner_name, period, is_complete, month, n_months, partner_share_usd as share from {PERIOD}
  where {CATEGORY} and period_type = 'year' and partner_share_usd is not null
    and partner_iso3 is distinct from reporter
),

ends as (select min(period) filter (where is_complete) as first, max(period) as last from year)

select n.partner_code, n.partner_name, e.share as early, n.share as late, first, last, n.is_complete, n.month,
  n.n_months, count(*) filter (where e.share is null and n.share > 0) over () as n_newcomers
from ends
join year as n on n.period = last
left join year as e on e.period = first and e.partner_code = n.partner_code
where first < last
qualify e.share is not null
order by n.share - e.share desc, 1"""
LARGEST = f"""
select commodity_code, partner_code, f.value_usd, c.commodity_name, c.year, p.partner_name
from (select * from fct_trade_monthly where {STREAM} and month = $month and value_usd is not null) as f
left join (select * from dim_commodity where source = $source and year = year($month)) as c using (commodity_code)
left join (select * from dim_partner where source = $source) as p using (partner_code)
where commodity_code in (
  select commodity_code from dim_category_line where source = $source and category_scheme = $category_scheme
    and category_code = $category_code
) or ($category_scheme in ('hs2', 'hs4', 'hs6') and starts_with(commodity_code, $category_code))
order by f.value_usd desc, 1, 2
limit {LINES}"""
UNUSUAL = f"""
select month, partner_code, partner_name, category_scheme, category_code, category_name, unit_value_usd,
  unit_value_usd_median_12, is_unit_value_unusual
from {GROWTH}
where {STREAM} and month between $since and $month and is_unit_value_unusual is not null
  and list_contains($subjects, category_scheme || ' ' || category_code)
order by is_unit_value_unusual desc, month desc, value_usd desc, partner_code
limit {ODD}"""


def gained(library: Library, series: Series) -> Table | None:
    """Who gained most of the share of all partners since the first whole year, and who lost most."""
    found = library.rows(GAINED, series.category_key)
    if len(found) < 2:
        return None
    shown = found if len(found) <= 2 * SHIFTED else [*found[:SHIFTED], *found[-SHIFTED:]]
    first, last = str(found[0]["first"]), str(found[0]["last"])
    rows = []
    for row in shown:
        of = {**series.key, "partner_code": str(row["partner_code"]), "period_type": "year"}
        ends = [
            Cell(PERIOD, "partner_share_usd", {**of, "period": period}, row[name], "percent", 1)
            for period, name in ((first, "early"), (last, "late"))
        ]
        pair = {**of, "period": derived.names((first, last))}
        moved = Cell(PERIOD, "gain(partner_share_usd)", pair, row["late"] - row["early"], "points", 1)
        rows.append((str(row["partner_name"]), *ends, moved))
    heads = ("Partner", first, last, "Change, percentage points")
    return Table("Who gained share, and who lost it", heads, tuple(rows), _left_out(found))


def _left_out(found: Sequence[Row]) -> str:
    """What the years compared do not count: months to come or not known, partners whose trade began between them."""
    last, said = max(found, key=lambda row: row["month"]), []
    if not all(row["is_complete"] for row in found):
        gaps = any(row["n_months"] < row["month"].month for row in found)
        counts = "those of its months that are known," if gaps else "its months"
        said.append(f"The last year counts {counts} up to {month_words(last['month'])}.")
    if last["n_newcomers"]:
        said.append("Partners that first traded after the first of these years are not compared.")
    return " ".join(said)


def lines(library: Library, series: Series, month: dt.date) -> Table | None:
    """The largest lines of the tariff in the story's category, each with its partner."""
    found = library.rows(LARGEST, {**series.category_key, "month": month})
    form, digits = amount(series, "value_usd")
    of = {name: series.key[name] for name in ("source", "reporter", "flow")}
    rows = []
    for row in found:
        code = str(row["commodity_code"])
        own = {**of, "month": format_month(month), "commodity_code": code, "partner_code": str(row["partner_code"])}
        called = {"source": of["source"], "commodity_code": code, "year": str(row["year"])}
        name = Cell("dim_commodity", "commodity_name", called, row["commodity_name"], "text")
        line = Markup("<code>{}</code> {}").format(code, name.tag() if row["commodity_name"] else "")
        value = Cell("fct_trade_monthly", "value_usd", own, row["value_usd"], form, digits)
        rows.append((line, str(row["partner_name"]), value))
    heads = ("Tariff line", "Partner", month_words(month))
    note = "Of all partners and lines of the category whose figures are held."
    return Table("The largest single lines", heads, tuple(rows), note) if rows else None


def unusual(library: Library, found: Sequence[Series], month: dt.date) -> Table | None:
    """Unit values of the story's series out of line with their own year, of any partner; that there is none, too."""
    of = {name: found[0].key[name] for name in ("source", "reporter", "flow")}
    subjects = sorted({f"{one.scheme} {one.category}" for one in found})
    since = add_months(month, -11)
    told = library.rows(UNUSUAL, {**of, "subjects": subjects, "since": since, "month": month})
    if not told:
        return None
    rows = []
    for row in told:
        if not row["is_unit_value_unusual"]:
            continue
        names = ("partner_code", "category_scheme", "category_code")
        key = {**of, **{name: str(row[name]) for name in names}, "month": format_month(row["month"])}
        cells = (Cell(GROWTH, column, key, row[column], "number", 2)
                 for column in ("unit_value_usd", "unit_value_usd_median_12"))  # fmt: skip
        rows.append((f"{row['category_name']}, {row['partner_name']}, {month_words(row['month'])}", *cells))
    note = (
        f"Of this story's categories, with any partner that is held, in the twelve months to {month_words(month)}: "
        f"{'the latest' if rows else 'none'}. Out of line is more than five times, or less than a fifth of, the "
        "median of the twelve months before."
    )
    heads = ("Series", "Dollars a unit", "Median of the year before")
    return Table("Unit values out of line", heads, tuple(rows), note)


def neighbours(library: Library, series: Series, month: dt.date) -> Table | None:
    """The other categories of schemes in which the story's category stands beside them, of the same partner."""
    mart = table_of("mart", series.partner)
    stream = f"{STREAM} and partner_code = $partner_code and month = $month"
    found = library.rows(
        f"with mine as (select * from {mart} where {stream}), own as (select category_scheme, value_usd from mine "
        "where category_code = $category_code and category_scheme <> $category_scheme) "
        "select m.*, own.value_usd as own_usd from mine as m join own using (category_scheme) "
        "where m.category_code <> $category_code and m.value_usd > 0 "
        f"order by m.value_usd desc, category_scheme, category_code limit {NEIGHBOURS}",
        {**series.key, "month": month},
    )
    rows = []
    for row in found:
        code = str(row["category_code"])
        key = {**series.key, "month": format_month(month), "category_scheme": str(row["category_scheme"])}
        own = {**key, "category_code": code}
        pair = {**key, "category_code": derived.names((series.category, code))}
        times = None if row["own_usd"] is None else row["own_usd"] / row["value_usd"]
        rows.append((
            str(row["category_name"]),
            Cell(mart, "value_usd", own, row["value_usd"], "millions", 1),
            Cell(mart, "value_usd_yoy", own, row["value_usd_yoy"], "change", 1),
            Cell(mart, "ratio(value_usd)", pair, times, "number", 2),
        ))  # fmt: skip
    heads = ("Category", month_words(month), "on a year before", f"{series.category_name}: so many times that")
    title = f"{series.category_name} beside other goods, {series.partner_name}"
    return Table(title, heads, tuple(rows)) if rows else None
