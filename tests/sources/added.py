"""A copy of the project in which a page of docs has been done, block by block: what the page says is what is tested.

A fenced block with a path behind its language is a new file; of a file that is there, `csv` and `yaml` are lines to add
at its end, and `diff` is a change by lines, each behind the line that stands before it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from orchestration.base.settings import PROJECT

#: The environment's name for the small home of the project as it was before.
CHINA = "CHINA_BEFORE"
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
#: What a clone has not, and what takes long to copy.
LEFT = shutil.ignore_patterns(".git", ".venv", "data", "target", "logs", "__pycache__", ".*_cache", ".hypothesis")


def copy_project(folder: Path) -> Path:
    """The project as it lies here, without what is built or held."""
    return Path(shutil.copytree(PROJECT, folder / "project", ignore=LEFT))


def do(page: Path, project: Path) -> list[str]:
    """Do what a page says; returns the paths of the files that it makes or changes."""
    done = []
    for language, path, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if language == "diff":
            target.write_text(changed(target.read_text(encoding="utf-8"), body), encoding="utf-8")
        elif target.exists():
            assert language in ("csv", "yaml"), f"{path} is there already"
            target.write_text(target.read_text(encoding="utf-8") + body, encoding="utf-8")
        else:
            target.write_text(body, encoding="utf-8")
        done.append(path)
    return done


def changed(text: str, lines: str) -> str:
    """A text with lines added, each behind the one that stands before it."""
    lines_of = text.splitlines()
    at = -1
    for line in lines.splitlines():
        if line.startswith("+"):
            at += 1
            lines_of.insert(at, line[1:])
        else:
            at = lines_of.index(line[1:])
    return "\n".join(lines_of) + "\n"


def run_in(project: Path, *command: str, **said: str) -> subprocess.CompletedProcess[str]:
    """A command of Python in a copy of the project, whose code goes before what is installed; `said`: what its
    environment says, too.
    """
    environment = {**os.environ, "PYTHONPATH": str(project), "BONDED_HOME": str(project / "data" / "main")}
    # Homes that workers of one run share are none of its own.
    environment = {name: text for name, text in environment.items() if not name.startswith("PYTEST_")} | said
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def parse_models(project: Path) -> None:
    """What `make install` does once the packages are there."""
    recipe = "from orchestration.sources.catalogue import TRADE; print(*TRADE, sep=',')"
    sources = run_in(project, "-c", recipe).stdout.strip()
    dbt = Path(sys.executable).with_name("dbt")
    options = [
        "--quiet",
        "--no-partial-parse",
        "parse",
        "--project-dir",
        "dbt_project",
        "--profiles-dir",
        "dbt_project",
    ]
    environment = {**os.environ, "BONDED_HOME": str(project / "data" / "main"), "BONDED_TRADE_SOURCES": sources}
    done = subprocess.run([dbt, *options], cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
