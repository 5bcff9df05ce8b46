"""The pictures of series as SVG: bars and lines by month, and what must be seen beside them.

Belongs here: shapes and their places. Each mark carries its month, its value and its scale, so that what is drawn can
be held against what is published (`read`). Not here: which series (`pictures`), nor colours (`style.css`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import escape

from orchestration.base.months import add_months, format_month
from orchestration.base.words import MONTHS
from orchestration.pages.figures import Key, key_text, plotted, told, value_text
from orchestration.pages.scale import Linear, Months, linear

LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 30.0, 36.0
#: What a letter of a threshold's words takes: they stand in a margin of their own, since elsewhere they cover bars.
LETTER = 8.0


@dataclass(frozen=True)
class Layer:
    """One column of a series. `two_months`: its values are those of January and February together, at February;
    `is_whole`: it has every month that is known.
    """

    table: str
    column: str
    key: Key
    values: Mapping[dt.date, float]
    form: str
    digits: int | None = None
    style: str = "bar"
    is_line: bool = False
    two_months: bool = False
    is_whole: bool = False
    name: str = ""


@dataclass(frozen=True)
class Plot:
    """What a picture shows. `unknown`: months that no receipt covers; `threshold`, `labels`: layers with one value;
    `events`: the day of each, in order; `ticks`: the form of the scale's figures.
    """

    months: tuple[dt.date, ...]
    layers: tuple[Layer, ...]
    ticks: str
    unknown: frozenset[dt.date] = frozenset()
    revised: frozenset[dt.date] = frozenset()
    new_years: tuple[dt.date, ...] = ()
    events: tuple[dt.date, ...] = ()
    threshold: Layer | None = None
    labels: tuple[Layer, ...] = ()


def month_words(month: dt.date) -> str:
    """October 2024."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def _n(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _data(**said: object) -> str:
    return "".join(f' data-{name}="{escape(str(value))}"' for name, value in said.items())


def _form(layer: Layer) -> str:
    return layer.form if layer.digits is None else f"{layer.form} {layer.digits}"


def round_digits(ticks: tuple[float, ...], form: str) -> int:
    """How many digits after the point a scale's figures need."""
    of = {"bn": 1e-9, "mn": 1e-6, "percent": 100.0, "number": 1.0}[form]
    return next((n for n in range(3) if all(abs(t * of * 10**n - round(t * of * 10**n)) < 1e-6 for t in ticks)), 3)


class Drawing:
    """One picture, of so many units; `name` tells its parts from those of others on a page."""

    def __init__(self, plot: Plot, width: float, height: float, name: str) -> None:
        self.plot, self.width, self.height, self.name = plot, width, height, name
        self.bottom = height - BOTTOM
        values = [plotted(v, layer.form) for layer in plot.layers for v in layer.values.values()]
        values += plot.threshold.values.values() if plot.threshold else ()
        self.y: Linear = linear(values, TOP, self.bottom, 4 if height < 260 else 5)
        self.right = width - max([RIGHT, *(LETTER * len(words) + 4 for words in self._mark_words())])
        self.x = Months(plot.months[0], LEFT, (self.right - LEFT) / len(plot.months))

    def body(self) -> str:
        """All marks, from the ground up."""
        parts = [self._gaps(), self._grid(), *map(self._layer, self.plot.layers), self._years(), self._strip()]
        parts += [self._threshold(), self._events(), *self._labels()]
        return "".join(parts)

    def _gaps(self) -> str:
        if not self.plot.unknown:
            return ""
        step = self.x.step
        marks = "".join(
            f'<rect class="gap" x="{_n(self.x.middle(month) - step / 2)}" y="{_n(TOP)}" width="{_n(step)}" '
            f'height="{_n(self.bottom - TOP)}"><title>{month_words(month)}: not known</title></rect>'
            for month in sorted(self.plot.unknown)
        )
        return (
            f'<defs><pattern id="hatch-{self.name}" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
            f'<g fill="url(#hatch-{self.name})">{marks}</g>'
        )

    def _scale(self) -> str:
        return _data(zero=f"{self.y.zero:.3f}", per=repr(self.y.per))

    def _grid(self) -> str:
        form, digits = self.plot.ticks, round_digits(self.y.ticks, self.plot.ticks)
        said = [
            f'<path class="{"zero" if value == 0 else "grid"}" d="M{_n(LEFT)} {_n(y)}H{_n(self.right)}"/>'
            f'<text class="tick" x="{_n(LEFT - 6)}" y="{_n(y + 4)}" text-anchor="end"{_data(value=value)}>'
            f"{escape(told(value, form, digits))}</text>"
            for value in self.y.ticks
            for y in [self.y(value)]
        ]
        return f'<g class="ticks"{_data(form=f"{form} {digits}")}{self._scale()}>{"".join(said)}</g>'

    def _layer(self, layer: Layer) -> str:
        said = _data(
            table=layer.table,
            column=layer.column,
            key=key_text(layer.key),
            form=_form(layer),
            first=format_month(self.x.first),
            left=_n(self.x.left),
            step=repr(self.x.step),
            months=2 if layer.two_months else 1,
            whole="yes" if layer.is_whole else "",
        )
        marks = self._points(layer) if layer.is_line else self._bars(layer)
        return f'<g class="layer {layer.style}"{said}{self._scale()}>{"".join(marks)}</g>'

    def _mark(self, layer: Layer, month: dt.date, value: float) -> str:
        """What a mark says of itself, and of what it is shown as."""
        when = f"January and February {month.year}" if layer.two_months else month_words(month)
        name = f"{layer.name}, " if layer.name else ""
        return (
            f"{_data(key=f'month={format_month(month)}', value=value_text(value))}>"
            f"<title>{escape(name)}{when}: {escape(told(value, layer.form, layer.digits))}</title>"
        )

    def _bars(self, layer: Layer) -> Iterable[str]:
        wide = self.x.step * (1.72 if layer.two_months else 0.72)
        for month, value in layer.values.items():
            middle = self.x.middle(month) - (self.x.step / 2 if layer.two_months else 0)
            top, end = sorted((self.y(plotted(value, layer.form)), self.y(0)))
            yield (
                f'<rect x="{_n(middle - wide / 2)}" y="{_n(top)}" width="{_n(wide)}" height="{_n(end - top)}"'
                f"{self._mark(layer, month, value)}</rect>"
            )

    def _points(self, layer: Layer) -> Iterable[str]:
        path, before = "", None
        for month, value in layer.values.items():
            goes_on = before is not None and add_months(before, 1) == month
            path += f"{'L' if goes_on else 'M'}{_n(self.x.middle(month))} {_n(self.y(plotted(value, layer.form)))}"
            before = month
        yield f'<path class="line" d="{path}"/>'
        for month, value in layer.values.items():
            x, y = self.x.middle(month), self.y(plotted(value, layer.form))
            yield f'<circle cx="{_n(x)}" cy="{_n(y)}" r="2"{self._mark(layer, month, value)}</circle>'

    def _years(self) -> str:
        """A year's name under its months, where they have room."""
        years = sorted({month.year for month in self.plot.months})
        every = max(1, round(30 / (12 * self.x.step) + 0.49))
        parts = []
        for year in years:
            own = [month for month in self.plot.months if month.year == year]
            begin, end = self.x.middle(own[0]) - self.x.step / 2, self.x.middle(own[-1]) + self.x.step / 2
            parts.append(f'<path class="year" d="M{_n(begin)} {_n(self.bottom)}v6"/>')
            if (year - years[0]) % every == 0 and end - begin >= 24:
                parts.append(
                    f'<text class="tick" x="{_n((begin + end) / 2)}" y="{_n(self.height - 6)}" text-anchor="middle">'
                    f"{year}</text>"
                )
        return "".join(parts)

    def _strip(self) -> str:
        """Between scale and years: the Lunar New Year; above the bars: revised months."""
        parts = [
            f'<path class="newyear" d="M{_n(self.x.day(day))} {_n(self.bottom + 4)}l4 5l-4 5l-4 -5z">'
            f"<title>Lunar New Year, {day.day} {month_words(day)}</title></path>"
            for day in self.plot.new_years
        ]
        for month in sorted(self.plot.revised):
            values = [plotted(layer.values[month], layer.form) for layer in self.plot.layers if month in layer.values]
            y = self.y(max([0.0, *values])) - 7
            parts.append(
                f'<circle class="revised" cx="{_n(self.x.middle(month))}" cy="{_n(y)}" r="3.2">'
                f"<title>{month_words(month)} was revised</title></circle>"
            )
        return "".join(parts)

    def _mark_words(self) -> list[str]:
        layer = self.plot.threshold
        return [told(value, layer.form, layer.digits) for value in layer.values.values()] if layer else []

    def _threshold(self) -> str:
        layer = self.plot.threshold
        if layer is None:
            return ""
        ((month, value),) = layer.values.items()
        y = self.y(value)
        said = _data(table=layer.table, column=layer.column, key=key_text({**layer.key, "month": format_month(month)}))
        return (
            f'<g class="threshold"{said}{_data(form=_form(layer), value=value_text(value))}{self._scale()}>'
            f'<path class="at" d="M{_n(LEFT)} {_n(y)}H{_n(self.right)}"/>'
            f'<text class="words label" x="{_n(self.right + 4)}" y="{_n(y + 4)}">'
            f"{escape(*self._mark_words())}</text></g>"
        )

    def _events(self) -> str:
        return "".join(
            f'<path class="event" d="M{_n(x)} {_n(TOP - 12)}V{_n(self.bottom)}"/>'
            f'<circle class="event" cx="{_n(x)}" cy="{_n(TOP - 20)}" r="8"/>'
            f'<text class="event" x="{_n(x)}" y="{_n(TOP - 16)}" text-anchor="middle">{number}</text>'
            for number, day in enumerate(self.plot.events, 1)
            for x in [self.x.day(day)]
            if LEFT <= x <= self.right
        )

    def _above(self, month: dt.date) -> float:
        """Above whatever stands in a label's width of a month: to its left, or to its right at a picture's left."""
        reach = round(96 / self.x.step) + 1
        ahead = self.x.middle(month) <= 0.6 * self.width
        near = {add_months(month, n if ahead else -n) for n in range(reach)}
        values = [plotted(of.values[m], of.form) for of in self.plot.layers for m in near & of.values.keys()]
        return self.y(max([0.0, *values])) - (6 if near & self.plot.revised else 0)

    def _labels(self) -> Iterable[str]:
        """Figures that are written beside their marks: the latest, and the record."""
        for layer in self.plot.labels:
            ((month, value),) = layer.values.items()
            x, y = self.x.middle(month), self._above(month)
            anchor, shift = ("end", self.x.step / 2) if x > 0.6 * self.width else ("start", -self.x.step / 2)
            said = _data(
                table=layer.table, column=layer.column, key=key_text({**layer.key, "month": format_month(month)})
            )
            own = self.y(plotted(value, layer.form))
            leader = f'<path class="leader" d="M{_n(x)} {_n(y - 4)}V{_n(own - 3)}"/>' if own - y > 16 else ""
            yield (
                f'{leader}<text class="label" x="{_n(x + shift)}" y="{_n(y - 7)}" '
                f'text-anchor="{anchor}">{escape(layer.name)}<tspan class="words"{said}'
                f"{_data(form=_form(layer), value=value_text(value))}>"
                f"{escape(told(value, layer.form, layer.digits))}</tspan></text>"
            )
