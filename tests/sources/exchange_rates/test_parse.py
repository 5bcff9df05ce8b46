"""Parsing monthly exchange rates of two columns: the headers, every refusal with its line, then the real file."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.exchange_rates.parse import ROW_SCHEMA, parse
from orchestration.sources.files.seen import SeenDocument
from tests.conftest import REALDATA

PLAIN = "month,cny_per_usd\n"
FRED = "observation_date,EXCHUS\n"
ROWS = [
    {"line": 2, "month": dt.date(2023, 12, 1), "cny_per_usd": Decimal("7.142400"), "printed": "7.1424"},
    {"line": 3, "month": dt.date(2024, 1, 1), "cny_per_usd": Decimal("7.1"), "printed": "7.1"},
]


def parsed(folder: Path, text: str, encoding: str = "utf-8") -> tuple[SeenDocument, list[dict[str, object]]]:
    """Parse a text as a file; what was seen, and the rows."""
    file = folder / "rates.csv"
    file.write_bytes(text.encode(encoding))
    found = parse(file, folder / "work")
    table = pq.read_table(found.rows_path)
    assert table.schema.equals(ROW_SCHEMA)
    return found, table.to_pylist()


SOUND = {
    "ours": (PLAIN + "2023-12,7.1424\n2024-01,7.1\n", "utf-8"),
    "ours, quoted, CRLF and BOM": ('"month","cny_per_usd"\r\n"2023-12","7.1424"\r\n2024-01, 7.1\r\n', "utf-8-sig"),
    "the Federal Reserve's": (FRED + "2023-12-01,7.1424\n2024-01-01,7.1", "utf-8"),
    "the Federal Reserve's older one": ("DATE,EXCHUS\n2023-12-01,7.1424\n2024-01-01,7.1\n", "utf-8"),
}


@pytest.mark.parametrize("case", SOUND)
def test_months_and_rates(tmp_path: Path, case: str) -> None:
    """Each with its line; the title says the series and the span."""
    found, rows = parsed(tmp_path, *SOUND[case])
    assert rows == ROWS
    assert (found.table, found.month, found.rows) == ("cny_per_usd_monthly", dt.date(2024, 1, 1), 2)
    assert found.title.endswith("2023-12..2024-01") and ("EXCHUS" in found.title) == ("Reserve" in case)


def test_the_text_stays_as_it_is_printed(tmp_path: Path) -> None:
    """With zeros that a number does not have."""
    _, (row,) = parsed(tmp_path, FRED + "2024-01-01, 7.1000\n")
    assert (row["cny_per_usd"], row["printed"]) == (Decimal("7.1"), "7.1000")


def test_any_order_of_months(tmp_path: Path) -> None:
    """A file with the latest month on top is sound; lines stay those of the file, and a single month will do."""
    found, rows = parsed(tmp_path, PLAIN + "2024-02,7.2\n2024-01,7.1\n2023-12,7.0\n")
    assert [r["line"] for r in rows] == [2, 3, 4] and found.month == dt.date(2024, 2, 1)
    assert parsed(tmp_path, PLAIN + "2024-02,20\n")[0].rows == 1


#: text → line, column, what the message says
REFUSED = {
    "a header of trade": ('"Date of data","US dollar",\n', 1, None, "no header of exchange rates"),
    "the other currency": ("month,usd_per_cny\n2024-01,0.14\n", 1, None, "no header of exchange rates"),
    "a daily series": ("observation_date,DEXCHUS\n2024-01-02,7.1\n", 1, None, "no header of exchange rates"),
    "no header": ("2024-01,7.1\n", 1, None, "no header of exchange rates"),
    "no rows": (PLAIN, None, None, "without rows"),
    "no bytes": ("", None, None, "no bytes"),
    "a page": ("<!DOCTYPE html>\n", 1, None, "web page"),
    "a month twice": (PLAIN + "2024-01,7.1\n2024-02,7.2\n2024-01,7.1\n", 4, "month", "twice, first on line 2"),
    "a gap": (PLAIN + "2024-01,7.1\n2024-03,7.2\n", 3, "month", "gap between 2024-01 and 2024-03"),
    "no month": (PLAIN + "2024-1,7.1\n", 2, "month", "not a month"),
    "a thirteenth month": (PLAIN + "2024-13,7.1\n", 2, "month", "twelve"),
    "a day": (FRED + "2024-01-01,7.1\n2024-01-02,7.1\n", 3, "observation_date", "not the first day"),
    "days under our header": (PLAIN + "2024-01-01,7.1\n", 2, "month", "not a month"),
    "no number": (PLAIN + "2024-01,.\n", 2, "cny_per_usd", "'.' is no rate"),
    "an empty cell": (FRED + "2024-01-01,7.1\n2024-02-01,\n", 3, "EXCHUS", "'' is no rate"),
    "a negative one": (PLAIN + "2024-01,-7.1\n", 2, "cny_per_usd", "no rate"),
    "an exponent": (PLAIN + "2024-01,7e0\n", 2, "cny_per_usd", "no rate"),
    "a comma": (PLAIN + '2024-01,"7,1"\n', 2, "cny_per_usd", "no rate"),
    "seven decimals": (PLAIN + "2024-01,7.1234567\n", 2, "cny_per_usd", "6 decimals"),
    "other digits": (PLAIN + "2024-01,７.1\n", 2, "cny_per_usd", "no rate"),
    "the inverse": (PLAIN + "2024-01,0.1401\n", 2, "cny_per_usd", "lies outside 1 to 20"),
    "yen": (PLAIN + "2024-01,147.2\n", 2, "cny_per_usd", "lies outside 1 to 20"),
    "just above": (PLAIN + "2024-01,20.000001\n", 2, "cny_per_usd", "lies outside 1 to 20"),
    "three fields": (PLAIN + "2024-01,7.1\n2024-02,7.2,x\n", 3, None, "3 fields where the header has 2"),
    "an empty line": (PLAIN + "2024-01,7.1\n\n2024-02,7.2\n", 3, None, "an empty line"),
    "an open quote": (PLAIN + '2024-01,"7.1\n', 2, None, "never closed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_and_where(tmp_path: Path, case: str) -> None:
    """Line and column as far as there are any, and always what to do."""
    text, line, column, message = REFUSED[case]
    with pytest.raises(RefusalError) as refused:
        parsed(tmp_path, text)
    assert message in refused.value.what and refused.value.remedy
    assert (refused.value.file, refused.value.line, refused.value.column) == ("rates.csv", line, column)


@pytest.mark.realdata
def test_the_real_file(tmp_path: Path) -> None:
    """198 months, each as a plain reading of the file has it."""
    path = REALDATA / "exchange_rates" / "cny_per_usd_monthly_fred.csv"
    found = parse(path, tmp_path)
    with path.open(encoding="utf-8", newline="") as stream:
        printed = {r["month"]: Decimal(r["cny_per_usd"]) for r in csv.DictReader(stream)}
    rows = pq.read_table(found.rows_path).to_pylist()
    assert {f"{r['month']:%Y-%m}": r["cny_per_usd"] for r in rows} == printed
    assert (len(rows), rows[0]["month"], found.month) == (198, dt.date(2010, 1, 1), dt.date(2026, 6, 1))
