"""Importing libraries that ask for more than they need: others that they seldom use, a home of the user."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Who imports one of these modules within gets it when he first uses it; later imports are as ever."""
    standing = {name: _Deferred(name) for name in names if name not in sys.modules}
    sys.modules.update(standing)
    try:
        yield
    finally:
        for name in standing:
            del sys.modules[name]


@contextmanager
def somewhere_to_live() -> Iterator[None]:
    """Who asks within for the user's home directory gets one, also where the system knows of none.

    A service or a container may run as a number without a name; what only asks as it is imported must not fail there.
    """
    if os.path.expanduser("~") != "~":  # noqa: PTH111
        yield
        return
    os.environ["HOME"] = tempfile.gettempdir()
    try:
        yield
    finally:
        del os.environ["HOME"]
