"""The comparisons on one series: whether a claim holds, by which figure, and why, in words.

A counterexample contradicts whatever else is unknown; without one, every month that is needed must be known.
Computed in whole numbers and fractions, so that a figure on the edge of a range is judged by what it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from orchestration.base.months import format_month, month_range, spans
from orchestration.base.plain import plain
from orchestration.claims.declared import (
    AboveEveryMonthSince,
    ClaimOf,
    Equals,
    FastestSince,
    NMonths,
    Record,
    Stockpile,
    Threshold,
)
from orchestration.claims.measures import earlier, shown
from orchestration.claims.series import Series

Verdict = Literal["confirmed", "contradicted", "expected", "not testable"]


class NotTestableError(Exception):
    """What is known does not answer the claim; the message says what is missing."""


@dataclass(frozen=True)
class Finding:
    """What came out. `actual`: the figure, None where there is none; `months`: those that were looked at."""

    verdict: Verdict
    actual: int | Fraction | None
    detail: str
    months: tuple[dt.date, ...]


def verdict(holds: bool) -> Verdict:
    """Of a claim that could be tested."""
    return "confirmed" if holds else "contradicted"


def total(series: Series, months: Iterable[dt.date]) -> int:
    """The sum over the months, which must all be known."""
    months = tuple(months)
    if why := series.lacking(months):
        raise NotTestableError(why)
    return sum(series.amounts[month] for month in months)


def growth(measure: str, series: Series, months: tuple[dt.date, ...]) -> Fraction:
    """The change of the months' sum on that of the months that it is a change on."""
    before = earlier(measure, months)
    value, base = total(series, months), total(series, before)
    if base == 0:
        raise NotTestableError(f"nothing was traded in {spans(before)}, and there is no change on 0")
    return Fraction(value, base) - 1


def share(series: Series, months: tuple[dt.date, ...]) -> Fraction:
    """Of the sum of all partners together, which must be known in the same months."""
    assert series.whole is not None
    value, whole = total(series, months), total(series.whole, months)
    if whole == 0:
        raise NotTestableError(f"nothing was traded in {spans(months)}, and there is no share of 0")
    return Fraction(value, whole)


def _figure(claim: ClaimOf, series: Series) -> tuple[int | Fraction, str]:
    """The figure of the period, and the same in words."""
    months = claim.period_months
    value = total(series, months)
    if claim.kind == "amount":
        return value, f"{plain(value)} {series.what}"
    if claim.kind == "share":
        part = share(series, months)
        of = plain(total(series.whole, months)) if series.whole else ""
        return part, f"{shown(part, claim.measure)} ({plain(value)} {series.what} of {of} of all partners)"
    change, before = growth(claim.measure, series, months), earlier(claim.measure, months)
    told = f"{plain(value)} {series.what} after {plain(total(series, before))} in {spans(before)}"
    return change, f"{shown(change, claim.measure)} ({told})"


def equals(claim: Equals, series: Series) -> Finding:
    """Inside the range that rounding allows, both ends included."""
    actual, words = _figure(claim, series)
    low, high = claim.bounds()
    holds = Fraction(low) <= actual <= Fraction(high)
    told = f"{words}: {'within' if holds else 'outside'} {shown(low, claim.measure)} to {shown(high, claim.measure)}"
    return Finding(verdict(holds), actual, told, claim.months())


def threshold(claim: Threshold, series: Series) -> Finding:
    """Strictly above, or below."""
    actual, words = _figure(claim, series)
    value = Fraction(claim.value)
    holds = actual > value if claim.comparison == "above" else actual < value
    side = f"{'' if holds else 'not '}{claim.comparison} {shown(claim.value, claim.measure)}"
    return Finding(verdict(holds), actual, f"{words}: {side}", claim.months())


def above_every_month_since(claim: AboveEveryMonthSince, series: Series) -> Finding:
    """No month at or below the value; the actual figure is that of the least month."""
    months = claim.months()
    known = {month: series.amounts[month] for month in months if month in series.amounts}
    low = [month for month, amount in known.items() if amount <= claim.value]
    actual = min(known.values(), default=None)
    if low:
        told = ", ".join(f"{format_month(month)} ({plain(known[month])})" for month in low)
        return Finding("contradicted", actual, f"not above {plain(claim.value)} in {told}", months)
    if why := series.lacking(months):
        raise NotTestableError(why)
    least = min(known, key=lambda month: known[month])
    detail = f"above {plain(claim.value)} in all of {spans(months)}; least in {format_month(least)}: {plain(actual)}"
    return Finding("confirmed", actual, detail, months)


def n_months(claim: NMonths, series: Series) -> Finding:
    """So many months above the limit; one that is not known may be either."""
    months = claim.period_months
    above = [month for month in months if series.amounts.get(month, 0) > claim.limit]
    unknown = [month for month in months if month not in series.amounts]
    count, most = len(above), len(above) + len(unknown)
    if unknown and (not series.rows or count <= claim.value <= most):
        raise NotTestableError(f"{series.lacking(months)}; {count} others lie above {plain(claim.limit)}")
    detail = f"{count} of {len(months)} months above {plain(claim.limit)}"
    detail += f", and {len(unknown)} are not known" if unknown else f": {spans(above)}" if above else ""
    return Finding(verdict(count == claim.value), None if unknown else count, detail, months)


def record(claim: Record, series: Series) -> Finding:
    """Greater than every earlier month: all from `since` on, or all that are known."""
    actual = total(series, [claim.month])
    if claim.since is None:
        rivals = tuple(sorted(month for month in series.amounts if month < claim.month))
        if not rivals:
            raise NotTestableError("no earlier month is known")
    else:
        rivals = tuple(month for month in claim.months() if month < claim.month)
    higher = [month for month in rivals if series.amounts.get(month, -1) >= actual]
    months = (*rivals, claim.month)
    if higher:
        top = max(higher, key=lambda month: series.amounts[month])
        detail = f"{plain(actual)}, but {format_month(top)} was {plain(series.amounts[top])}"
        return Finding("contradicted", actual, detail, months)
    if why := series.lacking(rivals):
        raise NotTestableError(why)
    top = max(rivals, key=lambda month: series.amounts[month])
    gaps = len(list(month_range(rivals[0], claim.month))) - len(months)
    detail = f"{plain(actual)}, above all of {spans(rivals)}; next {format_month(top)}: {plain(series.amounts[top])}"
    return Finding("confirmed", actual, detail + (f"; {gaps} months between are not known" if gaps else ""), months)


def fastest_since(claim: FastestSince, series: Series) -> Finding:
    """A greater change on a year before than in every month after `since`."""
    actual = growth(claim.measure, series, (claim.month,))
    changes: dict[dt.date, Fraction] = {}
    why = None
    for month in claim.rivals:
        try:
            changes[month] = growth(claim.measure, series, (month,))
        except NotTestableError as error:
            why = why or str(error)
    higher = [month for month, change in changes.items() if change >= actual]
    if higher:
        told = spans(higher)
        top = max(higher, key=lambda month: changes[month])
        detail = f"{shown(actual, claim.measure)}, not more than in {told}; most in {format_month(top)}: "
        return Finding("contradicted", actual, detail + shown(changes[top], claim.measure), claim.months())
    if why:
        raise NotTestableError(why)
    top = max(changes, key=lambda month: changes[month])
    detail = f"{shown(actual, claim.measure)}, more than in all of {spans(changes)}; next {format_month(top)}: "
    return Finding("confirmed", actual, detail + shown(changes[top], claim.measure), claim.months())


def stockpile(claim: Stockpile, series: Series) -> Finding:
    """Mean of three months over the mean of the twelve before them."""
    months = claim.months()
    last, before = total(series, months[-3:]), total(series, months[:-3])
    if before == 0:
        raise NotTestableError(f"nothing was traded in {spans(months[:-3])}, and there is no ratio to 0")
    actual = Fraction(last * 4, before)
    holds = actual > Fraction(claim.value)
    detail = (
        f"mean of {spans(months[-3:])} is {float(actual):.3f} times that of {spans(months[:-3])}: "
        f"{'' if holds else 'not '}above {plain(claim.value)}"
    )
    return Finding(verdict(holds), actual, detail, months)
