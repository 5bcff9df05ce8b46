"""What a run of dbt is asked to build: views that are there and cannot have changed are not made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.warehouse.nodes import built_nodes, by_category, names_of, untested_views
from orchestration.warehouse.plan import Built, Plan, plan
from tests.conftest import add, row

VIEW = "mart_partner_category_period"


@pytest.fixture
def due(small: Home, tmp_path: Path) -> Iterator[Plan]:
    """A month more than the home was built from."""
    add(small, tmp_path, [row("202405", "502", "85423110"), row("202405", "116", "85423110")], partners="116,502")
    yield plan(small, Landing(small).state())


def test_a_view_is_made_once(due: Plan) -> None:
    """It shows the new month by itself; what is read of it is stale all the same, and what tests look at is made."""
    marts = due.stale_of("marts")
    assert VIEW in due.stale and "int_period" in marts and not untested_views() & set(marts)
    tested = {n for n in names_of("dimensions") if built_nodes()[n]["config"]["materialized"] == "view"}
    assert "stg_landing__receipt" in tested - untested_views() and "stg_landing__receipt" in due.stale_of("dimensions")


def test_views_stand_while_facts_are_built(small: Home, due: Plan) -> None:
    """What is made of the facts is stale until the marts are built; its views need not be made again for that."""
    due.begun(Built.read(small), "facts").write(small)
    marts = plan(small, due.state).stale_of("marts")
    assert "int_period" in marts and not untested_views() & set(marts)


def test_what_was_cut_off_is_made_again(small: Home, due: Plan) -> None:
    """Nobody knows whether the step had come to the view."""
    due.begun(Built.read(small), "marts").write(small, at_work=True)
    assert VIEW in plan(small, due.state).stale_of("marts")


def test_other_python_makes_views_again(small: Home, due: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that they read may look otherwise under it."""
    monkeypatch.setattr("orchestration.warehouse.plan.shaping_code", lambda: "another")
    assert {VIEW, "stg_gacc__trade"} <= {*plan(small, due.state).stale_of("marts"),
                                         *plan(small, due.state).stale_of("dimensions")}  # fmt: skip


def test_a_category_moves_the_places_of_its_scheme(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The movers' alone: no other row hangs on another category."""
    own = {"mine/a": "1", "mine/b": "1", "other/a": "1"}
    held = Built.read(small)
    held.model_copy(update={"categories": dict.fromkeys(by_category(), own)}).write(small)
    taken = SimpleNamespace(fingerprints=lambda: own | {"mine/a": "2"}, digest="another")
    monkeypatch.setattr("orchestration.warehouse.plan.taken_categories", lambda _: taken)
    found = plan(small, Landing(small).state()).stale_categories
    assert found.pop("int_mover_monthly") == ["mine/a", "mine/b"]
    assert len(found) > 10 and set(map(tuple, found.values())) == {("mine/a",)}


def test_another_project_makes_all_again(small: Home, due: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the marts are there, too."""
    monkeypatch.setattr("orchestration.warehouse.plan.code_fingerprint", lambda: "another")
    anew = plan(small, due.state)
    assert anew.full and set(anew.stale_of("marts")) == set(names_of("marts"))
    after = Built.read(small).model_copy(update={"code": "another", "marts": -1})
    after.write(small)
    assert VIEW in plan(small, due.state).stale_of("marts")
