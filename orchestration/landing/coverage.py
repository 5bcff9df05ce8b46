"""The coverage of a scope as rows: which months, partners and codes it says something about, and which fact it feeds.

A row a month × partner ('*' = all, 'world' = their sum alone) × HS prefix ('' = all codes).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from orchestration.landing.scope import Scope

COVERAGE_SCHEMA = pa.schema(
    {
        "receipt_id": pa.string(),
        "precedence": pa.int64(),
        "feeds": pa.string(),
        "source": pa.string(),
        "reporter": pa.string(),
        "flow": pa.string(),
        "currency": pa.string(),
        "month": pa.date32(),
        "partner_code": pa.string(),
        "hs_prefix": pa.string(),
    }
)


def coverage_rows(receipt_id: str, scope: Scope, precedence: int) -> list[dict[str, Any]]:
    """The coverage of one scope, and which fact it feeds."""
    return [
        {
            "receipt_id": receipt_id,
            "precedence": precedence,
            "feeds": scope.feeds,
            "source": scope.source,
            "reporter": scope.reporter,
            "flow": scope.flow,
            "currency": scope.currency,
            "month": month,
            "partner_code": partner,
            "hs_prefix": prefix,
        }
        for month in scope.month_list
        for partner in scope.partner_keys
        for prefix in scope.hs_prefixes
    ]
