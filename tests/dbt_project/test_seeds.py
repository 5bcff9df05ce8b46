"""The reviewed code lists in ``dbt_project/seeds``: partners, regimes, provinces, units of measure."""

import csv
import re
import unicodedata
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import REALDATA

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
HEADERS = {
    "partners": "partner_system,partner_code,name_en,name_zh,iso3,region,is_reimport,is_residual,note,iso2,m49,"
    "comtrade_code",
    "regimes": "regime_code,name_en,name_zh",
    "provinces": "province_code,name_en,name_zh",
    "units": "unit_as_printed,unit",
    "exchange_rates": "month,cny_per_usd",
    "thresholds": "category_scheme,threshold_usd,reason",
}
WITHOUT_ISO3 = (
    {"199", "299", "399", "499", "599", "699", "701", "702", "999"}  # residual
    | {"349", "449"}  # dissolved
    | {"207", "210", "256", "438"}  # parts of countries
    | {"604", "605", "612", "615", "616"}  # island groups of French Polynesia
)
REGION_BY_FIRST_DIGIT = {
    "1": "Asia",
    "2": "Africa",
    "3": "Europe",
    "4": "Latin America",
    "5": "North America",
    "6": "Oceania",
    "7": "Other",
    "9": "Other",
}


def read(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def of_customs(name: str) -> list[dict[str, str]]:
    """The rows of a table that speak of China's customs: all of one without other sources."""
    return [row for row in read(name) if row.get("partner_system", "gacc") == "gacc"]


@pytest.fixture(scope="module")
def partners() -> dict[str, dict[str, str]]:
    return {row["partner_code"]: row for row in of_customs("partners")}


@pytest.mark.parametrize("name", HEADERS)
def test_file_is_plain_utf8(name: str) -> None:
    text = (SEEDS / f"{name}.csv").read_bytes().decode("utf-8")
    assert text.splitlines()[0] == HEADERS[name]
    assert text.endswith("\n")
    odd = {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}}
    assert not odd, f"control characters, marks or carriage returns: {sorted(map(hex, map(ord, odd)))}"
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert "\N{NO-BREAK SPACE}" not in text


@pytest.mark.parametrize("name", HEADERS)
def test_cells_are_trimmed_and_rows_whole(name: str) -> None:
    columns = HEADERS[name].split(",")
    for row in read(name):
        assert list(row) == columns, row
        for column, value in row.items():
            assert isinstance(value, str), f"{row}: too few columns"
            assert value == " ".join(value.split()), f"{column}: stray blanks in {value!r}"
            may_be_empty = {"iso3", "note", "iso2", "m49", "comtrade_code"}
            if row.get("partner_system") == "comtrade":
                may_be_empty.add("name_zh")
            assert value or column in may_be_empty, f"{column} is empty in {row}"


@pytest.mark.parametrize(("name", "rows"), [("partners", 243), ("regimes", 20), ("provinces", 31)])
def test_code_lists_are_complete(name: str, rows: int) -> None:
    assert len(of_customs(name)) == rows


@pytest.mark.parametrize("name", HEADERS)
def test_keys_are_unique_and_sorted(name: str) -> None:
    columns = HEADERS[name].split(",")
    key = columns[:2] if name == "partners" else columns[:1]
    keys = [[row[column] for column in key] for row in read(name)]
    assert keys == sorted(keys) and len(set(map(tuple, keys))) == len(keys)


@pytest.mark.parametrize("name", ["partners", "regimes", "provinces"])
@pytest.mark.parametrize("column", ["name_en", "name_zh"])
def test_names_are_unambiguous(name: str, column: str) -> None:
    counts = Counter(row[column] for row in of_customs(name))
    assert {value: count for value, count in counts.items() if count > 1} == {}


@pytest.mark.parametrize(
    ("name", "column", "shape"),
    [
        ("partners", "partner_code", r"[1-6]\d\d|701|702|999"),
        ("partners", "iso3", r"([A-Z]{3})?"),
        ("partners", "iso2", r"([A-Z]{2})?"),
        ("partners", "m49", r"(\d{3})?"),
        ("partners", "comtrade_code", r"(\d{3})?"),
        ("partners", "is_reimport", "true|false"),
        ("partners", "is_residual", "true|false"),
        ("regimes", "regime_code", r"[1-4]\d"),
        ("provinces", "province_code", r"[1-6]\d"),
        ("provinces", "name_zh", r".*[省市区]"),
    ],
)
def test_shape(name: str, column: str, shape: str) -> None:
    assert [row[column] for row in of_customs(name) if not re.fullmatch(shape, row[column])] == []


@pytest.mark.parametrize("name", ["partners", "regimes", "provinces"])
def test_name_columns_hold_their_language(name: str) -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for row in of_customs(name):
        assert chinese.search(row["name_zh"]), row
        assert not chinese.search(row["name_en"]), row


def test_partners_without_iso3_have_a_reason(partners: dict[str, dict[str, str]]) -> None:
    assert len(WITHOUT_ISO3) == 20
    assert {code for code, row in partners.items() if not row["iso3"]} == WITHOUT_ISO3
    assert {code for code, row in partners.items() if row["is_residual"] == "true"} == WITHOUT_ISO3
    assert [code for code in sorted(WITHOUT_ISO3) if not partners[code]["note"]] == []


def test_only_bonaire_and_saba_share_an_iso3(partners: dict[str, dict[str, str]]) -> None:
    codes: dict[str, list[str]] = {}
    for code, row in partners.items():
        if row["iso3"]:
            codes.setdefault(row["iso3"], []).append(code)
    assert {iso3: shared for iso3, shared in codes.items() if len(shared) > 1} == {"BES": ["409", "436"]}
    assert len(codes) == 222
    assert "436" in partners["409"]["note"]
    assert "409" in partners["436"]["note"]


@pytest.mark.parametrize(
    ("code", "iso3", "name_en", "name_zh"),
    [
        ("109", "PRK", "North Korea", "朝鲜"),
        ("110", "HKG", "Hong Kong", "中国香港"),
        ("116", "JPN", "Japan", "日本"),
        ("122", "MYS", "Malaysia", "马来西亚"),
        ("132", "SGP", "Singapore", "新加坡"),
        ("133", "KOR", "South Korea", "韩国"),
        ("141", "VNM", "Vietnam", "越南"),
        ("142", "CHN", "China", "中国"),
        ("143", "TWN", "Taiwan", "中国台湾"),
        ("213", "COG", "Republic of the Congo", "刚果（布）"),
        ("234", "NAM", "Namibia", "纳米比亚"),
        ("252", "COD", "Democratic Republic of the Congo", "刚果（金）"),
        ("303", "GBR", "United Kingdom", "英国"),
        ("349", "", "Serbia and Montenegro", "塞尔维亚和黑山"),
        ("417", "CUW", "Curaçao", "库腊索岛"),
        ("502", "USA", "United States", "美国"),
    ],
)
def test_known_partners(partners: dict[str, dict[str, str]], code: str, iso3: str, name_en: str, name_zh: str) -> None:
    row = partners[code]
    assert (row["iso3"], row["name_en"], row["name_zh"]) == (iso3, name_en, name_zh)


def test_only_china_itself_is_a_reimport(partners: dict[str, dict[str, str]]) -> None:
    assert [code for code, row in partners.items() if row["is_reimport"] == "true"] == ["142"]
    assert partners["142"]["is_residual"] == "false"
    assert partners["142"]["note"]


def test_region_follows_the_first_digit(partners: dict[str, dict[str, str]]) -> None:
    wrong = {c: r["region"] for c, r in partners.items() if r["region"] != REGION_BY_FIRST_DIGIT[c[0]]}
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "code", "name_en", "name_zh"),
    [
        ("regimes", "10", "Ordinary Trade", "一般贸易"),
        ("regimes", "14", "Processing and Assembling", "来料加工贸易"),
        ("regimes", "15", "Processing with Imported Materials", "进料加工贸易"),
        ("regimes", "33", "Customs Warehousing Trade", "保税监管场所进出境货物"),
        ("regimes", "34", "Entrepot Trade by Bonded Area", "海关特殊监管区域物流货物"),
        ("provinces", "14", "Shanxi", "山西省"),
        ("provinces", "31", "Shanghai", "上海市"),
        ("provinces", "44", "Guangdong", "广东省"),
        ("provinces", "50", "Chongqing", "重庆市"),
        ("provinces", "61", "Shaanxi", "陕西省"),
    ],
)
def test_known_regimes_and_provinces(name: str, code: str, name_en: str, name_zh: str) -> None:
    assert [tuple(row.values()) for row in read(name) if code in row.values()] == [(code, name_en, name_zh)]


@pytest.mark.parametrize(
    ("printed", "unit"),
    [
        ("千克", "Kilogram"),
        ("克", "Gram"),
        ("克拉", "Carat"),
        ("升", "Litre"),
        ("千升", "Kilolitre"),
        ("米", "Metre"),
        ("平方米", "Square Metre"),
        ("立方米", "Cubic Metre"),
        ("双", "Pair"),
        ("个", "Number of item"),
        ("台", "Number of item"),
        ("Piece", "Number of item"),
        ("百个", "In Hundreds"),
        ("千个", "In Thousands"),
        ("千瓦", "Kilowatt"),
        ("千瓦时", "Kilowatt-hour"),
        ("百万贝可", "Million Bq"),
    ],
)
def test_known_units(printed: str, unit: str) -> None:
    assert {row["unit_as_printed"]: row["unit"] for row in read("units")}[printed] == unit


def test_every_unit_has_an_english_name_that_maps_to_itself() -> None:
    units = {row["unit_as_printed"]: row["unit"] for row in read("units")}
    assert {unit for unit in units.values() if units.get(unit) != unit} == set()
    assert all(unit.isascii() for unit in units.values())
    chinese = {unit for printed, unit in units.items() if re.search(r"[\u4e00-\u9fff]", printed)}
    # Customs count in none of these; the world's list of units has them.
    others = {"Dozen", "Package", "Thousand kilowatt-hours"}
    assert chinese == set(units.values()) - others, "a unit is known in one language only"


def test_marks_for_an_absent_unit_are_not_units() -> None:
    printed = {row["unit_as_printed"] for row in read("units")}
    assert printed.isdisjoint({"-", "—", "－", "?", "？", "#N/A"})


def test_categories_of_a_scheme_are_disjoint() -> None:
    """Rows of one scheme may be added up; no prefix lies within another of the same scheme."""
    schemes: dict[str, list[tuple[str, str]]] = {}
    for category in read("categories"):
        prefixes = category["hs_prefixes"].split(",")
        schemes.setdefault(category["category_scheme"], []).extend((category["category_code"], p) for p in prefixes)
        assert category["category_name"] and category["leaves_out"]
    codes = [(category["category_scheme"], category["category_code"]) for category in read("categories")]
    assert len(codes) == len(set(codes))
    assert set(schemes) == {
        "all", "ic", "ic_type", "ic_line", "electronics", "solar", "rare_earths", "gallium_germanium", "batteries",
        "electric_vehicles", "steel", "chip_equipment", "servers",
    }  # fmt: skip
    for entries in schemes.values():
        for code, prefix in entries:
            assert not [c for c, p in entries if (c, p) != (code, prefix) and p.startswith(prefix)]
    assert len(schemes["ic_line"]) == 9
    assert sorted(p for _, p in schemes["ic_type"]) == ["854231", "854232", "854233", "854239"]


def test_every_scheme_has_a_threshold() -> None:
    """One each, the two that follow from the codes included; chips are held against the billion of the press."""
    thresholds = {row["category_scheme"]: int(row["threshold_usd"]) for row in read("thresholds")}
    assert set(thresholds) == {row["category_scheme"] for row in read("categories")} | {"hs2", "hs4"}
    assert thresholds["ic"] == 1_000_000_000 and min(thresholds.values()) > 0
    assert thresholds["all"] > max(value for scheme, value in thresholds.items() if scheme != "all")


SCOPE = re.compile(r"all|\d{2,8}(-\d{2,8})?(,\d{2,8}(-\d{2,8})?)*")


def test_scopes_of_printed_lines_are_prefixes_of_the_tariff() -> None:
    """Prefixes and ranges of prefixes of one length; chips leave parts out."""
    scopes = {s["scope_code"]: s for s in read("control_scopes")}
    headings = {h["hs_code"] for h in read("hs_headings")}
    assert scopes["integrated_circuits"]["hs"] == "85423" and scopes["all_goods"]["hs"] == "all"
    assert {c for c, s in scopes.items() if s["is_aggregate"] == "true"} == {
        "agricultural_products",
        "mechanical_electrical",
        "hi_tech",
    }
    for scope in scopes.values():
        assert SCOPE.fullmatch(scope["hs"]) and scope["scope_name"] and scope["source"]
        for part in scope["hs"].replace("all", "01").split(","):
            first, _, last = part.partition("-")
            assert len(last or first) == len(first) and first <= (last or first)
            assert first[:2] in headings and (last or first)[:2] in headings


def test_lines_of_bulletins_are_reviewed_once() -> None:
    """Each printed line has one scope; partners and units are known."""
    lines = read("bulletin_lines")
    assert len({(x["bulletin_table"], x["flow"], x["line"]) for x in lines}) == len(lines)
    scopes = {s["scope_code"] for s in read("control_scopes")}
    partners = {p["partner_code"] for p in read("partners")} | {"all", ""}
    units = {u["unit"] for u in read("units")}
    for line in lines:
        assert (
            line["scope_code"] in scopes and line["partner_code"] in partners and line["line"] == line["line"].lower()
        )
        assert bool(line["usual_magnitude"]) == bool(line["usual_unit"])
        assert not line["usual_unit"] or line["usual_unit"] in units


def test_control_totals_say_all_that_a_gate_needs() -> None:
    """Scope, period, printed precision, grade and source; no figure of grade C or D is a headline."""
    scopes = {s["scope_code"] for s in read("control_scopes")}
    totals = read("control_totals")
    assert len({t["control_total_id"] for t in totals}) == len(totals) == 113
    for total in totals:
        assert total["scope_code"] in scopes and total["flow"] in ("import", "export")
        assert total["measure"] in ("value_usd", "value_local", "quantity", "value_usd_yoy")
        assert bool(total["unit"]) == (total["measure"] == "quantity")
        assert (
            re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", total["period_from"]) and total["period_from"] <= total["period_to"]
        )
        assert total["vintage"][:7] > total["period_to"]
        assert float(total["value"]) > 0 and float(total["half_unit"]) > 0 and total["source"]
        assert total["grade"] in "ABCD" and (total["is_headline"] == "false" or total["grade"] in "AB")
    assert [t["control_total_id"] for t in totals if t["grade"] == "D"] == [
        "import_world_ic_2023_cny",
        "import_world_ic_2020_09_usd",
    ]


@pytest.mark.realdata
def test_control_totals_are_those_of_the_archive() -> None:
    """Figure by figure, with their half units and grades; UN Comtrade's years are kept to the dollar."""
    scale = {"value_usd_bn": "value_usd", "value_rmb_bn": "value_local", "qty_bn_pcs": "quantity"}
    scopes = {"8542.3": "integrated_circuits", "8542": "hs_8542", "all": "all_goods"}
    ours = read("control_totals")
    with (REALDATA / "published_figures" / "integrated_circuit_totals.csv").open(encoding="utf-8", newline="") as lines:
        archive = list(csv.DictReader(lines))
    for row in archive:
        month = [f"{row[p][:4]}-{row[p][4:]}" for p in ("period_from", "period_to")]
        key = (row["flow"], row["partner"].lower(), scopes[row["scope"]], *month, scale[row["measure"]], row["grade"])
        half = Decimal(row["half_unit"]) * 10**9
        names = ("flow", "partner_code", "scope_code", "period_from", "period_to", "measure", "grade")
        mine = [t for t in ours if tuple(t[n] for n in names) == key]
        near = [t for t in mine if abs(Decimal(t["value"]) - Decimal(row["value"]) * 10**9) <= half]
        assert near, row
        assert any(Decimal(t["half_unit"]) in (half, Decimal("0.5")) for t in near), row
    assert len(archive) == len(ours) - 2


def test_headings_are_chapters_and_headings() -> None:
    """97 chapters but 77, and the national ones; every heading's chapter is there."""
    codes = [h["hs_code"] for h in read("hs_headings")]
    chapters = {c for c in codes if len(c) == 2}
    assert len(codes) == len(set(codes)) and chapters == {f"{n:02d}" for n in range(1, 100)} - {"77"}
    assert all(c[:2] in chapters for c in codes)


def test_every_chapter_has_one_section() -> None:
    """I to XXI in order without a gap, and what is national."""
    sections = read("hs_sections")
    assert len(sections) == 22 and sections[-1]["section"] == "special"
    chapters = [n for s in sections for n in range(int(s["first_chapter"]), int(s["last_chapter"]) + 1)]
    assert chapters == list(range(1, 100)) and all(s["name"] for s in sections)


def test_exchange_rates_have_every_month_and_look_like_rates() -> None:
    """From 2010 on without a gap, four decimals as printed; no month moves by a tenth, as a slipped digit would."""
    rows = read("exchange_rates")
    months = [int(row["month"][:4]) * 12 + int(row["month"][5:]) for row in rows]
    assert rows[0]["month"] == "2010-01" and months == list(range(months[0], months[0] + len(rows)))
    rates = [float(row["cny_per_usd"]) for row in rows]
    assert all(re.fullmatch(r"[67]\.\d{4}", row["cny_per_usd"]) for row in rows)
    assert all(abs(after / before - 1) < 0.1 for before, after in pairwise(rates))


@pytest.mark.realdata
def test_exchange_rates_are_the_federal_reserves() -> None:
    """Month by month those of the archive's file."""
    archive = REALDATA / "exchange_rates" / "cny_per_usd_monthly_fred.csv"
    with archive.open(encoding="utf-8", newline="") as file:
        printed = {row["month"]: row["cny_per_usd"] for row in csv.DictReader(file)}
    assert {row["month"]: row["cny_per_usd"] for row in read("exchange_rates")} == printed
