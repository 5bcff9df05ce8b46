"""Scope: what the publisher was asked for (docs/rules.md). A file never says it.

Belongs here: declaring, merging and checking scopes. Not here: storing receipts (`store`), promises (`datasets`).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from orchestration.base.duck import cursor, literal
from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month, last_day, month_range, parse_month
from orchestration.sources.catalogue import SOURCES, TRADE
from orchestration.sources.source import ParsedTrade, Source


def _codes(pattern: str, words: tuple[str, ...], what: str) -> BeforeValidator:
    def read(value: object) -> object:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not items:
            raise ValueError(f"write {' or '.join(words)}, or {what} separated by commas")
        codes = tuple(sorted({str(item).strip() for item in items}))
        if len(codes) == 1 and codes[0] in words:
            return codes[0]
        for code in codes:
            if not re.fullmatch(pattern, code, re.ASCII):
                raise ValueError(f"{code!r} is not among {what}; write {' or '.join(words)}, or a list of codes")
        return codes

    return BeforeValidator(read)


def _months(value: object) -> object:
    if not isinstance(value, str):
        return value
    first, _, last = value.partition("..")
    return (parse_month(first.strip()), parse_month((last or first).strip()))


Codes = tuple[str, ...]
HsCodes = Annotated[Literal["all"] | Codes, _codes(r"\d{2,10}", ("all",), "HS prefixes of 2 to 10 digits")]
#: What they look like is the source's to say.
Partners = Annotated[Literal["all", "world"] | Codes, _codes(r"[0-9A-Z]{1,4}", ("all", "world"), "partner codes")]
TwoDigits = Annotated[Literal["all"] | Codes, _codes(r"\d{2}", ("all",), "codes of 2 digits")]
Months = Annotated[
    tuple[dt.date, dt.date],
    BeforeValidator(_months),
    PlainSerializer(lambda m: "..".join(map(format_month, m)), when_used="json"),
]
Flow = Literal["import", "export"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
#: What the rows of a scope are good for: the fact by partner, the fact of all partners together, or checks alone.
Feeds = Literal["partner", "world", "check"]
WORLD = "world"


def partner_keys(partners: Codes | str) -> Codes:
    """Partners as coverage knows them: '*' stands for all partners, each in its own rows, 'world' for their sum."""
    return ("*",) if partners == "all" else (WORLD,) if partners == WORLD else tuple(partners)


def single_month(months: tuple[dt.date, dt.date] | None) -> dt.date | None:
    """The month, if there is but one: that of all rows of a file without a month column."""
    return months[0] if months and months[0] == months[1] else None


class Scope(BaseModel):
    """What a receipt holds. `months`: first and last, both included; `dimensions`: what splits its rows;
    `code_length`: digits of its codes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    reporter: str
    flow: Flow
    months: Months
    hs: HsCodes
    partners: Partners
    regimes: TwoDigits = "all"
    provinces: TwoDigits = "all"
    currency: Currency
    dimensions: tuple[str, ...]
    code_length: int = 8

    @property
    def month_list(self) -> list[dt.date]:
        """Every month covered."""
        return list(month_range(*self.months))

    @property
    def hs_prefixes(self) -> Codes:
        """Covered code prefixes; the empty prefix stands for all codes."""
        return ("",) if self.hs == "all" else tuple(self.hs)

    @property
    def partner_keys(self) -> Codes:
        """Covered partners (`partner_keys`)."""
        return partner_keys(self.partners)

    @property
    def feeds(self) -> Feeds:
        """Which fact the rows feed; coarser codes, or a choice of regimes or provinces, feed none (rule 5)."""
        if self.code_length < TRADE[self.source].code_digits or self.regimes != "all" or self.provinces != "all":
            return "check"
        return "world" if self.partners == WORLD else "partner"

    @property
    def further_dimensions(self) -> tuple[str, ...]:
        """What splits the rows beside month, code and partner: of several grains at one vintage the finest counts."""
        return tuple(d for d in self.dimensions if d in ("regime_code", "province_code"))

    @property
    def grain(self) -> str:
        """The grain in words, for instance 'HS8 × partner × regime'."""
        split = [d.removesuffix("_code") for d in self.dimensions if d not in ("month", "hs_code")]
        limits = [f"{k} {shown(getattr(self, k))}" for k in ("regimes", "provinces") if getattr(self, k) != "all"]
        return " × ".join([f"HS{self.code_length}", *split]) + "".join(f", {limit} only" for limit in limits)

    @property
    def is_synthetic(self) -> bool:
        """Whether the source makes its figures up."""
        return TRADE[self.source].is_synthetic


class Declaration(BaseModel):
    """What somebody declares of a file: a dataset, a sidecar `<file>.yml`, or flags; None = not said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str | None = None
    source: str | None = None
    reporter: str | None = None
    flow: Flow | None = None
    months: Months | None = None
    hs: HsCodes | None = None
    partners: Partners | None = None
    regimes: TwoDigits | None = None
    provinces: TwoDigits | None = None
    currency: Currency | None = None
    vintage: dt.date | None = None
    header: str | None = None

    @model_validator(mode="after")
    def _known(self) -> Declaration:
        if self.source is not None and self.source not in SOURCES:
            raise ValueError(f"source {self.source!r} is unknown; known: {', '.join(SOURCES)}")
        if self.source in TRADE:
            _fits(self, TRADE[self.source])
        if self.months is not None and self.months[0] > self.months[1]:
            raise ValueError("the last month lies before the first")
        return self


def _fits(said: Declaration, source: Source) -> None:
    """Raise `ValueError` where a source has no such reporter, currency or codes."""
    if said.reporter is not None and said.reporter not in source.reporters:
        raise ValueError(f"{source.name} does not report for {said.reporter}, but for {', '.join(source.reporters)}")
    if said.currency is not None and said.currency not in source.currencies:
        raise ValueError(f"{source.name} does not print {said.currency}, but {', '.join(source.currencies)}")
    for code in said.partners if isinstance(said.partners, tuple) else ():
        if not re.fullmatch(source.partner_pattern, code, re.ASCII):
            raise ValueError(f"{code!r} is no partner code of {source.name}; write all or world, or a list of codes")
    for code in said.hs if isinstance(said.hs, tuple) else ():
        if len(code) > source.code_digits:
            raise ValueError(f"{code!r} is longer than the {source.code_digits} digits of {source.name}")


def shown(value: object) -> str:
    """A declared value as it is typed."""
    if isinstance(value, tuple) and value and isinstance(value[0], dt.date):
        return "..".join(format_month(m) for m in dict.fromkeys(value))
    return ",".join(value) if isinstance(value, tuple) else str(value)


def is_part(said: Declaration, whole: Declaration, key: str) -> bool:
    """Whether the codes or partners that are said lie within those of a wider declaration."""
    mine, all_of_it = getattr(said, key), getattr(whole, key)
    if not isinstance(mine, tuple):
        return False
    if all_of_it == "all":
        return True
    return all(any(code.startswith(prefix) for prefix in all_of_it) for code in mine)


def merge(declarations: dict[str, Declaration], name: str) -> Declaration:
    """One declaration from several; `RefusalError` where two of them disagree. Keys say where each comes from."""
    merged: dict[str, tuple[str, object]] = {}
    for origin, declaration in declarations.items():
        for key, value in declaration:
            if value is None:
                continue
            if key in merged and merged[key][1] != value:
                other, said = merged[key]
                raise RefusalError(
                    f"{other} says {key} {shown(said)}, {origin} says {key} {shown(value)}",
                    file=name,
                    remedy=f"make the two agree, or leave {key} out of one of them",
                )
            merged[key] = (origin, value)
    return Declaration.model_validate({key: value for key, (_, value) in merged.items()})


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
        flags = {"source": "--source gacc", "reporter": "--reporter <ISO3>", "flow": "--flow import|export",
                 "hs": "--hs all|<prefixes>", "partners": "--partners all|<codes>|world"}  # fmt: skip
        raise RefusalError(
            f"the scope is not declared: {', '.join(unsaid)} missing. Seen in the file: {seen}",
            file=name,
            remedy=f"bonded receive {name} " + " ".join(flags[k] for k in unsaid) + "  (or --dataset NAME)",
        )
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
            "dimensions": parsed.dimensions,
            "code_length": parsed.code_length,
        }
    )
    _refuse_dates(scope, vintage, today, name)
    _refuse_outside(scope, parsed, name)
    return scope, vintage


def _refuse_partners(declaration: Declaration, parsed: ParsedTrade, name: str, seen: str) -> None:
    """A file without a partner column is of the world, and no other is."""
    if parsed.has_partner and declaration.partners == WORLD:
        raise RefusalError(
            f"declared as partners world, but the file has a partner column. Seen in the file: {seen}",
            file=name,
            remedy="declare --partners all, or the list of codes that was asked for",
        )
    if not parsed.has_partner and declaration.partners != WORLD:
        raise RefusalError(
            f"declared as partners {shown(declaration.partners)}, but the file has no partner column. "
            f"Seen in the file: {seen}",
            file=name,
            remedy="declare --partners world if the query asked for all partners; if it asked for some, download it "
            "again with the partner code among the columns",
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
            raise RefusalError(
                "a header without rows, and no months are declared",
                file=name,
                remedy="if the query found no trade, say for which months: --months 2024-01..2024-10",
            )
        return printed[0], printed[-1]
    return declaration.months


def _resolve_undated(months: tuple[dt.date, dt.date] | None, parsed: ParsedTrade, name: str) -> tuple[dt.date, dt.date]:
    """One declared month: a sum of several cannot be split, and the file does not say whether it is one."""
    if months is None:
        raise RefusalError(
            f"the file has no month column, and no month is declared. Seen in the file: {describe(parsed)}",
            file=name,
            remedy="if the query asked for one month, say which: --months 2025-11; a sum of several months cannot be "
            "split: download it again with the month among the columns",
        )
    if months[0] != months[1]:
        raise RefusalError(
            f"an undated file of several months ({shown(months)}): their sum cannot be split",
            file=name,
            remedy="download it again with the month among the columns, or one file for each month",
        )
    return months


def _refuse_dates(scope: Scope, vintage: dt.date, today: dt.date, name: str) -> None:
    (first, last), source = scope.months, TRADE[scope.source]
    if first < source.first_month:
        raise RefusalError(
            f"month {format_month(first)} lies before {format_month(source.first_month)}",
            file=name,
            remedy=f"{source.name} begins there: download later months",
        )
    if vintage > today:
        raise RefusalError(
            f"the vintage {vintage} lies in the future (today in {source.place}: {today})",
            file=name,
            remedy="give the date on which the figures stood so: --vintage YYYY-MM-DD",
        )
    if last_day(last) > vintage:
        raise RefusalError(
            f"month {format_month(last)} ends after the vintage {vintage}: it could not be known then",
            file=name,
            remedy="correct --months or --vintage",
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
                raise RefusalError(
                    f"{found[1]} lies outside the declared {key} {shown(declared)}",
                    file=name,
                    line=found[0],
                    column=key,
                    remedy="declare what was asked of the site, or download what is declared. "
                    f"Seen in the file: {describe(parsed)}",
                )
