"""What every event of `release` shows, whether a run made it or nothing was new; without what builds and audits."""

from typing import Any

import dagster as dg

from orchestration.base.settings import Home
from orchestration.pages.serving import page_of, served_at
from orchestration.pages.shelf import page_name
from orchestration.releases.store import Releases
from orchestration.releases.summary import summary


def release_metadata(home: Home, release_id: str) -> dict[str, Any]:
    """What the UI shows of a release in each of its events, those on unchanged content too."""
    said = summary(home, release_id)
    synthetic = {"SYNTHETIC": "every figure of this release is made up"} if said.is_synthetic else {}
    held_back = {"HELD BACK": dg.MetadataValue.md("\n".join(f"* {text}" for text in said.held_back))}
    return {
        **synthetic,
        **(held_back if said.held_back else {}),
        "last month": said.last_month,
        "headline": dg.MetadataValue.md("\n".join(f"* {line}" for line in said.headline)),
        "changed against the release before": dg.MetadataValue.md("\n".join(f"* {line}" for line in said.changed)),
        "published": dg.MetadataValue.timestamp(said.published),
        "page": shown_at(home, release_id, page_name(Releases(home).manifest(release_id))),
    }


def shown_at(home: Home, release_id: str, name: str) -> dg.MetadataValue:
    """Where a file of a release can be looked at: at its address while the home's pages are served.

    A browser opens no file from the page of a server: elsewhere it is a path, which can be copied.
    """
    if address := served_at(home):
        return dg.MetadataValue.url(page_of(address, release_id, name))
    return dg.MetadataValue.path(Releases(home).folder(release_id) / name)
