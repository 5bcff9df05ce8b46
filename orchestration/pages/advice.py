"""Whether a sentence may be quoted: what speaks for it, and what a careful reporter would have to add.

Belongs here: reasons, each with the figure that it rests on. Not here: whether the release is sound (`gates`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from orchestration.base.months import add_months, format_month, spans
from orchestration.base.words import written
from orchestration.pages.drawing import month_words
from orchestration.pages.figures import Cell, quoted
from orchestration.pages.pictures import amount
from orchestration.pages.series import Series, table_of
from orchestration.releases.manifest import HeldBack

Weight = Literal["quote", "hedge", "do not quote"]
ORDER: tuple[Weight, ...] = ("quote", "hedge", "do not quote")
#: Half a year, in months.
HALF_A_YEAR = 6


@dataclass(frozen=True)
class Reason:
    """One question put to a sentence. `weight`: what would follow from it alone."""

    weight: Weight
    text: Markup


@dataclass(frozen=True)
class Advice:
    """The worst that any reason says."""

    reasons: tuple[Reason, ...]

    @property
    def verdict(self) -> Weight:
        """What follows from all of them."""
        return max((reason.weight for reason in self.reasons), key=ORDER.index, default="do not quote")

    @property
    def against(self) -> list[Reason]:
        """What stands in the way of quoting, the gravest first."""
        found = [reason for reason in self.reasons if reason.weight != "quote"]
        return sorted(found, key=lambda reason: -ORDER.index(reason.weight))

    @property
    def in_order(self) -> list[Reason]:
        """What was looked at and does not stand in the way."""
        return [reason for reason in self.reasons if reason.weight == "quote"]


def advice(
    series: Series | None,
    month: dt.date | None,
    told: str | None,
    is_synthetic: bool,
    held_back: Mapping[str, HeldBack],
    missing: list[str],
) -> Advice:
    """What to do with a story's sentence. `series`: that of its first figure; `month`: of which it speaks; `missing`:
    sentences on datasets that are incomplete.
    """
    found = [Reason("do not quote", Markup("Every figure is synthetic: invented for trials."))] if is_synthetic else []
    if series is None or month is None or told is None:
        return Advice((*found, Reason("do not quote", Markup("The figures that the sentence needs are not known."))))
    if held := held_back.get(series.stream.source):
        found.append(
            Reason("hedge", Markup(escape(f"The source is held back since {held.since}: say as of which day.")))
        )
    found += _low_base(series, month)
    found += _coverage(series, month, missing)
    found += _revision(series, month)
    found += _half_a_year_ago(series, month)
    found += _new_year(month)
    return Advice(tuple(found))


def _low_base(series: Series, month: dt.date) -> Iterator[Reason]:
    row = series.rows[month]
    if row.get("value_usd_yoy") is None:
        yield Reason("hedge", Markup("Growth on a year before is not known."))
        return
    form, digits = amount(series, "value_usd")
    base = series.cell("value_usd", add_months(month, -12), form, digits)
    if row.get("is_low_base"):
        yield Reason(
            "do not quote", quoted("Low base: {base} a year before. Give dollars, not percent.", {"base": base})
        )
    else:
        yield Reason("quote", quoted("The base is no small one: {base} a year before.", {"base": base}))


def _coverage(series: Series, month: dt.date, missing: list[str]) -> Iterator[Reason]:
    """Months of the two years that growth looks at, and those that came since; months that are due."""
    for text in missing:
        yield Reason("hedge", Markup(escape(text)))
    begin = max(series.months[0], add_months(month, -23))
    gaps = {m for m in series.months if begin <= m} - set(series.known("value_usd"))
    if gaps:
        yield Reason("hedge", Markup(escape(f"Months are not known: {spans(gaps)}.")))
    elif not missing and series.rows[month].get("value_usd_yoy") is not None:
        since = f"since {month_words(begin)}, with which its figures begin," if begin > add_months(month, -23) else ""
        yield Reason("quote", Markup(escape(f"No month {since or 'of this year and the last'} is missing.")))


def _revision(series: Series, month: dt.date) -> Iterator[Reason]:
    """More than rounding: the words would be others by the first print."""
    form, digits = amount(series, "value_usd")
    since = add_months(month, -12)
    changed = 0
    for at, of in sorted(series.revised.items()):
        words = [written(of[c], form, digits) for c in ("first_value_usd", "latest_value_usd")]
        if words[0] == words[1] or at < since:
            continue
        changed += 1
        key = {**series.key, "month": format_month(at), "known_from": str(of["known_from"])}
        cells = {
            name: Cell(
                table_of("restatement", series.partner), f"{name}_value_usd", key, of[f"{name}_value_usd"], form, digits
            )
            for name in ("first", "latest")
        }
        text = f"{month_words(at)} was first printed as {{first}} and stands at {{latest}}."
        yield Reason("hedge", quoted(text, cells))
    if not changed:
        yield Reason("quote", Markup("No month of the last year was revised by more than rounding."))


def _half_a_year_ago(series: Series, month: dt.date) -> Iterator[Reason]:
    then = add_months(month, -HALF_A_YEAR)
    now, before = (series.rows.get(m, {}).get("value_usd_yoy") for m in (month, then))
    if not isinstance(now, float):
        return
    if not isinstance(before, float):
        yield Reason("hedge", Markup("Half a year earlier there was no growth to compare with."))
        return
    cell = series.cell("value_usd_yoy", then, "change", 0)
    holds = (now > 0) == (before > 0)
    text = f"It would {'' if holds else 'not '}have held half a year earlier: {month_words(then)} was {{then}}."
    yield Reason("quote" if holds else "hedge", quoted(text, {"then": cell}))


def _new_year(month: dt.date) -> Iterator[Reason]:
    if month.month in (1, 2):
        yield Reason(
            "hedge", Markup("The Lunar New Year moves goods between January and February: give both together.")
        )
