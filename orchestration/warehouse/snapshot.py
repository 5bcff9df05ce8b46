"""What dbt and the gates see of landing: receipts, their coverage, code lists, documents, sources and their calendars.

`receipt.parquet`: one row an active receipt. `coverage.parquet`: one row an active receipt × month × partner
('*' = all, 'world' = their sum alone) × HS prefix ('' = all codes), and what the receipt feeds.
`code_list.parquet`, `document.parquet`: one row a code list, or a document, that is not withdrawn.
`source.parquet`: one row a source of active receipts, as it declares itself (`sources.source.Source`).
`chapter.parquet`: one row a source and chapter of its tariff.
`calendar.parquet`: one row a source and month, and when it comes out. `span.parquet`: one row a stream, and the months
that coverage speaks of (`units.spans`). `own_….parquet`: what the home's `categories.yml`
says, and that file itself (`categories`). All are small.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.months import month_range
from orchestration.landing.coverage import COVERAGE_SCHEMA, coverage_rows
from orchestration.landing.scope import shown
from orchestration.landing.store import LandingState
from orchestration.sources.catalogue import CODE_LISTS, DOCUMENTS, TRADE
from orchestration.sources.source import Source
from orchestration.warehouse.categories import OwnCategories, keep
from orchestration.warehouse.units import spans

#: As far as calendars are written out for models, and the reviewed Lunar New Years reach.
LAST_MONTH = dt.date(2050, 12, 1)
RECEIPT_SCHEMA = pa.schema(
    {
        "receipt_id": pa.string(),
        "sequence": pa.int64(),
        "precedence": pa.int64(),
        "parser_version": pa.string(),
        "sha256": pa.string(),
        "name": pa.string(),
        "dataset": pa.string(),
        "vintage": pa.date32(),
        "received_at": pa.timestamp("us", tz="UTC"),
        "source": pa.string(),
        "reporter": pa.string(),
        "flow": pa.string(),
        "currency": pa.string(),
        "dimensions": pa.string(),
        "code_length": pa.int64(),
        "regimes": pa.string(),
        "provinces": pa.string(),
        "grain": pa.string(),
        "feeds": pa.string(),
        "is_synthetic": pa.bool_(),
        "request": pa.string(),
    }
)
CODE_LIST_SCHEMA = pa.schema(
    {
        "receipt_id": pa.string(),
        "parser_version": pa.string(),
        "precedence": pa.int64(),
        "list": pa.string(),
        "year": pa.int32(),
        "language": pa.string(),
        "vintage": pa.date32(),
        "name": pa.string(),
    }
)
DOCUMENT_SCHEMA = pa.schema(
    {
        "receipt_id": pa.string(),
        "parser_version": pa.string(),
        "precedence": pa.int64(),
        "source": pa.string(),
        "table_name": pa.string(),
        "title": pa.string(),
        "month": pa.date32(),
        "vintage": pa.date32(),
        "name": pa.string(),
        "request": pa.string(),
    }
)

SOURCE_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "publisher": pa.string(),
        "reporters": pa.string(),
        "code_digits": pa.int32(),
        "code_system": pa.string(),
        "partner_system": pa.string(),
        "currencies": pa.string(),
        "local_currency": pa.string(),
        "import_valuation": pa.string(),
        "export_valuation": pa.string(),
        "import_partner": pa.string(),
        "export_partner": pa.string(),
        "time_zone": pa.string(),
        "first_month": pa.date32(),
        "attribution": pa.string(),
        "terms": pa.string(),
        "may_be_passed_on": pa.bool_(),
        "is_rounded": pa.bool_(),
        "is_synthetic": pa.bool_(),
    }
)
CHAPTER_SCHEMA = pa.schema({"source": pa.string(), "chapter": pa.string(), "first_year": pa.int32()})
CALENDAR_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "month": pa.date32(),
        "release_date": pa.date32(),
        "is_combined_release": pa.bool_(),
        "bulletin_release_from": pa.date32(),
    }
)

SPAN_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "reporter": pa.string(),
        "flow": pa.string(),
        "first_month": pa.date32(),
        "last_month": pa.date32(),
    }
)


def coverage_table(state: LandingState) -> pa.Table:
    """Coverage of all active receipts."""
    rank = state.precedence()
    rows = [row for r in state.active for row in coverage_rows(r.receipt_id, r.scope, rank[r.receipt_id])]
    return pa.Table.from_pylist(rows, schema=COVERAGE_SCHEMA)


def receipt_table(state: LandingState, parsers: Mapping[str, str] | None = None) -> pa.Table:
    """All active receipts. `parsers`: by source the version of the parser whose rows count, where not today's."""
    rank = state.precedence()
    rows = [
        {
            **{k: getattr(r, k) for k in ("receipt_id", "sequence", "sha256", "name", "dataset", "vintage")},
            "received_at": r.received_at.astimezone(dt.UTC),
            "precedence": rank[r.receipt_id],
            "parser_version": (parsers or {}).get(r.scope.source, TRADE[r.scope.source].parser_version),
            **{k: getattr(r.scope, k) for k in ("source", "reporter", "flow", "currency")},
            "dimensions": ",".join(r.scope.dimensions),
            "regimes": shown(r.scope.regimes),
            "provinces": shown(r.scope.provinces),
            **{k: getattr(r.scope, k) for k in ("code_length", "grain", "feeds")},
            "is_synthetic": r.is_synthetic,
            "request": r.fetched and r.fetched.request,
        }
        for r in state.active
    ]
    return pa.Table.from_pylist(rows, schema=RECEIPT_SCHEMA)


def code_list_table(state: LandingState) -> pa.Table:
    """All code lists that are not withdrawn."""
    columns = ("receipt_id", "list", "year", "language", "vintage", "name")
    rows = [
        {
            **{k: getattr(r, k) for k in columns},
            "precedence": rank,
            "parser_version": CODE_LISTS.PARSER_VERSION,
        }
        for rank, r in enumerate(state.code_lists, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=CODE_LIST_SCHEMA)


def document_table(state: LandingState) -> pa.Table:
    """All documents that are not withdrawn."""
    columns = ("receipt_id", "source", "title", "month", "vintage", "name")
    rows = [
        {
            **{k: getattr(r, k) for k in columns},
            "table_name": r.table,
            "precedence": rank,
            "parser_version": DOCUMENTS[r.source].PARSER_VERSION,
            "request": r.fetched and r.fetched.request,
        }
        for rank, r in enumerate(state.documents, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=DOCUMENT_SCHEMA)


def received_table(state: LandingState) -> pa.Table:
    """What was seen when the active receipts were received: one row a receipt and month that it prints."""
    rows = [{"receipt_id": r.receipt_id, **m.model_dump()} for r in state.active for m in r.content]
    schema = {"receipt_id": pa.string(), "month": pa.date32(), "rows": pa.int64(), "value": pa.int64()}
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def source_table(state: LandingState) -> pa.Table:
    """The sources of all active receipts; those are synthetic whose figures are, wherever they came from."""
    made_up = {r.source for r in state.active if r.is_synthetic}
    rows = [
        {
            "source": name,
            **{key: getattr(source, key) for key in SOURCE_SCHEMA.names if hasattr(source, key)},
            "reporters": ",".join(source.reporters),
            "currencies": ",".join(source.currencies),
            "is_synthetic": name in made_up,
            **{f"{flow}_valuation": source.valuation[flow] for flow in ("import", "export")},
            **{f"{flow}_partner": source.partner_concept[flow] for flow in ("import", "export")},
        }
        for name, source in _sources(state).items()
    ]
    return pa.Table.from_pylist(rows, schema=SOURCE_SCHEMA)


def chapter_table(state: LandingState) -> pa.Table:
    """The chapters that are all codes of each source of active receipts, and from which year on it has each."""
    rows = [
        {"source": name, "chapter": chapter, "first_year": year}
        for name, source in _sources(state).items()
        for chapter, year in sorted(source.chapters.items())
    ]
    return pa.Table.from_pylist(rows, schema=CHAPTER_SCHEMA)


def _sources(state: LandingState) -> dict[str, Source]:
    return {name: TRADE[name] for name in sorted({receipt.scope.source for receipt in state.active})}


def calendar_table(state: LandingState) -> pa.Table:
    """When each month of each source of active receipts comes out, for as long as models may need it."""
    rows = [
        {
            "source": name,
            "month": month,
            "release_date": source.release_date(month),
            "is_combined_release": source.is_combined_release(month),
            "bulletin_release_from": source.bulletin_release_from and source.bulletin_release_from(month),
        }
        for name, source in _sources(state).items()
        for month in month_range(source.first_month, LAST_MONTH)
    ]
    return pa.Table.from_pylist(rows, schema=CALENDAR_SCHEMA)


def span_table(state: LandingState) -> pa.Table:
    """The months that coverage speaks of, held or promised."""
    rows = [
        dict(zip(SPAN_SCHEMA.names, (*stream.split(), *ends), strict=True)) for stream, ends in spans(state).items()
    ]
    return pa.Table.from_pylist(rows, schema=SPAN_SCHEMA)


def write(state: LandingState, folder: Path, own: OwnCategories | None = None) -> None:
    """Write the files into the folder, each replaced in one step, and last the sequence that they stand for.

    `own`: the home's own categories; None = it has none.
    """
    own = own or OwnCategories()
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "receipt": receipt_table(state),
        "coverage": coverage_table(state),
        "code_list": code_list_table(state),
        "document": document_table(state),
        "source": source_table(state),
        "chapter": chapter_table(state),
        "calendar": calendar_table(state),
        "span": span_table(state),
        **own.tables(),
    }
    for name, table in tables.items():
        aside = folder / f".{name}.parquet"
        pq.write_table(table, aside)
        aside.replace(folder / f"{name}.parquet")
    keep(own, folder)
    aside = folder / ".sequence"
    aside.write_text(str(state.sequence), encoding="utf-8")
    aside.replace(folder / "sequence")
