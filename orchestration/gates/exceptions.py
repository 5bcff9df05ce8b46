"""Known exceptions: findings that are known and true, waived visibly and never for ever (`known_exceptions.yml`).

They cover findings that exist; one that covers none any more, or has expired, is a finding itself, save that what a
gate finds against the release before is gone once it is published: such an exception sleeps. Nothing broken is ever
waived.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.landing.scope import Months

FILE = "known_exceptions.yml"


def _expect(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value == "unknown":
        return None
    first, _, last = value.partition("..")
    try:
        low, high = Decimal(first.strip()), Decimal((last or first).strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is no difference: write a number, FROM..TO, or unknown") from None
    if not low <= high:
        raise ValueError(f"{value!r}: the second number lies below the first")
    return low, high


class KnownException(BaseModel):
    """One exception. `expect`: the least and the greatest known difference; None = the difference is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gates: tuple[str, ...]
    dataset: str
    scope: str
    months: Months
    expect: Annotated[tuple[Decimal, Decimal] | None, BeforeValidator(_expect)]
    reason: str
    source: str
    expires: dt.date

    @field_validator("reason", "source", "scope")
    @classmethod
    def _said(cls, value: str) -> str:
        if not value or not value.strip():
            raise ValueError("must say something")
        return value

    @field_validator("months")
    @classmethod
    def _in_order(cls, value: tuple[dt.date, dt.date]) -> tuple[dt.date, dt.date]:
        if value[0] > value[1]:
            raise ValueError("the last month lies before the first")
        return value

    def speaks_of(self, results: pd.DataFrame) -> pd.Series:
        """The comparisons of its gates, dataset and months that compared something, whatever their scope."""
        first, last = self.months
        return (
            results["gate"].isin(self.gates)
            & (results["dataset"] == self.dataset)
            & (results["n_compared"] > 0)
            & results["month"].map(lambda m: isinstance(m, dt.date) and first <= m <= last).astype(bool)
        )

    def covers(self, results: pd.DataFrame) -> pd.Series:
        """The findings among them that are of its scope and as large as it knows."""
        in_scope = results["scope"].map(lambda s: self.scope == "*" or self.scope in s).astype(bool)
        found = results["verdict"].isin(["failed", "warned"])
        return self.speaks_of(results) & in_scope & found & results["difference"].map(self._expected).astype(bool)

    def _expected(self, difference: Decimal | None) -> bool:
        if difference is None or difference != difference:
            return self.expect is None
        return self.expect is not None and self.expect[0] <= difference <= self.expect[1]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    exceptions: dict[str, KnownException]


@dataclass(frozen=True)
class Problem:
    """An exception that must go: one of its gates, where it speaks, and why. `stream`: source, reporter and flow."""

    name: str
    gate: str
    stream: dict[str, str]
    dataset: str
    month: dt.date
    reason: str


def load_exceptions(folder: Path, gates: Collection[str]) -> dict[str, KnownException]:
    """All exceptions by name; `RefusalError` for any typo, also in the name of a gate."""
    found = strict_yaml.load(folder / FILE, _File).exceptions
    for name, exception in found.items():
        if odd := set(exception.gates) - set(gates):
            raise RefusalError(
                f"{name} names {', '.join(sorted(odd))}, which is no gate",
                file=FILE,
                remedy=f"use some of {', '.join(sorted(gates))}",
            )
    return found


def waive(
    results: pd.DataFrame, exceptions: dict[str, KnownException], today: dt.date, reads_before: Collection[str] = ()
) -> list[Problem]:
    """Mark the findings that an exception covers as waived, in place; tell of each exception that must go.

    `reads_before`: gates that compare with the release before; exceptions of theirs may be unneeded until they expire.
    Exceptions that speak of nothing that was compared here are passed over: another home may need them.
    """
    problems = []
    covered = {name: exception.covers(results) for name, exception in exceptions.items()}
    for name, exception in exceptions.items():
        compared, findings = exception.speaks_of(results), covered[name]
        if not compared.any():
            continue
        reason = None
        if exception.expires < today:
            reason = f"expired on {exception.expires}: mend what was found, or review it and give it a new date"
        elif not findings.any() and not set(exception.gates) & set(reads_before):
            reason = f"no finding needs it any more: remove it from {FILE}"
        if reason is None:
            results.loc[findings, "verdict"], results.loc[findings, "waived_by"] = "waived", name
        else:
            first = results[compared].iloc[0]
            stream = {key: str(first[key]) for key in ("source", "reporter", "flow")}
            problems.append(
                Problem(name, exception.gates[0], stream, exception.dataset, exception.months[0], f"{name} {reason}")
            )
    return problems
