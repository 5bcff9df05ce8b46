"""What every command of `bonded` shares: the app that they belong to, the home that is meant, and how months are typed.

Belongs here: options of several commands. Not here: the commands (`bringing`, `looking`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.base.settings import Home

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The warehouse's folder; else BONDED_HOME, else data/main.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def home_of(home: Path | None) -> Home:
    """The home that was named, else that of the environment."""
    return Home(home.absolute()) if home else Home.default()
