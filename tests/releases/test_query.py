"""A query is one question to one release: it writes nothing, opens nothing else, and fails in a sentence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home, settings
from orchestration.releases import query
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases

#: What is no question, or none that this database answers, and a word of the refusal.
REFUSED = {
    "nothing": ("", "no question"),
    "blanks and a comment": (" -- all\n;", "no question"),
    "a second statement": ("select 1; select 2", "one question"),
    "a pivot and a second statement": ("pivot (select 1 as n) on n using count(*); select 2", "one question"),
    "a table": ("create table x as select 1", "read-only"),
    "a temporary table": ("create temp table x as select 1", "read-only"),
    "a row": ("insert into dim_month select * from dim_month", "read-only"),
    "another database": ("attach '{}/x.duckdb'", "read-only"),
    "a file": ("copy (select 1) to '{}/x.csv'", "read-only"),
    "the whole as files": ("export database '{}/x'", "read-only"),
    "an extension": ("install httpfs", "read-only"),
    "a setting": ("set enable_external_access = true", "read-only"),
    "a setting back": ("reset memory_limit", "read-only"),
    "a pragma": ("pragma enable_profiling", "read-only"),
    "a transaction": ("begin", "read-only"),
    "a log": ("call enable_logging('QueryLog', storage = 'file', storage_path = '{}')", "read-only"),
    "a log as a table": ("from enable_logging('QueryLog', storage = 'stdout')", "read-only"),
    "reading a file": ("from read_text('/etc/hostname')", "disabled"),
    "looking for files": ("from glob('/etc/*')", "disabled"),
    "a file by its name": ("from '/etc/hostname.csv'", "disabled"),
    "no SQL": ("how many chips?", "Parser Error"),
    "a zero byte": ("select 'a\x00b'", "Parser Error"),
    "no text": ("select '\udcff'", "no text"),
    "nested without end": ("select " + "(" * 50_000 + "1" + ")" * 50_000, "Parser Error"),
    "a value that Python cannot hold": ("select interval '99999999 years'", "too large"),
    "a parameter": ("select ?", "parameter"),
    "an error of its own": ("select error('boom')", "boom"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_question_is_refused_in_a_sentence(small_home: Home, tmp_path: Path, case: str) -> None:
    """And nothing is written anywhere."""
    sql, word = REFUSED[case]
    with pytest.raises(RefusalError, match=word) as refused:
        run_sql(Releases(small_home).folder(), sql.replace("{}", str(tmp_path)))
    assert len(refused.value.what) < 400 and refused.value.remedy and not list(tmp_path.iterdir())


ANSWERED = ("from release_info", "show all tables", "describe v_ic", "summarize dim_month", "explain select 1",
            "pivot fct_trade_monthly on partner_code using sum(value_usd) group by month", "from v_ic_by_partner;",
            "from trade.main.release_info", "values (1)")  # fmt: skip


@pytest.mark.parametrize("sql", ANSWERED)
def test_questions_are_answered(small_home: Home, sql: str) -> None:
    """Each with columns and rows."""
    columns, rows = run_sql(Releases(small_home).folder(), sql)
    assert columns and rows


ENDLESS = (
    "with recursive t as (select 1 as n, 'x' as s union all select n + 1, s || s from t) select max(n) from t",
    "select count(*) from (select distinct range::varchar || repeat('x', 100) from range(10_000_000))",
    "from range(100_000_000)",
)


@pytest.mark.parametrize("sql", ENDLESS)
def test_memory_and_disk_have_an_end(
    small_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    """What would take more is refused, and nothing is left of what it spilled."""
    monkeypatch.setattr(settings(), "duckdb_memory", "60MB")
    monkeypatch.setattr(settings(), "query_spill", "20MB")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(query, "LARGEST", 100_000)
    with pytest.raises(RefusalError, match=r"more (than|memory)") as refused:
        run_sql(Releases(small_home).folder(), sql)
    assert refused.value.remedy and not list(tmp_path.iterdir())
