"""The benchmarks measure what the warehouse does: files that are taken, not refused."""

from __future__ import annotations

from pathlib import Path

from benchmarks.parse import write_file
from orchestration.sources.gacc import parse


def test_the_files_of_the_parsing_benchmark_are_sound(tmp_path: Path) -> None:
    """As many rows as are said, each key once, in the site's encoding."""
    rows = write_file(tmp_path / "made_up.csv", 2)
    parsed = parse(tmp_path / "made_up.csv", tmp_path / "work")
    assert (parsed.rows, parsed.encoding) == (rows, "gb18030")
