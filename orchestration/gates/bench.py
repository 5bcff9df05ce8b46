"""Where gates lay out their evidence: what stands on unchanged content is taken over, the rest is gathered.

Belongs here: which months of a gate are gathered. Not here: by what fingerprint a month is known again (`carried`).
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import pandas as pd

from orchestration.base.months import format_month
from orchestration.gates.carried import Inputs, Sources, window
from orchestration.gates.evidence import Subject, carry, gather, published_months, show
from orchestration.gates.judge import GateBrokenError
from orchestration.gates.raw_rows import months_in_files, show_raw
from orchestration.gates.suites import GateSpec
from orchestration.landing.store import LandingState

#: Bytes of a database whose months every gate is asked of at once.
AT_ONCE = 512_000_000


class Bench:
    """The evidence of one audit, gate after gate."""

    def __init__(self, con: duckdb.DuckDBPyConnection, subject: Subject, state: LandingState) -> None:
        self.con, self._subject = con, subject
        self._sources: Sources | None = None
        if subject.content is not None:
            self._sources = Sources(subject.content, _begun(con), state, subject.home, subject.expectations)
        self._shown: set[str] | None = None
        self._shown_raw: set[str] | None = None
        self._in_files: dict[frozenset[str], set[str]] = {}
        self._reads: dict[str, str] = {}
        self._kept_of: dict[str, set[str]] = {}

    def gather(self, spec: GateSpec) -> None:
        """Put all comparisons of a gate into the evidence table; `GateBrokenError` if it cannot.

        Those that are taken over are there once a gate looks at them, or all are asked for (`gathered`).
        """
        path = self._subject.expectations / f"{spec.gate}.sql"
        if not path.is_file():
            raise GateBrokenError(f"{path.name} is missing")
        sql = path.read_text(encoding="utf-8").rstrip().rstrip(";")
        self._reads[spec.gate] = spec.reads
        kept, anew = self._kept(spec, sql)
        if kept and "raw_row" in sql:
            spilled = self._months_in_files(frozenset(anew)) & kept
            kept, anew = kept - spilled, anew | spilled
        if kept:
            self._kept_of[spec.gate] = kept
            if not anew:
                return
        if "evidence" in sql:
            self._take_over()
        parts = self._parts(spec, sql, anew)
        for part in parts:
            seen = {month for of in part for month in window(spec.reads, of)} if kept or len(parts) > 1 else None
            self._show(seen, "raw_row" in sql)
            # Comparisons may be of a month of which nothing is held: they come with the first part.
            others = kept.union(*parts[1:])
            gather(self.con, spec, sql, _among(others, "not in") if part is parts[0] else _among(part, "in"))

    def _parts(self, spec: GateSpec, sql: str, months: set[str]) -> list[set[str]]:
        """Months by as many as are gathered at once. Windows overlap, so no fewer than a window has."""
        size = self._subject.database.stat().st_size
        if not spec.in_parts or size <= AT_ONCE:
            return [months]
        held = self._sources.months if self._sources else published_months(self.con)
        ordered = sorted(months or held)
        n = max(len(held) * AT_ONCE // size, len(window(spec.reads, ordered[0]))) if ordered else 0
        parts = [set(ordered[i : i + n]) for i in range(0, len(ordered), n or 1)]
        mixed = "raw_row" in sql and any(self._months_in_files(frozenset(part)) - part for part in parts)
        return [months] if mixed or len(parts) < 2 else parts

    def _kept(self, spec: GateSpec, sql: str) -> tuple[set[str], set[str]]:
        """Months of which the comparisons are taken over, and those of which they are gathered if there are such."""
        if self._sources is None:
            return set(), set()
        self._sources.know(spec, sql)
        earlier = self._subject.earlier.inputs.get(spec.gate, {}) if self._subject.earlier else {}
        kept = {month for month, said in earlier.items() if self._sources.of(spec.gate, month) == said}
        return kept, (self._sources.months | earlier.keys()) - kept

    def _months_in_files(self, months: frozenset[str]) -> set[str]:
        if months not in self._in_files:
            self._in_files[months] = months_in_files(self.con, months)
        return self._in_files[months]

    def _show(self, months: set[str] | None, with_raw: bool) -> None:
        """Show some months to the next gate; raw rows only to one that reads them, since files are opened for that."""
        if self._shown != months:
            show(self.con, months)
            self._shown = months
        if with_raw and self._shown_raw != months:
            show_raw(self.con, months)
            self._shown_raw = months

    def _take_over(self) -> None:
        if self._subject.earlier and self._kept_of:
            carry(self.con, self._subject.earlier, self._kept_of)
        self._kept_of = {}

    def gathered(self, gates: Collection[str]) -> dict[str, pd.DataFrame]:
        """All comparisons of some gates, by gate."""
        self._take_over()
        rows = self.con.execute(
            "select * from evidence where list_contains(?, gate) "
            "order by gate, dataset, reporter, month, scope, measure",
            [list(gates)],
        ).fetch_arrow_table()
        frame = rows.to_pandas()
        found = dict(iter(frame.groupby("gate", sort=False)))
        return {gate: found[gate].reset_index(drop=True) if gate in found else frame.head(0) for gate in gates}

    def silent(self, gates: Collection[str]) -> dict[str, str]:
        """Of some gates those that compared nothing for a stream and month that is covered, and which."""
        self._take_over()
        rows = self.con.execute(
            "with spoken as (select distinct gate, source, reporter, flow, month from evidence where n_compared > 0), "
            "asked as (select distinct g.gate, c.source, c.reporter, c.flow, c.month "
            "from coverage as c cross join (select unnest(?::varchar[]) as gate) as g) "
            "select gate, min(source || ' ' || flow || ' in ' || strftime(month, '%Y-%m')) "
            "from asked anti join spoken using (gate, source, reporter, flow, month) group by gate",
            [list(gates)],
        ).fetchall()
        return dict(rows)

    def inputs(self) -> Inputs:
        """What the comparisons were gathered from, for the next audit; nothing of gates that read everything."""
        if self._sources is None:
            return {}
        spoken: dict[str, set[str]] = {gate: set(self._sources.months) for gate in self._reads}
        for gate, month in self.con.execute("select distinct gate, month from evidence").fetchall():
            spoken[gate].add(format_month(month))
        found = {gate: {month: self._sources.of(gate, month) for month in sorted(of)} for gate, of in spoken.items()}
        return {gate: {m: said for m, said in of.items() if said} for gate, of in found.items() if any(of.values())}


def _among(months: Collection[str], how: str) -> str:
    """A condition on `month`: in some months, or not in them; without any, all are asked."""
    dates = ", ".join(f"date '{month}-01'" for month in sorted(months))
    return f"month {how} ({dates})" if dates else "true"


def _begun(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """By month a hash of the series that begin in it."""
    rows = con.execute(
        "select first_month, count(*), sum(hash(t)), bit_xor(hash(t)) from first_traded as t group by 1 order by 1"
    ).fetchall()
    return {format_month(month): repr(sums) for month, *sums in rows}
