"""Commands as somebody can paste them into a shell.

Belongs here: words of a shell, and what the command is called. Not here: what is to be typed (whoever refuses says so).
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from orchestration.base.settings import PROJECT, Home


def word(text: str | Path) -> str:
    """One word of a shell, whatever it holds: what cannot be shown, bytes of a name too, is written as escapes."""
    if (plain := str(text)).isprintable():
        return shlex.quote(plain)
    shown = "".join(chr(b) if 0x20 <= b < 0x7F and chr(b) not in "\\'" else f"\\x{b:02x}" for b in os.fsencode(plain))
    return f"$'{shown}'"


def bonded(*words: str | Path, home: Home | None) -> str:
    """The command with its words, and the home, if one is given that is not what a bare shell would take."""
    is_default = home is None or home.root == PROJECT / "data" / "main"
    named: list[str | Path] = [] if home is None or is_default else ["--home", home.root]
    return " ".join([_program(), *(word(text) for text in (*words, *named))])


def _program() -> str:
    """`bonded` where a shell finds it, else where it lies."""
    if shutil.which("bonded"):
        return "bonded"
    beside, here = Path(sys.executable).with_name("bonded"), Path.cwd()
    return word(beside.relative_to(here) if beside.is_relative_to(here) else beside)
