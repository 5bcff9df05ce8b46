"""Parsing the customs' code lists: every trap of the real files on a line written by hand; then the real files."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.gacc_nomenclature.parse import ROW_SCHEMA, ParsedList, parse
from tests.conftest import REALDATA

HS8_EN = '"CODES","DESCRIPTION","YEAR","UNIT_1_CODES","UNIT_1_DESCRIPTION","UNIT_2_CODES","UNIT_2_DESCRIPTION",\n'
HS8_ZH = '"商品编码","商品名称","年份","第一计量单位编码","第一计量单位名称","第二计量单位编码","第二计量单位名称",\n'
PARTNER_EN = '"CODES","DESCRIPTION",\n'
HORSES = '01012100,"Live horses",2019,09,"Kilogram",01,"Number of item",\n'


def parsed(folder: Path, text: str, encoding: str = "gb18030") -> tuple[ParsedList, list[dict[str, object]]]:
    """Parse a text as a file; what was seen, and the rows."""
    file = folder / "list.csv"
    file.write_bytes(text.encode(encoding))
    found = parse(file, folder / "work")
    return found, pq.read_table(found.rows_path).to_pylist()


LISTS = {
    HS8_EN + HORSES: ("hs8", "en", 2019),
    HS8_ZH + '01012100,"改良种用马",2023,09,"千克",01,"头",\n': ("hs8", "zh", 2023),
    PARTNER_EN + "101,Afghanistan,\n": ("partner", "en", None),
    '"贸易伙伴编码","贸易伙伴名称",\n101,阿富汗,\n': ("partner", "zh", None),
    "code,en,comment\r\n101,Afghanistan,\r\n": ("partner", "en", None),
    "code,zh\n101,阿富汗": ("partner", "zh", None),
    '"Customs Regime code","Customs Regime",\n10,Ordinary Trade,\n': ("regime", "en", None),
    '"贸易方式编码","贸易方式名称",\n10,一般贸易,\n': ("regime", "zh", None),
    '"收发货人注册地编码","收发货人注册地名称",\n11,北京市,': ("province", "zh", None),
    '"Locations of importers and exporters code","Locations of importers and exporters",\n11,Beijing,\n': (
        "province",
        "en",
        None,
    ),
}


@pytest.mark.parametrize("text", LISTS)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_the_header_tells_list_and_language(tmp_path: Path, text: str, encoding: str) -> None:
    """In both encodings, with and without an end of the last line."""
    found, rows = parsed(tmp_path, text, encoding)
    assert (found.list, found.language, found.year) == LISTS[text] and found.rows == len(rows) == 1
    assert rows[0]["line"] == 2 and list(rows[0]) == ROW_SCHEMA.names


#: printed record → name, first unit, second unit
TRAPS = {
    'quotes within': ('"Tyres with "herring-bone", rim≤61cm",2019,09,"Kilogram",01,"Number of item",',
                      'Tyres with "herring-bone", rim≤61cm', "Kilogram", "Number of item"),
    "quotes at the beginning": ('""Bladder" moulds",2019,09,"Kilogram",?,"?",', '"Bladder" moulds', "Kilogram", None),
    "quotes at the end": ('"Sheets "voiles"",2019,09,"Kilogram",?,"?",', 'Sheets "voiles"', "Kilogram", None),
    "escaped quotes": ('"Tyres ""wide"", new",2019,09,"Kilogram",?,"?",', 'Tyres "wide", new', "Kilogram", None),
    "a line break": ('"Kits for a \nclinical trial\n",2019,09,"Kilogram",?,"?",', "Kits for a clinical trial",
                     "Kilogram", None),
    "a line that begins with a number": ('"Made after\n1996, of wood",2019,09,"Kilogram",?,"?",',
                                         "Made after 1996, of wood", "Kilogram", None),
    "CRLF and a carriage return": ('"Frozen  fillets \r",2019,09,"Kilogram",?,"?",\r', "Frozen fillets", "Kilogram",
                                   None),
    "a control character": ('"wind\x02jackets",2019,09,"Kilogram",?,"?",', "wind jackets", "Kilogram", None),
    "NUL for units": ('"Horses",2019,09,"\0",01,"\0",', "Horses", None, None),
    "NUL for a code": ('"Curtains",2019,09,"Kilogram",\0,"#N/A",', "Curtains", "Kilogram", None),
    "blank cells": ('"Curtains",2019,09,"Kilogram",,"",', "Curtains", "Kilogram", None),
    "no name": ("\0,2019,09,\"Kilogram\",?,\"?\",", None, "Kilogram", None),
}  # fmt: skip


@pytest.mark.parametrize("case", TRAPS)
def test_traps_of_the_printed_lists(tmp_path: Path, case: str) -> None:
    """The record after it is found on its own line."""
    record, name, unit_1, unit_2 = TRAPS[case]
    _, rows = parsed(tmp_path, HS8_EN + "40117010," + record + "\n" + HORSES)
    assert [r["code"] for r in rows] == ["40117010", "01012100"]
    assert (rows[0]["name"], rows[0]["unit_1"], rows[0]["unit_2"]) == (name, unit_1, unit_2)
    assert rows[0]["unit_1_code"] == "09" and rows[1]["line"] == 3 + record.count("\n")


def test_names_of_partners_hold_commas_and_blanks(tmp_path: Path) -> None:
    """Unquoted in the customs' own list; in a list cleaned by hand a comment follows, in true CSV."""
    _, rows = parsed(tmp_path, PARTNER_EN + "109,Korea,DPR,\n349,\0,\n446,Virgin  Islands, British,\n")
    assert [r["name"] for r in rows] == ["Korea,DPR", None, "Virgin Islands, British"]
    _, rows = parsed(tmp_path, 'code,en,comment\n349,\0Serbia,historic\n604,Gambier,"French, France"\n', "utf-8")
    assert [(r["line"], r["name"]) for r in rows] == [(2, "Serbia"), (3, "Gambier")]


REFUSED = {
    "short code": (HS8_EN + HORSES + HORSES.replace("01012100", "1012900"), 3, "CODES", "'1012900' is not a code of 8"),
    "code after a cut line": (HS8_EN + '01012100,"L\n1012900,"Foals",2019,09,"Kilogram",?,"?",\n', 2, "UNIT", "2 fi"),
    "same code": (HS8_EN + HORSES + HORSES, 3, "CODES", "stands twice, first on line 2"),
    "two years": (HS8_EN + HORSES + HORSES.replace("01012100", "01012900").replace("2019", "2020"), 3, "YEAR", "2020"),
    "no year": (HS8_EN + HORSES.replace("2019", ""), 2, "YEAR", "is not a year"),
    "unit code": (HS8_EN + HORSES.replace(",09,", ",kg,"), 2, "UNIT_1_CODES", "'kg' is not a unit code"),
    "column too few": (HS8_EN + HORSES.replace(',01,"Number of item"', ""), 2, "UNIT_2_DESCRIPTION", "5 fields"),
    "open quote": (HS8_EN + HORSES.replace('horses"', "horses"), 2, "DESCRIPTION", "do not close"),
    "empty line": (HS8_EN + "\n" + HORSES, 2, "CODES", "an empty line"),
    "partner of four digits": (PARTNER_EN + "1011,Afghanistan,\n", 2, "CODES", "not a code of 3 digits"),
    "digits of another script": (PARTNER_EN + "１０１,Afghanistan,\n", 2, "CODES", "not a code of 3 digits"),
    "cleaned by hand, code": ("code,en\n11,Asia\n", 2, "code", "'11' is not a code of 3 digits"),
    "cleaned by hand, cut": ("code,en,comment\n101,Asia\n", 2, "comment", "2 fields"),
    "trade": ('"Date of data","Commodity code","US dollar",\n', 1, None, "no header of a code list"),
    "nothing": (HS8_EN, None, None, "header without rows"),
    "no bytes": ("", None, None, "no bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_sound_is_refused(tmp_path: Path, case: str) -> None:
    """With file, line, column and remedy."""
    text, line, column, message = REFUSED[case]
    with pytest.raises(RefusalError) as refused:
        parsed(tmp_path, text)
    error = refused.value
    assert message in error.what and error.file == "list.csv" and error.remedy
    assert error.line == line and (error.column or "").startswith(column or "")


def plain(path: Path) -> list[tuple[int, str]]:
    """Line and code of each record by a lenient csv reader, which keeps records apart though it garbles names."""
    data = path.read_bytes().replace(b"\0", b" ")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    lines = text.replace("\r", "").split("\n")
    reader, found, before = csv.reader(line + "\n" for line in lines if line), [], 0
    for cells in reader:
        found.append((before + 1, cells[0]))
        before = reader.line_num
    return found[1:]


@pytest.mark.realdata
def test_every_real_list_parses(tmp_path: Path) -> None:
    """Line by line the codes that a plain reader finds; both languages of a year have the same codes."""
    codes: dict[tuple[str, int | None], set[str]] = {}
    seen = []
    for path in sorted((REALDATA / "gacc_reference").glob("*.csv")):
        found = parse(path, tmp_path)
        rows = pq.read_table(found.rows_path).to_pylist()
        assert [(r["line"], r["code"]) for r in rows] == plain(path), path.name
        assert codes.setdefault((found.list, found.year), {r["code"] for r in rows}) == {r["code"] for r in rows}
        assert sum(r["name"] is None for r in rows) == (path.name == "en-TradingPartner.csv"), "349 has no name there"
        assert bool(found.units) == (found.list == "hs8" and path.name != "en-hs8-2017.csv")
        seen.append((found.list, found.language))
    assert {key: len(value) for key, value in codes.items()} == {
        ("hs8", 2015): 8292, ("hs8", 2016): 8302, ("hs8", 2017): 8555, ("hs8", 2018): 8571, ("hs8", 2019): 8557,
        ("hs8", 2020): 8558, ("hs8", 2021): 8589, ("hs8", 2022): 8939, ("hs8", 2023): 8957,
        ("partner", None): 243, ("regime", None): 20, ("province", None): 31,
    }  # fmt: skip
    assert seen.count(("hs8", "en")) == seen.count(("hs8", "zh")) == 9 and len(seen) == 25
