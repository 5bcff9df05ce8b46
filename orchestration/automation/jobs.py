"""The jobs: `publish` does what is due, `build_and_publish` also builds the months that it is asked for;
`fetch_and_publish` asks a publisher first.

Belongs here: what each job launches. Not here: what it comes to (`due`), when it is launched (`schedules`, `sensors`).
`publish` is no job of assets: the UI would ask whoever launches one for months. So it launches the other one, without
a month, in its own process, if anything is due at all.
"""

from collections.abc import Callable

import dagster as dg
from dagster._core.utils import make_new_run_id
from pydantic import Field

from orchestration.assets.common import MONTHS, Place, Warehouse, writing
from orchestration.assets.fetch import FETCHED, WEBS, ask, in_words, judge, none_active
from orchestration.assets.inspected import INSPECTED
from orchestration.assets.landing import TakeIn, inbox_progress, log_inbox
from orchestration.automation.due import build_due
from orchestration.automation.instance import LAUNCHED_BY
from orchestration.automation.told import tell_unchanged
from orchestration.base.errors import RefusalError
from orchestration.base.plain import printable
from orchestration.base.settings import Home
from orchestration.claims.load import load_claims
from orchestration.landing.fetching import active
from orchestration.landing.inbox import InboxOutcome
from orchestration.landing.store import Landing
from orchestration.releases.mend import made_ready
from orchestration.releases.settled import is_settled
from orchestration.releases.store import Releases
from orchestration.stories.declared import Story, load_story
from orchestration.stories.told import tell
from orchestration.warehouse.categories import own_categories

#: Tags of a run that say why it was launched.
WHY = "bonded/"
#: How the job of assets is found: only the page of definitions knows all of them. The resource `assets_job`.
AssetsJob = Callable[[], dg.JobDefinition]

build_and_publish = dg.define_asset_job(
    "build_and_publish",
    # The release tells of the months that it has inspected, and nothing that builds asks a publisher.
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(INSPECTED, *FETCHED),
    partitions_def=MONTHS,
    executor_def=dg.in_process_executor,
    description="A month or a range of months is built anew, and all months whose receipts have changed: inbox, raw, "
    "dbt, candidate, audit, release. A range is one run. To do what is due, launch the job publish.",
)


@dg.op(out=dg.Out(dg.Nothing))
def do_what_is_due(
    context: dg.OpExecutionContext,
    warehouse: Warehouse,
    inbox: dg.ResourceParam[TakeIn],
    assets_job: dg.ResourceParam[AssetsJob],
) -> None:
    """Take in the inbox; build, audit and publish what is due, or say that nothing is."""
    _do_what_is_due(context, warehouse.home, inbox, assets_job)


def _do_what_is_due(context: dg.OpExecutionContext, home: Home, inbox: TakeIn, assets_job: AssetsJob) -> None:
    """By whoever may write to the warehouse."""
    try:
        load_claims()
        own_categories(home)
        for text in made_ready(home):
            context.log.warning(text)
        taken = inbox(home, inbox_progress(context.log))
    except RefusalError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    log_inbox(context.log, taken)
    current = Releases(home).current_id()
    if current and is_settled(home) and _last_ended_well(context.instance):
        context.log.info(f"Nothing is due: {current} holds all that landing says.")
        tell_unchanged(context.instance, home, Landing(home).state(), taken, current)
        context.add_output_metadata({"outcome": "unchanged", "release_id": current})
        return
    _launch(context, home, taken, assets_job())


def _last_ended_well(made: dg.DagsterInstance) -> bool:
    """Whether the last run of the assets that has ended was green; else one is needed to take its red marks away."""
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    last = made.get_runs(dg.RunsFilter(job_name=build_and_publish.name, statuses=ended), limit=1)
    return not last or last[0].status == dg.DagsterRunStatus.SUCCESS


def _launch(context: dg.OpExecutionContext, home: Home, taken: InboxOutcome, job: dg.JobDefinition) -> None:
    """Run the job of assets without a month, and end as it does."""
    run_id = make_new_run_id()
    context.log.info(f"Something is due: run {run_id} of {job.name} builds, audits and publishes it.")
    why = {key: said for key, said in context.run.tags.items() if key.startswith(WHY)}
    done = build_due(context.instance, home, job, taken, run_id=run_id, tags={**why, LAUNCHED_BY: context.run_id})
    link = {"run": dg.MetadataValue.dagster_run(run_id)}
    if done.failure:
        raise dg.Failure(done.failure, metadata=link, allow_retries=False)
    context.add_output_metadata({"outcome": done.outcome, "release_id": Releases(home).current_id() or "none", **link})


@dg.job(
    executor_def=dg.in_process_executor,
    description="Do what is due: take in the inbox, build what has changed, audit, publish. What the sensor, the "
    "schedule and bonded run do. Where nothing is new, it says so within seconds.",
)
def publish() -> None:
    """One step, which launches build_and_publish without a month if anything is due."""
    do_what_is_due()


class Asked(dg.Config):
    """Whom the run asks, and what it tells then."""

    source: str | None = Field(
        default=None, description=f"One of {', '.join(WEBS)}; without one, all of which something is active."
    )
    story: str | None = Field(
        default=None,
        description="A story of stories/, by its name: its datasets are active from then on, and its "
        "sentence stands in the log, as of what is published.",
    )


@dg.op(out=dg.Out(dg.Nothing))
def ask_and_do_what_is_due(
    context: dg.OpExecutionContext,
    config: Asked,
    place: Place,
    inbox: dg.ResourceParam[TakeIn],
    assets_job: dg.ResourceParam[AssetsJob],
) -> None:
    """Ask for what is due and not there, then do what `publish` does, whatever was refused; then fail for that.

    The right to write to the warehouse is taken after the last answer: nobody waits while a publisher is asked.
    """
    home, source = place.home, config.source
    if source is not None and source not in WEBS:
        raise dg.Failure(f"{source} is no source that can be asked; {', '.join(WEBS)} are.", allow_retries=False)
    with in_words():
        story = load_story(config.story) if config.story else None
        for dataset in story.datasets if story else ():
            Landing(home.create()).activate(dataset)
        if not active(Landing(home).state(), source):
            context.log.info(none_active(home, source))
            return
        outcomes = ask(context, home, source)
        is_begun = bool(Landing(home).state().receipts)
    if is_begun:
        with writing(home, context.log):
            _do_what_is_due(context, home, inbox, assets_job)
    else:
        context.log.info("This home holds no trade yet: there is nothing to build from.")
    if story:
        _tell(context, home, story)
    judge(context, outcomes)


def _tell(context: dg.OpExecutionContext, home: Home, story: Story) -> None:
    """The sentence as readers see it now, and what it rests on."""
    if Releases(home).current_id() is None:
        return
    with in_words():
        told = tell(home, story)
    made_up = ["SYNTHETIC DATA: every figure is made up."] if told.is_synthetic else []
    words = told.sentence or "There is no month of which all its figures are known."
    context.log.info(printable(" ".join([*made_up, words, *(f"{held.told}." for held in told.datasets)])))


@dg.job(
    executor_def=dg.in_process_executor,
    description="Ask a publisher for what the home has made active and is due, out and not there, or revised; then do "
    "what the job publish does. What the schedule of a source that can be fetched does. Nothing active, nothing asked.",
)
def fetch_and_publish() -> None:
    """One step; what it builds is a run of build_and_publish, as that of publish is."""
    ask_and_do_what_is_due()
