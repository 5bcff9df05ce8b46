"""The small home revision by revision, each built once for all workers: a test that publishes it need not build it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import pytest

from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.publish import Publication, publish
from orchestration.releases.store import Releases
from tests.conftest import add, built, made_once, row

#: By name: the revision before it, and of which month one more receipt brings which figure; None: it is withdrawn.
STEPS: dict[str, tuple[str, str, int | None]] = {
    "march-1": ("", "2024-03", 1),
    "march-2": ("march-1", "2024-03", 2),
    "march-3": ("march-2", "2024-03", 3),
    "january": ("march-2", "2024-01", 0),
    "june": ("march-1", "2024-06", 5),
    "no-june": ("june", "2024-06", None),
}


@dataclass(frozen=True)
class Revisions:
    """What the small home would be after more receipts, which tests put into the place of what their home has."""

    first: Home
    factory: pytest.TempPathFactory

    def built(self, name: str) -> Home:
        """The home of a revision: built; of `march-1` also published."""
        return made_once(self.factory, name, lambda home: self._build(home, name)) if name else self.first

    def put(self, home: Home, name: str) -> None:
        """Give a home the landing, raw files and build database of a revision."""
        _replace(self.built(name), home, "landing", "raw", "warehouse")

    def publish(self, home: Home, name: str) -> Publication:
        """Publish a revision; the audit may fail."""
        self.put(home, name)
        return publish(home, Landing(home).state())

    def _build(self, home: Home, name: str) -> None:
        before, month, figure = STEPS[name]
        self.put(home, before)
        if figure is None:
            Landing(home).withdraw(Landing(home).state().receipts[-1].receipt_id, "a test")
        else:
            rows = [row(month.replace("-", ""), value=str(figure))]
            add(home, self.factory.mktemp("revision"), rows, months=month)
        state = built(home)
        if not before:
            _replace(self.first, home, "releases")
            assert publish(home, state).outcome == "published"
            assert Releases(home).manifest().replaced_rows > 0


def _replace(source: Home, target: Home, *folders: str) -> None:
    for folder in folders:
        shutil.rmtree(target.root / folder)
        shutil.copytree(source.root / folder, target.root / folder, symlinks=True)


@pytest.fixture(scope="session")
def revisions(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Revisions:
    """The revisions of the small home."""
    return Revisions(small_home, tmp_path_factory)
