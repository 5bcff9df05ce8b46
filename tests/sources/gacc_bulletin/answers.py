"""The index of bulletins in the customs' own shape, links without quotes, and pages to which it leads; made up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import NAMESPACE_URL, uuid5

from tests.sources.gacc_bulletin.pages import CHINA_TRADE, CHIPS, FOOD, commodity_headings, country_headings, page
from tests.sources.publisher import Shown

HOST = "http://english.customs.gov.cn"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TABLES = {
    "1": "(1) China's Total Export & Import Values",
    "2": "(2) China's Total Export & Import Values by Trade Mode",
    "4": "(4) China's Total Export & Import Values by Country/Region",
    "5": "(5) China's Major Exports by Quantity and Value",
    "6": "(6) China's Major Imports by Quantity and Value",
}
#: Tables that are read.
READ = ("4", "5", "6")
ROWS = [f"{title} (in {currency})" for title in TABLES.values() for currency in ("CNY", "USD")]
LAST_ROW = "(8)Statistics Bulletin on Goods Inspection & Quarantine"


def path_of(year: int, title: str, month: str) -> str:
    """Where a bulletin stands: the same words always give the same address."""
    return f"/Statics/{uuid5(NAMESPACE_URL, f'{year} {title} {month}')}.html"


def cell(year: int, title: str, out: Iterable[str], links: Mapping[tuple[str, str], str]) -> str:
    """The months of a table, those that are out as links."""
    parts = []
    for number, month in enumerate(MONTHS):
        parts.append("</br>" if number == 6 else "")
        link = links.get((title, month), HOST + path_of(year, title, month))
        parts.append(f"<a href={link}> {month}.</a>" if month in out else f"<span>{month}.</span>")
    return "".join(parts)


def index(
    year: int,
    out: Iterable[str],
    *,
    years: Iterable[int] = (2026, 2025, 2024),
    is_latest: bool = True,
    links: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """The index of a year with these months out; `links`: by title and month, where one leads elsewhere."""
    out = tuple(out)
    options = "".join(
        f"<option{' selected=selected' if one == year and not is_latest else ''} value={one}>{one}</option>"
        for one in years
    )
    rows = [f"<tr><td>{title}</td><td>{cell(year, title, out, links or {})}</td></tr>" for title in ROWS]
    rows.append(f"<tr><td>{LAST_ROW}</td><td>{cell(year, LAST_ROW, (), {})}</td></tr>")
    return (
        "<!DOCTYPE html><html><head><title>News - Newsroom - GACC</title></head><body>"
        '<ul><li><a href="http:/statics/report/trade.html">Trade Indices</a></li></ul>'
        f'<div class="nr-n-content-detail "><select id="preliminarysel">{options}</select>'
        f"<table><thead><tr><th>Title</th><th>Month</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        "</body></html>\n"
    )


def address_of(year: int | None) -> str:
    """Where the index of a year stands; None for the latest."""
    return f"/statics/report/preliminary{year or ''}.html"


def shown(
    latest: tuple[int, tuple[str, ...]], *earlier: tuple[int, tuple[str, ...]], **options: Mapping[tuple[str, str], str]
) -> dict[str, Shown]:
    """The indexes of years with the months that are out, and all pages that they lead to."""
    years = [year for year, _ in (latest, *earlier)]
    pages: dict[str, Shown] = {}
    for year, out in (latest, *earlier):
        is_latest = year == latest[0]
        text = index(year, out, years=years, is_latest=is_latest, **(options if is_latest else {}))
        pages[address_of(None if is_latest else year)] = Shown(text.encode())
        for title in ROWS:
            for month in out:
                pages[path_of(year, title, month)] = Shown(bulletin(year, title, month).encode())
    return pages


def bulletin(year: int, title: str, month: str) -> str:
    """A page of this title, from February on, which can be read if it is of a table that is read."""
    number, is_usd = MONTHS.index(month) + 1, title.endswith("USD)")
    head = title.replace(" (in", f", {month} {year} (in")
    unit = "Unit: USD1 Million" if is_usd else "Unit: CNY 100 Million"
    if title[1] == "4":
        return page([CHINA_TRADE], country_headings(str(number), f"1- to-{number}"), head, unit, None)
    headings = commodity_headings(str(number), f"1-{number}&nbsp;Total", f"1-{number} Total,{year - 1}")
    return page([CHIPS, FOOD], headings, head, unit, None)


def image(year: int, title: str, month: str) -> str:
    """A page whose table is a picture, as some of 2018 are."""
    text = bulletin(year, title, month)
    begin, end = text.index("<table"), text.index("</table>") + len("</table>")
    return f'{text[:begin]}<img src="/picture.png" />{text[end:]}'


def contradiction(year: int, title: str, month: str) -> str:
    """A page whose title is in yuan and whose unit is in dollars, as one of June 2025 is."""
    return bulletin(year, title.replace("USD", "CNY"), month).replace("Unit: CNY 100 Million", "Unit: USD1 Million")
