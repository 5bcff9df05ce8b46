"""What a publisher says where it gives no figures: its own words, out of JSON, a page or plain text.

Belongs here: words of refusals. Not here: figures, which each source reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from typing import Any

#: So many bytes are looked at: a publisher's words come first, and what goes on for ever is no page.
LOOKED_AT = 20_000
#: Where words stand in JSON.
_KEYS = ("message", "errorMessage", "error", "detail", "errorObject", "title")

#: What is not shown; of what never ends, all the rest.
_MARKUP = re.compile(
    r"<script\b.*?(?:</script\s*>|\Z)|<style\b.*?(?:</style\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>?",
    re.DOTALL | re.IGNORECASE,
)


def said_by(content: bytes, content_type: str) -> str:
    """The words of an answer that holds no figures; empty where there are none."""
    text = content[:LOOKED_AT].decode("utf-8", "replace").strip()
    if "json" in content_type or text.startswith(("{", "[")):
        with suppress(ValueError, RecursionError):
            text = "; ".join(dict.fromkeys(_of_json(json.loads(text)))) or text
    elif "html" in content_type or text.startswith("<"):
        text = _of_page(text)
    return " ".join(text.split())


def _of_json(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    for one in said if isinstance(said, list) else []:
        yield from _of_json(one)
    for key in _KEYS if isinstance(said, dict) else ():
        yield from _of_json(said.get(key))


def _of_page(text: str) -> str:
    """Title and first words of a page."""
    return unescape(" ".join(_MARKUP.split(text)))
