"""Reviewed seeds of dimensions: codes of partners elsewhere, Lunar New Years, blocs, schemes of categories.

Belongs here: what the seeds say, against libraries and the archive. Not here: the customs' own lists (`test_seeds`).
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from lunardate import LunarDate

from orchestration.base.today import today_in
from orchestration.warehouse.snapshot import LAST_MONTH
from tests.conftest import REALDATA
from tests.dbt_project.test_seeds import of_customs, read

#: Areas that UN Comtrade draws otherwise than M49: with Puerto Rico, Monaco, Svalbard, Liechtenstein, Sikkim; Taiwan.
COMTRADE = {"USA": "842", "TWN": "490", "FRA": "251", "NOR": "579", "CHE": "757", "IND": "699"}


def test_every_country_has_all_of_its_codes() -> None:
    """Whoever has an ISO3 has the other three, nobody else has any; each code belongs to one country."""
    partners = read("partners")
    for row in partners:
        assert {bool(row[c]) for c in ("iso3", "iso2", "m49", "comtrade_code")} in ({True}, {False}), row
    by_iso3 = {row["iso3"]: (row["iso2"], row["m49"], row["comtrade_code"]) for row in partners if row["iso3"]}
    assert all(by_iso3[row["iso3"]][0] == row["iso2"] for row in partners if row["iso3"])
    for column in zip(*by_iso3.values(), strict=True):
        assert [code for code, n in Counter(column).items() if n > 1] == []


@pytest.mark.parametrize(
    ("iso3", "codes"),
    [
        ("USA", ("US", "840", "842")),
        ("TWN", ("TW", "158", "490")),
        ("FRA", ("FR", "250", "251")),
        ("NOR", ("NO", "578", "579")),
        ("CHE", ("CH", "756", "757")),
        ("IND", ("IN", "356", "699")),
        ("NAM", ("NA", "516", "516")),
        ("AFG", ("AF", "004", "004")),
        ("CHN", ("CN", "156", "156")),
    ],
)
def test_known_codes(iso3: str, codes: tuple[str, str, str]) -> None:
    """Comtrade's own six, Namibia's ISO2 that reads as missing, leading zeros."""
    (row,) = [row for row in of_customs("partners") if row["iso3"] == iso3]
    assert (row["iso2"], row["m49"], row["comtrade_code"]) == codes


def test_comtrade_differs_from_m49_for_six_areas_alone() -> None:
    unlike = {row["iso3"]: row["comtrade_code"] for row in read("partners") if row["comtrade_code"] != row["m49"]}
    assert unlike == COMTRADE


@pytest.mark.realdata
def test_codes_are_those_of_the_archive() -> None:
    """ISO2 and M49 of every country."""
    with (REALDATA / "nomenclature" / "country-codes.csv").open(encoding="utf-8", newline="") as lines:
        archive = {
            row["ISO3166-1-Alpha-3"]: (row["ISO3166-1-Alpha-2"], row["M49"].zfill(3)) for row in csv.DictReader(lines)
        }
    found = [row for row in read("partners") if row["iso3"]]
    assert len([row for row in found if row["partner_system"] == "gacc"]) == 223
    assert [row for row in found if archive[row["iso3"]] != (row["iso2"], row["m49"])] == []


def test_lunar_new_years_are_those_of_a_library() -> None:
    """Each year once, in order, from the first in which statistics were classed by the Harmonized System."""
    rows = read("lunar_new_years")
    assert [int(row["year"]) for row in rows] == list(range(1988, LAST_MONTH.year + 1))
    for row in rows:
        assert row["new_years_day"] == f"{LunarDate(int(row['year']), 1, 1).to_solar_date():%Y-%m-%d}"


def test_the_calendar_reaches_far_enough() -> None:
    """It must be made longer five years before it ends, while nobody needs its last year."""
    assert today_in().year + 5 <= LAST_MONTH.year


def members(bloc: str, month: str) -> list[str]:
    """Members of a bloc on the first day of a month, by the rule of dim_bloc_member."""
    day = f"{month}-01"
    return [
        row["partner_iso3"]
        for row in read("bloc_members")
        if row["bloc_code"] == bloc and row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"])
    ]


def test_members_of_blocs_are_partners_with_dates_and_a_reference() -> None:
    """China among them, for those of whom it is a partner; a bloc has one name."""
    partners = {row["iso3"] for row in read("partners")}
    names = defaultdict(set)
    for row in read("bloc_members"):
        assert row["partner_iso3"] in partners - {""} and row["reference"]
        assert dt.date.fromisoformat(row["valid_from"]) < dt.date.fromisoformat(row["valid_to"] or "9999-12-31")
        names[row["bloc_code"]].add(row["bloc_name"])
    assert set(names) == {"EU", "ASEAN", "RCEP", "G7", "USMCA", "BRICS"} and all(len(n) == 1 for n in names.values())


def test_no_partner_is_twice_in_a_bloc_at_once() -> None:
    spells: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in read("bloc_members"):
        spells[row["bloc_code"], row["partner_iso3"]].append((row["valid_from"], row["valid_to"] or "9999-12-31"))
    for key, found in spells.items():
        found.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(found)), key


@pytest.mark.parametrize(
    ("bloc", "month", "count"),
    [
        ("EU", "2013-06", 27),
        ("EU", "2013-07", 28),
        ("EU", "2020-01", 28),
        ("EU", "2020-02", 27),
        ("ASEAN", "2025-10", 10),
        ("ASEAN", "2025-11", 11),
        ("RCEP", "2021-12", 0),
        ("RCEP", "2022-01", 10),
        ("RCEP", "2022-02", 11),
        ("RCEP", "2022-03", 11),
        ("RCEP", "2022-04", 12),
        ("RCEP", "2022-05", 13),
        ("RCEP", "2023-01", 13),
        ("RCEP", "2023-02", 14),
        ("RCEP", "2023-06", 14),
        ("RCEP", "2023-07", 15),
        ("G7", "2024-10", 7),
        ("USMCA", "2020-06", 0),
        ("USMCA", "2020-07", 3),
        ("BRICS", "2023-12", 5),
        ("BRICS", "2024-01", 9),
        ("BRICS", "2025-02", 10),
    ],
)
def test_members_by_month(bloc: str, month: str, count: int) -> None:
    """A month counts who is a member on its first day."""
    assert len(members(bloc, month)) == count


def test_the_united_kingdom_left() -> None:
    assert "GBR" in members("EU", "2020-01") and "GBR" not in members("EU", "2020-02")


def test_every_scheme_is_reviewed_as_a_whole() -> None:
    """Each has a title, a version, a day and says what it leaves out; so have hs2 and hs4."""
    schemes = {row["category_scheme"]: row for row in read("category_schemes")}
    assert set(schemes) == {row["category_scheme"] for row in read("categories")} | {"hs2", "hs4"}
    for row in schemes.values():
        assert int(row["scheme_version"]) >= 1 and row["scheme_name"] and row["leaves_out"]
        assert dt.date.fromisoformat(row["reviewed_on"]) <= today_in()


def test_years_of_prefixes_are_those_of_a_category() -> None:
    """Only prefixes that the category has, each once, with a year that bounds it; no year between two lacks one."""
    prefixes = {(r["category_scheme"], r["category_code"]): r["hs_prefixes"].split(",") for r in read("categories")}
    rows = read("category_prefix_years")
    assert len({(r["category_scheme"], r["category_code"], r["hs_prefix"]) for r in rows}) == len(rows)
    for row in rows:
        assert row["hs_prefix"] in prefixes[row["category_scheme"], row["category_code"]]
        assert row["first_year"] or row["last_year"]
        assert (row["first_year"] or "2015") <= (row["last_year"] or "9999")
    for category in {(r["category_scheme"], r["category_code"]) for r in rows}:
        mine = [r for r in rows if (r["category_scheme"], r["category_code"]) == category]
        said = {r["hs_prefix"]: r for r in mine}
        held = [
            range(int(r["first_year"] or 1988), int(r["last_year"] or LAST_MONTH.year) + 1)
            for r in (said.get(prefix, {"first_year": "", "last_year": ""}) for prefix in prefixes[category])
        ]
        years = {year for of in held for year in of}
        assert years == set(range(min(years), max(years) + 1)), category


@pytest.mark.realdata
def test_prefixes_are_in_the_lists_in_their_years_and_in_no_other() -> None:
    """Of all schemes but the lines of chips, which says itself that it begins with the lines of 2017."""
    lists = {
        year: set(re.findall(rb'(?m)^"?(\d{8})', (REALDATA / "gacc_reference" / f"zh-hs8-{year}.csv").read_bytes()))
        for year in range(2015, 2024)
    }
    years = {(r["category_scheme"], r["category_code"], r["hs_prefix"]): r for r in read("category_prefix_years")}
    for row in read("categories"):
        for prefix in row["hs_prefixes"].split(",") if row["category_scheme"] not in ("all", "ic_line") else ():
            said = years.get((row["category_scheme"], row["category_code"], prefix), {})
            first, last = int(said.get("first_year") or 2015), int(said.get("last_year") or 2023)
            found = {year for year, codes in lists.items() if any(c.startswith(prefix.encode()) for c in codes)}
            assert found == set(range(first, last + 1)), (row["category_scheme"], prefix)


@pytest.mark.realdata
def test_reviewed_successions_are_in_the_lists() -> None:
    """The list of the year before has the line that ended, that of the year has the new one, and not the other way."""

    def codes(year: int) -> set[str]:
        text = (REALDATA / "gacc_reference" / f"zh-hs8-{year}.csv").read_bytes().decode("gb18030")
        return {line.strip('"').split(",")[0].strip('"') for line in text.splitlines()}

    for row in read("commodity_successions"):
        year = int(row["first_year"])
        before, after = codes(year - 1), codes(year)
        assert row["ended"] in before - after and row["begun"] in after - before and row["reference"]


def test_a_category_of_national_lines_says_whose_they_are() -> None:
    """Six digits are shared by all tariffs; a longer prefix means nothing without its tariff."""
    rows = read("categories")
    national = [row for row in rows if any(len(prefix) > 6 for prefix in row["hs_prefixes"].split(","))]
    assert {row["category_scheme"] for row in national} == {"ic_line", "solar", "gallium_germanium"}
    assert all(row["code_system"] == ("gacc" if row in national else "") for row in rows)
