"""Scope: what the publisher was asked for (docs/rules.md). A file never says it.

Belongs here: declaring and merging scopes. Not here: whether a file fits one (`fitting`), storing receipts (`store`),
promises (`datasets`).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month, month_range, parse_months
from orchestration.sources.catalogue import SOURCES, TRADE
from orchestration.sources.refusals import UnfitError
from orchestration.sources.source import Source


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
    return parse_months(value) if isinstance(value, str) else value


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
#: All partners, each in its own rows, as coverage knows them.
ALL_PARTNERS = "*"


def partner_keys(partners: Codes | str) -> Codes:
    """Partners as coverage knows them: `ALL_PARTNERS` for all of them, `WORLD` for their sum."""
    return (ALL_PARTNERS,) if partners == "all" else (WORLD,) if partners == WORLD else tuple(partners)


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
                raise UnfitError(
                    f"{other} says {key} {shown(said)}, {origin} says {key} {shown(value)}",
                    file=name,
                    advice=f"make the two agree; where {origin} is right, leave {key} out of {other}",
                    otherwise={key: None},
                )
            merged[key] = (origin, value)
    try:
        return Declaration.model_validate({key: value for key, (_, value) in merged.items()})
    except ValidationError as error:
        what = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise RefusalError(
            f"what {' and '.join(declarations)} say does not fit together: {what}",
            file=name,
            remedy="correct the part that is wrong, or leave it out",
        ) from None
