"""Values as they are told to whoever reads them, person or program: no cell of a file is obeyed by what shows it."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

#: From this size on a figure is shown without its fraction.
WHOLE = 1e6


def plain(value: object) -> str:
    """A value for reading: thousands separators, no trailing zeros, an em dash for what is not there."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    if isinstance(value, float):
        # Money stands there to its last dollar, a ratio to six digits.
        return f"{value:,.0f}" if WHOLE <= abs(value) < 1e15 else f"{value:,.6g}"
    if isinstance(value, list | tuple):
        return ",".join(printable(str(part)) for part in value)
    return printable(str(value))


def bare(value: object) -> str:
    """A value for a program that reads lines and tabs: unformatted, nothing for what is not there."""
    if isinstance(value, list | tuple):
        return ",".join(printable(str(part)) for part in value)
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "" if value is None else printable(str(value))


def json_text(value: Any) -> str:
    """JSON that every reader takes: no figure that it does not know, and control characters as escapes.

    Decimals, dates and what else it has no form for are text.
    """
    text = json.dumps(_for_json(value), ensure_ascii=False, indent=1, allow_nan=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _for_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key if isinstance(key, str) else bare(key): _for_json(of) for key, of in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_for_json(part) for part in value]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)


def printable(text: str) -> str:
    """Text of others on one line: control characters, line ends and undecodable bytes are shown as escapes.

    A terminal, a log or a page must not obey a file's name. Names in any script stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a name that is not UTF-8, as Python carries it
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
