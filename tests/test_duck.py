"""Scratch connections: none may touch another's spilled rows."""

from __future__ import annotations

from orchestration.duck import scratch


def test_each_connection_spills_to_a_folder_of_its_own() -> None:
    """Two processes that spill to one folder read each other's rows: DuckDB names the files alike."""
    with scratch() as one, scratch() as other:
        folders = {con.execute("select current_setting('temp_directory')").fetchall()[0] for con in (one, other)}
    assert len(folders) == 2
