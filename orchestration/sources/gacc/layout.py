"""The layout of a GACC export: which column says what, in both languages and both spellings.

The columns of a download are those that the user picked, in the order of picking; nothing but the header
tells them, and the currency stands in the header only.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass

from orchestration.base.errors import RefusalError

#: concept → header spellings (English, old English spelling, Chinese)
HEADERS: dict[str, tuple[str, ...]] = {
    "month": ("Date of data", "数据年月"),
    "hs_code": ("Commodity code", "商品编码"),
    "hs_name": ("Commodity", "商品名称"),
    "partner_code": ("Trading partner code", "贸易伙伴编码"),
    "partner_name": ("Trading partner", "贸易伙伴名称"),
    "regime_code": ("Customs Regime code", "贸易方式编码"),
    "regime_name": ("Customs Regime", "贸易方式名称"),
    "province_code": ("Locations of importers and exporters code", "注册地编码"),
    "province_name": ("Locations of importers and exporters", "注册地名称"),
    "quantity_1": ("Quantity", "第一数量"),
    "unit_1": ("Unit", "第一计量单位"),
    "quantity_2": ("Supplementary Quantity", "Supplimentary Quantity", "第二数量"),
    "unit_2": ("Supplementary Unit", "Supplimentary Unit", "第二计量单位"),
    "value_USD": ("US dollar", "美元"),
    "value_CNY": ("Renminbi Yuan", "人民币"),
}
_CONCEPT = {spelling.casefold(): concept for concept, spellings in HEADERS.items() for spelling in spellings}
_DIMENSIONS = ("month", "hs_code", "partner_code", "regime_code", "province_code")


@dataclass(frozen=True)
class Layout:
    """Concepts in column order ('value' for the one value column), headings as printed, the currency, what surrounds.

    `trailing`: every line ends with a comma, that is one empty last column. `header_line`: the file has one.
    """

    concepts: tuple[str, ...]
    headings: tuple[str, ...]
    currency: str
    language: str
    trailing: bool
    header_line: bool

    @property
    def width(self) -> int:
        """Fields on each line, the empty last one included."""
        return len(self.concepts) + self.trailing

    @property
    def has_month(self) -> bool:
        """Whether each row prints its month; else the query was not split by month."""
        return "month" in self.concepts

    @property
    def has_partner(self) -> bool:
        """Whether each row prints a partner; else each row is the sum of all partners that were asked for."""
        return "partner_code" in self.concepts

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of the file's grain, in the canonical order; the month always, printed or declared."""
        return tuple(d for d in _DIMENSIONS if d == "month" or d in self.concepts)


def looks_like_header(cells: list[str]) -> bool:
    """Whether any cell is a known column heading."""
    return any(cell.strip().casefold() in _CONCEPT for cell in cells)


def split_header(header: str) -> list[str]:
    """A header line as typed after `--header`: quotes and the trailing comma are optional; refused if it is no line."""
    try:
        return next(csv.reader([header], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise RefusalError(
            f"the header that was given is no line of a table ({error})",
            remedy="give the site's own header line, without line ends: Date of data,Trading partner code,…",
        ) from None


def read_layout(cells: list[str], name: str, *, trailing: bool | None = None, header_line: bool = True) -> Layout:
    """The layout that a header announces; `RefusalError` naming the column that is unknown, double or missing."""
    headings = [cell.strip() for cell in cells]
    if trailing is None:
        trailing = bool(headings) and headings[-1] == ""
    if headings and headings[-1] == "":
        headings = headings[:-1]
    where = 1 if header_line else None
    concepts: list[str] = []
    for position, heading in enumerate(headings, start=1):
        concept = _CONCEPT.get(heading.casefold())
        if concept is None:
            near = difflib.get_close_matches(heading.casefold(), list(_CONCEPT), n=1)
            hint = f"; did you mean {_spelling(near[0])!r}?" if near else ""
            raise RefusalError(
                f"column {position} is unknown{hint}",
                file=name,
                line=where,
                column=heading,
                remedy="download the file with the site's own columns; docs/receiving.md lists them",
            )
        if concept in concepts:
            raise RefusalError(
                f"column {position} stands twice",
                file=name,
                line=where,
                column=heading,
                remedy="download the file again with each column once",
            )
        concepts.append(concept)
    values = [c for c in concepts if c.startswith("value_")]
    if len(values) != 1:
        raise RefusalError(
            "one file holds one currency; this one has " + (" and ".join(v[6:] for v in values) or "no value column"),
            file=name,
            line=where,
            remedy="download one file for each currency",
        )
    _require(concepts, name, where)
    language = "zh" if any(ord(ch) > 127 for ch in "".join(headings)) else "en"
    plain = tuple("value" if c.startswith("value_") else c for c in concepts)
    return Layout(plain, tuple(headings), values[0][6:], language, trailing, header_line)


def _require(concepts: list[str], name: str, line: int | None) -> None:
    """Refuse a layout without commodity codes, or with names whose codes are not there: rows are known by code only."""
    named = [f"{c.removesuffix('_name')}_code" for c in concepts if c.endswith("_name")]
    for concept in ("hs_code", *named):
        if concept not in concepts:
            heading = HEADERS[concept][0]
            raise RefusalError(
                f"the file has no column {heading!r} ({HEADERS[concept][1]})",
                file=name,
                line=line,
                remedy=f"download it again with {heading!r} among the columns",
            )


def _spelling(folded: str) -> str:
    return next(s for spellings in HEADERS.values() for s in spellings if s.casefold() == folded)
