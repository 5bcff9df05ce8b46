"""Monthly answers: what is kept of a row, what is left out, and what is refused, by row and column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.base.duck import cursor
from orchestration.base.errors import RefusalError
from orchestration.sources.catalogue import TRADE
from orchestration.sources.comtrade.parse import parse
from orchestration.sources.files.seen import SeenTrade
from tests.sources.comtrade.answers import Row, body, row

OFFER = TRADE["comtrade"]


def chips(value: float | None = 1_000.0, **changes: object) -> Row:
    """China's imports of processors from the United States in October 2024."""
    said: dict[str, Any] = {"period": "202410", "partner": "842", "cmd": "854231"}
    said |= {key: changes.pop(key) for key in tuple(changes) if key in said}
    return row(said["period"], "156", "M", said["partner"], said["cmd"], value, **changes)


def parsed(folder: Path, content: bytes | Sequence[Row]) -> SeenTrade:
    """The parsed answer."""
    file = folder / "answer.json"
    file.write_bytes(content if isinstance(content, bytes) else body(content))
    return parse(file, folder / "work")


def read(folder: Path, content: bytes | Sequence[Row]) -> list[dict[str, Any]]:
    """Its rows, in the words of all sources."""
    path = parsed(folder, content).rows_path
    with cursor() as con:
        return con.execute(OFFER.rows(f"read_parquet('{path}')")).fetch_arrow_table().to_pylist()


def test_a_row_is_kept_as_printed_and_said_in_the_words_of_all(tmp_path: Path) -> None:
    """Zeros before a code of goods stay, partners have none; flags are kept, and nothing is chosen by them."""
    found = parsed(tmp_path, [chips(), chips(2.0, cmd="010121", isReported=False, isAggregate=True)])
    first, second = pq.read_table(found.rows_path).to_pylist()
    assert (first["line"], second["line"]) == (1, 2) and second["hs_code"] == "010121"
    assert (first["classification"], first["is_reported"], second["is_aggregate"]) == ("H6", True, True)
    assert (found.reporter, found.flow, found.currency, found.code_length) == ("CHN", "import", "USD", 6)
    assert (found.partners, found.hs_chapters, found.value) == (("842",), ("01", "85"), 1_002)
    (said,) = read(tmp_path, [chips()])
    assert said["unit_1"] == "u" and (said["quantity_1"], said["net_weight_kg"], said["value"]) == (1000, 250, 1000)
    assert said["weight_is_estimated"] is False and said["quantity_2"] is None and said["unit_2"] is None


@pytest.mark.parametrize("pretty", [False, True])
def test_one_line_or_many(tmp_path: Path, pretty: bool) -> None:
    """With a byte order mark, too; the rows are the same."""
    content = b"\xef\xbb\xbf" + body([chips()], pretty=pretty)
    assert parsed(tmp_path, content).value == 1_000


@pytest.mark.parametrize(
    ("changes", "quantity", "weight", "estimated"),
    [
        ({"qty": 0.0, "qtyUnitCode": -1}, None, 250, False),
        ({"qty": None, "qtyUnitCode": -1}, None, 250, False),
        ({"qty": 7.0, "qtyUnitCode": -1}, None, 250, False),
        ({"qty": 0.0, "qtyUnitCode": 5}, 0, 250, False),
        ({"netWgt": 0.0}, 1000, None, None),
        ({"netWgt": None}, 1000, None, None),
        ({"netWgt": 12.6, "isNetWgtEstimated": True}, 1000, 13, True),
    ],
)
def test_what_is_not_known_is_no_number(
    tmp_path: Path, changes: dict[str, Any], quantity: int | None, weight: int | None, estimated: bool | None
) -> None:
    """A quantity without a unit, a weight of nothing beside a value; estimates are marked."""
    (said,) = read(tmp_path, [chips(**changes)])
    assert (said["quantity_1"], said["net_weight_kg"], said["weight_is_estimated"]) == (quantity, weight, estimated)


def test_a_unit_that_is_not_known_keeps_its_number(tmp_path: Path) -> None:
    (said,) = read(tmp_path, [chips(qtyUnitCode=77)])
    assert said["unit_1"] == "unit 77" and said["quantity_1"] == 1_000


def test_fractions_of_a_dollar_are_kept_and_rounded_row_by_row(tmp_path: Path) -> None:
    found = parsed(tmp_path, [chips(62.413), chips(7282892.5, cmd="854232"), chips(11369627279.0, cmd="854239")])
    printed = [str(r["primary_value"]) for r in pq.read_table(found.rows_path).to_pylist()]
    assert printed == ["62.413000", "7282892.500000", "11369627279.000000"]
    assert found.value == 62 + 7282893 + 11369627279


def parts(**split: Sequence[object]) -> list[Row]:
    """The row of all, and rows that split it by one column: values by code."""
    (column, values), codes = (
        next(iter(split.items())),
        {"motCode": (1000, 2000, 2100), "partner2Code": (344, 410, 842)},
    )
    return [chips(100.0)] + [
        chips(value, **{column: code})  # type: ignore[arg-type]
        for code, value in zip(codes.get(column, ("C01", "C02", "C03")), values, strict=True)
    ]


@pytest.mark.parametrize(
    "rows",
    [
        parts(motCode=(10.0, 20.0, 70.0)),
        parts(motCode=(10.0, 20.0, 30.0)),
        parts(motCode=(10.0, 90.0, 90.0)),
        parts(partner2Code=(10.0, 20.0, 70.0)),
        parts(partner2Code=(10.0, 0.0, 0.5)),
        parts(customsCode=(100.0, 100.0, 70.0)),
        [chips(100.0), chips(50.0, motCode=1000, partner2Code=842), chips(50.0, motCode=2100, partner2Code=842)],
    ],
)
def test_parts_are_left_out_where_their_total_is_there(tmp_path: Path, rows: list[Row]) -> None:
    """Modes that add up to it, or are not all there, a mode beside its own kinds; second partners; procedures."""
    found = parsed(tmp_path, [rows[1], rows[0], *rows[2:]])
    assert (found.rows, found.value) == (1, 100)
    assert pq.read_table(found.rows_path).to_pylist()[0]["line"] == 2


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (
            parts(motCode=(10.0, 20.0, 80.0)),
            "rows by modes of transport sum up to more than the row of all of them (100",
        ),
        (parts(partner2Code=(60.0, 20.0, 80.0)), "rows by second partners sum up to more"),
        (parts(motCode=(10.0, 20.0, 70.0))[1:], "rows by modes of transport, and no row of all of them"),
        (parts(customsCode=(10.0, 20.0, 70.0))[1:], "rows by customs procedures, and no row of all of them"),
        ([chips(1.0, partner2Code=842, motCode=1000)], "rows by modes of transport and second partners, and no row"),
    ],
)
def test_parts_without_a_total_that_holds_them_are_refused(tmp_path: Path, rows: list[Row], what: str) -> None:
    with pytest.raises(RefusalError) as refused:
        parsed(tmp_path, rows)
    assert what in refused.value.what and "motCode=0&customsCode=C00&partner2Code=0" in str(refused.value.remedy)


def test_all_partners_together_beside_partners_are_left_out_only_as_their_sum(tmp_path: Path) -> None:
    rows = [chips(10.0, partner="0"), chips(7.0), chips(3.0, partner="410")]
    assert parsed(tmp_path, rows).partners == ("410", "842")
    with pytest.raises(RefusalError, match=r"all partners together are 11\.000000, those beside them 10"):
        parsed(tmp_path, [chips(11.0, partner="0"), *rows[1:]])
    world = parsed(tmp_path, [chips(10.0, partner="0"), chips(2.0, partner="0", cmd="854232")])
    assert (
        not world.has_partner
        and world.partners == ()
        and world.dimensions == ("month", "hs_code")
        and world.value == 12
    )


ANSWER = {"elapsedTime": "0.1 secs", "count": 0, "data": [], "error": ""}
REFUSED: dict[str, tuple[bytes, str]] = {
    "an error": (body([], error="Invalid parameters"), "answered with an error: Invalid parameters"),
    "a quota": (json.dumps({"statusCode": 403, "message": "Out of call volume quota."}).encode(), "Out of call volume"),
    "an error within": (body([], errorObject={"errorMessage": "period is wrong"}), "period is wrong"),
    "a page": (b"<!DOCTYPE html><html><body>down</body></html>", "this is a web page"),
    "nothing": (b"  \n", "the answer is empty"),
    "a table": (b"period,cmdCode\n202410,854231\n", "does not begin as an answer"),
    "cut off": (body([chips()])[:-40], "cut off or damaged"),
    "a row less": (body([chips()], count=2), "says that it has 2 rows, and has 1"),
    "no rows": (body([], data=None), "has no rows"),
    "a name twice": (b'{"count":0,"count":0,"data":[],"error":""}', "'count' stands twice"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "compressed with gzip"),
    "a code as a number": (body([chips() | {"cmdCode": 10121}]), "leading zeros"),
    "a lost zero": (body([chips() | {"cmdCode": "10121"}]), "a leading zero was lost"),
    "all goods": (body([chips(cmd="TOTAL")]), "all goods together among details"),
    "codes mixed": (body([chips(), chips(cmd="8542")]), "codes of 4 and 6 digits are mixed"),
    "flows mixed": (body([chips(), chips(flowCode="X", cmd="854232")]), "flows M and X are mixed"),
    "re-imports": (body([chips(flowCode="RM")]), "the flow RM is a part"),
    "reporters mixed": (body([chips(), chips(reporterCode=76)]), "reporters 156 and 76 are mixed"),
    "a group reports": (body([chips(reporterCode=97)]), "the reporter 97 is no country"),
    "a key twice": (body([chips(), chips(5.0)]), "stands twice, first as row 1"),
    "two editions": (body([chips(), chips(classificationCode="H5")]), "stands twice, first as row 1"),
    "no value": (body([chips(None)]), "is no value"),
    "below zero": (body([chips(-1.0)]), "is no number from 0 on"),
    "no number": (body([chips() | {"primaryValue": "much"}]), "is no number from 0 on"),
    "no finite number": (body([chips(float("nan"))]), "is no number from 0 on"),
    "a number with blanks": (body([chips() | {"primaryValue": " 1"}]), "is no number from 0 on"),
    "a number with separators": (body([chips() | {"qty": "1_000"}]), "is no number from 0 on"),
    "a number in other digits": (body([chips() | {"netWgt": "１"}]), "is no number from 0 on"),
    "more than a number of trade": (body([chips() | {"primaryValue": 10**18}]), "is more than any figure of trade"),
    "no edition": (body([chips(classificationCode=6)]), "is no edition of the Harmonized System"),
    "another classification": (body([chips(cmd="7764", classificationCode="S4")]), "is no edition of the Harmonized"),
    "services": (body([chips(typeCode="S")]), "are no goods"),
    "no month": (body([chips() | {"period": "202413"}]), "is no period"),
    "no partner": (body([chips() | {"partnerCode": None}]), "is no partnerCode"),
    # Made an int, this would be a thousand million digits.
    "no unit that has an end": (body([chips(qtyUnitCode=77)]).replace(b"77", b"1e999999999"), "is no whole number"),
    "neither true nor false": (body([chips(isNetWgtEstimated="maybe")]), "neither true nor false"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_sound_answer_is_refused_in_words(tmp_path: Path, case: str) -> None:
    content, what = REFUSED[case]
    with pytest.raises(RefusalError) as refused:
        parsed(tmp_path, content)
    assert what in refused.value.what and refused.value.remedy and refused.value.file == "answer.json"


def test_a_year_is_no_month(tmp_path: Path) -> None:
    """Annual rows are documents; the remedy says so, and leaves the scope out."""
    with pytest.raises(RefusalError, match="a row of the whole year 2024") as refused:
        parsed(tmp_path, [chips(), chips(period="2024")])
    assert "source: comtrade_annual" in str(refused.value.remedy) and refused.value.line == 2


def test_an_answer_without_rows_has_no_columns(tmp_path: Path) -> None:
    """What was asked for tells whether it has partners."""
    found = parsed(tmp_path, body([]))
    assert (found.rows, found.columns, found.months, found.reporter, found.code_length) == (0, (), (), None, 6)


def test_a_header_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(body([chips()]))
    with pytest.raises(RefusalError, match="a header was given"):
        parse(file, tmp_path / "work", header="period,cmdCode")
