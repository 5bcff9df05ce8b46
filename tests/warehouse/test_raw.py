"""Raw files: the rows of a receipt's month, as they were seen at receiving."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from orchestration.base.settings import Home
from orchestration.landing.scope import Scope
from orchestration.landing.store import Landing, Receipt
from orchestration.warehouse.raw import raw_path, write_raw
from tests.conftest import ENGLISH, csv_text, row


def test_rows_of_an_undated_file_lie_in_its_declared_month(home: Home, tmp_path: Path) -> None:
    """The receipt's one month is the month of each row, when the file is parsed again."""
    month, sha256 = dt.date(2024, 5, 1), "0" * 64
    export = tmp_path / "export.csv"
    export.write_bytes(csv_text([row()[1:], row(hs="85423110")[1:]], ENGLISH[1:]).encode())
    Landing(home).keep_bytes(export, sha256)
    receipt = Receipt(
        sequence=1,
        receipt_id="r000001-00000000",
        sha256=sha256,
        bytes=1,
        name="export.csv",
        received_at=dt.datetime(2024, 6, 20, tzinfo=dt.UTC),
        dataset=None,
        vintage=dt.date(2024, 6, 20),
        header=None,
        scope=Scope(
            source="gacc", reporter="CHN", flow="import", months=(month, month), hs=("8542",), partners=("502",),
            currency="USD",
            dimensions=("month", "hs_code", "partner_code"),
        ),
        printed=None,
        encoding="utf-8",
        content=(),
    )  # fmt: skip
    assert write_raw(home, receipt, [month]) == [month]
    written = f"read_parquet('{raw_path(home, receipt, month)}', hive_partitioning = false)"
    rows = duckdb.execute(f"select month, line, value from {written} order by line").fetchall()
    assert rows == [(month, 2, 1234), (month, 3, 1234)]
