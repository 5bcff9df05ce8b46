"""How UN Comtrade is asked: which months are out, which questions make what is wanted, whether an answer is whole.

Always for the totals over modes of transport, customs procedures and second partners: what Comtrade does without these
parameters is no total. Where what is wanted has a sum that Comtrade prints itself, that is asked for apart and feeds
checks only: the heading, and all partners together.

Belongs here: questions and what an answer must be. Not here: sending (`landing.fetching`), reading rows (`rows`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from orchestration.base.errors import RefusalError
from orchestration.base.months import add_months, month_range
from orchestration.sources.comtrade import CHAPTERS, WORLD
from orchestration.sources.comtrade.answer import Cells, body_rows, refuse_no_answer
from orchestration.sources.comtrade.codes import EDITIONS, FLOWS, partners, reporters, six_digits
from orchestration.sources.comtrade.rows import SPLITS, Row, read_row, totals_of
from orchestration.sources.refusals import UnfitError
from orchestration.sources.web import (
    Answer,
    AnswerError,
    Client,
    Codes,
    CutError,
    PassingError,
    Question,
    Released,
    Request,
    Wanted,
)

KEYED, PREVIEW = "/data/v1", "/public/v1"
#: Periods in one question; without a key it may be one only, which an answer says.
MOST_PERIODS = 12
#: Characters of an address, beyond which it is refused.
LONGEST_ADDRESS = 4096
#: Partners that trade in one code in one month: in a chosen one, and on average over many.
PARTNERS_OF_A_CODE, PARTNERS_ON_AVERAGE, MANY_CODES = 100, 30, 500
#: Codes of six digits, all chapters together.
ALL_CODES = 5_700
DETAILS = 6
SMALLER = "name fewer partners, or codes of six digits, in the dataset, or set a key"


class ComtradeWeb:
    """A `TradeWeb`."""

    publishers: tuple[str, ...] = ("https://comtradeapi.un.org",)
    key_header: str | None = "Ocp-Apim-Subscription-Key"
    key_missing = "without a key (free of charge) an answer has 500 rows at most"
    caps: tuple[int | None, int | None] = (100_000, 500)
    pause = 6.0

    def released(self, client: Client, reporter: str, months: Collection[dt.date]) -> Mapping[dt.date, Released]:
        """Of these months those that the reporter has delivered; a month may stand in several editions."""
        base = KEYED if client.has_key else PREVIEW
        question = Question(f"{base}/getDa/C/M/HS", (("reporterCode", reporters()[reporter]),))
        answer = client.get(question)
        found: dict[dt.date, list[Cells]] = defaultdict(list)
        for row in _whole(answer) if answer else ():
            period, day = str(row.get("period")), str(row.get("lastReleased"))
            if not (re.fullmatch(r"\d{6}", period) and re.match(r"\d{4}-\d\d-\d\d", day)):
                raise AnswerError(f"a row says of no month when it was released: {period}, {day}")
            if str(row.get("reporterCode")) == reporters()[reporter]:
                found[_month(period)].append(row)
        return {month: _released(month, rows) for month, rows in sorted(found.items()) if month in months}

    def plan(self, wanted: Wanted, *, cap: int | None, has_key: bool) -> tuple[Request, ...]:
        """The questions for details, for headings, and for all partners together where every partner is wanted."""
        _refuse_unknown(wanted)
        base = KEYED if has_key else PREVIEW
        kinds: list[tuple[int, Codes | str, Codes | str]] = [(DETAILS, wanted.hs, wanted.partners)]
        kinds += [(digits, hs, wanted.partners) for digits, hs in _headings(wanted.hs)]
        if wanted.partners == "all":
            kinds.append((DETAILS, wanted.hs, "world"))
        found: list[Request] = []
        for run in _runs(wanted.months):
            for digits, hs, of_whom in kinds:
                of_month = _rows_a_month(digits, hs, of_whom)
                most = max(1, min(MOST_PERIODS, (cap - 1) // of_month if cap else MOST_PERIODS))
                for start in range(0, len(run), most):
                    part = run[start : start + most]
                    ends = part[0], part[-1]
                    whole = _request(base, digits, wanted.reporter, wanted.flow, hs, of_whom, ends)
                    found += _small(whole, cap)
        return tuple(found)

    def check(self, request: Request, answer: Answer, *, cap: int | None) -> None:
        """`CutError`, `PassingError` or `AnswerError` if the answer is not whole, or not what was asked."""
        asked = {name: said.split(",") for name, said in request.question.params}
        cells = _whole(answer)
        if cap is not None and len(cells) >= cap:
            raise CutError(f"{len(cells):,} rows, as many as an answer has at most: it is cut off", remedy=SMALLER)
        try:
            rows = [read_row(row, line, "the answer") for line, row in enumerate(cells, start=1)]
            totals_of(rows, "the answer")
        except RefusalError as error:
            raise AnswerError(error.told, remedy=error.remedy) from None
        for row in rows:
            if odd := _outside(row, asked):
                raise AnswerError(f"row {row.line} is not what was asked: {odd}", remedy="ask again later")

    def split(self, request: Request) -> tuple[Request, ...]:
        """By months, then by codes, then by partners; without a key month by month, since more may be refused.

        What a prefix says is not said by its codes together (docs/rules.md, rule 2), so that only lists are taken
        apart, and all codes into chapters.
        """
        first, last = request.months
        months = list(month_range(first, last))
        if len(months) > 1:
            at = 1 if request.question.path.startswith(PREVIEW) else (len(months) + 1) // 2
            parts = [months[start : start + at] for start in range(0, len(months), at)]
            return tuple(_again(request, months=(part[0], part[-1])) for part in parts)
        hs = CHAPTERS if request.hs == "all" else request.hs
        if len(hs) > 1:
            codes = [(code,) for code in hs] if request.hs == "all" else _halves(tuple(hs))
            return tuple(_again(request, hs=part) for part in codes)
        if isinstance(request.partners, tuple) and len(request.partners) > 1:
            return tuple(_again(request, partners=part) for part in _halves(request.partners))
        raise AnswerError("what is asked cannot be made smaller, and its answer is cut off", remedy=SMALLER)


WEB = ComtradeWeb()


def _request(
    base: str,
    digits: int,
    reporter: str,
    flow: str,
    hs: Codes | str,
    of_whom: Codes | str,
    months: tuple[dt.date, dt.date],
) -> Request:
    """A question and its scope. `digits`: of the codes that its answer has."""
    codes = (f"AG{digits}",) if hs == "all" else _codes(hs, digits)
    who = (WORLD,) if of_whom == "world" else partners() if of_whom == "all" else of_whom
    flow_code = next(code for code, name in FLOWS.items() if name == flow)
    params = {
        "reporterCode": reporters()[reporter],
        "period": ",".join(f"{month:%Y%m}" for month in month_range(*months)),
        "partnerCode": ",".join(who),
        "cmdCode": ",".join(codes),
        "flowCode": flow_code,
        **dict(asked.split("=") for _, _, asked in SPLITS.values()),
    }
    question = Question(f"{base}/{'get' if base == KEYED else 'preview'}/C/M/HS", tuple(params.items()))
    if of_whom == "all" and _is_long(question):
        # Every partner and all of them together, which add up or the answer is refused.
        question = Question(question.path, tuple((k, v) for k, v in params.items() if k != "partnerCode"))
    return Request(question, reporter, flow, hs, of_whom, months)


def _again(
    request: Request,
    *,
    months: tuple[dt.date, dt.date] | None = None,
    hs: Codes | None = None,
    partners: Codes | None = None,
) -> Request:
    """The request for a part of its scope."""
    base = PREVIEW if request.question.path.startswith(PREVIEW) else KEYED
    return _request(
        base,
        _digits_of(request),
        request.reporter,
        request.flow,
        hs or request.hs,
        partners or request.partners,
        months or request.months,
    )


def _small(request: Request, cap: int | None) -> Iterator[Request]:
    """The request, or the parts of it that are expected to stay below the cap; as it is where it has none."""
    rows = _rows_a_month(_digits_of(request), request.hs, request.partners)
    is_one = request.months[0] == request.months[1]
    if not _is_long(request.question) and (cap is None or rows < cap or not is_one):
        yield request
        return
    try:
        parts = WEB.split(request)
    except AnswerError:
        if _is_long(request.question):
            raise AnswerError("the question is longer than Comtrade takes", remedy=SMALLER) from None
        yield request
        return
    for part in parts:
        yield from _small(part, cap)


def _digits_of(request: Request) -> int:
    code = dict(request.question.params)["cmdCode"].partition(",")[0]
    return int(code.removeprefix("AG")) if code.startswith("AG") else len(code)


def _codes(hs: Codes | str, digits: int) -> Codes:
    """The codes of so many digits that the prefixes are, or begin."""
    if digits < DETAILS:
        return tuple(hs)
    return tuple(code for prefix in hs for code in ((prefix,) if len(prefix) == DETAILS else six_digits(prefix)))


def _headings(hs: Codes | str) -> list[tuple[int, Codes | str]]:
    """What Comtrade prints sums of: chapters and headings that are wanted whole, by their digits."""
    if hs == "all":
        return [(2, "all")]
    by_digits = {digits: tuple(code for code in hs if len(code) == digits) for digits in (2, 4)}
    return [(digits, codes) for digits, codes in by_digits.items() if codes]


def _rows_a_month(digits: int, hs: Codes | str, of_whom: Codes | str) -> int:
    """How many rows an answer is expected to have for each month."""
    all_codes = ALL_CODES if digits == DETAILS else len(CHAPTERS)
    codes = all_codes if hs == "all" else len(_codes(hs, digits))
    if of_whom == "all":
        return codes * (PARTNERS_ON_AVERAGE if codes >= MANY_CODES else PARTNERS_OF_A_CODE)
    return codes * (1 if of_whom == "world" else len(of_whom))


def _is_long(question: Question) -> bool:
    return len(WEB.publishers[0]) + len(question.text) >= LONGEST_ADDRESS


def _runs(months: Sequence[dt.date]) -> list[list[dt.date]]:
    """Months on end; a question never reaches over one that is not wanted, or not out."""
    runs: list[list[dt.date]] = []
    for month in sorted(months):
        if runs and month == add_months(runs[-1][-1], 1):
            runs[-1].append(month)
        else:
            runs.append([month])
    return runs


def _halves(codes: Codes) -> list[Codes]:
    middle = (len(codes) + 1) // 2
    return [codes[:middle], codes[middle:]]


def _month(period: str) -> dt.date:
    return dt.date(int(period[:4]), int(period[4:]), 1)


def _released(month: dt.date, rows: Sequence[Cells]) -> Released:
    marks = sorted(
        f"{row.get('classificationCode')}:{row.get('datasetChecksum')}@{row['lastReleased']}" for row in rows
    )
    day = max(str(row["lastReleased"])[:10] for row in rows)
    return Released(month, dt.date.fromisoformat(day), " ".join(marks))


def _whole(answer: Answer) -> list[Cells]:
    """The rows of an answer; `PassingError` or `AnswerError` if it has none to trust."""
    try:
        refuse_no_answer(answer.content[:64], "the answer")
        return body_rows(answer.content, None)
    except UnfitError as error:
        raise AnswerError(error.what, remedy=error.remedy) from None
    except RefusalError as error:
        raise PassingError(error.what, remedy="ask again later") from None


def _outside(row: Row, asked: Mapping[str, Sequence[str]]) -> str | None:
    """In what a row is not what was asked."""
    codes = asked["cmdCode"]
    is_code = row.hs_code in codes or f"AG{len(row.hs_code)}" in codes
    wrong = {
        "reporterCode": row.reporter_code not in asked["reporterCode"],
        "flowCode": row.flow_code not in asked["flowCode"],
        "period": row.period not in asked["period"],
        "cmdCode": not is_code,
        "partnerCode": "partnerCode" in asked and row.partner_code not in asked["partnerCode"],
        "totals over modes, procedures and second partners": bool(row.split_by),
    }
    return ", ".join(what for what, is_wrong in wrong.items() if is_wrong) or None


def _refuse_unknown(wanted: Wanted) -> None:
    """Refuse a prefix of which no code of six digits is known in one of the months."""
    for prefix in () if wanted.hs == "all" else wanted.hs:
        if len(prefix) < DETAILS and (not six_digits(prefix) or min(wanted.months).year < min(EDITIONS.values())):
            raise RefusalError(
                f"which codes of six digits begin with {prefix} in {min(wanted.months):%Y-%m} is not reviewed",
                file="orchestration/sources/comtrade/hs6.csv",
                remedy=f"name codes of six digits in the dataset, or months from {min(EDITIONS.values())} on",
            )
