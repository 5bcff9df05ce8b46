"""docs/connect.md: each of its blocks runs as it stands, on a release of this machine."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys

import pytest

from orchestration.base.settings import PROJECT, Home
from tests.test_docs import fences

TEXT = (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8")
BLOCKS = fences(TEXT, "python")
#: Libraries that are no part of the installation: a block that needs one is run where somebody has it.
OTHERS = {"polars", "ibis"}


def needs(block: str) -> set[str]:
    """The libraries that a block imports."""
    return set(re.findall(r"(?m)^(?:import|from) (\w+)", block)) - set(sys.stdlib_module_names)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "-".join(sorted(needs(block))) or "path")
def test_a_block_runs_as_it_stands(sample_home: Home, block: str) -> None:
    """And prints something."""
    missing = {name for name in needs(block) & OTHERS if importlib.util.find_spec(name) is None}
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed here")
    place = {**os.environ, "HOME_DIR": str(sample_home.root)}
    done = subprocess.run([sys.executable, "-c", block], env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


def test_each_library_has_its_block() -> None:
    """Neither more nor less."""
    assert set().union(*map(needs, BLOCKS)) == {"duckdb", "pandas", *OTHERS}


def test_what_was_not_tried_says_so() -> None:
    """Superset and Power Query."""
    assert "from documentation" in TEXT.split("## Superset")[1].split("##")[0].lower()
    assert "from documentation" in TEXT.split("## Excel")[1].split("##")[0].lower()
