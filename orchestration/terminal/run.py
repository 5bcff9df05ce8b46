"""One run from the terminal: the inbox, then Dagster's job over the months that need it, in this process."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from orchestration.base.errors import RefusalError
from orchestration.base.plain import printable
from orchestration.base.settings import Home, settings
from orchestration.claims.load import load_claims
from orchestration.landing.inbox import InboxOutcome, take_in
from orchestration.landing.names import shown_name
from orchestration.landing.store import Landing, LandingState
from orchestration.releases.corrections.changed import what_changed
from orchestration.releases.corrections.watch import watch_list
from orchestration.releases.headline import headline
from orchestration.releases.mend import made_ready
from orchestration.releases.settled import is_settled
from orchestration.releases.store import Releases
from orchestration.releases.terms import told
from orchestration.warehouse.categories import own_categories

if TYPE_CHECKING:
    from orchestration.automation.due import Done


@dataclass(frozen=True)
class RunSummary:
    """What a run did. `failure` says why nothing was published; `refused` names files set aside, `left` those that
    somebody was still writing; `held_back`: a sentence for each source whose figures stay as they were; `mended`: one
    for all that was damaged and has been made again; `terms`: for each source whose rows may not be passed on;
    `changed`: what a new release says otherwise than the one before.
    """

    home: str
    outcome: str
    release_id: str | None
    folder: str | None
    failure: str | None
    refused: list[tuple[str, str]]
    received: list[str]
    is_synthetic: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    headline: list[str] = field(default_factory=list)
    trace: str | None = None
    left: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all files were taken in, the audit passed, and no source is held back."""
        return self.failure is None and not self.refused and not self.held_back

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def run_home(home: Home, asked: list[dt.date]) -> RunSummary:
    """Receive, build, audit, publish; nothing of it if all that decides is as the last run left it.

    `RefusalError` if there is nothing to build from, if claims or the home's own categories cannot be read, or if the
    records of landing are not what was written.
    """
    home.create()
    load_claims()
    own_categories(home)
    try:
        watch_list(home)
    except RefusalError as error:
        # Whoever is to be told is no reason to publish nothing.
        _note(f"Nobody is told of changed figures: {error.told}")
        _note(f"  Remedy: {error.remedy}")
    mended = made_ready(home)
    for text in mended:
        _note(text)
    return replace(_run(home, asked), mended=mended)


def _note(text: str) -> None:
    """What is known before the run has ended, and stays known if it does not end well."""
    print(printable(text), file=sys.stderr)


def _run(home: Home, asked: list[dt.date]) -> RunSummary:
    inbox = take_in(home, quiet=settings().run_quiet_seconds, wait=True)
    state = Landing(home).state()
    if not state.receipts:
        if inbox.refused:
            _tell(home, state, inbox, None)
            return _summary(home, inbox, "nothing was received", "every file of the inbox was refused")
        others = [what for what, held in (("code lists", state.lists), ("documents", state.papers)) if held]
        raise RefusalError(
            f"this home holds no trade yet, only {' and '.join(others)}" if others else "this home holds nothing yet",
            remedy="bonded receive FILE --source gacc --flow import --hs … --partners …, or put files into "
            f"{home.inbox}/<dataset>/",
        )
    current = Releases(home).base()
    if current and not asked and is_settled(home):
        _tell(home, state, inbox, current)
        return _summary(home, inbox, "unchanged", None, current)
    done = _seen_through(home, lambda: _execute(home, inbox, asked))
    summary = _summary(home, inbox, done.outcome, done.failure, Releases(home).base())
    # What is unchanged has the verdict of its own day; this is the one of today.
    return replace(summary, counts=done.counts) if done.counts else summary


def _seen_through(home: Home, execute: Callable[[], Done]) -> Done:
    """What a run came to. Once readers see its release, what the system does not let be written any more is no failure
    of it, and is told.
    """
    from orchestration.automation.due import Done

    before = Releases(home).base()
    try:
        done = execute()
        if not done.by_system or Releases(home).base() == before:
            return done
        why = done.failure or ""
    except (OSError, SQLAlchemyError) as error:
        if Releases(home).base() == before:
            raise
        why = str(error)
    _note(f"the release is published; what follows it could not be done: {why.splitlines()[0]}")
    return Done("published")


def _tell(home: Home, state: LandingState, inbox: InboxOutcome, unchanged: str | None) -> None:
    """Tell Dagster without a run: of files that were refused, and of a release that is what it must be."""
    from orchestration.automation.after import followed
    from orchestration.automation.instance import instance
    from orchestration.automation.told import tell_refused, tell_unchanged

    with instance(home) as made, followed(made, home):
        if unchanged:
            tell_unchanged(made, home, state, inbox, unchanged)
        else:
            tell_refused(made, home, state, inbox)


def _execute(home: Home, inbox: InboxOutcome, asked: list[dt.date]) -> Done:
    """Run the job on the months asked for and the stale ones; what it came to."""
    import dagster as dg

    from orchestration.automation.after import followed
    from orchestration.automation.due import build_due
    from orchestration.automation.instance import instance
    from orchestration.automation.jobs import build_and_publish
    from orchestration.definitions import defs

    job = defs.resolve_job_def(build_and_publish.name)
    with home.serving(), instance(home, in_terminal=True) as made, followed(made, home):
        try:
            return build_due(made, home, job, inbox, months=asked, loggers=["progress"])
        except dg.DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None


def _summary(
    home: Home, inbox: InboxOutcome, outcome: str, failure: str | None, current: str | None = None
) -> RunSummary:
    refused = [(shown_name(path), str(error)) for path, error in inbox.refused]
    left = [shown_name(path) for path in inbox.left]
    if failure or current is None:
        is_synthetic = Landing(home).state().is_synthetic
        return RunSummary(
            str(home.root), outcome, current, None, failure, refused, inbox.received, is_synthetic, left=left
        )
    manifest = Releases(home).manifest(current)
    folder = home.releases / current
    lines, cell = headline(folder)
    counts = manifest.audit.counts if manifest.audit else {}
    return RunSummary(
        str(home.root),
        outcome,
        current,
        str(folder),
        None,
        refused,
        inbox.received,
        manifest.is_synthetic,
        counts,
        lines,
        cell,
        left,
        manifest.told,
        terms=told(manifest),
        changed=what_changed(folder, said=manifest).sentences if outcome == "published" else [],
    )
