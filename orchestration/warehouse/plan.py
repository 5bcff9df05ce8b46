"""Which months and which models the build database must rebuild so that it reflects landing.

`warehouse/built.json` remembers, per month, the receipts that it was built from, and per model a fingerprint of all
that it was made of. It is written after a stage has succeeded, so that whatever a crash leaves behind counts as stale
and is built again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from orchestration.base.months import month_range
from orchestration.base.settings import DBT_PROJECT, Home, settings
from orchestration.landing.store import LandingState
from orchestration.sources.gacc.parse import PARSER_VERSION
from orchestration.sources.gacc_nomenclature import parse as gacc_nomenclature
from orchestration.warehouse.nodes import Step, built_nodes, fingerprints, made_into, made_of_facts, step_of


class Built(BaseModel):
    """What the build database holds. `code`: the dbt project; `facts`, `marts`: landing sequence of each layer;
    `models`: by name what each is made of (`nodes.fingerprints`).
    """

    model_config = ConfigDict(frozen=True)

    code: str = ""
    facts: int = -1
    marts: int = -1
    months: dict[dt.date, str] = {}
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
    """What to build for a landing state. `months`: to rebuild, in order, and no others; `full`: all of it anew.

    `models`: by name what each would be made of; `stale`: those that are made of something else, or not at all.
    """

    state: LandingState
    code: str
    months: tuple[dt.date, ...]
    fingerprints: dict[dt.date, str]
    full: bool
    models: dict[str, str]
    stale: frozenset[str]

    def stale_of(self, step: Step) -> list[str]:
        """Names of what a step must build, in no order; facts are built by month, whatever their names."""
        return sorted(name for name in self.stale if step_of(built_nodes()[name]) == step)

    def waiting(self, names: Collection[str]) -> list[str]:
        """What these are made of and what is stale, and not among them."""
        return sorted((made_into(names) & self.stale) - set(names))

    def having(self, built: Built, step: Step, names: Collection[str] | None = None) -> Built:
        """What the build database holds once a step of this plan has succeeded, or of a step these names alone."""
        of_step = {name: of for name, of in self.models.items() if step_of(built_nodes()[name]) == step}
        done = {name: of for name, of in of_step.items() if names is None or name in names}
        held = built.models | done
        if step == "dimensions":
            return built.model_copy(update={"models": held})
        if step == "marts":
            is_whole = all(held.get(name) == of for name, of in of_step.items())
            return built.model_copy(update={"marts": built.facts if is_whole else built.marts, "models": held})
        # What is made of facts is stale, also where these were built anew from the same receipts.
        kept = {n: of for n, of in built.models.items() if not self.months or n not in made_of_facts()}
        return Built(
            code=self.code,
            facts=self.state.sequence,
            marts=-1 if self.full else built.marts,
            months=self.fingerprints,
            models=kept | done,
        )

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
    stale = {m for m in now.keys() | built.months.keys() if full or now.get(m) != built.months.get(m)}
    models = fingerprints(state, code)
    held = {} if full else built.models
    months = tuple(sorted(stale | set(asked)))
    old = {name for name, of in models.items() if held.get(name) != of}
    # Months may be built anew from the same receipts; what is made of them follows.
    old |= made_of_facts() if months else set()
    return Plan(state, code, months, now, full, models, frozenset(old))


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
