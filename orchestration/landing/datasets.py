"""Datasets: the scopes that the warehouse promises to hold (`expectations/datasets.yml`)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.months import month_range, parse_month
from orchestration.base.settings import settings
from orchestration.landing.scope import Currency, Declaration, Flow, HsCodes, Partners
from orchestration.sources.catalogue import SOURCES, TRADE


def _month(value: object) -> object:
    return parse_month(value) if isinstance(value, str) else value


def _month_or_open(value: object) -> object:
    return None if value == "open" else _month(value)


Month = Annotated[dt.date, BeforeValidator(_month)]


class Series(BaseModel):
    """A partner × HS prefix that trades in every month: a zero is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partner: str
    hs: str


class Dataset(BaseModel):
    """A promised scope. `last`: None (written `open`) = new months are expected by the release calendar."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    source: str
    reporter: str | None = None
    flow: Flow
    hs: HsCodes
    partners: Partners
    currency: Currency
    first: Month
    last: Annotated[dt.date | None, BeforeValidator(_month_or_open)]
    never_zero: tuple[Series, ...] = ()
    must_compare: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Dataset:
        self.declaration("")
        if self.source not in TRADE:
            raise ValueError(f"{self.source} is no source of trade; a dataset is a scope of trade")
        source = TRADE[self.source]
        if self.reporter is None and len(source.reporters) > 1:
            raise ValueError(f"{source.name} reports for several countries: say reporter")
        if self.first < source.first_month or (self.last is not None and self.last < self.first):
            raise ValueError(f"first lies before {source.first_month:%Y-%m}, or last before first")
        return self

    @property
    def reported_by(self) -> str:
        """ISO3 of the reporter."""
        return self.reporter or TRADE[self.source].reporters[0]

    def declaration(self, name: str) -> Declaration:
        """What the dataset says of every file that is received for it."""
        return Declaration(
            dataset=name or None,
            source=self.source,
            reporter=self.reporter,
            flow=self.flow,
            hs=self.hs,
            partners=self.partners,
            currency=self.currency,
        )

    def promised(self, today: dt.date) -> list[dt.date]:
        """Months that are promised and due on the given day, by the calendar of the source."""
        due = TRADE[self.source].last_due(today)
        return list(month_range(self.first, due if self.last is None else min(self.last, due)))


def _free_name(name: str) -> str:
    if name in SOURCES:
        raise ValueError(f"{name} is the name of a source, and so of a folder of the inbox that says no more than that")
    return name


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    datasets: dict[Annotated[str, AfterValidator(_free_name)], Dataset]


def load_datasets(folder: Path | None = None) -> dict[str, Dataset]:
    """All datasets by name, from `datasets.yml`; a typo is an error that names the line."""
    return strict_yaml.load((folder or settings().expectations) / "datasets.yml", _File).datasets


def find(name: str, file: str) -> Dataset:
    """The dataset of that name; `RefusalError` naming those there are."""
    datasets = load_datasets()
    if name not in datasets:
        raise RefusalError(
            f"there is no dataset {name!r}",
            file=file,
            remedy=f"use one of {', '.join(datasets)}, or add it to expectations/datasets.yml (copy an entry)",
        )
    return datasets[name]
