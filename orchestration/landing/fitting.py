"""Whether a parsed file and what is declared of it fit together: from both comes the scope of the receipt.

Belongs here: what is refused of a sound file, since it is not what was declared. Not here: what a scope is (`scope`).
"""

from __future__ import annotations

import datetime as dt

from orchestration.base.duck import cursor, literal
from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month, last_day
from orchestration.landing.scope import WORLD, Declaration, Scope, shown
from orchestration.sources.catalogue import TRADE
from orchestration.sources.refusals import UnfitError
from orchestration.sources.source import ParsedTrade, Source

#: What is typed for a part of the scope that only the sender knows.
TO_SAY = {
    "source": next(iter(TRADE)),
    "reporter": "<ISO3>",
    "flow": "<import or export>",
    "hs": "<all, or prefixes: 1201,8542>",
    "partners": "<all, or codes: 402,502, or world>",
}


def missing(declaration: Declaration) -> list[str]:
    """Which of the mandatory parts of a scope nobody has declared; the reporter only where a source has several."""
    several = declaration.source in TRADE and len(TRADE[declaration.source].reporters) > 1
    keys = ("source", *(["reporter"] if several else []), "flow", "hs", "partners")
    return [key for key in keys if getattr(declaration, key) is None]


def reads(declaration: Declaration, name: str) -> Source:
    """The source whose file it is; where nobody has said, the first one reads it, to tell what is there."""
    source = declaration.source or next(iter(TRADE))
    if source not in TRADE:
        raise RefusalError(f"{source} is no source of trade", file=name, remedy=f"use one of {', '.join(TRADE)}")
    TRADE[source].check()
    return TRADE[source]


def resolve(declaration: Declaration, parsed: ParsedTrade, name: str, today: dt.date) -> tuple[Scope, dt.date]:
    """The scope and the vintage of a parsed file; `RefusalError` where the file and the declaration do not fit."""
    seen = describe(parsed)
    if unsaid := missing(declaration):
        raise UnfitError(
            f"the scope is not declared: {', '.join(unsaid)} missing. Seen in the file: {seen}",
            file=name,
            advice="say what was asked of the publisher, by these or by the name of a dataset",
            otherwise={key: TO_SAY[key] for key in unsaid},
        )
    _refuse_other_stream(declaration, parsed, name)
    _refuse_partners(declaration, parsed, name, seen)
    currency = parsed.currency
    if declaration.currency not in (None, currency):
        raise RefusalError(
            f"the header prints {currency}, but {declaration.currency} is declared",
            file=name,
            remedy=f"download the query in {declaration.currency}, or receive the file under another dataset",
        )
    vintage = declaration.vintage or today
    months = _resolve_months(declaration, parsed, name)
    scope = Scope.model_validate(
        {
            **{k: getattr(declaration, k) for k in ("source", "flow", "hs", "partners")},
            "reporter": declaration.reporter or TRADE[str(declaration.source)].reporters[0],
            "regimes": declaration.regimes or "all",
            "provinces": declaration.provinces or "all",
            "months": months,
            "currency": currency,
            "dimensions": _dimensions(declaration, parsed),
            "code_length": parsed.code_length,
        }
    )
    _refuse_dates(scope, declaration.vintage, today, name)
    _refuse_outside(scope, parsed, name)
    _refuse_too_great(scope, parsed, name)
    return scope, vintage


def _refuse_other_stream(declaration: Declaration, parsed: ParsedTrade, name: str) -> None:
    """A file that says whose figures it has, or of which flow, is received as nothing else."""
    for key, seen in (("reporter", parsed.reporter), ("flow", parsed.flow)):
        said = getattr(declaration, key)
        if seen is not None and said is not None and said != seen:
            raise UnfitError(
                f"the file says {key} {seen}, but {said} is declared",
                file=name,
                advice="declare what was asked of the publisher",
                otherwise={key: seen, "dataset": None},
            )


def _dimensions(declaration: Declaration, parsed: ParsedTrade) -> tuple[str, ...]:
    """What splits the rows; of an answer without rows and columns, what was asked for."""
    is_world = not parsed.columns and declaration.partners == WORLD
    return tuple(d for d in parsed.dimensions if not (is_world and d == "partner_code"))


def _refuse_partners(declaration: Declaration, parsed: ParsedTrade, name: str, seen: str) -> None:
    """A file without a partner column is of the world, and no other is; one that has no columns may be either."""
    if not parsed.columns:
        return
    if parsed.has_partner and declaration.partners == WORLD:
        raise UnfitError(
            f"declared as partners world, but the file has a partner column. Seen in the file: {seen}",
            file=name,
            advice="declare all, or the list of codes that was asked for",
            otherwise={"partners": TO_SAY["partners"]},
        )
    if not parsed.has_partner and declaration.partners != WORLD:
        raise UnfitError(
            f"declared as partners {shown(declaration.partners)}, but the file has no partner column. "
            f"Seen in the file: {seen}",
            file=name,
            advice="if the query asked for some partners, download it again with the partner code among the columns; "
            "if it asked for all",
            otherwise={"partners": WORLD},
        )


def describe(parsed: ParsedTrade) -> str:
    """What was seen in the file, in one line."""
    months = [m.month for m in parsed.months]
    span = f"months {shown((months[0], months[-1])) if months else 'none'}"
    partners = ",".join(parsed.partners[:6]) + (f",… ({len(parsed.partners)})" if len(parsed.partners) > 6 else "")
    return (
        f"{span if parsed.has_month else 'no month column'}, {parsed.rows} rows, {parsed.currency}, "
        f"{'partners ' + (partners or 'none') if parsed.has_partner else 'no partner column'}, "
        f"codes of {parsed.code_length} digits, "
        f"HS chapters {','.join(parsed.hs_chapters[:8])}{',…' if len(parsed.hs_chapters) > 8 else ''}"
    )


def _resolve_months(declaration: Declaration, parsed: ParsedTrade, name: str) -> tuple[dt.date, dt.date]:
    if not parsed.has_month:
        return _resolve_undated(declaration.months, parsed, name)
    printed = [m.month for m in parsed.months]
    if declaration.months is None:
        if not printed:
            raise UnfitError(
                "a header without rows, and no months are declared",
                file=name,
                advice="if the query found no trade, say for which months",
                otherwise={"months": "<2024-01..2024-10>"},
            )
        return printed[0], printed[-1]
    return declaration.months


def _resolve_undated(months: tuple[dt.date, dt.date] | None, parsed: ParsedTrade, name: str) -> tuple[dt.date, dt.date]:
    """One declared month: a sum of several cannot be split, and the file does not say whether it is one."""
    if months is None:
        raise UnfitError(
            f"the file has no month column, and no month is declared. Seen in the file: {describe(parsed)}",
            file=name,
            advice="a sum of several months cannot be split: download it again with the month among the columns; if "
            "the query asked for one month, say which",
            otherwise={"months": "<2025-11>"},
        )
    if months[0] != months[1]:
        raise RefusalError(
            f"an undated file of several months ({shown(months)}): their sum cannot be split",
            file=name,
            remedy="download it again with the month among the columns, or one file for each month",
        )
    return months


def _refuse_dates(scope: Scope, said: dt.date | None, today: dt.date, name: str) -> None:
    (first, last), source, vintage = scope.months, TRADE[scope.source], said or today
    if first < source.first_month:
        raise RefusalError(
            f"month {format_month(first)} lies before {format_month(source.first_month)}",
            file=name,
            remedy=f"{source.name} begins there: download later months",
        )
    if vintage > today:
        raise UnfitError(
            f"the vintage {vintage} lies in the future (today in {source.place}: {today})",
            file=name,
            advice="give the date on which the figures stood so, today's at the latest",
            otherwise={"vintage": str(today)},
        )
    if last_day(last) > vintage:
        what = f"month {format_month(last)} ends after the vintage {vintage}: it could not be known then"
        if said is None or last_day(last) > today:
            raise RefusalError(what, file=name, remedy=f"it has not ended: the months end before {vintage:%Y-%m}")
        raise UnfitError(
            what,
            file=name,
            advice=f"correct the months; or, if the figures stood so later, between {last_day(last)} and {today}",
            otherwise={"vintage": str(today)},
        )


def _refuse_outside(scope: Scope, parsed: ParsedTrade, name: str) -> None:
    """Refuse the file for its first row outside the declared months, codes, partners, regimes or provinces."""
    first, last = scope.months
    prefixes = " or ".join(f"starts_with(hs_code, {literal(p)})" for p in scope.hs_prefixes)
    rules = [
        (
            "months",
            f"month not between date '{first}' and date '{last}'",
            "strftime(month, '%Y-%m')",
            scope.months,
        ),
        ("hs", f"not ({prefixes})", "hs_code", scope.hs),
        *(
            (key, f"{column} not in ({', '.join(map(literal, codes))})", column, codes)
            for key, column, codes in (
                ("partners", "partner_code", scope.partners),
                ("regimes", "regime_code", scope.regimes),
                ("provinces", "province_code", scope.provinces),
            )
            if isinstance(codes, tuple)
        ),
    ]
    rows_of = TRADE[scope.source].rows(f"read_parquet({literal(parsed.rows_path)})")
    with cursor() as con:
        for key, condition, column, declared in rules:
            found = con.execute(
                f"select line, {column} from ({rows_of}) where {condition} order by line limit 1"
            ).fetchone()
            if found:
                raise UnfitError(
                    f"{found[1]} lies outside the declared {key} {shown(declared)}",
                    file=name,
                    line=found[0],
                    column=key,
                    advice="download what is declared, or declare what was asked of the publisher. "
                    f"Seen in the file: {describe(parsed)}",
                    otherwise={key: f"<not {shown(declared)}>"},
                )


def _refuse_too_great(scope: Scope, parsed: ParsedTrade, name: str) -> None:
    """Refuse a value, a quantity or a month's sum beyond what its source declares as the most there can be."""
    source = TRADE[scope.source]
    bounds = {
        "value": (source.largest_value[scope.currency], scope.currency),
        **{f"quantity_{n}": (source.largest_quantity, "of any unit") for n in (1, 2)},
    }
    rows_of = source.rows(f"read_parquet({literal(parsed.rows_path)})")
    with cursor() as con:
        for column, (most, unit) in bounds.items():
            found = con.execute(
                f"select line, {column} from ({rows_of}) where {column} > {most} order by line limit 1"
            ).fetchone()
            if found:
                raise RefusalError(
                    f"{found[1]:,} is more than one row of trade can say (at most {most:,} {unit})",
                    file=name,
                    line=found[0],
                    column=column,
                    remedy="the cell is damaged, or its column is shifted: download the file again",
                )
    most, unit = bounds["value"]
    for month in parsed.months:
        if month.value > most:
            raise RefusalError(
                f"{format_month(month.month)} sums up to {month.value:,}, more than a month of trade can "
                f"(at most {most:,} {unit})",
                file=name,
                remedy="its cells are damaged, or their column is shifted: download the file again",
            )
