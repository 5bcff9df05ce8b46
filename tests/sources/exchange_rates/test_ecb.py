"""Yuan for a dollar across the ECB's rates for a euro: what is computed, what is left out and said, what is refused."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import DBT_PROJECT
from orchestration.sources.exchange_rates.ecb import ADDRESS
from orchestration.sources.exchange_rates.parse import ROW_SCHEMA, parse
from orchestration.sources.files.seen import SeenDocument
from tests.conftest import REALDATA
from tests.sources.exchange_rates.answers import DOLLARS, HEADER, MAY, YUAN, both, row, table

#: The Federal Reserve takes New York's noon, the ECB Frankfurt's early afternoon: a day's rate moves by tenths of a
#: percent in between, a month's mean by far less. A fourth of what `implied_rate` allows.
APART = Decimal("0.005")


def parsed(folder: Path, text: str) -> tuple[SeenDocument, dict[str, dict[str, object]]]:
    """Parse a text as a file; what was seen, and the rows by month."""
    file = folder / "ecb.csv"
    file.write_bytes(text.encode())
    found = parse(file, folder / "work")
    rows = pq.read_table(found.rows_path)
    assert rows.schema.equals(ROW_SCHEMA) and rows.num_rows == found.rows
    return found, {f"{one['month']:%Y-%m}": one for one in rows.to_pylist()}


def seed() -> dict[str, Decimal]:
    """The reviewed rates of the Federal Reserve."""
    with (DBT_PROJECT / "seeds" / "exchange_rates.csv").open(encoding="utf-8", newline="") as stream:
        return {one["month"]: Decimal(one["cny_per_usd"]) for one in csv.DictReader(stream)}


def without(rates: Mapping[str, str], *months: str) -> dict[str, str]:
    """The rates of the other months."""
    return {month: rate for month, rate in rates.items() if month not in months}


def test_yuan_for_a_dollar(tmp_path: Path) -> None:
    """The yuan's rate divided by the dollar's of the same month, rounded once, beside both as they are printed."""
    found, rows = parsed(tmp_path, both())
    for month, one in rows.items():
        exact, rate = Fraction(YUAN[month]) / Fraction(DOLLARS[month]), one["cny_per_usd"]
        assert isinstance(rate, Decimal) and abs(Fraction(rate) - exact) <= Fraction(1, 2_000_000)
        assert one["printed"] == f"{YUAN[month]} CNY / {DOLLARS[month]} USD"
    assert rows["2026-02"]["cny_per_usd"] == Decimal("6.908753")
    assert [one["line"] for one in rows.values()] == list(range(2, 9)) and rows.keys() == YUAN.keys()
    assert found.table == "cny_and_usd_per_eur_monthly" and found.month == dt.date(2026, 4, 1)
    assert found.title == (
        "CNY per USD, monthly averages, computed from CNY and USD per EUR (European Central Bank), 2025-10..2026-04"
    )
    assert found.remarks == ()


def test_near_the_reviewed_rates(tmp_path: Path) -> None:
    """Every month within half a percent of the Federal Reserve's mean."""
    known, (_, rows) = seed(), parsed(tmp_path, both())
    assert rows.keys() <= known.keys() and len(rows) == 7
    for month, one in rows.items():
        rate = one["cny_per_usd"]
        assert isinstance(rate, Decimal) and abs(rate / known[month] - 1) <= APART, month


@pytest.mark.realdata
def test_the_yuan_is_as_the_ecb_printed_it() -> None:
    """What is made by hand here has the figures of a genuine answer, each digit of them."""
    text = (REALDATA / "sources" / "ecb" / "EXR_M_CNY_EUR_SP00_A.jsondata.json").read_text(encoding="utf-8")
    answer = json.loads(text, parse_float=str)
    (months,) = answer["structure"]["dimensions"]["observation"]
    (series,) = answer["dataSets"][0]["series"].values()
    printed = {months["values"][int(at)]["id"]: values[0] for at, values in series["observations"].items()}
    assert printed == YUAN
    assert f'value="{MAY["2026-05"]}"' in (REALDATA / "sources" / "ecb" / "EXR_USD_EUR_2026-05.xml").read_text("utf-8")


SAME = {
    "month by month": table([line for month in YUAN for line in (row("CNY", month, YUAN[month]),
                                                                 row("USD", month, DOLLARS[month]))]),
    "the latest first": table([row("USD", *one) for one in reversed(DOLLARS.items())]
                              + [row("CNY", *one) for one in reversed(YUAN.items())]),
    "line feeds alone": both().replace("\r\n", "\n"),
    "a byte order mark": f"\ufeff{both()}",
    "no more columns than it takes": "".join(",".join(line.split(",")[:8]) + "\n" for line in both().splitlines()),
    "no remarks on a value": both().replace(",A,F,,,", ",,,,,"),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_the_same_rates_in_another_dress(tmp_path: Path, case: str) -> None:
    """Months and columns may stand in any order and number; the line is that of the yuan."""
    _, rows = parsed(tmp_path, SAME[case])
    lines = SAME[case].splitlines()
    for month, one in rows.items():
        line = one.pop("line")
        assert isinstance(line, int) and f",M,CNY,EUR,SP00,A,{month}," in lines[line - 1]
    _, expected = parsed(tmp_path, both())
    assert rows == {month: {k: v for k, v in one.items() if k != "line"} for month, one in expected.items()}


LEFT_OUT = {
    "dollars alone at the end": (both(dollars=DOLLARS | MAY), YUAN, ("2026-05 left out: no final CNY per EUR",)),
    "dollars alone before the yuan begins": (
        both(without(YUAN, "2025-10", "2025-11")),
        without(YUAN, "2025-10", "2025-11"),
        ("2025-10..2025-11 left out: no final CNY per EUR",),
    ),
    "yuan alone at the end": (
        both(dollars=without(DOLLARS, "2026-04")),
        without(YUAN, "2026-04"),
        ("2026-04 left out: no final USD per EUR",),
    ),
    "an empty value at the end": (
        both(YUAN | {"2026-04": ""}),
        without(YUAN, "2026-04"),
        ("2026-04 left out: no final CNY per EUR",),
    ),
    "no number at the beginning": (
        both(dollars=DOLLARS | {"2025-10": "NaN"}),
        without(YUAN, "2025-10"),
        ("2025-10 left out: no final USD per EUR",),
    ),
    "no value of either": (
        both(YUAN | {"2026-04": ""}, DOLLARS | {"2026-04": "NaN"}),
        without(YUAN, "2026-04"),
        ("2026-04 left out: no final CNY per EUR", "2026-04 left out: no final USD per EUR"),
    ),
    "a value that is not final": (
        both(without(YUAN, "2026-04")) + row("CNY", "2026-04", "8.0", status="P") + "\r\n",
        without(YUAN, "2026-04"),
        (
            "line 15: the CNY of 2026-04 is marked P, which is not final",
            "2026-04 left out: no final CNY per EUR",
        ),
    ),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_a_month_at_either_end_is_left_out_and_said(tmp_path: Path, case: str) -> None:
    """The others stand; the receipt keeps the remark."""
    text, months, remarks = LEFT_OUT[case]
    found, rows = parsed(tmp_path, text)
    assert rows.keys() == months.keys() and found.remarks == remarks
    assert found.title.endswith(f"{min(months)}..{max(months)}")


LAST = len(both().splitlines())
CNY_APRIL, USD_APRIL = row("CNY", "2026-04", YUAN["2026-04"]), row("USD", "2026-04", DOLLARS["2026-04"])
ASK_BOTH = f"download both series, monthly averages of CNY and USD per EUR, as one file: {ADDRESS}"


def last(line: str) -> str:
    """Both series, with another last line."""
    return both().replace(f"{USD_APRIL}\r\n", f"{line}\r\n")


#: text → line, column, what the message says
REFUSED = {
    "yuan alone": (table([row("CNY", *one) for one in YUAN.items()]), None, None, "the file has no USD per EUR"),
    "dollars alone": (table([row("USD", *one) for one in DOLLARS.items()]), None, None, "the file has no CNY per EUR"),
    "no month of both": (both({"2026-03": "8.0"}, {"2026-04": "1.1"}), None, None, "no month has both"),
    "no value of the dollar": (both(dollars=dict.fromkeys(DOLLARS, "")), None, None, "the file has no USD per EUR"),
    "no rows": (table([]), None, None, "without rows"),
    "days": (
        last("EXR.D.USD.EUR.SP00.A,D,USD,EUR,SP00,A,2026-04-01" + USD_APRIL[44:]), LAST, "KEY",
        "D.USD.EUR.SP00.A is no monthly average of CNY or USD per EUR",
    ),
    "ends of periods": (last(row("USD", "2026-04", "1.1", kind="EN00")), LAST, "KEY", "M.USD.EUR.EN00.A is no monthly"),
    "a third currency": (last(row("JPY", "2026-04", "187.1")), LAST, "KEY", "M.JPY.EUR.SP00.A is no monthly"),
    "a key of another series": (
        last(USD_APRIL.replace("EXR.M.USD", "EXR.D.USD")), LAST, "KEY", "is not the key of M.USD.EUR.SP00.A",
    ),
    "a key twice": (both() + CNY_APRIL + "\r\n", LAST + 1, "TIME_PERIOD", "2026-04 stands twice, first on line 8"),
    "a key twice, once empty": (
        both(YUAN | {"2026-04": ""}) + CNY_APRIL + "\r\n", LAST + 1, "TIME_PERIOD", "twice, first on line 8",
    ),
    "a gap": (
        both(without(YUAN, "2026-01"), without(DOLLARS, "2026-01")), 5, "TIME_PERIOD", "between 2025-12 and 2026-02",
    ),
    "one currency within": (both(dollars=without(DOLLARS, "2026-01")), 6, "TIME_PERIOD", "between 2025-12 and 2026-02"),
    "an empty value within": (both(YUAN | {"2026-01": ""}), 6, "TIME_PERIOD", "between 2025-12 and 2026-02"),
    "no number within": (both(dollars=DOLLARS | {"2026-01": "NaN"}), 6, "TIME_PERIOD", "between 2025-12 and 2026-02"),
    "a day": (last(row("USD", "2026-04-01", "1.1")), LAST, "TIME_PERIOD", "not a month"),
    "a quarter": (last(row("USD", "2026-Q2", "1.1")), LAST, "TIME_PERIOD", "not a month"),
    "a word": (last(row("USD", "2026-04", "n/a")), LAST, "OBS_VALUE", "'n/a' is no rate"),
    "zero": (last(row("USD", "2026-04", "0.0")), LAST, "OBS_VALUE", "'0.0' is no rate"),
    "a negative one": (last(row("USD", "2026-04", "-1.1")), LAST, "OBS_VALUE", "'-1.1' is no rate"),
    "an exponent": (last(row("USD", "2026-04", "1.1E0")), LAST, "OBS_VALUE", "'1.1E0' is no rate"),
    "other digits": (last(row("USD", "2026-04", "１.1")), LAST, "OBS_VALUE", "is no rate"),
    "the two exchanged": (both(DOLLARS, YUAN), 2, "OBS_VALUE", "yuan a dollar lies outside 1 to 20"),
    "hundreds": (last(USD_APRIL[:-1] + "2"), LAST, "UNIT_MULT", "powers of ten (2)"),
    "a cut line": (both()[:-40], LAST, None, "never closed"),
    "fewer fields": (last(",".join(USD_APRIL.split(",")[:12])), LAST, None, "12 fields where the header has 32"),
    "an empty line": (both() + "\r\n", LAST + 1, None, "an empty line"),
    "joined": (both() + both(), LAST + 1, None, "second header"),
    "a column twice": (both().replace("UNIT_MULT\r\n", "UNIT\r\n", 1), 1, None, "a column stands twice"),
    "another table of the ECB": (
        "KEY,FREQ,REF_AREA,CURRENCY,TIME_PERIOD,OBS_VALUE\nFM.M,M,U2,EUR,2026-04,1\n", 1, None, "no header",
    ),
    "the other format": ('{"header":{"id":"1"},"dataSets":[]}', 1, None, "a JSON document"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_and_where(tmp_path: Path, case: str) -> None:
    """Line and column as far as there are any, and always what to do."""
    text, line, column, message = REFUSED[case]
    assert text not in (both(), table(())) or case == "no rows"
    with pytest.raises(RefusalError) as refused:
        parsed(tmp_path, text)
    assert message in refused.value.what and refused.value.remedy
    assert (refused.value.file, refused.value.line, refused.value.column) == ("ecb.csv", line, column)
    assert not (tmp_path / "work" / "rows.parquet").exists()


def test_one_series_is_told_where_both_are(tmp_path: Path) -> None:
    """The address can be pasted as it is."""
    for case in ("yuan alone", "dollars alone", "days", "a third currency"):
        with pytest.raises(RefusalError) as refused:
            parsed(tmp_path, str(REFUSED[case][0]))
        assert refused.value.remedy == ASK_BOTH, case
    assert ADDRESS == (
        "https://data-api.ecb.europa.eu/service/data/EXR/M.CNY+USD.EUR.SP00.A?format=csvdata&startPeriod=2010-01"
    )
    assert len(HEADER.split(",")) == 32
