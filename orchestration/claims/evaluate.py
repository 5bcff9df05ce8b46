"""Claims against what was known when they were published, and against what is known now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from orchestration.base.months import spans
from orchestration.claims import comparisons, rankings
from orchestration.claims.comparisons import Finding, NotTestableError
from orchestration.claims.declared import (
    AboveEveryMonthSince,
    ClaimOf,
    Equals,
    FastestSince,
    NMonths,
    NTypes,
    Record,
    Stockpile,
    Threshold,
    Top,
)
from orchestration.claims.series import History, Key, Series, key_of
from orchestration.sources.catalogue import trace_arguments

#: Months that a trace names at most, the newest ones.
TRACED = 12
#: Code prefixes by source, scheme and category; the empty prefix takes every code.
Categories = Mapping[tuple[str, str, str], tuple[str, ...]]


@dataclass(frozen=True)
class Result:
    """A claim and what came of it. `cells`: the known figures behind `now`, newest month first."""

    claim_id: str
    claim: ClaimOf
    then: Finding
    now: Finding
    cells: tuple[tuple[dt.date, Key], ...]


def needed(claims: Iterable[ClaimOf], categories: Categories) -> set[Key]:
    """The series that claims are held against."""
    found = set()
    for claim in claims:
        if claim.category is None:
            found.update(_members(claim, categories))
            continue
        key = key_of(claim, claim.scheme, claim.category)
        found.add(key)
        if claim.kind == "share":
            found.add(key._replace(partner="all"))
    return found


def evaluate(claims: Mapping[str, ClaimOf], history: History, categories: Categories) -> list[Result]:
    """Each claim twice; in the order of the claims."""
    return [
        Result(
            name,
            claim,
            _find(claim, _series(claim, history, categories, claim.published_on)),
            now := _find(claim, known := _series(claim, history, categories, None)),
            _cells(now, known),
        )
        for name, claim in claims.items()
    ]


def as_row(result: Result) -> dict[str, object]:
    """The result as a row of the table of claims."""
    claim = result.claim
    low, high = claim.bounds()
    row: dict[str, object] = {
        "claim_id": result.claim_id,
        "text": claim.text,
        "publisher": claim.publisher,
        "published_on": claim.published_on,
        "address": claim.address,
        "remark": claim.remark,
        "source": claim.source,
        "reporter": claim.reporting,
        "flow": claim.flow,
        "partner_code": claim.partner,
        "category_scheme": claim.scheme,
        "category_code": claim.category,
        "measure": claim.measure,
        "unit": claim.unit,
        "comparison": claim.comparison,
        "period_from": claim.period[0],
        "period_to": claim.period[1],
        "value": _decimal(claim.value),
        "half_unit": _decimal(claim.half_unit),
        "range_low": _decimal(low),
        "range_high": _decimal(high),
    }
    for when, finding in (("then", result.then), ("now", result.now)):
        row[f"verdict_{when}"] = finding.verdict
        row[f"actual_{when}"] = _decimal(finding.actual)
        row[f"detail_{when}"] = finding.detail
    row["months_used"] = spans(result.now.months)
    row["trace"] = "; ".join(trace_arguments(month, *key) for month, key in result.cells) or None
    return row


def _members(claim: ClaimOf, categories: Categories) -> list[Key]:
    mine = (claim.source, claim.scheme)
    return [key_of(claim, scheme, code) for source, scheme, code in sorted(categories) if (source, scheme) == mine]


def _series(claim: ClaimOf, history: History, categories: Categories, as_of: dt.date | None) -> dict[str, Series]:
    """By category: the one that the claim names, or all of its scheme."""
    if claim.category is not None:
        return {claim.category: history.of_claim(claim, as_of)}
    return {
        member.category: history.series(member, claim.base, claim.unit, as_of) for member in _members(claim, categories)
    }


def _find(claim: ClaimOf, known: Mapping[str, Series]) -> Finding:
    try:
        found = _compare(claim, known)
    except NotTestableError as error:
        return Finding("not testable", None, str(error), claim.months())
    if claim.is_known_error and found.verdict == "contradicted":
        return replace(found, verdict="expected", detail=f"{found.detail}; known to be wrong: {claim.remark}")
    return found


def _compare(claim: ClaimOf, known: Mapping[str, Series]) -> Finding:
    """The comparison that the claim names."""
    if isinstance(claim, NTypes):
        return rankings.n_types(claim, known)
    if isinstance(claim, Top):
        return rankings.top(claim, known)
    (series,) = known.values()
    match claim:
        case Equals():
            return comparisons.equals(claim, series)
        case Threshold():
            return comparisons.threshold(claim, series)
        case AboveEveryMonthSince():
            return comparisons.above_every_month_since(claim, series)
        case Record():
            return comparisons.record(claim, series)
        case FastestSince():
            return comparisons.fastest_since(claim, series)
        case Stockpile():
            return comparisons.stockpile(claim, series)
        case NMonths():
            return comparisons.n_months(claim, series)
    raise TypeError(f"there is no comparison {claim.comparison!r}")


def _cells(finding: Finding, known: Mapping[str, Series]) -> tuple[tuple[dt.date, Key], ...]:
    """The known cells of the newest months that were looked at."""
    cells = ((month, s.key) for month in sorted(finding.months, reverse=True) for s in known.values())
    found = [(month, key) for month, key in cells if month in known[key.category].amounts]
    months = sorted({month for month, _ in found}, reverse=True)[:TRACED]
    return tuple((month, key) for month, key in found if month in months)


def _decimal(value: int | Fraction | Decimal | None) -> Decimal | None:
    """With six digits after the point, as printed figures are kept."""
    if value is None:
        return None
    exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(value)
    return exact.quantize(Decimal("0.000001"))
