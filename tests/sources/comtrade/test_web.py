"""What is asked of UN Comtrade, and which answers are taken: nothing is sent but to a server of this machine."""

from __future__ import annotations

import datetime as dt
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.months import month_range
from orchestration.sources.comtrade.web import LONGEST_ADDRESS, WEB
from orchestration.sources.web import (
    Answer,
    AnswerError,
    CutError,
    PassingError,
    Question,
    Request,
    Wanted,
)
from tests.sources.comtrade.answers import Row, body, row
from tests.sources.comtrade.server import Comtrade, Fault, serving

MONTHS = tuple(month_range(dt.date(2024, 1, 1), dt.date(2024, 12, 1)))


@dataclass(frozen=True)
class Plain:
    """A client that asks once, whatever comes; what politeness needs is tested where it lies."""

    address: str
    has_key: bool = False
    cap: int | None = 500

    def get(self, question: Question, **marks: str | None) -> Answer:
        assert not any(marks.values()), "nothing here is asked conditionally"
        asked = urllib.request.Request(f"{self.address}{question.text}")
        if self.has_key:
            asked.add_header(str(WEB.key_header), "made-up-key")
        try:
            with urllib.request.urlopen(asked) as came:
                return answer(came.read(), came.status, came.headers["Content-Type"])
        except urllib.error.HTTPError as error:
            return answer(error.read(), error.code, error.headers["Content-Type"])


def answer(content: bytes, status: int = 200, content_type: str = "application/json") -> Answer:
    return Answer("", status, content, content_type, None, None, dt.datetime(2024, 12, 1, tzinfo=dt.UTC))


@pytest.fixture
def comtrade() -> Iterator[Comtrade]:
    with serving() as known:
        yield known


def wanted(**said: Any) -> Wanted:
    """China's imports of chips from the United States in 2024."""
    return replace(Wanted("CHN", "import", ("8542",), ("842",), MONTHS), **said)


def params(request: Request) -> dict[str, str]:
    return dict(request.question.params)


def test_a_year_of_chips_is_one_question_and_one_for_the_heading() -> None:
    """Totals over modes, procedures and second partners are always asked for by name."""
    details, heading = WEB.plan(wanted(), cap=500, has_key=False)
    assert details.question.path == "/public/v1/preview/C/M/HS"
    assert params(details) == {
        "reporterCode": "156",
        "period": ",".join(f"2024{month:02}" for month in range(1, 13)),
        "partnerCode": "842",
        "cmdCode": "854231,854232,854233,854239,854290",
        "flowCode": "M",
        "motCode": "0",
        "customsCode": "C00",
        "partner2Code": "0",
    }
    assert params(heading)["cmdCode"] == "8542" and details.hs == heading.hs == ("8542",)
    assert details.months == heading.months == (MONTHS[0], MONTHS[-1])
    keyed = WEB.plan(wanted(flow="export"), cap=100_000, has_key=True)
    assert {r.question.path for r in keyed} == {"/data/v1/get/C/M/HS"} and params(keyed[0])["flowCode"] == "X"


def test_no_question_reaches_over_a_month_that_is_not_wanted() -> None:
    months = (*MONTHS[:3], *MONTHS[5:7], dt.date(2023, 12, 1))
    found = WEB.plan(wanted(months=months, hs=("854231",)), cap=500, has_key=False)
    assert [params(r)["period"] for r in found] == ["202312,202401,202402,202403", "202406,202407"]
    assert not any(len(params(r)["cmdCode"]) < 6 for r in found), "six digits are no whole heading"


def test_ten_years_are_twelve_periods_at_a_time() -> None:
    months = tuple(month_range(dt.date(2015, 1, 1), dt.date(2024, 10, 1)))
    found = WEB.plan(wanted(months=months), cap=500, has_key=False)
    periods = [params(r)["period"].split(",") for r in found if r.hs == ("8542",) and "854231" in params(r)["cmdCode"]]
    assert [len(p) for p in periods] == [12] * 9 + [10] and [p for part in periods for p in part] == [
        f"{m:%Y%m}" for m in months
    ]


def test_every_partner_is_named_and_their_sum_is_asked_apart() -> None:
    """A question that is expected to reach the cap is asked for fewer months."""
    found = WEB.plan(wanted(partners="all", hs=("850511",)), cap=500, has_key=False)
    kinds = {(len(params(r)["partnerCode"].split(",")) > 200, r.partners) for r in found}
    assert kinds == {(True, "all"), (False, "world")} and "0" not in params(found[0])["partnerCode"].split(",")
    assert [len(params(r)["period"].split(",")) for r in found] == [4, 4, 4, 12]
    keyed = WEB.plan(wanted(partners="all", hs=("850511",)), cap=100_000, has_key=True)
    assert [len(params(r)["period"].split(",")) for r in keyed] == [12, 12]


@pytest.mark.parametrize(
    ("hs", "partners"),
    [(("84", "29"), ("842",)), (("29",), "all"), ("all", ("842",)), ("all", "all"), ("all", "world")],
)
def test_no_address_is_longer_than_comtrade_takes(hs: Any, partners: Any) -> None:
    """Of a chapter of five hundred codes, too; what was asked is together what is wanted."""
    found = WEB.plan(wanted(hs=hs, partners=partners, months=MONTHS[:2]), cap=100_000, has_key=True)
    assert all(len(f"{WEB.publishers[0]}{r.question.text}") < LONGEST_ADDRESS for r in found)
    assert {m for r in found for m in month_range(*r.months)} == set(MONTHS[:2])


def test_all_codes_beyond_the_cap_are_asked_chapter_by_chapter() -> None:
    """Chapters together are all codes (docs/rules.md, rule 2)."""
    found = WEB.plan(wanted(hs="all", partners="world", months=MONTHS[:1]), cap=4_000, has_key=True)
    details = [r.hs for r in found if len(params(r)["cmdCode"].partition(",")[0]) == 6]
    assert ("85",) in details and len(details) == 96 and ("AG2" in {params(r)["cmdCode"] for r in found})


def test_a_prefix_that_is_not_reviewed_is_refused() -> None:
    for said in ({"hs": ("8500",)}, {"months": (dt.date(2011, 12, 1),)}):
        with pytest.raises(RefusalError, match="is not reviewed") as refused:
            WEB.plan(wanted(**said), cap=500, has_key=False)
        assert refused.value.remedy
    assert WEB.plan(wanted(hs=("120100",), months=(dt.date(2011, 12, 1),)), cap=500, has_key=False)


def test_a_question_is_split_by_months_then_codes_then_partners() -> None:
    """Without a key month by month, since more may be refused; a prefix is never taken apart."""
    months = (MONTHS[0], MONTHS[3])
    ask = wanted(hs=("854231", "854232"), partners=("410", "842"), months=MONTHS[:4])
    (preview,), (keyed,) = (WEB.plan(ask, cap=500, has_key=has_key) for has_key in (False, True))
    assert preview.months == months
    assert [params(r)["period"] for r in WEB.split(preview)] == ["202401", "202402", "202403", "202404"]
    assert [params(r)["period"] for r in WEB.split(keyed)] == ["202401,202402", "202403,202404"]
    one = WEB.split(preview)[0]
    assert [r.hs for r in WEB.split(one)] == [("854231",), ("854232",)]
    code = WEB.split(one)[0]
    assert [r.partners for r in WEB.split(code)] == [("410",), ("842",)]
    with pytest.raises(AnswerError, match="cannot be made smaller") as refused:
        WEB.split(WEB.split(code)[0])
    assert refused.value.remedy
    (prefix, _) = WEB.plan(wanted(months=MONTHS[:1]), cap=500, has_key=False)
    with pytest.raises(AnswerError, match="cannot be made smaller"):
        WEB.split(prefix)


def of(period: str = "202401", cmd: str = "854231", value: float = 5.0, **changes: object) -> Row:
    return row(period, "156", "M", "842", cmd, value, **changes)


BAD: dict[str, tuple[Answer, type[AnswerError], str]] = {
    "a page": (answer(b"<html>down</html>", content_type="text/html"), PassingError, "a web page"),
    "nothing": (answer(b""), PassingError, "is empty"),
    "cut": (answer(body([of()])[:-9]), PassingError, "cut off or damaged"),
    "a row less": (answer(body([of()], count=3)), PassingError, "says that it has 3 rows"),
    "an error": (answer(body([], error="no such code")), AnswerError, "no such code"),
    "a quota": (answer(b'{"statusCode":403,"message":"Out of call volume quota."}', 403), AnswerError, "Out of call"),
    "as long as the cap": (answer(body([of(), of("202402")])), CutError, "2 rows, as many as an answer has"),
    "another month": (answer(body([of("202502")])), AnswerError, "row 1 is not what was asked: period"),
    "another code": (answer(body([of(cmd="854290")])), AnswerError, "not what was asked: cmdCode"),
    "another reporter": (answer(body([of(reporterCode=76)])), AnswerError, "not what was asked: reporterCode"),
    "another partner": (answer(body([of(partnerCode=0)])), AnswerError, "not what was asked: partnerCode"),
    "another flow": (answer(body([of(flowCode="X")])), AnswerError, "not what was asked: flowCode"),
    "no total": (answer(body([of(motCode=2100)])), AnswerError, "no row of all of them"),
    "no code": (answer(body([of(cmd="85423")])), AnswerError, "is no code of 2, 4 or 6 digits"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_answer_that_is_not_whole_or_not_what_was_asked(case: str) -> None:
    """What passes by itself is called so; the rest is not asked again at once."""
    (request,) = WEB.plan(wanted(hs=("854231", "854232"), months=MONTHS[:2]), cap=500, has_key=False)
    came, kind, what = BAD[case]
    with pytest.raises(AnswerError) as refused:
        WEB.check(request, came, cap=2)
    assert type(refused.value) is kind and what in refused.value.what and refused.value.remedy
    WEB.check(request, answer(body([of()])), cap=2)
    WEB.check(request, answer(body([])), cap=2)


def test_a_part_beside_its_total_is_not_what_was_asked() -> None:
    """The parser leaves it out; here it says that the question was not understood."""
    (request,) = WEB.plan(wanted(hs=("854231",), months=MONTHS[:1]), cap=500, has_key=False)
    with pytest.raises(AnswerError, match="totals over modes"):
        WEB.check(request, answer(body([of(), of(value=5.0, motCode=2100)])), cap=500)


FIGURES = {("202401", "156", "M", "842", "854231"): 100.0, ("202402", "156", "M", "842", "854232"): 50.0}


def test_months_are_out_when_the_reporter_has_delivered_them(comtrade: Comtrade) -> None:
    """Since the day of the last release; a revision changes the mark. A month that nobody lists is not out."""
    comtrade.publish(FIGURES, "2024-03-20")
    comtrade.publish({("202402", "76", "M", "842", "854231"): 1.0}, "2024-05-01")
    before = WEB.released(Plain(comtrade.address), "CHN", MONTHS)
    assert [*before] == [*MONTHS[:2]] and before[MONTHS[0]].day == dt.date(2024, 3, 20)
    assert [*WEB.released(Plain(comtrade.address, has_key=True), "BRA", MONTHS)] == [MONTHS[1]]
    comtrade.publish({("202402", "156", "M", "842", "854232"): 51.0}, "2024-06-20")
    after = WEB.released(Plain(comtrade.address), "CHN", MONTHS[1:])
    assert [*after] == [MONTHS[1]] and after[MONTHS[1]].day == dt.date(2024, 6, 20)
    assert after[MONTHS[1]].mark != before[MONTHS[1]].mark
    assert [asked.path.partition("?")[0] for asked in comtrade.log] == [
        f"/{base}/v1/getDa/C/M/HS" for base in ("public", "data", "public")
    ]


def test_availability_that_is_no_answer_says_nothing_of_months(comtrade: Comtrade) -> None:
    comtrade.faults.append(Fault("page"))
    with pytest.raises(PassingError, match="a web page"):
        WEB.released(Plain(comtrade.address), "CHN", MONTHS)


def test_what_is_planned_is_answered_whole(comtrade: Comtrade) -> None:
    """By a server in the genuine shape: details and heading add up; refused periods are split into months."""
    comtrade.publish(FIGURES, "2024-03-20")
    comtrade.preview_periods = 1
    client = Plain(comtrade.address)
    details, heading = WEB.plan(wanted(months=MONTHS[:2]), cap=client.cap, has_key=False)
    sums = []
    for request in (details, heading):
        with pytest.raises(AnswerError, match="number of periods exceeds"):
            WEB.check(request, client.get(request.question), cap=client.cap)
        total = 0.0
        for part in WEB.split(request):
            came = client.get(part.question)
            WEB.check(part, came, cap=client.cap)
            total += sum(r["primaryValue"] for r in json.loads(came.content)["data"])
        sums.append(total)
    assert sums == [150.0, 150.0]


def test_an_answer_as_long_as_the_cap_is_split(comtrade: Comtrade) -> None:
    comtrade.publish(FIGURES, "2024-03-20")
    comtrade.preview_cap = 2
    client = Plain(comtrade.address, cap=2)
    (request,) = WEB.plan(wanted(hs=("854231", "854232"), months=MONTHS[:2]), cap=500, has_key=False)
    with pytest.raises(CutError):
        WEB.check(request, client.get(request.question), cap=client.cap)
    for part in WEB.split(request):
        WEB.check(part, client.get(part.question), cap=client.cap)
