"""Stories as reviewed (`stories/<name>.yml`), read strictly: a typo names file, line and what is allowed.

Belongs here: what a story must say. Not here: any figure (`figures`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.months import parse_month
from orchestration.base.settings import PROJECT
from orchestration.base.words import FORMS
from orchestration.claims.load import known_categories, known_partners, load_claims
from orchestration.claims.subject import OfSource
from orchestration.landing.datasets import load_datasets
from orchestration.landing.scope import Flow
from orchestration.stories.measures import MEASURES

FOLDER = PROJECT / "stories"
LATEST = "latest"


def _one_of(value: str, what: str, known: Iterable[str]) -> str:
    names = list(known)
    if value not in names:
        raise ValueError(f"there is no {what} {value!r}: use one of {', '.join(names)}")
    return value


def _said(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be one line that says something, without control characters")
    return value


def _month(value: object) -> object:
    return None if value == LATEST else parse_month(value) if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_said)]
Measured = Annotated[str, AfterValidator(lambda value: _one_of(value, "measure", MEASURES))]
Promised = Annotated[str, AfterValidator(lambda value: _one_of(value, "dataset", load_datasets()))]
Reviewed = Annotated[str, AfterValidator(lambda value: _one_of(value, "claim", load_claims()))]
Form = Annotated[str, AfterValidator(lambda value: _one_of(value, "form", FORMS))]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scope(OfSource):
    """Whose trade a story tells. `partner`: None where its blanks name partners each for itself."""

    flow: Flow
    partner: str | None = None
    scheme: str
    category: str

    @model_validator(mode="after")
    def _known(self) -> Scope:
        refuse_unknown(self, self.partner, self.scheme, self.category)
        return self


def refuse_unknown(scope: OfSource, partner: str | None, scheme: str, category: str) -> None:
    """`ValueError` where a source has no such partner, or no such category, as the reviewed tables know them."""
    source = scope.declared
    if partner is not None and partner != "all":
        _one_of(partner, f"partner of {source.name}", sorted(known_partners().get(source.partner_system, ())))
    known = known_categories()
    of = {name for system, name in known if system in (None, source.code_system)}
    _one_of(scheme, "scheme", sorted(of))
    codes = {code for system in (None, source.code_system) for code in known.get((system, scheme), ())}
    _one_of(category, f"category of {scheme}", sorted(codes))


class Subject(_Strict):
    """A measure of the story's scope, or of another partner or category of it."""

    measure: Measured
    partner: str | None = None
    scheme: str | None = None
    category: str | None = None


class Blank(Subject):
    """One figure of the sentence. `written`: in which form; `digits`: after the point; `month`: None for the latest of
    which all figures of the sentence are known.
    """

    written: Form
    digits: Annotated[int, Field(ge=0, le=3)] | None = None
    month: Annotated[dt.date | None, BeforeValidator(_month)] = None

    @model_validator(mode="after")
    def _fits(self) -> Blank:
        forms = MEASURES[self.measure].forms
        if self.written not in forms:
            raise ValueError(f"{self.measure} is not written in {self.written}: use one of {', '.join(forms)}")
        return self


class Event(_Strict):
    """What happened, and where that can be read."""

    date: dt.date
    what: Text
    source: Text


class Picture(Subject):
    """A series that a page shows."""

    title: Text


class Story(_Strict):
    """A sentence in clauses. One is told if all its blanks are known; one that begins with a comma goes on with the
    clause before, and falls with it. Without its first clause there is no sentence.
    """

    title: Text
    scope: Scope
    datasets: Annotated[tuple[Promised, ...], Field(min_length=1)]
    blanks: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Blank]
    sentence: Annotated[tuple[Text, ...], Field(min_length=1)]
    claims: tuple[Reviewed, ...] = ()
    events: tuple[Event, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @field_validator("datasets")
    @classmethod
    def _of_the_scope(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        scope: Scope | None = info.data.get("scope")
        if scope:
            whose = (scope.source, scope.reporting, scope.flow)
            known = load_datasets()
            fit = [name for name, of in known.items() if (of.source, of.reported_by, of.flow) == whose]
            if not {*fit} & {*value}:
                raise ValueError(
                    f"none of these holds {' '.join(whose)}: use one of {', '.join(fit) or 'a new dataset'}"
                )
        return value

    @field_validator("blanks", "pictures")
    @classmethod
    def _of_somebody(cls, value: Mapping[str, Blank] | tuple[Picture, ...], info: ValidationInfo) -> object:
        scope: Scope | None = info.data.get("scope")
        parts = value.items() if isinstance(value, Mapping) else ((part.title, part) for part in value)
        for name, part in parts if scope else ():
            assert scope is not None
            partner = part.partner or scope.partner
            try:
                refuse_unknown(scope, partner, part.scheme or scope.scheme, part.category or scope.category)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
            if partner is None:
                raise ValueError(f"{name} names no partner, and neither does the scope: a code, or all")
            if partner == "all" and MEASURES[part.measure].needs_partner:
                raise ValueError(f"{name}: all partners together have no {part.measure}: name a partner")
        return value

    @field_validator("sentence")
    @classmethod
    def _filled(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        blanks = info.data.get("blanks")
        if blanks is None:
            return value
        if value[0].startswith(","):
            raise ValueError("the first clause begins with a comma, and there is none before it to go on with")
        asked = [name for clause in value for name in blanks_of(clause)]
        for name in asked:
            _one_of(name, "blank", blanks)
        if idle := [name for name in blanks if name not in asked]:
            raise ValueError(f"the sentence does not ask for {', '.join(idle)}")
        return value

    def subject(self, part: Subject) -> tuple[str, str, str]:
        """Partner, scheme and category of a blank or a picture."""
        partner = part.partner or self.scope.partner
        assert partner is not None
        return partner, part.scheme or self.scope.scheme, part.category or self.scope.category


def blanks_of(clause: str) -> list[str]:
    """The names of blanks in a clause; `ValueError` for what is none."""
    found = []
    for _, name, spec, conversion in Formatter().parse(clause):
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"write a blank as its name in braces: {{{name or 'name'}}}")
        found.append(name)
    return found


def names(folder: Path | None = None) -> list[str]:
    """The stories that there are."""
    return sorted(path.stem for path in (folder or FOLDER).glob("*.yml"))


def load_story(name: str, folder: Path | None = None) -> Story:
    """The story of that name; `RefusalError` naming those there are, or what is wrong with it and where."""
    known = names(folder)
    if name not in known:
        raise RefusalError(
            f"there is no story {name!r}", remedy=f"use one of {', '.join(known)}, or copy one in {FOLDER.name}/"
        )
    return strict_yaml.load((folder or FOLDER) / f"{name}.yml", Story)
