"""What README and docs promise: links resolve, commands exist, queries run on a published release."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from orchestration import cli
from orchestration.releases.query import run_sql
from orchestration.settings import PROJECT

README = PROJECT / "README.md"
DOCS = [README, *sorted((PROJECT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
#: The command and what follows it on its line, up to the end of a code span, a table cell or a comment.
COMMAND = re.compile(r"\bbonded (?P<name>[a-z][a-z-]*)(?P<rest>[^`\n]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def fences(text: str, language: str) -> list[str]:
    """The contents of all fenced blocks of one language, in order."""
    return [body for name, body in FENCE.findall(text) if name == language]


def links(text: str) -> list[str]:
    """Targets of the links and pictures outside fenced blocks, those of the web left out."""
    targets = LINK.findall(FENCE.sub("", text))
    return [t for t in targets if not re.match(r"(https?|mailto):", t)]


def anchors(text: str) -> set[str]:
    """Anchors of the headings outside fenced blocks, as GitHub makes them."""
    plain = (re.sub(r"[`*]|\[|\]\([^)]*\)", "", h).lower() for h in HEADING.findall(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", h).replace(" ", "-") for h in plain}


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Every `bonded <subcommand>` with the options that follow it on the same line.

    Only code spans and console blocks count: prose may say "bonded" of a warehouse. A backslash joins two lines.
    """
    joined = re.sub(r"\\\n\s*", " ", text)
    blocks = fences(joined, "console")
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", joined))
    return [(m["name"], OPTION.findall(m["rest"])) for code in (*blocks, *spans) for m in COMMAND.finditer(code)]


def queries() -> list[tuple[str, str]]:
    """File and text of every query in the documents that have some."""
    files = [p for p in (README, PROJECT / "docs" / "marts.md") if p.exists()]
    return [(p.name, sql) for p in files for sql in fences(p.read_text(encoding="utf-8"), "sql")]


def readme_walk() -> list[str]:
    """The commands of README's first console block below the heading that speaks of one's own files."""
    text = README.read_text(encoding="utf-8")
    heading = next(m for m in HEADING.finditer(text) if "own files" in m[1].lower())
    block = re.sub(r"\\\n>?\s*", "", fences(text[heading.end() :], "console")[0])
    return [line[2:].strip() for line in block.splitlines() if line.startswith("$ ")]


def test_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < 200


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_links_resolve(path: Path) -> None:
    broken = []
    for target in links(path.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        place = path.parent / file if file else path
        if not place.exists() or (anchor and anchor not in anchors(place.read_text(encoding="utf-8"))):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_commands_and_options_exist(path: Path) -> None:
    group = typer.main.get_command(cli.app)
    assert isinstance(group, TyperGroup)
    unknown = []
    for name, options in commands(path.read_text(encoding="utf-8")):
        command = group.commands.get(name)
        known = {"--help", *(o for p in command.params for o in p.opts)} if command else set()
        unknown += [f"bonded {name} {o}" for o in options if o not in known] if command else [f"bonded {name}"]
    assert not unknown


def test_the_documents_name_commands_and_queries() -> None:
    """The tests above and below cannot be empty."""
    assert {"receive", "run"} <= {name for name, _ in commands(README.read_text(encoding="utf-8"))}
    assert len(queries()) > 5


def test_reading_documents() -> None:
    text = (
        "# A `bonded` [thing](x.md)\nSee `bonded run --home X` and bonded goods.\n![p](a.png) [w](https://x.org)\n"
        "```console\n$ bonded receive a.csv \\\n    --flow import\nsaid\n```\n```sql\nselect 1\n```\n"
    )
    assert links(text) == ["x.md", "a.png"]
    assert anchors(text) == {"a-bonded-thing"}
    assert commands(text) == [("receive", ["--flow"]), ("run", ["--home"])]
    assert fences(text, "sql") == ["select 1\n"]


def test_the_walk_is_typed_as_it_stands() -> None:
    walk = readme_walk()
    assert walk
    assert any(re.search(r"\bbonded receive\b", command) for command in walk)
    assert all(shlex.split(command) for command in walk)


def test_every_published_table_and_column_is_explained(sample_release: Path) -> None:
    text = (PROJECT / "docs" / "marts.md").read_text(encoding="utf-8")
    sql = "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal"
    found = run_sql(sample_release, sql)[1]
    assert found
    assert {name for name, _ in found if name not in text} == set()
    assert {column for _, column in found if f"`{column}`" not in text} == set()


@pytest.mark.parametrize(
    ("name", "sql"), [pytest.param(*q, id=f"{q[0]}-{n}") for n, q in enumerate(queries(), start=1)]
)
def test_queries_return_rows(sample_release: Path, name: str, sql: str) -> None:
    assert sql.count(";") <= 1, f"{name}: one query a block"
    assert run_sql(sample_release, sql)[1]
