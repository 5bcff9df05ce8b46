"""Running dbt in this process: a fraction of the start-up of a subprocess, with the same events.

The database is closed behind it, since dbt would keep it open (and locked) until the process ends.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]

from orchestration.base.duck import threads_for
from orchestration.base.errors import RefusalError
from orchestration.base.settings import DBT_MANIFEST, DBT_PARSED, DBT_PROJECT, Home
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.measures import with_use

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

Event = dict[str, Any]
#: The model that unites the rows of all sources.
UNITED = "model.bonded.int_trade_row"
DBT_PROJECT_FILE = "dbt_project.yml"

#: The variable by which dbt is told the list of sources (`int_trade_row`).
TRADE_SOURCES = "BONDED_TRADE_SOURCES"
#: How many threads its connection has (`profiles.yml`); and bytes of tables to one of raw files.
THREADS, UNPACKED = "BONDED_BUILD_THREADS", 16
#: The tag by which a run of dbt selects what it builds: a selection by names would look for each among all nodes.
DUE = "due"


#: Months by stream (`source reporter flow`), in order.
Months = Mapping[str, Sequence[dt.date]]


@dataclass(frozen=True)
class Window:
    """The rows that a run of dbt replaces, as its macros read them (variable `window`): months by stream, or, where
    `categories` names any, all months of these and nothing else.

    `replaced`: of the models that replace the same months all together. `stale`: by name those of each other one;
    `adding`: names of those whose stale months all lie behind what is there. `categories`: by name `scheme/category`.
    """

    replaced: Months = field(default_factory=dict)
    stale: Mapping[str, Months] = field(default_factory=dict)
    adding: Collection[str] = ()
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def as_vars(self) -> dict[str, Any]:
        """As dbt's variables; what has been parsed is the same for every run."""
        stale = {mart: _as_text(months) for mart, months in self.stale.items()}
        window = {"replaced": _as_text(self.replaced), "stale": stale, "adding": sorted(self.adding)}
        return {"window": {**window, "categories": dict(self.categories)}}


def _as_text(months: Months) -> dict[str, list[str]]:
    return {stream: list(map(str, of)) for stream, of in sorted(months.items())}


@dataclass
class DbtOutcome:
    """Result events of the nodes, in order, as dbt logs them; and what failed, in words."""

    events: list[Event] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def parsed_project() -> Manifest:
    """The dbt project in the form in which dbt keeps it, as it is now (`_parsed`)."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import SeedNode

    parsed = Manifest.from_msgpack(_parsed())
    for node in parsed.nodes.values():
        if isinstance(node, SeedNode):
            node.root_path = str(DBT_PROJECT)
    parsed.build_flat_graph()
    return parsed


def _parsed() -> bytes:
    """What dbt has kept of the project; `RefusalError` if it has not been parsed, or if a file differs by now.

    Left out are rows of seeds, which dbt reads when it builds, from where the project lies now; the texts of files; and
    unit tests, which no run of ours looks at, while dbt orders and looks through all that there is, each time.
    """
    if not DBT_PARSED.exists():
        raise RefusalError("the dbt project has not been parsed", file="dbt_project", remedy="make install")
    marks = [(str(path), path.stat()) for path in (DBT_PARSED, *_project_files())]
    return _still_true(tuple((name, of.st_size, of.st_mtime_ns) for name, of in marks), frozenset(TRADE))


@lru_cache(maxsize=1)
def _still_true(marks: tuple[tuple[str, int, int], ...], sources: Collection[str]) -> bytes:  # noqa: ARG001
    # Read without dbt, whose import takes two seconds.
    parsed = msgpack.unpackb(DBT_PARSED.read_bytes(), strict_map_key=False)
    then = {(DBT_PROJECT_FILE, parsed["state_check"]["project_hashes"]["bonded"]["checksum"])}
    for file in parsed["files"].values():
        if file["project_name"] == "bonded" and file["parse_file_type"] != "seed":
            path = Path(file["path"]["searched_path"], file["path"]["relative_path"])
            then.add((str(path), file["checksum"]["checksum"]))
    for name, _ in sorted(then ^ _file_hashes()):
        raise RefusalError("the dbt project has changed since it was parsed", file=name, remedy="make install")
    read = parsed["nodes"][UNITED]["depends_on"]["nodes"]
    if {f"model.bonded.stg_{name}__trade" for name in sources} != set(read):
        raise RefusalError(
            "the list of sources has changed since dbt read it", file="dbt_project", remedy="make install"
        )
    packed: bytes = msgpack.packb({**parsed, "files": {}, "unit_tests": {}})
    return packed


def _file_hashes() -> set[tuple[str, str]]:
    """Path and hash of all that dbt parses, by its own rule: without the white space at either end."""
    texts = {str(path.relative_to(DBT_PROJECT)): path.read_text(encoding="utf-8") for path in _project_files()}
    texts = {name: text if name == DBT_PROJECT_FILE else text.strip() for name, text in texts.items()}
    return {(name, hashlib.sha256(text.encode()).hexdigest()) for name, text in texts.items()}


def _project_files() -> list[Path]:
    """All that dbt parses."""
    folders = [DBT_PROJECT / folder for folder in ("models", "macros", "seeds", "tests")]
    found = [path for folder in folders for path in sorted(folder.rglob("*"))]
    return [DBT_PROJECT / DBT_PROJECT_FILE, *(p for p in found if p.suffix in (".sql", ".yml", ".py", ".md"))]


@cache
def manifest() -> Mapping[str, Any]:
    """The manifest that dbt writes of the parsed project; refused as `parsed_project` is."""
    _parsed()
    written: Mapping[str, Any] = json.loads(DBT_MANIFEST.read_text(encoding="utf-8"))
    return written


@cache
def published_nodes() -> dict[str, Mapping[str, Any]]:
    """The models of the group `published`, which a release holds: nodes of the manifest by name, in order.

    What is said of a measure's column says its unit, too, and how it adds up (`measures`).
    """
    nodes = manifest()["nodes"].values()
    found = [n for n in nodes if n["resource_type"] == "model" and n.get("group") == "published"]
    return {n["name"]: {**n, "columns": with_use(n["columns"])} for n in sorted(found, key=lambda n: str(n["name"]))}


@cache
def added_nodes() -> dict[str, Mapping[str, Any]]:
    """What a release adds to its models, as the project describes it: nodes of the manifest by name."""
    found = [node for node in manifest()["sources"].values() if node["source_name"] == "release"]
    return {node["name"]: {**node, "columns": with_use(node["columns"])} for node in found}


def run_dbt(
    home: Home,
    names: Collection[str],
    *,
    window: Window | None = None,
    full_refresh: bool = False,
    tests: bool = True,
) -> DbtOutcome:
    """`dbt build` of seeds and models by name in the home's build database; never raises for a failing node.

    `window`: what to replace; None = all that there is. `tests`: also the tests of what is built.
    """
    outcome = DbtOutcome()
    if not names:
        return outcome
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections, reset_adapters
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    def keep(event: Any) -> None:
        if event.info.name in {"LogSeedResult", "LogModelResult", "LogTestResult"}:
            outcome.events.append(MessageToDict(event, preserving_proto_field_name=True))

    project = parsed_project()
    for node in project.nodes.values():
        if node.name in names:
            node.tags.append(DUE)
    os.environ[TRADE_SOURCES] = ",".join(TRADE)
    raw = sum(path.stat().st_size for path in home.raw.rglob("*.parquet"))
    os.environ[THREADS] = str(threads_for(UNPACKED * raw))
    try:
        with home.serving():
            result = dbtRunner(project, [keep]).invoke(_arguments(home, window, full_refresh, tests))
    finally:
        cleanup_connections()
        reset_adapters()
        DuckDBConnectionManager.close_all_connections()
    if result.exception is not None:
        outcome.failures.append(str(result.exception).strip())
    for node in getattr(result.result, "results", None) or ():
        if node.status in ("error", "fail", "runtime error"):
            outcome.failures.append(f"{node.node.name}: {str(node.message).strip()}")
    if not result.success and not outcome.failures:
        outcome.failures.append("dbt failed without saying why; see dbt.log in the home's warehouse/dbt folder")
    return outcome


def run_by_months(home: Home, names: Collection[str], batches: Sequence[Months], *, full_refresh: bool) -> DbtOutcome:
    """`run_dbt` of models that replace months, batch by batch, so that a long history fits into memory.

    Tests run with the last batch, and the outcome is that of the last, or of the one that failed.
    """
    if full_refresh and len(batches) == 1:
        return run_dbt(home, names, full_refresh=True)
    steps: list[tuple[Months, bool]] = [({}, True)] if full_refresh else []
    steps += [(batch, False) for batch in batches]
    for n, (months, anew) in enumerate(steps, start=1):
        outcome = run_dbt(home, names, window=Window(months), full_refresh=anew, tests=n == len(steps))
        if outcome.failures:
            break
    return outcome


def _arguments(home: Home, window: Window | None, full_refresh: bool, tests: bool) -> list[str]:
    target = str(home.warehouse / "dbt")
    arguments = ["--log-level", "none", "--log-path", target, "--no-use-colors", "build", "--select", f"tag:{DUE}"]
    arguments += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", target]
    arguments += ["--indirect-selection", "buildable", "--no-write-json", "--exclude-resource-types", "unit_test"]
    if not tests:
        arguments += ["test"]
    if window is not None:
        arguments += ["--vars", json.dumps(window.as_vars())]
    return [*arguments, "--full-refresh"] if full_refresh else arguments
