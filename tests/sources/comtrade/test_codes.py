"""The reviewed codes of UN Comtrade, against its own reference lists where these are at hand."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pytest

from orchestration.base.settings import PROJECT
from orchestration.sources.catalogue import TRADE
from orchestration.sources.comtrade.codes import EDITIONS, partners, reporters, reporters_iso3, six_digits, unit
from tests.conftest import REALDATA
from tests.dbt_project.test_seeds import read

GENUINE = REALDATA / "sources" / "comtrade"
#: Codes that differ from M49, and the one of M49, which a list may have beside it.
UNLIKE_M49 = {"USA": ("842", "840"), "TWN": ("490", "158"), "FRA": ("251", "250"), "NOR": ("579", "578"),
              "CHE": ("757", "756"), "IND": ("699", "356")}  # fmt: skip
ROWS = {row["partner_code"]: row for row in read("partners") if row["partner_system"] == "comtrade"}


def test_every_partner_has_a_country_or_a_reason() -> None:
    """Text without leading zeros, as answers print it; World is no partner, and no name stands twice."""
    for code, row in ROWS.items():
        assert str(int(code)) == code != "0" and (row["is_residual"] == "true") == (not row["iso3"])
        assert row["note"] if row["is_residual"] == "true" else len(row["iso3"]) == 3
        assert row["is_reimport"] == "false" and row["region"]
    assert max(Counter(row["name_en"] for row in ROWS.values()).values()) == 1
    assert partners() == tuple(sorted(ROWS, key=int))


@pytest.mark.parametrize("iso3", UNLIKE_M49)
def test_codes_that_differ_from_m49(iso3: str) -> None:
    """The own code is the country; that of M49 is, too, but for India's, which was another area before 1975."""
    own, m49 = UNLIKE_M49[iso3]
    assert ROWS[own]["iso3"] == iso3 == reporters_iso3()[own] and ROWS[own]["m49"] == m49
    assert ROWS[m49]["iso3"] == ("" if iso3 == "IND" else iso3)
    assert ROWS["380"]["iso3"] == ROWS["381"]["iso3"] == "ITA"


def test_a_code_of_m49_has_the_iso3_of_the_customs_list() -> None:
    """What China's customs and Comtrade both know is one country: the reviews agree, but for Monaco's code, under which
    Comtrade prints what has none in the European Union.
    """
    customs = {row["comtrade_code"]: row["iso3"] for row in read("partners") if row["partner_system"] == "gacc"}
    found = {code.zfill(3): row["iso3"] for code, row in ROWS.items()}
    assert {code: iso3 for code, iso3 in customs.items() if code and found[code] != iso3} == {"492": "MCO"}


@pytest.mark.realdata
def test_every_code_of_both_lists_of_partners_is_reviewed() -> None:
    """That of 2021 and that of 2025; no other code is."""
    old = json.loads((GENUINE / "partnerAreas_legacy_2021.json").read_text(encoding="utf-8"))["results"]
    with (GENUINE / "partner_2025-06_comtradr.csv").open(encoding="utf-8", newline="") as lines:
        new = {row["id"]: row["iso_3"].strip() for row in csv.DictReader(lines)}
    assert {row["id"] for row in old} | set(new) == set(ROWS) | {"0"}
    other = {code: (iso3, ROWS[code]["iso3"]) for code, iso3 in new.items() if code != "0" and iso3}
    unlike = {code: pair for code, pair in other.items() if pair[1] and pair[0] != pair[1]}
    assert unlike == {"490": ("S19", "TWN")}


@pytest.mark.realdata
def test_every_reporter_is_reviewed() -> None:
    """Once each; groups and territories of the past have no ISO3 here, and say why."""
    recorded = json.loads((GENUINE / "recorded_ref_Reporters.json").read_text(encoding="utf-8"))
    listed = {str(row["reporterCode"]): row for row in json.loads(recorded["body"])["results"]}
    path = PROJECT / "orchestration" / "sources" / "comtrade" / "reporters.csv"
    with path.open(encoding="utf-8", newline="") as f:
        reviewed = {row["reporter_code"]: row for row in csv.DictReader(f)}
    assert reviewed.keys() == listed.keys()
    for code, row in reviewed.items():
        iso3 = listed[code]["reporterCodeIsoAlpha3"].strip()
        assert row["iso3"] == ("TWN" if code == "490" else iso3) if row["iso3"] else row["note"]
        ended = int(listed[code].get("entryExpiredDate", "9999")[:4])
        if not row["iso3"]:
            assert ended < 2012 or listed[code]["isGroup"], row


def test_reporters_are_one_to_one() -> None:
    assert len(reporters()) == len(reporters_iso3()) and reporters()["CHN"] == "156"
    assert set(TRADE["comtrade"].reporters) == set(reporters())


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("8542", "854231 854232 854233 854239 854290"),
        ("8505", "850511 850519 850520 850590"),
        ("1201", "120110 120190"),
        ("85414", "854140 854141 854142 854143 854149"),
    ],
)
def test_codes_of_a_prefix_are_those_of_all_editions(prefix: str, codes: str) -> None:
    """Photovoltaic cells were 854140 until 2021 and are 854142 and 854143 since: reporters change when they can."""
    assert six_digits(prefix) == tuple(codes.split())


@pytest.mark.realdata
def test_codes_are_those_of_the_edition_of_2022() -> None:
    """And no heading is without any; EDITIONS are in order."""
    with (REALDATA / "nomenclature" / "harmonized-system_hs6.csv").open(encoding="utf-8", newline="") as lines:
        listed = {row["hscode"] for row in csv.DictReader(lines) if len(row["hscode"]) == 6}
    assert listed - {"999999"} <= set(six_digits(""))
    assert list(EDITIONS.values()) == sorted(EDITIONS.values())


def test_units_are_known_in_the_words_of_customs() -> None:
    """Comtrade's abbreviations have a unit each; no unit is none."""
    known = {row["unit_as_printed"]: row["unit"] for row in read("units")}
    assert [known[unit(n) or ""] for n in (5, 8, 7, 2)] == ["Number of item", "Kilogram", "Litre", "Square Metre"]
    assert all(unit(n) in known for n in range(2, 14)) and unit(-1) is unit(1) is None
