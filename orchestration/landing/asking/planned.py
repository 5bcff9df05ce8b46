"""Which questions a dataset needs: months that are out and not there, what was begun, and what the publisher revised.

Belongs here: pure questions to receipts and to what is said to be out. Not here: sending them (`asker`).
A group of months is asked for together, and again together, so that a question that is put again is the same one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from orchestration.base.months import format_month, month_range, runs
from orchestration.landing.asking.said_out import SaidOut
from orchestration.landing.datasets import Dataset
from orchestration.landing.due import held_months
from orchestration.landing.records import Receipt
from orchestration.landing.store import LandingState
from orchestration.sources.web import Client, Released, Request, TradeWeb, Wanted

Group = tuple[dt.date, ...]
Out = Mapping[dt.date, Released]


def marks_of(out: Out, months: Iterable[dt.date]) -> dict[str, str]:
    """The marks of those months that are out."""
    return {format_month(month): out[month].mark for month in months if month in out}


@dataclass(frozen=True)
class Needs:
    """What one dataset needs of a publisher. `name`: of the dataset; `out`: the promised months that are out."""

    name: str
    dataset: Dataset
    out: Out
    state: LandingState
    said: SaidOut
    today: dt.date

    def groups(self, within: Collection[dt.date], *, again: bool) -> list[Group]:
        """Months to be asked for, together as they were before; only groups with some of the months `within`.

        `again`: those as well that are there and have not changed.
        """
        begun = [tuple(month for month in group if month in self.out) for group in self.said.begun.get(self.name, [])]
        found = [*begun, *(self._months(r) for r in self._answered() if again or not self._is_unrevised(r))]
        named = {month for group in found for month in group}
        held = () if again else held_months(self.state, self.dataset, self.today)
        found += runs(m for m in self.out if m in within and m not in named and m not in held)
        kept = [group for group in dict.fromkeys(found) if not {*within}.isdisjoint(group)]
        return sorted(g for g in kept if not any(set(g) < set(other) for other in kept))

    def requests(self, web: TradeWeb, client: Client, groups: Sequence[Group], *, again: bool) -> list[Request]:
        """The questions for some groups, without those that have been answered as the publisher has it now."""
        found: dict[str, Request] = {}
        for group in groups:
            of = self.dataset
            wanted = Wanted(of.reported_by, of.flow, of.hs, of.partners, group)
            for planned in web.plan(wanted, cap=client.cap, has_key=client.has_key):
                for request in self.parts(web, planned):
                    if again or not self.is_answered(request):
                        found.setdefault(request.question.text, request)
        return list(found.values())

    def parts(self, web: TradeWeb, request: Request) -> Iterator[Request]:
        """A question, or what it was split into since its answer is known to be cut off."""
        if request.question.text not in self.said.cut:
            yield request
            return
        for part in web.split(request):
            yield from self.parts(web, part)

    def is_answered(self, request: Request) -> bool:
        """Whether a question was answered since the publisher last changed what it asks for."""
        receipt = self._answers.get(request.question.text)
        return receipt is not None and self._is_unrevised(receipt, month_range(*request.months))

    @cached_property
    def _answers(self) -> dict[str, Receipt]:
        return self.state.answers(self.dataset.source)

    def _answered(self) -> list[Receipt]:
        return [r for r in self._answers.values() if r.dataset == self.name]

    def _months(self, receipt: Receipt) -> Group:
        return tuple(month for month in receipt.scope.month_list if month in self.out)

    def _is_unrevised(self, receipt: Receipt, months: Iterable[dt.date] | None = None) -> bool:
        assert receipt.fetched is not None
        known = {**receipt.fetched.marks, **self.said.unchanged.get(receipt.fetched.request, {})}
        now = marks_of(self.out, receipt.scope.month_list if months is None else months)
        # Of a month without a mark nobody knows whether it was revised.
        return all(known.get(month) == mark if mark else month in known for month, mark in now.items())
