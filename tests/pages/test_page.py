"""The page of a release as a reader gets it: what it says, that it loads nothing, and the files beside it."""

from __future__ import annotations

import csv
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from csvw import CSVW
from lxml import etree, html
from playwright.sync_api import sync_playwright

from orchestration.base.settings import Home
from orchestration.pages.derived import is_derived
from orchestration.pages.read import key_of
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import read_manifest
from orchestration.releases.showing import INDEX
from tests.conftest import chromium

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
#: Where numbers stand that are no figures of the release: names of months, codes, commands, what others wrote.
NO_FIGURES = {"data", "code", "cite", "time", "style", "dt"}
OTHERS_WORDS = {"of-audit", "of-story", "of-landing", "terms", "dateline", "year", "event", "files"}
MONTHS = re.compile(r"(January|February|March|April|May|June|July|August|September|October|November|December) \d{4}")
KINDS = ("csv", "csv-metadata.json", "svg", "png")


@pytest.fixture(scope="module")
def root(sample_release: Path) -> html.HtmlElement:
    """The page of the sample's release."""
    return html.document_fromstring((sample_release / INDEX).read_bytes())


def figures(root: etree._Element) -> Iterator[tuple[str, str, dict[str, str], str]]:
    """Table, column, key and value of each figure that names its own cell, and is one."""
    for of in root.iter("data"):
        if of.get("data-table") and not is_derived(of.get("data-column")):
            yield of.get("data-table"), of.get("data-column"), key_of(of.get("data-key")), of.get("value")


def test_each_number_is_what_a_query_gives(root: html.HtmlElement, sample_release: Path) -> None:
    """Asked of the release itself, by nothing but what stands in the page."""
    found = list(figures(root))
    assert len(found) > 150
    with duckdb.connect(str(sample_release / DATABASE), read_only=True) as con:
        for table, column, key, said in found:
            if table == "receipt":
                continue
            where = " and ".join(
                f"month = date '{value}-01'" if name == "month" else f"{name}::varchar = '{value}'"
                for name, value in key.items()
            )
            rows = con.execute(f"select {column} from {table} where {where}").fetchall()
            assert len(rows) == 1, (table, column, key)
            value = rows[0][0]
            assert said == ("" if value is None else str(value)) or float(said) == pytest.approx(value, rel=1e-12)


def test_no_number_stands_beside_the_figures(root: html.HtmlElement) -> None:
    """Whatever has a digit and is no figure is the name of a month, a code, or what others wrote."""
    loose = []
    for of in root.iter(etree.Element):
        for text, holder in ((of.text, of), (of.tail, of.getparent())):
            around = [holder, *holder.iterancestors()] if holder is not None else []
            if any(a.tag in NO_FIGURES or OTHERS_WORDS & set((a.get("class") or "").split()) for a in around):
                continue
            if any(a.tag in ("text", "tspan") or (a.tag == "title" and a.getparent().tag != "head") for a in around):
                continue  # marks of pictures, whose words the gate compares
            if any(a.tag == "head" for a in around):
                continue
            if re.search(r"\d", MONTHS.sub("", text or "")):
                loose.append((text or "").strip())
    periods = [text for text in loose if re.fullmatch(r"\d{4}(-\d{2}|-Q[1-4])?", text)]
    assert sorted(set(loose) - set(periods)) == []


def test_what_the_page_says(root: html.HtmlElement) -> None:
    """The sentence, whether to quote it, where that stands; SYNTHETIC above all."""
    text = " ".join(root.text_content().split())
    assert (
        "China bought US$1.11 bn worth of integrated circuits from the United States in October 2024, up 60 % on a "
        "year before; US$9.61 bn in January to October 2024, up 42.5 %; five months in a row at US$1 bn or more, since "
        "June 2024." in text
    )
    word = root.find_class("word")[0]
    assert word.text_content() == "Do not quote"
    assert "June 2024 was first printed as US$1.01 bn and stands at US$1.02 bn." in text
    assert "20 November 2024, 20 days after it ended" in text
    assert [of.text_content() for of in root.find_class("sign")] == ["do not quote", "hedge"]
    (in_order,) = root.find_class("in-order")
    assert "No month of this year and the last is missing." in in_order.text_content()
    assert "quote" not in in_order.text_content().lower()
    assert "Figures of October 2024. Source: Synthetic data (no publisher)." in text and "Nobody" not in text
    notes = [of.text_content().strip() for of in root.find_class("newyears")]
    assert (
        notes[0] == "Lunar New Year: 25 Jan 2020, 12 Feb 2021, 1 Feb 2022, 22 Jan 2023, 10 Feb 2024."
        and len(notes) == 2
    )
    assert "58 months, 2020-01 to 2024-10. Of 2024-11 no details are held" in text
    assert [of.get("id") for of in root.iter("figure") if of.find_class("at")] == ["chips-value-by-month"]
    assert root.find_class("synthetic")[0].text_content().startswith("SYNTHETIC DATA")
    assert "nine of the four types" not in text
    headings = [of.text_content() for of in root.iter("h1", "h2", "h3")]
    assert headings[1:5] == [
        "What changed since the last release",
        "Chips that China buys from the United States",
        "At a glance",
        "Latest month by source",
    ]
    assert {"Types", "What was revised", "What is covered"} <= set(headings)
    assert any(heading.startswith("Partners: the ten greatest") for heading in headings)


def test_it_loads_nothing_and_can_be_heard(root: html.HtmlElement, sample_release: Path) -> None:
    """No script, no address elsewhere; each link leads to something; each picture has a name and its table."""
    assert not list(root.iter("script", "img", "iframe", "object", "embed", "audio", "video"))
    assert root.get("lang") == "en"
    names = [of.get("id") for of in root.iter(etree.Element) if of.get("id")]
    assert len(names) == len(set(names))
    links = [of.get("href") for of in root.iter("a")]
    assert links and all(link[1:] in names if link[0] == "#" else (sample_release / link).is_file() for link in links)
    pictures = list(root.iter("svg"))
    assert pictures and all(of.get("role") == "img" and of.get("aria-labelledby") in names for of in pictures)
    assert all(of.get("aria-describedby") in names for of in pictures)
    assert all(list(figure.iter("table")) for figure in root.iter("figure"))
    assert all(of.get("scope") in ("col", "row") for of in root.iter("th"))
    levels = [int(of.tag[1]) for of in root.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert (sample_release / INDEX).stat().st_size < 3_000_000


def test_files_of_a_picture_can_leave_alone(sample_release: Path) -> None:
    """Title, source, day, release and SYNTHETIC are in each; the release vouches for all of them."""
    said = read_manifest(sample_release)
    places = sorted((sample_release / "series" / "chips").glob("*.svg"))
    assert len(places) >= 8
    for path in places:
        names = [f"series/chips/{path.stem}.{kind}" for kind in KINDS]
        assert all(name in said.files for name in names)
        words = " ".join(etree.fromstring(path.read_bytes()).itertext())
        parts = (
            "Chips that China buys from the United States",
            "Source: Synthetic data (no publisher)",
            "SYNTHETIC DATA",
        )
        assert all(part in words for part in (*parts, "As known on 2024-11-20", said.release_id))
        picture = path.with_suffix(".png").read_bytes()
        assert picture[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(picture[16:20]) == 1350


def test_data_are_sound_csv_on_the_web(sample_release: Path) -> None:
    """As a third party reads them: types, keys and titles hold; each row names its release and says SYNTHETIC."""
    release_id = read_manifest(sample_release).release_id
    for path in sorted((sample_release / "series").rglob("*.csv-metadata.json")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            rows = list(CSVW(str(path), validate=True).tables[0].iterdicts(strict=True))
        assert len(rows) >= 46 and all(row["release_id"] == release_id and row["is_synthetic"] for row in rows)
        assert json.loads(path.read_text(encoding="utf-8"))["dc:title"].startswith("SYNTHETIC: ")


def test_a_table_whose_column_is_of_another_type_is_no_sound_csv(sample_release: Path, tmp_path: Path) -> None:
    """The third party looks."""
    name = "value-by-month.csv"
    for file in (name, f"{name}-metadata.json"):
        (tmp_path / file).write_bytes((sample_release / "series" / "chips" / file).read_bytes())
    lines = list(csv.reader((tmp_path / name).read_text(encoding="utf-8").splitlines()))
    lines[1][1] = "much"
    (tmp_path / name).write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    with warnings.catch_warnings(record=True):
        assert not CSVW(str(tmp_path / f"{name}-metadata.json"), validate=True).is_valid


@pytest.mark.browser
def test_in_a_browser_without_network_and_scripts(sample_home: Home, sample_release: Path) -> None:
    """No request but for the page itself, nothing in the console, all of it seen on a phone, and the same figures."""
    assert sample_home.root in sample_release.parents
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True, java_script_enabled=False)
        page = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((sample_release / INDEX).as_uri())
        assert asked == [(sample_release / INDEX).as_uri()] and said == []
        shown = [page.locator(f"svg.{kind}").first.is_visible() for kind in ("wide", "narrow")]
        assert shown == [False, True]
        box = page.locator("main").bounding_box()
        assert box and box["width"] <= 390
        assert page.locator("data").count() > 500
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the figures"
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.locator("svg.wide").first.is_visible()
        browser.close()
