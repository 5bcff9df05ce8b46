"""A revised file: what was known before, what is known now, and nothing else changed."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home, settings
from orchestration.releases.as_of import KEPT, as_of
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from tests.conftest import add, query, released, row, tree, value
from tests.gates.looking import declare

BEFORE, SINCE = dt.date(2025, 1, 19), dt.date(2025, 1, 20)
CLAIM = """  {name}:
    text: "Chips from the United States, {month}"
    publisher: A paper
    published_on: 2024-12-24
    address: not recorded
    flow: import
    partner: "502"
    scheme: ic
    category: integrated_circuits
    measure: value_usd
    comparison: equals
    period: {month}
    value: {value}
    half_unit: 0
"""


def chips(folder: Path, month: str) -> int | None:
    """US dollars of the United States' chips in a folder of published tables."""
    sql = f"select value_usd from v_ic_by_partner where month = '{month}-01' and partner_code = '502'"
    rows = run_sql(folder, sql)[1]
    return rows[0][0] if rows else None


@pytest.mark.own_run("a month is revised between two releases")
def test_a_revision_is_shown_and_the_past_stays(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restatement, as-of, both releases, and a claim that was right when it was printed."""
    old = {month: value(small, month) for month in ("2024-02", "2024-03")}
    expectations = Path(shutil.copytree(PROJECT / "expectations", tmp_path / "expectations"))
    claims = [CLAIM.format(name=f"chips_{month[-2:]}", month=month, value=usd) for month, usd in old.items()]
    (expectations / "claims.yml").write_text("claims:\n" + "".join(claims), encoding="utf-8")
    declare(expectations, "shape", "layers", "restatement", "claim_verdicts")
    monkeypatch.setattr(settings(), "expectations", expectations)
    first = released(small).release_id
    verdicts = "select claim_id, verdict_then, verdict_now from mart_claim where claim_id like 'chips%' order by 1"
    assert query(small, verdicts) == [("chips_02", "confirmed", "confirmed"), ("chips_03", "confirmed", "confirmed")]
    before = tree(Releases(small).folder(first))

    codes = ("85423110", "85423190")
    add(small, tmp_path, [row("202402", hs=code, value="77") for code in codes], hs="85423", months="2024-02")
    released(small)

    assert (value(small, "2024-02"), value(small, "2024-03")) == (154, old["2024-03"])
    assert tree(Releases(small).folder(first)) == before and value(small, "2024-02", release=first) == old["2024-02"]
    assert chips(as_of(small, BEFORE).folder, "2024-02") == old["2024-02"]
    assert chips(as_of(small, SINCE).folder, "2024-02") == 154
    # An older release answers with its own receipts, whatever came later.
    assert chips(as_of(small, SINCE, first).folder, "2024-02") == old["2024-02"]
    assert query(small, verdicts) == [("chips_02", "confirmed", "contradicted"), ("chips_03", "confirmed", "confirmed")]
    restated = query(
        small,
        "select strftime(month, '%Y-%m'), known_from::varchar, value_usd, first_value_usd, latest_value_usd, "
        "change_usd from mart_partner_category_restatement where category_scheme = 'ic' order by all",
    )
    assert restated == [
        ("2024-02", "2024-12-20", old["2024-02"], old["2024-02"], 154, None),
        ("2024-02", "2025-01-20", 154, old["2024-02"], 154, 154 - (old["2024-02"] or 0)),
    ]


@pytest.mark.own_run("tables as of a date are built")
def test_what_is_built_for_a_date_is_used_again_and_only_a_few_are_kept(small: Home) -> None:
    """Dates on which the same was known share one; before the first vintage nothing was known."""
    made = {as_of(small, day).folder for day in (dt.date(2024, 12, 20), BEFORE, SINCE)}
    assert len(made) == 1 and made.pop().parent == small.warehouse / "as_of"
    for name in ("a", "b", "c"):
        (small.warehouse / "as_of" / name).mkdir()
        (small.warehouse / "as_of" / name / "trade.duckdb").touch()
    as_of(small, SINCE)
    with pytest.raises(RefusalError, match="nothing was known on 2024-12-19") as refused:
        as_of(small, dt.date(2024, 12, 19))
    assert "2024-12-20" in str(refused.value)
    assert len(list((small.warehouse / "as_of").iterdir())) == KEPT
