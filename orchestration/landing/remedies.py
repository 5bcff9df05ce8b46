"""The remedy of a refusal written out, so that it can be pasted: the command that was typed, with what has to change,
or for a file of the inbox the lines of its sidecar and the way back.

Belongs here: how a file was brought, as somebody types it. Not here: what is wrong with it (`fitting`, the sources).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestration.base import strict_yaml
from orchestration.base.commands import bonded, word
from orchestration.base.errors import RefusalError
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.landing.names import sidecar
from orchestration.landing.scope import Declaration, shown
from orchestration.sources.refusals import FILE, UnfitError

#: Parts of a declaration that no flag says.
_NO_FLAG = frozenset({"currency"})
#: What stands in `otherwise` beside parts of a declaration: the folder of another home.
HOME = "home"


@contextmanager
def written_out(home: Home, file: Path, flags: Declaration, *, dry_run: bool, waiting: bool) -> Iterator[None]:
    """Refusals of a file that was brought by a command say in full what to type; those of one that waits in the inbox
    are written out by who sets the file aside, and knows where it lies then.
    """
    try:
        yield
    except UnfitError as error:
        if not waiting:
            error.remedy = as_typed(error, home, file, flags, dry_run=dry_run)
        raise


def as_typed(error: UnfitError, home: Home, file: Path, flags: Declaration, *, dry_run: bool) -> str:
    """The remedy with the command that was typed, changed as it must be."""
    commands = [error.shell.replace(FILE, word(file))] if error.shell else []
    if error.otherwise is not None and _changes(flags, error.otherwise):
        said = _with({k: v for k, v in _said(flags).items() if k not in _NO_FLAG}, error.otherwise)
        other = said.pop(HOME, None)
        words = [text for key, value in said.items() for text in (f"--{key}", value)]
        again = [*words, *(["--dry-run"] if dry_run else []), *(["--home", other] if other else [])]
        commands.append(bonded("receive", file, *again, home=None if other else home))
    return _joined(error, commands)


def as_sidecar(error: UnfitError, aside: Path, waited: Path) -> str:
    """The remedy for a file of the inbox that is to lie aside: its sidecar, changed as it must be, and the way back."""
    beside = sidecar(aside)
    commands = [error.shell.replace(FILE, word(aside))] if error.shell else []
    if error.otherwise is not None and HOME not in error.otherwise:
        said, sidecar_there = Declaration(), sidecar(waited).exists()
        with suppress(RefusalError):
            said = strict_yaml.load(sidecar(waited), Declaration)
        lines = [f"{key}: {_scalar(value)}" for key, value in _with(_said(said), error.otherwise).items()]
        if sidecar_there and not lines:
            commands.append(f"rm {word(beside)}")
        elif lines:
            commands.append(f"printf '%s\\n' {' '.join(map(word, lines))} > {word(beside)}")
            commands.append(f"mv {word(beside)} {word(sidecar(waited))}")
        commands.append(f"mv {word(aside)} {word(waited)}")
    return _joined(error, commands)


def _changes(flags: Declaration, otherwise: Mapping[str, str | None]) -> bool:
    """Whether typing it again helps: a part that is to be left out may stand in a sidecar, and not among the flags."""
    return not otherwise or any(
        value is not None or getattr(flags, key) is not None for key, value in otherwise.items()
    )


def _joined(error: UnfitError, commands: list[str]) -> str:
    return printable(f"{error.advice}: {' && '.join(commands)}" if commands else error.advice)


def _said(declaration: Declaration) -> dict[str, str]:
    """The parts that are declared, each as it is typed."""
    return {key: _typed(value) for key, value in declaration if value is not None}


def _typed(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else shown(value)


def _with(said: Mapping[str, str], otherwise: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in {**said, **otherwise}.items() if value is not None}


def _scalar(value: str) -> str:
    """A value of a sidecar, in quotes where YAML would take it for something else."""
    return value if re.fullmatch(r"[\w.-]+(,[\w.-]+)*", value) else json.dumps(value, ensure_ascii=False)
