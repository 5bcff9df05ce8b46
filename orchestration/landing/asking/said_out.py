"""What a publisher said is out, and where asking it has come to: a small memory, one a source.

`landing/asked/<source>.json`. Losing it costs requests and nothing else: what has been received stands in receipts.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.base import durable
from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month
from orchestration.base.settings import Home, settings
from orchestration.sources.web import Released

#: Who hears of what a fetch waits for.
Told = Callable[[str], None]


class _Out(BaseModel):
    """A month that is out: since which day, and by which mark."""

    model_config = ConfigDict(extra="forbid")

    day: dt.date
    mark: str


class SaidOut(BaseModel):
    """`asked_at`: when the publisher was last asked what is out; `out`: by reporter the months that it said are, as
    YYYY-MM; `looked_at`: by reporter the months of which it was asked.

    `begun`: by dataset the months that are being asked for together, as long as not everything has arrived; `cut`:
    questions whose answers are cut off; `unchanged`: by question the marks of an answer that said nothing new;
    `unread`: by question of a document the version of the parser that could not read its answer.
    """

    model_config = ConfigDict(extra="forbid")

    asked_at: dt.datetime | None = None
    out: dict[str, dict[str, _Out]] = Field(default_factory=dict)
    looked_at: dict[str, list[str]] = Field(default_factory=dict)
    begun: dict[str, list[list[dt.date]]] = Field(default_factory=dict)
    cut: list[str] = Field(default_factory=list)
    unchanged: dict[str, dict[str, str]] = Field(default_factory=dict)
    unread: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def read(cls, home: Home, source: str) -> SaidOut:
        """The memory on disk; an empty one if there is none that can be read."""
        with suppress(OSError, ValidationError):
            return cls.model_validate_json(_path(home, source).read_bytes())
        return cls()

    def write(self, home: Home, source: str) -> None:
        """Replace the memory on disk in one step."""
        path = _path(home, source)
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, self.model_dump_json(indent=1).encode())

    def learn(
        self, reporter: str, months: list[dt.date], released: Mapping[dt.date, Released], at: dt.datetime
    ) -> None:
        """Keep what was said of some months; of the others stays what was said before."""
        names = [*map(format_month, months)]
        known = {name: out for name, out in self.out.get(reporter, {}).items() if name not in names}
        new = {format_month(m): _Out(day=of.day, mark=of.mark) for m, of in released.items() if m in months}
        self.out[reporter] = dict(sorted({**known, **new}.items()))
        self.looked_at[reporter] = sorted({*self.looked_at.get(reporter, []), *names})
        self.asked_at = at

    def is_not_out(self, reporter: str, month: dt.date) -> bool:
        """Whether the publisher was asked for a month and said that it is not out."""
        name = format_month(month)
        return name in self.looked_at.get(reporter, ()) and name not in self.out.get(reporter, {})

    def out_since(self, reporter: str, month: dt.date) -> dt.date | None:
        """The day since which a month is out, as the publisher said when it was last asked; None where it did not."""
        known = self.out.get(reporter, {}).get(format_month(month))
        return known.day if known else None


def _path(home: Home, source: str) -> Path:
    return asked_folder(home) / f"{source}.json"


def asked_folder(home: Home) -> Path:
    """Where what concerns asking lies."""
    return home.landing / "asked"


def answers_folder(home: Home, source: str) -> Path:
    """Where an answer of a source lies while it is received; emptied before anything is asked."""
    return asked_folder(home) / source


@contextmanager
def asking_alone(home: Home, source: str, told: Told, *, dry_run: bool = False) -> Iterator[None]:
    """Ask a publisher while nobody else does; who has to wait for that says so. `RefusalError` after too long.

    `dry_run`: nothing is made for it; where nobody ever asked, nobody is asking.
    """
    folder = asked_folder(home)
    lock = FileLock(folder / f".{source}.lock")
    if dry_run and not Path(lock.lock_file).exists():
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        told(f"{source} is being asked by another process: waiting for it")
        try:
            lock.acquire(timeout=settings().lock_seconds)
        except Timeout:
            what = f"{source} has been asked by another process for {settings().lock_seconds:,} s"
            raise RefusalError(what, remedy="wait for it, or stop it; then type the same again") from None
    try:
        shutil.rmtree(answers_folder(home, source), ignore_errors=True)
        yield
    finally:
        shutil.rmtree(answers_folder(home, source), ignore_errors=True)
        lock.release()
