"""Switches from outside: one that cannot be read is refused by the name under which it was set."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home, settings


@pytest.mark.parametrize(
    ("name", "text"),
    [("DUCKDB_THREADS", "two"), ("DUCKDB_THREADS", "0"), ("BATCH_ROWS", "6M"), ("FETCH_SECONDS", "inf")],
)
def test_a_setting_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Not by a stack trace, and not as a flag of the command."""
    monkeypatch.setenv(f"BONDED_{name}", text)
    with pytest.raises(RefusalError, match=rf"^BONDED_{name}: .*\n  Remedy: correct BONDED_{name}, or unset it$"):
        settings.__wrapped__()


def test_a_home_whose_path_is_a_pattern_is_refused(tmp_path: Path) -> None:
    """By its name, before anything is made; blanks are no harm."""
    with pytest.raises(RefusalError, match=r"(?s)what\?.*Remedy: choose a folder without them"):
        Home(tmp_path / "what?").create()
    assert not list(tmp_path.iterdir())
    assert Home(tmp_path / "My Home").create().inbox.is_dir()
