"""Which months, categories and models the build database must rebuild so that it reflects landing.

`warehouse/built.json` remembers per model a fingerprint of all that it was made of, of models built by month what each
month was made of, and what each of the home's own categories was. Before a step begins, all that it builds is struck
out, so that whatever a crash leaves behind counts as stale and is built again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.base.settings import DBT_PROJECT, Home, settings
from orchestration.landing.store import LandingState
from orchestration.warehouse.categories import taken_categories
from orchestration.warehouse.dbt import Months, Window
from orchestration.warehouse.nodes import (
    Step,
    built_nodes,
    by_category,
    by_scheme,
    fingerprints,
    is_windowed,
    made_into,
    made_of_facts,
    monthly,
    names_of,
    shaping_code,
    step_of,
    untested_views,
)
from orchestration.warehouse.units import (
    Units,
    month_fingerprints,
    only_adding,
    shown_fingerprints,
    stale_months,
    stream_of,
    struck_out,
    together,
    unlike,
)


class Built(BaseModel):
    """What the build database holds. `code`: the dbt project; `facts`, `marts`: landing sequence of each layer;
    `models`: by name what each is made of (`nodes.fingerprints`), `months`: by name, stream and month, of those built
    by month, `categories`: by name and `scheme/category`, of those built by category, where one is the home's own.
    `views`: by name under which Python each view was made, which says what the files that it reads look like.
    `mark`: size and time of its file after the last step, by which one that others wrote to is told; none while a step
    is at work.
    """

    model_config = ConfigDict(frozen=True)

    code: str = ""
    facts: int = -1
    marts: int = -1
    months: dict[str, Units] = {}
    models: dict[str, str] = {}
    categories: dict[str, dict[str, str]] = {}
    views: dict[str, str] = {}
    mark: tuple[int, int] | None = None

    @classmethod
    def read(cls, home: Home) -> Built:
        """The state on disk; an empty one if there is none, or none that can be read, or if the build database is gone
        or was written to since.
        """
        if not home.build_database.exists():
            return cls()
        said = cls._said(home)
        return said if said.mark in (None, _mark(home.build_database)) else cls()

    @classmethod
    def is_as_left(cls, home: Home) -> bool:
        """Whether the build database is, by size and time, what the last step left."""
        said = cls._said(home)
        return said.mark is not None and said.mark == _mark(home.build_database)

    @classmethod
    def was_at_work(cls, home: Home) -> bool:
        """Whether the last step was cut off, or nobody knows."""
        return cls._said(home).mark is None

    @classmethod
    def _said(cls, home: Home) -> Built:
        try:
            return cls.model_validate_json((home.warehouse / "built.json").read_bytes())
        except (OSError, ValidationError):
            return cls()

    def write(self, home: Home, *, at_work: bool = False) -> None:
        """Replace the state on disk in one step. `at_work`: a step begins, which will write to the build database."""
        aside = home.warehouse / ".built.json"
        mark = None if at_work or not home.build_database.exists() else _mark(home.build_database)
        said = self.model_copy(update={"mark": mark})
        aside.write_text(said.model_dump_json(indent=1), encoding="utf-8")
        aside.replace(home.warehouse / "built.json")


def _mark(path: Path) -> tuple[int, int]:
    mark = path.stat()
    return mark.st_size, mark.st_mtime_ns


@dataclass(frozen=True)
class Plan:
    """What to build for a landing state. `full`: all anew.

    `models`: by name what each would be made of, `months`: by step, stream and month; `stale`: the models that are made
    of something else, or not at all; `stale_months`: by stream, of those built by month, and no others. `categories`:
    the home's own, and what each is; `stale_categories`: by name of those built by category, in order. `standing`:
    views that are there, and show what they read, whatever that is by now.
    """

    state: LandingState
    code: str
    full: bool
    models: dict[str, str]
    months: dict[str, Units]
    stale: frozenset[str]
    stale_months: dict[str, dict[str, list[dt.date]]]
    adding: frozenset[str]
    categories: dict[str, str]
    stale_categories: dict[str, list[str]]
    standing: frozenset[str]

    def stale_of(self, step: Step) -> list[str]:
        """Names of what a step must build; of facts those with months to build, whatever else they are made of."""
        found = [name for name in names_of(step) if name in self.stale and name not in self.standing]
        return found if step != "facts" or self.full else [name for name in found if self.stale_months[name]]

    def waiting(self, names: Collection[str]) -> list[str]:
        """What these are made of and what is stale, and not among them."""
        return sorted((made_into(names) & self.stale) - set(names))

    def replaced(self, names: Collection[str] | None = None) -> dict[str, list[dt.date]]:
        """The months that windowed models must rebuild, by stream; or these among them, all together."""
        of = [name for name in monthly() if is_windowed(built_nodes()[name]) and (names is None or name in names)]
        return together(self.stale_months[name] for name in of)

    def window_months(self, names: Collection[str] | None = None) -> list[dt.date]:
        """The months of `replaced`, whatever the stream, in order."""
        return sorted({month for months in self.replaced(names).values() for month in months})

    def window(self, replaced: Months) -> Window:
        """What dbt is told of months, those that windowed models replace among them."""
        return Window(replaced, self.stale_months, self.adding)

    def by_months(self, names: Collection[str]) -> bool:
        """Whether any of these has months to build."""
        return any(self.stale_months[name] for name in monthly() & set(names))

    def categories_of(self, names: Collection[str]) -> dict[str, list[str]]:
        """By name the categories that these must rebuild, of all months; none where all is built anew anyway."""
        return (
            {}
            if self.full
            else {name: found for name, found in self.stale_categories.items() if name in names and found}
        )

    def begun(self, built: Built, step: Step, names: Collection[str] | None = None) -> Built:
        """What can be relied on while a step of this plan is at work, or of a step these names alone."""
        at_work, replaced = self._of(step, names) & self.stale, self.replaced(self._of(step, names))
        done, gone = at_work, {n: together([replaced, self.stale_months[n]]) for n in at_work & monthly()}
        if step == "facts" and replaced:
            # Months may be built anew from the same receipts; what is made of them follows, as far as it is there.
            follows = made_of_facts() - set(names_of("facts"))
            gone |= {name: _there(built.months.get(name, {}), replaced) for name in follows & monthly()}
            done = at_work | follows
        months = {name: struck_out(built.months.get(name, {}), struck) for name, struck in gone.items()}
        categories = {
            name: built.categories.get(name, {}) | dict.fromkeys(self.stale_categories[name], "")
            for name in done & by_category()
        }
        return built.model_copy(
            update={
                "code": "" if self.full else built.code,
                "months": built.months | months,
                "categories": built.categories | categories,
                "models": {name: of for name, of in built.models.items() if name not in done},
                # What follows is not touched yet: its views stand, and show what is read of them anew.
                "views": {name: of for name, of in built.views.items() if name not in at_work},
            }
        )

    def having(self, begun: Built, step: Step, names: Collection[str] | None = None) -> Built:
        """What the build database holds once what had `begun` has succeeded."""
        done = self._of(step, names)
        models = begun.models | {name: self.models[name] for name in done}
        months = begun.months | dict.fromkeys(done & monthly(), self.months.get(step, {}))
        categories = begun.categories | dict.fromkeys(done & by_category(), self.categories)
        views = begun.views | dict.fromkeys(done & untested_views(), shaping_code())
        update: dict[str, object] = {"models": models, "months": months, "categories": categories, "views": views}
        if all(models.get(name) == self.models[name] for name in self._of(step, None)):
            if step == "facts":
                update |= {"code": self.code, "facts": self.state.sequence, "marts": -1 if self.full else begun.marts}
            elif step == "marts":
                update |= {"marts": begun.facts}
        return begun.model_copy(update=update)

    def _of(self, step: Step, names: Collection[str] | None) -> set[str]:
        """The models of a step, or these among them."""
        return {n for n in names_of(step) if names is None or n in names}

    def batches(self, months: Months) -> list[dict[str, list[dt.date]]]:
        """These months in order, as many at once as fit into memory."""
        rows: dict[dt.date, int] = defaultdict(int)
        for receipt in self.state.active:
            for received in receipt.content if stream_of(receipt.scope) in months else ():
                rows[received.month] += received.rows
        found: list[list[dt.date]] = [[]]
        held = 0
        for month in sorted({month for of in months.values() for month in of}):
            if found[-1] and held + rows[month] > settings().batch_rows:
                found.append([])
                held = 0
            found[-1].append(month)
            held += rows[month]
        return [together([_there(months, dict.fromkeys(months, batch))]) for batch in found]


def _there(held: Mapping[str, Collection[dt.date]], months: Months) -> dict[str, list[dt.date]]:
    """Those of some months, by stream, that are held."""
    return {stream: sorted(set(held.get(stream, ())) & set(of)) for stream, of in months.items()}


def plan(home: Home, state: LandingState, asked: Iterable[dt.date] = ()) -> Plan:
    """Months that were asked for, and all whose receipts differ from those that they were built from."""
    built, code = Built.read(home), code_fingerprint()
    full = built.code != code
    received = month_fingerprints(state)
    months = {"facts": received, "marts": shown_fingerprints(state, received)}
    held = {} if full else built.months
    stale, adding = {}, set()
    for name in sorted(monthly()):
        now, then = months[step_of(built_nodes()[name])], held.get(name, {})
        stale[name] = stale_months(now, then)
        if then and only_adding(stale[name], then):
            adding.add(name)
    again = _there(received, {stream: [*asked] for stream in received})
    for name in names_of("facts"):
        stale[name] = together([stale[name], again])
    own = taken_categories(home)
    categories, held_categories = own.fingerprints(), {} if full else built.categories
    stale_categories = {n: _unlike(n, categories, held_categories.get(n, {})) for n in sorted(by_category())}
    models = fingerprints(state, code, own)
    old = {name for name, of in models.items() if built.models.get(name) != of}
    old |= {name for of in (stale, stale_categories) for name, found in of.items() if found}
    facts = set(names_of("facts"))
    old |= made_of_facts() - facts if any(stale[name] for name in facts) else set()
    made = {name for name, of in built.views.items() if of == shaping_code()}
    standing = frozenset() if full or built.marts < 0 else untested_views() & made
    return Plan(
        state, code, full, models, months, frozenset(old), stale, frozenset(adding), categories, stale_categories,
        standing,
    )  # fmt: skip


def _unlike(name: str, now: Mapping[str, str], held: Mapping[str, str]) -> list[str]:
    """The categories that a model must build anew, in order; of some models with all others of their schemes."""
    found = set(unlike(now, held))
    if name in by_scheme():
        schemes = {category.split("/")[0] for category in found}
        found = {category for category in now.keys() | held.keys() if category.split("/")[0] in schemes}
    return sorted(found)


def code_fingerprint() -> str:
    """Hash of everything in the dbt project that decides on content: models, macros, seeds."""
    digest = hashlib.sha256()
    for folder in ("models", "macros", "seeds"):
        for path in sorted((DBT_PROJECT / folder).rglob("*")):
            if path.is_file():
                digest.update(str(path.relative_to(DBT_PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
