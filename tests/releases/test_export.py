"""What is handed on is what the release says: read back by others' readers, value by value, whatever the format."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape

from orchestration.base.errors import RefusalError
from orchestration.base.plain import json_text
from orchestration.base.settings import Home
from orchestration.releases.handing_on import workbook
from orchestration.releases.handing_on.export import Asked, Exported, export, question_of, to_file
from orchestration.releases.handing_on.format import Format
from orchestration.releases.manifest import Manifest, SourceTerms
from orchestration.releases.query import asked, run_sql
from orchestration.releases.store import Releases
from orchestration.releases.withheld import withheld
from tests.conftest import many

Rows = list[tuple[Any, ...]]
#: Rows that are looked at of each table.
ROWS = 300
#: Texts that some reader takes for something else; numbers that some reader rounds; days that some reader has not.
STRANGE = '''
select * from (values
  (1, '=1+1', 9223372036854775807::hugeint * 1000, 0.1::double + 0.2::double, 1.500000::decimal(24, 6), true,
   date '2024-02-29', timestamp '2024-01-01 10:00:00', ['a', null], '01'),
  (2, '', 999999999999999, 1e300, 123456789012345678.123456::decimal(24, 6), false, date '1899-12-31',
   timestamp '2024-01-01 10:00:00.123456', [], '1e5'),
  (3, null, null, null, null, null, null, null, null, null),
  (4, 'a,"b"' || chr(13) || chr(10) || 'c', -9007199254740993, -0.0, 0, true, date '9999-12-31',
   timestamp '1900-01-01 00:00:00', ['x'], ' leading and trailing '),
  (5, '@sum(a1)', 1, 1.0000000000000002, -1.1, null, date '1900-03-01', null, null, chr(39) || '=1'),
  (6, '<r>markup</r>', 0, 5e-324, 0.000001, null, date '0001-01-01', null, null, '_x0041_&<>' || chr(9) || '中文'),
  (7, chr(9) || '-2', 1234567890123456, 2, 100000000000000000.000000, null, null, null, null, '+1'),
  (8, chr(13) || 'x', 1, 2, 3, null, null, null, null, chr(7) || 'bell' || chr(27) || '[2J')
) as t(n, "text, with ""quotes""", whole, ratio, money, flag, day, moment, several, code)'''


def of(home: Home, sql: str, said: Manifest | None = None, name: str | None = None) -> Asked:
    """A question to the current release, as it is handed on."""
    folder, manifest = Releases(home).opened()
    return Asked(folder, said or manifest, sql, name)


def made(what: Asked, form: Format) -> tuple[bytes, Exported]:
    """The bytes of a file, and what was said of it."""
    stream = io.BytesIO()
    said = export(what, form, stream)
    return stream.getvalue(), said


def tables(folder: Path) -> list[str]:
    """All published tables, and a view."""
    return [*(row[0] for row in run_sql(folder, "select table_name from duckdb_tables()")[1]), "v_ic_by_partner"]


def read_csv(data: bytes, tmp_path: Path, types: dict[str, str], *, excel: bool) -> Rows:
    """By another reader, told the types; in Excel's kind the guards are taken away."""
    file = tmp_path / "read.csv"
    file.write_bytes(data)
    with duckdb.connect() as con:
        rows = con.execute(
            "from read_csv(?, header = true, columns = ?, allow_quoted_nulls = false, new_line = '\\r\\n', "
            "delim = ',', quote = '\"', escape = '\"', auto_detect = false, max_line_size = 10000000)",
            [str(file), types],
        ).fetchall()

    def bare(value: Any) -> Any:
        return value[1:] if excel and isinstance(value, str) and value.startswith("'") else value

    return [tuple(map(bare, row)) for row in rows]


def read_xlsx(data: bytes) -> tuple[list[str], Rows]:
    """Names and rows of the sheet of data; no cell of it is computed."""
    sheet = openpyxl.load_workbook(io.BytesIO(data))["data"]
    assert all(cell.data_type != "f" and cell.hyperlink is None for line in sheet.iter_rows() for cell in line)
    lines = [tuple(cell.value for cell in line) for line in sheet.iter_rows()]
    return list(map(str, lines[0])), lines[1:]


def as_in_excel(value: Any) -> Any:
    """What a cell must say of a value: the same, or in words where Excel has no such number or day."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dt.datetime):
        fits = value >= dt.datetime(1900, 3, 1) and value.microsecond % 1000 == 0
        return value if fits else str(value)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time()) if value >= dt.date(1900, 3, 1) else str(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        digits = len(Decimal(value).normalize().as_tuple().digits)
        return Decimal(value) if digits <= 15 else f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value


def same_in_excel(found: Any, value: Any) -> bool:
    """Whether a cell says the value; a number to its last digit."""
    wanted = as_in_excel(value)
    if isinstance(wanted, Decimal):
        return isinstance(found, int | float) and Decimal(repr(found)) == wanted
    # A ratio without a fraction is read as a whole number.
    return found == wanted and (type(found) is type(wanted) or isinstance(wanted, float))


def read(form: Format, data: bytes, types: dict[str, str], tmp_path: Path) -> Rows:
    """The rows of a file, by others' readers; of JSON and XLSX as these have them."""
    if form is Format.PARQUET:
        return [tuple(row.values()) for row in pq.read_table(io.BytesIO(data)).to_pylist()]
    if form is Format.JSON:
        return [tuple(row.values()) for row in json.loads(data)]
    if form is Format.XLSX:
        names, rows = read_xlsx(data)
        assert names == list(types)
        return rows
    return read_csv(data, tmp_path, types, excel=form is Format.EXCEL_CSV)


def is_same(form: Format, found: Rows, rows: Rows) -> bool:
    """Whether a file holds these rows."""
    if form is Format.JSON:
        return found == [tuple(row.values()) for row in json.loads(json_text([dict(enumerate(row)) for row in rows]))]
    if form is Format.XLSX:
        cells = ((a, b) for x, y in zip(found, rows, strict=True) for a, b in zip(x, y, strict=True))
        return all(same_in_excel(cell, value) for cell, value in cells)
    return found == rows


@pytest.mark.series
def test_every_table_comes_back_as_it_is(small_home: Home, tmp_path: Path) -> None:
    """All columns, rows in order; and behind them which release, and whether it is made up."""
    folder, said = Releases(small_home).opened()
    compared = 0
    known = tables(folder)
    for name in many(known[::8], known):
        sql = f"{question_of(folder, name)} limit {ROWS}"
        with asked(folder, sql) as answer:
            types, rows = dict(zip(answer.columns, map(str, answer.types), strict=True)), list(answer.rows())
        for form in Format:
            data, exported = made(Asked(folder, said, sql, name), form)
            marks = exported.columns[len(types) :]
            assert exported.rows == len(rows) and exported.columns[: len(types)] == list(types)
            assert {"release_id", "is_synthetic"} <= {mark.removesuffix("_1") for mark in exported.columns}
            of_marks = {mark: "BOOLEAN" if mark.startswith("is_") else "VARCHAR" for mark in marks}
            behind = tuple(False if mark.startswith("is_") else said.release_id for mark in marks)
            found = read(form, data, types | of_marks, tmp_path)
            assert is_same(form, found, [(*row, *behind) for row in rows]), (name, form)
            compared += len(rows)
    assert compared > 3 * ROWS


def test_what_readers_take_for_something_else(small_home: Home, tmp_path: Path) -> None:
    """Signs, lines, markup, days before any calendar of Excel, numbers longer than any."""
    what = of(small_home, STRANGE)
    with asked(what.folder, STRANGE) as answer:
        types, rows = dict(zip(answer.columns, map(str, answer.types), strict=True)), list(answer.rows())
    texts = [tuple(json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for v in row) for row in rows]
    marks = {"release_id": "VARCHAR", "is_synthetic": "BOOLEAN"}
    for form in (Format.CSV, Format.EXCEL_CSV, Format.PARQUET, Format.XLSX):
        data, _ = made(what, form)
        flat = types if form in (Format.PARQUET, Format.XLSX) else types | {"several": "VARCHAR"}
        found = [row[: len(types)] for row in read(form, data, flat | marks, tmp_path)]
        if form is Format.XLSX:
            # Its reader leaves control characters, and what looks like one, as the format writes them.
            found = [tuple(unescape(cell) if isinstance(cell, str) else cell for cell in row) for row in found]
        assert is_same(form, found, rows if form in (Format.PARQUET, Format.XLSX) else texts), form


def test_lines_end_as_the_standard_has_it(small_home: Home) -> None:
    """With CR LF; and only what Excel opens begins with a mark."""
    for form in (Format.CSV, Format.EXCEL_CSV):
        data, _ = made(of(small_home, "select '' as a, null as b"), form)
        assert data.startswith(b"\xef\xbb\xbf") == (form is Format.EXCEL_CSV)
        assert data.endswith(b'\r\n"",,"' + Releases(small_home).folder().name.encode() + b'",false\r\n')


def test_no_cell_of_csv_for_excel_is_computed(small_home: Home) -> None:
    """Texts and names of columns; a negative number stays one."""
    sql = "select '=1' as \"=cmd\", '-1' as b, -1 as c, '\t=2' as d, '@x' as e, 'a=b' as f"
    data, _ = made(of(small_home, sql), Format.EXCEL_CSV)
    lines = data.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith('"\'=cmd",') and lines[1].startswith('"\'=1","\'-1",-1,"\'\t=2","\'@x","a=b",')


def test_what_excel_would_change_is_said(small_home: Home) -> None:
    """As a remark, and in the notes of the workbook."""
    _, said = made(of(small_home, STRANGE), Format.EXCEL_CSV)
    assert any("first 0" in text and "code" in text for text in said.remarks)
    data, said = made(of(small_home, STRANGE), Format.XLSX)
    assert any("of whole are text" in text for text in said.remarks)
    notes = {(r[0].value, r[2].value) for r in openpyxl.load_workbook(io.BytesIO(data))["notes"].iter_rows()}
    assert {("remark", text) for text in said.remarks} <= notes


def test_made_up_figures_say_so_wherever_they_go(small_home: Home) -> None:
    """In each row of each format, in the notes, and in how they are to be cited; with descriptions of columns."""
    said = Releases(small_home).manifest().model_copy(update={"is_synthetic": True})
    what = of(small_home, "select month, value_usd from v_ic_by_partner limit 2", said, "v_ic_by_partner")
    release_id = what.said.release_id
    for form in (Format.CSV, Format.EXCEL_CSV):
        assert made(what, form)[0].count(f'"{release_id}",true'.encode()) == 2
    rows = json.loads(made(what, Format.JSON)[0])
    assert [(row["release_id"], row["is_synthetic"]) for row in rows] == [(release_id, True)] * 2
    parquet = pq.read_schema(io.BytesIO(made(what, Format.PARQUET)[0]))
    assert b"made up" in parquet.metadata[b"SYNTHETIC"] and parquet.metadata[b"release"] == release_id.encode()
    assert parquet.metadata[b"how to cite"].startswith(b"SYNTHETIC DATA.")
    assert {"month", "release_id"} <= json.loads(parquet.metadata[b"columns"]).keys()
    assert all(field.metadata[b"description"] for field in parquet if field.name in ("month", "release_id"))
    notes = openpyxl.load_workbook(io.BytesIO(made(what, Format.XLSX)[0]))["notes"]
    assert notes["A1"].value == "SYNTHETIC" and release_id in notes["C1"].value
    assert {row[0].value: row[1].value for row in notes.iter_rows()}["value_usd"] == "BIGINT"


def test_what_the_answer_calls_so_itself_is_not_lost(small_home: Home) -> None:
    """A column of the same name stays, and so does the mark."""
    _, said = made(of(small_home, "select 'x' as release_id, 1 as is_synthetic, 2 as is_synthetic"), Format.CSV)
    assert said.columns == ["release_id", "is_synthetic", "is_synthetic_1", "release_id_1", "is_synthetic_2"]


def test_figures_as_known_on_a_day_say_which(small_home: Home) -> None:
    """In every row."""
    what = of(small_home, "select 1 as n")
    day = dt.date(2024, 12, 31)
    data, said = made(Asked(what.folder, what.said, what.sql, as_of=day), Format.CSV)
    assert said.columns[-1] == "as_of" and data.endswith(b",2024-12-31\r\n")


@pytest.mark.parametrize("sql", ["select interval 1 day as x", "select 1::bit as x", "select [1::uhugeint] as x"])
def test_what_a_file_would_hold_as_something_else_is_refused(small_home: Home, sql: str) -> None:
    """With what to do."""
    with pytest.raises(RefusalError, match="column x") as refused:
        made(of(small_home, sql), Format.CSV)
    assert "varchar" in (refused.value.remedy or "")


def test_a_sheet_has_an_end(small_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is refused halfway leaves nothing; neither does a text that no cell holds."""
    monkeypatch.setattr(workbook, "ROWS", 4)
    assert made(of(small_home, "from range(3)"), Format.XLSX)[1].rows == 3
    for sql, word in (("from range(4)", "3 rows"), ("select repeat('x', 32768)", "32,767 characters")):
        with (
            pytest.raises(RefusalError, match=word) as refused,
            to_file(small_home, tmp_path / "x.xlsx", force=False) as stream,
        ):
            export(of(small_home, sql), Format.XLSX, stream)
        assert "csv" in (refused.value.remedy or "") and not list(tmp_path.iterdir())


def test_a_file_is_there_whole_or_not_at_all(small_home: Home, tmp_path: Path) -> None:
    """Nothing is written over unless that is wanted, and a failure leaves the file that was there."""
    file = tmp_path / "x.csv"
    file.write_text("mine")
    with pytest.raises(RefusalError, match="already"), to_file(small_home, file, force=False) as stream:
        stream.write(b"theirs")
    with pytest.raises(ValueError, match="halfway"), to_file(small_home, file, force=True) as stream:
        stream.write(b"theirs")
        raise ValueError("halfway")
    assert file.read_text() == "mine" and [p.name for p in tmp_path.iterdir()] == ["x.csv"]
    with to_file(small_home, file, force=True) as stream:
        stream.write(b"theirs")
    assert file.read_text() == "theirs" and file.stat().st_mode & 0o444 and list(tmp_path.iterdir()) == [file]


def test_somebody_else_may_take_the_name_meanwhile(small_home: Home, tmp_path: Path) -> None:
    """His file stays."""
    file = tmp_path / "x.csv"
    with pytest.raises(RefusalError, match="already"), to_file(small_home, file, force=False) as stream:
        stream.write(b"mine")
        file.write_text("his")
    assert file.read_text() == "his" and list(tmp_path.iterdir()) == [file]


def test_nothing_is_added_to_what_is_published(small_home: Home) -> None:
    """Nor to landing."""
    for place in (small_home.releases / "current" / "x.csv", small_home.landing / "x.csv"):
        with pytest.raises(RefusalError, match="nothing is added"), to_file(small_home, place, force=True):
            pytest.fail("it was opened")


def restricted(home: Home) -> Manifest:
    """What the release would say of itself if its source let no rows be passed on."""
    said = Releases(home).manifest()
    terms = {"gacc": SourceTerms(attribution="The publisher", terms="Ask first.", may_be_passed_on=False)}
    return said.model_copy(update={"terms": terms})


#: Ways to ask for the rows of a fact.
WAYS = (
    "from fct_trade_monthly",
    "from trade.main.fct_trade_monthly",
    "from query_table('fct_trade_monthly')",
    "from query('from fct_trade_monthly')",
    "select * from (pivot fct_trade_monthly on flow using sum(value_usd))",
    "from fct_trade_monthly where receipt_id is not null or true",
    "select a.* from mart_coverage as b, fct_trade_monthly as a",
)


@pytest.mark.parametrize("sql", WAYS)
def test_rows_that_may_not_leave_stay(small_home: Home, sql: str) -> None:
    """However they are asked for: nothing remains, which is a refusal that names the way to a permission."""
    stream = io.BytesIO()
    with pytest.raises(RefusalError, match=r"nothing remains: .* rows of gacc") as refused:
        export(of(small_home, sql, restricted(small_home)), Format.CSV, stream)
    assert "PERMISSION" in (refused.value.remedy or "") and not stream.getvalue()


def test_no_question_hears_of_the_tables_behind(small_home: Home) -> None:
    """Their database has another name each time, and a question has to be written before it is drawn."""
    names = set()
    for _ in range(2):
        with asked(Releases(small_home).folder(), "show databases", withheld(restricted(small_home))) as answer:
            (name,) = {row[0] for row in answer.rows()} - {"trade", "memory", "system", "temp"}
        names.add(name)
        with (
            pytest.raises(RefusalError, match="does not exist"),
            asked(
                Releases(small_home).folder(), f"from {name}.main.fct_trade_monthly", withheld(restricted(small_home))
            ),
        ):
            pytest.fail("it was answered")
        by_itself = f"select * from query_table((select '{name[:5]}' || '.main.fct_trade_monthly'))"
        kept = withheld(restricted(small_home))
        with pytest.raises(RefusalError), asked(Releases(small_home).folder(), by_itself, kept):
            pytest.fail("it was answered")
    assert len(names) == 2


def test_sums_leave_with_the_attribution(small_home: Home) -> None:
    """Of a fact without the rows that stay, which is said; of marts whole, with the terms beside them."""
    said = restricted(small_home)
    _, mart = made(of(small_home, "from v_ic_by_partner", said, "v_ic_by_partner"), Format.XLSX)
    assert mart.rows and not mart.left_out
    data, counted = made(of(small_home, "select count(*) as n from fct_trade_monthly", said), Format.PARQUET)
    meta = pq.read_schema(io.BytesIO(data)).metadata
    assert counted.left_out == {"fct_trade_monthly": {"gacc": 24}} and "24 rows of gacc" in counted.remarks[0]
    assert meta[b"attribution"] == b"The publisher" and b"Ask first." in meta[b"terms"]
    assert b"24 rows" in meta[b"left out"]
    assert pq.read_table(io.BytesIO(data)).column("n").to_pylist() == [0]


def test_a_permission_lets_rows_leave(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is told with them."""
    monkeypatch.setenv("BONDED_GACC_PERMISSION", "The publisher, letter of 2 May 2025")
    _, said = made(of(small_home, "from fct_trade_monthly", restricted(small_home)), Format.CSV)
    assert said.rows == 24 and not said.left_out
