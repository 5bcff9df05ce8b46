"""Parsing: what is sound comes out typed with its line; what is not is refused, saying where and what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.base.duck import cursor
from orchestration.base.errors import RefusalError
from orchestration.sources.gacc.parse import TRUNCATED_AT, parse
from tests.conftest import ENGLISH, csv_text, row
from tests.sources.gacc.parsing import parse_bytes, rows_of


def test_a_row_is_typed_and_carries_its_line(tmp_path: Path) -> None:
    """Thousands separators, a quote and a full-width comma inside cells, missing second quantity."""
    odd = ["202401", "110", "Hong Kong，China", "85429000", '"Bladder", parts', "0", "Kilogram", "—", "?", "1,234,567"]
    parsed = parse_bytes(csv_text([row(), odd]).encode("gb18030"), tmp_path)
    first, second = rows_of(parsed)
    assert (first["line"], second["line"]) == (2, 3)
    assert first["value"] == 1234 and first["month"] == dt.date(2024, 1, 1) and first["quantity_2"] == 3
    assert second["partner_name"] == "Hong Kong，China" and second["hs_name"] == '"Bladder", parts'
    assert second["value"] == 1_234_567 and second["quantity_1"] == 0
    assert second["quantity_2"] is None and second["unit_2"] is None
    assert parsed.encoding == "gb18030" and parsed.layout.currency == "USD"


def test_chinese_header_in_any_order(tmp_path: Path) -> None:
    """The columns are those that the user picked, in the order of picking."""
    header = ["人民币", "商品编码", "贸易伙伴编码", "数据年月", "贸易方式编码", "第一数量", "第一计量单位"]
    parsed = parse_bytes(
        csv_text([["9", "01012100", "502", "202402", "10", "7", "千克"]], header).encode("gb18030"), tmp_path
    )
    (only,) = rows_of(parsed)
    assert (only["value"], only["hs_code"], only["unit_1"], only["regime_code"]) == (9, "01012100", "千克", "10")
    assert parsed.layout.currency == "CNY" and parsed.layout.language == "zh"


def test_old_spelling_and_utf8(tmp_path: Path) -> None:
    """The site once spelt it Supplimentary; some archives are UTF-8."""
    header = [h.replace("Supplementary", "Supplimentary") for h in ENGLISH]
    parsed = parse_bytes(csv_text([row()], header).encode(), tmp_path)
    assert rows_of(parsed)[0]["quantity_2"] == 3


def test_line_breaks_in_cells_keep_physical_lines(tmp_path: Path) -> None:
    """A name that holds a line break moves every later row down by one physical line."""
    broken = row(hs="85423110")
    broken[4] = "two\nlines"
    parsed = parse_bytes(csv_text([row(), broken, row(hs="85423119")]).encode(), tmp_path)
    assert [r["line"] for r in rows_of(parsed)] == [2, 3, 5]


def test_crlf_bom_and_no_last_line_end(tmp_path: Path) -> None:
    """An editor's habits do not matter."""
    text = "\ufeff" + csv_text([row(), row(hs="85423110")]).replace("\n", "\r\n").removesuffix("\r\n")
    parsed = parse_bytes(text.encode(), tmp_path)
    assert [r["line"] for r in rows_of(parsed)] == [2, 3]


def test_headerless_file_needs_the_header(tmp_path: Path) -> None:
    """With the site's own header, quotes and trailing comma optional, lines count from 1."""
    data = csv_text([row()], header=None).encode()
    with pytest.raises(RefusalError, match="header line"):
        parse_bytes(data, tmp_path)
    for header in (",".join(ENGLISH), csv_text([], ENGLISH).strip()):
        assert rows_of(parse_bytes(data, tmp_path, header=header))[0]["line"] == 1


def with_cell(column: int, text: str) -> bytes:
    """A file whose third line has one other cell."""
    bad = row(hs="85423110")
    bad[column] = text
    return csv_text([row(), bad]).encode()


REFUSED: dict[str, tuple[Callable[[], bytes], str, int | None]] = {
    "no bytes": (lambda: b"", "no bytes", None),
    "html": (lambda: b"\n <!DOCTYPE html><html>...", "web page", 1),
    "undecodable": (lambda: csv_text([row()]).encode() + b'"\xff\xff"', "decoded", 3),
    "utf-8 with one broken byte": (
        lambda: (
            csv_text([["202401", "502", "美国美国美国", "85423190", "集成电路", "1", "个", "1", "千克", "5"]]).encode()
            + b'"\xe7"'
        ),
        "decoded as UTF-8",
        3,
    ),
    "nul byte": (
        lambda: csv_text([row(), row(hs="85423110")]).encode().replace(b"85423110", b"8542\x003110"),
        "NUL",
        3,
    ),
    "unknown column": (lambda: csv_text([row()], [*ENGLISH[:-1], "Euro"]).encode(), "column 10 is unknown", 1),
    "column twice": (lambda: csv_text([[*row(), "1"]], [*ENGLISH, "Unit"]).encode(), "stands twice", 1),
    "two currencies": (lambda: csv_text([[*row(), "1"]], [*ENGLISH, "Renminbi Yuan"]).encode(), "one currency", 1),
    "a field too few": (lambda: csv_text([row(), row()[:-1]]).encode(), "10 fields where the header has 11", 3),
    "a field too many": (lambda: csv_text([row(), [*row(), ""]]).encode(), "12 fields where the header has 11", 3),
    "an empty line": (
        lambda: csv_text([row()]).encode() + b"\n" + csv_text([row(hs="85423110")], None).encode(),
        "empty line",
        3,
    ),
    "unclosed quote": (lambda: csv_text([row(), row(hs="85423110")]).encode()[:-40], "never closed", 3),
    "quote opened in the middle": (
        lambda: csv_text([row()]).encode() + b'"202401,"502","x","85423110","y","1","u","1","u","5",\n',
        "quotes",
        3,
    ),
    "month 13": (lambda: with_cell(0, "202413"), "'202413' is not a month", 3),
    "month with a dash": (lambda: with_cell(0, "2024-1"), "is not a month", 3),
    "a total row": (lambda: with_cell(3, "TOTAL"), "'TOTAL' is not a code of 2, 4, 6 or 8 digits", 3),
    "HS6 among HS8": (lambda: with_cell(3, "854231"), "codes of 6 and 8 digits are mixed", 3),
    "partner name as code": (lambda: with_cell(1, "USA"), "is not a partner code", 3),
    "negative value": (lambda: with_cell(9, "-5"), "'-5' is not a number", 3),
    "plus sign": (lambda: with_cell(9, "+5"), "is not a number", 3),
    "fraction": (lambda: with_cell(9, "5.0"), "is not a number", 3),
    "exponent": (lambda: with_cell(9, "1e3"), "is not a number", 3),
    "empty value": (lambda: with_cell(9, ""), "'' is not a number", 3),
    "missing value": (lambda: with_cell(9, "—"), "is not a number", 3),
    "misplaced separator": (lambda: with_cell(9, "1,23"), "is not a number", 3),
    "full-width digits": (lambda: with_cell(9, "１２"), "is not a number", 3),
    "beyond 64 bits": (lambda: with_cell(9, "99999999999999999999"), "more than any figure", 3),
    "quantity in words": (lambda: with_cell(5, "ten"), "'ten' is not a number", 3),
    "key twice": (lambda: csv_text([row(), row(hs="85423110"), row()]).encode(), "stands twice, first on line 2", 4),
    "key twice, another value": (lambda: csv_text([row(), row(value="9")]).encode(), "stands twice", 3),
    "cut at 10,000 rows": (
        lambda: csv_text([row(hs=f"{85420000 + n}") for n in range(TRUNCATED_AT)]).encode(),
        "exactly 10,000 rows",
        10_001,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_file_line_and_remedy(case: str, tmp_path: Path) -> None:
    """Each broken file is refused by name, with the line where there is one, and with what to do."""
    make, message, line = REFUSED[case]
    with pytest.raises(RefusalError) as refused:
        parse_bytes(make(), tmp_path)
    assert message in str(refused.value)
    assert refused.value.file == "export.csv" and refused.value.line == line
    assert refused.value.remedy


def test_one_row_fewer_or_more_than_the_cut_is_taken(tmp_path: Path) -> None:
    """Only exactly 10,000 rows mean a cut."""
    for n in (TRUNCATED_AT - 1, TRUNCATED_AT + 1):
        data = csv_text([row(hs=f"{85420000 + k}") for k in range(n)]).encode()
        assert parse_bytes(data, tmp_path).rows == n


def test_carriage_returns_that_end_no_line_are_refused(tmp_path: Path) -> None:
    """A reader that splits at line feeds only would see a header and no row, a query without trade."""
    text = csv_text([row(), row(hs="85423110")])
    for data in (text.replace("\n", "\r"), text.replace("\n", "\r", 1), text.replace("Circuits", "Circ\ruits")):
        with pytest.raises(RefusalError, match="carriage return"):
            parse_bytes(data.replace('"', "").encode(), tmp_path)


def test_doubled_carriage_returns_lose_no_row(tmp_path: Path) -> None:
    """Without the last comma, the first row would be swallowed with the header."""
    text = csv_text([row(value="5"), row(hs="85423110", value="6")]).replace("\n", "\r\r\n")
    assert parse_bytes(text.encode(), tmp_path).value == 11
    with pytest.raises(RefusalError, match="damaged line ends"):
        parse_bytes(text.replace(",\r\r", "\r\r").encode(), tmp_path)


def test_a_file_cut_anywhere_in_its_last_line_is_refused(tmp_path: Path) -> None:
    """Only the line end may be missing, and nothing before it."""
    whole = csv_text([row(), row(hs="85423110")]).encode()
    for size in range(whole[:-1].rindex(b"\n") + 2, len(whole) - 1):
        with pytest.raises(RefusalError):
            parse_bytes(whole[:size], tmp_path)
    assert parse_bytes(whole[:-1], tmp_path).rows == 2


def test_the_first_double_key_is_named_wherever_keys_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long file's keys are compared in parts; what is said is the same."""
    rows = [row(hs=f"{85420000 + n % 40}") for n in range(60)]
    refusals = set()
    for at_once in (2, 7, 1_000):
        monkeypatch.setattr("orchestration.sources.gacc.parse._KEYS_AT_ONCE", at_once)
        with pytest.raises(RefusalError) as refused:
            parse_bytes(csv_text(rows).encode(), tmp_path)
        refusals.add((str(refused.value), refused.value.line))
    ((message, line),) = refusals
    assert "hs_code 85420000, partner_code 502) stands twice, first on line 2" in message and line == 42


def test_another_file_in_the_same_folder_is_read_anew(tmp_path: Path) -> None:
    """Files of one size, parsed one after the other into one folder, do not stand in for each other."""
    for value in (1111, 2222, 3333):
        assert parse_bytes(csv_text([row(value=f"{value:,}")]).encode(), tmp_path).value == value


def test_a_machine_without_memory_is_no_fault_of_the_file(tmp_path: Path) -> None:
    """It must not be refused, and so not be set aside."""
    file = tmp_path / "big.csv"
    file.write_bytes(csv_text([row(hs=f"{85_000_000 + n}") for n in range(40_000)]).encode())
    with cursor() as con:
        before = con.execute("select current_setting('memory_limit')").fetchall()[0][0]
        con.execute("set memory_limit = '1MB'")
        try:
            with pytest.raises(duckdb.OperationalError):
                parse(file, tmp_path / "work")
        finally:
            con.execute(f"set memory_limit = '{before}'")
