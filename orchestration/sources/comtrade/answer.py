"""The body of an answer: JSON with a count, an error and rows, or CSV of the same rows. Nothing is taken for figures
that is not whole.

Belongs here: the envelope. Not here: what stands in a row (`rows`), nor what was asked (`web`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.base.errors import RefusalError
from orchestration.sources.files.kinds import BEGINNING, refuse_binary
from orchestration.sources.refusals import UnfitError

#: The cells of a row by their names, as printed; whole numbers as int, others as Decimal, so that no digit is lost.
Cells = Mapping[str, Any]
AGAIN = "ask Comtrade again and bring the answer as it comes"


class _RepeatedError(ValueError):
    """An object that has one name twice."""


def rows_in(source: Path, name: str) -> list[Cells]:
    """The rows of an answer in JSON, in order, on one line or many; `RefusalError` if it is no whole answer."""
    refuse_binary(source, name, AGAIN)
    with source.open("rb") as stream:
        refuse_no_answer(stream.read(BEGINNING), name)
    return body_rows(source.read_bytes(), name)


def refuse_no_answer(head: bytes, name: str) -> None:
    """Refuse what does not begin as an answer does: a page in place of figures, a table, nothing at all."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return
    what = "this does not begin as an answer in JSON does"
    if not start:
        what = "the answer is empty"
    elif start.startswith(b"<"):
        what = "this is a web page, not an answer: Comtrade sends one while it is down"
    raise RefusalError(what, file=name, line=1, remedy=AGAIN)


def body_rows(content: bytes, name: str | None) -> list[Cells]:
    """The rows of a body; `RefusalError` if it is cut off, says that something went wrong, or lacks rows."""
    try:
        body = json.loads(content.decode("utf-8-sig"), parse_float=Decimal, object_pairs_hook=_once)
    except _RepeatedError as error:
        raise RefusalError(str(error), file=name, remedy="the answer was edited: " + AGAIN) from None
    except (ValueError, RecursionError) as error:
        said = str(error).partition(" (char")[0]
        raise RefusalError(f"the answer is cut off or damaged: {said}", file=name, remedy=AGAIN) from None
    if not isinstance(body, dict):
        raise RefusalError("the answer is no object with rows in it", file=name, remedy=AGAIN)
    if wrong := error_of(body):
        raise UnfitError(
            f"Comtrade answered with an error: {wrong}", file=name, advice="correct the query, and ask again"
        )
    rows = body.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RefusalError("the answer has no rows (data)", file=name, remedy=AGAIN)
    if "count" in body and body["count"] != len(rows):
        raise RefusalError(
            f"the answer says that it has {body['count']} rows, and has {len(rows)}", file=name, remedy=AGAIN
        )
    return rows


def error_of(body: Mapping[str, Any]) -> str | None:
    """What Comtrade says went wrong, if it says so."""
    nested = body.get("errorObject")
    inner = nested.get("errorMessage") if isinstance(nested, dict) else nested
    said = body.get("error") or inner or (body.get("message") if "statusCode" in body else None)
    return str(said) if said else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise _RepeatedError(f"the name {twice!r} stands twice in one object")
    return found
