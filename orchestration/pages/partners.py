"""Tables of a story's category by partner: the greatest, what is left of the whole, and blocs.

Belongs here: who stands in these tables, and in which words. Not here: how what is left is made anew (`derived`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from orchestration.base.months import format_month
from orchestration.base.words import NUMBERS
from orchestration.pages import derived
from orchestration.pages.drawing import month_words
from orchestration.pages.figures import Cell, Key, quoted
from orchestration.pages.pictures import amount
from orchestration.pages.sections import Table
from orchestration.pages.series import CATEGORY, Library, Row, Series, table_of

#: The most partners that a table shows.
PARTNERS = 10
GROWTH, MART, WHOLE = table_of("growth", ""), table_of("mart", ""), table_of("mart", "all")
OF = f"{CATEGORY} and month = $month"
#: What stands where a figure would say nothing.
NOTHING = "–"
#: The ranked of a month, and partners with trade that have no rank: the reporter's own goods.
LISTED = f"""
select partner_code, partner_name, rank_usd, g.value_usd, g.value_usd_yoy, contribution_usd_yoy, partner_share_usd
from (select * from {GROWTH} where {OF}) as g
join (select partner_code, partner_share_usd from {MART} where {OF}) using (partner_code)
where rank_usd <= $most or (rank_usd is null and g.value_usd > 0)
  or (partner_code = $partner_code and rank_usd is not null)
order by rank_usd nulls last, 2"""
#: All partners together, and how many of them have trade.
ALL = f"""
select w.value_usd, w.value_usd_yoy, (select count(*) from {MART} where {OF} and value_usd > 0) as n
from (select * from {WHOLE} where {OF}) as w"""
MEMBERS = """
select bloc_code, partner_iso3 from dim_bloc_member
where list_contains($of, partner_iso3) and valid_from <= $month and (valid_to is null or valid_to > $month)"""


def partners(library: Library, series: Series, month: dt.date) -> Table | None:
    """The greatest partners of the story's category, where each is covered by itself, and what is left of the whole."""
    found = library.rows(LISTED, {**series.key, "month": month, "most": PARTNERS})
    if sum(row["rank_usd"] is not None for row in found) < 2:
        return None
    form, digits = amount(series, "value_usd")
    columns = (("value_usd", GROWTH, form, digits), ("value_usd_yoy", GROWTH, "change", 0),
               ("partner_share_usd", MART, "percent", 1), ("contribution_usd_yoy", GROWTH, "points", 2))  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for row in found:
        own: Key = {**series.key, "partner_code": str(row["partner_code"]), "month": format_month(month)}
        is_ranked = row["rank_usd"] is not None
        rank = Cell(GROWTH, "rank_usd", own, row["rank_usd"], "whole") if is_ranked else NOTHING
        name = str(row["partner_name"]) if is_ranked else f"{row['partner_name']}: goods of its own that come back"
        rows.append((name, rank, *(Cell(table, c, own, row[c], how, n) for c, table, how, n in columns)))
    rows += _left(series, month, found, library.rows(ALL, {**series.category_key, "month": month}))
    heads = ("Partner", "Rank", month_words(month), "on a year before", "Share of all partners",
             "Contribution to growth of all")  # fmt: skip
    return Table(f"Partners: the {NUMBERS[PARTNERS]} greatest, and all others", heads, tuple(rows))


def _left(series: Series, month: dt.date, listed: Sequence[Row], whole: Sequence[Row]) -> list[tuple[object, ...]]:
    """What is left of all partners, and all of them; nothing where the whole or one of those listed is not known."""
    values = [row["value_usd"] for row in listed]
    if len(whole) != 1 or whole[0]["value_usd"] is None or None in values:
        return []
    of, form = whole[0], amount(series, "value_usd")
    key = {**series.key, "month": format_month(month)}
    but = {**key, "partner_code": derived.names(str(row["partner_code"]) for row in listed)}
    n_others, rest = of["n"] - sum(value > 0 for value in values), of["value_usd"] - sum(values)
    rows: list[tuple[object, ...]] = []
    if n_others or rest:
        n = Cell(MART, "rest(*)", but, n_others, "whole")
        name = quoted(f"All others ({{n}} partner{'' if n_others == 1 else 's'})", {"n": n})
        share = rest / of["value_usd"] if of["value_usd"] else None
        rows.append((name, NOTHING, Cell(MART, "rest(value_usd)", but, rest, *form), NOTHING,
                     Cell(MART, "rest(partner_share_usd)", but, share, "percent", 1), NOTHING))  # fmt: skip
    all_key = {**key, "partner_code": "all"}
    growth = of["value_usd_yoy"]
    value, change = (Cell(WHOLE, "value_usd", all_key, of["value_usd"], *form),
                     Cell(WHOLE, "value_usd_yoy", all_key, growth, "change", 0))  # fmt: skip
    points = Cell(WHOLE, "value_usd_yoy", all_key, growth, "points", 2)
    return [*rows, ("All partners together", NOTHING, value, change, NOTHING, points)]


def blocs(library: Library, series: Series, month: dt.date) -> Table | None:
    """Blocs of partners in the story's category, which overlap, and whether the reporter and China are in them."""
    table = "mart_bloc_category_monthly"
    key = series.category_key
    found = library.rows(
        f"select * from {table} where {OF} order by value_usd desc, bloc_code", {**key, "month": month}
    )
    form, digits = amount(series, "value_usd")
    columns = (("n_members", "whole", None), ("value_usd", form, digits), ("value_usd_yoy", "change", 0),
               ("bloc_share_usd", "percent", 1))  # fmt: skip
    people = _named(library, series)
    members = library.rows(MEMBERS, {"of": list(people), "month": month}) if found else []
    inside = {(row["bloc_code"], row["partner_iso3"]) for row in members}
    rows = []
    for row in found:
        own = {**key, "bloc_code": str(row["bloc_code"]), "month": format_month(month)}
        said = [_in_words((row["bloc_code"], iso3) in inside, iso3 == series.stream.reporter) for iso3 in people]
        rows.append((str(row["bloc_name"]), *(Cell(table, c, own, row[c], how, n) for c, how, n in columns), *said))
    heads = ("Bloc", "Members counted", month_words(month), "on a year before", "Share of all partners",
             *(f"{name} in it?" for name in people.values()))  # fmt: skip
    name = people[series.stream.reporter]
    note = (
        f"Where {name}, whose customs report, is a member, the figure is that of the others: {name}'s own goods that "
        "come back are in no bloc, though they are part of all partners together."
    )
    return Table("Blocs, which overlap", heads, tuple(rows), note) if rows else None


def _named(library: Library, series: Series) -> Mapping[str, str]:
    """By code the name of the reporter, and of China where that is another."""
    codes = list(dict.fromkeys((series.stream.reporter, "CHN")))
    found = library.rows(
        "select partner_iso3, arg_min(partner_name, is_reimport) as name from dim_partner "
        "where source = $source and list_contains($codes, partner_iso3) group by 1",
        {"source": series.stream.source, "codes": codes},
    )
    names = {str(row["partner_iso3"]): str(row["name"]) for row in found}
    return {code: names.get(code, code) for code in codes}


def _in_words(is_member: bool, is_reporter: bool) -> str:
    """Whether a country is in a bloc's figure."""
    if is_reporter:
        return "a member, but left out" if is_member else "no member"
    return "a member, counted" if is_member else "no member"
