"""Mutants of trade, rates, lists and bulletins, each against a reader of its own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.base.duck import cursor
from orchestration.base.errors import RefusalError
from orchestration.sources.exchange_rates import parse as rates
from orchestration.sources.gacc import parse as gacc
from orchestration.sources.gacc_bulletin import parse as bulletin
from orchestration.sources.gacc_nomenclature import parse as nomenclature
from tests.conftest import csv_text, many, row
from tests.fuzz import plain_others, plain_trade
from tests.fuzz.mutants import mutants
from tests.fuzz.plain_trade import UnsoundError
from tests.sources.exchange_rates.answers import DOLLARS, MAY, YUAN, both
from tests.sources.gacc_bulletin.pages import (
    CHINA_TRADE,
    CHIPS,
    COUNTRIES,
    FOOD,
    REGIME_PAIR,
    REGIMES,
    country_headings,
    page,
    regime_headings,
)

SEED = 18
TRADE = [
    csv_text([row(m, p, h, f"{n},{n:03}") for n, (m, p, h) in enumerate(
        [("202401", "502", "85423190"), ("202401", "116", "85423190"), ("202402", "502", "85423110"),
         ("202403", "133", "85429000")], start=7)]).encode(),
    csv_text(
        [["202401", "01012100", "马", "10", "一般贸易", "5", "千克", "9"],
         ["202402", "01012900", "牛", "14", "来料加工", "-", "-", "0"]],
        ["数据年月", "商品编码", "商品名称", "贸易方式编码", "贸易方式名称", "第一数量", "第一计量单位", "人民币"],
    ).encode(),
    b"Commodity code,Trading partner code,US dollar\n8542,502,1\n8541,502,22\n8542,116,333\n",
]  # fmt: skip
RATES = [
    b"month,cny_per_usd\n2023-11,7.2\n2023-12,7.1424\n2024-01,7.1707\n2024-02,7.1935\n",
    b"observation_date,EXCHUS\n2023-12-01,7.1424\n2024-01-01,7.1707\n",
    b"DATE,EXCHUS\n2023-12-01,7.1424\n2024-01-01,7.1707\n2024-02-01,7.1935\n",
]
ECB_RATES = [
    both(dict([*YUAN.items()][:3]), dict([*DOLLARS.items()][:3])).encode(),
    both(dict([*YUAN.items()][4:]), DOLLARS | MAY).replace("\r\n", "\n").encode(),
]
LISTS = [
    b'"CODES","DESCRIPTION",\n101,"Afghanistan",\n110,Hong Kong,\n303,"United Kingdom, all of it",\n',
    '"贸易伙伴编码","贸易伙伴名称",\n101,"阿富汗",\n116,日本,\n'.encode(),
]
PAGES = [
    page([FOOD, CHIPS]).encode(),
    page([CHINA_TRADE], country_headings(), COUNTRIES, "Unit: CNY 100 Million", "2026/04/08").encode(),
    page(REGIME_PAIR, regime_headings(), REGIMES, "Unit:US$1,000", "2026/07/22").encode(),
]
Told = list[dict[str, Any]]


def trade_as_plainly_read(told: Told, data: bytes) -> None:
    """Every cell of every row; what the file lacks is not there."""
    for found, plain in zip(told, plain_trade.read(data), strict=True):
        assert {key: found[key] for key in plain} == plain
        assert all(found[key] is None for key in found.keys() - plain.keys() - {"bad"})


def rates_as_plainly_read(told: Told, data: bytes) -> None:
    """Each month with its line and rate."""
    assert {r["month"]: (r["line"], r["cny_per_usd"]) for r in told} == plain_others.rates(data)


def ecb_rates_as_plainly_read(told: Told, data: bytes) -> None:
    """Each month with the line of the yuan and the ratio of the two."""
    assert {r["month"]: (r["line"], r["cny_per_usd"]) for r in told} == plain_others.ecb_rates(data)


def codes_as_plainly_read(told: Told, data: bytes) -> None:
    """Each code with its line and name."""
    missing = ("-", "—", "?", "#N/A", "")
    plain = [(line, code, None if name in missing else name) for line, code, name in plain_others.codes(data)]
    assert [(r["line"], r["code"], r["name"]) for r in told] == plain


def figures_as_printed(told: Told, data: bytes) -> None:
    """Each figure stands in a cell of the row on its line; its value is what is printed, at a power of ten."""
    cells = plain_others.cells(data)
    for figure in told:
        printed = plain_others.bare(figure["printed"])
        assert printed in cells[figure["line"]], f"{printed} does not stand on line {figure['line']}"
        number = abs(Decimal(printed.translate(plain_others.WIDE).replace(",", "")))
        half = Decimal(5) / 10 ** (len(printed.partition(".")[2]) + 1)
        assert abs(figure["value"]) * half == number * figure["half_unit"]
        assert (figure["half_unit"] / half).normalize().as_tuple().digits == (1,)
    keys = [
        tuple(r[k] for k in ("row_label", "flow", "regime_group", "period_from", "period_to", "measure")) for r in told
    ]
    assert len({*keys}) == len(keys)


def rows_of(path: Path) -> Told:
    """The rows, in file order."""
    return pq.read_table(path).to_pylist()


def trade_rows(path: Path) -> Told:
    """The same, of trade."""
    with cursor() as con:
        return con.execute(f"select * from read_parquet('{path}') order by line").to_arrow_table().to_pylist()


Check = Callable[[Told, bytes], None]
#: By kind: the parser, sound files, how rows are read, what they must equal; mutants in make test and make test-long.
KINDS: dict[str, tuple[Callable[..., Any], list[bytes], Callable[[Path], Told], Check, tuple[int, int]]] = {
    "trade": (gacc.parse, TRADE, trade_rows, trade_as_plainly_read, (100, 1000)),
    "rates": (rates.parse, RATES, rows_of, rates_as_plainly_read, (30, 300)),
    "rates of the ECB": (rates.parse, ECB_RATES, rows_of, ecb_rates_as_plainly_read, (30, 300)),
    "lists": (nomenclature.parse, LISTS, rows_of, codes_as_plainly_read, (30, 300)),
    "bulletins": (bulletin.parse, PAGES, rows_of, figures_as_printed, (30, 300)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_sound_files_are_read_as_plainly(kind: str, tmp_path: Path) -> None:
    """Before they are changed: else the mutants would show nothing."""
    parse, sound, rows, check, _ = KINDS[kind]
    for number, data in enumerate(sound):
        file = tmp_path / f"{number}.csv"
        file.write_bytes(data)
        told = rows(parse(file, tmp_path / "work").rows_path)
        assert len(told) > 1
        check(told, data)


@pytest.mark.series
@pytest.mark.parametrize("kind", KINDS)
def test_a_mutant_is_refused_or_read_as_plainly(kind: str, tmp_path: Path) -> None:
    """Refused with a reason and something to do, on one line each, or equal to the plain reading; never a trace."""
    parse, sound, rows, check, (few, all_of_them) = KINDS[kind]
    taken, refused = 0, 0
    for number, data in mutants(sound, many(few, all_of_them), SEED):
        file = tmp_path / "mutant.csv"
        file.write_bytes(data)
        (tmp_path / f"{kind}.{number}").write_bytes(data)
        try:
            told = rows(parse(file, tmp_path / "work").rows_path)
        except RefusalError as error:
            assert error.what and error.remedy and str(error).count("\n") == 1, f"mutant {number}"
            refused += 1
        else:
            try:
                check(told, data)
            except (AssertionError, UnsoundError, ValueError, KeyError) as error:
                pytest.fail(f"{kind}, mutant {number} is taken, and should not be so: {error!r}\n{data[:2000]!r}")
            taken += 1
        (tmp_path / f"{kind}.{number}").unlink()
    assert min(taken, refused) > (taken + refused) / 20, "the mutants are all of one kind and show little"
