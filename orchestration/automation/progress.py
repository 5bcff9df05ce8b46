"""What a run in the terminal shows while it works: a line when a step ends or fails; warnings and errors at once."""

import logging
import time

import dagster as dg
from rich.console import Console

from orchestration.base.plain import printable
from orchestration.sources.catalogue import TRADE

NAMES = {
    "landing_receipts": "inbox and receipts",
    **{f"raw_{name}": f"raw rows of {name}" for name in TRADE},
    "raw_gacc_nomenclature": "code lists",
    "raw_gacc_bulletin": "bulletins",
    "raw_comtrade_annual": "annual answers of comtrade",
    "raw_exchange_rates": "exchange rates",
    "dbt_dimensions": "dimensions (dbt)",
    "dbt_facts": "facts (dbt)",
    "dbt_marts": "coverage and marts (dbt)",
    "release": "candidate, audit, release",
}


class _StepLines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._console = Console(stderr=True, highlight=False)
        self._began: dict[str, float] = {}
        self._status = self._console.status("starting") if self._console.is_terminal else None

    def emit(self, record: logging.LogRecord) -> None:
        """Show step events, warnings and errors; everything else stands in Dagster's event log."""
        meta = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event") if isinstance(meta, dict) else getattr(meta, "dagster_event", None)
        if event is None:
            text = getattr(record, "msg", record.getMessage()).splitlines()[0]
            # What hangs on a failed step is not begun: the failure says it all.
            if record.levelno >= logging.WARNING and not text.endswith("Not executing."):
                self._line(f"  {text}")
            return
        step = NAMES.get(event.step_key or "", event.step_key or "")
        kind = event.event_type_value
        if kind == "STEP_START":
            self._began[step] = time.monotonic()
            if self._status:
                self._status.update(step)
                self._status.start()
        elif kind in ("STEP_SUCCESS", "STEP_FAILURE"):
            mark = "done" if kind == "STEP_SUCCESS" else "FAILED"
            self._line(f"{step}: {mark} ({time.monotonic() - self._began.get(step, time.monotonic()):.1f} s)")
        elif kind in ("PIPELINE_SUCCESS", "PIPELINE_FAILURE") and self._status:
            self._status.stop()

    def _line(self, text: str) -> None:
        self._console.print(printable(text), markup=False, soft_wrap=True)


@dg.logger
def progress_logger(init_context: dg.InitLoggerContext) -> logging.Logger:  # noqa: ARG001
    """A logger that shows steps as they begin and end."""
    logger = logging.Logger("bonded.progress", logging.DEBUG)
    logger.addHandler(_StepLines())
    return logger
