"""Is everything that must be there, there, and is it what its hash says?"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from orchestration.base.errors import RefusalError
from orchestration.base.hashes import file_sha256
from orchestration.base.settings import Home, settings
from orchestration.claims.load import load_claims
from orchestration.gates.exceptions import load_exceptions
from orchestration.gates.suites import declared_gates, load_suite
from orchestration.landing.datasets import load_datasets
from orchestration.landing.store import Landing
from orchestration.releases.content import is_intact
from orchestration.releases.store import Releases
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse.categories import FILE, own_categories
from orchestration.warehouse.dbt import manifest


@dataclass(frozen=True)
class Finding:
    """One check of the doctor."""

    check: str
    ok: bool
    detail: str


def examine(home: Home) -> list[Finding]:
    """All checks on a home and this installation."""
    return [
        Finding("python", (3, 11) <= sys.version_info[:2] < (3, 14), sys.version.split()[0]),
        _dbt(),
        _sources(),
        _expectations(),
        _landing(home),
        _categories(home),
        _release(home),
    ]


def _dbt() -> Finding:
    try:
        return Finding("dbt project parsed", True, f"{len(manifest()['nodes'])} nodes")
    except RefusalError as error:
        return Finding("dbt project parsed", False, str(error))


def _expectations() -> Finding:
    folder = settings().expectations
    try:
        names = [load_suite(folder / f"{gate}.yml").gate for gate in declared_gates(folder)]
        known = load_exceptions(folder, names)
        told = f"{len(names)} gates, {len(load_datasets(folder))} datasets, {len(known)} known exceptions"
        return Finding("expectations", True, f"{told}, {len(load_claims(folder))} claims")
    except RefusalError as error:
        return Finding("expectations", False, str(error))


def _sources() -> Finding:
    try:
        for source in TRADE.values():
            source.check()
    except RefusalError as error:
        return Finding("sources", False, str(error))
    return Finding("sources", True, ", ".join(TRADE))


def _landing(home: Home) -> Finding:
    landing = Landing(home)
    receipts = landing.state().received
    for receipt in receipts:
        path = landing.bytes_path(receipt.sha256)
        if not path.exists():
            return Finding("landing", False, f"the bytes of {receipt.receipt_id} are gone")
        if file_sha256(path) != receipt.sha256:
            return Finding("landing", False, f"the bytes of {receipt.receipt_id} are not what was received")
    return Finding("landing", True, f"{len(receipts)} receipts, bytes as received")


def _categories(home: Home) -> Finding:
    try:
        own = own_categories(home)
    except RefusalError as error:
        return Finding("own categories", False, str(error))
    held = [f"{len(own.schemes)} schemes", *([f"{len(own.headings)} headings of hs6"] if own.headings else [])]
    return Finding("own categories", True, ", ".join(held) if own.text is not None else f"none: there is no {FILE}")


def _release(home: Home) -> Finding:
    releases = Releases(home)
    if releases.current_id() is None:
        return Finding("current release", True, "none yet")
    folder, manifest = releases.folder(), releases.manifest()
    for name, said in manifest.files.items():
        path = folder / name
        if not is_intact(path, said):
            releases.doubted.touch()
            return Finding("current release", False, f"{name} is not what was published")
    return Finding("current release", True, f"{manifest.release_id}, {len(manifest.files)} files as published")
