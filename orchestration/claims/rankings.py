"""The comparisons on all categories of a scheme: how many were traded, and which were the greatest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from orchestration.base.plain import plain
from orchestration.claims.comparisons import Finding, NotTestableError, verdict
from orchestration.claims.declared import NTypes, Top
from orchestration.claims.series import Series

#: Categories that a sentence names at most.
NAMED = 6
Scheme = Mapping[str, Series]


def n_types(claim: NTypes, scheme: Scheme) -> Finding:
    """Categories with trade in the period; one that is not known may be either."""
    months = claim.period_months
    traded = {c for c, s in scheme.items() if any(s.amounts.get(month, 0) > 0 for month in months)}
    unknown = {c for c, s in scheme.items() if c not in traded and s.lacking(months)}
    _something_known(scheme, months)
    count, most = len(traded), len(traded) + len(unknown)
    if count <= claim.value <= most and unknown:
        raise NotTestableError(f"{_lacking(scheme, unknown, months)}; {count} others had trade")
    detail = f"{count} of {len(scheme)} categories of {claim.scheme} had trade"
    if unknown:
        detail += f", and {len(unknown)} are not known"
    elif idle := set(scheme) - traded:
        detail += f"; none in {_named(idle)}"
    return Finding(verdict(claim.value == count), None if unknown else count, detail, months)


def top(claim: Top, scheme: Scheme) -> Finding:
    """Each named category above each other one; in order, each above the next. Equal is not above.

    The actual figure is the number of named categories that lie above every other one.
    """
    months = claim.period_months
    known = {c: sum(s.amounts[m] for m in months) for c, s in scheme.items() if not s.lacking(months)}
    _something_known(scheme, months)
    named = claim.categories
    others = {c: amount for c, amount in known.items() if c not in named}
    unknown = set(scheme) - set(known)
    if against := _counterexample(claim, known, others):
        above = None if unknown else sum(known[c] > max(others.values()) for c in named)
        return Finding("contradicted", above, against, months)
    if unknown:
        raise NotTestableError(_lacking(scheme, unknown, months))
    order = named if claim.ordered else sorted(named, key=lambda c: -known[c])
    following = max(others, key=lambda c: others[c])
    told = ", ".join(f"{c} {plain(known[c])}" for c in order)
    return Finding("confirmed", len(named), f"{told}; next {following} {plain(others[following])}", months)


def _counterexample(claim: Top, known: Mapping[str, int], others: Mapping[str, int]) -> str | None:
    held = [c for c in claim.categories if c in known]
    for category in held:
        if known[category] == 0:
            return f"{category} was not traded"
        if higher := [c for c in others if others[c] >= known[category]]:
            most = max(higher, key=lambda c: others[c])
            return f"{category} {plain(known[category])} is not above {most} {plain(others[most])}"
    pairs = zip(claim.categories, claim.categories[1:], strict=False)
    for first, second in pairs if claim.ordered else ():
        if first in known and second in known and known[first] <= known[second]:
            return f"{first} {plain(known[first])} is not above {second} {plain(known[second])}"
    return None


def _something_known(scheme: Scheme, months: Iterable[dt.date]) -> None:
    if not any(month in series.amounts for series in scheme.values() for month in months):
        raise NotTestableError(_lacking(scheme, scheme, tuple(months)))


def _lacking(scheme: Scheme, unknown: Iterable[str], months: Iterable[dt.date]) -> str:
    """Why the first of the unknown categories is not known, and how many are like it."""
    first, *more = sorted(unknown)
    why = scheme[first].lacking(months) or ""
    if scheme[first].rows:
        why = f"{first}: {why}"
    return f"{why} (and so {len(more)} more)" if more else why


def _named(categories: Iterable[str]) -> str:
    names = sorted(categories)
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
