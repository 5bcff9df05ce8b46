"""The layouts of the customs' code lists: which heading says what list and language, and how a record looks."""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from itertools import islice

from orchestration.base.errors import RefusalError
from orchestration.sources.files.kinds import APART, FROM_THE_SITE, SECOND_HEADER, lost_zero
from orchestration.sources.files.textfile import TextFile

#: Digits of a code, by list.
DIGITS = {"hs8": 8, "partner": 3, "regime": 2, "province": 2}
_COMMODITY = ("code", "name", "year", "unit_1_code", "unit_1", "unit_2_code", "unit_2")
_HEADINGS: dict[tuple[str, ...], tuple[str, str]] = {
    (
        "CODES",
        "DESCRIPTION",
        "YEAR",
        "UNIT_1_CODES",
        "UNIT_1_DESCRIPTION",
        "UNIT_2_CODES",
        "UNIT_2_DESCRIPTION",
    ): ("hs8", "en"),
    (
        "商品编码",
        "商品名称",
        "年份",
        "第一计量单位编码",
        "第一计量单位名称",
        "第二计量单位编码",
        "第二计量单位名称",
    ): ("hs8", "zh"),
    ("CODES", "DESCRIPTION"): ("partner", "en"),
    ("贸易伙伴编码", "贸易伙伴名称"): ("partner", "zh"),
    ("Customs Regime code", "Customs Regime"): ("regime", "en"),
    ("贸易方式编码", "贸易方式名称"): ("regime", "zh"),
    ("Locations of importers and exporters code", "Locations of importers and exporters"): ("province", "en"),
    ("收发货人注册地编码", "收发货人注册地名称"): ("province", "zh"),
}
#: Lists of partners that somebody cleaned by hand: true CSV, and a comment may follow.
_BY_HAND = {
    ("code", "en"): "en",
    ("code", "en", "comment"): "en",
    ("code", "zh"): "zh",
    ("code", "zh", "comment"): "zh",
}
_CELLS = {
    "year": r"20\d\d",
    "unit_1_code": r"\d\d|\?|#N/A| *",
    "unit_1": r'[^",\n]*',
    "unit_2_code": r"\d\d|\?|#N/A| *",
    "unit_2": r'[^",\n]*',
}
_NOT_A = {"year": "is not a year (YYYY)", "unit_1_code": "is not a unit code of 2 digits"}
_NOT_A["unit_2_code"] = _NOT_A["unit_1_code"]


@dataclass(frozen=True)
class ListLayout:
    """Which list, in which language, and its columns. `trailing`: every line ends with a comma, as customs print it;
    `by_hand`: a true CSV file.
    """

    list: str
    language: str
    concepts: tuple[str, ...]
    headings: tuple[str, ...]
    trailing: bool
    by_hand: bool

    @property
    def width(self) -> int:
        """Fields on each line of a true CSV file."""
        return len(self.headings) + self.trailing

    def record_pattern(self) -> re.Pattern[str]:
        """A whole record as customs print it: groups by concept, and `quoted` for a name within quotes."""
        behind = [rf'"?(?P<{concept}>{_CELLS[concept]})"?' for concept in self.concepts[2:]]
        code = rf'"?(?P<code>\d{{{DIGITS[self.list]}}})"?'
        named = r'(?:"(?P<quoted>.*)"|(?P<name>(?:[^"\n][^\n]*)?))'
        comma = "," if self.trailing else ""
        return re.compile(",".join([code, named, *behind]) + comma + r"[ \t\r]*", re.DOTALL | re.ASCII)

    def start_pattern(self) -> re.Pattern[str]:
        """How a line begins that begins a record, sound or not."""
        return re.compile(rf'"?\d{{{DIGITS[self.list]}}}"?,|"?\d+"?,"', re.ASCII)

    def refuse_record(self, text: str, line: int, name: str) -> None:
        """Say which cell keeps the line from being a record; always raises `RefusalError`."""
        cells = text.rstrip("\r\t ").split(",")
        cells = cells[:-1] if self.trailing and cells[1:] and cells[-1] == "" else cells
        what, at = f"{len(cells)} fields where the header has {len(self.concepts)}", len(self.concepts) - 1
        remedy = "the line is cut or was edited: download the list again"
        code = cells[0].strip('"')
        if not text.strip():
            what, at = "an empty line", 0
        elif not re.fullmatch(rf"\d{{{DIGITS[self.list]}}}", code, re.ASCII):
            (what, remedy), at = self.no_code(code), 0
        elif len(cells) >= len(self.concepts):
            what, at = "the quotes around the name do not close, or the line does not end as the header does", 1
            behind = cells[len(cells) - len(self.concepts) + 2 :]
            for position, (concept, cell) in enumerate(zip(self.concepts[2:], behind, strict=True), start=2):
                if not re.fullmatch(_CELLS[concept], cell.strip('"'), re.ASCII):
                    what, at = f"{cell.strip(chr(34))!r} {_NOT_A.get(concept, 'is not a unit')}", position
                    break
        raise RefusalError(
            what,
            file=name,
            line=line,
            column=self.headings[at],
            remedy=remedy,
        )

    def no_code(self, cell: str) -> tuple[str, str]:
        """What is wrong with what stands where a code must, and what to do."""
        what = f"{cell!r} is not a code of {DIGITS[self.list]} digits"
        if cell.strip().casefold() == self.headings[0].casefold():
            return f"{what}: {SECOND_HEADER}", APART
        if changed := lost_zero(cell, (DIGITS[self.list],)):
            return f"{what}; it {changed}", FROM_THE_SITE
        return what, "the line is cut or was edited: download the list again"


def announces_list(head: bytes) -> bool:
    """Whether a file that begins with these bytes has the header of a code list, in either encoding."""
    line = head.removeprefix(codecs.BOM_UTF8).splitlines()[:1]
    return any(_layout(_cells(line[0].decode(encoding, "replace"))) for encoding in ("utf-8", "gb18030") if line)


def read_layout(text: TextFile, name: str) -> ListLayout:
    """The layout that the header announces; `RefusalError` naming the lists that are known."""
    with text.path.open(encoding="utf-8", newline="") as stream:
        cells = _cells(*islice(stream, 1))
    layout = _layout(cells)
    if layout:
        return layout
    raise RefusalError(
        f"the first line is no header of a code list known here; it begins {', '.join(cells[:3])[:100]!r}",
        file=name,
        line=1,
        remedy="a code list begins CODES,DESCRIPTION,YEAR,… or 商品编码,商品名称,年份,… (docs/receiving.md has all); "
        "trade figures are received with --source gacc",
    )


def _cells(*line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader(line), [])]


def _layout(cells: list[str]) -> ListLayout | None:
    """The layout with these headings, if they are known."""
    trailing = bool(cells) and cells[-1] == ""
    headings = tuple(cells[:-1] if trailing else cells)
    folded = tuple(heading.casefold() for heading in headings)
    for known, (which, language) in _HEADINGS.items():
        if folded == tuple(heading.casefold() for heading in known):
            return ListLayout(which, language, _COMMODITY[: len(known)], headings, trailing, False)
    if folded in _BY_HAND:
        return ListLayout("partner", _BY_HAND[folded], ("code", "name"), headings, trailing, True)
    return None
