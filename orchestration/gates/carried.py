"""Evidence that need not be gathered again: comparisons of the audit before whose inputs are what they were.

Belongs here: of what a gate's comparisons of a month are gathered, as fingerprints. Not here: judgement. Rows are
carried, never verdicts: Great Expectations judges what was carried and what was gathered together.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from orchestration.base.hashes import files_below, hash_files
from orchestration.base.months import add_months, format_month, month_range, parse_month
from orchestration.base.settings import DBT_PROJECT, PROJECT, Home
from orchestration.gates.raw_papers import VIEWS, mark_of_papers
from orchestration.gates.reference import READS
from orchestration.gates.suites import GateSpec
from orchestration.landing.store import LandingState

#: By gate and month (YYYY-MM) the fingerprint of what its comparisons were gathered from.
Inputs = dict[str, dict[str, str]]
#: By published table and month its content hash, all streams together; a table in one piece under ''.
Content = Mapping[str, Mapping[str, str]]
LIBRARIES = ("duckdb", "great-expectations", "pandas", "pyarrow")


@dataclass(frozen=True)
class Earlier:
    """The audit before: `results`, its comparisons as Parquet, and what they were gathered from."""

    results: Path
    inputs: Inputs


#: Of the code that this process runs, so read at its start: files may change under a process that lives long.
CODE = hash_files([*files_below(PROJECT / "orchestration", "*.py"), *files_below(DBT_PROJECT / "seeds", "*.csv")])


@cache
def window(reads: str, month: str) -> tuple[str, ...]:
    """The months that comparisons of a month read, by what the gate declares; `ValueError` for `all` and `before`: of
    these there is none.

    `month`; `back N`: with as many before it; `around N`: and after it; `year`: from January on; `years N`: from
    January so many years before to the December of its year, since a later month moves what is not over; `period`: of
    any printed figure of up to twelve months that speaks of it, from January two years before on, since growth is
    printed, to the eleventh month after it.
    """
    first = last = parse_month(month)
    kind, _, n = reads.partition(" ")
    match kind:
        case "month":
            pass
        case "back":
            first = add_months(last, -int(n))
        case "around":
            first, last = add_months(last, -int(n)), add_months(last, int(n))
        case "year":
            first = last.replace(month=1)
        case "years":
            first, last = last.replace(year=last.year - int(n), month=1), last.replace(month=12)
        case "period":
            first, last = last.replace(year=last.year - 2, month=1), add_months(last, 11)
        case _:
            raise ValueError(f"{reads} is no window of months")
    return tuple(format_month(found) for found in month_range(first, last))


@dataclass(frozen=True)
class _Gate:
    """A gate, with all of its inputs that are the same for every month in `of`. `before`: gates that it looks at."""

    reads: str
    tables: tuple[str, ...]
    before: list[str]
    asks_beginnings: bool
    of: bytes


class Sources:
    """What all comparisons of one audit are gathered from, by month."""

    def __init__(
        self, content: Content, begun: Mapping[str, str], state: LandingState, home: Home, expectations: Path
    ) -> None:
        """`begun`: hashes of the series that begin in a month (`reference.FIRST_TRADED`), in order of months."""
        self.content, self._begun, self._expectations = content, begun, expectations
        self._gates: dict[str, _Gate] = {}
        landed: dict[str, list[str]] = defaultdict(list)
        rank = state.precedence()
        for receipt in sorted(state.active, key=lambda r: rank[r.receipt_id]):
            for month in receipt.scope.month_list:
                landed[format_month(month)].append(repr(receipt))
        for path in sorted(home.raw.glob("*/month=*/*.parquet")):
            mark = path.stat()
            landed[path.parent.name[6:]].append(f"{path.name} {mark.st_size} {mark.st_mtime_ns}")
        self._landed = {month: hashlib.sha256(repr(said).encode()).digest() for month, said in landed.items()}
        streams = sorted({(r.scope.source, r.scope.reporter, r.scope.flow) for r in state.active})
        datasets = (expectations / "datasets.yml").read_bytes()
        versions = [version(name) for name in LIBRARIES]
        self._common = repr((CODE, versions, streams, state.dataset_names, datasets))
        self._papers = mark_of_papers(home, state)
        self.of, self._held = cache(self._of), cache(self._held_of)

    @property
    def months(self) -> set[str]:
        """Months of which anything is held: a receipt, raw rows, or rows of a published table."""
        published = {month for held in self.content.values() for month in held if month}
        return {*self._landed, *published}

    def know(self, spec: GateSpec, sql: str) -> None:
        """Remember a gate, for itself and for those after it that look at what it compared."""
        tables = tuple(sorted(self._tables(sql)))
        whole = {table: self.content[table].get("") for table in tables}
        file = (self._expectations / f"{spec.gate}.yml").read_bytes()
        before = [name for name in self._gates if name != spec.gate and f"'{name}'" in sql]
        papers = self._papers if VIEWS & set(re.findall(r"\w+", sql)) else None
        of = hashlib.sha256(repr((self._common, sql, file, whole, papers)).encode()).digest()
        self._gates[spec.gate] = _Gate(spec.reads, tables, before, "first_traded" in sql, of)

    def _of(self, name: str, month: str) -> str | None:
        """Fingerprint of what a gate's comparisons of a month are gathered from; None if it reads everything."""
        gate = self._gates[name]
        before = [self.of(earlier, month) for earlier in gate.before]
        if gate.reads in ("all", "before") or None in before:
            return None
        begun = [of for first, of in self._begun.items() if first <= month] if gate.asks_beginnings else []
        digest = hashlib.sha256(repr((gate.of, before, begun)).encode())
        for read in window(gate.reads, month):
            digest.update(self._held(gate.tables, read))
        return digest.hexdigest()[:16]

    def _held_of(self, tables: tuple[str, ...], month: str) -> bytes:
        """What is held of a month, of some tables and of all that has landed: windows of months overlap."""
        held = [self.content[table].get(month) for table in tables]
        return hashlib.sha256(repr((month, held, self._landed.get(month))).encode()).digest()

    def _tables(self, sql: str) -> Iterator[str]:
        """Published tables that a gate reads, also through what is made for all gates."""
        words = set(re.findall(r"\w+", sql))
        for name, text in READS.items():
            words |= set(re.findall(r"\w+", text)) if name in words else set()
        return (table for table in self.content if table in words)
