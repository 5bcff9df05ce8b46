"""Values as they are read by a person, wherever they are told."""

from __future__ import annotations

from decimal import Decimal


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
        return f"{value:,.6g}"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
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
