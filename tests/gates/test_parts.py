"""Where a gate says so, a long history is gathered in parts; what is compared is what is compared at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.base.settings import Home
from orchestration.gates import bench
from orchestration.gates.judge import GateBrokenError
from orchestration.gates.suites import read_suite
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases
from tests.gates.looking import EXPECTATIONS, changed, evidence

GATES = [path.stem for path in sorted(EXPECTATIONS.glob("*.sql"))]
IN_PARTS = [gate for gate in GATES if read_suite(EXPECTATIONS / f"{gate}.yml").in_parts]


def parts(monkeypatch: pytest.MonkeyPatch, database: Path, months: int, of: int) -> list[int]:
    """Let about so many months of a history be gathered at once; the number of parts of each gate comes to be there."""
    monkeypatch.setattr(bench, "AT_ONCE", database.stat().st_size * months // of)
    found: list[int] = []
    taken = bench.Bench._parts

    def counted(*args: object) -> list[set[str]]:
        found.append(len(said := taken(*args)))  # type: ignore[arg-type]
        return said

    monkeypatch.setattr(bench.Bench, "_parts", counted)
    return found


@pytest.mark.parametrize("gate", IN_PARTS)
def test_parts_say_what_the_whole_says(sample_home: Home, gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row; 58 months, and a year of them or a window at once."""
    database = Releases(sample_home).folder() / DATABASE
    whole = evidence(sample_home, database, [gate])
    found = parts(monkeypatch, database, 12, of=58)
    assert evidence(sample_home, database, [gate]).equals(whole) and not whole.empty
    assert found[0] > 1


def test_no_gate_that_reads_everything_is_asked_in_parts() -> None:
    """Its comparisons of a month hang on others."""
    assert {"facts", "series"} <= {*IN_PARTS}
    assert not {g for g in IN_PARTS if read_suite(EXPECTATIONS / f"{g}.yml").reads in ("all", "before")}


def of_another_month(home: Home, folder: Path, month: str) -> Path:
    """The release with one row more in the fact, of that month."""
    more = f"select * replace ({month} as month) from fct_trade_monthly limit 1"
    free = "alter table fct_trade_monthly alter column month drop not null"
    return changed(home, folder, f"{free}; insert into fct_trade_monthly {more}")


def test_a_row_of_a_month_that_nobody_received_is_seen(
    small_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its month is one of the parts."""
    database = of_another_month(small_home, tmp_path, "date '2031-05-01'")
    found = parts(monkeypatch, database, 1, of=4)
    rows = evidence(small_home, database, ["facts"])
    assert found[0] > 1 and (rows["month"].astype(str) == "2031-05-01").any()


def test_a_row_of_no_month_breaks_the_gate(small_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in no part: all is gathered at once, and the gate says so."""
    database = of_another_month(small_home, tmp_path, "null")
    found = parts(monkeypatch, database, 1, of=4)
    with pytest.raises(GateBrokenError, match=r"evidence\.month"):
        evidence(small_home, database, ["facts"])
    assert found == [1]
