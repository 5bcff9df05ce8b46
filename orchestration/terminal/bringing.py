"""Commands that bring something about: files received and withdrawn, publishers asked, a run, a story, the sample.

Belongs here: arguments, and what the exit code says. Not here: what is done (landing, `run`, `story`), nor how it is
told (`receipt_report`, `fetch_report`, `output`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.base.errors import RefusalError
from orchestration.base.interrupt import interruptible
from orchestration.base.months import month_range, parse_months
from orchestration.base.plain import printable
from orchestration.landing.datasets import load_datasets
from orchestration.landing.preview import withdrawal_changes
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import SOURCES
from orchestration.terminal import output, receipt_report
from orchestration.terminal.command import HomeOption, JsonOption, app, home_of


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
    place, failed, reports = home_of(home), False, []
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
    landing = Landing(home_of(home))
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

    asked = list(month_range(*parse_months(months))) if months else []
    with interruptible(for_good=True):
        summary = run_home(home_of(home), asked)
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
    span = parse_months(months) if months else None
    place = home_of(home)
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
def sample(home: HomeOption = None) -> None:
    """Write the synthetic sample files into the inbox of a home of its own."""
    from orchestration.sources.gacc_sample.files import write_sample

    place = home_of(home).create()
    state = Landing(place).state()
    if state.first and not state.is_synthetic:
        raise RefusalError("this home holds real receipts", remedy="bonded sample --home ANOTHER_FOLDER")
    files = write_sample(place.inbox)
    output.line(f"{len(files)} synthetic files in {place.inbox}")
