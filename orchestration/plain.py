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
