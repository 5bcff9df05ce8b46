"""Whose figures a claim speaks of.

Belongs here: the source and the reporter of a claim. Not here: what it says of them (`declared`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import Source

#: Whose figures a claim speaks of that names no source.
DEFAULT_SOURCE = "gacc"


def spoken_of(reporter: str, partner_system: str) -> str:
    """The source of which a printed figure speaks: it reports for that country, with partner codes of that system."""
    found = (
        name
        for name, source in TRADE.items()
        if not source.is_synthetic and reporter in source.reporters and source.partner_system == partner_system
    )
    return next(found, DEFAULT_SOURCE)


class OfSource(BaseModel):
    """`source`: whose figures are meant. `reporter`: ISO3 code, None where the source reports for one country only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = DEFAULT_SOURCE
    reporter: str | None = None

    @field_validator("source")
    @classmethod
    def _offered(cls, value: str) -> str:
        if value not in TRADE:
            raise ValueError(f"there is no source {value!r}: use one of {', '.join(TRADE)}")
        return value

    @model_validator(mode="after")
    def _reported(self) -> OfSource:
        reporters = self.declared.reporters
        if self.reporter is None and len(reporters) != 1:
            raise ValueError(f"reporter is missing: {self.source} reports for {', '.join(reporters)}")
        if self.reporter is not None and self.reporter not in reporters:
            raise ValueError(f"{self.source} does not report for {self.reporter!r}, but for {', '.join(reporters)}")
        return self

    @property
    def declared(self) -> Source:
        """What the source says of itself."""
        return TRADE[self.source]

    @property
    def reporting(self) -> str:
        """ISO3 code of the country whose customs counted."""
        return self.reporter or self.declared.reporters[0]

    @property
    def first_month(self) -> dt.date:
        """Of the source's figures."""
        return self.declared.first_month

    def answered_by(self, held: Collection[str]) -> str:
        """The source of a home that answers: the one that is meant, else a sample of it, where only that is held."""
        samples = [name for name in sorted(held) if TRADE[name].sample_of == self.source]
        return samples[0] if samples and self.source not in held else self.source
