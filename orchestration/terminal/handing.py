"""Commands that hand on what a release says: as a file, or as pages.

Belongs here: arguments, and what is said beside a file. Not here: what a file holds (`releases.handing_on`), nor what
is served (`pages`).
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from orchestration.base.errors import RefusalError
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.releases.handing_on.format import Format
from orchestration.releases.store import Releases
from orchestration.terminal import output
from orchestration.terminal.asking import AsOfOption, ReleaseOption, known_on, typed_day
from orchestration.terminal.command import HomeOption, JsonOption, app, home_of

if TYPE_CHECKING:
    from orchestration.releases.handing_on.export import Asked, Exported


#: What a file is that is named so, where nothing else is said.
BY_SUFFIX = {f".{form}": form for form in Format}


@app.command()
def export(
    name: Annotated[str | None, typer.Argument(help="A table or a view.")] = None,
    sql: Annotated[str | None, typer.Option("--sql", help="A question instead of a table.")] = None,
    scheme: Annotated[
        str | None, typer.Option(help="A scheme of categories: its series, all partners together.")
    ] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="By the name of the file, else csv, if nothing is said.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", help="The file; standard output for - or for none.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    home: HomeOption = None,
    release: ReleaseOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a table, a view, a scheme or an answer to a file: CSV, CSV for Excel, XLSX with notes, Parquet.

    Release and SYNTHETIC stand in every row, terms and how to cite in the notes. Rows that the publisher's terms keep
    from being passed on are left out, which is said.
    """
    if sum(said is not None for said in (name, sql, scheme)) != 1:
        raise typer.BadParameter("name a table or a view, or --sql, or --scheme: one of them")
    path = Path(out) if out and out != "-" else None
    if as_json and path is None:
        raise typer.BadParameter("standard output holds the file; name one with --out", param_hint="--json")
    chosen = form or (BY_SUFFIX.get(path.suffix.lower()) if path else Format.CSV)
    if chosen is None:
        raise typer.BadParameter(f"{path} does not say what it is: csv, xlsx, parquet …", param_hint="--format")
    place, day = home_of(home), typed_day(as_of)
    what = _asked(place, f"v_{scheme}" if scheme else name, sql, release, day)
    made = _written(place, what, chosen, path, force=force)
    if as_json:
        output.json_out({**asdict(made), "file": str(path)})
    elif path:
        output.line(f"{path}: {made.rows:,} rows, {len(made.columns)} columns of release {made.release_id}")
    _tell(what, made)


def hand_out(place: Home, sql: str, form: Format, release: str | None, day: dt.date | None) -> None:
    """The answer to a question as a file on standard output."""
    what = _asked(place, None, sql, release, day)
    _tell(what, _written(place, what, form, None))


def _asked(place: Home, name: str | None, sql: str | None, release: str | None, day: dt.date | None) -> Asked:
    from orchestration.releases.handing_on.export import Asked, question_of

    folder, said = Releases(place).opened(release)
    if day:
        # What keeps tables that may not stay in the home goes with the answer.
        made = known_on(place, day, said.release_id)
        folder = made.folder
        return Asked(folder, said, sql or question_of(folder, name or ""), name, day, made)
    return Asked(folder, said, sql or question_of(folder, name or ""), name)


def _written(place: Home, what: Asked, form: Format, path: Path | None, *, force: bool = False) -> Exported:
    from orchestration.releases.handing_on.export import export, to_file

    if path is not None:
        with to_file(place, path, force=force) as stream:
            return export(what, form, stream)
    if not form.is_text and sys.stdout.isatty():
        named = f"{what.name or 'answer'}.{form}"
        raise RefusalError(f"a terminal shows no {form}", remedy=f"add --out {named}, or > {named}")
    # In a file first: what is refused halfway is not handed out in part.
    with tempfile.TemporaryFile(prefix="bonded-export-") as aside:
        made = export(what, form, aside)
        aside.seek(0)
        _hand_over(aside)
    return made


def _hand_over(aside: BinaryIO) -> None:
    """To standard output, byte by byte; a terminal is shown characters that it would obey as escapes."""
    if sys.stdout.isatty():
        for text in aside:
            output.line(printable(text.decode().removeprefix("\ufeff").rstrip("\r\n")))
        return
    sys.stdout.flush()
    while chunk := aside.read(1 << 20):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def _tell(what: Asked, made: Exported) -> None:
    """What whoever has the file should know, on standard error."""
    for text in (
        *output.made_up(made.release_id, made.is_synthetic),
        *output.on_terms(what.said),
        *made.remarks,
    ):
        output.note(text)


@app.command()
def serve(
    home: HomeOption = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="The port; the last one of this home, or a free one.")
    ] = None,
    while_open: Annotated[bool, typer.Option("--while-open", hidden=True, help="End with standard input.")] = False,
) -> None:
    """Show the releases of a home in a browser of this machine: pages, audits, files. It reads and nothing else."""
    from orchestration.pages.serve import listening
    from orchestration.pages.serve import serve as answer
    from orchestration.pages.serving import address_of, announced

    place = home_of(home)
    with listening(place, port) as ear:
        number = ear.getsockname()[1]
        with announced(place, number):
            output.line(f"releases of {place.root}: {address_of(number)}")
            sys.stdout.flush()
            answer(place, ear, until=sys.stdin.buffer.read if while_open else None)
