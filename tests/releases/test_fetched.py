"""What was fetched, published: made up where it came from elsewhere, and as known on each day of its prints."""

from __future__ import annotations

import datetime as dt

import pytest

from orchestration.base.settings import Home
from orchestration.landing.fetching import fetch
from orchestration.releases.as_of import as_of
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from tests.conftest import query, released
from tests.landing.toy import Toy, offer

MARCH = "select value_usd from fct_trade_monthly where month = '2024-03-01' and partner_code = '502' order by 1"


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("figures that are fetched from elsewhere, and revised, are published")
def test_a_revision_from_elsewhere(home: Home, toy: Toy) -> None:
    """Every table that says so says that it is made up; both prints answer, each for its days."""
    offer(toy.address, is_own=False)
    fetch(home, "toy_chips")
    toy.publish("2024-03", "2024-03", day="2024-11-20", mark="2", value=2_000)
    (outcome,) = fetch(home)
    assert len(outcome.received) == 1
    publication = released(home)
    assert Releases(home).manifest().is_synthetic and query(home, "select is_synthetic from release_info") == [(True,)]
    for table in ("dim_source", "mart_partner_category_monthly", "mart_partner_category_restatement"):
        assert query(home, f"select distinct is_synthetic from {table}") == [(True,)], table
    assert "SYNTHETIC DATA" in (publication.folder / "audit.html").read_text(encoding="utf-8")
    assert query(home, MARCH) == [(2_032,), (2_033,)]
    assert run_sql(as_of(home, dt.date(2024, 11, 19)).folder, MARCH)[1] == [(1_032,), (1_033,)]
