"""Where the code of each asset lies, which the UI links to: the function, and of a dbt model its SQL.

Links lead to the files here, or to the site that the repository was cloned from, if it is one that shows code.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from orchestration.base.settings import DBT_PROJECT, PROJECT


def dbt_code(dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
    """Metadata that names the file of a dbt model or seed."""
    file = dg.LocalFileCodeReference(file_path=str(DBT_PROJECT / dbt_resource_props["original_file_path"]))
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[file])}


def with_code(assets: Sequence[dg.AssetsDefinition]) -> Sequence[Any]:
    """The assets, each with links to its code."""
    linked = dg.with_source_code_references(assets)
    site = site_of(_origin())
    if site is None:
        return linked
    files = dg.AnchorBasedFilePathMapping(local_file_anchor=PROJECT, file_anchor_path_in_repository="")
    return dg.link_code_references_to_git(linked, site, "HEAD", files)


def site_of(origin: str) -> str | None:
    """The address of a repository on a site that shows code, from the address it was cloned from; else None."""
    found = re.fullmatch(
        r"(?:ssh://|https://)?(?:[^@/]*@)?((?:[\w-]+\.)*(?:github|gitlab)\.[\w.]+)[:/](.+?)(?:\.git)?/?", origin
    )
    return f"https://{found[1]}/{found[2]}" if found else None


def _origin() -> str:
    """Where the repository was cloned from; nothing outside a checkout, or without git."""
    command = ["git", "-C", str(PROJECT), "config", "--get", "remote.origin.url"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
