"""The benchmarks measure what the warehouse does: files that are taken, not refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.audit import build_home, measured
from benchmarks.made_up import write_home
from benchmarks.parse import write_file
from orchestration.base.settings import Home
from orchestration.sources.gacc.parse import parse


def test_the_files_of_the_parsing_benchmark_are_sound(tmp_path: Path) -> None:
    """As many rows as are said, each key once, in the site's encoding."""
    rows = write_file(tmp_path / "made_up.csv", 2)
    parsed = parse(tmp_path / "made_up.csv", tmp_path / "work")
    assert (parsed.rows, parsed.encoding) == (rows, "gb18030")


@pytest.mark.own_run("the benchmark's generated home is what is tested")
def test_the_home_of_the_audit_benchmark_is_sound(tmp_path: Path) -> None:
    """No gate but the totals, which made-up trade cannot meet, finds fault in what it compares, and each is measured.

    Some compare nothing: the months have one grain and no figure in two currencies.
    """
    home = Home(tmp_path / "home")
    write_home(home, months=2, rows=1_500)
    build_home(home)
    meter, report = measured(home)
    verdicts = {g.gate: g.verdict for g in report.gates}
    found = report.findings("broken", "failed")
    assert set(found.loc[found["measure"] != "must_compare", "gate"]) <= {"totals"}
    assert [verdicts[gate] for gate in ("layers", "keys_and_shapes", "continuity")] == ["passed"] * 3
    assert {name for name, *_ in meter.parts} == {"start", "tables", "audit", *verdicts}
    keys = report.results[report.results["gate"] == "keys_and_shapes"]
    assert len(keys) == 2 * 7 and keys["n_compared"].between(1_300, 1_700).all()
