"""What README and docs promise: links resolve, commands exist, queries run on a published release."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import typer
from typer.core import TyperGroup

from orchestration.base.errors import RefusalError
from orchestration.base.settings import DBT_MANIFEST, DBT_PROJECT, PROJECT, Home
from orchestration.releases.query import run_sql
from orchestration.sources.catalogue import TRADE
from orchestration.terminal import cli
from orchestration.warehouse import marts_doc
from orchestration.warehouse.dbt import TRADE_SOURCES, manifest, published_nodes
from orchestration.warehouse.views import scheme_views
from tests.conftest import build_database

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
    schemes = [scheme for (scheme,) in run_sql(sample_release, "select category_scheme from dim_category_scheme")[1]]
    called = {f"v_{scheme}{ending}": f"`v_<scheme>{ending}`" for scheme in schemes for ending, *_ in scheme_views()}
    assert {name for name, _ in found if called.get(name, name) not in text} == set()
    assert {scheme for scheme in schemes if f"`v_{scheme}`" not in text} == set()
    assert {column for _, column in found if f"`{column}`" not in text} == set()


@pytest.mark.parametrize(
    ("name", "sql"), [pytest.param(*q, id=f"{q[0]}-{n}") for n, q in enumerate(queries(), start=1)]
)
def test_queries_return_rows(sample_release: Path, name: str, sql: str) -> None:
    """Nothing of the sample, which is published once, was corrected."""
    assert sql.count(";") <= 1, f"{name}: one query a block"
    assert bool(run_sql(sample_release, sql)[1]) == ("mart_correction" not in sql)


def test_the_contract_of_the_marts_is_what_the_yaml_says() -> None:
    """The page is written by a program, from the template and the models."""
    template = marts_doc.TEMPLATE.read_text(encoding="utf-8")
    written = marts_doc.page(template, marts_doc.tables())
    assert marts_doc.PAGE.read_text(encoding="utf-8") == written, "run: python -m orchestration.warehouse.marts_doc"


def test_a_table_in_the_template() -> None:
    """Description, key and columns; signs that Markdown reads stand as they are."""
    columns = {"x": {"name": "x", "data_type": "bigint", "description": "a | b\n * c < d "}}
    node = {"description": "What it\nis.", "config": {"meta": {"sort": ["x", "y"]}}, "columns": columns}
    assert marts_doc.page("## t\n\n{table t}\n\nEnd {table t}.\n", {"t": node}) == (
        f"{marts_doc.NOTE}## t\n\nWhat it is.\n\nKey and order of the rows: `x`, `y`.\n\n"
        "| column | type | meaning |\n| --- | --- | --- |\n| `x` | BIGINT | a \\| b \\* c &lt; d |\n\nEnd {table t}.\n"
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{table a}\n", "b stands there 0 ×"),
        ("{table a}\n{table b}\n{table a}\n", "a stands there 2 ×"),
        ("{table a}\n{table b}\n{table c}\n", "c is no published table"),
    ],
)
def test_the_template_names_each_table_once(template: str, said: str) -> None:
    tables = {
        name: {"description": "", "config": {"meta": {"sort": ["x"]}}, "columns": {}, "name": name} for name in "ab"
    }
    with pytest.raises(RefusalError, match=said):
        marts_doc.page(template, tables)


def test_the_key_that_the_page_names_is_one(sample_release: Path) -> None:
    """No two rows of a published table share it."""
    for name, node in published_nodes().items():
        key = ", ".join(node["config"]["meta"]["sort"])
        assert run_sql(sample_release, f"select {key} from {name} group by all having count(*) > 1")[1] == [], name


def test_the_story_in_one_query(sample_release: Path) -> None:
    """What the press printed in November 2024, by the query of the README as it stands there."""
    found = [sql for sql in fences(README.read_text(encoding="utf-8"), "sql") if "_headline" in sql]
    assert len(found) == 1
    columns, rows = run_sql(sample_release, found[0])
    assert [dict(zip(columns, row, strict=True)) for row in rows] == [
        {
            "usd_bn": 1.11,
            "yoy_percent": 60,
            "ytd_usd_bn": 9.61,
            "ytd_yoy_percent": 42.5,
            "months_at_or_above": 5,
            "above_since": "2024-06",
            "types": 9,
        }
    ]


def test_every_column_of_models_and_seeds_is_described(sample_home: Home) -> None:
    """As they are: a seed's by the head of its file, a model's by the build database (inlined models have no table)."""
    with build_database(sample_home) as con:
        built: dict[str, list[str]] = dict(
            con.execute(
                "select table_name, list(column_name) from duckdb_columns() where not internal group by 1"
            ).fetchall()
        )
    compared = 0
    for node in manifest()["nodes"].values():
        if node["resource_type"] not in ("model", "seed"):
            continue
        name, described = node["name"], node["columns"]
        assert len(node["description"]) > 20 and described, name
        assert [c for c, column in described.items() if not column["description"].strip()] == [], name
        if node["resource_type"] == "seed":
            with (DBT_PROJECT / node["original_file_path"]).open(encoding="utf-8", newline="") as file:
                assert sorted(next(csv.reader(file))) == sorted(described), name
        if node["config"]["materialized"] != "ephemeral":
            assert sorted(built[name]) == sorted(described), name
            compared += 1
    assert compared > 40


def test_every_column_of_the_sources_is_described(sample_home: Home) -> None:
    """As the files have them that landing and parsers write; what releases add is described with them."""
    for source in manifest()["sources"].values():
        if source["source_name"] == "release":
            continue
        folder = sample_home.raw / ("gacc_sample" if source["name"] == "gacc" else source["name"])
        landing = sample_home.warehouse / "landing" / f"{source['name']}.parquet"
        files = str(landing if source["source_name"] == "landing" else folder / "**" / "*.parquet")
        with duckdb.connect() as con:
            found = con.execute("describe from read_parquet(?, hive_partitioning = false)", [files]).fetchall()
        assert sorted(row[0] for row in found) == sorted(source["columns"]), source["name"]
        assert source["description"] and all(c["description"].strip() for c in source["columns"].values())


@pytest.mark.own_run("dbt's own command, in a process of its own")
def test_dbt_s_pages_are_one_file_and_report_nobody(home: Home) -> None:
    """As `make docs` builds them: no database is opened, and the words are in the file itself.

    The pages load a counter of readers from outside unless dbt's own statistics are switched off.
    """
    recipe = re.search(r"^docs:.*?\n\n", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert recipe
    options = [option for option in OPTION.findall(recipe[0]) if not option.endswith("-dir")]
    assert options == ["--quiet", "--static", "--no-compile", "--empty-catalog"]
    target = home.warehouse / "pages"
    target.mkdir(parents=True)
    for made in (DBT_MANIFEST, DBT_MANIFEST.with_name("partial_parse.msgpack")):
        shutil.copyfile(made, target / made.name)
    command = [str(Path(sys.executable).with_name("dbt")), "docs", "generate", *options]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    command += ["--target-path", str(target), "--log-path", str(target)]
    sources = {**os.environ, TRADE_SOURCES: ",".join(TRADE)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=sources)
    assert done.returncode == 0, done.stdout[-3_000:]
    text = (target / "static_index.html").read_text(encoding="utf-8")
    assert manifest()["nodes"]["model.bonded.mart_category_headline_monthly"]["description"] in text
    assert re.findall(r'"send_anonymous_usage_stats": (\w+)', text) == ["false"]
    assert not home.build_database.exists()
