"""A number is traced within its own source and reporter, and where several have one, the answer is a question."""

from __future__ import annotations

import datetime as dt
import json
import stat
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import Landing, Receipt
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases
from orchestration.releases.trace import AmbiguousError, Trace, trace
from orchestration.sources.catalogue import TRADE
from orchestration.terminal.cli import app
from tests.second_source import OTHER

MARCH = dt.date(2024, 3, 1)
#: What a reader of a release asks of it, with the columns that name a receipt.
TABLES = {
    "dim_source": (),
    "dim_partner": (),
    "fct_trade_monthly": ("receipt_id", "receipt_id_usd", "receipt_id_local"),
    "mart_partner_category_monthly": (),
    "mart_category_monthly": (),
    "mart_category_coverage": (),
    "mart_partner_category_coverage": (),
    "mart_untraded_category_coverage": (),
}


def beside(home: Home, monkeypatch: pytest.MonkeyPatch, *reporters: str) -> list[Receipt]:
    """A second source, in the release and in landing: China's own file once more as that of each reporter.

    Its values are a hundredfold in the release, so that a sum over both would show.
    """
    monkeypatch.setitem(TRADE, OTHER.name, OTHER)
    state = Landing(home).state()
    (first,) = state.receipts
    more = [
        first.model_copy(
            update={
                "receipt_id": f"of-{reporter}",
                "scope": first.scope.model_copy(
                    update={"source": "other", "reporter": reporter, "code_length": OTHER.code_digits}
                ),
            }
        )
        for reporter in reporters
    ]
    both = state.__class__(**{**vars(state), "receipts": (*state.receipts, *more)})
    monkeypatch.setattr(Landing, "state", lambda *_: both)
    # It is edited in place, which no reader would take for sound.
    monkeypatch.setattr("orchestration.releases.store.is_as_published", lambda *_: True)
    database = Releases(home).folder() / DATABASE
    database.chmod(database.stat().st_mode | stat.S_IWUSR)
    with duckdb.connect(str(database)) as con:
        for receipt in more:
            _copied_rows(con, receipt)
    return more


def _copied_rows(con: duckdb.DuckDBPyConnection, receipt: Receipt) -> None:
    for table, names in TABLES.items():
        columns = {c for (c, *_) in con.execute(f"describe {table}").fetchall()}
        said = {"source": "'other'", "reporter": f"'{receipt.scope.reporter}'", "local_currency": "'EUR'"}
        said |= {"code_system": "'other'", "partner_system": "'other'", "value_usd": "value_usd * 100"}
        said |= {name: f"if({name} is null, null, '{receipt.receipt_id}')" for name in names}
        new = ", ".join(f"{value} as {name}" for name, value in said.items() if name in columns)
        rows = f"select * replace ({new}) from {table} where source = 'gacc'"
        if "reporter" not in columns:
            rows += " and 'other' not in (select source from dim_source)" if table == "dim_source" else ""
        con.execute(f"insert into {table} {rows}")


def traced(home: Home, partner: str = "502", category: str = "integrated_circuits", **said: Any) -> Trace:
    """A cell of imports in March."""
    return trace(home, MARCH, partner, category, "import", said.pop("scheme", "ic"), **said)


@pytest.fixture
def two(small: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of China's customs and of a source with two reporters."""
    beside(small, monkeypatch, "DEU", "FRA")
    return small


def test_without_a_second_source_none_must_be_named(small: Home) -> None:
    """And the answer says whose figure it is."""
    found = traced(small)
    assert (found.source, found.reporter, found.local_currency) == ("gacc", "CHN", "CNY")
    assert traced(small, source="gacc", reporter="CHN") == found


def test_several_sources_are_a_question(two: Home) -> None:
    """That names them, as the options that answer it."""
    with pytest.raises(AmbiguousError) as asked:
        traced(two)
    for stream in ("--source gacc --reporter CHN", "--source other --reporter DEU", "--source other --reporter FRA"):
        assert stream in str(asked.value)
    with pytest.raises(AmbiguousError) as asked:
        traced(two, source="other")
    assert "gacc" not in str(asked.value) and "FRA" in str(asked.value)
    assert traced(two, reporter="DEU").source == "other"


def test_cells_receipts_and_coverage_are_of_one_source(two: Home, small_home: Home) -> None:
    """What the other has under the same codes is neither summed nor named."""
    china, alone = traced(two, source="gacc"), traced(small_home)
    assert china == alone
    german = traced(two, source="other", reporter="DEU")
    assert [r.receipt_id for r in german.receipts] == ["of-DEU"]
    assert german.value_usd == 100 * (china.value_usd or 0)
    assert german.receipts[0].lines == china.receipts[0].lines


def test_a_zero_is_covered_by_receipts_of_its_own_source(two: Home) -> None:
    """Here of a category that was never traded."""
    with duckdb.connect(str(Releases(two).folder() / DATABASE)) as con:
        con.execute("delete from fct_trade_monthly")
        con.execute("update mart_partner_category_monthly set value_usd = 0")
    for source, reporter, receipt in (("gacc", "CHN", None), ("other", "FRA", "of-FRA")):
        found = traced(two, source=source, reporter=reporter)
        assert [r.lines for r in found.receipts] == [[]] and found.value_usd == 0
        assert receipt in (None, found.receipts[0].receipt_id)
        assert (found.receipts[0].receipt_id == "of-FRA") is (receipt is not None)


def test_a_partner_is_looked_up_in_the_list_of_the_source(two: Home) -> None:
    """A code that only one source has needs no option; one that no source has is refused."""
    with duckdb.connect(str(Releases(two).folder() / DATABASE)) as con:
        con.execute("delete from dim_partner where source = 'other' and partner_code = '502'")
    assert traced(two).source == "gacc"
    with pytest.raises(RefusalError, match="there is no partner '502'"):
        traced(two, source="other")
    with pytest.raises(RefusalError, match="there is no partner 'US'"):
        traced(two, partner="US")


def test_a_category_of_national_lines_is_that_of_its_own_tariff(two: Home) -> None:
    """The same digits may be another good elsewhere."""
    assert traced(two, category="85423190", scheme="ic_line").source == "gacc"
    with pytest.raises(RefusalError, match="there is no category '85423190' in scheme ic_line"):
        traced(two, category="85423190", scheme="ic_line", source="other")


def test_what_the_release_does_not_hold_is_refused(two: Home) -> None:
    """With what it has."""
    with pytest.raises(RefusalError, match="nothing of --source comtrade") as refused:
        traced(two, source="comtrade")
    assert "--source other --reporter FRA" in str(refused.value)
    with pytest.raises(RefusalError, match="nothing of --source gacc --reporter DEU"):
        traced(two, source="gacc", reporter="DEU")


def test_the_command_asks_and_answers(two: Home) -> None:
    """Exit 2 naming them; JSON says whose figure it is; a table has the currency of the source."""
    asked = ["trace", "2024-03", "502", "integrated_circuits", "--scheme", "ic", "--home", str(two.root)]
    several = CliRunner().invoke(app, asked, env={"COLUMNS": "400"})
    assert several.exit_code == 2 and "--source other --reporter DEU" in several.output
    said = CliRunner().invoke(app, [*asked, "--source", "other", "--reporter", "DEU", "--json"])
    told = json.loads(said.output)
    assert said.exit_code == 0 and (told["source"], told["reporter"]) == ("other", "DEU")
    printed = CliRunner().invoke(app, [*asked, "--source", "other", "--reporter", "DEU"]).output
    assert printed.startswith("other DEU import 2024-03 502 ic/integrated_circuits: USD ") and "EUR" in printed
    assert "CNY" not in printed
