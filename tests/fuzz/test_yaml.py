"""Mutants of the files that people write: sidecars, datasets, a home's categories, known exceptions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.base import strict_yaml
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.gates.exceptions import load_exceptions
from orchestration.landing.datasets import load_datasets
from orchestration.landing.inbox import InboxOutcome, take_in
from orchestration.landing.names import sidecar as sidecar_of
from orchestration.landing.scope import Declaration, shown
from orchestration.warehouse.categories import OwnCategories
from tests.conftest import many, row, write_csv
from tests.fuzz.mutants import mutants

SEED = 18
SIDECAR = b"""source: gacc
flow: import
hs: [8542, "8541"]
partners: 116,502
months: 2024-01..2024-10
regimes: all
vintage: 2024-11-20
header: "Date of data,Commodity code,US dollar"
"""
DATASETS = b"""datasets:
  chips:
    title: Integrated circuits
    source: gacc
    flow: import
    hs: [8542]
    partners: [502]
    currency: USD
    first: 2017-01
    last: open
    never_zero: [{partner: 502, hs: 85423}]
  beans:
    title: Soybeans
    source: gacc
    flow: import
    hs: [1201]
    partners: all
    currency: CNY
    first: 2023-01
    last: 2024-12
    must_compare: [totals]
"""
CATEGORIES = b"""schemes:
  screens:
    title: Screens
    leaves_out: Telephones
    threshold_usd: 500000000
    threshold_reason: Half a billion is what the press speaks of
    categories:
      flat: {name: Flat ones, prefixes: [852411, 852412]}
      modules: {name: Modules, prefixes: [85249190], code_system: gacc}
hs6: [854231, 8541]
"""
EXCEPTIONS = b"""exceptions:
  ships:
    gates: [totals]
    dataset: gacc import
    scope: press_us_all_2019_01
    months: 2019-01
    expect: -70000000..-60000000
    reason: the aircraft leased that month are not there
    source: a note of customs
    expires: 2027-01-31
"""


def plainly(data: bytes) -> Any:
    """The file as plain text within lists and maps, by the library's own reader."""
    return yaml.load(data.decode("utf-8"), Loader=yaml.BaseLoader) or {}


def codes(said: Any) -> str:
    """A list as it is typed: sorted, each once."""
    items = said.split(",") if isinstance(said, str) else said
    return ",".join(sorted({str(item).strip() for item in items}))


def sidecar(path: Path, data: bytes) -> None:
    """Every part says what the text says."""
    told, plain = strict_yaml.load(path, Declaration), plainly(data)
    said = {key: value for key, value in told if value is not None}
    empty = [key for key, value in plain.items() if key not in said]
    assert {*said} <= {*plain} and all(plain[key] in ("", "~", "null") for key in empty)
    for key, value in said.items():
        if key in ("hs", "partners", "regimes", "provinces"):
            assert shown(value) == codes(plain[key])
        elif key == "months":
            ends = [month.strip() for month in plain[key].split("..")]
            assert shown(value) == "..".join(dict.fromkeys(ends))
        else:
            assert str(value) == plain[key].strip() or str(value) == plain[key]


def datasets(path: Path, data: bytes) -> None:
    """The same names, titles and first months."""
    told, plain = load_datasets(path.parent), plainly(data)["datasets"]
    assert {name: (d.title, f"{d.first:%Y-%m}") for name, d in told.items()} == {
        name: (d["title"], d["first"]) for name, d in plain.items()
    }


def categories(path: Path, data: bytes) -> None:
    """The same schemes, categories and prefixes, each in its order."""
    told, plain = OwnCategories(data, path), plainly(data)
    assert {
        (name, code): list(category.prefixes)
        for name, scheme in told.schemes.items()
        for code, category in scheme.categories.items()
    } == {
        (name, code): category["prefixes"]
        for name, scheme in (plain.get("schemes") or {}).items()
        for code, category in scheme["categories"].items()
    }
    assert list(told.headings) == (plain.get("hs6") or [])


def known_exceptions(path: Path, data: bytes) -> None:
    """The same names, months and last days."""
    told, plain = load_exceptions(path.parent, ["totals"]), plainly(data).get("exceptions") or {}
    assert {name: (shown(e.months), str(e.expires)) for name, e in told.items()} == {
        name: (e["months"], e["expires"]) for name, e in plain.items()
    }


KINDS: dict[str, tuple[str, bytes, Callable[[Path, bytes], None]]] = {
    "sidecar": ("us.csv.yml", SIDECAR, sidecar),
    "datasets": ("datasets.yml", DATASETS, datasets),
    "categories": ("categories.yml", CATEGORIES, categories),
    "exceptions": ("known_exceptions.yml", EXCEPTIONS, known_exceptions),
}


@pytest.mark.parametrize("kind", KINDS)
def test_sound_ones_are_read_as_plainly(kind: str, tmp_path: Path) -> None:
    """Before they are changed."""
    name, sound, check = KINDS[kind]
    (tmp_path / name).write_bytes(sound)
    check(tmp_path / name, sound)


@pytest.mark.series
@pytest.mark.parametrize("kind", KINDS)
def test_a_mutant_is_refused_or_read_as_plainly(kind: str, tmp_path: Path) -> None:
    """Refused with file, reason and remedy, or equal to the plain reading; never a trace."""
    name, sound, check = KINDS[kind]
    taken, refused = 0, 0
    for number, data in mutants([sound], many(30, 300), SEED):
        # A folder of its own: some of these files are remembered by size and time.
        file = tmp_path / str(number) / name
        file.parent.mkdir()
        file.write_bytes(data)
        try:
            check(file, data)
            taken += 1
        except RefusalError as error:
            assert error.what and error.remedy and error.file and str(error).count("\n") == 1, f"mutant {number}"
            refused += 1
        except Exception as error:
            pytest.fail(f"{kind}, mutant {number}: {error!r}\n{data.decode('utf-8', 'replace')}")
    assert min(taken, refused) > (taken + refused) / 20, "the mutants are all of one kind and show little"


@pytest.mark.series
def test_no_sidecar_stops_the_inbox(home: Home) -> None:
    """Each beside a sound file, known and new bytes by turns: received, or refused with a reason."""
    folder, count = home.inbox / "gacc", many(30, 300)
    sound = SIDECAR.replace(b'header: "Date of data,Commodity code,US dollar"\n', b"")
    for number, data in mutants([sound], count, SEED):
        file = write_csv(folder / f"{number:03}.csv", [row(value=str(number // 2))])
        sidecar_of(file).write_bytes(data)
    outcome = take_in(home)
    known = count - len(outcome.received) - len(outcome.refused)
    assert min(len(outcome.received), len(outcome.refused)) > count / 10 and known >= 0
    assert all(error.what and error.remedy for _, error in outcome.refused)
    assert take_in(home) == InboxOutcome()
