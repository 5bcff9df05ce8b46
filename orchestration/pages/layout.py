"""How a page is laid out: the template, its style, and what it asks of pictures.

Belongs here: filters of the template. Not here: what is said (`sections`, `overview`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from orchestration.base.months import format_month
from orchestration.pages.drawing import Drawing, month_words
from orchestration.pages.figures import key_text, new_year
from orchestration.pages.files import legend
from orchestration.pages.pictures import Picture, label

TEMPLATE = Path(__file__).with_name("index.html.j2")
STYLE = Path(__file__).with_name("style.css")
#: Units of a picture over the whole width of a page, and of one that fits a phone or half a page.
WIDE, NARROW = (720.0, 330.0), (360.0, 230.0)


@cache
def template() -> jinja2.Template:
    """The page's template; it loads nothing from anywhere."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"wide": _wide, "narrow": _narrow, "lines": _lines, "label": label, "around": _around}
    style = Markup(STYLE.read_text(encoding="utf-8"))
    environment.globals |= {"legend": legend, "day": _day, "new_years": _new_years, "style": style}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def _day(day: dt.date) -> str:
    return f"{day.day} {month_words(day)}"


def _new_years(pictures: Sequence[Picture]) -> Markup:
    """The days of those that some of the pictures mark, in order."""
    days = sorted({day for picture in pictures for day in picture.plot.new_years})
    return Markup(", ").join(new_year(day).tag() for day in days)


def _wide(picture: Picture, name: str) -> Markup:
    return _inline(picture, name, *WIDE, "wide")


def _narrow(picture: Picture, name: str) -> Markup:
    return _inline(picture, name, *NARROW, "narrow")


def _inline(picture: Picture, name: str, width: float, height: float, kind: str) -> Markup:
    body = Drawing(picture.plot, width, height, f"{name}-{kind}").body()
    return Markup(
        '<svg class="{0}" viewBox="0 0 {1:.0f} {2:.0f}" role="img" aria-labelledby="{3}-{0}-title" '
        'aria-describedby="{3}-caption"><title id="{3}-{0}-title">{4}</title>{5}</svg>'
    ).format(kind, width, height, name, f"{picture.title}: {picture.subtitle}", Markup(body))


def _around(picture: Picture) -> Markup:
    """What the body of a picture's table says for all of its figures."""
    of = picture.series
    return Markup('data-table="{}" data-key="{}"').format(of.table(picture.columns[0]), key_text(of.key))


def _lines(picture: Picture) -> Iterator[tuple[str, list[Markup]]]:
    """The figures of a picture, the latest first."""
    of = picture.series
    table = of.table(picture.columns[0])
    forms = {layer.column: (layer.form, layer.digits) for layer in picture.plot.layers}
    for month in reversed(picture.plot.months):
        cells = (of.cell(column, month, *forms[column]) for column in picture.columns)
        yield format_month(month), [cell.tag(inherited=cell.table == table) for cell in cells]
