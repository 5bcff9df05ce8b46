"""The synthetic sample's figures: its files are read back with the csv module only, never with the project's parser."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from orchestration.sources import gacc_sample
from orchestration.sources.gacc_sample.figures import split
from orchestration.sources.gacc_sample.files import write_sample

# fmt: off
IC_LINES = {
    "85423111", "85423119", "85423190", "85423210", "85423290",
    "85423310", "85423390", "85423910", "85423990",
}
# fmt: on
MONTHS = [f"{year}{month:02}" for year in range(2020, 2025) for month in range(1, 13)][:58]
Row = dict[str, str]
with Path(gacc_sample.__path__[0], "calibration.csv").open(encoding="utf-8", newline="") as _lines:
    CALIBRATION = {row["month"]: row for row in csv.DictReader(_lines)}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """The rows of each month's file by tariff line, in dollars; of June 2024 the revised ones."""
    inbox = tmp_path_factory.mktemp("inbox")
    write_sample(inbox)
    read = {}
    for month in MONTHS:
        name = f"gacc_sample_{month}{'_revised' if month == '202406' else ''}.csv"
        with (inbox / "sample_chips" / name).open(encoding="gb18030", newline="") as lines:
            read[month] = list(csv.DictReader(lines))
    return read


def usd(rows: Iterable[Row]) -> int:
    return sum(int(row["US dollar"].replace(",", "")) for row in rows)


def pieces(rows: Iterable[Row]) -> int:
    return sum(int(row["Quantity"]) for row in rows)


def chips(rows: Iterable[Row], partner: str | None = None) -> list[Row]:
    return [row for row in rows if row["Commodity code"] in IC_LINES and partner in (None, row["Trading partner code"])]


def of_line(rows: Iterable[Row], partner: str, line: str) -> list[Row]:
    return [row for row in rows if (row["Trading partner code"], row["Commodity code"]) == (partner, line)]


def test_values_have_thousands_separators_and_quantities_none(rows: dict[str, list[Row]]) -> None:
    for month, of_month in rows.items():
        for row in of_month:
            assert row["Date of data"] == month
            assert re.fullmatch(r"[1-9]\d{0,2}(,\d{3})*", row["US dollar"]), row
            assert re.fullmatch(r"0|[1-9]\d*", row["Quantity"]), row
            assert re.fullmatch(r"0|[1-9]\d*", row["Supplementary Quantity"]), row


def test_units_are_pieces_and_kilograms_or_kilograms_alone(rows: dict[str, list[Row]]) -> None:
    in_kilograms = {"85429000", "85419000", "84869099", "84733090"}
    for of_month in rows.values():
        for row in of_month:
            if row["Commodity code"] in in_kilograms:
                assert row["Unit"] == "Kilogram"
                assert (row["Supplementary Quantity"], row["Supplementary Unit"]) == ("0", "?")
            else:
                assert (row["Unit"], row["Supplementary Unit"]) == ("Number of item", "Kilogram")


@pytest.mark.parametrize("month", MONTHS)
def test_totals_are_met_to_the_dollar_and_the_piece(month: str, rows: dict[str, list[Row]]) -> None:
    target = CALIBRATION[f"{month[:4]}-{month[4:]}"]
    assert usd(chips(rows[month], "502")) == int(target["us_ic_usd"])
    assert usd(of_line(rows[month], "502", "85429000")) == int(target["us_ic_parts_usd"])
    assert usd(chips(rows[month])) == int(target["world_ic_usd"])
    assert pieces(chips(rows[month])) == int(target["world_ic_pieces"])


def test_the_story_of_october_2024(rows: dict[str, list[Row]]) -> None:
    """US$ 1.11 bn, +60 % on the year; 9.61 bn since January, +42.5 %; above 1 bn each month since June."""
    us = {month: usd(chips(of_month, "502")) for month, of_month in rows.items()}
    this_year = sum(us[f"2024{month:02}"] for month in range(1, 11))
    year_before = sum(us[f"2023{month:02}"] for month in range(1, 11))
    assert 1_105_000_000 <= us["202410"] < 1_115_000_000
    assert 0.595 <= us["202410"] / us["202310"] - 1 < 0.605
    assert 9_605_000_000 <= this_year < 9_615_000_000
    assert 0.4245 <= this_year / year_before - 1 < 0.4255
    assert [month for month in MONTHS[-10:] if us[month] > 1_000_000_000] == MONTHS[-5:]


def test_nine_lines_from_the_us_with_processors_memory_and_amplifiers_ahead(
    rows: dict[str, list[Row]],
) -> None:
    value = {line: usd(of_line(rows["202410"], "502", line)) for line in IC_LINES}
    assert all(dollars > 0 for dollars in value.values())
    assert sorted(value, key=lambda line: -value[line])[:3] == ["85423190", "85423290", "85423390"]
    group = {hs6: sum(value[line] for line in IC_LINES if line.startswith(hs6)) for hs6 in {c[:6] for c in IC_LINES}}
    assert min(group["854231"], group["854232"], group["854233"]) > group["854239"]


def test_a_chip_from_the_us_is_dearer_than_the_world_s(rows: dict[str, list[Row]]) -> None:
    for month, of_month in rows.items():
        us, world = chips(of_month, "502"), chips(of_month)
        assert usd(us) / pieces(us) > 1.5 * usd(world) / pieces(world), month


def test_no_key_twice(rows: dict[str, list[Row]]) -> None:
    for month, of_month in rows.items():
        keys = [(r["Trading partner code"], r["Commodity code"], r["Customs Regime code"]) for r in of_month]
        assert len(set(keys)) == len(keys), month


def test_quantity_zero_is_rare_and_has_a_small_value(rows: dict[str, list[Row]]) -> None:
    every = [row for of_month in rows.values() for row in of_month]
    zero = [row for row in every if row["Quantity"] == "0"]
    assert chips(zero)
    assert 0 < len(zero) < len(every) / 100
    assert max(usd([row]) for row in zero) < 5_000


def test_some_partners_pause_one_starts_late_and_the_great_ones_never_stop(
    rows: dict[str, list[Row]],
) -> None:
    months: dict[str, list[str]] = {}
    for month, of_month in rows.items():
        for code in {row["Trading partner code"] for row in of_month}:
            months.setdefault(code, []).append(month)
    assert months["107"][0] == "202107"
    assert months["330"][0] == "202001"
    assert len(months["330"]) < len(MONTHS)
    for code in ("502", "143", "133", "116", "122", "132", "141", "142"):
        assert months[code] == MONTHS


def test_one_series_rises_from_a_tiny_base(rows: dict[str, list[Row]]) -> None:
    base, now = (usd(of_line(rows[month], "141", "85423310")) for month in ("202310", "202410"))
    assert 0 < base < 1_000_000
    assert now > 10 * base


def test_split_gives_the_last_units_to_the_largest_remainders() -> None:
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert split(100, [5, 0, 2]) == [71, 0, 29]
    assert split(1, [2, 3]) == [0, 1]


def test_split_refuses_weights_of_nothing() -> None:
    with pytest.raises(ValueError, match="cannot share out 7"):
        split(7, [0, 0])
