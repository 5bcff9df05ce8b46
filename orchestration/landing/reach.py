"""Which reviewed categories a scope makes whole, alone or with what is held already, and what reaches none.

Belongs here: the reviewed tables, asked at the door. Not here: coverage by month and partner, which the models tell
(`mart_category_coverage`), and a home's own categories.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.base.duck import cursor, literal
from orchestration.base.plain import plain
from orchestration.base.seeds import read_seed
from orchestration.landing.scope import ALL_PARTNERS, Scope
from orchestration.landing.state import LandingState
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ParsedTrade

#: So many categories are named.
NAMED = 6


def reach(state: LandingState, scope: Scope, parsed: ParsedTrade) -> str | None:
    """The categories that a scope makes in words; None where nobody asks: all codes, or a file that feeds no fact.

    A category is made by codes that cover each of its prefixes (docs/rules.md, rule 2): by the file's own, or together
    with those of receipts that count for the same months.
    """
    if scope.feeds == "check" or scope.hs == "all":
        return None
    beside = [r.scope for r in state.active if _belongs(r.scope, scope)]
    held = {prefix for one in [scope, *beside] for prefix in one.hs_prefixes}
    made = {
        name: prefixes
        for name, prefixes in _categories(scope)
        if all(_covers(held, prefix) for prefix in prefixes) and any(_touches(scope, prefix) for prefix in prefixes)
    }
    if not made:
        return "reaches no category: only the fact holds it"
    names = list(made)
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    told = f"makes the categories {', '.join(names[:NAMED])}{more}"
    lost = _share_outside(scope, parsed, {prefix for prefixes in made.values() for prefix in prefixes})
    return told + (f"; {lost} of its value reach none, only the fact holds them" if lost else "")


def _belongs(other: Scope, scope: Scope) -> bool:
    """Whether another scope can make up a category with this one: of the same partners, for some of the months."""
    keys = ("source", "reporter", "flow", "feeds")
    same = all(getattr(other, key) == getattr(scope, key) for key in keys)
    same = same and (ALL_PARTNERS in other.partner_keys or {*scope.partner_keys} <= {*other.partner_keys})
    return same and other.months[0] <= scope.months[1] and scope.months[0] <= other.months[1]


def _covers(held: Iterable[str], prefix: str) -> bool:
    return prefix.startswith(tuple(held))


def _touches(scope: Scope, prefix: str) -> bool:
    """Whether some codes of a prefix are the file's."""
    return any(prefix.startswith(mine) or mine.startswith(prefix) for mine in scope.hs_prefixes)


def _categories(scope: Scope) -> Iterable[tuple[str, list[str]]]:
    """The reviewed categories, as scheme/code, with the prefixes that they need in the years of a scope.

    Those of chosen codes first, by lines last; all goods, which no list of a few codes makes, are left out.
    """
    source, years = TRADE[scope.source], range(scope.months[0].year, scope.months[1].year + 1)
    named = ("category_scheme", "category_code", "hs_prefix")
    valid = {tuple(row[key] for key in named): row for row in read_seed("category_prefix_years")}
    for row in read_seed("categories"):
        if not row["hs_prefixes"] or row["code_system"] not in ("", source.code_system):
            continue
        needed = []
        for prefix in row["hs_prefixes"].split(","):
            known = valid.get((row["category_scheme"], row["category_code"], prefix))
            first, last = (int(known["first_year"] or 1), int(known["last_year"] or 9999)) if known else (1, 9999)
            if first <= years[-1] and years[0] <= last:
                needed.append(prefix)
        if needed:
            yield f"{row['category_scheme']}/{row['category_code']}", needed
    for prefix in sorted({mine[:2] for mine in scope.hs_prefixes}):
        yield f"hs2/{prefix}", [prefix]
    for prefix in sorted({mine[:4] for mine in scope.hs_prefixes if len(mine) >= 4}):
        yield f"hs4/{prefix}", [prefix]


def _share_outside(scope: Scope, parsed: ParsedTrade, prefixes: set[str]) -> str | None:
    """The share of a file's value on codes below none of the prefixes, as it is printed; None where there is none."""
    inside = " or ".join(f"starts_with(hs_code, {literal(prefix)})" for prefix in sorted(prefixes))
    rows = TRADE[scope.source].rows(f"read_parquet({literal(parsed.rows_path)})")
    with cursor() as con:
        found = con.execute(
            f"select coalesce(sum(value) filter (not ({inside})), 0), coalesce(sum(value), 0) from ({rows})"
        ).fetchone()
    outside, whole = found or (0, 0)
    return f"{plain(round(100 * float(outside) / float(whole), 1))} %" if outside else None
