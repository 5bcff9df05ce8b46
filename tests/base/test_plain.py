"""What is told to people and programs: no cell of a file is obeyed, JSON is always JSON."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from orchestration.base.plain import bare, json_text, plain

#: Clears a screen, ends a line, parts columns, turns the direction of writing, is no text.
HOSTILE = "a\x1b[2J\x07b\tc\r\nd\x9be\u202ef\u2028g\udc80"


@pytest.mark.parametrize("told", (plain, bare, json_text))
@pytest.mark.parametrize("value", (HOSTILE, [HOSTILE], {HOSTILE: HOSTILE}))
def test_nothing_that_a_terminal_obeys_is_told(told, value: object) -> None:
    """Whatever holds it, and whoever is told."""
    text = told(value)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.count("\n") == (0 if told is not json_text or isinstance(value, str) else 2)


def test_json_gives_back_what_was_told() -> None:
    """Escapes are its own, figures that it does not know are text, and a key that is no text becomes one."""
    value = {"text": HOSTILE, "nan": float("nan"), "all": [float("inf"), 1.5, True, None], dt.date(2024, 1, 1): 1,
             (1, 2): Decimal("1.50"), "day": dt.date(2024, 10, 1)}  # fmt: skip
    assert json.loads(json_text(value)) == {
        "text": HOSTILE, "nan": "nan", "all": ["inf", 1.5, True, None], "2024-01-01": 1, "1,2": "1.50",
        "day": "2024-10-01",
    }  # fmt: skip
    assert "北京" in json_text("北京"), "other scripts are no harm"
