"""The one way in which the warehouse says no: what was wrong, where, and what to do."""

from __future__ import annotations

from orchestration.base.plain import printable


class RefusalError(Exception):
    """A file, a gate or a rule refused; nothing has been changed.

    `what` is one sentence. `file`, `line` (physical, from 1) and `column` say where, as far as known.
    `remedy` is what to do or to type. Each is kept on one line, without control characters: they may hold what stands
    in a file or in its name.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(printable(what))
        self.what, self.line = printable(what), line
        self.file, self.column, self.remedy = (text and printable(text) for text in (file, column, remedy))

    @property
    def told(self) -> str:
        """What was wrong, and where, without what to do."""
        where = [self.file] if self.file else []
        if self.line is not None:
            where.append(f"line {self.line}")
        if self.column:
            where.append(f"column {self.column!r}")
        return f"{', '.join(where)}: {self.what}" if where else self.what

    def __str__(self) -> str:
        return f"{self.told}\n  Remedy: {self.remedy}" if self.remedy else self.told
