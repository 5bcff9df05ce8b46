"""What somebody outside is told of runs (`BONDED_NOTIFY`): failures, what is held back or refused, overdue, published.

Belongs here: what is news, and what whoever reads it needs to act. Not here: how it is delivered (`deliver`). All is
read from Dagster's events once a run has ended, so that it is the same whoever launched the run, or ended it, and no
run waits for anybody. Each event is told once; what was told, Dagster's instance keeps.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.events import EngineEventData
from filelock import FileLock

from orchestration.assets.common import NAMED
from orchestration.assets.inspected import receipts_by_month
from orchestration.assets.release import REFUSED
from orchestration.automation.changes import CHANGES, Change
from orchestration.automation.deliver import deliver
from orchestration.automation.failed import reason_of, step_failures
from orchestration.automation.instance import LAUNCHED_BY
from orchestration.base.plain import printable
from orchestration.base.settings import Home, settings
from orchestration.releases.headline import headline
from orchestration.releases.manifest import read_manifest
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from orchestration.releases.summary import what_is_new

#: Where the instance keeps what was told.
TOLD = "bonded/notified"
#: Of each kind so many are looked at, and none that is older than a day: after a silence nobody wants all of it.
LATEST, OLD = 20, 86_400.0
RELEASE, RECEIPTS = dg.AssetKey("release"), dg.AssetKey("landing_receipts")


@dataclass(frozen=True)
class News:
    """One event: text for people, and in `details` what they need to act. `run_id`: of the run whose event it is."""

    event: str
    at: float
    text: str
    details: Mapping[str, Any]
    run_id: str | None = None

    def message(self, home: Home) -> dict[str, Any]:
        """What is delivered (docs/runbook.md)."""
        at = dt.datetime.fromtimestamp(self.at, dt.UTC).isoformat(timespec="seconds")
        common = {"event": self.event, "time": at, "home": printable(str(home.root)), "run_id": self.run_id}
        return {**common, "release_id": Releases(home).current_id(), "text": self.text, **self.details}


@dataclass(frozen=True)
class Found:
    """What may be news: told apart by its key, and looked into by `read` only if it was not told yet."""

    key: str
    at: float
    read: Callable[[], News | None]


def tell_news(made: dg.DagsterInstance, home: Home, since: float) -> list[str]:
    """Tell whoever `BONDED_NOTIFY` names what has happened and was not told yet; returns what could not be told.

    `since`: where nobody was ever told of this home, the time from which on. It never fails; the log of a run says what
    nobody could be told of it.
    """
    address = settings().notify
    if not address:
        return []
    try:
        return _tell(made, home, since, address)
    except Exception as error:
        return [f"Nobody was told of what has happened: {type(error).__name__}: {printable(str(error))[:200]}"]


def _tell(made: dg.DagsterInstance, home: Home, since: float, address: str) -> list[str]:
    with FileLock(home.warehouse / ".notify.lock", timeout=settings().notify_seconds):
        news = _untold(made, home, since)
    warnings = []
    for one, why in zip(
        news, deliver(address, [n.message(home) for n in news], settings().notify_seconds), strict=True
    ):
        if why:
            warnings.append(f"Nobody was told of the {one.event.replace('_', ' ')}: {why}.")
            run = made.get_run_by_id(one.run_id) if one.run_id else None
            if run:
                event = dg.DagsterEvent(
                    dg.DagsterEventType.ENGINE_EVENT.value,
                    run.job_name,
                    event_specific_data=EngineEventData(),
                    message=warnings[-1],
                )
                made.report_dagster_event(event, run.run_id, logging.WARNING)
    return warnings


def _untold(made: dg.DagsterInstance, home: Home, since: float) -> list[News]:
    """What is news; from now on it counts as told, since nobody should hear of anything twice."""
    storage = made.daemon_cursor_storage
    kept = storage.get_cursor_values({TOLD}).get(TOLD)
    told = json.loads(kept) if kept else {"since": since, "keys": [], "overdue": {}, "refused": {}}
    after = max(told["since"], time.time() - OLD)
    found = [*_failures(made, home), *_publications(made, home)]
    news = [one.read() for one in found if one.at >= after and one.key not in told["keys"]]
    overdue, late = _overdue(made, told["overdue"], after)
    refused, refusal = _refused(made, told["refused"], after)
    now = {"since": told["since"], "keys": [one.key for one in found], "overdue": overdue, "refused": refused}
    if now != told or not kept:
        storage.set_cursor_values({TOLD: json.dumps(now)})
    return sorted((one for one in [*news, late, refusal] if one), key=lambda one: one.at)


def _failures(made: dg.DagsterInstance, home: Home) -> Iterator[Found]:
    for record in made.fetch_run_status_changes(dg.DagsterEventType.RUN_FAILURE, LATEST).records:
        yield Found(f"run {record.run_id}", record.timestamp, partial(_failure, made, home, record))


def _failure(made: dg.DagsterInstance, home: Home, record: dg.EventLogRecord) -> News | None:
    """A run that failed or was killed, or whose audit failed; None where a run that it launched says so itself."""
    launched = dg.RunsFilter(tags={LAUNCHED_BY: record.run_id}, statuses=[dg.DagsterRunStatus.FAILURE])
    if made.get_runs(launched, limit=1):
        return None
    run = made.get_run_by_id(record.run_id)
    failed = step_failures(made, record.run_id)
    for event in failed:
        user = event.step_failure_data.user_failure_data
        if user and "candidate" in user.metadata:
            folder = home.candidates / str(user.metadata["candidate"].value)
            return News("failed_audit", record.timestamp, str(user.description), _audit(home, folder), record.run_id)
    said = [{"step": event.step_key, "why": reason_of(event)} for event in failed]
    ended = record.event_log_entry.get_dagster_event().message or "The run failed."
    text = "\n".join(f"{one['step']}: {one['why']}" for one in said) or ended
    details = {"job": run.job_name if run else None, "failures": said}
    return News("failed_run", record.timestamp, text, details, record.run_id)


def _audit(home: Home, folder: Path) -> dict[str, Any]:
    """What failed in a candidate, what is new in it, and the receipts of the months in question; nothing of one that
    was removed.
    """
    if not folder.is_dir():
        return {"candidate": folder.name, "findings": [], "new": [], "receipts": {}}
    made, made_of = read_manifest(folder), receipts_by_month(folder)
    findings = made.audit.findings if made.audit else []
    failed = [row for row in findings if row["verdict"] in ("failed", "broken")][:LATEST]
    columns = ("gate", "dataset", "month", "scope", "measure", "expected", "actual", "difference", "reason")
    months = sorted({row["month"][:7] for row in failed if row["month"]} & made_of.keys())
    return {
        "candidate": folder.name,
        "findings": [{**{c: row[c] for c in columns}, "month": row["month"] and row["month"][:7]} for row in failed],
        "new": what_is_new(Releases(home), made),
        "receipts": {
            month: [{"receipt_id": r.receipt_id, "file": r.name, "vintage": str(r.vintage)} for r in made_of[month][:5]]
            for month in months
        },
    }


def _publications(made: dg.DagsterInstance, home: Home) -> Iterator[Found]:
    for record in made.fetch_materializations(RELEASE, limit=LATEST).records:
        said = record.asset_materialization.metadata if record.asset_materialization else {}
        if "release_id" in said and said["outcome"].value == "published":
            release = str(said["release_id"].value)
            yield Found(f"release {release}", record.timestamp, partial(_publication, home, record, release))
            for event, read in CHANGES.items():
                yield Found(
                    f"{event} {release}", record.timestamp, partial(_change, home, record, release, event, read)
                )
        if REFUSED in said:
            candidate = str(said[REFUSED].value)
            yield Found(f"candidate {candidate}", record.timestamp, partial(_held_back, home, record, candidate))


def _held_back(home: Home, record: dg.EventLogRecord, candidate: str) -> News | None:
    """Sources whose figures stay as they were, and what was found in the candidate; None where they do no longer."""
    said = Releases(home).known(Releases(home).current_id())
    held_back = said.held_back if said else {}
    text = "\n".join(held.told(source) for source, held in held_back.items())
    details = {"held_back": {source: str(held.since) for source, held in held_back.items()}}
    details |= _audit(home, home.candidates / candidate)
    return News("held_back", record.timestamp, text, details, record.run_id) if held_back else None


def _publication(home: Home, record: dg.EventLogRecord, release_id: str) -> News | None:
    if release_id not in Releases(home).ids():
        return None
    folder, is_synthetic = Releases(home).folder(release_id), Releases(home).manifest(release_id).is_synthetic
    lines, _ = headline(folder)
    ((last,),) = run_sql(folder, "select strftime(last_month, '%Y-%m') from release_info")[1]
    text = [f"Release {release_id} is published.", *(["SYNTHETIC DATA"] if is_synthetic else []), *lines]
    details = {"release_id": release_id, "folder": printable(str(folder)), "headline": lines, "last_month": last}
    details["is_synthetic"] = is_synthetic
    return News("publication", record.timestamp, "\n".join(text), details, record.run_id)


def _change(
    home: Home, record: dg.EventLogRecord, release_id: str, event: str, read: Callable[[Home, str], Change | None]
) -> News | None:
    """What a release says otherwise than the one before; None where it does not, or is not there any more."""
    found = read(home, release_id) if release_id in Releases(home).ids() else None
    return News(event, record.timestamp, found.text, found.details, record.run_id) if found else None


def _latest(made: dg.DagsterInstance, check: str, after: float) -> tuple[Any, AssetCheckEvaluation] | None:
    """What a check of `landing_receipts` has said last, if that is not too long ago."""
    key = dg.AssetCheckKey(RECEIPTS, check)
    for record in made.event_log_storage.get_asset_check_execution_history(key, limit=LATEST):
        entry = record.event
        event = entry and entry.dagster_event
        if entry and event and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            return (entry, event.asset_check_evaluation_data) if entry.timestamp >= after else None
    return None


def _refused(made: dg.DagsterInstance, told: Mapping[str, str], after: float) -> tuple[Mapping[str, str], News | None]:
    """The refused files that wait to be put right, with reasons, and those of them that nobody was told of."""
    latest = _latest(made, "inbox_accepted", after)
    if latest is None:
        return told, None
    event, said = latest
    lying = {name: str(reason.value) for name, reason in said.metadata.items()}
    files = [{"file": name, "reason": why} for name, why in lying.items() if told.get(name) != why]
    is_cut_off = len(lying) == NAMED
    # Those that are not named any more may lie there all the same.
    now = {**told, **lying} if is_cut_off else lying
    if not files:
        return now, None
    count = f"{len(files)}{' or more' if is_cut_off else ''} refused{', the first' if len(files) > 1 else ''}"
    text = f"{count}: {files[0]['file']}. {files[0]['reason']}"
    text += "\nThey lie in inbox/rejected/, each with its reason beside it."
    return now, News("refused_file", event.timestamp, text, {"files": files}, event.run_id)


def _overdue(
    made: dg.DagsterInstance, told: Mapping[str, list[str]], after: float
) -> tuple[Mapping[str, list[str]], News | None]:
    """The months that are overdue by dataset, and those of them that nobody was told of."""
    latest = _latest(made, "nothing_overdue", after)
    if latest is None:
        return told, None
    event, said = latest
    late = {name: str(months.value).split(", ") for name, months in said.metadata.items()} if not said.passed else {}
    fresh = {name: sorted(set(months) - set(told.get(name, []))) for name, months in late.items()}
    fresh = {name: months for name, months in fresh.items() if months}
    if not fresh:
        return late, None
    text = "\n".join(f"{name}: {', '.join(months)} out and not there" for name, months in fresh.items())
    text += "\nbonded status prints the queries to download."
    return late, News("month_overdue", event.timestamp, text, {"overdue": fresh}, event.run_id)
