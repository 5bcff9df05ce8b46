"""Commands that look: at a home, its releases, a figure and what it is made of. `rollback` moves what readers see.

Belongs here: arguments, and what the exit code says. Not here: what is found (`releases`, `gates`, `claims`), nor how
it is told (`output`).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.base.errors import RefusalError
from orchestration.base.months import parse_month
from orchestration.landing.store import Landing
from orchestration.releases.handing_on.format import Format
from orchestration.releases.manifest import read_manifest
from orchestration.releases.store import Releases
from orchestration.terminal import output
from orchestration.terminal.asking import AsOfOption, ReleaseOption, known_on, typed_day
from orchestration.terminal.command import HomeOption, JsonOption, app, home_of
from orchestration.terminal.handing import hand_out
from orchestration.terminal.status import home_status, release_row


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Datasets held, due and overdue; the last release; the last failure and why."""
    place = home_of(home)
    report = home_status(place)
    if as_json:
        output.json_out(report.as_dict())
    else:
        output.status(report)


@app.command()
def audit(
    home: HomeOption = None,
    release: ReleaseOption = None,
    candidate: Annotated[str | None, typer.Option(help="A candidate that was kept.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run every gate on a release or a candidate, and say what was compared with what."""
    from orchestration.pages import page
    from orchestration.releases.publish import audit_folder

    place = home_of(home)
    folder = place.candidates / candidate if candidate else Releases(place).readable(release)[0]
    if not folder.is_dir():
        raise RefusalError(f"there is no candidate {candidate!r}", remedy="candidates/ in the home lists them")
    said, report = read_manifest(folder), audit_folder(place, folder, page)
    faults = [f"{path}: this record of landing {what}" for path, what in Landing(place).chain.faults()]
    if as_json:
        told = {"is_synthetic": said.is_synthetic, "damaged": faults}
        output.json_out({**output.audit_dict(folder.name, report), **told})
    else:
        output.audit_table(folder.name, report)
        for text in (*faults, *output.made_up(folder.name, said.is_synthetic)):
            output.line(text)
    if faults or not report.passed:
        raise typer.Exit(1)


@app.command()
def releases(
    home: HomeOption = None,
    pin: Annotated[str | None, typer.Option(help="Keep this release for good.")] = None,
    unpin: Annotated[str | None, typer.Option(help="Let retention take this release again.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the releases of this home, oldest first."""
    store = Releases(home_of(home))
    if pin:
        store.pin(pin)
    if unpin:
        store.pin(unpin, keep=False)
    rows = [release_row(store, release_id) for release_id in store.ids()]
    if as_json:
        output.json_out(rows)
        return
    output.table(list(rows[0]) if rows else ["release_id"], [list(row.values()) for row in rows])
    for text in store.unreadable():
        output.note(text)
    for text in output.made_up(", ".join(row["release_id"] for row in rows), any(row["synthetic"] for row in rows)):
        output.note(text)


@app.command()
def rollback(release_id: str, home: HomeOption = None) -> None:
    """Let readers see an older release again."""
    store = Releases(home_of(home))
    for warning in store.rollback(release_id):
        output.note(warning)
    output.line(f"current is {release_id}")
    for text in output.made_up(release_id, store.manifest(release_id).is_synthetic):
        output.line(text)


@app.command()
def diff(a: str, b: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Tables, months and figures in which two releases differ."""
    from orchestration.releases.difference import difference

    place = home_of(home)
    found = difference(place, a, b)
    made_up = output.made_up(f"{a} and of {b}", Releases(place).manifest(a).is_synthetic)
    if as_json:
        output.json_out([asdict(d) for d in found])
    elif not found:
        output.line("the same content")
    else:
        output.differences(found, a, b)
    for text in made_up:
        output.note(text)


@app.command()
def trace(
    month: str,
    partner: str,
    category: str,
    home: HomeOption = None,
    flow: Annotated[str, typer.Option()] = "import",
    scheme: Annotated[str | None, typer.Option(help="The category's scheme, where several have the code.")] = None,
    source: Annotated[str | None, typer.Option(help="The source, where several have the figure.")] = None,
    reporter: Annotated[str | None, typer.Option(help="ISO3 code, where a source reports for several.")] = None,
    release: ReleaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """The files and lines behind one published number."""
    from orchestration.releases.trace import AmbiguousError
    from orchestration.releases.trace import trace as trace_cell

    if flow not in ("import", "export"):
        raise typer.BadParameter("write import or export", param_hint="--flow")
    try:
        found = trace_cell(
            home_of(home),
            parse_month(month),
            partner,
            category,
            flow,
            scheme,
            release,
            source=source,
            reporter=reporter,
        )
    except AmbiguousError as error:
        raise typer.BadParameter(str(error)) from None
    if as_json:
        output.json_out(found.model_dump(mode="json"))
    else:
        output.trace(found)
    for text in output.on_terms(Releases(home_of(home)).manifest(found.release_id)):
        output.note(text)


@app.command()
def query(
    sql: str,
    home: HomeOption = None,
    release: ReleaseOption = None,
    as_of: AsOfOption = None,
    form: Annotated[
        str, typer.Option("--format", help="table, or a file to hand on: csv, excel-csv, xlsx, parquet, json.")
    ] = "table",
    as_json: JsonOption = False,
) -> None:
    """Run SQL on a release, read-only; with --as-of, on its receipts known by that date.

    A file to hand on is as bonded export writes it: release and SYNTHETIC in every row, without rows that stay.
    """
    from orchestration.releases.query import distinct, run_sql

    if form != "table" and (as_json or form not in list(Format)):
        known = ", ".join(Format)
        raise typer.BadParameter(f"write table, or without --json one of {known}", param_hint="--format")
    place, day = home_of(home), typed_day(as_of)
    if form != "table":
        hand_out(place, sql, Format(form), release, day)
        return
    folder, said = Releases(place).opened(release)
    known_then = known_on(place, day, said.release_id) if day else None
    columns, rows = run_sql(known_then.folder if known_then else folder, sql)
    if as_json:
        output.json_out([dict(zip(distinct(columns), row, strict=True)) for row in rows])
    else:
        output.table(columns, [list(row) for row in rows])
    for text in (*output.made_up(said.release_id, said.is_synthetic), *output.on_terms(said)):
        output.note(text)


@app.command()
def claims(
    home: HomeOption = None,
    release: ReleaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Printed claims put to the test: on what was known when they were published, and on what is known now."""
    from orchestration.terminal import claim_report

    said, found = claim_report.read_claims(home_of(home), release)
    if as_json:
        of = {"release_id": said.release_id, "is_synthetic": said.is_synthetic}
        output.json_out([{**claim, **of} for claim in found])
    else:
        claim_report.show(found)
    for text in output.made_up(said.release_id, said.is_synthetic):
        output.note(text)


@app.command()
def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Read everything that lies in a home, and name each file that is not what it must be, with what to do."""
    from orchestration.terminal.doctor import examine

    findings = examine(home_of(home))
    if as_json:
        output.json_out([vars(f) for f in findings])
    else:
        rows = [[f.check, "ok" if f.ok else "WRONG", f.detail, f.remedy] for f in findings]
        output.table(["check", "ok", "detail", "remedy"], rows)
    if not all(f.ok for f in findings):
        raise typer.Exit(1)
