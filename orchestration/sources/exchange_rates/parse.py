"""Parsing monthly exchange rates: CNY per US dollar, averages of the business days of each month.

Belongs here: which table a file is (`table`, `ecb`), and its rows. Not here: which file counts.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month
from orchestration.sources.exchange_rates import web
from orchestration.sources.exchange_rates.ecb import COLUMNS, is_header, read_ecb
from orchestration.sources.exchange_rates.rate import DECIMALS, RateTable, refuse_gaps
from orchestration.sources.exchange_rates.table import HEADERS, header_of, read_table
from orchestration.sources.files.seen import SeenDocument
from orchestration.sources.files.textfile import TextFile, records, transcode
from orchestration.sources.gacc.calendar import BEIJING

SOURCE = "exchange_rates"
#: Raised whenever the same bytes would give other rows; part of every raw file's name.
PARSER_VERSION = "rates2"
TIME_ZONE = BEIJING.key
#: How rates are asked for, and when: by the 5th the ECB has had a working day in which it printed the month's mean.
WEB = web.WEB
RELEASE_CRON = "0 9 6 * *"
#: The columns of a raw row, in order of the file. `line` is the physical line, of a cross rate that of the yuan;
#: `printed` the text of the rate, of a cross rate those of both.
ROW_SCHEMA = pa.schema(
    {
        "line": pa.int64(),
        "month": pa.date32(),
        "cny_per_usd": pa.decimal128(6 + DECIMALS, DECIMALS),
        "printed": pa.string(),
    }
)


def parse(source: Path, workdir: Path, name: str | None = None) -> SeenDocument:
    """Parse one file into `workdir`; `RefusalError` with file, line, column and remedy if it is not sound.

    Months may stand in any order, each once and without a gap.
    """
    name = name or source.name
    workdir.mkdir(parents=True, exist_ok=True)
    text = transcode(source, workdir / "text.csv", name)
    found = _read(text, name)
    refuse_gaps(found, name)
    rows = [
        {"line": rate.line, "month": month, "cny_per_usd": rate.value, "printed": rate.printed}
        for month, rate in found.rates.items()
    ]
    rows_path = workdir / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=ROW_SCHEMA), rows_path)
    title = f"{found.title}, {format_month(min(found.rates))}..{format_month(max(found.rates))}"
    return SeenDocument(rows_path, found.table, title, max(found.rates), text.encoding, len(rows), found.remarks)


def _read(text: TextFile, name: str) -> RateTable:
    """The rates of a file by what its first line is."""
    lines = iter(records(text, name))
    cells = next(lines)[1]
    if is_header(cells):
        return read_ecb(lines, cells, name)
    if header := header_of(cells):
        return read_table(lines, header, name)
    known = " or ".join(",".join(cells) for cells in (*(header.cells for header in HEADERS), (*COLUMNS, "…")))
    raise RefusalError(
        f"the first line is no header of exchange rates known here; it begins {', '.join(cells[:3])[:100]!r}",
        file=name,
        line=1,
        remedy=f"the header is {known}",
    )
