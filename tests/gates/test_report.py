"""The audit's page: a hand-made report is rendered, and the page is read back with the standard HTML parser."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

import pandas as pd
import pytest

from orchestration.gates.audit import COLUMNS, VERDICTS, GateOutcome, Report
from orchestration.gates.report import ROWS_SHOWN, SENTENCES, extent, figure, render

SUBJECT = "20260308T101500Z-4f2a91c07b3e"
SPACE = re.compile(r"\s+")


def row(gate: str, verdict: str, **values: object) -> dict[str, object]:
    """One comparison of 2024-05; its other values can be given."""
    usual = {
        "dataset": "gacc import", "month": dt.date(2024, 5, 1), "scope": "502 × hs4/8542", "measure": "value_usd",
        "expected": Decimal("1000.000000"), "actual": Decimal("1000.000000"), "difference": Decimal("0.000000"),
        "tolerance": Decimal("2.500000"), "n_compared": 7, "severity": "block",
    }  # fmt: skip
    return {**dict.fromkeys(COLUMNS), **usual, "gate": gate, "verdict": verdict, **values}


def made(*rows: dict[str, object], message: str | None = None) -> Report:
    """A report of these rows; a gate's outcome is its worst verdict, and its title `Title of <gate>`."""
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    frame = frame.where(frame.notna(), None)
    gates = []
    for gate, verdicts in frame.groupby("gate", sort=False)["verdict"]:
        verdict = min(verdicts, key=VERDICTS.index)
        gates.append(GateOutcome(str(gate), f"Title of {gate}", verdict, message if verdict == "broken" else None))
    return Report(frame, tuple(gates))


FAILED = row(
    "totals",
    "failed",
    month=dt.date(2023, 11, 1),
    scope="<script>alert('x')</script> & co",
    expected=Decimal("1234567890.500000"),
    actual=Decimal("1234560000.000000"),
    difference=Decimal("-7890.500000"),
    tolerance=Decimal("1500.000000"),
)
NOTHING = {"expected": None, "actual": None, "difference": None, "tolerance": None, "n_compared": 0}
BROKEN = row("keys", "broken", dataset="-", month=None, scope="-", measure="-", reason="keys.sql is missing", **NOTHING)
WARNED = row("domains", "warned", scope="unknown units", actual=Decimal(1003), difference=Decimal(3))
WAIVED = row("continuity", "waived", waived_by="exception 7 until 2026-06", reason="late by a typhoon")
KNOWN = row("rate", "expected", reason="known to be wrong: a slip of the press")
SILENT = row("totals", "not_applicable", reason="11 months are not covered", **(NOTHING | {"tolerance": Decimal(1)}))


@pytest.fixture(scope="module")
def mixed() -> str:
    passed = row("totals", "passed", reference="Press of June 2024")
    return render(made(BROKEN, FAILED, passed, SILENT, WARNED, WAIVED, message="keys.sql is missing"), SUBJECT, True)


@dataclass
class Seen:
    """What a reader sees: the text, the sign of a strip's cell by its title, whether a gate is open by its name."""

    text: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    gates: dict[str, bool] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen, self._hidden, self._title, self._open, self._inside = Seen(), False, "", False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.seen.tags.append(tag)
        self.seen.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        self._hidden, self._title = tag == "style", (found.get("title") or "") if tag == "td" else ""
        if tag == "details":
            self._open = "open" in found
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._hidden = self._hidden and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.seen.text += data
        if self._title:
            self.seen.cells[self._title] = data
            self._title = ""
        if self._inside == "h3" and data.startswith("Title of "):
            self.seen.gates[data.removeprefix("Title of ")] = self._open


def read(page: str) -> Seen:
    reader = _Reader()
    reader.feed(page)
    reader.seen.text = SPACE.sub(" ", reader.seen.text)
    return reader.seen


def test_a_failure_is_told_in_one_sentence(mixed: str) -> None:
    text = read(mixed).text
    assert "FAILED – not published" in text
    assert SUBJECT in text
    assert (
        "Title of totals (gate totals), gacc import, 2023-11, <script>alert('x')</script> & co, value_usd: "
        "expected 1,234,567,890.5, actual 1,234,560,000, difference -7,890.5, tolerance 1,500."
    ) in text


def test_the_page_says_how_much_was_compared(mixed: str) -> None:
    text = read(mixed).text
    assert "4 comparisons · 3 gates · 1 stream or dataset · 2 months, 2023-11, 2024-05" in text
    assert "1 of 4 gates failed; 1 of 4 gates is broken and could not judge." in text
    assert "1 failed 1 warned 1 waived 0 expected 1 passed 1 not applicable" in re.sub(r"[BFWVE✓–] ?(?=\d)", "", text)


#: By name what was compared of which months, and what is said of it.
EXTENTS = {
    "a month that is to come": (
        [("layers", "2024-09", 1), ("layers", "2024-10", 1), ("page", "2024-10", 9), ("page", "2024-11", 1)],
        "4 comparisons · 2 gates · 1 stream or dataset · 2 months, 2024-09 to 2024-10. Of 2024-11 no details are held: "
        "other figures were compared, such as the day on which a month comes out.",
    ),
    "all months": (
        [("layers", "2024-08", 1), ("layers", "2024-10", 1), ("layers", "2024-11", 0), ("page", "2024-11", 0)],
        "2 comparisons · 1 gate · 1 stream or dataset · 2 months, 2024-08, 2024-10",
    ),
    "no month": ([("suites", None, 1)], "1 comparison · 1 gate · 1 stream or dataset"),
}


@pytest.mark.parametrize("name", EXTENTS)
def test_months_are_told_by_what_is_held_of_them(name: str) -> None:
    """Whoever reads of a month that was never published learns what was compared there."""
    rows, words = EXTENTS[name]
    made = [(gate, dt.date.fromisoformat(f"{month}-01") if month else None, n, "d") for gate, month, n in rows]
    assert extent(pd.DataFrame(made, columns=["gate", "month", "n_compared", "dataset"])) == words


def test_each_kind_of_row_brings_its_reason(mixed: str) -> None:
    text = read(mixed).text
    assert "Title of keys (gate keys): keys.sql is missing." in text
    assert "waived by exception 7 until 2026-06" in text
    assert "late by a typhoon" in text
    assert "11 months are not covered" in text
    assert "Press of June 2024" in text
    assert "unknown units, value_usd: expected 1,000, actual 1,003, difference +3, tolerance 2.5." in text


def test_the_strip_shows_the_month_by_sign_and_title(mixed: str) -> None:
    cells = read(mixed).cells
    assert cells["2023-11: 1 failed"] == "F"
    assert cells["2024-05: 1 warned"] == "W"
    assert cells["2024-05: 1 waived"] == "V"
    assert cells["2024-05: 1 passed, 1 not applicable"] == "✓"


def test_only_gates_that_need_reading_are_open(mixed: str) -> None:
    assert read(mixed).gates == {"keys": True, "totals": True, "domains": True, "continuity": False}


def test_what_comes_from_the_data_is_escaped() -> None:
    bad = "<script>alert(1)</script>"
    names = ("dataset", "scope", "measure", "waived_by", "reason", "reference")
    rows = [row("<b>gate", verdict, **dict.fromkeys(names, bad)) for verdict in VERDICTS]
    page = render(made(*rows, message=bad), bad, False)
    assert "script" not in read(page).tags
    assert "<b>gate" not in page
    assert read(page).text.count(bad) >= 2 + len(names)


def test_the_page_loads_nothing(mixed: str) -> None:
    seen = read(mixed)
    assert not re.search(r"https?://|src=|@import|url\(", mixed)
    assert not {"script", "img", "iframe", "object", "embed", "form"} & set(seen.tags)
    assert all(address.startswith(("#gate-", "data:,")) for address in seen.addresses)


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_synthetic_data_says_so(is_synthetic: bool) -> None:
    assert ("SYNTHETIC DATA" in render(made(WARNED), SUBJECT, is_synthetic)) is is_synthetic


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row("totals", "passed")], "PASSED 1 of 1 gate compared"),
        ([row("totals", "passed"), WARNED, WAIVED], "PASSED with warnings 3 of 3 gates"),
        ([row("totals", "passed"), WAIVED], "PASSED with waived findings 2 of 2 gates"),
        ([row("totals", "passed"), KNOWN], "PASSED 2 of 2 gates compared"),
        ([row("totals", "passed"), KNOWN], "Known errors of what is printed elsewhere ETitle of rate (gate rate)"),
        ([row("totals", "passed"), KNOWN], "known to be wrong: a slip of the press"),
        ([row("totals", "passed"), row("keys", "not_applicable", **NOTHING)], "1 of 2 gates compared"),
        ([SILENT], "PASSED, but nothing was compared 1 of 1 gate had nothing to compare."),
    ],
)
def test_a_pass_is_not_said_louder_than_it_is(rows: list[dict[str, object]], said: str) -> None:
    text = read(render(made(*rows), SUBJECT, False)).text
    assert said in text
    assert "FAILED" not in text
    assert "What failed" not in text


def test_long_tables_say_what_is_left_out() -> None:
    passed = [row("totals", "passed", scope=f"scope {n}") for n in range(ROWS_SHOWN + 10)]
    failed = [
        row("totals", "failed", scope=f"failed {n}", actual=Decimal(1000 + n), difference=Decimal(n))
        for n in range(1, 9)
    ]
    text = read(render(made(*passed, *failed), SUBJECT, False)).text
    assert f"{ROWS_SHOWN} shown, worst first; 18 more left out (18 passed)" in text
    assert "trade.duckdb: select * from audit_results where gate = 'totals'" in text
    told = SENTENCES["What failed"][1]
    assert f"{8 - told} more ({8 - told} failed) in the tables below." in text
    table = text[text.index("Comparisons, gate by gate") :]
    assert re.findall(r"failed \d", table)[-8:] == [f"failed {n}" for n in range(8, 0, -1)]
    assert f"scope {ROWS_SHOWN - 8 - 1}" in text
    assert f"scope {ROWS_SHOWN - 8}" not in text


def test_an_unknown_difference_is_worse_than_a_large_one_and_each_gate_is_named() -> None:
    many = [
        row("totals", "failed", scope=f"large {n}", actual=Decimal(9000 - n), difference=Decimal(8000 - n))
        for n in range(9)
    ]
    unknown = row("totals", "failed", scope="no detail", actual=None, difference=None)
    small = row("layers", "failed", scope="small", actual=Decimal(1003), difference=Decimal(3))
    text = read(render(made(*many, unknown, small), SUBJECT, False)).text
    places = [text.index(part) for part in ("actual missing, difference unknown", "small, value_usd", "large 0,")]
    assert places == sorted(places)


def test_a_whole_history_stays_small() -> None:
    months = [dt.date(2020 + n // 12, n % 12 + 1, 1) for n in range(58)]
    rows = [
        row(gate, "passed", month=month, scope=f"raw rows = fact + quarantine, scheme {n}", reference=f"Press {n}")
        for gate in ("layers", "keys", "domains", "continuity", "totals")
        for month in months
        for n in range(6)
    ]
    page = render(made(*rows), SUBJECT, True)
    assert len(page.encode()) < 400_000
    assert len(re.findall(r'title="20\d\d-\d\d: 6 passed"', page)) == 5 * 58


@pytest.mark.parametrize(
    ("value", "text", "signed"),
    [
        (Decimal("1234.500000"), "1,234.5", "+1,234.5"),
        (Decimal("9200000000.000000"), "9,200,000,000", "+9,200,000,000"),
        (Decimal("-0.000000"), "0", "0"),
        (Decimal("1E+3"), "1,000", "+1,000"),
        (Decimal("-100"), "-100", "-100"),
        (0.1, "0.1", "+0.1"),
        (1200, "1,200", "+1,200"),
        (None, None, None),
        (math.nan, None, None),
    ],
)
def test_figures_are_grouped_and_trimmed(value: object, text: str | None, signed: str | None) -> None:
    assert figure(value) == text
    assert figure(value, signed=True) == signed
