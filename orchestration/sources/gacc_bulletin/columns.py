"""From the two rows of headings to columns: what each holds, of which flow, regime and months.

Belongs here: headings, and their agreement with the title. Not here: rows of figures and their units.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestration.sources.gacc_bulletin.page import BulletinPage
from orchestration.sources.gacc_bulletin.text import Place, fold
from orchestration.sources.gacc_bulletin.title import NAME, Title, confirmed, month_number

_PARTS = re.compile(
    r"""(?P<growth>year[- ]on[- ]year|\(?±?\s*%\)?)
      | (?P<year>20\d\d)
      | (?P<first>\d{1,2})\s*(?:-\s*(?:to\s*-?\s*)?|to\s*-?\s*)(?P<last>\d{1,2})
      | (?P<single>\d{1,2})
      | (?P<measure>quantity|qty|value)s?
      | (?P<flow>(?:export|import)s?(?:\s*(?:&|and)\s*(?:export|import)s?)?)
      | total
      | in\b
      | [\s,.()]+""",
    re.VERBOSE,
)
_UNIT = re.compile(r"(quantity|qty)?\s*units?")


@dataclass(frozen=True)
class Column:
    """A column of figures: which flow, regime and months, and whether of values or quantities, or of their growth."""

    position: int
    label: str
    flow: str
    regime_group: str | None
    period_from: dt.date
    period_to: dt.date
    quantity: bool
    growth: bool

    def measure(self, currency: str) -> str:
        """As in the rows: value_usd, value_cny, quantity, or one of them with _yoy."""
        base = "quantity" if self.quantity else f"value_{currency.lower()}"
        return f"{base}_yoy" if self.growth else base


@dataclass(frozen=True)
class Columns:
    """The columns of a table. `unit` is the position of the quantities' unit, None where the table has none, and
    `unit_label` its heading.
    """

    width: int
    unit: int | None
    unit_label: str | None
    figures: tuple[Column, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Heading:
    """What the headings of one column say: `month` is the last one, `to_date` from January on, `year` as printed."""

    flow: str | None
    regime_group: str | None
    month: int
    to_date: bool
    year: int | None
    quantity: bool
    growth: bool


def read_columns(page: BulletinPage, title: Title) -> Columns:
    """The columns in their order; `RefusalError` for a heading that is unknown, twice there, or against the title.

    Headings of another month than the title's are accepted only if they all name the same one and the page's own date
    confirms the title: the headings of an earlier month were left standing.
    """
    labels = list(_labels(page))
    unit = 1 if len(labels) > 1 and _UNIT.fullmatch(fold(" ".join(labels[1])).casefold()) else None
    line = page.headings[0].line
    told: dict[int, _Heading] = {}
    for position, parts in enumerate(labels):
        if position > (unit or 0):
            told[position] = _heading(parts, Place(page.name, line, " / ".join(parts)), title)
    if not told:
        raise Place(page.name, line).refusal("the table has no columns of figures", "download the page again")
    if unit is None and (lost := next((n for n, heading in told.items() if heading.quantity), None)) is not None:
        raise Place(page.name, line, " / ".join(labels[lost])).refusal(
            "quantities without a column of their units",
            "what they count is not told elsewhere on the page: take another edition of the table",
        )
    told, remarks = _of_the_title(told, labels, page, title)
    figures = tuple(_column(n, " / ".join(labels[n]), heading, title) for n, heading in told.items())
    _refuse_twice(figures, Place(page.name, line))
    return Columns(len(labels), unit, labels[unit][0] if unit else None, figures, remarks)


def _labels(page: BulletinPage) -> Iterator[tuple[str, ...]]:
    """The headings above each column, from above; one that spans both rows stands once."""
    upper = [(cell.text, cell.rows) for cell in page.headings[0].cells for _ in range(cell.columns)]
    lower = [cell.text for cell in page.headings[1].cells for _ in range(cell.columns)]
    open_below = [n for n, (_, rows) in enumerate(upper) if rows == 1]
    spans = {rows for _, rows in upper} | {cell.rows for cell in page.headings[1].cells}
    if len(open_below) != len(lower) or not spans <= {1, 2} or any(c.rows > 1 for c in page.headings[1].cells):
        raise Place(page.name, page.headings[1].line).refusal(
            f"{len(lower)} headings in the second row, where the first leaves room for {len(open_below)}",
            "the headings are damaged: download the page again, or wait for a corrected one",
        )
    below = dict(zip(open_below, lower, strict=True))
    for n, (text, _) in enumerate(upper):
        yield tuple(part for part in (text, below.get(n, "")) if part)


def _heading(parts: tuple[str, ...], place: Place, title: Title) -> _Heading:
    """Read the headings of one column to the last sign; what is not known is refused, not passed over."""
    group = parts[0] if title.table == "regime" and parts else None
    if group and not re.fullmatch(r"[a-z][a-z ]*", fold(group).casefold()):
        raise place.refusal(f"{group!r} is not a customs regime", "download the page again")
    said: dict[str, set[str]] = {}
    for part in parts[1:] if group else parts:
        # In 2019 months have their names: May, Jan-May in Total.
        folded, at = NAME.sub(lambda found: str(month_number(found[0])), fold(part).casefold()), 0
        while at < len(folded):
            found = _PARTS.match(folded, at)
            if not found:
                raise place.refusal(f"the heading {part!r} is not known here", "a new layout has to be added first")
            at = found.end()
            for key, text in found.groupdict().items():
                if text:
                    said.setdefault(key, set()).add(text)
    return _said(said, group, place, title)


def _said(said: dict[str, set[str]], group: str | None, place: Place, title: Title) -> _Heading:
    """The parts of a heading together: each once, and all that the table needs."""
    what = None
    if any(len(texts) > 1 for key, texts in said.items() if key != "growth") or {"first", "single"} <= said.keys():
        what = "the headings of the column contradict each other"
    elif title.table == "regime" and said.keys() != {"measure"}:
        what = "the column of a customs regime says something else than quantity or value"
    elif title.table != "regime" and not {"first", "single"} & said.keys():
        what = "the headings of the column name no month"
    elif title.table != "country" and "measure" not in said:
        what = "the headings of the column do not say whether it holds quantities or values"
    elif (title.table == "country") != ("flow" in said):
        what = "the headings of the column must name a flow in a table by country, and only there"
    elif said.get("first", {"1"}) != {"1"}:
        what = "the months of the column do not begin with January"
    if what:
        raise place.refusal(what, "the headings are damaged or new: wait for a corrected page, or have them added")
    month = int(min(said.get("last") or said.get("single") or {str(title.month.month)}))
    if not 1 <= month <= 12:
        raise place.refusal(f"{month} is not a month", "the headings are damaged: wait for a corrected page")
    return _Heading(
        flow=_flow(min(said["flow"])) if "flow" in said else None,
        regime_group=group,
        month=month,
        to_date="single" not in said,
        year=int(min(said["year"])) if "year" in said else None,
        quantity=not said.get("measure", {"value"}) <= {"value"},
        growth="growth" in said,
    )


def _flow(text: str) -> str:
    exports, imports = "export" in text, "import" in text
    return "both" if exports and imports else "export" if exports else "import"


def _of_the_title(
    told: dict[int, _Heading], labels: list[tuple[str, ...]], page: BulletinPage, title: Title
) -> tuple[dict[int, _Heading], tuple[str, ...]]:
    """The headings with the title's month, and what was read otherwise than printed."""
    month, line = title.month.month, page.headings[0].line
    if title.table == "regime":
        remark = (
            f"no heading names months: the figures are read as those of January to {title.month:%Y-%m}, since customs "
            "print regimes for the year to date"
        )
        return told, (remark,)
    for n, heading in told.items():
        years = {None, title.month.year} if heading.growth else {None, title.month.year, title.month.year - 1}
        if heading.year not in years:
            raise Place(page.name, line, " / ".join(labels[n])).refusal(
                f"a column of {heading.year} under a title of {title.month:%Y-%m}",
                "one of the two is wrong: wait for a corrected page",
            )
    printed = {heading.month for heading in told.values()}
    if printed == {month}:
        return told, ()
    other = next(n for n, heading in told.items() if heading.month != month)
    if len(printed) > 1 or not confirmed(title, page.published):
        dated = f"dated {page.published}" if page.published else "not dated"
        why = "the headings name several last months" if len(printed) > 1 else f"the page is {dated}"
        raise Place(page.name, line, " / ".join(labels[other])).refusal(
            f"the title speaks of {title.month:%Y-%m}, a column of month {told[other].month}; {why}",
            "nothing tells which of the two is right: wait for a corrected page",
        )
    remark = (
        f"the headings name month {min(printed)}, as {' / '.join(labels[other])!r}; they are read as month {month}: "
        f"the title says {title.month:%Y-%m}, and the page's date {page.published} confirms it"
    )
    return {n: replace(heading, month=month) for n, heading in told.items()}, (remark,)


def _column(position: int, label: str, heading: _Heading, title: Title) -> Column:
    year = heading.year or title.month.year
    first, last = dt.date(year, 1 if heading.to_date else heading.month, 1), dt.date(year, heading.month, 1)
    flow = heading.flow or title.flow
    return Column(position, label, flow, heading.regime_group, first, last, heading.quantity, heading.growth)


def _refuse_twice(figures: tuple[Column, ...], place: Place) -> None:
    """Refuse two columns of the same thing."""
    seen: dict[Column, Column] = {}
    for column in figures:
        first = seen.setdefault(replace(column, position=0, label=""), column)
        if first is not column:
            raise replace(place, column=column.label).refusal(
                f"two columns are of the same figures, the other one is {first.label!r}",
                "the headings are damaged: wait for a corrected page",
            )
