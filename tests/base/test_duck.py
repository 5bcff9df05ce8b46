"""Connections of several users: none may touch another's rows or memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from orchestration.base.duck import cursor, scratch


def test_each_connection_spills_to_a_folder_of_its_own() -> None:
    """Two processes that spill to one folder read each other's rows: DuckDB names the files alike."""
    with scratch() as one, scratch() as other:
        folders = {con.execute("select current_setting('temp_directory')").fetchall()[0] for con in (one, other)}
    assert len(folders) == 2


def test_each_thread_has_a_database_of_its_own() -> None:
    """Files parsed at once would share the memory of one."""
    with cursor() as con:
        con.execute("create table mine (n integer)")
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(lambda: cursor().execute("select count(*) from duckdb_tables()").fetchall()).result()
        con.execute("drop table mine")
    assert seen == [(0,)]
