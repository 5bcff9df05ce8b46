"""What is published and then a tenth or ten times of it: what is compared, what stops, and how it is let through."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.base.settings import Home, settings
from orchestration.gates.before import Before
from orchestration.releases.database import DATABASE
from orchestration.releases.publish import audit_folder
from orchestration.releases.store import Releases
from tests.conftest import add, failed, many, query, released, row
from tests.gates.looking import EXPECTATIONS, beyond, changed, evidence

GATE = "collapse"
MART = "mart_partner_category_monthly"
#: Of the small home, but not as small.
FIGURE = "month = date '2024-03-01' and partner_code = '502' and category_scheme = 'ic'"
FIRST = f"update {MART} set value_usd = 1111499936, value_local = 7777777777 where {FIGURE}"
NO_DOLLARS = f"update {MART} set value_usd = null where {FIGURE}"


@dataclass(frozen=True)
class Case:
    """SQL on a candidate, and on the release before; expected findings, comparisons, and what is told of the rest."""

    now: str
    findings: int = 0
    compared: int = 0
    told: str = ""
    before: str = ""


CASES = {
    "nothing": Case(f"update {MART} set value_usd = value_usd where {FIGURE}"),
    "a tenth": Case(f"update {MART} set value_usd = ceil(value_usd / 10) where {FIGURE}", 0, 1),
    "less than a tenth": Case(f"update {MART} set value_usd = value_usd // 10 where {FIGURE}", 1, 1),
    "ten times": Case(f"update {MART} set value_usd = value_usd * 10 where {FIGURE}", 0, 1),
    "more than ten times": Case(f"update {MART} set value_usd = value_usd * 10 + 1 where {FIGURE}", 1, 1),
    "nothing traded": Case(f"update {MART} set value_usd = 0 where {FIGURE}", 1, 1),
    "a series without a row, which is covered": Case(f"delete from {MART} where {FIGURE}", 1, 1),
    "not covered any more": Case(NO_DOLLARS, told="are not covered any more"),
    "covered in renminbi since": Case(
        f"update {MART} set value_local = 5 where {FIGURE}",
        before=f"update {MART} set value_local = null where {FIGURE}",
    ),
    "a series of a month that is not covered": Case(
        f"update {MART} set value_usd = value_usd where {FIGURE}", told="are not covered any more",
        before=f"insert into {MART} by name select * replace (date '2019-12-01' as month) from {MART} where {FIGURE}",
    ),
    "less than a million": Case(
        f"update {MART} set value_usd = 1 where {FIGURE}", before=f"update {MART} set value_usd = 999999 where {FIGURE}"
    ),
    "a million": Case(
        f"update {MART} set value_usd = 1 where {FIGURE}", 1, 1,
        before=f"update {MART} set value_usd = 1000000 where {FIGURE}",
    ),
    "renminbi where dollars are not covered": Case(
        f"{NO_DOLLARS}; update {MART} set value_local = 1 where {FIGURE}", 1, 1,
        before=f"{NO_DOLLARS}; update {MART} set value_local = 7000000 where {FIGURE}",
    ),
    "fewer renminbi": Case(
        f"{NO_DOLLARS}; update {MART} set value_local = 1 where {FIGURE}",
        before=f"{NO_DOLLARS}; update {MART} set value_local = 6999999 where {FIGURE}",
    ),
    "a category of other codes": Case(
        f"update {MART} set value_usd = 1 where {FIGURE}; "
        "update dim_category set hs_prefixes = '854231' where category_scheme = 'ic'",
        told="belong to a category that is defined in another way now",
    ),
    "a release of another form": Case(
        f"update {MART} set value_usd = 1 where {FIGURE}", before=f"alter table {MART} drop column value_local"
    ),
}  # fmt: skip


#: One that stops, one within, and both kinds of series without a row.
FEW = ("less than a tenth", "ten times", "a series without a row, which is covered", "not covered any more")


@pytest.mark.series
@pytest.mark.parametrize("name", many(FEW, CASES))
def test_what_is_compared_and_what_stops(small_home: Home, tmp_path: Path, name: str) -> None:
    """Only what differs; beyond a tenth or ten times it stops; what cannot be compared is told."""
    case = CASES[name]
    then, now = (
        changed(small_home, tmp_path / n, f"{FIRST}; {sql}") for n, sql in (("a", case.before), ("b", case.now))
    )
    frame = evidence(small_home, now, [GATE], Before(then, {}, False))
    assert (len(beyond(frame)), frame["n_compared"].sum()) == (case.findings, case.compared)
    silent = frame[frame["n_compared"] == 0]
    assert len(silent) == bool(case.told) and all(case.told in reason for reason in silent["reason"])
    assert set(frame["severity"]) <= {"block"}


def test_a_whole_month_is_told_in_fifty_figures_and_a_number(sample_home: Home, tmp_path: Path) -> None:
    """Each of the largest can be known by itself; the rest stops as well."""
    none = "{} set value_usd = 0 where month = date '2024-10-01'"
    sql = "; ".join(f"update {none.format(mart)}" for mart in (MART, "mart_category_monthly"))
    now = changed(sample_home, tmp_path / "now", sql)
    frame = evidence(sample_home, now, [GATE], Before(Releases(sample_home).folder() / DATABASE, {}, False))
    assert len(frame) == 51 and (frame["excess"] > 0).all()
    rest = frame[frame["scope"].str.startswith("other figures")].iloc[0]
    assert rest["actual"] == int(rest["n_compared"]) and rest["actual"] > 50
    assert frame["scope"].str.startswith("all × electronics/integrated_circuits").any()


def test_own_categories_that_say_something_else(small_home: Home, tmp_path: Path) -> None:
    """Years of a prefix stand in the home's file alone, so all of its schemes are other ones if it has changed."""
    own = "update dim_category_scheme set is_own = true where category_scheme = 'ic'"
    then = changed(small_home, tmp_path / "then", f"{FIRST}; {own}")
    now = changed(small_home, tmp_path / "now", f"{own}; update {MART} set value_usd = 1 where {FIGURE}")
    for own_differ in (False, True):
        frame = evidence(small_home, now, [GATE], Before(then, {}, own_differ))
        assert (frame["n_compared"].sum(), len(frame)) == (1 - own_differ, 1)


def test_a_damaged_release_stops_nothing(small_home: Home, tmp_path: Path) -> None:
    """The next one must be able to take its place."""
    database = Releases(small_home).folder() / DATABASE
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(database.read_bytes()[::-1])
    assert evidence(small_home, database, [GATE], Before(damaged, {}, False)).empty


EXCEPTION = """exceptions:
  may:
    gates: [collapse]
    dataset: gacc import
    scope: "502 × "
    months: 2024-05
    expect: -300000000000..-100000000000
    reason: the first file had every figure twice
    source: a call
    expires: 2099-01-31
"""


@pytest.mark.series("test_what_is_compared_and_what_stops")
@pytest.mark.own_run("a figure is published, collapses, is let through once, and is revised")
def test_it_is_asked_about_once(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the vintages; a revision passes, and the exception for it sleeps once it was used."""
    folder = Path(shutil.copytree(EXPECTATIONS, tmp_path / "expectations"))
    monkeypatch.setattr(settings(), "expectations", folder)

    def may(figure: str) -> None:
        add(small, tmp_path, [row("202405", "502", "85423110", figure)], months="2024-05")

    may("294,500,000,000")
    released(small)
    first = Releases(small).current_id()
    may("5,500,000")
    text = failed(small)
    assert Releases(small).current_id() == first and "collapse: gacc import 2024-05, 502 × ic/" in text
    assert "expected 294,500,000,000, found 5,500,000" in text
    (folder / "known_exceptions.yml").write_text(EXCEPTION, encoding="utf-8")
    released(small)
    sql = "select distinct verdict from audit_results where gate = 'collapse' and n_compared > 0"
    assert query(small, sql) == [("waived",)]
    assert set(audit_folder(small, Releases(small).folder()).results.query("gate == 'collapse'")["verdict"]) == {
        "waived"
    }
    may("5,600,000")
    released(small)
    assert query(small, sql) == [("passed",)]
