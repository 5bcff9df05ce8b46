"""The pictures of a story: which series each shows, what stands around it, and the figures behind it.

Belongs here: from series to what is drawn. Not here: shapes (`drawing`), nor the files that are written (`files`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestration.base.months import add_months
from orchestration.pages.drawing import Layer, Plot
from orchestration.pages.series import Library, Series
from orchestration.sources.catalogue import trace_arguments
from orchestration.stories.declared import Event, Story
from orchestration.stories.measures import HEADLINE, MEASURES
from orchestration.warehouse.measures import measures

#: The most pictures on a page.
MOST = 60
#: What logarithmic changes are called where they are shown as fractions.
LINES = {
    "log_change_unit_value": "Unit value, change on a year before",
    "log_change_quantity": "Quantity, change on a year before",
}
#: The parts of a change: columns, styles, and how they are called on a picture.
SPLIT = (("log_change_unit_value", "second", "Unit value"), ("log_change_quantity", "first", "Quantity"))
#: By the form of a scale what its figures count.
UNITS = {"bn": "Billions of {}", "mn": "Millions of {}"}


@dataclass(frozen=True)
class Picture:
    """A picture with what it takes to use it elsewhere. `columns`: of the series, as its file has them."""

    name: str
    title: str
    subtitle: str
    series: Series
    columns: tuple[str, ...]
    plot: Plot
    #: By number those events of the story that lie in its months.
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The question whose answer is drawn."""
        of = self.series
        table = of.table(self.columns[0])
        where = " and ".join(f"{name} = '{value}'" for name, value in of.key.items())
        return f"select month, {', '.join(self.columns)} from {table} where {where} order by month"

    @property
    def trace(self) -> str:
        """The command that leads from its latest figure to receipts and lines."""
        of, stream = self.series, self.series.stream
        cell = (stream.source, stream.reporter, stream.flow, of.partner, of.scheme, of.category)
        return f"bonded trace {trace_arguments(of.last or stream.last, *cell)}"


def pictures(library: Library, story: Story, new_years: Mapping[dt.date, dt.date]) -> list[Picture]:
    """The pictures that a story names, and those that every story has: growth, share, price and volume."""
    scope = story.scope
    of = (scope.source, scope.reporting, scope.flow)
    asked = [(said.title, said.measure, *story.subject(said)) for said in story.pictures]
    if asked:
        main = asked[0][2:]
        had = {(measure, *subject) for _, measure, *subject in asked}
        more = [("Change on a year before", "value_usd_yoy"), ("Price or volume", "log_change_quantity")]
        more += [("Share of all partners", "partner_share_usd")] if main[0] != "all" else []
        asked += [(title, measure, *main) for title, measure in more if (measure, *main) not in had]
    marked = {story.subject(blank) for blank in story.blanks.values() if MEASURES[blank.measure].tables == HEADLINE}
    found: dict[str, Picture] = {}
    for title, measure, partner, scheme, category in asked:
        series = library.series(of, partner, scheme, category)
        name = _slug(title)
        name = name if name not in found else f"{name}-{len(found) + 1}"
        told = story.events if not found else ()
        is_marked = (partner, scheme, category) in marked
        made = series and _picture(name, title, measure, series, told, new_years, is_marked)
        if made:
            found[name] = made
    return list(found.values())


def label(column: str) -> str:
    """How a measure is called on axes and in headings. Logarithmic changes are shown as what they come to."""
    return LINES.get(column, measures()[column].label)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _picture(
    name: str,
    title: str,
    measure: str,
    series: Series,
    events: Sequence[Event],
    new_years: Mapping[dt.date, dt.date],
    is_marked: bool = False,
) -> Picture | None:
    """None where nothing of it is known, or where it is no number. `is_marked`: its months are counted at a mark."""
    column = series.measured(measure)
    if column not in measures():
        return None
    if measure.startswith("log_change"):
        layers: tuple[Layer, ...] = tuple(
            _layer(series, of, "by_log", 1, style, is_line=True, name=called) for of, style, called in SPLIT
        )
        ticks, subtitle = "percent", "Unit value and quantity, change on a year before"
    else:
        layers, ticks, subtitle = _plain(series, column)
    if not any(layer.values for layer in layers):
        return None
    months = tuple(m for m in series.months if m >= _first_shown(series, column))
    shown = tuple(event for event in events if months[0] <= event.date.replace(day=1) <= months[-1])
    is_value = measure in ("value_usd", "value_usd_ytd", "value_usd_rolling_12")
    known = set(series.known(column)) if is_value else set(series.known(series.measured("value_usd")))
    plot = Plot(
        months=months,
        layers=layers,
        ticks=ticks,
        unknown=frozenset(set(months) - known),
        revised=frozenset(set(series.revised) & set(months)) if measure == "value_usd" else frozenset(),
        new_years=tuple(day for month, day in sorted(new_years.items()) if month in months),
        events=tuple(event.date for event in shown),
        threshold=_threshold(series) if is_marked and column == "value_usd" else None,
        labels=tuple(_labels(series, column, layers)) if len(layers) == 1 or column.endswith("_yoy") else (),
    )
    subtitle = subtitle.replace(label("value_local"), series.currency)
    columns = tuple(dict.fromkeys(layer.column for layer in layers if layer.values))
    return Picture(name, title, subtitle, series, columns, plot, shown)


def _first_shown(series: Series, column: str) -> dt.date:
    """Growth has no figure in a first year: its picture begins where it does."""
    known = series.known(column)
    is_late = known and not series.known(column)[0] <= series.months[0]
    return known[0] if is_late and column.startswith(("log_", "value_usd_yoy", "value_local_yoy")) else series.months[0]


def _layer(
    series: Series,
    column: str,
    form: str,
    digits: int,
    style: str,
    months: Iterable[dt.date] | None = None,
    is_line: bool = False,
    two_months: bool = False,
    name: str = "",
) -> Layer:
    values = {month: series.rows[month][column] for month in (series.known(column) if months is None else months)}
    is_whole = months is None and not two_months
    said = (series.table(column), column, series.key, values, form, digits, style, is_line, two_months, is_whole, name)
    return Layer(*said)


def _plain(series: Series, column: str) -> tuple[tuple[Layer, ...], str, str]:
    """Layers, the form of the scale and the label of one measure."""
    if column.endswith(("_yoy", "_mom")):
        layers = [_layer(series, column, "change", 1, "bar", _but_new_year(series, column))]
        if column.endswith("_yoy") and "ytd" not in column:
            both = column.replace("value_", "jan_feb_")
            layers.append(_layer(series, both, "change", 1, "bar both", two_months=True))
        return tuple(layers), "percent", label(column)
    if column.startswith("partner_share"):
        return (_layer(series, column, "percent", 1, "first", is_line=True),), "percent", "Percent"
    if not column.startswith(("value_", "threshold_")):
        return (_layer(series, column, "whole", 0, "bar"),), "number", label(column)
    form, digits = amount(series, column)
    scale = "bn" if digits == 2 else "mn"
    return (_layer(series, column, form, digits, "bar"),), scale, UNITS[scale].format(label(column))


def amount(series: Series, column: str) -> tuple[str, int]:
    """In which form, with how many digits, the amounts of a series are written."""
    most = max((abs(int(series.rows[month][column])) for month in series.known(column)), default=0)
    if "_local" in column:
        return f"local {series.currency}", 2 if most >= 1e9 else 3
    return ("billions", 2) if most >= 1e9 else ("millions", 1)


def _but_new_year(series: Series, column: str) -> list[dt.date]:
    """Without Januaries and Februaries whose sum is known: the Lunar New Year moves goods from one to the other."""
    if "ytd" in column or column.endswith("_mom"):
        return series.known(column)
    both = series.known(column.replace("value_", "jan_feb_"))
    gone = {month for february in both for month in (february, add_months(february, -1))}
    return [month for month in series.known(column) if month not in gone]


def _threshold(series: Series) -> Layer | None:
    """None where no month comes near it."""
    last = series.last
    if last is None or series.rows[last].get("threshold_usd") is None:
        return None
    most = max(int(series.rows[m]["value_usd"]) for m in series.known("value_usd"))
    at = int(series.rows[last]["threshold_usd"])
    form = "billions" if at >= 1e9 else "millions"
    return _layer(series, "threshold_usd", form, 0, "threshold", [last]) if 3 * most >= 2 * at else None


def _labels(series: Series, column: str, layers: Sequence[Layer]) -> Iterable[Layer]:
    """The latest figure, and the greatest of a value, beside their marks."""
    drawn = layers[0]
    last = max((month for layer in layers for month in layer.values), default=None)
    if last is None:
        return
    of = next(layer for layer in layers if last in layer.values)
    row = series.rows[series.last] if series.last else {}
    # A record of a year or less says nothing, here as in the mart's own mark.
    record = row.get("record_month") if (row.get("known_months") or 0) > 12 else None
    is_record = column == "value_usd" and isinstance(record, dt.date) and record in drawn.values
    if is_record and record != last:
        yield _layer(series, column, drawn.form, drawn.digits or 0, "label", [record], name="Record ")  # type: ignore[list-item]
    yield _layer(
        series,
        of.column,
        of.form,
        of.digits or 0,
        "label",
        [last],
        name="Record " if record == last and is_record else "",
    )
