"""What a file may be that is handed on. Not here: what writes them (`formats`), which is dear to import."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What a file may be."""

    CSV = "csv"
    EXCEL_CSV = "excel-csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON = "json"

    @property
    def is_text(self) -> bool:
        """Whether a terminal can show it."""
        return self not in (Format.XLSX, Format.PARQUET)
