"""Every path, threshold source and switch, read once.

Belongs here: where things lie and what may be set from outside (environment variables `BONDED_*`).
Not here: what is promised or checked; that is data in `expectations/`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.base.errors import RefusalError

PROJECT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT / "dbt_project"
#: The parsed dbt project, the same for every home: what the graph shows and a release holds, and what dbt runs.
DBT_MANIFEST = DBT_PROJECT / "target" / "manifest.json"
DBT_PARSED = DBT_MANIFEST.with_name("partial_parse.msgpack")
CONTRACT_VERSION = 2


#: More than eleven days of patience is a slip of the keyboard, and no clock takes it.
Seconds = Annotated[float, Field(ge=0, le=1_000_000)]
SomeSeconds = Annotated[float, Field(gt=0, le=1_000_000)]


class Settings(BaseSettings):
    """Switches with their defaults; each may be set as an environment variable `BONDED_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="BONDED_", extra="ignore")

    expectations: Path = PROJECT / "expectations"
    keep_releases: int = 20
    keep_candidates: int = 5
    #: Days for which Dagster keeps a run that nothing comes from any more that it shows of an asset.
    keep_run_days: PositiveInt = 90
    duckdb_memory: str = "1500MB"
    duckdb_threads: PositiveInt = 2
    audit_memory: str = "1GB"
    #: Disk that one query may spill to, in the system's temporary folder.
    query_spill: str = "10GB"
    #: Raw rows that facts are made from at once; more, and DuckDB would spill to disk.
    batch_rows: int = 6_000_000
    lock_seconds: int = 3600
    #: A run that has been launched and has not begun within this time is dead.
    start_seconds: int = 60
    inbox_quiet_seconds: Seconds = 10
    #: The same for a run from the terminal, which waits for it.
    run_quiet_seconds: Seconds = 2
    inbox_interval_seconds: int = 30
    #: A command, or the address of a webhook, that is told what runs came to (docs/runbook.md).
    notify: str | None = None
    #: Whoever is told has so long to take it, repetitions included.
    notify_seconds: SomeSeconds = 10
    #: Whom a publisher may write to about what is asked of it: an address of mail, or of a page.
    contact: str | None = Field(None, pattern=r"^[\x21-\x7e]{3,200}$")
    #: A publisher that sends nothing for so long does not answer; a whole answer takes at most so long.
    fetch_seconds: SomeSeconds = 60
    fetch_whole_seconds: SomeSeconds = 1800
    #: A question is put so many times where the answer may be better a moment later.
    fetch_attempts: PositiveInt = 5
    #: A publisher that asks for a longer wait is asked again another time.
    fetch_wait_seconds: SomeSeconds = 300
    #: Seconds until a run of Dagster asks once more what did not pass, then twice as many.
    fetch_again_seconds: Seconds = 300
    #: The most that one answer holds, unpacked.
    fetch_bytes: PositiveInt = 1_000_000_000


class SourceSettings(BaseSettings):
    """What may be set of one source that is asked over the network: `BONDED_<SOURCE>_ADDRESS`, `…_KEY`, `…_PAUSE`
    (seconds between two requests), `…_CAP` (rows at which its answers are cut off), `…_PERMISSION` (who permits that
    its rows are passed on, and since when).
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    address: str | None = Field(None, pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$")
    key: SecretStr | None = None
    pause: Seconds | None = None
    cap: PositiveInt | None = None
    permission: str | None = Field(None, min_length=10)

    @field_validator("key")
    @classmethod
    def _sendable(cls, key: SecretStr | None) -> SecretStr | None:
        said = key.get_secret_value() if key else ""
        if not all("!" <= character <= "~" for character in said):
            raise ValueError("it has a blank or a character that no key has")
        return key


@cache
def settings() -> Settings:
    """The settings of this process; `RefusalError` naming the variable that cannot be read."""
    try:
        return Settings()
    except ValidationError as error:
        raise _unreadable(error, "BONDED_") from None


def source_settings(source: str) -> SourceSettings:
    """What is set of a source now; `RefusalError` naming the variable that cannot be read, without what it says."""
    prefix = f"BONDED_{source}_".upper()
    unread = None
    try:
        return SourceSettings(_env_prefix=prefix)
    except ValidationError as error:
        unread = _unreadable(error, prefix)
    # Outside of the handler: what is raised there carries what it handles, and that holds the key.
    raise unread


def _unreadable(error: ValidationError, prefix: str) -> RefusalError:
    first = error.errors(include_input=False)[0]
    name = f"{prefix}{first['loc'][0]}".upper()
    return RefusalError(f"{name}: {first['msg']}", remedy=f"correct {name}, or unset it")


@dataclass(frozen=True)
class Home:
    """The places of one warehouse (README: where things lie). Creating a `Home` creates nothing on disk."""

    root: Path

    @classmethod
    def default(cls) -> Home:
        """The home named by `BONDED_HOME`, else `data/main` in the checkout."""
        return cls(Path(os.environ.get("BONDED_HOME") or PROJECT / "data" / "main").absolute())

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Make this the home of the environment, for everything in this process and its children."""
        before = os.environ.get("BONDED_HOME")
        os.environ["BONDED_HOME"] = str(self.root)
        try:
            yield
        finally:
            if before is None:
                del os.environ["BONDED_HOME"]
            else:
                os.environ["BONDED_HOME"] = before

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def build_database(self) -> Path:
        return self.warehouse / "build.duckdb"

    @property
    def candidates(self) -> Path:
        return self.root / "candidates"

    @property
    def categories(self) -> Path:
        """The home's own schemes of categories; it need not be there."""
        return self.root / "categories.yml"

    @property
    def watch(self) -> Path:
        """The series of which somebody wants to be told; it need not be there."""
        return self.root / "watch.yml"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    def create(self) -> Home:
        """Make the folders that must exist before anything runs; `RefusalError` where they could not be read again."""
        if set("*?[]") & set(str(self.root)):
            raise RefusalError(
                "the path of this home has one of * ? [ ], which stand for other characters where files are read",
                file=str(self.root),
                remedy="choose a folder without them; blanks are no harm",
            )
        for folder in (self.inbox, self.landing, self.raw, self.warehouse, self.candidates, self.releases):
            folder.mkdir(parents=True, exist_ok=True)
        return self
