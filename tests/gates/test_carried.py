"""Evidence that is taken over: of which months, until what changes, and that a whole audit says the same."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.base.settings import PROJECT, Home, settings
from orchestration.gates.carried import window
from orchestration.gates.suites import declared_gates, read_suite
from orchestration.landing.store import Landing
from orchestration.releases import candidate
from orchestration.releases.database import DATABASE
from orchestration.releases.publish import audit_folder, publish
from orchestration.releases.store import Releases
from tests.conftest import copied, query
from tests.gates.looking import declare
from tests.revisions import Revisions, revisions

__all__ = ["revisions"]

#: Gates of the small home that compare months which another month does not touch.
BY_MONTH = ("layers", "keys_and_shapes", "receipt_scope", "derived_marts", "facts", "coverage", "headline", "names")
#: Gates that read everything.
WHOLE = {"continuity", "domains", "freshness", "shape", "records", "claim_verdicts", "dimensions", "tariff", "printed",
         "page"}  # fmt: skip


@pytest.mark.parametrize(
    ("reads", "first", "last"),
    [
        ("month", "2024-03", "2024-03"),
        ("back 1", "2024-02", "2024-03"),
        ("back 12", "2023-03", "2024-03"),
        ("around 1", "2024-02", "2024-04"),
        ("year", "2024-01", "2024-03"),
        ("period", "2022-01", "2025-02"),
    ],
)
def test_the_window_of_a_month(reads: str, first: str, last: str) -> None:
    """All months from its first to its last; a printed figure also speaks of the months before its own."""
    months = window(reads, "2024-03")
    assert (months[0], months[-1]) == (first, last) and sorted(set(months)) == list(months)


def test_every_gate_declares_what_it_reads() -> None:
    """What asks the day, the whole range, any row before, what changes between two lists, or what has no months; two
    ask a release.
    """
    folder = PROJECT / "expectations"
    reads = {gate: read_suite(folder / f"{gate}.yml").reads for gate in declared_gates(folder)}
    assert {gate for gate, of in reads.items() if of == "all"} == WHOLE
    assert [gate for gate, of in reads.items() if of == "before"] == ["collapse", "corrections"]
    with pytest.raises(ValueError, match="no window"):
        window("all", "2024-03")


@pytest.fixture
def expectations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the gates, in use."""
    folder = Path(shutil.copytree(PROJECT / "expectations", tmp_path / "expectations"))
    monkeypatch.setattr(settings(), "expectations", folder)
    return folder


@pytest.fixture
def few_gates(revisions: Revisions, expectations: Path) -> None:
    """In use are those that compare months; the first revision, which other tests share, is audited by all."""
    revisions.built("march-1")
    declare(expectations, *BY_MONTH)


@pytest.fixture
def audited(revisions: Revisions, tmp_path_factory: pytest.TempPathFactory, expectations: Path) -> Home:
    """The small home with an audit of which evidence can be taken over."""
    assert expectations.exists()
    return copied(revisions.built("march-1"), tmp_path_factory)


def carried(home: Home) -> dict[str, set[str]]:
    """By gate the months whose comparisons were taken over."""
    found: dict[str, set[str]] = {}
    for gate, month in query(home, "select gate, strftime(month, '%Y-%m') from audit_results where is_carried"):
        found.setdefault(gate, set()).add(month)
    return found


def same_as_whole(home: Home) -> bool:
    """Whether the evidence and verdicts are those of a whole audit; what the release says of itself was not there yet
    when it was audited.
    """
    order = ["gate", "dataset", "month", "scope", "measure"]
    folder = Releases(home).folder()
    results = audit_folder(home, folder).results
    results = results[results["table_name"] != "release_info"]
    whole = results.drop(columns="is_carried").sort_values(order).reset_index(drop=True)
    sql = (
        "select * exclude (is_carried, is_synthetic) from audit_results "
        f"where table_name is distinct from 'release_info' order by {', '.join(order)}"
    )
    names = [name for (name,) in query(home, f"select column_name from (describe ({sql}))")]
    kept = pd.DataFrame(query(home, sql), columns=names, dtype=object).sort_values(order).reset_index(drop=True)
    pd.testing.assert_frame_equal(kept.fillna("").astype(str), whole[names].fillna("").astype(str))
    return True


@pytest.mark.own_run("a second publication takes over what the first has found")
def test_months_that_a_revision_does_not_touch_are_taken_over(audited: Home, revisions: Revisions) -> None:
    """The others are gathered anew; so they are after one in the first month, on which every series hangs."""
    assert revisions.publish(audited, "march-2").outcome == "published"
    found = carried(audited)
    assert all({"2024-01", "2024-02"} <= found[gate] and "2024-03" not in found[gate] for gate in BY_MONTH)
    assert not found.keys() & WHOLE and same_as_whole(audited)
    assert revisions.publish(audited, "january").outcome == "published"
    assert "2024-02" in carried(audited)["keys_and_shapes"] and same_as_whole(audited)


@pytest.mark.series("test_what_is_taken_over_is_judged_again")
@pytest.mark.own_run("what decides on evidence is changed between two publications")
def test_another_gate_is_gathered_anew(audited: Home, revisions: Revisions, expectations: Path) -> None:
    """One whose question changed; the others are not."""
    with (expectations / "layers.sql").open("a", encoding="utf-8") as sql:
        sql.write("\n-- said in another way\n")
    assert revisions.publish(audited, "march-2").outcome == "published"
    assert "layers" not in carried(audited) and "keys_and_shapes" in carried(audited)
    with (expectations / "datasets.yml").open("a", encoding="utf-8") as datasets:
        datasets.write("\n# another promise\n")
    assert revisions.publish(audited, "march-3").outcome == "published"
    assert carried(audited) == {}


@pytest.mark.usefixtures("few_gates")
@pytest.mark.own_run("what was taken over is judged by another limit")
def test_what_is_taken_over_is_judged_again(audited: Home, revisions: Revisions, expectations: Path) -> None:
    """A known exception that nothing needs fails, whatever its gate has taken over."""
    (expectations / "known_exceptions.yml").write_text(
        "exceptions:\n  a_layer:\n    gates: [layers]\n    dataset: gacc import\n    months: 2024-01..2024-01\n"
        "    scope: '*'\n    expect: 1..2\n    reason: a test\n    source: a test\n    expires: 2030-01-01\n",
        encoding="utf-8",
    )
    publication = revisions.publish(audited, "march-2")
    assert publication.outcome == "failed"
    assert set(publication.report.findings("failed")["measure"]) == {"known exception"}


@pytest.mark.series("test_months_that_a_revision_does_not_touch_are_taken_over")
@pytest.mark.own_run("the inputs of a month change between two publications")
def test_a_raw_file_that_changed_is_read_again(audited: Home, revisions: Revisions) -> None:
    """And so is what somebody has changed in the evidence that would be taken over."""
    revisions.put(audited, "march-2")
    for path in audited.raw.glob("*/month=2024-01/*.parquet"):
        os.utime(path)
    assert publish(audited, Landing(audited).state()).outcome == "published"
    assert all("2024-01" not in carried(audited)[gate] and "2024-02" in carried(audited)[gate] for gate in BY_MONTH)
    evidence = Releases(audited).folder() / "parquet" / "audit_results.parquet"
    evidence.write_bytes(evidence.read_bytes() + b" ")
    assert revisions.publish(audited, "march-3").outcome == "published"
    assert carried(audited) == {} and same_as_whole(audited)


def in_another_month(home: Home) -> None:
    """A row of February in the raw file of March."""
    (path,) = home.raw.glob("gacc/month=2024-03/r000002*.parquet")
    rows = pq.read_table(path, partitioning=None)
    moved = rows.slice(0, 1).set_column(rows.schema.get_field_index("month"), "month", pa.array([dt.date(2024, 2, 1)]))
    pq.write_table(pa.concat_tables([rows, moved.cast(rows.schema)]), path)


def in_no_month(home: Home) -> None:
    """A row of a mart in a month that no receipt covers."""
    with duckdb.connect(str(home.build_database), config={"home_directory": str(home.root)}) as con:
        first = "from mart_partner_category_monthly where month = date '2024-04-01' limit 1"
        con.execute(
            f"insert into mart_partner_category_monthly by name select * replace (date '2026-01-01' as month) {first}"
        )


@pytest.mark.usefixtures("few_gates")
@pytest.mark.own_run("a publication after rows were changed behind its back")
@pytest.mark.parametrize(
    ("change", "gate", "month"),
    [(in_another_month, "receipt_scope", "2024-02"), (in_no_month, "layers", "2026-01")],
)
def test_rows_where_nobody_looks_are_found(
    audited: Home, change: Callable[[Home], None], gate: str, month: str
) -> None:
    """Although every month that was looked at before is taken over."""
    change(audited)
    publication = publish(audited, Landing(audited).state())
    assert publication.outcome == "failed"
    found = publication.report.findings("failed")
    assert (gate, month) in {(g, f"{m:%Y-%m}") for g, m in zip(found["gate"], found["month"], strict=True)}


@pytest.mark.series("test_months_that_a_revision_does_not_touch_are_taken_over")
@pytest.mark.own_run("a receipt is withdrawn between two publications")
def test_withdrawn_months_leave_no_evidence(audited: Home, revisions: Revisions) -> None:
    """What was said of a month that is covered no longer goes with it."""
    assert revisions.publish(audited, "june").outcome == "published"
    assert query(audited, "select count(*) > 0 from audit_results where month = date '2024-06-01'") == [(True,)]
    assert revisions.publish(audited, "no-june").outcome == "published"
    assert carried(audited) and same_as_whole(audited)
    sql = "select distinct gate from audit_results where month = date '2024-06-01' and n_compared > 0"
    assert query(audited, sql) == []


@pytest.mark.usefixtures("few_gates")
@pytest.mark.own_run("publications a month apart are what is tested")
def test_once_a_month_the_audit_is_whole(audited: Home, revisions: Revisions, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `bonded audit` is at any time."""
    monkeypatch.setattr(candidate, "READ_WHOLE", candidate.READ_WHOLE * 0)
    assert revisions.publish(audited, "march-2").outcome == "published"
    assert carried(audited) == {}
    assert not audit_folder(audited, Releases(audited).folder()).results["is_carried"].any()
    assert (Releases(audited).folder() / DATABASE).exists()
