"""The rooms of `orchestration/`: which there are, which way imports run, and where Dagster is known (docs/house.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from orchestration.base.settings import PROJECT

ROOT = PROJECT / "orchestration"
#: From the ground up; rooms of one floor do not know each other.
FLOORS = (
    {"base"},
    {"sources"},
    {"landing"},
    {"warehouse"},
    {"gates", "claims"},
    {"releases"},
    {"stories"},
    {"pages"},
    {"assets"},
    {"automation"},
    {"definitions"},
    {"terminal"},
)
#: Rooms and modules in which Dagster is known; of the terminal only what launches a run.
DAGSTER = ("assets", "automation", "definitions", "terminal.run")
#: The test that a series names, and its own name.
LEFT_OUT = r'\n@pytest\.mark\.series\("(\w+)"\)(?:\n[@ )].*)*\ndef (test_\w+)\('
Arrow = tuple[str, str]


def module_name(path: Path) -> str:
    """The module's name below `orchestration`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(path: Path) -> Iterator[str]:
    """Full names of all modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix("orchestration.") in MODULES else node.module


def arrows() -> list[Arrow]:
    """Who imports whom within `orchestration`."""
    return [
        (name, found.removeprefix("orchestration."))
        for name, path in MODULES.items()
        for found in imported(path)
        if found.startswith("orchestration.")
    ]


def room(module: str) -> str:
    """The room that a module lies in."""
    return module.split(".")[0]


def floor(module: str) -> int:
    """The floor of its room, from 0."""
    return next(n for n, rooms in enumerate(FLOORS) if room(module) in rooms)


def upwards(found: Iterable[Arrow]) -> list[Arrow]:
    """Imports of a higher room, or of another one on the same floor."""
    return [(a, b) for a, b in found if room(a) != room(b) and floor(a) <= floor(b)]


def in_a_circle(found: Iterable[Arrow]) -> list[str]:
    """Modules that import each other in a circle; none if there is no circle."""
    graph: dict[str, set[str]] = {}
    for a, b in found:
        graph.setdefault(a, set()).add(b)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_module_has_a_room() -> None:
    """Nothing lies loose in the root but the graph on a page, and each room says what it is for."""
    assert [path.name for path in sorted(ROOT.glob("*.py"))] == ["__init__.py", "definitions.py"]
    folders = {path.parent for path in MODULES.values()} - {ROOT}
    assert {folder.relative_to(ROOT).parts[0] for folder in folders} | {"definitions"} == set().union(*FLOORS)
    for folder in folders:
        doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
        assert len(doc.splitlines()) >= 3 and "Belongs here" in doc and "Not here" in doc, folder


def test_imports_run_one_way() -> None:
    """No room knows one that is built upon it, and no two modules need each other."""
    found = arrows()
    assert found and not upwards(found) and not in_a_circle(found)


@pytest.mark.parametrize("arrow", sorted({(room(a), room(b)) for a, b in arrows() if room(a) != room(b)}))
def test_an_arrow_turned_round_is_seen(arrow: Arrow) -> None:
    """Whichever of them it is."""
    assert upwards([arrow[::-1]]) == [arrow[::-1]]


def test_a_circle_within_a_room_is_seen() -> None:
    """Also where no floor is passed."""
    a, b = next((a, b) for a, b in arrows() if room(a) == room(b))
    assert set(in_a_circle([*arrows(), (b, a)])) >= {a, b}


def test_dagster_is_known_where_runs_are_made() -> None:
    """Everything else can be tested, and used, without it."""
    users = {
        name
        for name, path in MODULES.items()
        if any(found.split(".")[0].startswith("dagster") for found in imported(path))
    }
    assert users and all(name.startswith(DAGSTER) for name in users), sorted(users)


def test_what_make_test_leaves_out_is_shown_by_a_test_that_it_runs() -> None:
    """A series that names another test in its stead names one that is there, and is not left out itself."""
    source = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    instead = {test: named for named, test in re.findall(LEFT_OUT, source)}
    assert instead and set(instead.values()) <= set(re.findall(r"\ndef (test_\w+)\(", source)) - set(instead)
