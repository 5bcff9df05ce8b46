"""Asking China's customs for their English bulletins: the indexes of the years, then the pages that are not known.

Belongs here: which pages are asked for, and what is no page of a bulletin. Not here: how anything is sent
(`landing.fetching`), nor what a bulletin says (`parse`): a page that cannot be read is refused when it is received.
The pages are static and stand under `http`: the certificate of `https` is the site's own. Whoever asks too often is
answered 403 or 412, and nothing more is asked then.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Collection, Iterator
from urllib.parse import urljoin, urlsplit

from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month
from orchestration.sources.gacc_bulletin.index import Index, Listed, read_index
from orchestration.sources.gacc_bulletin.title import table_of
from orchestration.sources.web import (
    AbsentError,
    Answer,
    AnswerError,
    Client,
    DocumentWeb,
    PassingError,
    Question,
    Sheet,
)

HOST = "http://english.customs.gov.cn"
#: The index of the latest year; those of earlier years have the year in their name.
FOLDER, LATEST = "/statics/report", "preliminary.html"
BY_HAND = "save the page in a browser, then: bonded receive PAGE.html --source gacc_bulletin"
_LOG = logging.getLogger(__name__)


class _BulletinWeb:
    """`DocumentWeb` of China's bulletins. A page never changes once it is out: what is known is not asked for again.

    Asked for are the tables that `parse` reads, in both currencies: trade by country (4), major exports (5), major
    imports (6). Tables by customs regime, which it reads, too, have an index of their own and are saved by hand.
    """

    publishers: tuple[str, ...] = (HOST,)
    key_header: str | None = None
    pause = 4.0

    def sheets(
        self, client: Client, known: Collection[str], first: dt.date, last: dt.date | None = None
    ) -> Iterator[Sheet]:
        """The pages of the latest year, then of the years before it as far as `first`, each as its index is read; none
        of a month after `last`.

        What an index lists and nobody can ask for (another host's page, a year without an index) is logged as a warning
        and left. `AnswerError` where an index is none.
        """
        asked = {text.casefold() for text in known}
        latest = _index(client, LATEST, None)
        yield from _pages(latest, asked, first, last)
        until = min(latest.year - 1, last.year if last else latest.year)
        for year in reversed([year for year in latest.years if first.year <= year <= until]):
            try:
                index = _index(client, f"preliminary{year}.html", year)
            except AbsentError:
                _LOG.warning("The index of the bulletins of %s is not there; saved pages can be received.", year)
                continue
            yield from _pages(index, asked, first, last)

    def check(self, sheet: Sheet, answer: Answer) -> None:
        """`PassingError` for half a page, `AnswerError` for one without the frame of a bulletin. No table is read."""
        _refuse_cut(sheet.name, answer)
        if b"atcl-cnt" not in answer.content:
            raise AnswerError(f"{sheet.name}: the page at {answer.address} is none of a bulletin", remedy=BY_HAND)


def _index(client: Client, file: str, year: int | None) -> Index:
    """The index of a year; `AbsentError` if there is none, `AnswerError` if something else is there."""
    answer = client.get(Question(f"{FOLDER}/{file}"))
    if answer is None:
        raise AnswerError(f"{file}: nothing changed, says the answer, which was not asked", remedy="ask again later")
    _refuse_cut(file, answer)
    try:
        return read_index(answer.content, file, year)
    except RefusalError as error:
        raise AnswerError(f"{error.told}; asked at {answer.address}", remedy=BY_HAND) from None


def _refuse_cut(name: str, answer: Answer) -> None:
    """`PassingError` for a page that does not end as one."""
    text = answer.content.rstrip().lower()
    if not text.endswith(b"</html>"):
        what = "ends early" if text else "has no bytes"
        raise PassingError(f"{name}: the page at {answer.address} {what}", remedy="ask again later")


def _pages(index: Index, asked: set[str], first: dt.date, last: dt.date | None) -> Iterator[Sheet]:
    """The pages of an index that are to be asked for; `asked` grows by them."""
    for listed in index.bulletins:
        if not table_of(listed.title):
            continue
        path = _path(listed)
        if path is None or listed.month is None:
            what = "which names no month" if path else f"which is no page of {urlsplit(HOST).netloc}"
            _LOG.warning("%s, %s: the index leads to %s, %s: it is not followed.", listed.title, listed.label[:50],
                         listed.link[:200], what)  # fmt: skip
        elif first <= listed.month <= (last or listed.month) and path.casefold() not in asked:
            asked.add(path.casefold())
            yield Sheet(Question(path), _name(listed, listed.month))


def _path(listed: Listed) -> str | None:
    """The path of a page of this host, whichever of its addresses is meant; None for any other link."""
    try:
        link = urlsplit(urljoin(f"{HOST}{FOLDER}/", listed.link))
    except ValueError:
        return None
    is_own = link.hostname == urlsplit(HOST).hostname and link.scheme in ("http", "https")
    is_page = re.fullmatch(r"(/[\w.-]+)+\.html?", link.path, re.ASCII) and ".." not in link.path
    return link.path if is_own and is_page and not link.query else None


def _name(listed: Listed, month: dt.date) -> str:
    """What the receipt of a page is called: month, number of the table, currency."""
    parts = (format_month(month), f"table{listed.table}", listed.currency)
    return f"bulletin_{'_'.join(part for part in parts if part)}.html"


WEB: DocumentWeb = _BulletinWeb()
