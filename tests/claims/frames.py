"""Known figures and claims written by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from orchestration.base.months import parse_month
from orchestration.claims.declared import Claim, ClaimOf
from orchestration.claims.evaluate import Categories, Result, evaluate
from orchestration.claims.series import History

COLUMNS = [
    "source", "reporter", "flow", "partner_code", "category_scheme", "category_code", "month", "known_from", "known_to",
    "value_usd", "value_local", "quantity", "quantity_unit",
]  # fmt: skip
COVERED = [*COLUMNS[:7], "usd_from", "local_from"]
PIECES = "Number of item"
CHIPS: Categories = {
    ("gacc", "all", "all_goods"): ("",),
    ("gacc", "ic", "integrated_circuits"): ("85423",),
    ("gacc", "ic_type", "processors_controllers"): ("854231",),
    ("gacc", "ic_type", "memory"): ("854232",),
    ("gacc", "ic_type", "amplifiers"): ("854233",),
    ("gacc", "ic_type", "other_ic"): ("854239",),
}
SAID: dict[str, Any] = {
    "text": "Chips",
    "publisher": "Press",
    "published_on": "2024-11-21",
    "address": "not recorded",
    "flow": "import",
    "partner": "502",
    "scheme": "ic",
    "category": "integrated_circuits",
    "measure": "value_usd",
    "comparison": "equals",
    "period": "2024-10",
}


def claim(**said: object) -> ClaimOf:
    """A claim on chips from the United States, unless said otherwise; None takes a field away."""
    given = {key: value for key, value in {**SAID, **said}.items() if value is not None}
    made: ClaimOf = TypeAdapter(Claim).validate_python(given)
    return made


def known(
    month: str,
    usd: int | None,
    category: str = "ic/integrated_circuits",
    *,
    since: str = "2024-11-20",
    until: str | None = None,
    local: int | None = None,
    quantity: int | None = None,
    unit: str | None = PIECES,
    stream: tuple[str, str, str] = ("gacc", "CHN", "import"),
    partner: str = "502",
) -> dict[str, object]:
    """A known figure of China's imports from the United States, unless said otherwise."""
    scheme, code = category.split("/")
    stood = (dt.date.fromisoformat(since), until and dt.date.fromisoformat(until))
    values = (*stream, partner, scheme, code, parse_month(month), *stood, usd, local, quantity, unit)
    return dict(zip(COLUMNS, values, strict=True))


def months(figures: Mapping[str, int | None], **said: Any) -> list[dict[str, object]]:
    """One known figure a month."""
    return [known(month, usd, **said) for month, usd in figures.items()]


def covered(
    month: str, usd: str | None, category: str = "ic/integrated_circuits", local: str | None = None, partner: str = "*"
) -> dict[str, object]:
    """From which day on a category of imports is covered in a month, for every partner unless said otherwise."""
    since = [day and dt.date.fromisoformat(day) for day in (usd, local)]
    values = ("gacc", "CHN", "import", partner, *category.split("/"), parse_month(month), *since)
    return dict(zip(COVERED, values, strict=True))


def judged(
    made: ClaimOf,
    rows: list[dict[str, object]],
    categories: Categories = CHIPS,
    held: list[dict[str, object]] | None = None,
) -> Result:
    """The claim against these figures, and against what else is covered."""
    frame, spans = (
        pd.DataFrame(given, columns=columns, dtype=object) for given, columns in ((rows, COLUMNS), (held, COVERED))
    )
    (result,) = evaluate({"claim": made}, History(frame, spans), categories)
    return result
