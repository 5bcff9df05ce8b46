"""From a received page to its titles, its date and the cells of its one table, each row with its physical line.

Belongs here: HTML, and which table on the page is meant. Not here: what titles, headings and cells mean.
Pages are read with lxml, without network: what they link to is never opened.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import lxml.etree
import lxml.html

from orchestration.sources.files.kinds import refuse_binary
from orchestration.sources.gacc_bulletin.text import LARGEST, READ_HERE, Place, clean, decode, fold

#: How the first heading tells the table.
FIRST_HEADINGS = {
    "commodity": re.compile(r"commodit(y|ies)"),
    "country": re.compile(r"import source"),
    "regime": re.compile(r"(commodit(y|ies) ?/ ?)?customs regimes?( commodit(y|ies))?"),
}
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TABLE_TAGS = re.compile(r"<(/?)table\b", re.IGNORECASE)
_CELL_TAGS = re.compile(r"<t[dh]\b", re.IGNORECASE)
#: Elements that do not part what they hold from what stands beside them.
_INLINE = frozenset({"a", "b", "big", "em", "font", "i", "small", "span", "strong", "tt", "u"})
_WIDEST = 50
_AGAIN = "open the page in a browser and save it again as HTML"


@dataclass(frozen=True)
class Line:
    """A text of the page, blanks collapsed, and its physical line."""

    line: int
    text: str


@dataclass(frozen=True)
class Cell:
    """A cell as printed, blanks collapsed, and how many columns and rows it spans."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True)
class TableRow:
    """A row of the table with the physical line on which it begins."""

    line: int
    cells: tuple[Cell, ...]

    @property
    def blank(self) -> bool:
        """Nothing is printed in it."""
        return not any(cell.text for cell in self.cells)


@dataclass(frozen=True)
class BulletinPage:
    """One page. `titles` stand outside the table, `above` in the table before its two rows of headings.

    `table` is told by the first heading; `published` is the page's own date, None if it prints none.
    """

    name: str
    encoding: str
    titles: tuple[Line, ...]
    published: dt.date | None
    table: str
    above: tuple[Line, ...]
    headings: tuple[TableRow, TableRow]
    body: tuple[TableRow, ...]


def read_page(source: Path, name: str) -> BulletinPage:
    """Find the table of a page; `RefusalError` if it is no page, is cut, or has not exactly one table of figures."""
    refuse_binary(source, name, "receive the bulletin page itself, as the browser saves it (HTML only)")
    if (size := source.stat().st_size) > LARGEST:
        raise Place(name).refusal(
            f"{size:,} bytes are no bulletin page (at most {LARGEST:,})", "receive the page itself, saved as HTML"
        )
    text, encoding = decode(source.read_bytes(), name)
    if re.match(r"mime-version:|from: <saved by", text[:200].lstrip(), re.IGNORECASE):
        raise Place(name, 1).refusal("this is a web page saved as one file (MHTML)", "save it as HTML only")
    if not re.search(r"<(!doctype\s+html|html|body|table)\b", text, re.IGNORECASE):
        raise Place(name, 1).refusal("this is not an HTML page", "receive the bulletin page itself, saved as HTML")
    visible = _HIDDEN.sub(lambda found: "\n" * found[0].count("\n"), text)
    _refuse_cut(visible, name)
    root = _tree(visible, name)
    titles = tuple(
        Line(element.sourceline, clean(element.text_content()))
        for element in [*root.iter("title"), *root.find_class("atcl-ttl")]
    )
    table, rows, start, kind = _the_table(root, name)
    if start + 1 >= len(rows):
        raise Place(name, table.sourceline).refusal("the table is empty: it has no rows of figures", _AGAIN)
    above = tuple(Line(row.line, cell.text) for row in rows[:start] for cell in row.cells if cell.text)
    headings = (rows[start], rows[start + 1])
    return BulletinPage(name, encoding, titles, _published(root), kind, above, headings, tuple(rows[start + 2 :]))


def _refuse_cut(text: str, name: str) -> None:
    """Refuse a page on which not every table ends, or one ends that never began: rows are lost there."""
    begun: list[int] = []

    def place(at: int) -> Place:
        return Place(name, text.count("\n", 0, at) + 1)

    for found in _TABLE_TAGS.finditer(text):
        if not found[1]:
            begun.append(found.start())
        elif begun:
            begun.pop()
        else:
            raise place(found.start()).refusal("a table ends here that never began: the page is damaged", _AGAIN)
    if begun:
        raise place(begun[-1]).refusal("the table that begins here never ends: the page is cut", _AGAIN)


def _tree(text: str, name: str) -> Any:
    """The page's elements, all of its cells among them."""
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(text.encode(), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
        raise Place(name, 1).refusal("the page holds no elements", _AGAIN) from None
    if sum(1 for _ in root.iter("td", "th")) < len(_CELL_TAGS.findall(text)):
        raise Place(name).refusal("the page is damaged: not all of its cells can be read", _AGAIN)
    return root


def _text(cell: Any) -> str:
    """The text of a cell, with a blank wherever its elements part words or figures on the screen."""
    parts: list[str] = []
    for event, element in lxml.etree.iterwalk(cell, events=("start", "end")):
        if element is cell:
            text = cell.text if event == "start" else ""
        else:
            text = element.text if event == "start" else element.tail
            parts.append("" if element.tag in _INLINE else " ")
        parts.append(text or "")
    return clean("".join(parts))


def _the_table(root: Any, name: str) -> tuple[Any, list[TableRow], int, str]:
    """The one table with known headings, its rows, which of them is the first of the headings, and what they tell."""
    tables = [(table, _rows(table, name)) for table in root.iter("table")]
    found = [
        (table, rows, number, kind) for table, rows in tables for number, row in enumerate(rows) if (kind := _kind(row))
    ]
    if not found:
        _refuse_none(root, tables, name)
    if len(found) > 1:
        place = Place(name, found[1][1][found[1][2]].line)
        raise place.refusal("headings stand twice: two tables on one page", "receive the page of each table by itself")
    for table, rows in tables:
        for row in rows if table is not found[0][0] else ():
            if any(re.fullmatch(r"[-+]?[\d,]*\d\.\d+|\d{1,3}(,\d{3})+", fold(cell.text)) for cell in row.cells):
                raise Place(name, row.line).refusal("figures stand in a second table without headings", _AGAIN)
    return found[0]


def _kind(row: TableRow) -> str | None:
    """Which table a first row of headings announces; None for any other row."""
    if len(row.cells) < 2:
        return None
    first = fold(row.cells[0].text).casefold()
    return next((kind for kind, heading in FIRST_HEADINGS.items() if heading.fullmatch(first)), None)


def _refuse_none(root: Any, tables: list[tuple[Any, list[TableRow]]], name: str) -> NoReturn:
    """Say why there is no table to read; always raises."""
    for table, _ in tables:
        if len(table.findall(".//a")) >= 10:
            raise Place(name, table.sourceline).refusal(
                "this is an index of bulletins: its table holds links, no figures",
                "open the page of one month and receive that",
            )
    image = next((image for content in root.find_class("atcl-cnt") for image in content.iter("img")), None)
    if image is not None and not any(len(row.cells) > 2 for _, rows in tables for row in rows):
        raise Place(name, image.sourceline).refusal(
            "the table is an image: there are no figures to read", "receive a page that prints the table as text"
        )
    if not tables:
        images = ", at most an image of one" if root.find(".//img") is not None else ""
        raise Place(name).refusal(f"there is no table on the page{images}", READ_HERE)
    table, rows = tables[0]
    what = "the table has no headings known here" if any(len(row.cells) > 1 for row in rows) else "the table is empty"
    raise Place(name, table.sourceline).refusal(what, READ_HERE)


def _rows(table: Any, name: str) -> list[TableRow]:
    """The table's own rows, not those of a table within; refuse a cell that stands outside a row."""

    def own(*tags: str) -> list[Any]:
        return [element for element in table.iter(*tags) if next(element.iterancestors("table")) is table]

    rows = [(row.sourceline, list(row.iterchildren("td", "th"))) for row in own("tr")]
    if sum(len(cells) for _, cells in rows) != len(own("td", "th")):
        raise Place(name, table.sourceline).refusal("cells of the table stand outside its rows", _AGAIN)
    return [TableRow(line, tuple(_cell(cell, line, name) for cell in cells)) for line, cells in rows]


def _cell(cell: Any, line: int, name: str) -> Cell:
    spans = [int(told) if (told := cell.get(span, "1").strip()).isdecimal() else 1 for span in ("colspan", "rowspan")]
    if max(spans) > _WIDEST:
        raise Place(name, line).refusal(f"a cell spans more than {_WIDEST} columns or rows", _AGAIN)
    text = "" if cell.find(".//table") is not None else _text(cell)
    return Cell(text, max(spans[0], 1), max(spans[1], 1))


def _published(root: Any) -> dt.date | None:
    """The date above the content: 2025/07/14, on older pages 03/08/2018 (month, day, year)."""
    for element in root.find_class("atcl-date"):
        text = fold(element.text_content())
        if found := re.search(r"(20\d\d)[/.-](\d{1,2})[/.-](\d{1,2})", text):
            year, month, day = map(int, found.groups())
        elif found := re.search(r"(\d{1,2})/(\d{1,2})/(20\d\d)", text):
            month, day, year = map(int, found.groups())
        else:
            continue
        try:
            return dt.date(year, month, day)
        except ValueError:
            return None
    return None
