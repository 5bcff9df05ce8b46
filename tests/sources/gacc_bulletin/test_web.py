"""Asking for bulletins: what an index lists, which pages are asked for and which never again, and what is no page."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.gacc_bulletin.index import read_index
from orchestration.sources.gacc_bulletin.parse import WEB, parse
from orchestration.sources.web import Answer, AnswerError, PassingError, Question, Sheet
from tests.conftest import REALDATA
from tests.sources.gacc_bulletin.answers import (
    LAST_ROW,
    READ,
    ROWS,
    TABLES,
    address_of,
    bulletin,
    contradiction,
    image,
    index,
    path_of,
    shown,
)
from tests.sources.gacc_bulletin.pages import CHINA_TRADE, JANUARY_FEBRUARY, country_headings, page
from tests.sources.publisher import MAINTENANCE, Fault, Plain, Publisher, Shown, publishing

SINCE = dt.date(2018, 1, 1)
MINE = [title for title in ROWS if title[1] in READ]
EXPORTS = f"{TABLES['5']} (in USD)"
COUNTRIES = f"{TABLES['4']} (in CNY)"


@pytest.fixture
def customs() -> Iterator[Publisher]:
    """February and March of 2026, March and December of 2025."""
    with publishing(Publisher(shown((2026, ("Feb", "Mar")), (2025, ("Mar", "Dec"))))) as publisher:
        yield publisher


def asked(publisher: Publisher, known: Iterable[str] = (), first: dt.date = SINCE) -> list[Sheet]:
    """What is to be asked."""
    return list(WEB.sheets(Plain(publisher.address), frozenset(known), first))


def test_what_an_index_lists() -> None:
    """Table, title, currency, month, address; a month that is not out is not there, nor is what stands elsewhere."""
    found = read_index(index(2026, ("Jan", "May", "Sep")).encode(), "preliminary.html")
    assert (found.year, found.years, len(found.bulletins)) == (2026, (2024, 2025, 2026), len(ROWS) * 3)
    first = found.bulletins[0]
    assert (first.table, first.currency, first.label) == (1, "CNY", "Jan.")
    assert first.title == "(1) China's Total Export & Import Values (in CNY)"
    assert first.link == f"http://english.customs.gov.cn{path_of(2026, ROWS[0], 'Jan')}"
    assert [one.month for one in found.bulletins[:3]] == [dt.date(2026, month, 1) for month in (1, 5, 9)]
    assert {(one.table, one.currency) for one in found.bulletins} == {
        (int(table), currency) for table in TABLES for currency in ("CNY", "USD")
    }


def test_a_table_without_currency_and_a_february_of_both_months() -> None:
    """Its title names none; January and February together count as February, in whichever way they are called."""
    text = index(2026, ("Feb",)).replace("<span>Mar.</span>", "<a href=/Statics/x.html> Jan.-Feb. </a>", 1)
    text = text.replace(f"{LAST_ROW}</td><td><span>Jan.</span>", f"{LAST_ROW}</td><td><a href=/a.html>Jan.</a>")
    found = read_index(text.encode(), "preliminary.html")
    together = next(one for one in found.bulletins if one.link == "/Statics/x.html")
    assert together.month == dt.date(2026, 2, 1)
    assert (found.bulletins[-1].table, found.bulletins[-1].currency) == (8, None)


#: What is shown → year that was asked for, what is wrong.
NO_INDEX = {
    "a bulletin": (bulletin(2026, EXPORTS, "Mar"), None, "no list of years"),
    "another page": (MAINTENANCE.decode(), None, "no list of years"),
    "no table": (index(2026, ()).replace("(", "["), None, "no table is listed"),
    "another year": (index(2025, ("Mar",), is_latest=False), 2024, "the index of 2024 was asked for, and that of 2025"),
    "nothing": (" ", None, "no elements"),
}


@pytest.mark.parametrize("case", NO_INDEX)
def test_what_is_no_index(case: str) -> None:
    """Said by what is missing."""
    text, year, what = NO_INDEX[case]
    with pytest.raises(RefusalError, match=what):
        read_index(text.encode(), "preliminary.html", year)


def test_the_year_of_an_index() -> None:
    """The one that its list marks; without a mark the one that was asked for, or the latest."""
    unmarked = index(2024, ("Mar",)).encode()
    assert read_index(unmarked, "x", 2024).year == 2024 and read_index(unmarked, "x").year == 2026
    assert read_index(index(2024, ("Mar",), is_latest=False).encode(), "x").year == 2024


def test_pages_of_every_year_the_latest_first(customs: Publisher) -> None:
    """Three tables in two currencies, each with a name that says what it is; one request for each index."""
    sheets = asked(customs)
    paths = [path_of(year, title, month) for year, months in ((2026, ("Feb", "Mar")), (2025, ("Mar", "Dec")))
             for title in MINE for month in months]  # fmt: skip
    assert [sheet.question.text for sheet in sheets] == paths and len(paths) == 24
    assert sheets[0].name == "bulletin_2026-02_table4_CNY.html" and len({sheet.name for sheet in sheets}) == 24
    assert customs.log == [(address_of(None), 200), (address_of(2025), 200)]


def test_an_index_is_read_when_its_pages_are_due(customs: Publisher) -> None:
    """Whoever stops in the latest year has asked for no earlier one."""
    list(islice(WEB.sheets(Plain(customs.address), (), SINCE), 12))
    assert customs.asked == [address_of(None)]


def test_nothing_before_the_first_month(customs: Publisher) -> None:
    """Neither a page nor the index of a year."""
    assert [s.name for s in asked(customs, first=dt.date(2026, 3, 1))] == [
        f"bulletin_2026-03_table{table}_{currency}.html" for table in READ for currency in ("CNY", "USD")
    ]
    assert customs.asked == [address_of(None)]


def test_nothing_after_the_last_month(customs: Publisher) -> None:
    """The index of the latest year says which years there are, and none of a later one than is wanted is read."""
    december = dt.date(2025, 12, 1)
    one = list(WEB.sheets(Plain(customs.address), (), december, december))
    assert one and all("2025-12" in sheet.name for sheet in one)
    customs.log.clear()
    assert list(WEB.sheets(Plain(customs.address), (), SINCE, dt.date(2024, 12, 1))) == []
    assert not [path for path in customs.asked if "2025" in path]


def test_a_known_page_is_never_asked_for_again(customs: Publisher) -> None:
    """Whatever has been received, by the text of its question; what comes out later is."""
    known = {sheet.question.text for sheet in asked(customs)}
    assert asked(customs, known) == [] and asked(customs, {path.upper() for path in known}) == []
    customs.pages |= shown((2026, ("Feb", "Mar", "Apr")), (2025, ("Mar", "Dec")))
    assert {sheet.name[9:16] for sheet in asked(customs, known)} == {"2026-04"}


def test_an_address_that_stands_twice_is_asked_for_once(customs: Publisher) -> None:
    """Two months that lead to one page: the page itself says of which it is."""
    links = {(EXPORTS, "Feb"): path_of(2026, EXPORTS, "Mar")}
    customs.pages |= shown((2026, ("Feb", "Mar")), (2025, ("Mar", "Dec")), links=links)
    paths = [sheet.question.text for sheet in asked(customs)]
    assert len(paths) == len(set(paths)) == 23


ELSEWHERE = {
    "another host": "http://stats.customs.gov.cn/Statics/1.html",
    "a host that ends alike": "http://english.customs.gov.cn.example.org/Statics/1.html",
    "a user in front": "http://english.customs.gov.cn@example.org/Statics/1.html",
    "no scheme": "//example.org/Statics/1.html",
    "a file": "file:///etc/passwd.html",
    "a script": "javascript:void(0)",
    "no page": "http://english.customs.gov.cn/Statics/1.pdf",
    "a query": "http://english.customs.gov.cn/Statics/1.html?next=http://example.org",
    "a way up": "http://english.customs.gov.cn/Statics/%2e%2e/1.html",
    "no address": "http://[/1.html",
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_link_that_leads_elsewhere_is_not_followed(
    customs: Publisher, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """It is said in words where it stands and where it leads; the others are asked for."""
    customs.pages |= shown((2026, ("Feb", "Mar")), (2025, ("Mar", "Dec")), links={(EXPORTS, "Feb"): ELSEWHERE[case]})
    with caplog.at_level(logging.WARNING):
        sheets = asked(customs)
    assert len(sheets) == 23 and path_of(2026, EXPORTS, "Feb") not in {sheet.question.text for sheet in sheets}
    (said,) = caplog.messages
    assert said == (
        f"{EXPORTS}, Feb.: the index leads to {ELSEWHERE[case]}, which is no page of english.customs.gov.cn: "
        "it is not followed."
    )


def test_other_addresses_of_this_host_are_followed(customs: Publisher) -> None:
    """With a certificate that nobody knows, or relative: the page is asked for at the address that is set."""
    path = path_of(2026, EXPORTS, "Feb")
    for link in (
        f"https://english.customs.gov.cn{path}",
        path,
        f"../..{path}",
        f"http://ENGLISH.customs.gov.cn:80{path}",
    ):
        customs.pages |= shown((2026, ("Feb",)), links={(EXPORTS, "Feb"): link})
        assert path in [sheet.question.text for sheet in asked(customs)], link


def test_a_link_without_a_month_is_said(customs: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    """It may be a bulletin that would be missing."""
    text = index(2026, ("Feb",)).replace(f"{EXPORTS}</td><td>", f"{EXPORTS}</td><td><a href=/Statics/1.html>Total</a>")
    customs.pages = {address_of(None): Shown(text.encode())}
    assert len(asked(customs, first=dt.date(2026, 1, 1))) == 6
    assert caplog.messages == [
        f"{EXPORTS}, Total: the index leads to /Statics/1.html, which names no month: it is not followed."
    ]


def test_a_year_without_an_index(customs: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    """It is said, and the years before and after it are asked for."""
    customs.pages |= shown((2026, ("Mar",)), (2025, ("Mar",)), (2024, ("Mar",)))
    del customs.pages[address_of(2025)]
    assert {sheet.name[9:13] for sheet in asked(customs)} == {"2026", "2024"}
    assert caplog.messages == ["The index of the bulletins of 2025 is not there; saved pages can be received."]


REFUSED: tuple[Fault, ...] = ("forbidden", "precondition", "page", "empty", "cut")


@pytest.mark.parametrize("fault", REFUSED)
@pytest.mark.parametrize("year", [None, 2025])
def test_an_index_that_is_refused_ends_it(customs: Publisher, fault: Fault, year: int | None) -> None:
    """What the index before it lists is known by then; nothing more is asked."""
    customs.pages |= shown((2026, ("Feb", "Mar")), (2025, ("Mar", "Dec")), (2024, ("Mar",)))
    customs.faults = {address_of(year): [fault]}
    seen: list[Sheet] = []
    with pytest.raises(AnswerError) as refused:
        seen.extend(WEB.sheets(Plain(customs.address), (), SINCE))
    assert isinstance(refused.value, PassingError) == (fault in ("empty", "cut"))
    assert len(seen) == (12 if year else 0) and customs.asked[-1] == address_of(year)


def test_the_shell_of_a_page(customs: Publisher) -> None:
    """Half a page may be whole a moment later; a page of something else is none; an unknown table is not looked at."""
    client, sheets = Plain(customs.address), asked(customs)
    for sheet in sheets:
        answer = client.get(sheet.question)
        assert answer is not None
        WEB.check(sheet, answer)
    path, sheet = sheets[0].question.path, sheets[0]
    whole = customs.pages[path].content
    for content, error, what in (
        (whole[:-20], PassingError, "ends early"),
        (b" \n", PassingError, "has no bytes"),
        (MAINTENANCE, AnswerError, "is none of a bulletin"),
        (index(2026, ("Mar",)).encode(), AnswerError, "is none of a bulletin"),
    ):
        customs.pages[path] = Shown(content)
        answer = client.get(sheet.question)
        assert answer is not None
        with pytest.raises(error, match=what) as refused:
            WEB.check(sheet, answer)
        assert type(refused.value) is error and refused.value.remedy and path in refused.value.what
    customs.pages[path] = Shown(b'<html><body><div class="atcl-cnt"><img src="/table.png"></div></body></html>')
    answer = client.get(sheet.question)
    assert answer is not None
    WEB.check(sheet, answer)


def test_every_page_that_is_asked_for_is_read(customs: Publisher, tmp_path: Path) -> None:
    """It says the month and the currency under which the index lists it; what cannot be read is refused by itself."""
    for sheet in asked(customs):
        (tmp_path / sheet.name).write_bytes(customs.pages[sheet.question.path].content)
        found = parse(tmp_path / sheet.name, tmp_path / "work")
        _, month, _, currency = sheet.name.removesuffix(".html").split("_")
        assert (f"{found.month:%Y-%m}", found.currency) == (month, currency)
    for write, what in ((image, "the table is an image"), (contradiction, "is in USD, the title in CNY")):
        (tmp_path / "page.html").write_text(write(2026, EXPORTS, "Mar"), encoding="utf-8")
        with pytest.raises(RefusalError, match=what):
            parse(tmp_path / "page.html", tmp_path / "work")


def test_february_alone_and_with_january(customs: Publisher, tmp_path: Path) -> None:
    """Both stand under February; what they speak of, they say themselves."""
    together, alone = (path_of(2026, title, "Feb") for title in (COUNTRIES, EXPORTS))
    customs.pages[together] = Shown(page([[CHINA_TRADE[0], *CHINA_TRADE[2:7:2], *CHINA_TRADE[7:]]],
        country_headings(None, "1-2"), JANUARY_FEBRUARY.replace("2025", "2026"), "Unit: CNY 100 million",
        None).encode())  # fmt: skip
    months = {}
    for sheet in asked(customs):
        if sheet.question.path in (together, alone):
            answer = Plain(customs.address).get(sheet.question)
            assert answer is not None
            WEB.check(sheet, answer)
            (tmp_path / sheet.name).write_bytes(answer.content)
            rows = pq.read_table(parse(tmp_path / sheet.name, tmp_path).rows_path).to_pylist()
            months[sheet.name] = {(row["period_from"].month, row["period_to"].month) for row in rows}
    assert months == {
        "bulletin_2026-02_table4_CNY.html": {(1, 2)},
        "bulletin_2026-02_table5_USD.html": {(2, 2), (1, 2)},
    }


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "year", "links", "pages"),
    [
        ("sources/gacc_index/preliminary_index_2026.html", 2026, 24, 12),
        ("gacc_bulletins/gacc_index_2025.html", 2025, 138, 66),
    ],
)
def test_the_genuine_indexes(name: str, year: int, links: int, pages: int) -> None:
    """Every link of the table is there, as patterns in its source find them; half of the tables are asked for."""
    content = (REALDATA / name).read_bytes()
    found = read_index(content, name)
    printed = re.findall(
        r"<a href=(http://english\.customs\.gov\.cn/Statics/[0-9a-f-]+\.html)> (\w+)\.</a>", content.decode()
    )
    assert [(one.link, one.label.rstrip(".")) for one in found.bulletins] == printed and len(printed) == links
    assert all(one.month and one.month.strftime("%b") == one.label.rstrip(".")[:3] for one in found.bulletins)
    assert (found.year, found.years) == (year, tuple(range(2018, 2027)))
    with publishing(Publisher({address_of(None): Shown(content)})) as customs:
        assert len(asked(customs, first=dt.date(year, 1, 1))) == pages


@pytest.mark.realdata
def test_the_genuine_pages_have_the_shell() -> None:
    """Those of 2018 and of customs regimes, too, and no index has it."""
    for path in sorted((REALDATA / "gacc_bulletins").glob("*.html")):
        sheet = Sheet(Question("/Statics/1.html"), path.name)
        answer = Answer("http://here", 200, path.read_bytes(), "text/html", None, None, dt.datetime.now(dt.UTC))
        if "index" in path.name:
            with pytest.raises(AnswerError, match="none of a bulletin"):
                WEB.check(sheet, answer)
        else:
            WEB.check(sheet, answer)
