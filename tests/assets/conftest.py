"""Runs whose events are looked at."""

import pytest


@pytest.fixture(autouse=True)
def events() -> None:
    """Events stay on the disk, where the UI reads them."""
