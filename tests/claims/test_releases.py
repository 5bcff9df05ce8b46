"""Claims of the story on the sample, and control totals on real files: each row of the table with its reason."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration.base.errors import RefusalError
from orchestration.base.months import parse_month
from orchestration.base.settings import Home, settings
from orchestration.claims.load import load_claims
from orchestration.claims.warehouse import CONTROL_TOTAL, put_to_the_test
from orchestration.releases.store import Releases
from orchestration.releases.trace import trace
from orchestration.terminal.claim_report import COLUMNS, printed, read_claims
from orchestration.terminal.cli import app
from orchestration.terminal.doctor import examine
from orchestration.terminal.run import run_home
from tests.conftest import build_database, query

STORY = {
    "us_ic_2024_10_value": Decimal(1_111_497_548),
    "us_ic_2024_10_growth": Decimal("0.600977"),
    "us_ic_2024_01_10_value": Decimal(9_612_242_460),
    "us_ic_2024_01_10_growth": Decimal("0.425158"),
    "us_ic_above_1bn_since_june": Decimal(1_015_085_724),
    "us_ic_nine_types": Decimal(9),
    "us_ic_most_wanted_types": Decimal(3),
    "us_ic_stockpiling": Decimal("1.297145"),
}
FALSE: dict[str, tuple[str, dict[str, Any], str]] = {
    "1.21 bn": ("us_ic_2024_10_value", {"value": Decimal("1.21e9")}, "outside 1,205,000,000 to 1,215,000,000"),
    "+50 %": ("us_ic_2024_10_growth", {"value": Decimal("0.50")}, "outside +49.5 % to +50.5 %"),
    "9.71 bn": ("us_ic_2024_01_10_value", {"value": Decimal("9.71e9")}, "outside 9,705,000,000 to 9,715,000,000"),
    "+42.6 %": ("us_ic_2024_01_10_growth", {"value": Decimal("0.426")}, "outside +42.55 % to +42.65 %"),
    "since May": (
        "us_ic_above_1bn_since_june",
        {"since": parse_month("2024-05")},
        "not above 1,000,000,000 in 2024-05 (920,082,768)",
    ),
    "ten types": ("us_ic_nine_types", {"value": Decimal(10)}, "9 of 9 categories of ic_line had trade"),
    "other circuits": (
        "us_ic_most_wanted_types",
        {"categories": ("processors_controllers", "memory", "other_ic")},
        "other_ic 93,348,291 is not above amplifiers 148,465,963",
    ),
    "twice the pace": ("us_ic_stockpiling", {"value": Decimal(2)}, "not above 2"),
}


def test_the_story_is_confirmed_claim_by_claim(sample_home: Home) -> None:
    """On the day it was printed, and now; each by its own row."""
    rows = query(
        sample_home,
        "select claim_id, verdict_then, verdict_now, actual_then, actual_now, is_synthetic from mart_claim "
        f"where not starts_with(claim_id, '{CONTROL_TOTAL}')",
    )
    assert {row[0]: row[1:] for row in rows} == {
        name: ("confirmed", "confirmed", actual, actual, True) for name, actual in STORY.items()
    }
    assert len(rows) == len(STORY)


@pytest.mark.parametrize("said", FALSE)
def test_the_story_told_falsely_is_contradicted(sample_home: Home, said: str) -> None:
    """The same claim with one word changed, against the same figures."""
    name, change, why = FALSE[said]
    claim = load_claims()[name]
    with build_database(sample_home) as con:
        true, false = put_to_the_test(con, {"true": claim, "false": claim.model_copy(update=change)})
    assert (true.now.verdict, true.then.verdict) == ("confirmed", "confirmed")
    assert (false.now.verdict, false.then.verdict) == ("contradicted", "contradicted")
    assert why in false.now.detail


def test_every_control_total_of_a_category_is_a_claim(sample_home: Home) -> None:
    """And no other: a scope that is no category, and a part of it by regime, are left to the gate."""
    found = query(
        sample_home,
        "select c.claim_id is not null, t.hs in ('all', '8542', '85423') and t.regime_group is null, count(*) "
        f"from fct_control_total as t left join mart_claim as c on c.claim_id = '{CONTROL_TOTAL}' || control_total_id "
        "group by all",
    )
    assert all(is_claim == is_category for is_claim, is_category, _ in found)
    assert sum(count for is_claim, _, count in found if is_claim) >= 100
    places = query(
        sample_home,
        "select distinct category_scheme, category_code, hs from mart_claim inner join fct_control_total on claim_id = "
        f"'{CONTROL_TOTAL}' || control_total_id order by all",
    )
    assert places == [
        ("all", "all_goods", "all"), ("hs4", "8542", "8542"), ("ic", "integrated_circuits", "85423"),
    ]  # fmt: skip


def test_the_cells_behind_a_verdict_can_be_traced(sample_home: Home) -> None:
    """The arguments lead to receipts whose values add up to the figure."""
    ((cells, actual),) = query(
        sample_home, "select trace, actual_now from mart_claim where claim_id = 'us_ic_2024_01_10_value'"
    )
    values = []
    for cell in cells.split("; ")[:2]:
        month, partner, category, _, scheme, _, source = cell.split()
        assert source == "gacc_sample"
        found = trace(sample_home, parse_month(month), partner, category, "import", scheme)
        assert found.value_usd == sum(r.value_usd or 0 for r in found.receipts)
        values.append(found.value_usd)
    assert len(cells.split("; ")) == 10 and values == [1_111_497_548, 1_085_094_592]
    ((total,),) = query(
        sample_home, "select value_usd_ytd from v_ic_by_partner where partner_code = '502' and month = '2024-10-01'"
    )
    assert actual == total


def test_the_command_prints_the_table(sample_home: Home) -> None:
    """A claim a line, the reviewed ones first, nothing cut; as JSON every column."""
    said = CliRunner().invoke(app, ["claims", "--home", str(sample_home.root)])
    assert said.exit_code == 0, said.output
    assert "SYNTHETIC DATA: every figure of release" in said.stderr
    head, *lines = [line.split("\t") for line in said.stdout.splitlines()]
    assert head == COLUMNS and all(len(line) == len(COLUMNS) for line in lines)
    by_id = {line[0]: line for line in lines}
    assert list(by_id)[: len(STORY)] == sorted(STORY)
    assert by_id["us_ic_2024_10_growth"][2:5] == ["+60 % (+59.5 % to +60.5 %)", "confirmed", "confirmed"]
    assert by_id["us_ic_2024_10_value"][2] == "1,110,000,000 (1,105,000,000 to 1,115,000,000)"
    assert by_id["us_ic_nine_types"][2] == "9"
    assert by_id["us_ic_above_1bn_since_june"][2] == "above 1,000,000,000"
    assert by_id["us_ic_most_wanted_types"][2] == "top"
    release = Releases(sample_home).current_id()
    asked = ["claims", "--home", str(sample_home.root), "--json", "--release", str(release)]
    told = json.loads(CliRunner().invoke(app, asked).stdout)
    assert all(claim["is_synthetic"] and claim["release_id"] == release for claim in told)
    assert len(told) == len(lines) and {"verdict_then", "trace", "range_low"} <= set(told[0])


def test_a_threshold_is_printed_with_its_side() -> None:
    """Below has no lower end."""
    claim = {"value": Decimal("0.1"), "range_low": None, "range_high": Decimal("0.1"), "measure": "value_usd_yoy"}
    assert printed(claim) == "below +10 %"


def test_an_older_release_says_that_it_has_no_claims(sample_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of an error of the database."""
    folder, manifest = Releases(sample_home).opened()
    tables = {name: table for name, table in manifest.tables.items() if name != "mart_claim"}
    older = manifest.model_copy(update={"tables": tables})
    monkeypatch.setattr(Releases, "opened", lambda *_: (folder, older))
    with pytest.raises(RefusalError, match="before claims were put to the test"):
        read_claims(sample_home, None)


def test_claims_that_cannot_be_read_stop_a_run_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a file is taken in; the doctor says the same."""
    folder = home.root / "expectations"
    folder.mkdir()
    for path in settings().expectations.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    text = (folder / "claims.yml").read_text(encoding="utf-8")
    (folder / "claims.yml").write_text(text.replace("partner: 502", "partner: USA", 1), encoding="utf-8")
    monkeypatch.setattr(settings(), "expectations", folder)
    (home.inbox / "sample_chips").mkdir()
    (home.inbox / "sample_chips" / "a.csv").write_text("not looked at", encoding="utf-8")
    with pytest.raises(RefusalError, match="the partner 'USA'"):
        run_home(home, [])
    assert (home.inbox / "sample_chips" / "a.csv").exists() and not any(home.landing.iterdir())
    (finding,) = (f for f in examine(home) if f.check == "expectations")
    assert not finding.ok and "claims.yml" in finding.detail


@pytest.mark.realdata
def test_a_real_total_put_to_the_test(real_home: Home) -> None:
    """9.2 bn from the United States in January 2019: true by the file that there is, which was not there then.

    The file came without a vintage, so it stands from the day of its receipt on. All else that is printed of the
    United States is of months that this home does not hold.
    """
    rows = query(
        real_home,
        "select claim_id, verdict_then, detail_then, verdict_now, actual_now, detail_now, months_used, trace, "
        "is_synthetic from mart_claim where partner_code = '502' and category_scheme = 'all'",
    )
    by_id = {row[0].removeprefix(CONTROL_TOTAL): row[1:] for row in rows}
    assert by_id.pop("press_us_all_2019_01") == (
        "not testable",
        "no file of a vintage up to 2019-02-14 covers import 502 all/all_goods",
        "confirmed",
        Decimal(9_211_213_264),
        "9,211,213,264 US dollars: within 9,150,000,000 to 9,250,000,000",
        "2019-01",
        "2019-01 502 all_goods --scheme all --source gacc",
        False,
    )
    assert by_id["export_us_all_2019_01_usd"][2] == "not testable"
    assert by_id["export_us_all_2019_01_usd"][4] == "no file covers export 502 all/all_goods"
    assert {row[2] for row in by_id.values()} == {"not testable"}
    story = query(real_home, "select distinct verdict_now from mart_claim where claim_id like 'us_ic%'")
    assert story == [("not testable",)]
