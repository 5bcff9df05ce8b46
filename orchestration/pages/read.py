"""A page and its files as they lie on the disk, read back: every figure with the cell that it says it is.

Belongs here: figures, their words and their places in pictures. Not here: what the release has in those cells
(`look_up`).
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lxml import etree, html

from orchestration.base.months import months_between, parse_month
from orchestration.pages.drawing import month_words
from orchestration.pages.figures import UNKNOWN, plotted, told
from orchestration.pages.scale import OFF
from orchestration.releases.showing import INDEX

FOLDER = "series"
#: The part that a whole sentence is, on what the release corrects.
SENTENCE = "sentence"
#: Forms whose values are dates, and words.
DATES, WORDS = {"month", "span", "day", "short_day", "year_month"}, {"text"}


@dataclass(frozen=True)
class Read:
    """Something that was read. `part`: a value, to be looked up; else the words, the place or the number of figures,
    with what must stand there.
    """

    place: str
    part: str
    table: str
    column: str
    key: Mapping[str, str]
    said: str
    wanted: str | None = None


@dataclass(frozen=True)
class _Around:
    """What the elements around one say."""

    said: Mapping[str, str] = field(default_factory=dict)
    key: Mapping[str, str] = field(default_factory=dict)

    def within(self, element: etree._Element) -> _Around:
        own = {str(name)[5:]: str(text) for name, text in element.attrib.items() if str(name).startswith("data-")}
        if not own:
            return self
        own.pop("value", None)
        key = key_of(own.pop("key", ""))
        return _Around({**self.said, **own}, key if "table" in own else {**self.key, **key})


def key_of(text: str) -> dict[str, str]:
    """A key as it was written (`figures.key_text`)."""
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)


def value_of(text: str, form: str) -> object:
    """A value as it was written (`figures.value_text`); `ValueError` for what is none."""
    if not text or form in WORDS:
        return text or None
    if form in DATES or form.startswith("lag "):
        return dt.date.fromisoformat(text)
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


def words_of(text: str, form: str) -> str:
    """The words in which a value must be written."""
    name, _, digits = form.rpartition(" ") if re.search(r" \d$", form) else (form, "", "")
    try:
        value = value_of(text, name)
        return UNKNOWN if value is None else told(value, name, int(digits) if digits else None)
    except (ValueError, KeyError, TypeError, AssertionError, ArithmeticError) as error:
        return f"no value: {error}"


def figures(folder: Path) -> Iterator[Read]:
    """All figures of a release's page, of its pictures and of their data."""
    page = folder / INDEX
    if page.is_file():
        yield from _elements(html.document_fromstring(page.read_bytes()), INDEX, _Around())
    for path in sorted((folder / FOLDER).rglob("*.svg")):
        yield from _elements(etree.fromstring(path.read_bytes()), str(path.relative_to(folder)), _Around())
    for path in sorted((folder / FOLDER).rglob("*.csv")):
        yield from _lines(path, str(path.relative_to(folder)))


def _elements(element: etree._Element, place: str, outside: _Around) -> Iterator[Read]:
    if not isinstance(element.tag, str):
        return
    around = outside.within(element)
    tag, value = etree.QName(element).localname, element.get("value" if element.tag == "data" else "data-value")
    classes = (element.get("class") or "").split()
    if element.get("data-sentence") is not None:
        yield Read(place, SENTENCE, "mart_correction", "sentence", {}, "".join(element.itertext()))
    if value is not None:
        yield from _figure(element, tag, value, place, around)
    if "layer" in classes:
        yield from _layer(element, place, around)
    if tag == "tbody":
        yield from _rows_left(element, place)
    for child in element:
        yield from _elements(child, place, around)


def _figure(element: etree._Element, tag: str, value: str, place: str, around: _Around) -> Iterator[Read]:
    of = Read(place, "value", around.said.get("table", ""), around.said.get("column", ""), around.key, value)
    form = around.said.get("form", "")
    words, text = words_of(value, form), "".join(element.itertext()).strip()
    if tag in ("rect", "circle"):
        yield of
        month = _month(around)
        when = month_words(month) if around.said.get("months") != "2" else f"January and February {month.year}"
        wanted = f"{when}: {words}"
        yield replace(of, part="words", said=wanted if text.endswith(wanted) else text, wanted=wanted)
        yield replace(of, part="place", said=_place(element, tag), wanted=_due(element, tag, value, around))
        return
    if of.column:
        yield of
    yield replace(of, part="words", said=text, wanted=words)
    if tag == "text" and element.get("class") == "tick":
        y = _at(float(value), around) + 4
        yield replace(of, part="place", said=_near(element.get("y"), y), wanted=f"{y:.1f}")
    if tag == "g":
        y = _at(float(value), around)
        found = re.match(r"M\S+ (\S+)H", element[0].get("d", ""))
        yield replace(of, part="place", said=_near(found and found[1], y), wanted=f"{y:.1f}")


def _month(around: _Around) -> dt.date:
    return parse_month(around.key["month"])


def _at(value: float, around: _Around) -> float:
    return float(around.said["zero"]) - value * float(around.said["per"])


def _near(said: str | None, wanted: float) -> str:
    """What was said, or what is wanted where it is as good as that."""
    try:
        return f"{wanted:.1f}" if abs(float(said or "nan") - wanted) <= OFF else str(said)
    except ValueError:
        return str(said)


def _place(element: etree._Element, tag: str) -> str:
    names = ("x", "width", "y", "height") if tag == "rect" else ("cx", "cy")
    return " ".join(element.get(name, "") for name in names)


def _due(element: etree._Element, tag: str, value: str, around: _Around) -> str:
    """Where a mark must stand, as `_place` says it; that itself, where it is as good."""
    said, n_months = around.said, int(around.said.get("months", "1"))
    form = said.get("form", "").split(" ")[0]
    step = float(said["step"])
    middle = float(said["left"]) + step * (
        months_between(parse_month(said["first"]), _month(around)) + 1 - n_months / 2
    )
    top, zero = _at(plotted(float(value), form), around), float(said["zero"])
    found = [float(part or "nan") for part in _place(element, tag).split(" ")]
    if tag == "circle":
        wanted, ends = [middle, top], found
    else:
        wanted = [middle, min(top, zero), max(top, zero)]
        ends = [found[0] + found[1] / 2, found[2], found[2] + found[3]]
    near = all(abs(a - b) <= 2 * OFF for a, b in zip(wanted, ends, strict=True))
    return _place(element, tag) if near else " ".join(f"{part:.1f}" for part in wanted)


def _layer(element: etree._Element, place: str, around: _Around) -> Iterator[Read]:
    """That a layer has all its marks, and that a line leads through them."""
    marks = [child for child in element if child.get("data-value") is not None]
    of = Read(place, "count", around.said.get("table", ""), f"count({around.said.get('column')})", around.key, "")
    if around.said.get("whole"):
        yield replace(of, said=str(len(marks)))
    for line in element.findall("{*}path") or element.findall("path"):
        through = [" ".join((child.get("cx", ""), child.get("cy", ""))) for child in marks]
        found = [part for part in re.split("[ML]", line.get("d", "")) if part]
        yield replace(of, part="place", said=", ".join(found), wanted=", ".join(through))


def _rows_left(element: etree._Element, place: str) -> Iterator[Read]:
    """That what is left of a whole is what the rows above it leave."""
    cells = [(of, key_of(of.get("data-key", ""))) for of in element.iter("data")]
    for rest, key in cells:
        if rest.get("data-column") != "rest(value_usd)":
            continue
        above = {of.get("partner_code", "") for cell, of in cells if cell.get("data-column") == "value_usd"} - {"all"}
        said = " ".join(sorted(key.get("partner_code", "").split(" ")))
        table = rest.get("data-table", "")
        yield Read(place, "count", table, "rest(value_usd)", key, said, " ".join(sorted(above)))


def _lines(path: Path, place: str) -> Iterator[Read]:
    """The data of a picture, by what its metadata say."""
    said = json.loads(path.with_name(f"{path.stem}.csv-metadata.json").read_text(encoding="utf-8"))
    tables = {of["name"]: of["dc:source"] for of in said["tableSchema"]["columns"] if "dc:source" in of}
    key = key_of(said["dc:identifier"])
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        for column, table in tables.items():
            yield Read(place, "value", table, column, {**key, "month": row["month"]}, row[column])
    for column, table in tables.items():
        known = str(sum(1 for row in rows if row[column]))
        yield Read(place, "count", table, f"count({column})", key, known)
