"""The home in which faults are put: part of the sample, built once, and set back to that state for each fault.

Belongs here: building, setting back, auditing, publishing. Not here: the faults, and what is expected of them.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pandas as pd

from orchestration.base.duck import literal
from orchestration.base.months import parse_month
from orchestration.base.settings import PROJECT, Home, settings
from orchestration.claims.again import claims_again
from orchestration.claims.load import load_claims
from orchestration.claims.warehouse import findings
from orchestration.gates.audit import Report, audit
from orchestration.gates.before import Before
from orchestration.gates.evidence import Subject
from orchestration.gates.judge import judge
from orchestration.gates.reviewed import REVIEW
from orchestration.gates.suites import ExpectationSpec
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing, Receipt
from orchestration.releases.database import DATABASE
from orchestration.releases.publish import Publication, publish
from orchestration.releases.showing import Page
from orchestration.releases.store import Releases
from orchestration.sources.gacc_sample.code_list import VINTAGE, write_sample_list
from orchestration.sources.gacc_sample.figures import PARTNERS, Calibration, month_rows, read_calibration
from orchestration.sources.gacc_sample.files import SampleFile, files_of
from orchestration.warehouse import snapshot
from orchestration.warehouse.build import build, write_raw_files
from orchestration.warehouse.dbt import run_dbt
from orchestration.warehouse.plan import Built, plan
from orchestration.warehouse.raw import raw_path
from tests.conftest import build_wrongly, csv_text, noon_of

#: Two years to October 2024: growth over a year, trailing medians, and the months of several grains and currencies.
FIRST_MONTH = dt.date(2023, 1, 1)
#: The day on which audits take place: all of the sample is out, and nothing after it.
TODAY = dt.date(2024, 11, 25)
#: A day on which a corrected file may have come out.
LATER = "2024-11-22"
LARGE = ("116", "122", "133", "142", "143", "502")
#: Arrives after the base release, so that each fault has something to publish.
LAST_FILE = "gacc_sample_202409_hs6.csv"


class Bench:
    """A home of its own path, and the state to which it is set back.

    `today`: the day of the audit; `expectations` and `reviewed`, the tables of the review: those in force; `page`: who
    draws the page, nobody where no fault is put in it. A fault may change each for itself.
    """

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home").create()
        self.template = folder / "template"
        self.work = folder / "work"
        self.today, self.expectations, self.reviewed = TODAY, PROJECT / "expectations", REVIEW
        self.page: Page | None = None
        self._judged: dict[str, list[frozenset[int]]] = {}
        self._build()

    def _build(self) -> None:
        """Receive the sample, build everything, publish; then receive one more file, which feeds no fact."""
        self.work.mkdir()
        receive_file(self.home, write_sample_list(self.work), Declaration(source="gacc_sample", vintage=VINTAGE))
        files = [file for target in _targets() for file in _files(target)]
        for file in files:
            if file.name != LAST_FILE:
                self.receive(file)
        self.write_raw_files()
        build(self.home, Landing(self.home).state())
        publication = self.publish()
        assert publication.outcome == "published"
        compared = publication.report.results[publication.report.results["n_compared"] > 0]
        keys = compared[["gate", "dataset", "month", "scope", "measure"]]
        self.compared = frozenset(keys.itertuples(index=False, name=None))
        self.receive(next(file for file in files if file.name == LAST_FILE))
        self.write_raw_files()
        shutil.copytree(self.home.root, self.template, symlinks=True, copy_function=_link_or_copy)

    def reset(self) -> None:
        """As it was built: of the folders of the home, those that have been written to are put back."""
        for now in [place for place in self.home.root.iterdir() if place.is_dir()]:
            before = self.template / now.name
            if _listed(now) != _listed(before):
                shutil.rmtree(now)
                shutil.copytree(before, now, symlinks=True, copy_function=_link_or_copy)
        shutil.rmtree(self.work)
        self.work.mkdir()
        self.today, self.expectations, self.reviewed = TODAY, PROJECT / "expectations", REVIEW
        self.page = None

    def write_raw_files(self) -> None:
        """Raw files of all that landing holds, and what dbt sees of it."""
        state = Landing(self.home).state()
        write_raw_files(self.home, state)
        snapshot.write(state, self.home.warehouse / "landing")

    def rebuild(self) -> None:
        """Raw, facts and marts as a run builds them: the months whose receipts have changed."""
        self.write_raw_files()
        work = plan(self.home, Landing(self.home).state())
        window = work.window(work.replaced())
        names = [*work.stale_of("facts"), *work.stale_of("marts")]
        outcome = run_dbt(self.home, names, window=window, tests=False)
        assert not outcome.failures, outcome.failures

    def publish(self) -> Publication:
        """Candidate, audit, and the switch if it passes, on the bench's day and with its expectations."""
        with self._in_force():
            return publish(self.home, Landing(self.home).state(), self.page)

    def audit(self) -> Report:
        """The audit of what was built, table by table what a candidate would hold of it."""
        with self._in_force():
            return audit(
                Subject(
                    self.home,
                    self.home.build_database,
                    self.records,
                    self.expectations,
                    before=Before(Releases(self.home).folder() / DATABASE, {}, own_differ=False),
                    is_release=False,
                    claims=partial(claims_again, expectations=self.expectations),
                    page=partial(self.page.figures, folder=self._drawn(self.page)) if self.page else None,
                )
            )

    def _drawn(self, page: Page) -> Path:
        """The page as it is drawn of the release, which has the same figures."""
        folder = self.work / "page"
        folder.mkdir()
        for name in (DATABASE, "release.json"):
            (folder / name).symlink_to(Releases(self.home).folder() / name)
        page.draw(self.home, folder)
        return folder

    @contextmanager
    def _in_force(self) -> Iterator[None]:
        """The bench's day and expectations."""
        with (
            mock.patch("orchestration.base.today.now", lambda: noon_of(self.today)),
            mock.patch("orchestration.gates.audit.judge", self._judge),
            mock.patch("orchestration.gates.reviewed.REVIEW", self.reviewed),
            mock.patch.object(settings(), "expectations", self.expectations),
        ):
            yield

    def _judge(self, gate: str, specs: tuple[ExpectationSpec, ...], frame: pd.DataFrame) -> list[frozenset[int]]:
        """Judge a frame once: most gates see the same evidence under most faults."""
        key = repr((gate, specs, list(frame), frame.to_numpy().tolist()))
        if key not in self._judged:
            self._judged[key] = judge(gate, specs, frame)
        return self._judged[key]

    @property
    def release(self) -> str | None:
        """The release that readers see."""
        return Releases(self.home).current_id()

    @property
    def records(self) -> int:
        """The number of landing's last record."""
        return Landing(self.home).last_sequence()

    def receipt(self, name: str) -> Receipt:
        """The latest receipt of a file of that name."""
        return [r for r in Landing(self.home).state().receipts if r.name == name][-1]

    def receive(self, file: SampleFile) -> None:
        """Receive a file of the sample as its folder and sidecar declare it."""
        path = self.work / file.name
        path.write_bytes(file.content)
        receive(self.home, path, Declaration(dataset=file.dataset, vintage=file.vintage))

    def sql(self, *statements: str) -> None:
        """Change the build database behind the models' back."""
        build_wrongly(self.home, *statements)

    def review(self, table: str, change: str) -> None:
        """Change a table of the review, so that what was built of it is right; numbers in it are decimals."""
        copy = self.work / "reviewed"
        if self.reviewed != copy:
            shutil.copytree(self.reviewed, copy)
            self.reviewed = copy
        path = copy / f"{table}.csv"
        with duckdb.connect() as con:
            con.execute(f"create table {table} as from read_csv({literal(path)}, header = true, all_varchar = true)")
            for column in ("value", "half_unit", "cny_per_usd"):
                if column in con.table(table).columns:
                    con.execute(f"alter table {table} alter {column} type decimal(24, 6)")
            con.execute(change)
            con.execute(f"copy {table} to {literal(path)} (header)")

    def claims_anew(self) -> None:
        """Put the claims to the test by what is in the build database now, as a run would."""
        with duckdb.connect(str(self.home.build_database), config={"home_directory": str(self.home.root)}) as con:
            said = Built.read(self.home)
            con.register("found", findings(con, load_claims(self.expectations)))
            con.execute("delete from mart_claim")
            con.execute("insert into mart_claim by name select *, true as is_synthetic from found")
        said.write(self.home)

    def raw(self, name: str, select: str) -> None:
        """Write the raw file of a receipt of one month anew, from a query on its rows, the table `rows`."""
        receipt = self.receipt(name)
        path = raw_path(self.home, receipt, receipt.scope.months[0])
        with duckdb.connect() as con:
            rows = f"read_parquet({literal(path)}, hive_partitioning = false)"
            con.execute(f"create table rows as from {rows}")
            aside = path.with_suffix(".part")
            con.execute(f"copy ({select}) to {literal(aside)} (format parquet)")
        aside.replace(path)

    def edit_expectations(self, file: str, edit: Callable[[str], str]) -> None:
        """Change one file of a copy of the expectations."""
        copy = self.work / "expectations"
        if self.expectations != copy:
            shutil.copytree(self.expectations, copy)
            self.expectations = copy
        before = (copy / file).read_text(encoding="utf-8")
        after = edit(before)
        assert after != before, f"{file} is not changed"
        (copy / file).write_text(after, encoding="utf-8")


def _targets() -> Iterable[Calibration]:
    return (target for target in read_calibration() if target.month >= FIRST_MONTH)


def _files(target: Calibration) -> Iterator[SampleFile]:
    """The files of a month, in which Japan stands for the small partners: every total is met, with fewer rows."""
    japan = next(partner for partner in PARTNERS if partner.code == "116")
    rows = [
        row if row.lot.partner.code in LARGE else row._replace(lot=row.lot._replace(partner=japan))
        for row in month_rows(target)
    ]
    return files_of(target.month, rows)


def _listed(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file and folder below a folder; of files also the size and the last change, which copies keep."""
    found = {}
    for root, folders, files in os.walk(folder):
        place = os.path.relpath(root, folder)
        found |= {f"{place}/{name}/": (0, 0) for name in folders}
        for name in files:
            seen = os.lstat(os.path.join(root, name))  # noqa: PTH118 - a thousand times a fault
            found[f"{place}/{name}"] = (seen.st_size, seen.st_mtime_ns)
    return found


def _link_or_copy(source: str, target: str) -> None:
    """Files that nothing ever writes to again are shared; a fault puts another in their place."""
    if source.endswith((".parquet", "/trade.duckdb")) or "/bytes/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


Cells = dict[str, str]


@cache
def printed(name: str) -> tuple[list[str], list[Cells]]:
    """Header and rows of a file of the sample, each row by heading; nobody may change them in place."""
    month = parse_month(f"{name[12:16]}-{name[16:18]}")
    target = next(t for t in _targets() if t.month == month)
    content = next(file.content for file in _files(target) if file.name == name)
    header, *rows = csv.reader(StringIO(content.decode("gb18030")))
    return header[:-1], [dict(zip(header, row, strict=True)) for row in rows]


def written(header: list[str], rows: Iterable[Cells]) -> bytes:
    """Such rows as the site writes them."""
    return csv_text([[row[head] for head in header] for row in rows], header).encode("gb18030")


def number(text: str) -> int:
    """A printed value."""
    return int(text.replace(",", ""))


Inject = Callable[[Bench], Any]
