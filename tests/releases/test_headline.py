"""What a run says of a release that has no story: cells by partner, or of all partners together."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import duckdb
import pytest

from orchestration.releases.database import DATABASE
from orchestration.releases.headline import headline
from orchestration.releases.store import Releases
from orchestration.releases.summary import what_is_new
from tests.releases.pairs import Made, receipt

COLUMNS = "month date, value_usd_bn double, yoy_percent double, ytd_usd_bn double, ytd_yoy_percent double, "
COLUMNS += "months_at_or_above int, threshold_usd bigint, above_since date, n_lines int, source varchar, flow varchar, "
COLUMNS += "reporter varchar, partner_code varchar, partner_iso3 varchar, category_scheme varchar"
SAID = {
    "fct_trade_monthly": "2 cells, 2024-01..2024-02",
    "fct_trade_world_monthly": "2 cells of all partners together, 2024-01..2024-02",
    "": "no trade in this release",
}


@pytest.mark.parametrize("fact", SAID)
def test_a_release_without_a_story_says_what_it_holds(tmp_path: Path, fact: str) -> None:
    """World files alone are trade, too."""
    with duckdb.connect(str(tmp_path / DATABASE)) as con:
        con.execute(f"create table mart_partner_category_headline_monthly ({COLUMNS})")
        for name in SAID:
            if name:
                con.execute(f"create table {name} (month date)")
        if fact:
            con.execute(f"insert into {fact} values ('2024-01-01'), ('2024-02-01')")
    assert headline(tmp_path) == ([SAID[fact]], None)


def test_a_small_amount_is_not_rounded_to_another(tmp_path: Path) -> None:
    """Five million are not a hundredth of a billion, and one type is no types."""
    row = "'2024-03-01', 0.005, null, null, null, 0, 1000000000, null, 1, 'gacc', 'import', 'CHN', '502', 'USA', 'ic'"
    with duckdb.connect(str(tmp_path / DATABASE)) as con:
        con.execute(f"create table mart_partner_category_headline_monthly ({COLUMNS})")
        con.execute(f"insert into mart_partner_category_headline_monthly values ({row})")
    assert headline(tmp_path)[0] == ["US chips to China, 2024-03: US$ 5.0 m", "1 type of chip"]


def test_what_came_in_stands_on_one_line_and_the_right_way_round(tmp_path: Path) -> None:
    """A file's name and a reason are others' words: no end of a line, no mark that turns figures about."""
    came = receipt("r2", "2024-06-20").model_copy(update={"name": "a\u202e\nb.csv"})
    before = Made((), receipts=(receipt("r1", "2024-05-20"),)).write(tmp_path / "before", "before")
    made = Made((), receipts=(came,), withdrawn=(("r1", "\u202ewrong"),)).write(tmp_path / "made", "made", "before")
    kept = cast(Releases, SimpleNamespace(ids=lambda: ["before"], manifest=lambda _: before))
    received, withdrawn = what_is_new(kept, made)
    assert received.startswith(r"received: a\u202e\x0ab.csv (")
    assert withdrawn.endswith(r"): \u202ewrong") and (received + withdrawn).isprintable()
