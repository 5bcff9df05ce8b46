"""Whether a run would find anything to do: a fingerprint of all that decides on a release, and of what lies there.

Belongs here: the question, answered from names, hashes and file times alone. Not here: what a run does when there is
something to do (`warehouse`, `publish`). A run that ended well leaves in `warehouse/settled.json` what it was made from
and what lay there then. A process may be older than the files of its code: what it makes is made from the code that lay
there when it began, and if that has changed since, the next run finds something to do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from orchestration.base.hashes import file_sha256, files_below, hash_files
from orchestration.base.settings import CONTRACT_VERSION, DBT_PROJECT, PROJECT, Home, settings
from orchestration.base.today import today_in
from orchestration.gates.exceptions import load_exceptions
from orchestration.gates.suites import declared_gates
from orchestration.landing.datasets import load_datasets
from orchestration.landing.store import Landing
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE

#: Another version of one of these may say something else of the same rows.
DECIDING = ("duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "pandas", "pyarrow")


def inputs(home: Home) -> str:
    """Fingerprint of all that decides on the content of a release and on its verdict, without looking at any row.

    Landing, the home's own categories, code, dbt project, what is reviewed, the exceptions that have expired by today
    (UTC), the last month that each open dataset promises by today, versions of libraries.
    """
    return _inputs(home, hash_files(_code()))


def made_from(home: Home) -> str:
    """`inputs` of what this process makes: with the code that it has loaded."""
    return _inputs(home, LOADED)


def _inputs(home: Home, code: str) -> str:
    folder, today = settings().expectations, today_in("UTC")
    known = load_exceptions(folder, declared_gates(folder))
    expired = sorted(name for name, said in known.items() if said.expires < today)
    versions = json.dumps({name: version(name) for name in DECIDING})
    reviewed = hash_files(files_below(folder, "*.sql", "*.yml"))
    # Not the last number alone: where landing was restored, the same number may stand for another record.
    records = _marks(Landing(home).records)
    own = file_sha256(home.categories) if home.categories.is_file() else ""
    open_to = {
        name: TRADE[d.source].last_due(TRADE[d.source].today()) for name, d in load_datasets().items() if not d.last
    }
    parts = [str(CONTRACT_VERSION), records, versions, code, reviewed, repr(expired), own, repr(open_to)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _code() -> Iterator[Path]:
    yield from files_below(PROJECT / "orchestration", "*.py", "*.csv", "*.j2")
    for name in ("models", "macros", "seeds", "tests"):
        yield from files_below(DBT_PROJECT / name, "*")
    yield from (DBT_PROJECT / name for name in ("dbt_project.yml", "profiles.yml"))


#: The code as it lay there when this process began.
LOADED = hash_files(_code())


def _lies_there(home: Home) -> dict[str, str]:
    """The release that readers see and the raw files, by the marks of their files; what the build database holds."""
    release = Releases(home).current_id() or ""
    built = home.warehouse / "built.json"
    holds = built.read_bytes() if built.exists() and home.build_database.exists() else b""
    return {
        "release": release,
        "doubted": str(Releases(home).doubted.exists()),
        "files": _marks(home.releases / (release or "none")),
        "raw": _marks(home.raw),
        "built": hashlib.sha256(holds).hexdigest()[:32],
    }


def _marks(folder: Path) -> str:
    """Names, sizes and times of all files below a folder, as one hash."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            mark = path.stat()
            digest.update(f"{path.relative_to(folder)} {mark.st_size} {mark.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def settle(home: Home, of: str) -> None:
    """Keep what a run came to that has just published, or found nothing to publish; `of`: what it was made from."""
    aside = home.warehouse / ".settled.json"
    aside.write_text(json.dumps({"inputs": of, **_lies_there(home)}), encoding="utf-8")
    aside.replace(home.warehouse / "settled.json")


def _settled(home: Home) -> dict[str, str]:
    """What was kept; nothing if there is nothing that can be read."""
    try:
        said = json.loads((home.warehouse / "settled.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def settled_at(home: Home) -> float:
    """When a run last ended well, in seconds of the epoch; 0 if none is known to have."""
    path = home.warehouse / "settled.json"
    return path.stat().st_mtime if path.exists() else 0.0


def is_raw_as_settled(home: Home) -> bool:
    """Whether the raw files are, by names, sizes and times, those that the last run left."""
    return _settled(home).get("raw") == _marks(home.raw)


def is_settled(home: Home) -> bool:
    """Whether a run would come to what the last one came to: nothing has changed that decides, nor what lies there."""
    # What lies there is asked first: it costs least.
    said, there = _settled(home), _lies_there(home)
    return bool(said and there["release"]) and said == {"inputs": inputs(home), **there}
