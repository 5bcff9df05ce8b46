"""A source is added by doing what docs/add-a-source.md says, and runs beside China, whose figures stay as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.base.settings import PROJECT, Home
from tests.conftest import many
from tests.sources.added import CHINA, copy_project, do, parse_models, run_in

PAGE = PROJECT / "docs" / "add-a-source.md"
#: Where a source may lie; all else is asked for nothing.
PLACES = ("orchestration/sources/utopia/", "orchestration/sources/catalogue.py", "dbt_project/seeds/",
          "dbt_project/models/staging/utopia/", "expectations/datasets.yml")  # fmt: skip
#: What is always asked; all else in `beside.py` has builds of its own, and is left to the series: that one source's red
#: does not stop the other is always asked of Comtrade.
ALWAYS = "china_says or own_codes or coverage_and_freshness or traced"


@pytest.mark.series
@pytest.mark.own_run("a project of its own, whose models have one source more")
def test_a_source_is_added_by_what_the_page_says(small_home: Home, tmp_path: Path) -> None:
    """And touches nothing else. What is asked of both sources in one home: `beside.py`, which runs in that project and
    begins with a home that knows nothing of the new one.
    """
    project = copy_project(tmp_path)
    done = do(PAGE, project)
    assert done and all(path.startswith(PLACES) for path in done), done
    style = run_in(
        project,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "orchestration/sources/utopia",
        "orchestration/sources/catalogue.py",
    )
    assert style.returncode == 0, style.stdout
    parse_models(project)
    chosen = many(["-k", ALWAYS], [])
    asked = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", *chosen, "tests/sources/beside.py"]
    tried = run_in(project, *asked, **{CHINA: str(small_home.root)})
    assert tried.returncode == 0, tried.stdout[-6_000:] + tried.stderr[-2_000:]
