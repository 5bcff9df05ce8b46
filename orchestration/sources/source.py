"""What a source offers, and the one list of sources.

Belongs here: the shape of a reader, and which sources there are. Not here: how anything is read; each source is a
package beside this module.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from orchestration.sources import gacc, gacc_sample
from orchestration.sources.exchange_rates import parse as exchange_rates
from orchestration.sources.gacc_bulletin import parse as gacc_bulletin
from orchestration.sources.gacc_nomenclature import parse as gacc_nomenclature


class ParsedRows(Protocol):
    """Typed rows, as Parquet with the reader's `ROW_SCHEMA`."""

    @property
    def rows_path(self) -> Path: ...


class ParsedDocument(ParsedRows, Protocol):
    """A document and what was seen in it. `table`: which of the source's tables; `month`: the last it speaks of."""

    @property
    def table(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def month(self) -> dt.date: ...
    @property
    def encoding(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def remarks(self) -> Sequence[str]: ...


class Reader(Protocol):
    """A module that reads one source. Its rows are a pure function of the bytes and of `PARSER_VERSION`."""

    SOURCE: str
    PARSER_VERSION: str
    ROW_SCHEMA: pa.Schema

    def parse(self, source: Path, workdir: Path, name: str | None = None) -> ParsedRows:
        """The rows of one file; `RefusalError` if it is not sound."""


class DocumentReader(Reader, Protocol):
    """A module that reads documents."""

    def parse(self, source: Path, workdir: Path, name: str | None = None) -> ParsedDocument:
        """The rows of one document and what was seen in it; `RefusalError` if it is not sound."""


CODE_LISTS: Reader = gacc_nomenclature
#: Readers of documents by source.
DOCUMENTS: dict[str, DocumentReader] = {reader.SOURCE: reader for reader in (exchange_rates, gacc_bulletin)}
#: Sources of code lists and of documents; all others are trade.
LIST_SOURCES = frozenset({CODE_LISTS.SOURCE})
DOCUMENT_SOURCES = frozenset(DOCUMENTS)
#: Sources that make their figures up.
SYNTHETIC_SOURCES = frozenset({gacc_sample.SOURCE})
SOURCES = (gacc.SOURCE, *sorted(SYNTHETIC_SOURCES), *sorted(LIST_SOURCES), *sorted(DOCUMENT_SOURCES))
