"""What the terminal shows of a run: who waits says so, and nothing that the failure says already."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from filelock import FileLock

from orchestration.assets.common import Warehouse
from orchestration.automation.progress import _StepLines
from orchestration.base.settings import Home, settings


def test_who_waits_for_the_writer_says_so_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then fails, when its patience has ended; and whoever holds the lock may take it again."""
    monkeypatch.setattr(settings(), "lock_seconds", 0.2)
    log = logging.Logger("run")
    log.addHandler(_StepLines())
    context: Any = SimpleNamespace(run=None, log=log)
    with FileLock(home.warehouse / ".lock"), pytest.raises(dg.Failure, match="Another run has held this warehouse"):
        Warehouse().yield_for_execution(context).__enter__()
    assert "Another run writes to this warehouse; waiting for it to end (0 s so far)." in capsys.readouterr().err
    with Warehouse().yield_for_execution(context), Warehouse().yield_for_execution(context):
        assert not capsys.readouterr().err


def test_what_a_failure_says_already_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Dagster warns of each step that hangs on a failed one, and lists the failed one for each thing that it makes."""
    log = logging.Logger("run")
    log.addHandler(_StepLines())
    log.error("Dependencies for step dbt_facts failed: ['dbt_dimensions', 'dbt_dimensions']. Not executing.")
    log.error("The disk is full.")
    assert capsys.readouterr().err == "  The disk is full.\n"
