"""Annual answers as documents: each figure once, whatever splits it, in JSON and in both styles of CSV."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.comtrade_annual.parse import parse
from orchestration.sources.files.seen import SeenDocument
from tests.conftest import REALDATA
from tests.sources.comtrade.answers import Row, body, row

GENUINE = REALDATA / "sources" / "comtrade"
#: China's imports of 8542 from the United States, parts included, by year from 2010 on (docs/sources.md).
CHIPS = (7903767147, 6368050147, 7001486217, 14203311548, 11113787226, 11369627279, 8696121253, 10211618367,
         12018316937, 13571791401, 14223455156, 15734159486, 12181956717, 8306920666, 11754177020)  # fmt: skip


def year(period: str = "2024", value: float = 100.0, **changes: object) -> Row:
    """China's imports of 8542 from the United States in a year."""
    return row(period, "156", "M", "842", "8542", value, **changes)


def write(path: Path, rows: list[Row], style: str) -> Path:
    """The rows as an answer, or as CSV with names in one of two styles; what is not there is empty."""
    if style == "json":
        path.write_bytes(body(rows, pretty=True))
        return path
    names = {name: re.sub(r"([A-Z]+|(?<=partner)2|(?<=partner2)Code)", r"_\1", name).lower() for name in rows[0]}
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names.values() if style == "snake" else names)
        writer.writerows([["" if cell is None else cell for cell in one.values()] for one in rows])
    return path


def figures(parsed: SeenDocument) -> list[dict[str, Any]]:
    return pq.read_table(parsed.rows_path).to_pylist()


@pytest.mark.parametrize("style", ["json", "camel", "snake"])
def test_a_figure_counts_once_however_it_is_split(tmp_path: Path, style: str) -> None:
    """Second partners add up to it; a year that is not reported, but aggregated, is there all the same."""
    rows = [year("2022"), year(), year(value=60.0, partner2Code=344), year(value=40.0, partner2Code=842)]
    rows += [year("2023", 7.25, isReported=False, isAggregate=True), year("2023", 1.0, flowCode="RM")]
    parsed = parse(write(tmp_path / "years", rows, style), tmp_path / "work")
    found = [(f["period_to"].isoformat(), float(f["value"]), float(f["half_unit"])) for f in figures(parsed)]
    assert found == [("2022-12-01", 100.0, 0.5), ("2024-12-01", 100.0, 0.5), ("2023-12-01", 7.25, 0.005)]
    assert parsed.title == "UN Comtrade, years 2022..2024: CHN, imports, 8542" and f"{parsed.month:%Y-%m}" == "2024-12"
    assert [remark.split()[:2] for remark in parsed.remarks] == [["2", "rows"], ["1", "rows"]]
    assert {(f["reporter"], f["flow"], f["partner_code"], f["hs"]) for f in figures(parsed)} == {
        ("CHN", "import", "842", "8542")
    }


def test_all_goods_and_all_partners_are_called_so(tmp_path: Path) -> None:
    rows = [row("2024", "156", "X", "0", "TOTAL", 5.0)]
    (found,) = figures(parse(write(tmp_path / "years", rows, "json"), tmp_path / "work"))
    assert (found["flow"], found["partner_code"], found["hs"]) == ("export", "all", "all")


REFUSED: dict[str, tuple[list[Row], str]] = {
    "a month": ([year("202410")], "a row of the month 202410"),
    "parts are more": ([year(), year(value=100.5, motCode=1000)], "sum up to more"),
    "no total": ([year(motCode=1000)], "no row of all of them"),
    "twice": ([year(), year(value=2.0)], "stands twice"),
    "a group": ([year(reporterCode=975)], "is no country that reports"),
    "re-exports alone": ([year(flowCode="RX")], "no figures of imports or exports"),
    "nothing": ([], "no figures of imports or exports"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_figure_is_refused(tmp_path: Path, case: str) -> None:
    rows, what = REFUSED[case]
    with pytest.raises(RefusalError, match=what) as refused:
        parse(write(tmp_path / "years", rows, "json"), tmp_path / "work")
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a,b\n1,2\n", "no header of Comtrade: freqCode, period, reporterCode missing"),
        ("<html>", "this is a web page"),
        ("", "the answer is empty"),
    ],
)
def test_another_text_is_refused(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "years").write_text(text, encoding="utf-8")
    with pytest.raises(RefusalError, match=what):
        parse(tmp_path / "years", tmp_path / "work")


def test_a_cut_line_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "years", [year()], "camel")
    file.write_text(file.read_text(encoding="utf-8") + "C,A,2023\n", encoding="utf-8")
    with pytest.raises(RefusalError) as refused:
        parse(file, tmp_path / "work")
    assert refused.value.line == 3 and refused.value.remedy


@pytest.mark.realdata
def test_every_year_of_the_genuine_answer_once(tmp_path: Path) -> None:
    """2015 to 2017 are split by second partners, other years are not; some are reported, some aggregated."""
    parsed = parse(GENUINE / "CHN_imports_8542_from_USA_2010-2024_annual_raw.csv", tmp_path / "work")
    assert {f["period_from"].year: int(f["value"]) for f in figures(parsed)} == dict(enumerate(CHIPS, start=2010))
    assert parsed.rows == 15 and parsed.remarks[0].startswith("158 rows")


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "hs", "values"),
    [
        ("get_C_A_HS_BRA_CHN_soy_2024.json", "1201", [31_499_887_711]),
        ("mirror_BRA_X_1201_CHN_2024.json", "1201", [31_499_887_711]),
        ("mirror_CHN_M_1201_BRA_2024.json", "1201", [36_455_784_932]),
        ("preview_C_A_HS_USA_JPN_2023_TOTAL.json", "all", [151_580_564_290, 76_154_045_176]),
        (
            "get_C_A_HS_CHN_ARG-DEU_2010_TOTAL.json",
            "all",
            [6_804_128_143, 74_251_272_075, 6_115_764_185, 68_047_133_397],
        ),
    ],
)
def test_genuine_answers_with_and_without_a_key(tmp_path: Path, name: str, hs: str, values: list[int]) -> None:
    """Brazil's modes of transport add up to the total again, which is counted once."""
    found = figures(parse(GENUINE / name, tmp_path / "work"))
    assert [int(f["value"]) for f in found if f["hs"] == hs] == values


@pytest.mark.realdata
def test_the_other_style_of_the_genuine_table(tmp_path: Path) -> None:
    parsed = parse(GENUINE / "get_CHN_TOTAL_2012-2016_KOR_MEX_USA.csv", tmp_path / "work")
    assert parsed.rows == 33 and int(figures(parsed)[2]["value"]) == 352_438_221_016
