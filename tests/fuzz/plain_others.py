"""Readers of rates, code lists and bulletin pages that know nothing of the project's parsers.

Of a page they know cells and lines, not what its headings mean: whatever is read of it must stand there.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise

from tests.fuzz.plain_trade import UnsoundError

#: Full-width digits, points and commas, and long dashes.
WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(range(0x2010, 0x2016), "-")


def text_of(data: bytes) -> str:
    """UTF-8 or GB18030, with LF line ends."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    raise UnsoundError("encoding")


def rates(data: bytes) -> dict[dt.date, tuple[int, Decimal]]:
    """By month line and rate; months without a gap."""
    found: dict[dt.date, tuple[int, Decimal]] = {}
    try:
        reader = csv.reader((f"{line}\n" for line in text_of(data).removesuffix("\n").split("\n")), strict=True)
        records = [(0, [""]), *((reader.line_num, cells) for cells in reader)]
    except csv.Error as error:
        raise UnsoundError(str(error)) from None
    day = "" if [c.strip() for c in records[1][1]] == ["month", "cny_per_usd"] else "-01"
    for (before, _), (_, cells) in pairwise(records[1:]):
        if len(cells) != 2:
            raise UnsoundError("cells")
        month, rate = (cell.strip() for cell in cells)
        if not re.fullmatch(rf"\d{{4}}-\d\d{day}", month, re.ASCII) or not re.fullmatch(
            r"\d+(\.\d{1,6})?", rate, re.ASCII
        ):
            raise UnsoundError("a cell")
        at = dt.date(int(month[:4]), int(month[5:7]), 1)
        if at in found or not 1 <= Decimal(rate) <= 20:
            raise UnsoundError("a month twice, or no rate")
        found[at] = before + 1, Decimal(rate)
    spans = {month.year * 12 + month.month for month in found}
    if not found or len(spans) != max(spans) - min(spans) + 1:
        raise UnsoundError("a gap")
    return found


def ecb_rates(data: bytes) -> dict[dt.date, tuple[int, Decimal]]:
    """By month the line of the yuan for a euro, and these divided by the dollars for one; no line of another series."""
    try:
        reader = csv.reader((f"{line}\n" for line in text_of(data).removesuffix("\n").split("\n")), strict=True)
        records = [(0, [""]), *((reader.line_num, cells) for cells in reader)]
    except csv.Error as error:
        raise UnsoundError(str(error)) from None
    prices: dict[str, dict[str, tuple[int, str]]] = {"CNY": {}, "USD": {}}
    for (before, _), (_, cells) in pairwise(records[1:]):
        said = dict(zip(records[1][1], cells, strict=False))
        if len(cells) != len(records[1][1]) or said["KEY"] != f"EXR.M.{said['CURRENCY']}.EUR.SP00.A":
            raise UnsoundError("cells or key")
        if said["TIME_PERIOD"] in prices[said["CURRENCY"]]:
            raise UnsoundError("a month twice")
        is_price = said["OBS_STATUS"].strip() in ("A", "") and said["OBS_VALUE"].strip() not in ("", "NaN")
        prices[said["CURRENCY"]][said["TIME_PERIOD"]] = before + 1, said["OBS_VALUE"] if is_price else ""
    found = {}
    for month, (line, yuan) in prices["CNY"].items():
        dollars = prices["USD"].get(month, (0, ""))[1]
        if yuan and dollars:
            rate = round(Fraction(yuan.strip()) / Fraction(dollars.strip()) * 10**6)
            found[dt.date(int(month[:4]), int(month[5:]), 1)] = line, Decimal(rate).scaleb(-6)
    return found


def codes(data: bytes) -> list[tuple[int, str, str]]:
    """Line, code and name of every record of a list whose codes have three digits and that ends lines with a comma."""
    text = "\n".join(re.sub(r"[\s\x00-\x1f]+$", "", line) for line in text_of(data.replace(b"\0", b" ")).split("\n"))
    records: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n")[1:], start=2):
        if re.match(r'"?\d{3}"?,', line, re.ASCII) or not records:
            records.append((number, line))
        elif line:
            records[-1] = records[-1][0], f"{records[-1][1]} {line}"
    found = []
    for number, line in records:
        code, _, rest = line.partition(",")
        name = rest.removesuffix(",")
        name = name[1:-1].replace('""', '"') if name.startswith('"') and name.endswith('"') and len(name) > 1 else name
        found.append((number, code.strip('"'), " ".join(re.sub(r"[\x00-\x1f]", " ", name).split())))
    return found


class _Cells(HTMLParser):
    """Texts of table cells, and the lines of the rows that they stand in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[tuple[int, list[str]]] = []
        self.inside = False

    def handle_starttag(self, tag: str, _: object) -> None:
        """A row or a cell begins; within a cell, other elements part words."""
        if tag == "tr":
            self.rows.append((self.getpos()[0], []))
        if tag in ("td", "th") and self.rows:
            self.rows[-1][1].append("")
        self.inside = tag in ("td", "th") or (self.inside and tag != "tr")

    def handle_endtag(self, tag: str) -> None:
        """A cell ends."""
        self.inside = self.inside and tag not in ("td", "th", "tr", "table")

    def handle_data(self, data: str) -> None:
        """Text within a cell."""
        if self.inside and self.rows and self.rows[-1][1]:
            self.rows[-1][1][-1] += data


def cells(data: bytes) -> dict[int, list[str]]:
    """By line the texts of the cells of the rows that begin there, blanks and invisible signs removed."""
    parser = _Cells()
    parser.feed(text_of(data))
    found: dict[int, list[str]] = {}
    for line, texts in parser.rows:
        found.setdefault(line, []).extend(bare(text) for text in texts)
    return found


def bare(text: str) -> str:
    """Without blanks and signs that nobody sees."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2060\ufeff]+", "", text)
