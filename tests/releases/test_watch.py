"""The watch list: what may stand in it, and which corrections of a release it speaks of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.corrections.watch import Watched, unknown_to, watch_list, watched_changes
from orchestration.releases.database import DATABASE
from orchestration.releases.store import Releases
from orchestration.terminal.status import home_status
from tests.conftest import copied
from tests.releases.pairs import MADE, Made, Row

LIST = """watch:
  - reporter: CHN
    flow: import
    partner: "502"
    scheme: ic
    category: integrated_circuits
    measure: value_usd
    at_least: 0.05
"""
FAULTS = {
    "value_usd\n    at_least: 0.05": ("value_dollar", 7),
    "flow: import": ("flow: transit", 3),
    "CHN": ("China", 2),
    "0.05": ("-1", 8),
    "scheme: ic": ("schema: ic", 5),
    "- reporter": ("- source: customs\n    reporter", 2),
}


@pytest.mark.parametrize("part", FAULTS)
def test_a_fault_names_file_and_line(home: Home, part: str) -> None:
    """Nothing is dropped silently."""
    to, line = FAULTS[part]
    home.watch.write_text(LIST.replace(part, to), encoding="utf-8")
    with pytest.raises(RefusalError, match=rf"watch\.yml, line {line}:") as refused:
        watch_list(home)
    assert refused.value.remedy


def test_without_a_file_nothing_is_watched(home: Home) -> None:
    """As with one that names none."""
    assert watch_list(home) == ()
    home.watch.write_text("watch: []\n", encoding="utf-8")
    assert watch_list(home) == ()


def test_the_status_shows_the_list(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Which series readers do not see, and why a list cannot be read."""
    home = copied(small_home, tmp_path_factory)
    home.watch.write_text(LIST + LIST.replace("watch:\n", "").replace("502", "999"), encoding="utf-8")
    known, unknown = home_status(home).watched
    assert known == "CHN import 502 ic/integrated_circuits value_usd from 5 % on"
    assert unknown.startswith("CHN import 999") and unknown.endswith("(no such series in the last release)")
    home.watch.write_text(LIST.replace("flow", "flo"), encoding="utf-8")
    assert "watch.yml, line 3" in home_status(home).watched[0]


def past(month: str, partner: str, old: int | None, new: int | None, **said: Any) -> dict[str, Any]:
    """A correction by the release `one`."""
    return {"release_id": "one", "corrected_on": MADE.date(), "cause": "revised by the source", "source": "gacc",
            "cause_detail": f"receipt of {partner}", "reporter": "CHN", "flow": "import", "partner_code": partner,
            "month": f"{month}-01", "partner_name": partner, "category_scheme": "ic", "measure": "value_usd",
            "category_code": "integrated_circuits", "category_name": "Integrated circuits", "old_value": old,
            "new_value": new, **said}  # fmt: skip


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    """A release with corrections: two partners in January, one in February, and all together in March."""
    history = (
        past("2024-01", "502", 100, 104), past("2024-01", "116", 50, 40), past("2024-02", "502", None, 7),
        past("2024-03", "502", 10, 20), past("2024-03", "all", 500, 502), past("2024-01", "502", 1, 9, flow="export"),
        past("2024-01", "502", 1, 9, measure="quantity"), past("2024-01", "502", 1, 9, release_id="before"),
    )  # fmt: skip
    rows = (Row("2024-01", 200, partner="all"), Row("2024-02", 7, partner="all"), Row("2024-03", 502, partner="all"))
    Made(rows, history=history).write(tmp_path / "one", "one")
    return tmp_path / "one"


SERIES = {"reporter": "CHN", "flow": "import", "partner": "502", "scheme": "ic", "category": "integrated_circuits",
          "measure": "value_usd"}  # fmt: skip


def told(folder: Path, **said: object) -> list[tuple[str, int | None, int | None]]:
    """What is told of a series: month, old, new."""
    found = watched_changes(folder, "one", (Watched.model_validate({**SERIES, **said}),))
    return [(f"{c.month:%Y-%m}", c.old_value, c.new_value) for _, c in found]


def test_what_is_told_of_a_partner(corrected: Path) -> None:
    """From a share of change on, which is no matter for what became known; of this release, flow and measure alone."""
    every = [("2024-01", 100, 104), ("2024-02", None, 7), ("2024-03", 10, 20)]
    assert told(corrected) == told(corrected, source="gacc", at_least=0.04) == every
    assert told(corrected, at_least=0.05) == every[1:] and not told(corrected, source="comtrade")


def test_all_partners_together_are_the_sum_of_what_partners_say(corrected: Path) -> None:
    """Where they have no row of their own: 200 now, 6 less than before."""
    assert told(corrected, partner="all") == [("2024-01", 206, 200), ("2024-02", 0, 7), ("2024-03", 500, 502)]
    (_, first), *_ = watched_changes(corrected, "one", (Watched.model_validate({**SERIES, "partner": "all"}),))
    assert first.cause_detail == "receipt of 116", "the greatest part of it"
    assert first.sentence().startswith("Integrated circuits from all partners, 2024-01: US$ 206 → 200 (-2.9 %)")


def test_series_that_a_release_does_not_have(corrected: Path) -> None:
    """Misspelt, or not received yet."""
    one, other = (Watched.model_validate({**SERIES, "partner": partner}) for partner in ("all", "502"))
    with duckdb.connect(str(corrected / DATABASE), read_only=True) as con:
        assert not con.table("mart_partner_category_monthly").fetchall()
    assert unknown_to(corrected, (one, other)) == [other]
    assert Releases(Home(corrected)).ids() == []


def test_a_run_tells_the_remedy_on_a_line_of_its_own(home: Home, bonded: Any) -> None:
    """A list that nobody can read is no reason to publish nothing, and its remedy is legible."""
    home.watch.write_text("watch: [", encoding="utf-8")
    _, _, err = bonded("run", "--home", str(home.root))
    assert "Nobody is told of changed figures: watch.yml, line 1" in err
    assert "\n  Remedy: mend the YAML\n" in err and "\\x0a" not in err
