"""Own categories in releases: each holds the file that it was made by, and answers by it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.as_of import as_of
from orchestration.releases.candidate import build
from orchestration.releases.content import TableContent
from orchestration.releases.corrections.table import comparable
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import Corrections
from orchestration.releases.publish import audit_folder
from orchestration.releases.query import run_sql
from orchestration.releases.settled import is_settled
from orchestration.releases.store import Releases
from orchestration.releases.trace import trace
from orchestration.terminal.doctor import examine
from orchestration.terminal.run import run_home
from tests.conftest import built, contents, published, query, released, row, tree, write_csv
from tests.releases.pairs import Made

OWN = """schemes:
  parts:
    title: Parts
    leaves_out: All else
    categories:
      ic_parts: {name: Parts of chips, prefixes: [854290]}
"""
PARTS = "select value_usd from v_parts_by_partner where month = '2024-03-01' and partner_code = '502'"
TODAY = dt.date(2026, 1, 1)


def told(home: Home) -> tuple[bool, str]:
    """What the doctor says of own categories."""
    (found,) = [finding for finding in examine(home) if finding.check == "own categories"]
    return found.ok, found.detail


@pytest.mark.series("test_an_edit_during_a_run_waits_for_the_next_one")
@pytest.mark.own_run("own categories are published, changed and removed")
def test_each_release_has_the_file_that_it_was_made_by(small: Home) -> None:
    """Query, as-of, trace and audit answer by the release's categories; going back shows them again."""
    first = Releases(small).current_id()
    assert first and not (Releases(small).folder() / "categories.yml").exists()
    small.categories.write_text(OWN, encoding="utf-8")
    assert not is_settled(small)
    second = published(small).release_id
    assert published(small).outcome == "unchanged"
    folder = Releases(small).folder(second)
    assert (folder / "categories.yml").read_text(encoding="utf-8") == OWN
    assert Releases(small).manifest().files["categories.yml"].sha256 == file_sha256(folder / "categories.yml")
    assert query(small, "select is_own, scheme_version, threshold_usd from dim_category_scheme where is_own") == [
        (True, None, 1_000_000_000)
    ]
    ((parts,),) = query(small, PARTS)
    traced = trace(small, dt.date(2024, 3, 1), "502", "ic_parts", "import", "parts")
    assert parts == traced.value_usd == sum(found.value_usd or 0 for found in traced.receipts) > 0
    small.categories.write_text(OWN.replace("854290", "8542"), encoding="utf-8")
    third = released(small).release_id
    ((whole,),) = query(small, PARTS)
    assert whole > parts
    for release, expected in ((second, parts), (third, whole)):
        place = as_of(small, TODAY, release).folder
        assert run_sql(place, PARTS)[1] == [(expected,)]
        assert audit_folder(small, Releases(small).folder(release)).passed
    Releases(small).rollback(second or "")
    assert query(small, PARTS) == [(parts,)]
    small.categories.unlink()
    released(small)
    kept = contents(small, first)
    restated = {"mart_category_restatement", "mart_partner_category_restatement"}
    assert {t: of for t, of in contents(small).items() if t not in restated} == {
        t: of for t, of in kept.items() if t not in restated
    }
    assert "v_parts" not in str(query(small, "select view_name from duckdb_views() where not internal"))


def test_a_fault_stops_a_run_before_anything_is_written(small: Home) -> None:
    """Not even the inbox is taken in; the doctor says why."""
    assert told(small) == (True, "none: there is no categories.yml")
    small.categories.write_text(OWN.replace("854290", "8599"), encoding="utf-8")
    write_csv(small.inbox / "chips" / "new.csv", [row()])
    before = tree(small.root)
    with pytest.raises(RefusalError, match=r"categories.yml, line 6: .*the tariff has no heading 8599"):
        run_home(small, [])
    assert tree(small.root) == before
    ok, detail = told(small)
    assert not ok and "line 6" in detail
    small.categories.write_text(OWN + "hs6: [8542]\n", encoding="utf-8")
    assert told(small) == (True, "1 schemes, 1 headings of hs6")


@pytest.mark.own_run("what an edit during a run comes to is tested")
def test_an_edit_during_a_run_waits_for_the_next_one(small: Home) -> None:
    """The release holds the file by which it was made, not the one that lies there when it is published."""
    small.categories.write_text(OWN, encoding="utf-8")
    built(small)
    small.categories.write_text(OWN.replace("854290", "8542"), encoding="utf-8")
    folder = build(small, Landing(small).state(), Releases(small).current_id())
    assert (folder / "categories.yml").read_text(encoding="utf-8") == OWN
    assert (folder / DATABASE).exists()
    assert not is_settled(small)


def test_own_categories_that_rules_have_come_to_refuse_block_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that the warehouse has taken since: the release that has it is told of, and not compared with."""
    monkeypatch.setattr("orchestration.releases.corrections.table.is_as_published", lambda *_: True)
    was = Made(()).write(tmp_path / "old", "old").model_copy(update={"files": {DATABASE: None}})
    was = was.model_copy(update={"corrections": Corrections(content=TableContent(rows=0, content_hash=""))})
    kept = cast(Releases, SimpleNamespace(ids=lambda: ["old"], known=lambda _: was, folder=lambda _: tmp_path / "old"))
    made = Made(()).write(tmp_path / "new", "new", "old")
    (tmp_path / "old" / "categories.yml").write_text(OWN, encoding="utf-8")
    assert comparable(kept, made) == (was, "")
    (tmp_path / "old" / "categories.yml").write_text(OWN.replace("  parts:", "  solar:"), encoding="utf-8")
    base, remark = comparable(kept, made)
    assert (
        base is None
        and "own categories of release old, categories.yml, line 2: schemes.solar: solar is the name" in remark
    )
