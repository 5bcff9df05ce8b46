"""What is seen in the typed rows of a file of trade, whatever its layout.

Belongs here: what landing asks of every parsed file. Not here: reading a layout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.base.duck import cursor, literal
from orchestration.sources.source import MonthContent


@dataclass(frozen=True)
class SeenTrade:
    """A `ParsedTrade` of a layout that prints month and partner in each row."""

    rows_path: Path
    encoding: str
    currency: str
    columns: tuple[str, ...]
    dimensions: tuple[str, ...]
    months: tuple[MonthContent, ...]
    partners: tuple[str, ...]
    hs_chapters: tuple[str, ...]
    rows: int
    value: int
    code_length: int
    has_month: bool = True
    has_partner: bool = True
    reporter: str | None = None
    flow: str | None = None


@dataclass(frozen=True)
class SeenDocument:
    """A `ParsedDocument`: its figures as Parquet in the reader's `ROW_SCHEMA`, in order, and what was seen in it."""

    rows_path: Path
    table: str
    title: str
    month: dt.date
    encoding: str
    rows: int
    remarks: tuple[str, ...]


def seen_trade(
    rows_path: Path,
    says: Mapping[str, str],
    *,
    encoding: str,
    currency: str,
    columns: tuple[str, ...],
    code_length: int,
) -> SeenTrade:
    """Sum the typed rows of a file up. `says`: as in the source's offer; `code_length`: the digits of all its codes."""
    own = ", ".join(f"{says.get(name, name)} as {name}" for name in ("month", "hs_code", "partner_code", "value"))
    rows = f"select {own} from read_parquet({literal(rows_path)})"
    with cursor() as con:
        months = con.execute(
            f"select month, count(*), sum(value)::hugeint from ({rows}) group by month order by month"
        ).fetchall()
        codes = con.execute(
            "select list(distinct partner_code) filter (partner_code is not null), list(distinct left(hs_code, 2)) "
            f"from ({rows})"
        ).fetchone() or (None, None)
    return SeenTrade(
        rows_path=rows_path,
        encoding=encoding,
        currency=currency,
        columns=columns,
        dimensions=("month", "hs_code", "partner_code"),
        months=tuple(MonthContent(*row) for row in months),
        partners=tuple(sorted(codes[0] or ())),
        hs_chapters=tuple(sorted(codes[1] or ())),
        rows=sum(count for _, count, _ in months),
        value=sum(value for _, _, value in months),
        code_length=code_length,
    )
