"""Fetching trade: a source is asked for what is promised and not there, and each whole answer is received at once.

Belongs here: the course from what is out to receipts. Not here: requests (`asker`), which questions are needed
(`planned`). Where a process is killed, the next one goes on from what has arrived: what was asked stands in receipts.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Collection, Iterable
from contextlib import closing

from orchestration.base.errors import RefusalError
from orchestration.base.months import month_range
from orchestration.base.settings import Home
from orchestration.landing.arrival import read_alone
from orchestration.landing.asking.answers import (
    Outcome,
    Way,
    fetched_as,
    marks_by,
    refuse_other_kind,
    written,
)
from orchestration.landing.asking.asker import Asker, NotTakenError
from orchestration.landing.asking.planned import Group, Needs, Out, marks_of
from orchestration.landing.asking.said_out import SaidOut, asking_alone
from orchestration.landing.datasets import Dataset
from orchestration.landing.names import derived
from orchestration.landing.receive import receive_trade
from orchestration.landing.scope import Declaration, shown
from orchestration.landing.store import Landing
from orchestration.sources.source import Source
from orchestration.sources.web import Answer, AnswerError, CutError, PassingError, Released, Request, TradeWeb

#: What an answer is called by its type; figures are looked at by the parser, whatever they are called.
SUFFIXES = {"json": ".json", "csv": ".csv", "html": ".html", "zip": ".zip", "xml": ".xml"}
#: After so many answers that are refused nothing more is asked for a dataset.
REFUSALS = 3


class Visit:
    """One source that is asked for several datasets, while nobody else asks it."""

    def __init__(self, home: Home, source: Source, web: TradeWeb, asker: Asker, way: Way) -> None:
        self.home, self.source, self.web, self.asker, self.way = home, source, web, asker, way
        self.landing, self.said = Landing(home), SaidOut.read(home, source.name)
        self.today = source.today()
        self._out: dict[str, Out] = {}
        self._doubted: list[str] = []

    def fetch(self, datasets: dict[str, Dataset]) -> list[Outcome]:
        """What each dataset came to; one that is refused does not stop the others."""
        found = []
        for name, dataset in datasets.items():
            outcome = Outcome(name, self.source.name)
            try:
                refuse_other_kind(self.landing.state(), self.asker, name)
                self._fetch(name, dataset, datasets.values(), outcome)
            except RefusalError as error:
                outcome.refused.append(error)
            found.append(outcome)
        return found

    def _fetch(self, name: str, dataset: Dataset, beside: Iterable[Dataset], outcome: Outcome) -> None:
        promised = dataset.promised(self.today)
        if not promised:
            return
        out = self._released(dataset.reported_by, beside, outcome)
        needs = Needs(
            name, dataset, {m: out[m] for m in promised if m in out}, self.landing.state(), self.said, self.today
        )
        within = list(month_range(*self.way.months)) if self.way.months else promised
        outcome.not_out = tuple(m for m in promised if m in within and m not in out)
        groups = needs.groups(within, again=self.way.again)
        requests = needs.requests(self.web, self.asker, groups, again=self.way.again)
        if self.way.dry_run or outcome.by_calendar:
            outcome.questions = [request.question.text for request in requests]
            return
        if self.way.if_reached:
            self.home.create()
            self.landing.activate(name)
        self._begin(name, groups)
        self._ask(needs, requests, outcome)
        if not outcome.refused:
            self._begin(name, [])

    def _released(self, reporter: str, datasets: Iterable[Dataset], outcome: Outcome) -> Out:
        """The months of a reporter that are out, of all that any of the datasets promises; asked for once."""
        if reporter not in self._out:
            of = {m for d in datasets if d.reported_by == reporter for m in d.promised(self.today)}
            months = sorted(of)
            try:
                with read_alone(f"what is out of {self.source.name}"):
                    found = self.asker.persisting(lambda: self._said_out(reporter, months))
            except RefusalError as error:
                if not (self.way.dry_run or self.way.if_reached):
                    raise
                outcome.by_calendar = True
                outcome.refused.append(error)
                return by_calendar(self.source, months)
            self._out[reporter] = dict(sorted(found.items()))
            self.said.learn(reporter, months, found, dt.datetime.now(dt.UTC))
            self._remember()
        return self._out[reporter]

    def _said_out(self, reporter: str, months: list[dt.date]) -> Out:
        """The months that are out; `PassingError` where none is any more: an outage looks like that."""
        found = self.web.released(self.asker, reporter, months)
        if not found and (known := self.said.out.get(reporter)):
            raise PassingError(
                f"{self.source.name} says that nothing of {reporter} is out, and has said that {len(known)} months are"
            )
        return found

    def _begin(self, name: str, groups: list[Group]) -> None:
        """Keep which months are being asked for together until all of it has arrived."""
        before = self.said.begun.pop(name, [])
        if groups:
            self.said.begun[name] = [list(group) for group in groups]
        if before or groups:
            self._remember()

    def _remember(self) -> None:
        if not self.way.dry_run:
            self.said.write(self.home, self.source.name)

    def _ask(self, needs: Needs, requests: list[Request], outcome: Outcome) -> None:
        """Ask one by one, and what is cut off in parts."""
        waiting, done = deque(requests), 0
        while waiting:
            request = waiting.popleft()
            self.way.progress(f"{needs.name} {shown(request.months)}", done, done + len(waiting) + 1)
            try:
                self._put(needs, request, outcome)
                self._believe()
            except (CutError, NotTakenError) as error:
                waiting.extendleft(reversed(self._split(needs, request, error)))
                continue
            except RefusalError as error:
                outcome.refused.append(error)
                if self.asker.is_shut or len(outcome.refused) >= REFUSALS:
                    return
            done += 1
        self.way.progress(needs.name, done, done)

    def _split(self, needs: Needs, request: Request, error: AnswerError) -> list[Request]:
        """The parts of a question that are to be asked in its place; what is not taken is split by months alone."""
        if isinstance(error, NotTakenError) and request.months[0] == request.months[1]:
            raise error
        parts = list(self.web.split(request))
        self._doubted.append(request.question.text)
        if isinstance(error, CutError):
            self._believe()
        whole = (part for one in parts for part in needs.parts(self.web, one))
        return [part for part in whole if self.way.again or not needs.is_answered(part)]

    def _believe(self) -> None:
        """Remember what has to be split, once it is known to be for that: another part of it was answered."""
        if self._doubted:
            self.said.cut += self._doubted
            self._doubted.clear()
            self._remember()

    def _put(self, needs: Needs, request: Request, outcome: Outcome) -> None:
        """Ask one question, and receive its answer, whole or not at all."""
        text = request.question.text
        last = needs.state.answers(self.source.name).get(text)
        is_same = last is not None and last.scope.months == self._scope_months(needs, request)
        etag, changed = marks_by(last.fetched if last and is_same else None)

        def whole() -> Answer | None:
            answer = self.asker.get(request.question, etag=etag, last_modified=changed)
            if answer is not None:
                with read_alone(text):
                    self.web.check(request, answer, cap=self.asker.cap)
            return answer

        answer = self.asker.persisting(whole)
        outcome.questions.append(text)
        receipt_id = self._receive(needs, request, answer) if answer else None
        if receipt_id:
            outcome.received.append(receipt_id)
            self.said.unchanged.pop(text, None)
        else:
            outcome.unchanged += 1
            self.said.unchanged[text] = marks_of(needs.out, month_range(*request.months))
            self._remember()

    def _scope_months(self, needs: Needs, request: Request) -> tuple[dt.date, dt.date]:
        """The months of a request that are out: what its answer speaks of. `AnswerError` where some between are not."""
        out = [month for month in month_range(*request.months) if month in needs.out]
        if not out or list(month_range(out[0], out[-1])) != out:
            raise AnswerError(
                f"{request.question.text} asks for months of which some are not out: what is not in the answer would "
                "count as no trade",
                remedy=f"the source {self.source.name} has to plan for unbroken months",
            )
        return out[0], out[-1]

    def _receive(self, needs: Needs, request: Request, answer: Answer) -> str | None:
        """The receipt of an answer; None if it says nothing new. Its vintage is as the publisher dates it."""
        months = self._scope_months(needs, request)
        last = self.landing.state().answers(self.source.name).get(request.question.text)
        days = [needs.out[month].day for month in month_range(*months)]
        vintage = min(max([*days, *([last.vintage] if last else [])]), self.source.today())
        declaration = Declaration(
            dataset=needs.name,
            source=self.source.name,
            reporter=request.reporter,
            flow=request.flow,
            hs=request.hs,
            partners=request.partners,
            currency=needs.dataset.currency,
            months=months,
            vintage=vintage,
        )
        fetched = fetched_as(request.question.text, answer, self.asker, marks_of(needs.out, month_range(*months)))
        name = self.source.name
        file = written(self.home, name, _name(name, request, months, answer), answer.content)
        outcome = receive_trade(self.home, file, declaration, fetched=fetched, landing=self.landing)
        return outcome.receipt.receipt_id if outcome.is_new and outcome.receipt else None


def fetch_trade(home: Home, source: Source, datasets: dict[str, Dataset], way: Way) -> list[Outcome]:
    """Ask one source of trade for some of its datasets; waits while another process asks it."""
    assert source.web is not None
    asker = Asker(source.name, source.web, sleep=way.sleep, told=way.told)
    with closing(asker), asking_alone(home, source.name, way.told, dry_run=way.dry_run):
        return Visit(home, source, source.web, asker, way).fetch(datasets)


def by_calendar(source: Source, months: Collection[dt.date]) -> Out:
    """Months as they would be out by the source's calendar; whether they were revised nobody knows."""
    return {month: Released(month, source.release_date(month), "") for month in months}


def _name(source: str, request: Request, months: tuple[dt.date, dt.date], answer: Answer) -> str:
    said = (source, request.reporter, request.flow, shown(request.hs), shown(request.partners), shown(months))
    suffix = next((suffix for kind, suffix in SUFFIXES.items() if kind in answer.content_type), "")
    return derived("_".join(said), suffix)
