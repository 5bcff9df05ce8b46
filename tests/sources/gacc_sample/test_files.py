"""The synthetic sample's files: which there are, how they look, and that they say the same in different ways."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from orchestration.sources.gacc_sample.figures import PARTNERS, REGIMES, Line, Lot, Row
from orchestration.sources.gacc_sample.files import CNY_PER_USD, by_hs6, write_sample
from tests.conftest import REALDATA

QUANTITIES = '"Quantity","Unit","Supplementary Quantity","Supplementary Unit",'
PARTNER = '"Date of data","Trading partner code","Trading partner","Commodity code",'
REGIME = '"Commodity","Customs Regime code","Customs Regime",'
#: The header of each kind of file, by the end of its name.
HEADERS = {
    "": f'{PARTNER}{REGIME}{QUANTITIES}"US dollar",',
    "_hs6": f'{PARTNER}{QUANTITIES}"US dollar",',
    "_world": f'"Date of data","Commodity code","Commodity",{QUANTITIES}"US dollar",',
    "_cny": f'{PARTNER}{REGIME}{QUANTITIES}"Renminbi Yuan",',
}
MONTHS = [f"{year}{month:02}" for year in range(2020, 2025) for month in range(1, 13)][:58]
CHIPS = [f"sample_chips/gacc_sample_{month}.csv" for month in MONTHS]
NAMES = [
    *CHIPS[:53],
    "sample_chips/gacc_sample_202406_first_print.csv",
    "sample_chips/gacc_sample_202406_revised.csv",
    *CHIPS[54:56],
    "sample_chips_cny/gacc_sample_202408_cny.csv",
    CHIPS[56],
    "sample_chips/gacc_sample_202409_hs6.csv",
    "sample_chips_cny/gacc_sample_202409_cny.csv",
    CHIPS[57],
    "sample_chips_world/gacc_sample_202410_world.csv",
    "sample_chips_cny/gacc_sample_202410_cny.csv",
]
#: Written last, in a layout of its own (test_gacc_sample_list.py).
CODE_LIST = "gacc_sample/gacc_sample_en_hs8_2020.csv"
RATES = {"202408": Decimal("7.1475"), "202409": Decimal("7.0760"), "202410": Decimal("7.0881")}


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sample")
    write_sample(target)
    return target


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="gb18030", newline="") as lines:
        return list(csv.DictReader(lines))


Figures = tuple[int, int, int]


def cells(path: Path, *key: str, digits: int = 8) -> dict[tuple[str, ...], Figures]:
    """Value, first and second quantity by the columns named, the code cut to its first digits."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in read(path):
        row["Commodity code"] = row["Commodity code"][:digits]
        value = row.get("US dollar") or row["Renminbi Yuan"]
        figures = (int(value.replace(",", "")), int(row["Quantity"]), int(row["Supplementary Quantity"]))
        of_key = found[tuple(row[column] for column in key)]
        of_key[:] = [a + b for a, b in zip(of_key, figures, strict=True)]
    return {k: (value, first, second) for k, (value, first, second) in found.items()}


def value(figures: dict[tuple[str, ...], Figures]) -> int:
    return sum(usd for usd, _, _ in figures.values())


CELL = ("Trading partner code", "Commodity code", "Customs Regime code")


def test_each_file_with_its_sidecar_in_its_dataset_and_nothing_else(inbox: Path) -> None:
    names = [*NAMES, CODE_LIST]
    assert set(files(inbox)) == {*names, *(f"{name}.yml" for name in names)}


def test_written_again_over_a_damaged_copy_the_bytes_are_the_same(inbox: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "inbox" / "sample_chips" / "gacc_sample_202003.csv"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"half a fi")
    assert write_sample(tmp_path / "inbox") == [tmp_path / "inbox" / name for name in (*NAMES, CODE_LIST)]
    assert files(tmp_path / "inbox") == files(inbox)


def test_a_file_appears_whole_and_after_its_sidecar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    rename = Path.replace

    def spy(source: Path, target: Path) -> Path:
        assert source.parent == target.parent
        assert source.suffix not in {".csv", ".yml"}
        assert not target.exists()
        seen.append(target.relative_to(tmp_path / "new").as_posix())
        return rename(source, target)

    monkeypatch.setattr(Path, "replace", spy)
    write_sample(tmp_path / "new")
    assert seen[1::2] == [*NAMES, CODE_LIST]
    assert seen[0::2] == [f"{name}.yml" for name in (*NAMES, CODE_LIST)]


@pytest.mark.parametrize("name", NAMES)
def test_layout_is_that_of_the_export(inbox: Path, name: str) -> None:
    """A quoted field without quotes inside, as often as there are columns, then the empty last column."""
    content = (inbox / name).read_bytes()
    assert b"\r" not in content and content.endswith(b",\n")
    header, *lines = content.decode("gb18030").removesuffix("\n").split("\n")
    kind = next((end for end in HEADERS if end and name.endswith(f"{end}.csv")), "")
    assert header == HEADERS[kind]
    assert (20 if kind == "_world" else 300) < len(lines) < 3_000
    line = re.compile(f'(?:"[^"\n]*",){{{header.count(",")}}}')
    assert [text for text in lines if not line.fullmatch(text)] == []
    assert {text[1:7] for text in lines} == set(re.findall(r"\d{6}", name))


def test_names_need_the_declared_encoding(inbox: Path) -> None:
    content = (inbox / CHIPS[57]).read_bytes()
    assert '"143","Taiwan，China"'.encode("gb18030") in content
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


VINTAGES = {
    "sample_chips/gacc_sample_202001.csv": "2020-03-20",
    "sample_chips/gacc_sample_202002.csv": "2020-03-20",
    "sample_chips/gacc_sample_202003.csv": "2020-04-20",
    "sample_chips/gacc_sample_202012.csv": "2021-01-20",
    "sample_chips/gacc_sample_202209.csv": "2022-10-24",
    "sample_chips/gacc_sample_202401.csv": "2024-03-20",
    "sample_chips/gacc_sample_202406_first_print.csv": "2024-07-20",
    "sample_chips/gacc_sample_202406_revised.csv": "2024-09-20",
    "sample_chips/gacc_sample_202409.csv": "2024-10-20",
    "sample_chips/gacc_sample_202409_hs6.csv": "2024-10-20",
    "sample_chips/gacc_sample_202410.csv": "2024-11-20",
    "sample_chips_world/gacc_sample_202410_world.csv": "2024-11-20",
    "sample_chips_cny/gacc_sample_202408_cny.csv": "2024-09-20",
    "sample_chips_cny/gacc_sample_202409_cny.csv": "2024-10-20",
    "sample_chips_cny/gacc_sample_202410_cny.csv": "2024-11-20",
}


@pytest.mark.parametrize("name", VINTAGES)
def test_vintage_is_the_day_of_release_or_of_revision(inbox: Path, name: str) -> None:
    comment, declared, rest = (inbox / f"{name}.yml").read_text("utf-8").split("\n")
    assert comment.startswith("#")
    assert "synthetic" in comment.lower()
    assert (declared, rest) == (f"vintage: {VINTAGES[name]}", "")


def test_the_first_print_of_june_is_a_little_lower(inbox: Path) -> None:
    """Some rows are late, some values up to 3 % off; the month 0.3 to 0.6 % lower; above 1 bn from the US already."""
    first = cells(inbox / "sample_chips/gacc_sample_202406_first_print.csv", *CELL)
    final = cells(inbox / "sample_chips/gacc_sample_202406_revised.csv", *CELL)
    late = set(final) - set(first)
    changed = {key for key in first if first[key] != final[key]}
    assert set(first) < set(final)
    assert 10 < len(late) < len(final) / 50
    assert 100 < len(changed) < len(final) / 10
    for key in changed:
        assert 0.97 <= first[key][0] / final[key][0] <= 1.03
        assert 0.96 < first[key][1] / final[key][1] < 1.04 or final[key][1] < 100
    assert {first[key][0] > final[key][0] for key in changed} == {True, False}
    assert 0.003 <= 1 - value(first) / value(final) <= 0.006
    chips = {key: figures for key, figures in first.items() if key[0] == "502" and key[1].startswith("85423")}
    assert value(chips) > 1_000_000_000


def test_six_digits_add_up_exactly(inbox: Path) -> None:
    """By partner, in value and both quantities."""
    key = ("Trading partner code", "Commodity code")
    coarse = cells(inbox / "sample_chips/gacc_sample_202409_hs6.csv", *key)
    assert coarse == cells(inbox / "sample_chips/gacc_sample_202409.csv", *key, digits=6)
    assert {len(code) for _, code in coarse} == {6} and len({partner for partner, _ in coarse}) > 20
    assert len(read(inbox / "sample_chips/gacc_sample_202409_hs6.csv")) == len(coarse)


def test_all_partners_together_are_their_sum(inbox: Path) -> None:
    """By tariff line, in value and both quantities."""
    world = cells(inbox / "sample_chips_world/gacc_sample_202410_world.csv", "Commodity code")
    assert world == cells(inbox / "sample_chips/gacc_sample_202410.csv", "Commodity code")
    assert len(read(inbox / "sample_chips_world/gacc_sample_202410_world.csv")) == len(world) == 24


@pytest.mark.parametrize("month", RATES)
def test_renminbi_are_dollars_at_the_mean_rate(inbox: Path, month: str) -> None:
    """Rounded half up, row by row; the same rows with the same quantities, none of them 0."""
    dollars = cells(inbox / f"sample_chips/gacc_sample_{month}.csv", *CELL)
    yuan = cells(inbox / f"sample_chips_cny/gacc_sample_{month}_cny.csv", *CELL)
    for key, (usd, first, second) in dollars.items():
        assert yuan[key] == (int((usd * RATES[month]).quantize(Decimal(1), ROUND_HALF_UP)), first, second)
    assert yuan.keys() == dollars.keys() and min(cny for cny, _, _ in yuan.values()) > 0


@pytest.mark.realdata
def test_rates_are_those_of_the_federal_reserve() -> None:
    with (REALDATA / "exchange_rates" / "cny_per_usd_monthly_fred.csv").open(encoding="utf-8", newline="") as lines:
        printed = {row["month"]: Decimal(row["cny_per_usd"]) for row in csv.DictReader(lines)}
    assert {f"{month:%Y-%m}": Decimal(rate) / 10_000 for month, rate in CNY_PER_USD.items()} == {
        f"{month[:4]}-{month[4:]}": rate for month, rate in RATES.items()
    }
    assert all(printed[f"{month[:4]}-{month[4:]}"] == rate for month, rate in RATES.items())


def lines_of(rows: Sequence[tuple[str, float, int, int]]) -> list[list[str]]:
    """The printed file by six digits of rows of (code, kilograms a unit, dollars, quantity), without its header."""
    made = [
        Row(Lot(PARTNERS[0], Line(code, "", 0, 1, kg_each, (100,)), next(iter(REGIMES)), 1, 1, kg_each, False), usd, n)
        for code, kg_each, usd, n in rows
    ]
    text = by_hs6(dt.date(2024, 9, 1), made).decode("gb18030")
    return list(csv.reader(text.splitlines()[1:]))


def test_unlike_units_have_no_quantity_together() -> None:
    """Pieces and kilograms of one six-digit code; alike ones are added."""
    start = ["202409", "143", "Taiwan，China", "854231"]
    assert lines_of([("85423111", 0.5, 1_000, 10), ("85423119", 0.0, 500, 7)]) == [
        [*start, "—", "—", "—", "—", "1,500", ""]
    ]
    assert lines_of([("85423111", 0.5, 1_000, 10), ("85423119", 2.0, 500, 7)]) == [
        [*start, "17", "Number of item", "19", "Kilogram", "1,500", ""]
    ]
