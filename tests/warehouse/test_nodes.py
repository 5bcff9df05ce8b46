"""What each model is made of: a record of landing makes exactly those stale that read it, whatever lies between."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orchestration.base.settings import Home, settings
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.warehouse.build import build, write_raw_files
from orchestration.warehouse.nodes import Step, built_nodes, fingerprints, made_of_facts, monthly, names_of, step_of
from orchestration.warehouse.plan import Built, Plan, plan
from tests.conftest import add, build_database, built, code_list, contents, released, row

HAVING = Plan.having


def made_of(home: Home, code: str = "code") -> dict[str, str]:
    """Fingerprints of all nodes as landing stands now."""
    return fingerprints(Landing(home).state(), code)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Names of the nodes whose fingerprint is another one."""
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def seeds() -> set[str]:
    """Names of the seeds."""
    return {name for name, node in built_nodes().items() if node["resource_type"] == "seed"}


def test_each_node_comes_after_those_that_it_reads() -> None:
    """And each has its step; what is made of facts are no dimensions."""
    names = list(built_nodes())
    places = {node["unique_id"]: names.index(name) for name, node in built_nodes().items()}
    for name, node in built_nodes().items():
        parents = [places[p] for p in node["depends_on"].get("nodes", []) if p in places]
        assert all(place < names.index(name) for place in parents), name
    assert step_of(built_nodes()["fct_trade_monthly"]) == "facts" and step_of(built_nodes()["units"]) == "dimensions"
    assert "mart_category_growth_monthly" in made_of_facts() and "dim_partner" not in made_of_facts()


def test_trade_makes_stale_what_reads_trade(home: Home, tmp_path: Path) -> None:
    """Facts, marts and the lines of the tariff, not partners, sources, seeds, or lists; withdrawn, all is as before."""
    add(home, tmp_path, [row()])
    before = made_of(home)
    receipt = add(home, tmp_path, [row(value="77")])
    found = changed(before, made_of(home))
    assert {"fct_trade_monthly", "dim_commodity", "mart_claim", "stg_gacc__trade"} <= found
    assert not found & ({"dim_partner", "dim_source", "stg_landing__code_list", "fct_control_total"} | seeds())
    Landing(home).withdraw(receipt.receipt_id, "a trial")
    assert not changed(before, made_of(home))


def test_a_list_makes_stale_what_reads_lists(home: Home, tmp_path: Path) -> None:
    """Partners, and through them facts and marts; not what is printed."""
    before = made_of(home)
    file = code_list(tmp_path / "partners.txt", "partner", {"502": "U.S.A."})
    receive_file(home, file, Declaration(source="gacc_nomenclature"))
    found = changed(before, made_of(home))
    assert {"dim_partner", "fct_trade_monthly", "mart_category_growth_monthly"} <= found
    assert not found & ({"fct_control_total", "stg_landing__receipt"} | seeds())


def test_code_and_claims(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code makes all stale, an edited claim the claims."""
    before = made_of(home)
    assert changed(before, made_of(home, "other")) == set(before)
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.warehouse.nodes.shaping_code", lambda: "another calendar")
        assert changed(before, made_of(home)) == set(before)
    for path in settings().expectations.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(settings(), "expectations", tmp_path)
    assert not changed(before, made_of(home))
    (tmp_path / "claims.yml").write_text("claims: {}\n", encoding="utf-8")
    assert changed(before, made_of(home)) == {"int_claim_finding", "mart_claim"}


@pytest.mark.own_run("what a second build finds stale is tested")
def test_what_was_built_is_not_stale_and_months_built_anew_make_their_marts_so(small: Home, tmp_path: Path) -> None:
    """Not even in a copy elsewhere; a month asked for makes stale what is made of facts."""
    assert not plan(small, Landing(small).state()).stale
    add(small, tmp_path, [row("202403", value="1")], months="2024-03")
    state = Landing(small).state()
    work = plan(small, state)
    assert "dim_commodity" in work.stale_of("dimensions") and not seeds() & work.stale
    built(small)
    assert not plan(small, state).stale and Built.read(small).models.keys() == built_nodes().keys()
    (month,) = work.window_months(names_of("facts"))
    assert plan(small, state, [month]).stale == made_of_facts()


def test_what_has_facts_behind_it_knows_whether_months_are_only_added(small: Home, tmp_path: Path) -> None:
    """A new month is, for all that is made of facts; one that is built again is not."""
    state = Landing(small).state()
    for asked in ([dt.date(2024, 2, 1)], []):
        if not asked:
            add(small, tmp_path, [row("202405", value="1")], months="2024-05")
            state = Landing(small).state()
        work, before = plan(small, state, asked), Built.read(small)
        begun = work.begun(before, "facts")
        work.having(begun, "facts").write(small)
        marts = monthly() - set(names_of("facts"))
        assert plan(small, state).adding & marts == (set() if asked else marts)
        stale = {"gacc CHN import": asked or [dt.date(2024, 5, 1)]}
        assert all(plan(small, state).stale_months[mart] == stale for mart in marts)
        before.write(small)


@pytest.mark.series("test_a_home_that_has_grown_equals_one_built_from_nothing")
@pytest.mark.own_run("a build is cut off")
def test_what_a_build_that_was_cut_off_has_written_is_built_again(
    small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where what it was built from is withdrawn by then, so that landing is as it was before."""
    before = contents(small)
    receipt = add(small, tmp_path, [row("202406", value="7"), row("202403", value="8")], months="2024-03..2024-06")
    state = Landing(small).state()
    write_raw_files(small, state)
    with monkeypatch.context() as patch:
        patch.setattr(Plan, "having", lambda *_: pytest.fail("cut off"))
        for _ in range(2):  # in its dimensions, then in its facts and marts
            with pytest.raises(pytest.fail.Exception):
                build(small, state)
            patch.setattr(Plan, "having", cut_off_in_facts)
    with build_database(small) as con:
        assert con.execute("select max(month)::varchar from mart_partner_category_monthly").fetchone() == (
            "2024-06-01",
        )
    Landing(small).withdraw(receipt.receipt_id, "a trial")
    released(small)
    with build_database(small) as con:
        assert con.execute("select max(month)::varchar from mart_partner_category_monthly").fetchone() == (
            "2024-04-01",
        )
    told = {"release_info", "mart_category_restatement", "mart_partner_category_restatement"}
    assert {t: h for t, h in contents(small).items() if t not in told} == {
        t: h for t, h in before.items() if t not in told
    }


def cut_off_in_facts(work: Plan, begun: Built, step: Step, names: set[str] | None = None) -> Built:
    """Dimensions are remembered, what comes after them is not."""
    if step != "dimensions":
        pytest.fail("cut off")
    return HAVING(work, begun, step, names)


def test_a_state_that_cannot_be_read_makes_all_stale(small: Home) -> None:
    """As an older version of the code has left it; landing is what counts."""
    (small.warehouse / "built.json").write_text('{"code": "x", "months": {"2024-01-01": "y"}}', encoding="utf-8")
    work = plan(small, Landing(small).state())
    assert work.full and work.stale == built_nodes().keys()
