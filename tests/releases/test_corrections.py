"""Which figures a release corrects, and with which cause: on pairs of a few rows, and on a home that has grown."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.corrections.changed import what_changed
from orchestration.releases.publish import audit_folder
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ParsedTrade
from orchestration.warehouse.categories import OwnCategories
from tests.conftest import add, query, released, row
from tests.releases.pairs import MADE, Cover, Made, Row, between, figures, receipt, rows_between

FIRST = receipt("r1", "2024-05-20")
#: Four months of chips from the United States.
MONTHS = tuple(Row(f"2024-0{n}", 100 + n, quantity=10) for n in range(1, 5))
BASE = Made(MONTHS, receipts=(FIRST,))
LATER = receipt("r2", "2024-06-20", "2024-02")


def with_february(usd: int | None, **said: object) -> Made:
    """The same, with another figure in February."""
    rows = (*MONTHS[:1], Row("2024-02", usd, quantity=10), *MONTHS[2:])
    return BASE.but(rows=rows, **said)


def february(old: int | None, new: int | None, cause: str) -> list[tuple[object, ...]]:
    """A correction of February."""
    return [("2024-02", "502", old, new, cause)]


def test_a_later_print_is_a_revision(tmp_path: Path) -> None:
    """Named with its receipt and vintage; other months and measures are left alone."""
    found = between(tmp_path, BASE, with_february(99, receipts=(FIRST, LATER)))
    assert found == [("2024-02", "502", "integrated_circuits", "value_usd", 102, 99, "revised by the source",
                      "receipt r2, vintage 2024-06-20")]  # fmt: skip


def test_a_withdrawal_has_its_reason(tmp_path: Path) -> None:
    """Also where another receipt takes its place."""
    then = BASE.but(receipts=(FIRST, LATER))
    gone = with_february(99, withdrawn=(("r2", "the wrong month"),))
    ((*_, cause, detail),) = between(tmp_path / "a", then, gone)
    assert (cause, detail) == ("receipt withdrawn", "receipt r2: the wrong month")
    again = gone.but(receipts=(FIRST, receipt("r3", "2024-07-20", "2024-02")))
    ((*_, cause, detail),) = between(tmp_path / "b", then, again)
    assert cause == "receipt withdrawn"
    assert detail == "receipt r2: the wrong month; since then receipt r3, vintage 2024-07-20"


def test_a_receipt_that_does_not_count_is_no_cause(tmp_path: Path) -> None:
    """An older print, one of another partner, line, currency or month, and one that only checks: it was the parser."""
    others = (
        receipt("r2", "2024-05-01", "2024-02"),
        receipt("r3", "2024-06-20", "2024-02", partners="116"),
        receipt("r4", "2024-06-20", "2024-02", hs="8541"),
        receipt("r5", "2024-06-20", "2024-02", currency="CNY"),
        receipt("r6", "2024-06-20", "2024-03"),
        receipt("r7", "2024-06-20", "2024-02", code_length=6),
        receipt("r8", "2024-06-20", "2024-02", flow="export"),
        receipt("r9", "2024-06-20", "2024-02", partners="world"),
    )
    now = with_february(99, receipts=(FIRST, *others), parser="gacc3")
    ((*_, cause, detail),) = between(tmp_path, BASE, now)
    assert (cause, detail) == ("parser", "gacc2 → gacc3")


def test_a_withdrawn_receipt_that_did_not_count_is_no_cause(tmp_path: Path) -> None:
    """What came in its place long before has been revised."""
    then = BASE.but(receipts=(receipt("r0", "2024-03-20"), FIRST))
    now = with_february(99, receipts=(FIRST, LATER), withdrawn=(("r0", "tidied"),))
    assert figures(between(tmp_path, then, now)) == february(102, 99, "revised by the source")


def test_what_nothing_explains_is_the_project(tmp_path: Path) -> None:
    """Models, or tables that it reviews."""
    ((*_, cause, detail),) = between(tmp_path, BASE, with_february(99))
    assert cause == "definition" and detail.startswith("models or reviewed tables of the project, 0123456789")


def test_a_category_that_is_defined_in_another_way(tmp_path: Path) -> None:
    """By version, and by what it holds; whatever else was received."""
    now = with_february(99, receipts=(FIRST, LATER), categories={"ic/integrated_circuits": (2, "854231,854239")})
    ((*_, cause, detail),) = between(tmp_path, BASE, now)
    assert (cause, detail) == ("definition", "scheme ic, version 1 → 2, 85423 → 854231,854239")


def test_the_same_prefixes_in_another_order_are_the_same_category(tmp_path: Path) -> None:
    """So a revision is none of a definition."""
    then = BASE.but(categories={"ic/integrated_circuits": (None, "854231,854239")})
    now = with_february(99, receipts=(FIRST, LATER), categories={"ic/integrated_circuits": (None, "854239,854231")})
    assert figures(between(tmp_path, then, now)) == february(102, 99, "revised by the source")


OWN = """schemes:
  parts:
    title: Parts
    leaves_out: All else
    categories:
      ic_parts: {{name: Parts, prefixes: [854290], years: {{"854290": {years}}}}}
"""


def test_own_categories_that_are_new_end_or_hold_in_other_years(tmp_path: Path) -> None:
    """Each figure of them is named: there was none before, or there is none any more."""
    parts = {**BASE.categories, "parts/ic_parts": (None, "854290")}
    row = Row("2024-02", 7, quantity=1, category="parts/ic_parts")
    with_parts = BASE.but(rows=(*MONTHS, row), categories=parts, own=OwnCategories(OWN.format(years="2017..").encode()))
    new = between(tmp_path / "new", BASE, with_parts)
    assert figures(new) == february(None, 7, "definition") and figures(new, "quantity")
    assert new[0][-1] == "scheme parts, the home's own, new category: 854290 (2017..)"
    assert between(tmp_path / "gone", with_parts, BASE)[0][-1].endswith("category ended: 854290 (2017..)")
    other = with_parts.but(
        rows=(*MONTHS, Row("2024-02", 8, quantity=1, category="parts/ic_parts")),
        own=OwnCategories(OWN.format(years="2020..").encode()),
    )
    ((*_, cause, detail),) = between(tmp_path / "other", with_parts, other)
    assert (cause, detail) == ("definition", "scheme parts, the home's own, 854290 (2017..) → 854290 (2020..)")


def test_what_becomes_known_and_unknown_is_coverage(tmp_path: Path) -> None:
    """A currency that comes later, a gap that is filled, a month that is lost without a withdrawal."""
    yuan = receipt("r2", "2024-06-20", "2024-02", currency="CNY")
    rows = (MONTHS[0], Row("2024-02", 102, local=700, quantity=10), *MONTHS[2:])
    found = between(tmp_path / "currency", BASE, BASE.but(rows=rows, receipts=(FIRST, yuan)))
    assert [(of[3:]) for of in found] == [
        ("value_local", None, 700, "coverage", "became known by receipt r2, vintage 2024-06-20")
    ]
    other = Row("2024-02", 5, partner="116", quantity=1)
    gap = BASE.but(rows=(other, MONTHS[0], *MONTHS[2:]))
    assert figures(between(tmp_path / "gap", gap, BASE.but(rows=(other, *MONTHS)))) == february(None, 102, "coverage")
    lost = gap.but(covers=(Cover("2024-02", "502", usd=False, reason="codes not received: 854231"),))
    ((*_, cause, detail), _) = between(tmp_path / "lost", BASE.but(rows=(other, *MONTHS)), lost)
    assert (cause, detail) == ("coverage", "not covered any more: codes not received: 854231")


def test_what_is_new_is_no_correction(tmp_path: Path) -> None:
    """A month that no release had, of the stream or of a series, and a series that nobody had seen."""
    japan = tuple(Row(f"2024-0{n}", 50, partner="116", quantity=1) for n in (2, 3))
    now = BASE.but(rows=(*MONTHS, *japan, Row("2024-05", 9, quantity=1)), receipts=(FIRST, LATER))
    assert between(tmp_path / "new", BASE, now) == []
    shorter = BASE.but(rows=(*MONTHS, japan[0]))
    assert between(tmp_path / "longer", shorter, BASE.but(rows=(*MONTHS, *japan))) == []
    assert between(tmp_path / "same", BASE, BASE.but(receipts=(FIRST, LATER))) == []


def test_a_covered_month_without_a_row_is_zero(tmp_path: Path) -> None:
    """Before and after: where a partner is covered as every one is, and by itself."""
    every = tuple(Cover(f"2024-0{n}") for n in range(1, 5))
    japan = Row("2024-02", 5, partner="116", quantity=3)
    then, now = BASE.but(covers=every), BASE.but(rows=(*MONTHS, japan), covers=every, receipts=(FIRST, receipt("r2",
        "2024-06-20", "2024-02", partners="all")))  # fmt: skip
    found = between(tmp_path / "new", then, now)
    assert figures(found) == [("2024-02", "116", 0, 5, "revised by the source")]
    assert figures(found, "quantity") == [("2024-02", "116", 0, 3, "revised by the source")]
    named = then.but(covers=(*every, Cover("2024-02", "116", usd=False)))
    assert between(tmp_path / "named", named, now) == []
    assert figures(between(tmp_path / "gone", now, then.but(withdrawn=(("r2", "wrong"),)))) == [
        ("2024-02", "116", 5, 0, "receipt withdrawn")
    ]


def all_partners(usd: int) -> Row:
    """All partners together in February."""
    return Row("2024-02", usd, partner="all", quantity=10)


def test_all_partners_together_are_not_told_beside_their_parts(tmp_path: Path) -> None:
    """Where they are the sum of what is told; where a world file says so, or no part has changed, they are."""
    then, now = BASE.but(rows=(*MONTHS, all_partners(102))), with_february(99, receipts=(FIRST, LATER))
    summed = now.but(rows=(*now.rows, all_partners(99)))
    assert figures(between(tmp_path / "sum", then, summed)) == february(102, 99, "revised by the source")
    world = (receipt("r0", "2024-05-20", partners="world"), receipt("r2", "2024-06-20", "2024-02", partners="world"))
    before = BASE.but(rows=(*MONTHS, all_partners(500)), receipts=(FIRST, world[0]))
    after = BASE.but(rows=(*MONTHS, all_partners(501)), receipts=(FIRST, *world))
    assert figures(between(tmp_path / "world", before, after)) == [
        ("2024-02", "all", 500, 501, "revised by the source")
    ]


def test_units_that_mix_are_no_matter_of_coverage(tmp_path: Path) -> None:
    """The quantity is unknown since, the value is not."""
    mixed = BASE.but(rows=(MONTHS[0], Row("2024-02", 102, quantity=None), *MONTHS[2:]), receipts=(FIRST, LATER))
    assert figures(between(tmp_path, BASE, mixed), "quantity") == february(10, None, "revised by the source")


def test_many_receipts_are_named_in_part(tmp_path: Path) -> None:
    """In their order, and how many more."""
    more = tuple(receipt(f"r{n}", "2024-06-20", "2024-02", hs=f"85423{n}") for n in range(2, 9))
    ((*_, detail),) = between(tmp_path, BASE, with_february(99, receipts=(FIRST, *more)))
    assert detail.startswith("receipt r2, vintage") and detail.endswith("receipt r6, vintage 2024-06-20 and 2 more")


def test_earlier_corrections_stay(tmp_path: Path) -> None:
    """Those that the release before has, as they are; the new ones with their day, share and names."""
    past = {"release_id": "first", "corrected_on": dt.date(2024, 1, 5), "measure": "value_usd", "old_value": 1}
    rows = rows_between(tmp_path, BASE.but(history=(past,)), with_february(99, receipts=(FIRST, LATER)))
    assert [row["release_id"] for row in rows] == ["first", "new"]
    assert {name: rows[0][name] for name in past} == past
    new = rows[1]
    assert new["corrected_on"] == MADE.date() and new["change_share"] == pytest.approx(99 / 102 - 1)
    assert (new["partner_name"], new["category_name"], new["is_synthetic"]) == (
        "United States", "ic/integrated_circuits", False,
    )  # fmt: skip


def test_what_was_known_is_told_before_what_was_not(tmp_path: Path) -> None:
    """Many new categories, each greater than a revision, keep it from none of the first sentences; nor is what they
    bring called corrected.
    """
    past = {"release_id": "new", "measure": "value_usd", "month": "2024-02-01", "source": "gacc", "flow": "import",
            "partner_code": "116", "partner_name": "Japan", "category_scheme": "parts"}  # fmt: skip
    new = [past | {"cause": "definition", "cause_detail": f"new category {n}", "category_code": f"c{n}",
                   "category_name": f"c{n}", "new_value": 10**9} for n in range(6)]  # fmt: skip
    revised = past | {"cause": "revised by the source", "cause_detail": "r2", "category_code": "c",
                      "category_name": "c", "old_value": 100, "new_value": 90}  # fmt: skip
    said = BASE.but(history=(*new, revised)).write(tmp_path / "new", "new")
    changed = what_changed(tmp_path / "new", said=said)
    assert changed.sentences[0] == "c from Japan, 2024-02: US$ 100 → 90, revised by the source (r2)"
    assert changed.sentences[-1] == "2 more figures are not as they were: mart_correction has them"


PARTS = """schemes:
  parts:
    title: Parts
    leaves_out: All else
    categories:
      ic_parts: {name: Parts of chips, prefixes: [854290]}
"""


@pytest.mark.series("test_a_later_print_is_a_revision")
@pytest.mark.own_run("a home is revised, its receipt withdrawn, a category declared, a parser changed, and rolled back")
def test_a_home_names_each_cause(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One release after another; the history of a release that was left is not that of the next one."""
    revised = add(small, tmp_path, [row("202403", value="77")], months="2024-03")
    released(small)
    Landing(small).withdraw(revised.receipt_id, "the wrong month")
    released(small)
    small.categories.write_text(PARTS, encoding="utf-8")
    with_parts = released(small).release_id
    offer = TRADE["gacc"]

    def exchanging(*args: Any, **said: Any) -> ParsedTrade:
        """A parser that takes chips for parts, and parts for chips: as many rows and dollars."""
        parsed = offer.parse(*args, **said)
        table, other = pq.read_table(parsed.rows_path), {"85423110": "85429000", "85429000": "85423110"}
        codes = pa.array([other.get(code, code) for code in table["hs_code"].to_pylist()])
        pq.write_table(table.set_column(table.schema.get_field_index("hs_code"), "hs_code", codes), parsed.rows_path)
        return parsed

    causes = ["revised by the source", "receipt withdrawn", "definition"]
    with monkeypatch.context() as patched:
        patched.setitem(TRADE, "gacc", replace(offer, parser_version="gacc3", parse=exchanging))
        released(small)
        assert told(small) == [*causes, "parser"]
        ((old, new, detail),) = query(
            small,
            "select old_value, new_value, cause_detail from mart_correction where cause = 'parser' and "
            "partner_code = '502' and month = '2024-02-01' and category_scheme = 'ic' and measure = 'value_usd'",
        )
        assert (old + 2, detail) == (new, f"{offer.parser_version} → gacc3")
        assert audit_folder(small, Releases(small).folder()).passed
    Releases(small).rollback(with_parts or "")
    add(small, tmp_path, [row("202402", value="78")], months="2024-02")
    released(small)
    assert told(small) == [*causes, "revised by the source"] and Releases(small).manifest().base == with_parts


def told(home: Home) -> list[str]:
    """The causes that the current release knows of, release by release."""
    sql = "select release_id, cause from mart_correction group by all order by all"
    return [cause for _, cause in query(home, sql)]
