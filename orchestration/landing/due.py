"""What each dataset holds, what is due and not there, and the queries that would fetch it from the site."""

from __future__ import annotations

import datetime as dt
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import product

from orchestration.base.months import format_month
from orchestration.base.seeds import read_seed
from orchestration.base.settings import Home
from orchestration.landing.asking.said_out import SaidOut
from orchestration.landing.datasets import Dataset, load_datasets
from orchestration.landing.scope import partner_keys, shown
from orchestration.landing.store import LandingState
from orchestration.sources.catalogue import TRADE

#: More partners than this do not trade in one tariff line in one month, on average over a chapter.
PARTNERS_A_LINE = 30


@dataclass(frozen=True)
class Query:
    """One download from the publisher, small enough not to be cut off where it cuts off. `digits`: of its codes."""

    flow: str
    months: tuple[dt.date, ...]
    hs: tuple[str, ...] | str
    partners: tuple[str, ...] | str
    currency: str
    folder: str
    digits: int
    is_part: bool = False

    def __str__(self) -> str:
        months = ", ".join(map(format_month, self.months))
        columns = "month + code" if self.partners == "world" else "month + code + partner"
        return (
            f"{self.flow}s, {months}, codes {shown(self.hs)} ({self.digits} digits), partners {shown(self.partners)}, "
            f"in {self.currency}, columns {columns} → save to {self.folder}"
            + (f" with a sidecar <file>.yml that says hs: {shown(self.hs)}" if self.is_part else "")
        )


@dataclass(frozen=True)
class DatasetStatus:
    """One dataset: active or an offer; months held, and those due, on the source's day, but not there.

    `not_out`: promised months that the publisher, when it was last asked, said are not out; `queries`: what people are
    to download, of a source that only they may ask; `out_since`: the day on which the first month that is due came out,
    as the publisher says, else by its calendar; None where that is only the day from which asking makes sense.
    """

    name: str
    dataset: Dataset
    active: bool
    held: tuple[dt.date, ...]
    due: tuple[dt.date, ...]
    queries: tuple[Query, ...]
    not_out: tuple[dt.date, ...] = ()
    out_since: dt.date | None = None


def dataset_status(home: Home, state: LandingState, today: dt.date | None = None) -> list[DatasetStatus]:
    """Every dataset as of a day, by default today where its source is; only active ones have months due."""
    found = []
    for name, dataset in load_datasets().items():
        active, day = name in state.dataset_names, today or TRADE[dataset.source].today()
        held = held_months(state, dataset, day)
        missing = tuple(m for m in dataset.promised(day) if active and m not in held)
        if TRADE[dataset.source].web is None:
            orders = queries(dataset, missing, f"{home.inbox / name}/")
            since = TRADE[dataset.source].release_date(missing[0]) if missing else None
            found.append(DatasetStatus(name, dataset, active, held, missing, orders, out_since=since))
            continue
        said = SaidOut.read(home, dataset.source)
        not_out = tuple(m for m in missing if said.is_not_out(dataset.reported_by, m))
        due = tuple(m for m in missing if m not in not_out)
        since = _out_since(said, dataset, due[0]) if due else None
        found.append(DatasetStatus(name, dataset, active, held, due, (), not_out, since))
    return found


def _out_since(said: SaidOut, dataset: Dataset, month: dt.date) -> dt.date | None:
    """Since when a month is out at a publisher that is asked for it."""
    source = TRADE[dataset.source]
    by_calendar = None if source.says_what_is_out else source.release_date(month)
    return said.out_since(dataset.reported_by, month) or by_calendar


def held_months(state: LandingState, dataset: Dataset, today: dt.date) -> tuple[dt.date, ...]:
    """Months that are promised and due on the given day and that receipts cover for the dataset's whole scope."""
    scopes = _scopes(state, dataset)
    return tuple(m for m in dataset.promised(today) if _covered(scopes[m], dataset, m))


def _scopes(state: LandingState, dataset: Dataset) -> dict[dt.date, set[tuple[str, str]]]:
    """Partners and code prefixes that receipts cover for the dataset, by month; each pair once."""
    found: dict[dt.date, set[tuple[str, str]]] = defaultdict(set)
    for scope in (r.scope for r in state.active if r.scope.feeds != "check"):
        mine = (dataset.source, dataset.reported_by, dataset.flow, dataset.currency)
        if (scope.source, scope.reporter, scope.flow, scope.currency) == mine:
            pairs = set(product(scope.partner_keys, scope.hs_prefixes))
            for month in scope.month_list:
                found[month] |= pairs
    return found


def _covered(scopes: set[tuple[str, str]], dataset: Dataset, month: dt.date) -> bool:
    """Whether the pairs of a month cover the dataset's whole scope."""
    prefixes = TRADE[dataset.source].chapters_of(month.year) if dataset.hs == "all" else dataset.hs
    partners = partner_keys(dataset.partners)
    return all(
        any((key, prefix[:length]) in scopes for key in (partner, "*") for length in range(len(prefix) + 1))
        for partner in partners
        for prefix in prefixes
    )


def queries(dataset: Dataset, months: tuple[dt.date, ...], folder: str) -> tuple[Query, ...]:
    """The downloads that fetch these months: several months in one where they fit, several parts where they must."""
    if not months:
        return ()
    each = {"all": PARTNERS_A_LINE, "world": 1}
    partners = each[dataset.partners] if isinstance(dataset.partners, str) else len(dataset.partners)
    codes = tuple(TRADE[dataset.source].chapters) if dataset.hs == "all" else dataset.hs
    source = TRADE[dataset.source]
    limit = source.row_limit or sys.maxsize
    parts = _pack([(code, _lines(code, source.code_digits) * partners) for code in codes], limit)
    found = []
    for hs, rows in parts:
        whole = dataset.hs == "all" and len(parts) == 1
        per_query = max(1, (limit - 1) // max(rows, 1))
        for start in range(0, len(months), per_query):
            found.append(
                Query(
                    dataset.flow,
                    months[start : start + per_query],
                    "all" if whole else hs,
                    dataset.partners,
                    dataset.currency,
                    folder,
                    source.code_digits,
                    is_part=len(parts) > 1,
                )
            )
    return tuple(found)


def _pack(sizes: list[tuple[str, int]], limit: int) -> list[tuple[tuple[str, ...], int]]:
    """Neighbouring codes put together as long as they stay below the limit of rows."""
    packed: list[tuple[tuple[str, ...], int]] = []
    for code, rows in sizes:
        if packed and packed[-1][1] + rows < limit:
            packed[-1] = ((*packed[-1][0], code), packed[-1][1] + rows)
        else:
            packed.append(((code,), rows))
    return packed


@cache
def _heading_lines() -> dict[str, int]:
    return {row["hs_code"]: int(row["hs8_lines"] or 0) for row in read_seed("hs_headings")}


def _lines(prefix: str, digits: int) -> int:
    """About so many lines of a tariff begin with the prefix; as many as in China's, whose lists are reviewed."""
    lines = _heading_lines()
    if len(prefix) >= digits:
        return 1
    return max(1, lines.get(prefix, lines.get(prefix[:4], lines.get(prefix[:2], 1))))
