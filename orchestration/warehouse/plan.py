"""Which months and which models the build database must rebuild so that it reflects landing.

`warehouse/built.json` remembers, per month, the receipts that facts and each mart were built from, and per model a
fingerprint of all that it was made of. Before a stage begins, all that it builds is struck out, so that whatever a
crash leaves behind counts as stale and is built again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from orchestration.base.months import month_range
from orchestration.base.settings import DBT_PROJECT, Home, settings
from orchestration.landing.store import LandingState
from orchestration.sources.gacc.parse import PARSER_VERSION
from orchestration.sources.gacc_nomenclature import parse as gacc_nomenclature
from orchestration.warehouse.dbt import Window
from orchestration.warehouse.nodes import (
    Step,
    built_nodes,
    fingerprints,
    made_into,
    made_of_facts,
    monthly_marts,
    step_of,
)


class Built(BaseModel):
    """What the build database holds. `code`: the dbt project; `facts`, `marts`: landing sequence of each layer;
    `months`: by month what facts are made of, `mart_months` the same of each mart; `models`: by name what each is made
    of (`nodes.fingerprints`).
    """

    model_config = ConfigDict(frozen=True)

    code: str = ""
    facts: int = -1
    marts: int = -1
    months: dict[dt.date, str] = {}
    mart_months: dict[str, dict[dt.date, str]] = {}
    models: dict[str, str] = {}

    @classmethod
    def read(cls, home: Home) -> Built:
        """The state on disk; an empty one if there is none, or no build database."""
        path = home.warehouse / "built.json"
        if not path.exists() or not home.build_database.exists():
            return cls()
        return cls.model_validate_json(path.read_bytes())

    def write(self, home: Home) -> None:
        """Replace the state on disk in one step."""
        aside = home.warehouse / ".built.json"
        aside.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        aside.replace(home.warehouse / "built.json")


@dataclass(frozen=True)
class Plan:
    """What to build for a landing state. `months`: of facts to rebuild, in order, and no others; `full`: all anew.

    `shown`: by month what marts would be made of; `window`: which months each mart must rebuild.
    `models`: by name what each would be made of; `stale`: those that are made of something else, or not at all.
    """

    state: LandingState
    code: str
    months: tuple[dt.date, ...]
    fingerprints: dict[dt.date, str]
    shown: dict[dt.date, str]
    window: Window
    full: bool
    models: dict[str, str]
    stale: frozenset[str]

    def stale_of(self, step: Step) -> list[str]:
        """Names of what a step must build, in no order; facts are built by month, whatever their names."""
        return sorted(name for name in self.stale if step_of(built_nodes()[name]) == step)

    def waiting(self, names: Collection[str]) -> list[str]:
        """What these are made of and what is stale, and not among them."""
        return sorted((made_into(names) & self.stale) - set(names))

    def begun(self, built: Built, step: Step, names: Collection[str] | None = None) -> Built:
        """What can be relied on while a step of this plan is at work, or of a step these names alone."""
        done = self._of(step, names) & self.stale
        if step == "facts" and self.months:
            done |= made_of_facts()
        months = {"facts": dict.fromkeys(self.months, "")}
        marts = {
            mart: built.mart_months.get(mart, {}) | dict.fromkeys(self.window.stale[mart], "")
            for mart in self.window.stale.keys() & done
        }
        return built.model_copy(
            update={
                "code": "" if self.full else built.code,
                "months": built.months | months.get(step, {}),
                "mart_months": built.mart_months | marts,
                "models": {name: of for name, of in built.models.items() if name not in done},
            }
        )

    def having(self, begun: Built, step: Step, names: Collection[str] | None = None) -> Built:
        """What the build database holds once what had `begun` has succeeded."""
        done = self._of(step, names)
        held = begun.models | {name: self.models[name] for name in done}
        if step == "dimensions":
            return begun.model_copy(update={"models": held})
        if step == "marts":
            is_whole = all(held.get(name) == self.models[name] for name in self._of(step, None))
            months = begun.mart_months | dict.fromkeys(self.window.stale.keys() & done, self.shown)
            marts = begun.facts if is_whole else begun.marts
            return begun.model_copy(update={"marts": marts, "mart_months": months, "models": held})
        marts = -1 if self.full else begun.marts
        facts = {"code": self.code, "facts": self.state.sequence, "months": self.fingerprints}
        return begun.model_copy(update={**facts, "marts": marts, "models": held})

    def _of(self, step: Step, names: Collection[str] | None) -> set[str]:
        """The models of a step, or these among them."""
        return {n for n, node in built_nodes().items() if step_of(node) == step and (names is None or n in names)}

    @property
    def batches(self) -> list[tuple[dt.date, ...]]:
        """The months in order, as many at once as fit into memory; one empty batch if there is none."""
        rows: dict[dt.date, int] = defaultdict(int)
        for receipt in self.state.active:
            for received in receipt.content:
                rows[received.month] += received.rows
        found: list[list[dt.date]] = [[]]
        held = 0
        for month in self.months:
            if found[-1] and held + rows[month] > settings().batch_rows:
                found.append([])
                held = 0
            found[-1].append(month)
            held += rows[month]
        return [tuple(batch) for batch in found]


def plan(home: Home, state: LandingState, asked: Iterable[dt.date] = ()) -> Plan:
    """Months that were asked for, and all whose receipts differ from those that they were built from."""
    built, code = Built.read(home), code_fingerprint()
    now = month_fingerprints(state)
    full = built.code != code
    months = now.keys() | built.months.keys() if full else unlike(now, built.months) | set(asked)
    models = fingerprints(state, code)
    held = {} if full else built.models
    old = {name for name, of in models.items() if held.get(name) != of}
    # Months may be built anew from the same receipts; what is made of them follows.
    old |= made_of_facts() if months else set()
    shown = shown_fingerprints(state, now)
    window = _window(months, shown, {} if full else built.mart_months)
    return Plan(state, code, tuple(window.facts), now, shown, window, full, models, frozenset(old))


def unlike(now: Mapping[dt.date, str], held: Mapping[dt.date, str]) -> set[dt.date]:
    """Months of which the two do not say the same."""
    return {month for month in now.keys() | held.keys() if now.get(month) != held.get(month)}


def _window(
    months: Collection[dt.date], shown: Mapping[dt.date, str], held: Mapping[str, Mapping[dt.date, str]]
) -> Window:
    """The months of facts, and those of each mart, in order; what is made of months built anew is stale."""
    stale = {mart: sorted(unlike(shown, held.get(mart, {})) | set(months)) for mart in monthly_marts()}
    adding = [m for m, found in stale.items() if held.get(m) and (not found or found[0] > max(held[m]))]
    return Window(tuple(sorted(months)), stale, adding)


def shown_fingerprints(state: LandingState, months: Mapping[dt.date, str]) -> dict[dt.date, str]:
    """By month what marts show of it: its receipts, and every stream that spans it, covered or not."""
    spans: dict[tuple[str, str, str], list[dt.date]] = defaultdict(list)
    for receipt in state.active:
        scope = receipt.scope
        spans[(scope.source, scope.reporter, scope.flow)] += scope.months
    found: dict[dt.date, str] = {}
    for stream, ends in sorted(spans.items()):
        for month in month_range(min(ends), max(ends)):
            found[month] = " ".join([found.get(month, months.get(month, "")), *stream])
    return {month: hashlib.sha256(text.encode()).hexdigest()[:16] for month, text in sorted(found.items())}


def month_fingerprints(state: LandingState) -> dict[dt.date, str]:
    """Per covered month the receipts that cover it, in their order of precedence, and the parser's version.

    Lists of partners, regimes and provinces decide which rows are held back, so they belong to every month; lists of
    commodities only describe.
    """
    rank = state.precedence()
    lists = [r.receipt_id for r in state.code_lists if r.list != "hs8"]
    versions = [PARSER_VERSION, *([gacc_nomenclature.PARSER_VERSION, *lists] if lists else [])]
    found: dict[dt.date, list[str]] = defaultdict(list)
    for receipt in sorted(state.active, key=lambda r: rank[r.receipt_id]):
        for month in month_range(*receipt.scope.months):
            found[month].append(receipt.receipt_id)
    return {
        month: hashlib.sha256(" ".join([*versions, *ids]).encode()).hexdigest()[:16]
        for month, ids in sorted(found.items())
    }


def code_fingerprint() -> str:
    """Hash of everything in the dbt project that decides on content: models, macros, seeds."""
    digest = hashlib.sha256()
    for folder in ("models", "macros", "seeds"):
        for path in sorted((DBT_PROJECT / folder).rglob("*")):
            if path.is_file():
                digest.update(str(path.relative_to(DBT_PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
