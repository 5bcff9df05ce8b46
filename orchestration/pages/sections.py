"""What a page says of a story beside its pictures: the sentence, figures at a glance, tables.

Belongs here: which figures are told, under which heading. Not here: how a page is laid out (`index.html.j2`), partners
and blocs (`partners`), what was asked beside (`asked`), nor what is told of a release as a whole (`overview`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from orchestration.base.months import format_month
from orchestration.pages.advice import Advice
from orchestration.pages.drawing import month_words
from orchestration.pages.figures import Cell
from orchestration.pages.pictures import Picture, amount
from orchestration.pages.series import WHERE, Library, Series, table_of
from orchestration.stories.declared import Event, Story
from orchestration.stories.figures import Figure
from orchestration.stories.measures import MEASURES
from orchestration.stories.told import sentence

#: The most revisions that a table shows.
REVISIONS = 12
CLAIMS = """
select claim_id, text, publisher, published_on, verdict_then, verdict_now, detail_now from mart_claim
where list_contains($names, claim_id) or (
  source = $source and reporter = $reporter and flow = $flow and partner_code = $partner
  and list_contains($schemes, category_scheme) and verdict_now <> 'not testable')
order by published_on, claim_id"""


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first cell of each is its heading. `note`: what a reader must know of them."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class StoryView:
    """A story as a page shows it. `lead`: its first picture; `glance`: figures with what they are."""

    name: str
    title: str
    source: str
    sentence: Markup | None
    month: str
    advice: Advice
    lead: Picture | None
    pictures: tuple[Picture, ...]
    events: tuple[Event, ...]
    glance: tuple[tuple[str, object], ...]
    tables: tuple[Table, ...]
    held: tuple[str, ...]
    citation: str


def cell_of(story: Story, name: str, figure: Figure) -> Cell:
    """The published cell of a figure of a story."""
    scope, blank = story.scope, story.blanks[name]
    of = (scope.source, scope.reporting, scope.flow, figure.partner, figure.scheme, figure.category)
    names = ("source", "reporter", "flow", "partner_code", "category_scheme", "category_code")
    key = {**dict(zip(names, of, strict=True)), "month": figure.month}
    table = MEASURES[figure.measure].table_of(figure.partner)
    return Cell(table, figure.measure, key, figure.value, blank.written, blank.digits)


def told_sentence(story: Story, figures: Mapping[str, Figure]) -> Markup | None:
    """The story's sentence, each figure with its cell."""
    safe = story.model_copy(update={"sentence": tuple(str(escape(clause)) for clause in story.sentence)})
    marked = {
        name: dataclasses.replace(of, shown=None if of.shown is None else str(cell_of(story, name, of).tag()))
        for name, of in figures.items()
    }
    found = sentence(safe, marked)
    return Markup(found) if found else None


def glance(library: Library, series: Series, month: dt.date) -> Iterator[tuple[str, Cell]]:
    """The figures that are asked for most, of one month."""
    value = series.measured("value_usd")
    money, digits = amount(series, value)
    so_far = f"{'' if month.month == 1 else 'January to '}{month_words(month)}"
    unit = series.rows[month].get("quantity_unit")
    wanted: list[tuple[str, str, str, int | None]] = [
        (month_words(month), value, money, digits),
        ("Change on a year before", series.measured("value_usd_yoy"), "change", 1),
        ("Change on the month before", series.measured("value_usd_mom"), "change", 1),
        (so_far, series.measured("value_usd_ytd"), money, 2),
        ("Change of that on a year before", series.measured("value_usd_ytd_yoy"), "change", 1),
        (f"Twelve months to {month_words(month)}", series.measured("value_usd_rolling_12"), money, 2),
        ("January and February together", series.measured("jan_feb_usd"), money, 2),
        ("Change of both on a year before", series.measured("jan_feb_usd_yoy"), "change", 1),
        ("Mark at which months are counted", "threshold_usd", *_mark(series, month)),
        ("Months in a row at that mark or more", "months_at_or_above", "whole", None),
        ("They began in", "above_since", "month", None),
        ("Greatest month", "record_usd", money, 2),
        ("It was", "record_month", "month", None),
        ("Share of all partners", series.measured("partner_share_usd"), "percent", 2),
        ("Rank among partners", "rank_usd", "whole", None),
        ("Pieces" if unit == "Number of item" else f"Quantity, {unit}", "quantity", "whole", None),
        ("Unit value, change on a year before", "log_change_unit_value", "by_log", 1),
        ("Quantity, change on a year before", "log_change_quantity", "by_log", 1),
        ("Tariff lines with trade", "n_lines", "whole", None),
    ]
    for label, column, form, n in wanted:
        if series.rows[month].get(column) is not None:
            yield label, series.cell(column, month, form, n)
    yield from _over_all_months(series, value)
    yield from _concentration(library, series, month)


def _mark(series: Series, month: dt.date) -> tuple[str, int]:
    return ("billions" if (series.rows[month].get("threshold_usd") or 0) >= 1e9 else "millions"), 0


def _over_all_months(series: Series, value: str) -> Iterator[tuple[str, Cell]]:
    """How many months are known, and how many of them reached the threshold."""
    yield "Months known", Cell(series.table(value), f"count({value})", series.key, len(series.known(value)), "whole")
    if n_above := len(series.known("above_since")):
        yield "Months at that mark or more, in all", Cell(series.table("above_since"), "count(above_since)", series.key,
                                                      n_above, "whole")  # fmt: skip


def _concentration(library: Library, series: Series, month: dt.date) -> Iterator[tuple[str, Cell]]:
    """How much the category hangs on few partners, where each of them is covered by itself."""
    table = table_of("concentration", "all")
    key = {**series.key, "partner_code": "all", "dimension": "partner", "month": format_month(month)}
    found = library.rows(
        f"select hhi_usd, effective_number_usd from {table} where {WHERE} and dimension = 'partner' and month = $on",
        {**series.key, "partner_code": "all", "on": month},
    )
    for row in found:
        yield "Concentration on partners (index to 10,000)", Cell(table, "hhi_usd", key, row["hhi_usd"], "thousands")
        yield (
            "As many equal partners",
            Cell(table, "effective_number_usd", key, row["effective_number_usd"], "number", 1),
        )


def beside(found: Sequence[Series], month: dt.date) -> Table | None:
    """The series of a story's pictures side by side."""
    if len(found) < 2:
        return None
    same_partner = len({of.partner for of in found}) == 1
    rows = []
    for of in found:
        form, digits = amount(of, of.measured("value_usd"))
        columns = (("value_usd", form, digits), ("value_usd_yoy", "change", 1), ("value_usd_ytd", form, digits),
                   ("value_usd_ytd_yoy", "change", 1), ("partner_share_usd", "percent", 1))  # fmt: skip
        name = of.category_name if same_partner else f"{of.partner_name}: {of.category_name}"
        rows.append((name, *(of.cell(of.measured(c), month, how, n) for c, how, n in columns)))
    what = "Types" if same_partner else "Partners of the story"
    heads = (
        what,
        month_words(month),
        "on a year before",
        "From January on",
        "on its year before",
        "Share of all partners' sales",
    )
    return Table(what, heads, tuple(rows))


def revisions(found: Sequence[Series]) -> Table | None:
    """Months that stood in more than one way, the latest first."""
    rows = []
    for of in found:
        form, digits = amount(of, "value_usd")
        for month, said in of.revised.items():
            key = {**of.key, "month": format_month(month), "known_from": str(said["known_from"])}
            table = table_of("restatement", of.partner)
            columns = (("first_value_usd", form, digits + 1), ("latest_value_usd", form, digits + 1),
                       ("change_usd", "whole", None), ("known_from", "day", None))  # fmt: skip
            name = f"{of.category_name}, {of.partner_name}, {month_words(month)}"
            rows.append((month, (name, *(Cell(table, c, key, said[c], how, n) for c, how, n in columns))))
    rows.sort(key=lambda row: row[0], reverse=True)
    heads = ("Figure", "First printed as", "Stands at", "Change, US dollars", "Since")
    return Table("What was revised", heads, tuple(row for _, row in rows[:REVISIONS])) if rows else None


def claims(library: Library, story: Story, series: Series, is_synthetic: bool) -> Table | None:
    """Printed claims about the series, put to the test."""
    key, schemes = series.key, {story.subject(part)[1] for part in (*story.blanks.values(), *story.pictures)}
    found = library.rows(
        CLAIMS,
        {"names": list(story.claims), "partner": key["partner_code"], "schemes": sorted(schemes)}
        | {name: key[name] for name in ("source", "reporter", "flow")},
    )
    rows = []
    for row in found:
        own = {"claim_id": str(row["claim_id"])}
        forms = {"text": "text", "published_on": "day", "verdict_then": "text", "verdict_now": "text"}
        rows.append(tuple(Cell("mart_claim", column, own, row[column], form) for column, form in forms.items()))
    on = ", on SYNTHETIC figures" if is_synthetic else ""
    heads = ("Claim", "Printed", "By what was known then", "By what is known now")
    return Table(f"Printed claims, put to the test{on}", heads, tuple(rows)) if rows else None


def coverage(found: Sequence[Series]) -> Table | None:
    """Which months of each series are known."""
    rows = []
    for of in found:
        column = of.measured("value_usd")
        gaps = sorted(set(of.months) - set(of.known(column)))
        known = Cell(of.table(column), f"count({column})", of.key, len(of.known(column)), "whole")
        last = Cell(of.table(column), "max(month)", of.key, max(of.rows), "month")
        names = ", ".join(map(format_month, gaps[-12:])) or "none"
        rows.append((f"{of.category_name}, {of.partner_name}", known, last, names))
    heads = ("Series", "Months known", "Last month", "Months not known")
    return Table("What is covered", heads, tuple(rows)) if rows else None
