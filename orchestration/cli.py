"""The `bonded` command: the same functions and jobs that Dagster runs, for the terminal.

Exit 0 success, 1 a file, a gate or a rule refused, 2 wrong usage. A user's mistake never shows a stack trace.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from orchestration import output
from orchestration.errors import RefusalError
from orchestration.landing.due import DatasetStatus, dataset_status
from orchestration.landing.receive import Received, receive
from orchestration.landing.scope import Declaration, Scope, describe, shown
from orchestration.landing.store import Landing
from orchestration.release_calendar import beijing_today, format_month, month_range, parse_month
from orchestration.releases.store import Releases, read_manifest
from orchestration.settings import Home

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
    source: Annotated[str | None, typer.Option(help="gacc (genuine) or gacc_sample (synthetic).")] = None,
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
    said = {"dataset": dataset, "source": source, "flow": flow, "hs": hs, "partners": partners, "months": months,
            "regimes": regimes, "provinces": provinces, "vintage": vintage, "header": header}  # fmt: skip
    flags = Declaration.model_validate({k: v for k, v in said.items() if v is not None})
    place, failed, reports = _home(home), False, []
    for file in files:
        try:
            outcome = receive(place, file, flags, dry_run=dry_run)
        except RefusalError as error:
            failed = True
            reports.append({"file": str(file), "refused": str(error)})
            output.error(str(error))
            continue
        reports.append(_receipt_report(file, outcome))
        if not as_json:
            _print_receipt(file, outcome, dry_run)
    if as_json:
        output.json_out(reports)
    if failed:
        raise typer.Exit(1)


def _receipt_report(file: Path, outcome: Received) -> dict[str, Any]:
    report: dict[str, Any] = {"file": str(file), "new": outcome.is_new}
    if outcome.receipt:
        report["receipt"] = outcome.receipt.model_dump(mode="json")
    if outcome.parsed and outcome.scope:
        report["seen"] = _seen(outcome, outcome.scope)
        report["feeds_fact"] = outcome.scope.feeds_fact
        report["replaces"] = [{"month": format_month(c.month), "old": c.old, "new": c.new} for c in outcome.changes]
    return report


def _seen(outcome: Received, scope: Scope) -> dict[str, Any]:
    parsed = outcome.parsed
    assert parsed is not None
    return {
        "layout": ", ".join(parsed.layout.concepts),
        "encoding": parsed.encoding,
        "currency": scope.currency,
        "months": shown(scope.months),
        "vintage": str(outcome.vintage),
        "rows": parsed.rows,
        "sum": sum(m.value for m in parsed.months),
        "partners": list(parsed.partners),
        "code_prefixes": list(parsed.hs_chapters),
    }


def _print_receipt(file: Path, outcome: Received, dry_run: bool) -> None:
    if not outcome.is_new and outcome.receipt:
        output.line(f"{file.name}: nothing new, already received as {outcome.receipt.receipt_id}")
        return
    assert outcome.parsed is not None and outcome.scope is not None
    if outcome.receipt and not dry_run:
        output.line(
            f"{file.name}: received as {outcome.receipt.receipt_id} ({describe(outcome.parsed)}){_limits(outcome)}"
        )
        return
    output.line(f"{file.name}: would be received; nothing has been changed{_limits(outcome)}")
    output.table(["seen", "value"], [[k, v] for k, v in _seen(outcome, outcome.scope).items()])
    output.table(
        ["month", f"old total {outcome.scope.currency}", "new total"],
        [[format_month(c.month), "not covered" if c.old is None else c.old, c.new] for c in outcome.changes],
    )


def _limits(outcome: Received) -> str:
    """What a receipt says of itself that may not feed the fact (contract, rule 5)."""
    if outcome.scope is None or outcome.scope.feeds_fact:
        return ""
    return "; limited to some regimes or provinces, so it feeds no fact and serves to check sums only"


@app.command()
def withdraw(
    receipt: str,
    reason: Annotated[str, typer.Option(help="Why the receipt is wrong.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare a receipt wrong: it counts no longer, from the next build on. Nothing is deleted."""
    record = Landing(_home(home)).withdraw(receipt, reason)
    if as_json:
        output.json_out(record.model_dump(mode="json"))
    else:
        output.line(f"{record.receipt_id} withdrawn; type `bonded run` to publish without it")


@app.command()
def run(
    home: HomeOption = None,
    months: Annotated[str | None, typer.Option(help="Rebuild these months as well: 2024-01..2024-10.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in the inbox, build what landing holds, audit a candidate, publish it if it passes."""
    from orchestration.run import run_home

    asked = list(month_range(*_month_span(months))) if months else []
    summary = run_home(_home(home), asked)
    if as_json:
        output.json_out(summary.as_dict())
    else:
        output.run_summary(summary)
    if not summary.ok:
        raise typer.Exit(1)


def _month_span(text: str) -> tuple[dt.date, dt.date]:
    first, _, last = text.partition("..")
    return parse_month(first), parse_month(last or first)


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Datasets held, due and overdue; the last release; the last failure and why."""
    place = _home(home)
    state, releases = Landing(place).state(), Releases(place)
    statuses = dataset_status(place, state, beijing_today())
    current = releases.current_id()
    failure = _last_failure(place, current)
    report = {
        "home": str(place.root),
        "receipts": len(state.active),
        "withdrawn": len(state.withdrawals),
        "datasets": [_dataset_report(s) for s in statuses],
        "last_release": current,
        "last_failure": failure,
    }
    if as_json:
        output.json_out(report)
        return
    output.line(f"home: {place.root}")
    output.line(f"receipts: {len(state.active)} that count, {len(state.withdrawals)} withdrawn")
    output.line(f"last release: {current or 'none yet'}")
    output.line(f"last failure: {failure['why'] if failure else 'none since the last release'}")
    columns = ["dataset", "state", "held", "due and not there", "out since"]
    output.table(columns, [list(row.values())[:5] for row in report["datasets"]])  # type: ignore[attr-defined]
    for s in statuses:
        for query in s.queries:
            output.line(f"{s.name}: download {query}")


def _dataset_report(s: DatasetStatus) -> dict[str, Any]:
    return {
        "dataset": s.name,
        "state": "active" if s.active else "offer",
        "held": _spans(s.held),
        "due": _spans(s.due),
        "out_since": str(s.overdue_since() or ""),
        "queries": [str(q) for q in s.queries],
    }


def _spans(months: tuple[dt.date, ...]) -> str:
    """Months as unbroken spans: 2024-01..2024-03, 2024-05."""
    spans: list[list[dt.date]] = []
    for month in months:
        if spans and (month.year * 12 + month.month) - (spans[-1][1].year * 12 + spans[-1][1].month) == 1:
            spans[-1][1] = month
        else:
            spans.append([month, month])
    return ", ".join(shown((a, b)) for a, b in spans)


def _last_failure(home: Home, current: str | None) -> dict[str, str] | None:
    """The latest candidate that failed since the current release was made."""
    folders = sorted(p for p in home.candidates.glob("[0-9]*") if (p / "release.json").exists())
    if not folders or (current is not None and folders[-1].name < current):
        return None
    manifest = read_manifest(folders[-1])
    if manifest.audit is None or manifest.audit.passed:
        return None
    first = manifest.audit.findings[0] if manifest.audit.findings else {}
    why = ", ".join(f"{k} {first[k]}" for k in ("gate", "dataset", "month", "difference", "reason") if first.get(k))
    return {"candidate": manifest.release_id, "why": why}


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
    folder = place.candidates / candidate if candidate else Releases(place).folder(release)
    if not folder.is_dir():
        raise RefusalError(f"there is no candidate {candidate!r}", remedy="candidates/ in the home lists them")
    report = audit_folder(place, folder)
    if as_json:
        output.json_out(output.audit_dict(folder.name, report))
    else:
        output.audit_table(folder.name, report)
    if not report.passed:
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
    current, pins = store.current_id(), store.pins()
    rows = []
    for release_id in store.ids():
        manifest = store.manifest(release_id)
        rows.append(
            {
                "release_id": release_id,
                "current": release_id == current,
                "pinned": release_id in pins,
                "made_at": manifest.made_at.isoformat(timespec="seconds"),
                "receipts": len(manifest.receipts),
                "withdrawn": len(manifest.withdrawals),
                "synthetic": manifest.is_synthetic,
                "warned": manifest.audit.counts["warned"] if manifest.audit else None,
            }
        )
    if as_json:
        output.json_out(rows)
    else:
        output.table(list(rows[0]) if rows else ["release_id"], [list(row.values()) for row in rows])


@app.command()
def rollback(release_id: str, home: HomeOption = None) -> None:
    """Let readers see an older release again."""
    Releases(_home(home)).rollback(release_id)
    output.line(f"current is {release_id}")


@app.command()
def diff(a: str, b: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Tables and months in which two releases differ."""
    from orchestration.releases.query import difference

    found = difference(_home(home), a, b)
    if as_json:
        output.json_out([vars(d) for d in found])
    elif not found:
        output.line("the same content")
    else:
        output.table(
            ["table", f"rows only in {a}", f"rows only in {b}", "months"],
            [[d.table, d.only_a, d.only_b, ", ".join(d.months)] for d in found],
        )


@app.command()
def trace(
    month: str,
    partner: str,
    category: str,
    home: HomeOption = None,
    flow: Annotated[str, typer.Option()] = "import",
    scheme: Annotated[str | None, typer.Option(help="The category's scheme, where several have the code.")] = None,
    release: Annotated[str | None, typer.Option(help="A release; the current one by default.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The files and lines behind one published number."""
    from orchestration.releases.trace import AmbiguousError
    from orchestration.releases.trace import trace as trace_cell

    if flow not in ("import", "export"):
        raise typer.BadParameter("write import or export", param_hint="--flow")
    try:
        found = trace_cell(_home(home), parse_month(month), partner, category, flow, scheme, release)
    except AmbiguousError as error:
        raise typer.BadParameter(str(error)) from None
    if as_json:
        output.json_out(found.model_dump(mode="json"))
        return
    output.line(
        f"{found.flow} {found.month} {found.partner_code} {found.category_scheme}/{found.category_code}: "
        f"USD {output.plain(found.value_usd)}, CNY {output.plain(found.value_cny)} (release {found.release_id})"
    )
    output.table(
        ["receipt", "file", "USD", "CNY", "lines"],
        [[r.receipt_id, r.file, r.value_usd, r.value_cny, ",".join(map(str, r.lines))] for r in found.receipts],
    )


@app.command()
def query(
    sql: str,
    home: HomeOption = None,
    release: Annotated[str | None, typer.Option(help="A release; the current one by default.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Not built yet.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run SQL on a release, read-only."""
    from orchestration.releases.query import run_sql

    if as_of:
        raise typer.BadParameter(
            "--as-of is not built yet; query an older release with --release", param_hint="--as-of"
        )
    columns, rows = run_sql(Releases(_home(home)).folder(release), sql)
    if as_json:
        output.json_out([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        output.table(columns, [list(row) for row in rows])


@app.command()
def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check that bytes and releases are what their hashes say, and that what must be there is."""
    from orchestration.doctor import examine

    findings = examine(_home(home))
    if as_json:
        output.json_out([vars(f) for f in findings])
    else:
        output.table(["check", "ok", "detail"], [[f.check, "ok" if f.ok else "WRONG", f.detail] for f in findings])
    if not all(f.ok for f in findings):
        raise typer.Exit(1)


@app.command()
def sample(home: HomeOption = None) -> None:
    """Write the synthetic sample files into the inbox of a home of its own."""
    from orchestration.sources.gacc_sample import write_sample

    place = _home(home).create()
    if any(not r.scope.is_synthetic for r in Landing(place).state().receipts):
        raise RefusalError("this home holds real receipts", remedy="bonded sample --home ANOTHER_FOLDER")
    files = write_sample(place.inbox / "sample_chips")
    output.line(f"{len(files)} synthetic files in {place.inbox / 'sample_chips'}")


def main() -> None:
    """Entry point: refusals and wrong usage in words, with their exit codes."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except RefusalError as error:
        output.error(str(error))
        sys.exit(1)
    except ValidationError as error:
        first = error.errors()[0]
        flag = f"--{first['loc'][0]}: " if first["loc"] else ""
        output.error(flag + first["msg"].removeprefix("Value error, "))
        sys.exit(2)
    except ValueError as error:
        output.error(str(error))
        sys.exit(2)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        if not hasattr(error, "exit_code"):
            raise
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        output.error(message)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
