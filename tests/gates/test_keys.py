"""Raw rows that cannot be: a file in raw/ is changed, and the gate says which question, how many rows, which line."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.base.months import format_month, month_range
from orchestration.base.settings import Home
from orchestration.gates import raw_rows
from orchestration.gates.audit import audit
from orchestration.gates.evidence import Subject
from orchestration.landing.store import Landing
from orchestration.releases.database import DATABASE
from orchestration.warehouse.build import write_raw_files
from tests.conftest import add, row
from tests.gates.looking import only

GATE = "keys_and_shapes"
KEY, CODE, PARTNER = "No key stands twice", "Codes have the digits", "Partner codes have the shape"
VALUE, SIGN = "Every row has a value", "Values are not negative"
QUANTITY_1, QUANTITY_2 = "First quantities are not negative", "Second quantities are not negative"
#: What is done to the rows of a month, the question that finds it, rows found wrong, and the first bad line.
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


#: Each fault has a month of its own, of which the sample has one file.
MONTHS = dict(zip(FAULTS, month_range(dt.date(2021, 1, 1), dt.date(2022, 3, 1)), strict=True))


@dataclass(frozen=True)
class Faulty:
    """The sample with every fault in its month: by fault its file and how many rows that has, and what is found."""

    home: Home
    files: dict[str, tuple[Path, int]]
    found: pd.DataFrame


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The expectations, with this gate alone declared."""
    return only(tmp_path_factory.mktemp("alone"), GATE)


@pytest.fixture(scope="module")
def faulty(sample_home: Home, alone: Path, tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    """Raw files of its own, changed, and looked at once for all faults."""
    home = Home(tmp_path_factory.mktemp("faulty") / "home")
    home.root.mkdir()
    shutil.copytree(sample_home.raw, home.raw)
    for part in ("landing", "releases"):
        (home.root / part).symlink_to(sample_home.root / part)
    files = {}
    for fault, (change, *_) in FAULTS.items():
        (file,) = home.raw.glob(f"*/month={format_month(MONTHS[fault])}/*.parquet")
        files[fault] = file, change_rows(file, change)
    return Faulty(home, files, inspected(home, alone))


def inspected(home: Home, expectations: Path) -> pd.DataFrame:
    """What the gate says of the home's raw files."""
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


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_cannot_be_is_found(faulty: Faulty, fault: str) -> None:
    """By its own question alone, with its line."""
    _, question, wrong, line = FAULTS[fault]
    file, rows = faulty.files[fault]
    of_month = faulty.found[faulty.found["month"] == MONTHS[fault]]
    (bad,) = of_month[of_month["verdict"] != "passed"].to_dict("records")
    assert bad["verdict"] == "failed" and bad["scope"].startswith(question) and bad["n_compared"] == rows
    assert bad["actual"] == (rows if wrong == "all twice" else wrong)
    assert bad["reason"] == f"first {file.name.partition('.')[0]} line {line}"


def test_faults_are_found_in_their_months_alone(faulty: Faulty) -> None:
    """Every month is looked at, and those without a fault pass."""
    bad = faulty.found["verdict"] != "passed"
    assert len(faulty.found) == 58 * 7 and set(faulty.found.loc[bad, "month"]) == set(MONTHS.values())


def test_months_a_few_at_a_time_or_all_at_once_say_the_same(
    faulty: Faulty, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the history is cut."""
    for size in (1, 100):
        monkeypatch.setattr(raw_rows, "ROWS_AT_ONCE", size)
        pd.testing.assert_frame_equal(inspected(faulty.home, alone), faulty.found)


def test_a_key_may_stand_in_two_receipts_and_a_world_file_has_no_partner(
    small: Home, alone: Path, tmp_path: Path
) -> None:
    """A revision repeats the keys of what it revises."""
    add(small, tmp_path, [row("202403", value="9,000")], hs="85423190", months="2024-03")
    add(small, tmp_path, [row("202403")], hs="85423190", months="2024-03", vintage="2025-02-20")
    write_raw_files(small, Landing(small).state())
    found = inspected(small, alone)
    assert set(found["verdict"]) == {"passed"}
    (march,) = found[(found["scope"].str.startswith(KEY)) & (found["month"].astype(str) == "2024-03-01")].to_dict(
        "records"
    )
    assert march["n_compared"] == 8
