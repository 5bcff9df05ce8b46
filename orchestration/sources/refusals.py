"""A refusal that whoever brought the file can act on by typing something: what it is, for landing to write it out.

Belongs here: what a parser knows of the remedy. Not here: how the file was brought, and so what is typed
(`landing.remedies`).
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.base.errors import RefusalError

#: Stands in a shell command for the path of the file.
FILE = "{file}"


class UnfitError(RefusalError):
    """A file that is not received as it was brought. `advice`: what to do, in words.

    `shell`: a command that helps, with `FILE` for the path. `otherwise`: what to declare in another way when it is
    received again, by the parts of a declaration (None: to leave the part out); no mapping: it is not received again as
    it is. What only the sender knows stands in angle brackets.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | None,
        line: int | None = None,
        column: str | None = None,
        advice: str,
        shell: str | None = None,
        otherwise: Mapping[str, str | None] | None = None,
    ) -> None:
        said = ", ".join(f"{key}: {value}" for key, value in (otherwise or {}).items() if value is not None)
        super().__init__(what, file=file, line=line, column=column, remedy=f"{advice} ({said})" if said else advice)
        self.advice, self.shell, self.otherwise = advice, shell, otherwise
