"""Links from the UI to the code of each asset."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets import code
from orchestration.assets.landing import landing_receipts
from orchestration.base.settings import PROJECT
from orchestration.definitions import defs


def references(asset: dg.AssetsDefinition, key: str) -> list[str]:
    """Files and lines, or addresses, in order."""
    found = asset.metadata_by_key[dg.AssetKey(key)]["dagster/code_references"]
    return [reference.source for reference in found.code_references]


def test_every_asset_names_files_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its function, on the line where it begins; of a dbt model the SQL first."""
    graph = defs.get_repository_def().asset_graph
    keys = graph.materializable_asset_keys
    for key in keys:
        found = graph.get(key).metadata["dagster/code_references"].code_references
        assert found and all(Path(reference.file_path).is_file() for reference in found), key
    fact = graph.get(dg.AssetKey("fct_trade_monthly")).metadata["dagster/code_references"].code_references
    assert [Path(reference.file_path).name for reference in fact] == ["fct_trade_monthly.sql", "dbt.py"]
    monkeypatch.setattr(code, "_origin", lambda: "")
    (asset,) = code.with_code([landing_receipts])
    file, line = references(asset, "landing_receipts")[0].rsplit(":", 1)
    lines = Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1 :]
    assert any("def landing_receipts(" in text for text in lines[:20])


def test_a_clone_of_a_site_links_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the same file and line."""
    monkeypatch.setattr(code, "_origin", lambda: "git@github.com:somebody/bonded.git")
    (asset,) = code.with_code([landing_receipts])
    (found,) = references(asset, "landing_receipts")
    assert found.startswith("https://github.com/somebody/bonded/tree/HEAD/orchestration/assets/landing.py#L")


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("git@github.com:a/b.git", "https://github.com/a/b"),
        ("https://github.com/a/b", "https://github.com/a/b"),
        ("ssh://git@gitlab.com/a/c/b.git", "https://gitlab.com/a/c/b"),
        ("https://name:secret@gitlab.example.org/a/b.git/", "https://gitlab.example.org/a/b"),
        ("https://example.org/github/b.git", None),
        (str(PROJECT), None),
        ("", None),
    ],
)
def test_only_sites_that_show_code_are_linked(origin: str, site: str | None) -> None:
    """And never with what somebody logs in with."""
    assert code.site_of(origin) == site
