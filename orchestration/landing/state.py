"""Which records of landing count: the state that a run is built from.

Belongs here: pure questions to a set of records. Not here: reading and writing them (`store`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from orchestration.landing.records import (
    Activation,
    AnyReceipt,
    AnyRecord,
    CodeListReceipt,
    DocumentReceipt,
    Receipt,
    UnscopedReceipt,
    Withdrawal,
)
from orchestration.landing.scope import Scope

Unscoped = TypeVar("Unscoped", bound=UnscopedReceipt)


def order_of_truth(vintage: dt.date, scope: Scope, sequence: int) -> tuple[dt.date, int, int]:
    """Of several receipts of a cell the greatest counts: later vintage, then finer grain, then later sequence."""
    return vintage, len(scope.further_dimensions), sequence


@dataclass(frozen=True)
class LandingState:
    """All records up to a sequence number: what a run is built from. `receipts` and `active` are trade only.

    `lists` and `papers`: code lists and documents, withdrawn or not.
    """

    sequence: int
    receipts: tuple[Receipt, ...]
    withdrawals: tuple[Withdrawal, ...]
    lists: tuple[CodeListReceipt, ...] = ()
    papers: tuple[DocumentReceipt, ...] = ()
    activations: tuple[Activation, ...] = ()

    def having(self, new: Sequence[AnyRecord]) -> LandingState:
        """These records and later ones."""
        if not new:
            return self
        return LandingState(
            new[-1].sequence,
            self.receipts + tuple(r for r in new if isinstance(r, Receipt)),
            self.withdrawals + tuple(r for r in new if isinstance(r, Withdrawal)),
            self.lists + tuple(r for r in new if isinstance(r, CodeListReceipt)),
            self.papers + tuple(r for r in new if isinstance(r, DocumentReceipt)),
            self.activations + tuple(r for r in new if isinstance(r, Activation)),
        )

    def until(self, sequence: int) -> LandingState:
        """The records up to and with a sequence number."""
        return LandingState(
            min(sequence, self.sequence),
            tuple(r for r in self.receipts if r.sequence <= sequence),
            tuple(r for r in self.withdrawals if r.sequence <= sequence),
            tuple(r for r in self.lists if r.sequence <= sequence),
            tuple(r for r in self.papers if r.sequence <= sequence),
            tuple(r for r in self.activations if r.sequence <= sequence),
        )

    def holding_back(self, sources: Mapping[str, int]) -> LandingState:
        """The records without those of some sources that came after a sequence number; of 0, without any of theirs."""
        since = {r.receipt_id: sources[r.scope.source] for r in self.receipts if r.scope.source in sources}
        return replace(
            self,
            receipts=tuple(r for r in self.receipts if r.sequence <= since.get(r.receipt_id, r.sequence)),
            withdrawals=tuple(w for w in self.withdrawals if w.sequence <= since.get(w.receipt_id, w.sequence)),
        )

    def known_on(self, day: dt.date) -> LandingState:
        """What was known on a day: receipts and documents of a vintage up to it. Code lists only describe, and stay."""
        return replace(
            self,
            receipts=tuple(r for r in self.receipts if r.vintage <= day),
            papers=tuple(r for r in self.papers if r.vintage <= day),
        )

    @property
    def withdrawn(self) -> frozenset[str]:
        """Ids of the receipts that count no longer."""
        return frozenset(w.receipt_id for w in self.withdrawals)

    @property
    def active(self) -> tuple[Receipt, ...]:
        """Receipts that count, in order of sequence."""
        gone = self.withdrawn
        return tuple(r for r in self.receipts if r.receipt_id not in gone)

    @property
    def code_lists(self) -> tuple[CodeListReceipt, ...]:
        """Code lists that are not withdrawn, from the lowest precedence to the highest: by vintage, then sequence."""
        return self._counting(self.lists)

    @property
    def documents(self) -> tuple[DocumentReceipt, ...]:
        """Documents that are not withdrawn, from the lowest precedence to the highest: by vintage, then sequence."""
        return self._counting(self.papers)

    def _counting(self, unscoped: tuple[Unscoped, ...]) -> tuple[Unscoped, ...]:
        gone = self.withdrawn
        kept = (r for r in unscoped if r.receipt_id not in gone)
        return tuple(sorted(kept, key=lambda r: (r.vintage, r.sequence)))

    @property
    def received(self) -> tuple[AnyReceipt, ...]:
        """Everything that was ever received, withdrawn or not, in order of sequence."""
        everything: list[AnyReceipt] = [*self.receipts, *self.lists, *self.papers]
        return tuple(sorted(everything, key=lambda r: r.sequence))

    @property
    def first(self) -> AnyReceipt | None:
        """The first receipt of any kind, which decides whether the home is real or synthetic (rule 7)."""
        firsts: list[AnyReceipt] = [*self.receipts[:1], *self.lists[:1], *self.papers[:1]]
        return min(firsts, key=lambda r: r.sequence, default=None)

    @property
    def is_synthetic(self) -> bool:
        """Whether the home holds made-up figures."""
        return self.first is not None and self.first.is_synthetic

    def precedence(self) -> dict[str, int]:
        """Rank of each active receipt: later vintage, then finer grain, then later sequence (rules 1 and 5)."""
        ordered = sorted(self.active, key=lambda r: order_of_truth(r.vintage, r.scope, r.sequence))
        return {r.receipt_id: rank for rank, r in enumerate(ordered, start=1)}

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """Datasets that are active here: named by a receipt or to be fetched, once and for all."""
        named = [(r.sequence, r.dataset) for r in self.receipts if r.dataset]
        named += [(a.sequence, a.dataset) for a in self.activations]
        return tuple(dict.fromkeys(name for _, name in sorted(named)))

    def answers(self, source: str) -> dict[str, Receipt]:
        """By the text of its question the last answer of a source of trade that counts."""
        return {r.fetched.request: r for r in self.active if r.fetched and r.source == source}

    def pages(self, source: str) -> dict[str, DocumentReceipt]:
        """The same of a source of documents."""
        mine = sorted((r for r in self.documents if r.source == source), key=lambda r: r.sequence)
        return {r.fetched.request: r for r in mine if r.fetched}
