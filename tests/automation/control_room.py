"""The Dagster UI and its daemon on a home, as `make ui` starts them, and what its dialogs send: GraphQL.

The mutations are those of the pinned webserver's pages (`dagster_webserver/webapp/build`), field by field.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.base.settings import PROJECT, Home
from tests.automation.waiting import until

ASSETS_JOB = "__ASSET_JOB"
WHERE = {"repositoryName": "__repository__", "repositoryLocationName": "bonded"}
SAID = "__typename ... on PythonError { message } ... on UnauthorizedError { message }"
LAUNCH = f"""mutation LaunchPipelineExecution($executionParams: ExecutionParams!) {{
  said: launchPipelineExecution(executionParams: $executionParams) {{
    {SAID} ... on LaunchRunSuccess {{ run {{ id }} }} ... on RunConfigValidationInvalid {{ errors {{ message }} }}
  }} }}"""
BACKFILL = f"""mutation LaunchPartitionBackfill($backfillParams: LaunchBackfillParams!) {{
  said: launchPartitionBackfill(backfillParams: $backfillParams) {{
    {SAID} ... on LaunchBackfillSuccess {{ backfillId }} ... on PartitionKeysNotFoundError {{ message }}
  }} }}"""
AGAIN = f"""mutation LaunchPipelineReexecution($reexecutionParams: ReexecutionParams) {{
  said: launchPipelineReexecution(reexecutionParams: $reexecutionParams) {{
    {SAID} ... on LaunchRunSuccess {{ run {{ id }} }}
  }} }}"""
RUNS = """query Runs($filter: RunsFilter!) { said: runsOrError(filter: $filter) { __typename ... on Runs {
  results { id status pipelineName tags { key value } } } } }"""
STATE = """query Backfill($id: String!) { said: partitionBackfillOrError(backfillId: $id) { __typename
  ... on PartitionBackfill { status error { message } } } }"""
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
#: States of a backfill whose runs have not all ended.
UNDER_WAY = {"REQUESTED", "COMPLETING", "CANCELING"}


@dataclass(frozen=True)
class Run:
    """A run as the UI lists it."""

    run_id: str
    status: str
    job: str
    tags: dict[str, str]


@dataclass
class ControlRoom:
    """A UI that is up: what its buttons do."""

    address: str
    server: subprocess.Popen[bytes]

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer to a query or mutation, which must be no error."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        said: dict[str, Any] = found["data"]["said"]
        assert "Error" not in said["__typename"] and "Invalid" not in said["__typename"], said
        return said

    def launch(
        self,
        job: str,
        assets: Collection[str] = (),
        *,
        config: Mapping[str, Any] | None = None,
        seconds: float = 300,
        **tags: str,
    ) -> Run:
        """ "Launch run" of a job, or "Materialize" on some assets without months or with one; the run when it ended.

        `config`: what the Launchpad holds, or a schedule has put there; `seconds`: that it may take.
        """
        # The dialog names the checks of these assets, too; without a word, they are selected with them.
        chosen = {"assetSelection": [{"path": [name]} for name in assets]} if assets else {}
        said = self.ask(
            LAUNCH,
            executionParams={
                "mode": "default",
                "runConfigData": json.dumps(config or {}),
                "selector": {**WHERE, "pipelineName": job, **chosen},
                "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
            },
        )
        return self.ended(said["run"]["id"], seconds)

    def again(self, run_id: str, strategy: str) -> Run:
        """The button "Re-execute", from failure or all steps; the new run when it has ended."""
        said = self.ask(AGAIN, reexecutionParams={"parentRunId": run_id, "strategy": strategy, "extraTags": []})
        return self.ended(said["run"]["id"])

    def backfill(self, assets: Collection[str], months: Collection[str] | None, job: str = ASSETS_JOB) -> list[Run]:
        """What the dialog of months sends for several (None: "all partitions"); the runs when it has ended."""
        backfill_id = self.begin_backfill(assets, months, job)
        self.until("the backfill", lambda: self.ask(STATE, id=backfill_id)["status"] not in UNDER_WAY)
        return [self.ended(run.run_id) for run in self.of_backfill(backfill_id)]

    def begin_backfill(self, assets: Collection[str], months: Collection[str] | None, job: str = ASSETS_JOB) -> str:
        """The same, begun; its id."""
        params: dict[str, Any] = {"tags": [], "assetSelection": [{"path": [name]} for name in assets]}
        params |= {"allPartitions": True} if months is None else {"partitionNames": list(months), "fromFailure": False}
        if job != ASSETS_JOB:
            params["selector"] = {"partitionSetName": f"{job}_partition_set", "repositorySelector": WHERE}
        return str(self.ask(BACKFILL, backfillParams=params)["backfillId"])

    def of_backfill(self, backfill_id: str) -> list[Run]:
        """The runs that a backfill has launched so far."""
        return self.runs(tags=[{"key": "dagster/backfill", "value": backfill_id}])

    def runs(self, **wanted: Any) -> list[Run]:
        """Runs, the latest first."""
        found = self.ask(RUNS, filter=wanted)["results"]
        return [Run(r["id"], r["status"], r["pipelineName"], {t["key"]: t["value"] for t in r["tags"]}) for r in found]

    def ended(self, run_id: str, seconds: float = 300) -> Run:
        """A run when it has ended."""
        self.until("the run", lambda: self.runs(runIds=[run_id])[0].status in ENDED, seconds)
        return self.runs(runIds=[run_id])[0]

    def until(self, what: str, is_so: Callable[[], bool], seconds: float = 300) -> None:
        """Wait for something to become true while the UI lives, which works for each answer: it is asked seldom."""
        until(what, is_so, self.server, seconds=seconds, pause=1)


def hasty() -> dict[str, str]:
    """The environment of a daemon that looks at the inbox and at backfills every three seconds."""
    settings = {"BONDED_INBOX_QUIET_SECONDS": "1", "BONDED_INBOX_INTERVAL_SECONDS": "3"}
    return {**os.environ, **settings, "PYTHONPATH": str(Path(__file__).with_name("hasty"))}


def ends(server: subprocess.Popen[Any]) -> bool:
    """Stop a server with all that it has started; whether SIGTERM was enough."""
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        return False
    return True


@contextmanager
def control_room(home: Home, environment: Mapping[str, str] | None = None) -> Iterator[ControlRoom]:
    """The UI and daemon of a home, as `make ui &` starts them in a script; they end on SIGTERM.

    `environment`: theirs, if they are not to be `hasty`.
    """
    command = [sys.executable, "-m", "orchestration.automation.ui", str(home.root)]
    # Into a file: a pipe that nobody reads is full after a while, and then the daemon waits.
    log = home.root / "ui.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=PROJECT, env=environment or hasty(), stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            time.sleep(0.1)
            said = re.search(r"^Dagster UI on .*: (http://.*)\n", log.read_text(encoding="utf-8"))
            if not said:
                assert server.poll() is None, "the UI ended"
                continue
            address = said[1]
            try:
                urllib.request.urlopen(f"{address}/server_info", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None, "the UI ended"
        yield ControlRoom(address, server)
    finally:
        assert ends(server), "the UI did not end on SIGTERM"
