"""The `bonded` command: the same functions and jobs that Dagster runs, for the terminal.

Exit 0 success, 1 a file, a gate or a rule refused, 2 wrong usage. A user's mistake never shows a stack trace.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.base.errors import RefusalError
from orchestration.base.interrupt import farewell, interruptible
from orchestration.base.months import month_range, parse_month
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.landing.datasets import load_datasets
from orchestration.landing.preview import withdrawal_changes
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.releases.manifest import read_manifest
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import SOURCES
from orchestration.terminal import output, receipt_report
from orchestration.terminal.refusals import exit_code
from orchestration.terminal.status import home_status, release_row

if TYPE_CHECKING:
    from orchestration.releases.as_of import AsOf

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The warehouse's folder; else BONDED_HOME, else data/main.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _home(home: Path | None) -> Home:
    """The home that was named, else that of the environment."""
    return Home(home.absolute()) if home else Home.default()


@app.command("receive")
def receive_command(
    files: Annotated[list[Path], typer.Argument(help="Files as downloaded.")],
    home: HomeOption = None,
    dataset: Annotated[str | None, typer.Option(help="A dataset of expectations/datasets.yml.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="gacc, gacc_nomenclature (code lists), gacc_bulletin, comtrade, comtrade_annual, …"),
    ] = None,
    reporter: Annotated[str | None, typer.Option(help="ISO3 of who reports, where the source has several.")] = None,
    flow: Annotated[str | None, typer.Option(help="import or export; no file says it.")] = None,
    hs: Annotated[str | None, typer.Option(help="Codes asked for: all, or prefixes: 1201,8542.")] = None,
    partners: Annotated[str | None, typer.Option(help="Partners asked for: all, codes, or world.")] = None,
    months: Annotated[str | None, typer.Option(help="2024-01..2024-10 or 2024-10; else as printed.")] = None,
    regimes: Annotated[str | None, typer.Option(help="Customs regimes asked for, if not all.")] = None,
    provinces: Annotated[str | None, typer.Option(help="Provinces asked for, if not all.")] = None,
    vintage: Annotated[str | None, typer.Option(help="Date on which the figures stood so; else today.")] = None,
    header: Annotated[str | None, typer.Option(help="The site's header line, for a file without one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Receive files into landing, each under its declared scope."""
    said = {"dataset": dataset, "source": source, "reporter": reporter, "flow": flow, "hs": hs, "partners": partners,
            "months": months, "regimes": regimes, "provinces": provinces, "vintage": vintage,
            "header": header}  # fmt: skip
    flags = Declaration.model_validate({k: v for k, v in said.items() if v is not None})
    place, failed, reports = _home(home), False, []
    for file in files:
        try:
            outcome = receive_file(place, file, flags, dry_run=dry_run, compare=True)
        except RefusalError as error:
            failed = True
            reports.append({"file": printable(str(file)), "refused": str(error)})
            output.error(str(error))
            continue
        reports.append(receipt_report.as_dict(file, outcome))
        if not as_json:
            receipt_report.show(file, outcome)
    if as_json:
        output.json_out(reports)
    if failed:
        raise typer.Exit(1)


@app.command()
def withdraw(
    receipt: str,
    reason: Annotated[str, typer.Option(help="Why the receipt is wrong.")],
    home: HomeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Declare a receipt wrong: it counts no longer, from the next build on. Nothing is deleted."""
    landing = Landing(_home(home))
    changes = withdrawal_changes(landing, receipt)
    record = landing.withdraw(receipt, reason, dry_run=dry_run)
    if as_json:
        replaced = receipt_report.replaced(changes)
        output.json_out({**record.model_dump(mode="json"), "withdrawn": not dry_run, "replaces": replaced})
        return
    done = "would be withdrawn; nothing has been changed" if dry_run else "withdrawn; type `bonded run` to publish so"
    output.line(f"{record.receipt_id} {done}")
    receipt_report.show_changes(changes)


@app.command()
def run(
    home: HomeOption = None,
    months: Annotated[str | None, typer.Option(help="Rebuild these months as well: 2024-01..2024-10.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in the inbox, build what landing holds, audit a candidate, publish it if it passes."""
    from orchestration.terminal.run import run_home

    asked = list(month_range(*_month_span(months))) if months else []
    with interruptible(for_good=True):
        summary = run_home(_home(home), asked)
    if as_json:
        output.json_out(summary.as_dict())
    else:
        output.run_summary(summary)
    if not summary.ok:
        raise typer.Exit(1)


@app.command("fetch")
def fetch_command(
    home: HomeOption = None,
    dataset: Annotated[
        str | None, typer.Option(help="A dataset, or a source of documents: active from now on; else all that are.")
    ] = None,
    months: Annotated[str | None, typer.Option(help="Only these months: 2024-01..2024-10 or 2024-10.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask for what is there, too.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked; ask only what is out, change nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask publishers that may be asked for what is promised, out and not there. It builds and publishes nothing."""
    from orchestration.landing.fetching import Way
    from orchestration.terminal import fetch_report

    if dataset and dataset not in (known := (*load_datasets(), *SOURCES)):
        raise typer.BadParameter(f"there is no dataset {dataset!r}: use one of {', '.join(known)}")
    span = _month_span(months) if months else None
    if span and span[0] > span[1]:
        raise typer.BadParameter("the last month lies before the first", param_hint="--months")
    place = _home(home)
    with interruptible(for_good=True):
        outcomes = fetch_report.fetch_shown(place, dataset, Way(months=span, again=again, dry_run=dry_run))
    if as_json:
        output.json_out([fetch_report.as_dict(outcome, dry_run=dry_run) for outcome in outcomes])
    else:
        fetch_report.show(place, outcomes, dry_run=dry_run)
    refused = [(outcome.name, error) for outcome in outcomes for error in outcome.refused]
    for name, error in refused:
        output.error(f"{name}: {error}")
    if refused:
        raise typer.Exit(1)


def _month_span(text: str) -> tuple[dt.date, dt.date]:
    first, _, last = text.partition("..")
    return parse_month(first), parse_month(last or first)


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Datasets held, due and overdue; the last release; the last failure and why."""
    place = _home(home)
    report = home_status(place)
    if as_json:
        output.json_out(report.as_dict())
    else:
        output.status(report)


@app.command()
def audit(
    home: HomeOption = None,
    release: Annotated[str | None, typer.Option(help="A release; the current one by default.")] = None,
    candidate: Annotated[str | None, typer.Option(help="A candidate that was kept.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run every gate on a release or a candidate, and say what was compared with what."""
    from orchestration.releases.publish import audit_folder

    place = _home(home)
    folder = place.candidates / candidate if candidate else Releases(place).readable(release)[0]
    if not folder.is_dir():
        raise RefusalError(f"there is no candidate {candidate!r}", remedy="candidates/ in the home lists them")
    said, report = read_manifest(folder), audit_folder(place, folder)
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
    store = Releases(_home(home))
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
    store = Releases(_home(home))
    for warning in store.rollback(release_id):
        output.note(warning)
    output.line(f"current is {release_id}")
    for text in output.made_up(release_id, store.manifest(release_id).is_synthetic):
        output.line(text)


@app.command()
def diff(a: str, b: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Tables, months and figures in which two releases differ."""
    from orchestration.releases.difference import difference

    place = _home(home)
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
    release: Annotated[str | None, typer.Option(help="A release; the current one by default.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The files and lines behind one published number."""
    from orchestration.releases.trace import AmbiguousError
    from orchestration.releases.trace import trace as trace_cell

    if flow not in ("import", "export"):
        raise typer.BadParameter("write import or export", param_hint="--flow")
    try:
        found = trace_cell(
            _home(home), parse_month(month), partner, category, flow, scheme, release, source=source, reporter=reporter
        )
    except AmbiguousError as error:
        raise typer.BadParameter(str(error)) from None
    if as_json:
        output.json_out(found.model_dump(mode="json"))
    else:
        output.trace(found)
    for text in output.on_terms(Releases(_home(home)).manifest(found.release_id)):
        output.note(text)


@app.command()
def query(
    sql: str,
    home: HomeOption = None,
    release: Annotated[str | None, typer.Option(help="A release; the current one by default.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Tables as of this date (YYYY-MM-DD, in each source's time zone).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run SQL on a release, read-only; with --as-of, on its receipts known by that date."""
    from orchestration.releases.query import run_sql

    place, day = _home(home), _day(as_of) if as_of else None
    folder, said = Releases(place).opened(release)
    known = _known_on(place, day, said.release_id) if day else None
    columns, rows = run_sql(known.folder if known else folder, sql)
    if as_json:
        output.json_out([dict(zip(output.distinct(columns), row, strict=True)) for row in rows])
    else:
        output.table(columns, [list(row) for row in rows])
    for text in (*output.made_up(said.release_id, said.is_synthetic), *output.on_terms(said)):
        output.note(text)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write YYYY-MM-DD", param_hint="--as-of") from None


def _known_on(home: Home, day: dt.date, release: str) -> AsOf:
    """The tables as known on a day; says on stderr what they are made of."""
    from orchestration.releases.as_of import as_of

    made = as_of(home, day, release)
    output.note(f"as known on {day}: {made.known} of {made.held} receipts; built for this question, not audited")
    return made


@app.command()
def claims(
    home: HomeOption = None,
    release: Annotated[str | None, typer.Option(help="A release; the current one by default.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Printed claims put to the test: on what was known when they were published, and on what is known now."""
    from orchestration.terminal import claim_report

    said, found = claim_report.read_claims(_home(home), release)
    if as_json:
        of = {"release_id": said.release_id, "is_synthetic": said.is_synthetic}
        output.json_out([{**claim, **of} for claim in found])
    else:
        claim_report.show(found)
    for text in output.made_up(said.release_id, said.is_synthetic):
        output.note(text)


@app.command("story")
def story_command(
    name: Annotated[str, typer.Argument(help="A story of stories/: chips, magnets, soybeans, …")],
    home: Annotated[
        Path | None, typer.Option("--home", help="The warehouse's folder; else BONDED_HOME, else data/<name>.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell a story from real figures: ask for what is due, build, audit, publish, and print the sentence."""
    from orchestration.stories.declared import load_story, names
    from orchestration.terminal import story, story_report

    if name not in names():
        raise typer.BadParameter(f"there is no story {name!r}: use one of {', '.join(names())}")
    declared = load_story(name)
    place = story.home_of(name, home)
    with interruptible(for_good=True):
        course = story.follow(place, name, declared)
    if as_json:
        output.json_out(story_report.as_dict(course))
    else:
        story_report.show(course)
    for dataset, error in course.refused:
        output.error(f"{dataset}: {error}")
    if not course.ok:
        raise typer.Exit(1)


@app.command()
def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Read everything that lies in a home, and name each file that is not what it must be, with what to do."""
    from orchestration.terminal.doctor import examine

    findings = examine(_home(home))
    if as_json:
        output.json_out([vars(f) for f in findings])
    else:
        rows = [[f.check, "ok" if f.ok else "WRONG", f.detail, f.remedy] for f in findings]
        output.table(["check", "ok", "detail", "remedy"], rows)
    if not all(f.ok for f in findings):
        raise typer.Exit(1)


@app.command()
def sample(home: HomeOption = None) -> None:
    """Write the synthetic sample files into the inbox of a home of its own."""
    from orchestration.sources.gacc_sample.files import write_sample

    place = _home(home).create()
    state = Landing(place).state()
    if state.first and not state.is_synthetic:
        raise RefusalError("this home holds real receipts", remedy="bonded sample --home ANOTHER_FOLDER")
    files = write_sample(place.inbox)
    output.line(f"{len(files)} synthetic files in {place.inbox}")


def main() -> None:
    """Entry point."""
    as_json = "--json" in sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name in another script than the terminal's is shown as escapes.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = exit_code(lambda: app(standalone_mode=False), as_json=as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    if said := farewell():
        output.note(said)
        # To take a process apart that holds a warehouse takes seconds, too, and no thread listens any more.
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
