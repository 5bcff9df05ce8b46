"""Fetching documents: bulletins and rates, page by page; one that is known and never changes is not asked for again.

Belongs here: the course from a publisher's list of pages to receipts. Not here: what pages there are (each source).
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.arrival import read_alone
from orchestration.landing.asking.answers import Outcome, Way, fetched_as, marks_by, refuse_other_kind, written
from orchestration.landing.asking.asker import Asker
from orchestration.landing.asking.said_out import SaidOut, asking_alone
from orchestration.landing.asking.transfer import moment
from orchestration.landing.datasets import load_datasets
from orchestration.landing.documents import receive_document
from orchestration.landing.records import DocumentReceipt
from orchestration.landing.scope import Declaration
from orchestration.landing.state import LandingState
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import DOCUMENT_WEBS, DOCUMENTS, FIRST_MONTH, time_zone_of
from orchestration.sources.web import Answer, DocumentWeb, Sheet


def fetch_documents(home: Home, source: str, way: Way) -> Outcome:
    """Ask one source of documents for what is not there; waits while another process asks it."""
    outcome = Outcome(source, source)
    try:
        asker = Asker(source, DOCUMENT_WEBS[source], sleep=way.sleep, told=way.told)
        with closing(asker), asking_alone(home, source, way.told, dry_run=way.dry_run):
            _Visit(home, source, DOCUMENT_WEBS[source], asker, outcome).fetch(way)
    except RefusalError as error:
        outcome.refused.append(error)
    return outcome


class _Visit:
    def __init__(self, home: Home, source: str, web: DocumentWeb, asker: Asker, outcome: Outcome) -> None:
        self.home, self.source, self.web, self.asker, self.outcome = home, source, web, asker, outcome
        self.landing, self.said = Landing(home), SaidOut.read(home, source)
        self.version = DOCUMENTS[source].PARSER_VERSION

    def fetch(self, way: Way) -> None:
        """One page that is refused does not stop the others, unless the publisher has shut its door."""
        state = self.landing.state()
        refuse_other_kind(state, self.asker, self.source)
        known = state.pages(self.source)
        first, last = way.months or (first_month(state), None)
        unread = {text for text, version in self.said.unread.items() if version == self.version}
        seen = frozenset[str]() if way.again else frozenset(known) | unread
        with read_alone(f"the list of pages of {self.source}"):
            sheets = self.asker.persisting(lambda: list(self.web.sheets(self.asker, seen, first, last)))
        self.outcome.left = len((unread & seen) - known.keys() - {sheet.question.text for sheet in sheets})
        if way.dry_run:
            self.outcome.questions = [sheet.question.text for sheet in sheets]
            return
        for n, sheet in enumerate(sheets):
            way.progress(f"{self.source} {sheet.name}", n, len(sheets))
            try:
                self._put(sheet, known.get(sheet.question.text))
            except RefusalError as error:
                self.outcome.refused.append(error)
                if self.asker.is_shut:
                    return
        way.progress(self.source, len(sheets), len(sheets))

    def _put(self, sheet: Sheet, last: DocumentReceipt | None) -> None:
        """Ask for one page, and receive it, whole or not at all."""
        etag, changed = marks_by(last.fetched if last else None)

        def whole() -> Answer | None:
            answer = self.asker.get(sheet.question, etag=etag, last_modified=changed)
            if answer is not None:
                with read_alone(sheet.name):
                    self.web.check(sheet, answer)
            return answer

        answer = self.asker.persisting(whole)
        self.outcome.questions.append(sheet.question.text)
        receipt_id = self._receive(sheet, answer) if answer else None
        if receipt_id:
            self.outcome.received.append(receipt_id)
        else:
            self.outcome.unchanged += 1

    def _receive(self, sheet: Sheet, answer: Answer) -> str | None:
        """The receipt of a page; None if it says nothing new."""
        said = Declaration(source=self.source, vintage=_vintage(self.source, answer.last_modified))
        fetched = fetched_as(sheet.question.text, answer, self.asker)
        file = written(self.home, self.source, sheet.name, answer.content)
        try:
            done = receive_document(self.home, file, said, fetched=fetched, landing=self.landing)
        except RefusalError:
            self._remember(sheet, None if self._is_readable(file) else self.version)
            raise
        self._remember(sheet, None)
        return done.receipt.receipt_id if done.is_new and done.receipt else None

    def _is_readable(self, file: Path) -> bool:
        """Whether a page that was refused was so for another reason than what stands in it."""
        try:
            with read_alone(file.name):
                DOCUMENTS[self.source].parse(file, file.parent / "read", file.name)
        except RefusalError:
            return False
        return True

    def _remember(self, sheet: Sheet, unread: str | None) -> None:
        """Keep which parser could not read a page: it is asked for again once there is another."""
        text = sheet.question.text
        if self.said.unread.get(text) == unread:
            return
        self.said.unread.pop(text, None)
        if unread:
            self.said.unread[text] = unread
        self.said.write(self.home, self.source)


def _vintage(source: str, last_modified: str | None) -> dt.date | None:
    """The day on which the publisher last changed a page, where it is; None where it does not say so."""
    zone, changed = ZoneInfo(time_zone_of(source)), moment(last_modified)
    today = dt.datetime.now(zone)
    return min(changed, today).astimezone(zone).date() if changed else None


def first_month(state: LandingState) -> dt.date:
    """The first month of which the home speaks: that any of its active datasets promises, or a receipt has."""
    promised = [dataset.first for name, dataset in load_datasets().items() if name in state.dataset_names]
    return min([*promised, *(receipt.scope.months[0] for receipt in state.active)], default=FIRST_MONTH)
