"""Is everything that must be there, there, and is it what its hash says? Every check is made, whatever another finds.

Belongs here: this installation and what is reviewed. Not here: what lies in a home (`doctor_home`).
"""

from __future__ import annotations

import sys

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home, settings
from orchestration.claims.load import load_claims
from orchestration.gates.exceptions import load_exceptions
from orchestration.gates.suites import declared_gates, load_suite
from orchestration.landing.datasets import load_datasets
from orchestration.sources.catalogue import TRADE
from orchestration.terminal.doctor_home import Finding, of_home
from orchestration.warehouse.categories import FILE, own_categories
from orchestration.warehouse.dbt import manifest


def examine(home: Home) -> list[Finding]:
    """All checks on a home and this installation."""
    return [
        Finding("python", (3, 11) <= sys.version_info[:2] < (3, 14), sys.version.split()[0]),
        _dbt(),
        _sources(),
        _expectations(),
        _categories(home),
        *of_home(home),
    ]


def _dbt() -> Finding:
    try:
        return Finding("dbt project parsed", True, f"{len(manifest()['nodes'])} nodes")
    except RefusalError as error:
        return Finding("dbt project parsed", False, error.told, error.remedy)


def _expectations() -> Finding:
    folder = settings().expectations
    try:
        names = [load_suite(folder / f"{gate}.yml").gate for gate in declared_gates(folder)]
        known = load_exceptions(folder, names)
        told = f"{len(names)} gates, {len(load_datasets(folder))} datasets, {len(known)} known exceptions"
        return Finding("expectations", True, f"{told}, {len(load_claims(folder))} claims")
    except RefusalError as error:
        return Finding("expectations", False, error.told, error.remedy)


def _sources() -> Finding:
    try:
        for source in TRADE.values():
            source.check()
    except RefusalError as error:
        return Finding("sources", False, error.told, error.remedy)
    return Finding("sources", True, ", ".join(TRADE))


def _categories(home: Home) -> Finding:
    try:
        own = own_categories(home)
    except RefusalError as error:
        return Finding("own categories", False, error.told, error.remedy)
    except OSError as error:
        return Finding("own categories", False, str(error), "let this user read it")
    held = [f"{len(own.schemes)} schemes", *([f"{len(own.headings)} headings of hs6"] if own.headings else [])]
    return Finding("own categories", True, ", ".join(held) if own.text is not None else f"none: there is no {FILE}")
