"""`categories.yml`: every fault is refused by file and line; a change of it rebuilds that change and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.base.duck import literal, scratch
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.content import contents as table_contents
from orchestration.releases.published import published_models
from orchestration.warehouse import build as builds
from orchestration.warehouse.build import build
from orchestration.warehouse.categories import OwnCategories, own_categories
from orchestration.warehouse.dbt import DbtOutcome
from orchestration.warehouse.nodes import by_category, monthly, names_of
from orchestration.warehouse.plan import Built, plan
from tests.conftest import add, copied, row, tree

SOUND = """schemes:
  storage:
    title: What holds and counts data
    leaves_out: Everything but memories and computers
    threshold_usd: 500000000
    threshold_reason: Half of what the press counts chips by
    categories:
      memory: {name: Memories, prefixes: [854232]}
      computers:
        name: Computers
        prefixes: ["8471"]
        leaves_out: Parts (8473)
  cells:
    title: Solar cells
    leaves_out: All else
    categories:
      solar:
        name: Cells and modules
        prefixes: [85414020, 85414200, 85414300]
        years: {85414020: ..2021, 85414200: 2022.., 85414300: 2022..2049}
        code_system: gacc
hs6: [8542, "010121"]
"""
#: Of one fault each: what stands there, what stands there then, the line that is named, and what is said.
FAULTS = [
    ("title: What", "titel: What", 3, "Extra inputs"),
    ("  storage:", "  Storage:", 2, "should match pattern"),
    ("  storage:", "  ic:", 2, "ic is the name of a scheme that the warehouse has already"),
    ("  storage:", "  hs6:", 2, "hs6 is the name of a scheme"),
    ("  storage:", "  line:", 2, "line is the name of a scheme"),
    ("  storage:", "  ic_by_partner:", 2, "ic_by_partner: other schemes have views that end in _by_partner"),
    ("  storage:", "  ic_growth:", 2, "ic_growth: other schemes have views that end in _growth"),
    ("  storage:", "  trade_lines:", 2, "trade_lines is the name of a scheme that the warehouse has already"),
    ("  cells:", "  storage:", 13, "'storage' is given twice"),
    ("      memory:", "      computers:", 9, "'computers' is given twice"),
    ("    leaves_out: Everything but memories and computers\n", "", 2, "leaves_out: Field required"),
    ("500000000", "half a billion", 5, "valid integer"),
    ("500000000", "0", 5, "greater than 0"),
    ("    threshold_reason: Half of what the press counts chips by\n", "", 5, "go together"),
    ("[854232]", "[]", 8, "at least 1 item"),
    ("[854232]", "[85423x]", 8, "'85423x' is no prefix of a tariff"),
    ("[854232]", "[8]", 8, "'8' is no prefix of a tariff"),
    ("[854232]", "[7701]", 8, "the tariff has no chapter 77"),
    ("[854232]", "[859932]", 8, "the tariff has no heading 8599"),
    ("[854232]", "[847130]", 11, "8471 and 847130 of memory count the same lines twice"),
    ("[854232]", "[854232, 85423]", 8, "85423 and 854232 of memory count the same lines twice"),
    ("[854232]", "[85423210]", 8, "more than 6 digits: say whose line it is"),
    ('["8471"]', '["8471"]\n        code_system: gacc', 12, "all tariffs share six digits"),
    ("code_system: gacc", "code_system: cn", 21, "cn is no tariff of a source"),
    ("85414020, ", "8541402011, ", 19, "more than 8 digits"),
    ("{85414020: ..2021", "{85414021: ..2021", 20, "85414021 is none of the prefixes"),
    ("{85414020: ..2021", "{85414020: 2021", 20, "years are written"),
    ("{85414020: ..2021", "{85414020: 2021..2016", 20, "holds no year"),
    ("{85414020: ..2021", "{85414020: ..2020", 20, "no prefix holds in 2021"),
    ("[8542, ", "[85, ", 22, "neither a code of six digits nor a heading of four"),
    ('"010121"', "854231", 22, "854231 and 8542 count the same lines twice"),
    ('[8542, "010121"]', "[]", 22, "at least 1 item"),
    ("hs6:", "hs4:", 22, "Extra inputs"),
    ("hs6:", "\ths6:", 22, "cannot start any token"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "said"), FAULTS, ids=[said for *_, said in FAULTS])
def test_every_fault_is_refused_by_line(home: Home, old: str, new: str, line: int, said: str) -> None:
    """Before anything is written, whoever asks."""
    assert old in SOUND
    home.categories.write_text(SOUND.replace(old, new, 1), encoding="utf-8")
    before = tree(home.root)
    with pytest.raises(RefusalError) as refused:
        own_categories(home)
    text = str(refused.value)
    assert said in text and text.startswith(f"categories.yml, line {line}: ") and "Remedy:" in text
    assert tree(home.root) == before


def test_a_file_of_another_name_or_place_is_not_overlooked(home: Home) -> None:
    """Nor one that is no file; none at all, or an empty one, says nothing."""
    assert own_categories(home).text is None and not own_categories(home).fingerprints()
    home.categories.write_text("", encoding="utf-8")
    assert own_categories(home).text == b"" and not own_categories(home).fingerprints()
    for place in (home.root / "categories.yaml", home.inbox / "categories.yml"):
        place.write_text(SOUND, encoding="utf-8")
        with pytest.raises(RefusalError, match=r"not read from here(?s:.)*mv"):
            own_categories(home)
        place.unlink()
    home.categories.unlink()
    home.categories.mkdir()
    with pytest.raises(RefusalError, match="plain file"):
        own_categories(home)


def test_headings_of_earlier_tariffs_and_national_chapters() -> None:
    """Aircraft were 8803 until 2021; chapters 98 and 99 are each tariff's own."""
    text = SOUND.replace("[854232]", "[8803, 9801, 98020, 99]")
    assert OwnCategories(text.encode()).schemes["storage"].categories["memory"].prefixes[0] == "8803"


def test_a_category_is_told_by_all_that_its_series_hang_on() -> None:
    """And by nothing else: words about the scheme and comments rebuild no series."""
    plain = OwnCategories(SOUND.encode()).fingerprints()
    assert set(plain) == {"storage/memory", "storage/computers", "cells/solar", "hs6/8542", "hs6/010121"}
    changes = {
        ("name: Memories", "name: Memory"): {"storage/memory"},
        ("[854232]", "[854232, 854233]"): {"storage/memory"},
        ("500000000", "400000000"): {"storage/memory", "storage/computers"},
        ("..2021", "..2022"): {"cells/solar"},
        ("[8542,", "[8543,"): {"hs6/8542", "hs6/8543"},
        ("  storage:", "  stores:"): {"storage/memory", "storage/computers", "stores/memory", "stores/computers"},
        ("title: Solar cells", "title: Cells"): set(),
        ("hs6:", "# codes\nhs6:"): set(),
    }
    for (old, new), expected in changes.items():
        other = OwnCategories(SOUND.replace(old, new).encode()).fingerprints()
        assert {key for key in plain.keys() | other.keys() if plain.get(key) != other.get(key)} == expected, new


def test_what_is_built_by_category_is_all_that_marts_are_made_of() -> None:
    """Facts are not: no category makes a fact stale."""
    assert by_category() == monthly() - set(names_of("facts"))
    assert {"int_regime_category_month", "int_series", "int_series_coverage", "int_headline_monthly"} <= by_category()


STEPS = {
    "added": SOUND,
    "changed": SOUND.replace("[854232]", "[854232, 854231]").replace("hs6: [8542,", "hs6: [847330,"),
    "removed": None,
}
CHANGED = {
    "added": {"storage/memory", "storage/computers", "cells/solar", "hs6/8542", "hs6/010121"},
    "changed": {"storage/memory", "hs6/8542", "hs6/847330"},
    "removed": {"storage/memory", "storage/computers", "cells/solar", "hs6/847330", "hs6/010121"},
}


def say(home: Home, text: str | None) -> None:
    """Write the home's own categories, or remove them."""
    if text is None:
        home.categories.unlink(missing_ok=True)
    else:
        home.categories.write_text(text, encoding="utf-8")


def held(home: Home) -> dict[str, str]:
    """Content hash of every published table of the build database."""
    with scratch() as con:
        con.execute(f"attach {literal(home.build_database)} as build (read_only)")
        names = [model.name for model in published_models()]
        return {name: table.content_hash for name, table in table_contents(con, "build", names).items()}


def by_categories(home: Home) -> dict[tuple[str, str], tuple[int, int]]:
    """Rows and hash by table and category of every published table that has categories and months."""
    found = {}
    with duckdb.connect(str(home.build_database), read_only=True) as con:
        for model in published_models():
            if {"category_scheme", "category_code", "month"} <= model.columns.keys():
                sql = "select category_scheme || '/' || category_code, count(*), sum(hash(t)) from {} as t group by 1"
                for category, rows, of in con.execute(sql.format(model.name)).fetchall():
                    found[model.name, category] = rows, of
    return found


def from_nothing(home: Home, folder: Path) -> Home:
    """A home with the same landing, raw files and categories, built anew."""
    made = Home(folder).create()
    for part in ("landing", "raw"):
        shutil.copytree(home.root / part, folder / part, dirs_exist_ok=True)
    if home.categories.exists():
        shutil.copyfile(home.categories, made.categories)
    build(made, Landing(made).state())
    return made


def stands_for(key: str, changed: set[str]) -> bool:
    """Whether a category is one of those; of hs6 all codes below a heading are."""
    return key in changed or (key.startswith("hs6/") and any(key.startswith(of) for of in changed))


@pytest.fixture
def sample(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample, to be changed."""
    return copied(sample_home, tmp_path_factory)


@pytest.mark.series("test_a_home_that_has_grown_equals_one_built_from_nothing")
@pytest.mark.own_run("each state of the sample is compared with one that is built from nothing")
def test_a_scheme_added_changed_removed_on_the_sample(sample: Home, tmp_path: Path) -> None:
    """Every published table is that of a home built from nothing; rows of all other categories are as they were."""
    state, at_first = Landing(sample).state(), held(sample)
    assert not plan(sample, state).stale
    for step, text in STEPS.items():
        before = by_categories(sample)
        say(sample, text)
        build(sample, state)
        after = by_categories(sample)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed and all(stands_for(category, CHANGED[step]) for _, category in changed), step
        assert ("mart_category_headline_monthly", "storage/memory") in changed
        assert held(sample) == (at_first if text is None else held(from_nothing(sample, tmp_path / step))), step
        assert not plan(sample, state).stale


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[set[str], dict[str, object]]]]:
    """What dbt is told in each of its runs: names and window."""
    told: list[tuple[set[str], dict[str, object]]] = []
    whole = builds.run_dbt

    def tell(home: Home, names: list[str], **said: object) -> DbtOutcome:
        window = said.get("window")
        if names:
            told.append((set(names), window.as_vars()["window"] if window else {}))  # type: ignore[attr-defined]
        return whole(home, names, **said)  # type: ignore[arg-type]

    monkeypatch.setattr(builds, "run_dbt", tell)
    yield told


@pytest.mark.series("test_a_home_that_has_grown_equals_one_built_from_nothing")
@pytest.mark.own_run("months and categories are made stale together")
def test_a_new_month_and_a_changed_category_at_once(
    small: Home, tmp_path: Path, runs: list[tuple[set[str], dict[str, object]]]
) -> None:
    """Categories first, in all months, then the months: as if all had been built from nothing."""
    say(small, SOUND)
    build(small, Landing(small).state())
    assert [set(window.get("categories", ())) == set(by_category()) for _, window in runs] == [False, True]
    runs.clear()
    say(small, SOUND.replace("[854232]", "[854232, 85429]"))
    add(small, tmp_path, [row("202405", value="9"), row("202402", hs="85429000", value="8")], months="2024-02..2024-05")
    state = Landing(small).state()
    builds.write_raw_files(small, state)
    build(small, state)
    categories = [window.get("categories") for _, window in runs]
    assert categories[-2:] == [{name: ["storage/memory"] for name in by_category()}, {}]
    assert held(small) == held(from_nothing(small, tmp_path / "anew"))


@pytest.mark.series("test_a_home_that_has_grown_equals_one_built_from_nothing")
@pytest.mark.own_run("a build is cut off")
def test_a_build_that_was_cut_off_leaves_its_categories_stale(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the file is by then what it was before."""
    state, at_first, whole = Landing(small).state(), held(small), builds.run_dbt
    say(small, SOUND)
    with monkeypatch.context() as patch:

        def half(home: Home, names: list[str], **said: object) -> DbtOutcome:
            outcome = whole(home, names, **said)  # type: ignore[arg-type]
            return DbtOutcome(outcome.events, ["cut off"]) if "int_series_coverage" in names else outcome

        patch.setattr(builds, "run_dbt", half)
        with pytest.raises(RefusalError, match="cut off"):
            build(small, state)
    assert held(small) != at_first
    say(small, None)
    assert set(plan(small, state).stale_categories["int_series_coverage"]) == CHANGED["added"]
    assert Built.read(small).categories["int_series_coverage"]["storage/memory"] == ""
    build(small, state)
    assert held(small) == at_first and not plan(small, state).stale
