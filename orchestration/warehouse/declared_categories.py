"""The shape of `categories.yml`, and what refuses it: the rules by which the reviewed seeds are tested.

Belongs here: what a scheme, a category, a prefix may be. Not here: where the file lies and what becomes of it
(`categories`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from orchestration.base.seeds import read_seed
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.views import BY_PARTNER, OF_SCHEME

HS6 = "hs6"
#: Names that scripts and readers know as something else: `line` are tariff lines in
#: `mart_partner_category_restatement`, `trade_lines` those of the view of that name.
TAKEN = {HS6, "line", "trade_lines"}
#: Headings of 2015 to 2021 that HS 2017 or HS 2022 ended; the seed hs_headings has those of HS 2022.
EARLIER = ("2848", "6908", "8107", "8469", "8803")
#: Chapters that each tariff fills by itself.
NATIONAL = ("98", "99")
#: Digits that all tariffs share.
SHARED = 6
#: Years that a prefix may be said to begin or end in.
YEARS = range(1988, 2051)

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]


@cache
def _headings() -> frozenset[str]:
    return frozenset(row["hs_code"] for row in read_seed("hs_headings"))


@cache
def _reviewed() -> frozenset[str]:
    return frozenset(row["category_scheme"] for row in read_seed("category_schemes"))


def _known_prefix(prefix: str) -> str:
    """A prefix below a chapter and heading that the Harmonized System has, or had."""
    if not re.fullmatch("[0-9]{2,10}", prefix):
        raise ValueError(f"{prefix!r} is no prefix of a tariff: two to six digits, or a longer national line")
    chapter = prefix[:2]
    below = {code for code in _headings() if code.startswith(chapter)}
    if not below:
        raise ValueError(f"{prefix}: the tariff has no chapter {chapter}")
    headings = {*below, *(code for code in EARLIER if code.startswith(chapter))}
    if chapter not in NATIONAL and not any(code.startswith(prefix[:4]) or code == prefix for code in headings):
        raise ValueError(f"{prefix}: the tariff has no heading {prefix[:4]}")
    return prefix


def _known_heading(heading: str) -> str:
    if not re.fullmatch("[0-9]{4}|[0-9]{6}", heading):
        raise ValueError(f"{heading!r} is neither a code of six digits nor a heading of four")
    return _known_prefix(heading)


Prefix = Annotated[str, AfterValidator(_known_prefix)]
Heading = Annotated[str, AfterValidator(_known_heading)]


def _years(said: object) -> object:
    """`2017..2021`, `2022..`, `..2021` as first and last year, None where it is open."""
    if not isinstance(said, str):
        return said
    ends = re.fullmatch(r"([0-9]{4})?\.\.([0-9]{4})?", said)
    if not ends or not any(ends.groups()):
        raise ValueError("years are written 2017..2021, 2022.. or ..2021")
    first, last = (int(end) if end else None for end in ends.groups())
    if (first or YEARS[0]) > (last or YEARS[-1]) or (last or YEARS[0]) < YEARS[0] or (first or 0) > YEARS[-1]:
        raise ValueError(f"{said} holds no year from {YEARS[0]} to {YEARS[-1]}, in order")
    return first, last


Years = Annotated[tuple[int | None, int | None], BeforeValidator(_years)]


def _refuse_at(where: tuple[str | int, ...], what: str, said: object) -> ValidationError:
    """An error of several parts together, at the place of the part that must go."""
    message = PydanticCustomError("categories", "{what}", {"what": what})
    return ValidationError.from_exception_data("categories", [InitErrorDetails(type=message, loc=where, input=said)])


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Category(_Strict):
    """A category: all lines that begin with one of its prefixes. `years`: of prefixes that the tariff has not always.

    `code_system`: whose lines its prefixes are where one has more than the six digits that all tariffs share.
    """

    name: Text
    prefixes: Annotated[tuple[Prefix, ...], Field(min_length=1)]
    years: dict[str, Years] = {}
    code_system: str | None = None
    leaves_out: Text | None = None

    @model_validator(mode="after")
    def _national_lines_name_their_tariff(self) -> Category:
        digits = {source.code_system: source.code_digits for source in TRADE.values()}
        if self.code_system is not None and self.code_system not in digits:
            raise _refuse_at(
                ("code_system",),
                f"{self.code_system} is no tariff of a source: use one of {', '.join(sorted(digits))}",
                "",
            )
        longest = SHARED if self.code_system is None else digits[self.code_system]
        for n, prefix in enumerate(self.prefixes):
            if len(prefix) > longest:
                what = f"{prefix} has more than {longest} digits"
                hint = "" if self.code_system else ": say whose line it is, as code_system, or give six digits"
                raise _refuse_at(("prefixes", n), what + hint, prefix)
        if self.code_system and all(len(prefix) <= SHARED for prefix in self.prefixes):
            raise _refuse_at(("code_system",), "all tariffs share six digits: leave code_system out", self.code_system)
        return self

    @model_validator(mode="after")
    def _no_year_between_is_empty(self) -> Category:
        for prefix in self.years:
            if prefix not in self.prefixes:
                raise _refuse_at(("years", prefix), f"{prefix} is none of the prefixes", prefix)
        held = [self.years.get(prefix, (None, None)) for prefix in self.prefixes]
        first, last = (min(first or YEARS[0] for first, _ in held), max(last or YEARS[-1] for _, last in held))
        for year in range(first, last + 1):
            if not any((since or 0) <= year <= (until or YEARS[-1]) for since, until in held):
                raise _refuse_at(("years",), f"no prefix holds in {year}: the series would break there", year)
        return self


class Scheme(_Strict):
    """A set of disjoint categories. `threshold_usd`: whole dollars of the month that months are counted above."""

    title: Text
    leaves_out: Text
    threshold_usd: Annotated[int, Field(gt=0, le=10**15)] | None = None
    threshold_reason: Text | None = None
    categories: Annotated[dict[Code, Category], Field(min_length=1)]

    @model_validator(mode="after")
    def _a_threshold_has_a_reason(self) -> Scheme:
        if (self.threshold_usd is None) != (self.threshold_reason is None):
            there = "threshold_usd" if self.threshold_reason is None else "threshold_reason"
            raise _refuse_at((there,), "threshold_usd and threshold_reason go together: say both, or neither", there)
        return self

    @model_validator(mode="after")
    def _no_line_counts_twice(self) -> Scheme:
        held: list[tuple[str, str]] = []
        for code, category in self.categories.items():
            for n, prefix in enumerate(category.prefixes):
                _must_be_apart(prefix, held, ("categories", code, "prefixes", n))
                held.append((prefix, f" of {code}"))
        return self


def _must_be_apart(prefix: str, held: list[tuple[str, str]], where: tuple[str | int, ...]) -> None:
    for other, of in held:
        if prefix.startswith(other) or other.startswith(prefix):
            what = f"{prefix} and {other}{of} count the same lines twice: leave one of them out"
            raise _refuse_at(where, what, prefix)


def _free_name(name: str) -> str:
    if name in _reviewed() | TAKEN:
        raise ValueError(f"{name} is the name of a scheme that the warehouse has already: choose another one")
    for ending in (BY_PARTNER, *filter(None, OF_SCHEME)):
        if name.endswith(ending):
            raise ValueError(f"{name}: other schemes have views that end in {ending}: choose another name")
    return name


SchemeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), AfterValidator(_free_name)]


class Declared(_Strict):
    """The whole file. `hs6`: headings of four or six digits, whose six-digit codes make the scheme of that name."""

    schemes: dict[SchemeName, Scheme] = {}
    hs6: Annotated[tuple[Heading, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _no_heading_is_named_twice(self) -> Declared:
        held: list[tuple[str, str]] = []
        for n, heading in enumerate(self.hs6 or ()):
            _must_be_apart(heading, held, ("hs6", n))
            held.append((heading, ""))
        return self
