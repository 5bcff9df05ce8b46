"""Judgement by Great Expectations, with its open places closed.

It skips NULLs in value checks, passes an empty frame, and hides an exception in `exception_info`. So: a frame
without rows is never judged, every expectation must report on every row, and any exception breaks the gate.
"""

from __future__ import annotations

import logging
import os
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd

from orchestration.gates.suites import ExpectationSpec, build_suite, great_expectations


class GateBrokenError(Exception):
    """A gate that could not judge: never passed, never merely failed."""


@cache
def _context() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    gx = great_expectations()
    # One of its modules sets a level of its own.
    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("evidence")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("whole")
    )


def judge(gate: str, specs: tuple[ExpectationSpec, ...], frame: pd.DataFrame) -> list[frozenset[int]]:
    """Positions of the rows that each expectation finds wrong, in the order of the specs.

    A table-level expectation that fails finds every row wrong. `GateBrokenError` if anything raised, or if an
    expectation looked at fewer rows than there are.
    """
    if frame.empty:
        raise GateBrokenError("there is no row to judge")
    suite = build_suite(gate, specs)
    frame = _asked(specs, frame.reset_index(drop=True))
    batch = _context().get_batch({"dataframe": frame})
    outcome = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    if len(outcome.results) != len(specs):
        raise GateBrokenError(f"{len(outcome.results)} of {len(specs)} expectations reported")
    by_position = {r.expectation_config.meta["position"]: r for r in outcome.results}
    return [_wrong(spec, by_position[position], len(frame)) for position, spec in enumerate(specs)]


def _asked(specs: tuple[ExpectationSpec, ...], frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that the expectations name; all where one speaks of more. Great Expectations takes a hash of every
    cell that it is given, twice, which costs more than to judge; decimals it would turn to words for that. As doubles
    they lie on the same side of every limit that is small beside 2^33: differences have six digits behind the point.
    """
    named = {spec.kwargs.get("column") for spec in specs if not spec.type.startswith("expect_table_row_count")}
    asked = frame if None in named else frame[[name for name in frame if name in named] or list(frame)]
    return asked.astype({name: float for name in asked if isinstance(next(iter(asked[name].dropna()), None), Decimal)})


def _raised(info: dict[str, Any]) -> str | None:
    """The message of an exception, in either of the two shapes in which it is reported."""
    parts = [info] if "raised_exception" in info else [v for v in info.values() if isinstance(v, dict)]
    return next((str(part.get("exception_message")) for part in parts if part.get("raised_exception")), None)


def _wrong(spec: ExpectationSpec, result: Any, rows: int) -> frozenset[int]:
    message = _raised(result.exception_info or {})
    if message is not None:
        raise GateBrokenError(f"{spec.type} raised: {message}")
    details = result.result
    if "element_count" in details:
        if details["element_count"] != rows:
            raise GateBrokenError(f"{spec.type} judged {details['element_count']} of {rows} rows")
        wrong = frozenset(int(i) for i in details.get("unexpected_index_list") or ())
        if bool(result.success) == bool(wrong) or len(wrong) != details.get("unexpected_count", -1):
            raise GateBrokenError(f"{spec.type} contradicts itself: success {result.success}, {len(wrong)} rows wrong")
        return wrong
    if "observed_value" not in details:
        raise GateBrokenError(f"{spec.type} reported nothing")
    return frozenset() if result.success else frozenset(range(rows))
