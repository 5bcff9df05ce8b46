"""Raw rows that cannot be: a file in raw/ is changed, and the gate says which question, how many rows, which line."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.base.settings import PROJECT, Home
from orchestration.gates import raw_rows
from orchestration.gates.audit import audit
from orchestration.gates.evidence import Subject
from orchestration.landing.store import Landing
from orchestration.releases.database import DATABASE
from tests.conftest import add, released, row

GATE, MONTH = "keys_and_shapes", "2022-05"
KEY, CODE, PARTNER = "No key stands twice", "Codes have the digits", "Partner codes have the shape"
VALUE, SIGN = "Every row has a value", "Values are not negative"
QUANTITY_1, QUANTITY_2 = "First quantities are not negative", "Second quantities are not negative"
#: What is done to the rows of one month, the question that finds it, rows found wrong, and the first bad line.
FAULTS = {
    "a row twice": ("insert into raw select * replace (9999 as line) from raw where line = 5", KEY, 2, 5),
    "a row three times": (
        "insert into raw select r.* replace (9000 + n as line) from raw r, range(2) t(n) where line = 5",
        KEY,
        3,
        5,
    ),
    "a row without regime twice": (
        "update raw set regime_code = null where line = 5; "
        "insert into raw select * replace (9999 as line) from raw where line = 5",
        KEY,
        2,
        5,
    ),
    "the file twice": ("insert into raw select * replace (line + 10000 as line) from raw", KEY, "all twice", 2),
    "a total of six digits": ("update raw set hs_code = '854231' where line = 7", CODE, 1, 7),
    "a code of letters": ("update raw set hs_code = '8542319X' where line >= 7 and line < 9", CODE, 2, 7),
    "a code that ends with the line": ("update raw set hs_code = '8542319' || chr(10) where line = 7", CODE, 1, 7),
    "no code": ("update raw set hs_code = null where line = 7", CODE, 1, 7),
    "a column shifted": ("update raw set partner_code = '14', regime_code = '03' where line = 8", PARTNER, 1, 8),
    "no partner": ("update raw set partner_code = null where line = 8", PARTNER, 1, 8),
    "the world in a file of partners": ("update raw set partner_code = 'world' where line = 8", PARTNER, 1, 8),
    "no value": ("update raw set value = null where line in (9, 4)", VALUE, 2, 4),
    "a value below zero": ("update raw set value = -1 where line = 9", SIGN, 1, 9),
    "a first quantity below zero": ("update raw set quantity_1 = -1 where line = 9", QUANTITY_1, 1, 9),
    "a second quantity below zero": ("update raw set quantity_2 = -5 where line in (3, 9)", QUANTITY_2, 2, 3),
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The expectations, with this gate alone declared."""
    folder = Path(shutil.copytree(PROJECT / "expectations", tmp_path_factory.mktemp("alone") / "expectations"))
    (folder / "gates.yml").write_text(f"gates:\n  {GATE}: {{speaks: where_asked}}\n", encoding="utf-8")
    return folder


def inspected(home: Home, expectations: Path = PROJECT / "expectations") -> pd.DataFrame:
    """What the gate says of the home's release."""
    database = home.releases / "current" / DATABASE
    report = audit(Subject(home, database, Landing(home).state().sequence, expectations))
    return report.results[report.results["gate"] == GATE]


def change_rows(file: Path, change: str) -> int:
    """Write a raw file anew after a change to its rows, the table `raw`; returns how many there are."""
    with duckdb.connect() as con:
        con.execute(f"create table raw as from read_parquet('{file}', hive_partitioning = false)")
        con.execute(change)
        con.execute(f"copy raw to '{file}' (format parquet)")
        return len(con.execute("select 1 from raw").fetchall())


@pytest.fixture
def changeable(sample_home: Home, tmp_path: Path) -> Home:
    """The sample with raw files of its own."""
    home = Home(tmp_path / "changeable")
    home.root.mkdir()
    shutil.copytree(sample_home.raw, home.raw)
    for part in ("landing", "releases"):
        (home.root / part).symlink_to(sample_home.root / part)
    return home


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_cannot_be_is_found(changeable: Home, alone: Path, fault: str) -> None:
    """By its own question alone, in its month alone, with its line."""
    change, question, wrong, line = FAULTS[fault]
    (file,) = changeable.raw.glob(f"*/month={MONTH}/*.parquet")
    rows = change_rows(file, change)
    found = inspected(changeable, alone)
    (bad,) = found[found["verdict"] != "passed"].to_dict("records")
    assert bad["verdict"] == "failed" and bad["scope"].startswith(question)
    assert f"{bad['month']:%Y-%m}" == MONTH and bad["n_compared"] == rows
    assert bad["actual"] == (rows if wrong == "all twice" else wrong)
    assert bad["reason"] == f"first {file.name.partition('.')[0]} line {line}"


def test_months_a_few_at_a_time_or_all_at_once_say_the_same(
    changeable: Home, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the history is cut."""
    (file,) = changeable.raw.glob(f"*/month={MONTH}/*.parquet")
    change_rows(file, FAULTS["a row twice"][0])
    whole = inspected(changeable, alone)
    assert len(whole) == 58 * 7
    for size in (1, 100):
        monkeypatch.setattr(raw_rows, "ROWS_AT_ONCE", size)
        pd.testing.assert_frame_equal(inspected(changeable, alone), whole)


@pytest.mark.own_run("two revisions must pass through a build")
def test_a_key_may_stand_in_two_receipts_and_a_world_file_has_no_partner(small: Home, tmp_path: Path) -> None:
    """A revision repeats the keys of what it revises."""
    add(small, tmp_path, [row("202403", value="9,000")], hs="85423190", months="2024-03")
    add(small, tmp_path, [row("202403")], hs="85423190", months="2024-03", vintage="2025-02-20")
    released(small)
    found = inspected(small)
    assert set(found["verdict"]) == {"passed"}
    (march,) = found[(found["scope"].str.startswith(KEY)) & (found["month"].astype(str) == "2024-03-01")].to_dict(
        "records"
    )
    assert march["n_compared"] == 8
