"""Asking the ECB for its monthly reference rates: yuan and dollars for a euro, both in one answer.

Belongs here: the one question, and what is no answer to it. Not here: how it is sent (`landing.fetching`), nor what a
sound table is (`ecb`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from orchestration.sources.exchange_rates.ecb import COLUMNS, HOST, PARAMS, PATH
from orchestration.sources.web import Answer, AnswerError, Client, DocumentWeb, PassingError, Question, Sheet


class _EcbWeb:
    """`DocumentWeb` of the ECB: every month since 2010 is asked for each time, since the ECB corrects what it printed;
    an answer that has not changed costs a request and no more.
    """

    publishers: tuple[str, ...] = (HOST,)
    key_header: str | None = None
    pause = 2.0

    def sheets(
        self,
        client: Client,  # noqa: ARG002
        known: Collection[str],  # noqa: ARG002
        first: dt.date,  # noqa: ARG002
        last: dt.date | None = None,  # noqa: ARG002
    ) -> Iterable[Sheet]:
        """The one table; it is never known for good."""
        return (Sheet(Question(PATH, PARAMS), "ecb_cny_and_usd_per_eur_monthly.csv"),)

    def check(self, sheet: Sheet, answer: Answer) -> None:
        """`PassingError` for a page or nothing in place of the table, `AnswerError` for another table."""
        start = answer.content.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
        if not start:
            raise PassingError(f"{sheet.name}: the ECB answered with no bytes", remedy="ask again later")
        if start.startswith(b"<"):
            raise PassingError(
                f"{sheet.name}: the ECB answered with a page in place of the rates", remedy="ask again later"
            )
        if not start.replace(b'"', b"").startswith(",".join(COLUMNS).encode()):
            said = start.partition(b"\n")[0][:100].decode("utf-8", "replace")
            raise AnswerError(f"{sheet.name}: this is no table of the ECB's rates; it begins {said!r}",
                              remedy=f"see what {answer.address} shows in a browser")  # fmt: skip


WEB: DocumentWeb = _EcbWeb()
