"""Every layout that the site gives: columns picked, languages, currencies, encodings, code lengths, months."""

from __future__ import annotations

import datetime as dt
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.gacc.parse import parse
from orchestration.sources.gacc.rows import RAW_COLUMNS
from tests.conftest import REAL_FILES, REALDATA, csv_text, row
from tests.sources.gacc.parsing import parse_bytes, plainly, rows_of

JANUARY = dt.date(2024, 1, 1)
#: concept → (English, Chinese, the cell, what it is read as)
COLUMNS: dict[str, tuple[str, str, str, Any]] = {
    "month": ("Date of data", "数据年月", "202401", JANUARY),
    "hs_code": ("Commodity code", "商品编码", "01012100", "01012100"),
    "hs_name": ("Commodity", "商品名称", "Horses，pure-bred", "Horses，pure-bred"),
    "partner_code": ("Trading partner code", "贸易伙伴编码", "110", "110"),
    "partner_name": ("Trading partner", "贸易伙伴名称", "中国香港", "中国香港"),
    "regime_code": ("Customs Regime code", "贸易方式编码", "10", "10"),
    "regime_name": ("Customs Regime", "贸易方式名称", "一般贸易", "一般贸易"),
    "province_code": ("Locations of importers and exporters code", "注册地编码", "44", "44"),
    "province_name": ("Locations of importers and exporters", "注册地名称", "广东省", "广东省"),
    "quantity_1": ("Quantity", "第一数量", "0", 0),
    "unit_1": ("Unit", "第一计量单位", "千克", "千克"),
    "quantity_2": ("Supplementary Quantity", "第二数量", "—", None),
    "unit_2": ("Supplementary Unit", "第二计量单位", "?", None),
    "USD": ("US dollar", "美元", "1,234,567", 1_234_567),
    "CNY": ("Renminbi Yuan", "人民币", "1,234,567", 1_234_567),
}
EXPORT = ("hs_code", "hs_name", "quantity_1", "unit_1", "quantity_2", "unit_2")
PARTNER, REGIME, PROVINCE = (
    tuple(f"{d}_{part}" for part in ("code", "name")) for d in ("partner", "regime", "province")
)
LAYOUTS: dict[str, tuple[str, ...]] = {
    "all columns": ("month", *PARTNER, *REGIME, *PROVINCE, *EXPORT),
    "month and partner": ("month", *PARTNER, *EXPORT),
    "commodity before partner": ("month", *EXPORT[:2], *PARTNER, *EXPORT[2:]),
    "no month": (*EXPORT[:2], *PARTNER, *REGIME, *PROVINCE, *EXPORT[2:]),
    "no partner": ("month", *EXPORT),
    "province only": (*PROVINCE, *EXPORT),
    "commodity only": EXPORT,
    "codes only": ("province_code", "hs_code"),
}


def header(concepts: tuple[str, ...], language: str) -> list[str]:
    """The headings of the concepts."""
    return [COLUMNS[c][0 if language == "en" else 1] for c in concepts]


def cells(concepts: tuple[str, ...], **other: str) -> list[str]:
    """One row, with other cells here and there."""
    return [other.get(c, COLUMNS[c][2]) for c in concepts]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("language", "currency"), product(("en", "zh"), ("USD", "CNY")))
def test_every_column_is_read_under_its_heading(layout: str, language: str, currency: str, tmp_path: Path) -> None:
    """Whatever was picked comes out typed, the rest is NULL, and the grain is what the columns say."""
    concepts = LAYOUTS[layout]
    picked = (*concepts, currency)
    text = csv_text([cells(picked)], header(picked, language))
    parsed = parse_bytes(text.encode("gb18030"), tmp_path, month=JANUARY)
    expected = dict.fromkeys(RAW_COLUMNS) | {c: COLUMNS[c][3] for c in concepts}
    assert rows_of(parsed) == [expected | {"line": 2, "month": JANUARY, "value": 1_234_567}]
    assert (parsed.layout.language, parsed.layout.currency) == (language, currency)
    assert parsed.layout.has_month == ("month" in concepts)
    assert parsed.layout.has_partner == ("partner_code" in concepts)
    assert parsed.layout.dimensions == (
        "month", "hs_code", *(c for c in ("partner_code", "regime_code", "province_code") if c in concepts)
    )  # fmt: skip
    assert parsed.partners == (("110",) if "partner_code" in concepts else ())
    assert (parsed.rows, parsed.value, parsed.code_length) == (1, 1_234_567, 8)
    assert [(m.month, m.rows, m.value) for m in parsed.months] == [(JANUARY, 1, 1_234_567)]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("last", [True, False], ids=["last line end", "no last line end"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_encodings_and_line_ends(encoding: str, end: str, last: bool, language: str, tmp_path: Path) -> None:
    """The same rows whatever the bytes; a line break and quotes inside a cell stay in the name."""
    picked = (*LAYOUTS["all columns"], "USD")
    rows = [cells(picked, hs_name='"Horses"，\npure-bred'), cells(picked, month="202402")]
    text = csv_text(rows, header(picked, language)).replace("\n", end)
    parsed = parse_bytes((text if last else text.removesuffix(end)).encode(encoding), tmp_path)
    expected = {c: COLUMNS[c][3] for c in picked[:-1]} | {"value": 1_234_567}
    assert rows_of(parsed) == [
        expected | {"line": 2, "hs_name": '"Horses"，\npure-bred'},
        expected | {"line": 4, "month": dt.date(2024, 2, 1)},
    ]
    assert parsed.encoding == encoding.removesuffix("-sig")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("around", [("", "\t"), ("\t", ""), (" ", " "), (" \t", "\t ")])
def test_tabs_and_blanks_around_cells(language: str, around: tuple[str, str], tmp_path: Path) -> None:
    """They do not count in codes, months, numbers, units and headings; names stay as printed."""
    picked = (*LAYOUTS["all columns"], "CNY")
    wrapped = [[cell.join(around) for cell in line] for line in (header(picked, language), cells(picked))]
    (found,) = rows_of(parse_bytes(csv_text(wrapped[1:], wrapped[0]).encode("gb18030"), tmp_path))
    names = {c: COLUMNS[c][2].join(around) for c in picked if c.endswith("_name")}
    typed = {c: COLUMNS[c][3] for c in picked[:-1] if c not in names}
    assert found == {"line": 2, "value": 1_234_567} | names | typed


def test_without_a_month_rows_have_none_unless_it_is_declared(tmp_path: Path) -> None:
    """The caller is told what was seen, and that there is no month."""
    picked = (*LAYOUTS["no month"], "USD")
    data = csv_text([cells(picked), cells(picked, province_code="31", USD="5")], header(picked, "en")).encode()
    undated = parse_bytes(data, tmp_path)
    assert undated.months == () and (undated.rows, undated.value) == (2, 1_234_572)
    assert [r["month"] for r in rows_of(undated)] == [None, None]
    declared = parse_bytes(data, tmp_path, month=dt.date(2024, 5, 1))
    assert [(m.month, m.rows, m.value) for m in declared.months] == [(dt.date(2024, 5, 1), 2, 1_234_572)]
    assert [r["month"] for r in rows_of(declared)] == [dt.date(2024, 5, 1)] * 2


def test_a_printed_month_is_never_replaced(tmp_path: Path) -> None:
    """A month that is declared does not reach the rows of a file that prints its months."""
    parsed = parse_bytes(csv_text([row()]).encode(), tmp_path, month=dt.date(2024, 5, 1))
    assert rows_of(parsed)[0]["month"] == JANUARY and [m.month for m in parsed.months] == [JANUARY]


@pytest.mark.parametrize("code", ["01", "0101", "010121", "01012100"])
def test_codes_of_each_length(code: str, tmp_path: Path) -> None:
    """Two, four, six or eight digits, all alike."""
    other = code[:-1] + "9"
    parsed = parse_bytes(csv_text([row(hs=code), row(hs=other)]).encode(), tmp_path)
    assert parsed.code_length == len(code) and [r["hs_code"] for r in rows_of(parsed)] == [code, other]
    assert parsed.hs_chapters == tuple(sorted({code[:2], other[:2]}))


def test_a_file_without_rows(tmp_path: Path) -> None:
    """A header alone is a query that found nothing."""
    parsed = parse_bytes(csv_text([]).encode(), tmp_path)
    assert (parsed.rows, parsed.value, parsed.code_length) == (0, 0, 8)
    assert parsed.months == () and parsed.partners == () and parsed.hs_chapters == ()


def table(concepts: tuple[str, ...], *rows: dict[str, str]) -> bytes:
    """A file with the concepts and US dollars, one row for each dictionary of cells that differ."""
    picked = (*concepts, "USD")
    return csv_text([cells(picked, **r) for r in rows], header(picked, "en")).encode()


REFUSED: dict[str, tuple[bytes, str, int]] = {
    "8 digits after 4": (
        csv_text([row(hs="8542"), row(hs="8541"), row(), row(hs="85")]).encode(),
        "codes of 4 and 8 digits are mixed: totals would be added to their parts",
        4,
    ),
    "6 digits after 8": (csv_text([row(), row(hs="854231")]).encode(), "codes of 6 and 8 digits are mixed", 3),
    "5 digits": (csv_text([row(), row(hs="85423")]).encode(), "'85423' is not a code of 2, 4, 6 or 8 digits", 3),
    "10 digits": (csv_text([row(hs="8542319000")]).encode(), "is not a code of 2, 4, 6 or 8 digits", 2),
    "a blank within a code": (csv_text([row(hs="8542 3190")]).encode(), "is not a code of 2, 4, 6 or 8 digits", 2),
    "a blank within a number": (csv_text([row(value="1 234")]).encode(), "'1 234' is not a number", 2),
    "a TAB instead of a value": (csv_text([row(value="\t")]).encode(), "is not a number", 2),
    "a province twice": (
        table(("province_code", "hs_code"), {}, {"province_code": "31"}, {"USD": "7"}),
        "the key (hs_code 01012100, province_code 44) stands twice, first on line 2",
        4,
    ),
    "a code twice without month and partner": (table(EXPORT, {}, {}), "the key (hs_code 01012100) stands twice", 3),
    "a code twice in a month": (table(LAYOUTS["no partner"], {}, {"month": "202402"}, {}), "stands twice", 4),
    "imports and exports together": (
        table(LAYOUTS["month and partner"], {"USD": "5"}, {"USD": "9"}),
        "the key (month 2024-01, hs_code 01012100, partner_code 110) stands twice",
        3,
    ),
    "no codes": (table(("month", *PARTNER), {}), "the file has no column 'Commodity code' (商品编码)", 1),
    "partners by name only": (table(("month", "hs_code", "partner_name"), {}), "no column 'Trading partner code'", 1),
    "regimes by name only": (table(("month", "hs_code", "regime_name"), {}), "no column 'Customs Regime code'", 1),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_line_and_remedy(case: str, tmp_path: Path) -> None:
    """Mixed grains and double keys are found at whatever grain the file has."""
    data, message, line = REFUSED[case]
    with pytest.raises(RefusalError) as refused:
        parse_bytes(data, tmp_path)
    assert message in str(refused.value) and refused.value.line == line and refused.value.remedy


def test_a_declared_month_is_named_in_a_double_key(tmp_path: Path) -> None:
    """The key is said whole."""
    with pytest.raises(RefusalError, match=r"month 2024-01, hs_code 01012100\) stands twice"):
        parse_bytes(table(EXPORT, {}, {}), tmp_path, month=JANUARY)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name",
    [
        *REAL_FILES,
        "acetylene_en_full_usd_202601.csv",
        "acetylene_zh_full_rmb_no_date.csv",
    ],
)
def test_real_files_field_by_field(name: str, tmp_path: Path) -> None:
    """Every typed field of the genuine files equals what a plain csv reader finds; what they lack is NULL."""
    path = REALDATA / "gacc_exports" / name
    given = REAL_FILES.get(name, {}).get("header")
    parsed = parse(path, tmp_path, header=given, month=JANUARY)
    printed = plainly(path, parsed.encoding, parsed.layout.concepts, given is None)
    month = {} if parsed.layout.has_month else {"month": JANUARY}
    lines = range(1 + (given is None), 1 + (given is None) + len(printed))
    expected = [dict.fromkeys(RAW_COLUMNS) | month | p | {"line": n} for n, p in zip(lines, printed, strict=True)]
    assert rows_of(parsed) == expected
    assert (parsed.rows, parsed.value) == (len(expected), sum(e["value"] for e in expected))
