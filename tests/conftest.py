"""Homes in temporary folders, small files in the genuine layout, and the archive of real files where it is there."""

from __future__ import annotations

import datetime as dt
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import pytest
from filelock import FileLock

from orchestration.assets.release import failure_text
from orchestration.base.settings import PROJECT, Home, settings
from orchestration.landing.inbox import take_in
from orchestration.landing.receive import Received, receive
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing, LandingState, Receipt
from orchestration.pages import page
from orchestration.releases.publish import Publication, publish
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from orchestration.sources.gacc_sample.files import write_sample
from orchestration.terminal import cli
from orchestration.terminal.run import RunSummary, run_home
from orchestration.warehouse.build import build, write_raw_files
from orchestration.warehouse.plan import Built
from orchestration.warehouse.views import parts
from tests.gates.looking import only
from tests.landing.toy import Toy, offered

#: On small homes a second thread of DuckDB waits busily, on a core that another worker needs.
os.environ.setdefault("BONDED_DUCKDB_THREADS", "1")
#: Nobody writes to a test's inbox while it runs, unless it says so.
os.environ.setdefault("BONDED_RUN_QUIET_SECONDS", "0")
ENGLISH = [
    "Date of data", "Trading partner code", "Trading partner", "Commodity code", "Commodity", "Quantity", "Unit",
    "Supplementary Quantity", "Supplementary Unit", "US dollar",
]  # fmt: skip
MONTHS = ("202401", "202402", "202403", "202404")
REALDATA = Path(os.environ.get("BONDED_REALDATA", PROJECT.parent / "shared" / "data"))
US_HEADER = (
    "Date of data,Trading partner code,Trading partner,Commodity code,Commodity,Customs Regime code,Customs Regime,"
    "Quantity,Unit,Supplementary Quantity,Supplementary Unit,US dollar"
)
REAL_FILES: dict[str, dict[str, str]] = {
    "us_imports_201901_by_regime_usd_no_header.csv": {
        "flow": "import",
        "hs": "all",
        "partners": "502",
        "header": US_HEADER,
    },
    "botswana_imports_201806_en_usd_old_spelling.csv": {"flow": "import", "hs": "all", "partners": "204"},
    "soybeans_2023.csv": {"flow": "import", "hs": "1201", "partners": "402,410,502"},
    "soybeans_2024in.csv": {"flow": "import", "hs": "1201", "partners": "402,410,502"},
    "soybeans_2024out.csv": {"flow": "export", "hs": "1201", "partners": "410,502"},
    "gasoline_diesel_imports_2025_zh_rmb.csv": {"flow": "import", "hs": "27101210,27101923", "partners": "world"},
    "commodity_only_en_usd_no_date_no_partner.csv": {
        "flow": "import",
        "hs": "29012920,29012990,29021100",
        "partners": "world",
        "months": "2025-11",
    },
}


#: Files that take long begin first, one that waits for a daemon beside one that computes: at the end of a run no worker
#: is left alone with them.
LONGEST = ("test_ui.py", "test_added_source.py", "test_faults.py", "test_own_categories.py", "test_histories.py",
           "test_publication.py", "test_run.py", "test_runs.py", "test_content.py", "test_inbox_runs.py",
           "test_real_files.py", "test_interrupts.py", "test_cli.py", "test_launch_ways.py",
           "test_carried.py", "test_world.py")  # fmt: skip


#: Fixtures that hand out a home that is built once for all.
SHARED_HOMES = {"sample_home", "real_home", "small_home", "across"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs the archive or a browser where there is none; the longest files go first.

    What needs a built home, a shared one or its own, is marked `home`. A series that names what shows its kind is left
    to make test-long.
    """
    if "BONDED_LONG" not in os.environ:
        items[:] = [i for i in items if not any(mark.args for mark in i.iter_markers("series"))]
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    for item in items:
        if item.get_closest_marker("own_run") or SHARED_HOMES & set(getattr(item, "fixturenames", ())):
            item.add_marker("home")
        if item.get_closest_marker("realdata") and not REALDATA.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"the archive of real files is not at {REALDATA}"))
        if item.get_closest_marker("browser") and not chromium():
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
    # What is imported by now stays: to look through it for garbage costs a tenth of a run of dbt and Dagster.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def many(few: Any, long: Any) -> Any:
    """The examples that a test marked `series` tries, or their number: a few, or with `make test-long` many."""
    return long if "BONDED_LONG" in os.environ else few


def chromium() -> str | None:
    """The path of a Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def csv_text(rows: Sequence[Sequence[object]], header: Sequence[str] | None = ENGLISH) -> str:
    """Rows in the site's dialect: every field quoted, a comma at the end of each line."""
    lines = ([list(header)] if header else []) + [list(map(str, row)) for row in rows]
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) + ",\n" for line in lines)


def row(
    month: str = "202401", partner: str = "502", hs: str = "85423190", value: str = "1,234", quantity: str = "10"
) -> list[str]:
    """One row of the English layout without regime."""
    return [month, partner, "United States", hs, "Circuits, other", quantity, "Number of item", "3", "Kilogram", value]


def write_csv(path: Path, rows: Sequence[Sequence[object]], header: Sequence[str] | None = ENGLISH) -> Path:
    """A file as the site writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(csv_text(rows, header).encode("gb18030"))
    return path


def hs8_list(path: Path, year: int, names: dict[str, str]) -> Path:
    """An English list of commodities as customs print it, by code and name, all in kilograms."""
    head = '"CODES","DESCRIPTION","YEAR","UNIT_1_CODES","UNIT_1_DESCRIPTION","UNIT_2_CODES","UNIT_2_DESCRIPTION",\n'
    lines = [f'{code},"{name}",{year},09,"Kilogram",?,"?",\n' for code, name in names.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((head + "".join(lines)).encode("gb18030"))
    return path


def code_list(path: Path, which: str, names: dict[str, str]) -> Path:
    """An English list of partners, regimes or provinces as customs print it."""
    heads = {
        "partner": '"CODES","DESCRIPTION"',
        "regime": '"Customs Regime code","Customs Regime"',
        "province": '"Locations of importers and exporters code","Locations of importers and exporters"',
    }
    path.write_text(f"{heads[which]},\n" + "".join(f"{c},{n},\n" for c, n in names.items()), encoding="gb18030")
    return path


def declared(**said: str) -> Declaration:
    """Flags with defaults that fit `row`."""
    return Declaration.model_validate(
        {"source": "gacc", "flow": "import", "hs": "8542", "partners": "502", "vintage": "2024-12-20", **said}
    )


def receive_real(home: Home) -> list[Received]:
    """Receive the real files, save the two that are layout examples, as the archive declares them."""
    return [
        receive(home, REALDATA / "gacc_exports" / name, Declaration.model_validate({"source": "gacc", **said}))
        for name, said in REAL_FILES.items()
    ]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, to show that nothing has changed."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, which is also the home of the environment."""
    made = Home(tmp_path_factory.mktemp("empty") / "home").create()
    monkeypatch.setenv("BONDED_HOME", str(made.root))
    return made


def noon_of(day: dt.date) -> dt.datetime:
    """A moment at which it is that day from UTC-12 to UTC+11, to pin `orchestration.base.today.now` at."""
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def query(home: Home, sql: str, release: str | None = None) -> list[tuple[Any, ...]]:
    """Rows of a query on a release (default: the current one), as a reader would get them."""
    return run_sql(Releases(home).folder(release), sql)[1]


def together(model: str) -> str:
    """What the published tables that are parts of a model hold together, as a query."""
    return "(" + " union all by name ".join(f"from {table}" for table in parts()[model]) + ")"


def build_database(home: Home) -> duckdb.DuckDBPyConnection:
    """The build database, read-only, as dbt has it open: views find their files below the home."""
    place = {"home_directory": str(home.root)}
    return duckdb.connect(str(home.build_database), read_only=True, config=place)


def contents(home: Home, release: str | None = None) -> dict[str, str]:
    """Content hash of every table of a release."""
    return {name: table.content_hash for name, table in Releases(home).manifest(release).tables.items()}


def published(home: Home) -> RunSummary:
    """Run a home that must be published or unchanged."""
    summary = run_home(home, [])
    assert summary.ok, summary.failure or summary.refused
    return summary


def build_wrongly(home: Home, *statements: str) -> None:
    """Leave something in the build database as if a model had written it so."""
    said = Built.read(home)
    with duckdb.connect(str(home.build_database)) as con:
        for statement in statements:
            changed = con.execute(statement).fetchall()
            assert changed and changed[0][0] > 0, f"no row is changed by: {statement}"
    said.write(home)


def damage_in_place(path: Path) -> None:
    """Other bytes under the same name, size and time, as a disk that forgets leaves them."""
    times = path.stat()
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def built(home: Home) -> LandingState:
    """Raw files and models of what has been received, without a release."""
    state = Landing(home).state()
    write_raw_files(home, state)
    build(home, state)
    return state


def attempted(home: Home) -> Publication:
    """`built`, candidate, audit and, if it passes, the switch: the work of a run, without Dagster."""
    return publish(home, built(home))


def released(home: Home) -> Publication:
    """`attempted`, and it must have passed."""
    publication = attempted(home)
    assert publication.outcome != "failed", failure_text(publication)
    return publication


def failed(home: Home) -> str:
    """`attempted`, and it must have failed: what the audit says of it."""
    publication = attempted(home)
    assert publication.outcome == "failed"
    return failure_text(publication)


def made_once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Home], object]) -> Home:
    """A home that the first who asks fills, for all workers of this run."""
    shared = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    home, done = Home(shared / name), shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(home.root, ignore_errors=True)
            fill(home.create())
            done.touch()
    return home


def released_once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Home], object], threads: int = 1) -> Home:
    """`made_once`, and released with its page: what was received, or lies in its inbox. Dagster knows nothing of it."""

    def make(home: Home) -> None:
        said = {"BONDED_DUCKDB_THREADS": str(threads)}
        with mock.patch.dict(os.environ, said), mock.patch.object(settings(), "duckdb_threads", threads):
            fill(home)
            taken = take_in(home)
            assert not taken.refused and not taken.left
            publication = publish(home, built(home), page)
            assert publication.outcome == "published", failure_text(publication)

    return made_once(factory, name, make)


def copied(home: Home, factory: pytest.TempPathFactory) -> Home:
    """A copy of a home, to be changed, below a path with a blank."""
    return Home(Path(shutil.copytree(home.root, factory.mktemp("copy") / "my home", symlinks=True)))


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The synthetic sample, released once, with a user's two threads; tests that change it work on a copy."""
    return released_once(tmp_path_factory, "sample", lambda home: write_sample(home.inbox), threads=2)


@pytest.fixture(scope="session")
def sample_release(sample_home: Home) -> Path:
    """The folder of the sample's release."""
    return Releases(sample_home).folder()


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The real files, received as the archive declares them and released in one go."""
    return released_once(tmp_path_factory, "real", receive_real)


def add(home: Home, tmp_path: Path, rows: list[list[str]], **said: str) -> Receipt:
    """One more receipt, of a later vintage than those before it unless said otherwise."""
    name = f"more{len(list(tmp_path.glob('*.csv')))}.csv"
    vintage = dt.date(2025, 1, 19) + dt.timedelta(days=Landing(home).last_sequence())
    receipt = receive(home, write_csv(tmp_path / name, rows), declared(**{"vintage": f"{vintage}", **said})).receipt
    assert receipt is not None
    return receipt


def value(home: Home, month: str, partner: str = "502", release: str | None = None) -> int | None:
    """US dollars of integrated circuits in the mart; None without a row."""
    sql = f"select value_usd from v_ic_by_partner where month = '{month}-01' and partner_code = '{partner}'"
    rows = query(home, sql, release)
    return rows[0][0] if rows else None


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Chips from the United States and Japan, four months, published by a run that Dagster keeps."""
    cells = [(m, p, h) for m in MONTHS for p in ("502", "116") for h in ("85423110", "85423190", "85429000")]
    rows = [row(month, partner, hs, value=f"{1_000 + n}") for n, (month, partner, hs) in enumerate(cells)]
    file = write_csv(tmp_path_factory.mktemp("small") / "first.csv", rows)

    def fill(home: Home) -> None:
        receive(home, file, declared(partners="116,502"))
        published(home)

    return made_once(tmp_path_factory, "small", fill)


@pytest.fixture
def small(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small home, to be changed."""
    return copied(small_home, tmp_path_factory)


@pytest.fixture
def two_gates(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is no matter what is found, two gates judge what is published; all of them the first revision, which
    other tests share.
    """
    if "revisions" in request.fixturenames:
        request.getfixturevalue("revisions").built("march-1")
    monkeypatch.setattr(settings(), "expectations", only(tmp_path_factory.mktemp("two"), "shape", "layers"))


@pytest.fixture(autouse=True)
def _own_runs_say_why(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home is built, or a candidate made, only by a test that says why it needs one of its own."""
    marker = request.node.get_closest_marker("own_run")
    if marker:
        assert marker.args and marker.args[0], "own_run must say why"
        return

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("this test builds or publishes: share a home, or say why not, @pytest.mark.own_run('why')")

    monkeypatch.setattr("orchestration.warehouse.dbt._arguments", refuse)
    monkeypatch.setattr("orchestration.releases.candidate.write_database", refuse)


@pytest.fixture(autouse=True)
def events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep Dagster's events of runs in this process in memory: a fifth of a run's time is their disk.

    Where tests look at them, a fixture of this name leaves them there.
    """
    monkeypatch.setattr("orchestration.automation.instance.instance", lambda *_, **__: dg.DagsterInstance.ephemeral())


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """China's customs as if they could be asked over the network, on a server of this machine."""
    with offered(tmp_path, monkeypatch) as known:
        yield known


@pytest.fixture
def bonded(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command in this process: (exit code, standard output, standard error)."""
    assert home.root.exists()

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bonded", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as done:
            cli.main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return int(done.value.code or 0), captured.out, captured.err

    return call
