"""The page is audited with the release: whatever somebody edits in it, in a picture or in a file of data is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home, settings
from orchestration.gates.evidence import connect, gather
from orchestration.landing.store import Landing
from orchestration.pages import page
from orchestration.releases.database import DATABASE
from orchestration.releases.publish import publish, subject_of
from orchestration.releases.showing import INDEX
from orchestration.releases.store import Releases
from tests.conftest import built, contents, many
from tests.faults.shown import BAR, HIGHER, Drawn, edit
from tests.gates.edits import question
from tests.gates.looking import only

VALUE = "series/chips/value-by-month"
SERIES, HEADLINE = "mart_partner_category_monthly", "mart_partner_category_headline_monthly"
GROWTH, RESTATED = "mart_partner_category_growth_monthly", "mart_partner_category_restatement"
PERIOD, FACT = "mart_partner_category_period", "fct_trade_monthly"
MOVED = "mart_partner_category_mover_monthly"
SCALES = "scales of pictures"
PASSED = r'value="\d+"( data-table="audit_results"[^>]*verdict=passed)'
#: By edit the file, what stands there and what is put there; and the table under which it is told.
EDITS = {
    "a figure of the sentence": (INDEX, r'value="1111497548"', 'value="1211497548"', SERIES),
    "its words": (INDEX, r">US\$1\.11 bn</data> worth", ">US$2.11 bn</data> worth", SERIES),
    "another month for the record": (INDEX, r'value="2021-09-01"', 'value="2021-10-01"', HEADLINE),
    "a column that is not there": (INDEX, r'data-column="rank_usd"', 'data-column="rank_of_all"', GROWTH),
    "another partner's figure": (INDEX, rf'({GROWTH}"[^>]*partner_code=)143', r"\g<1>142", GROWTH),
    "a sentence on what has moved": (INDEX, r"(_mover_monthly[^>]*>[^<]*)US\$", r"\g<1>US$1", MOVED),
    "a verdict": (INDEX, r'value="contradicted"([^>]*)>contradicted', r'value="confirmed"\1>confirmed', "mart_claim"),
    "a verdict's word alone": (INDEX, r">contradicted<", ">confirmed<", "mart_claim"),
    "a bar that is higher": (INDEX, BAR, HIGHER, SERIES),
    "a bar that is gone": (INDEX, r"<rect [^>]*data-value[^>]*><title>October 2024.*?</rect>", "", SERIES),
    "a bar's own words": (INDEX, r"<title>October 2024: US\$1\.11 bn", "<title>October 2024: US$1.17 bn", SERIES),
    "a tick of the scale": (INDEX, r'data-value="500000000\.0">0\.5<', 'data-value="500000000.0">5.0<', SCALES),
    "the threshold's place": (INDEX, r'(class="at" d="M\S+ )[\d.]+', r"\g<1>50", HEADLINE),
    "a line that leads elsewhere": (INDEX, r'(class="line" d="M[\d.]+ )[\d.]+', r"\g<1>50", GROWTH),
    "a month of the data": (f"{VALUE}.csv", r"2024-10,1111497548", "2024-10,1111497549", SERIES),
    "a month of the data that is gone": (f"{VALUE}.csv", r"2020-01,\d+.*\r\n", "", SERIES),
    "a bar of the picture that leaves alone": (f"{VALUE}.svg", BAR, HIGHER, SERIES),
    "a revision's first print": (INDEX, r'value="1011885897"', 'value="1011885898"', RESTATED),
    "how many comparisons passed": (INDEX, PASSED, r'value="7"\1', "audit_results"),
    "what others sold": (INDEX, r'value="(\d)(\d+)"([^>]*rest\(value_usd\))', r'value="9\1\2"\3', SERIES),
    "how many others there are": (INDEX, r'value="14"([^>]*rest\(\*\)[^>]*)>14', r'value="15"\1>15', SERIES),
    "the share of others": (INDEX, r'value="0\.01(\d+"[^>]*rest\(partner_share_usd\))', r'value="0.02\1', SERIES),
    "who is no other": (INDEX, r'(rest\(value_usd\)[^>]*partner_code=)143 ', r"\1", SERIES),
    "a partner's row that is gone": (INDEX, r'<tr><th scope="row">Germany</th>.*?</tr>', "", SERIES),
    "how many times the neighbour": (INDEX, r'value="7\.55\d+"([^>]*ratio\(value_usd\)[^>]*)>7\.56',
                                    r'value="8.5"\1>8.50', SERIES),
    "who gained": (INDEX, r'value="0\.0[12]\d+"([^>]*gain\(partner_share_usd\)[^>]*)>[^<]*<',
                   r'value="0.05"\1>+5.0 points<', PERIOD),
    "a line's figure": (INDEX, r'value="(\d+)"( data-table="fct_trade_monthly")', r'value="1\1"\2', FACT),
    "a line's name": (INDEX, r'(data-table="dim_commodity"[^>]*>)Other', r"\1No other", "dim_commodity"),
    "the day of a new year": (INDEX, r'value="2024-02-10"([^>]*)>10 Feb', r'value="2024-02-11"\1>11 Feb', "dim_month"),
    "a new year's words in a picture": (f"{VALUE}.svg", r">10 Feb 2024<", ">11 Feb 2024<", "dim_month"),
    "the day as known": (INDEX, r'value="2024-11-20"( data-table="receipt")', r'value="2024-11-21"\1', "receipt"),
}  # fmt: skip


#: Of each kind of thing that can be edited one.
FEW = ("its words", "another month for the record", "a column that is not there", "a verdict's word alone",
       "a bar that is gone", "the threshold's place", "a month of the data that is gone",
       "a bar of the picture that leaves alone", "how many comparisons passed", "how many others there are",
       "a partner's row that is gone", "how many times the neighbour", "who gained", "a line's name",
       "a new year's words in a picture")  # fmt: skip


@pytest.fixture(scope="module")
def gate(sample_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the gate sees of the sample's release, without its page."""
    subject = subject_of(sample_home, Releases(sample_home).folder())
    with connect(subject, Landing(sample_home).state(subject.sequence)) as con:
        yield con


@pytest.fixture
def folder(sample_release: Path, tmp_path: Path) -> Path:
    """The page of the sample's release and its files, to be edited."""
    shutil.copy(sample_release / INDEX, tmp_path / INDEX)
    shutil.copytree(sample_release / "series", tmp_path / "series")
    for name in (DATABASE, "release.json"):
        (tmp_path / name).symlink_to(sample_release / name)
    return tmp_path


def findings(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, str]:
    """By scope what the gate says of a page."""
    con.execute("delete from page_figure")
    con.execute("delete from evidence")
    con.register("read_again", page.figures(con, folder))
    con.execute("insert into page_figure by name from read_again")
    gather(con, *question("page"))
    rows = con.execute("select scope, reason from evidence where excess > 0 or excess is null order by all").fetchall()
    return dict(rows)


def test_what_was_published_is_what_the_page_shows(gate: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Values, words, places and numbers of marks, and many of each."""
    assert findings(gate, folder) == {}
    counts = dict(gate.execute("select part, count(*) from page_figure group by part").fetchall())
    assert counts.keys() == {"value", "words", "place", "count"} and min(counts.values()) >= 20
    assert counts["value"] > 2000


@pytest.mark.series
@pytest.mark.parametrize("name", many(FEW, tuple(EDITS)))
def test_an_edit_is_found(gate: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    """And told by the table of the figure and the file in which it stands."""
    file, pattern, text, table = EDITS[name]
    edit(folder / file, pattern, text)
    found = findings(gate, folder)
    assert set(found) == {table} and file in found[table]


def test_data_that_name_another_series_are_found(gate: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The metadata say whose figures a file has."""
    path = folder / f"{VALUE}.csv-metadata.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["dc:identifier"] = said["dc:identifier"].replace("partner_code=502", "partner_code=116")
    path.write_text(json.dumps(said), encoding="utf-8")
    assert set(findings(gate, folder)) == {SERIES}


@pytest.mark.own_run("a candidate whose page is wrong must not become a release")
def test_a_wrong_page_is_not_published(small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit fails, readers keep what they have; with the right page all is as it was."""
    monkeypatch.setattr(settings(), "expectations", only(tmp_path, "page", "layers"))
    before, state = contents(small), built(small)
    publication = publish(small, state, Drawn(INDEX, r'(<data value="\d+)(" data-table="mart_)', r"\g<1>0\2"))
    (gate,) = (of for of in publication.report.gates if of.verdict in ("failed", "broken"))
    assert (publication.outcome, gate.gate) == ("failed", "page")
    assert "FAILED" in (publication.folder / INDEX).read_text(encoding="utf-8")
    with pytest.raises(RefusalError, match="is not what was drawn"):
        publish(small, state, Drawn(INDEX, "<!--verdict-->", ""))
    assert publish(small, state, page).outcome == "unchanged" and contents(small) == before


def test_the_verdict_is_the_audits(sample_release: Path, gate: duckdb.DuckDBPyConnection) -> None:
    """With the numbers of its own audit."""
    text = (sample_release / INDEX).read_text(encoding="utf-8")
    assert "<!--verdict" not in text and ">Audit: PASSED" in text
    (passed,) = gate.execute(
        "select count(*) from published.main.audit_results where verdict = 'passed'"
    ).fetchone() or (0,)
    assert f'<data value="{passed}" data-table="audit_results"' in text
