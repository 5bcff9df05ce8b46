"""Two lists or two documents of one day that contradict each other: what is compared, and what is none of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.base.settings import Home
from orchestration.gates.carried import Sources
from orchestration.gates.suites import read_suite
from orchestration.landing.documents import receive_document
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from tests.conftest import code_list, declared, hs8_list, many, write_csv
from tests.gates.looking import EXPECTATIONS
from tests.gates.test_contradictions import FIRST, GATE, SAID, asked, compared
from tests.sources.exchange_rates.answers import both
from tests.sources.gacc_bulletin.pages import CHIPS, EXPORTS, FOOD, page

#: After that of the documents of these tests.
LATER = dt.date(2026, 1, 21)


def lists(name: str) -> Callable[[Path, str], Path]:
    """A list of partners, with another name for one of them."""
    return lambda path, other: code_list(path, "partner", {"777": name, "778": other})


def lines(path: Path, other: str) -> Path:
    """A list of commodities of a year."""
    return hs8_list(path, 2019, {"01012100": "Horses", "01012900": other})


def bulletin(path: Path, other: str) -> Path:
    """A page by commodity; its chips are worth something else."""
    path.write_text(page([[*CHIPS[:3], other, *CHIPS[4:]], FOOD], title=EXPORTS), encoding="utf-8")
    return path


def ecb_rates(path: Path, other: str) -> Path:
    """Two months across the ECB's rates."""
    path.write_text(both({"2024-01": "7.8", "2024-02": other}, {"2024-01": "1.1", "2024-02": "1.0"}), encoding="utf-8")
    return path


def rates(path: Path, other: str) -> Path:
    """Two months of exchange rates."""
    path.write_text(f"month,cny_per_usd\n2024-01,7.1\n2024-02,{other}\n", encoding="utf-8")
    return path


PAPERS: dict[str, tuple[str, Callable[[Path, str], Path], tuple[str, str], str]] = {
    "a list of partners": ("gacc_nomenclature", lists("Newland"), ("Oldland", "Otherland"), "first 778"),
    "a list of commodities": ("gacc_nomenclature", lines, ("Mules", "Asses"), "first 01012900"),
    "a bulletin": ("gacc_bulletin", bulletin, ("17,218.6", "17,218.7"), "first Integrated circuits, export value_usd"),
    "rates": ("exchange_rates", rates, ("7.2", "7.3"), "first 2024-02: 7.2 and 7.3"),
    "rates of the ECB": ("exchange_rates", ecb_rates, ("7.2", "7.3"), "first 2024-02: 7.2 and 7.3"),
}


@pytest.mark.series
@pytest.mark.parametrize("kind", many(("a list of partners", "a bulletin", "rates"), PAPERS))
def test_lists_and_documents(home: Home, small_home: Home, tmp_path: Path, kind: str) -> None:
    """Of one day and one subject they say the same, or it blocks; a later one decides."""
    source, write, texts, example = PAPERS[kind]
    said = Declaration.model_validate({"source": source, "vintage": "2026-01-20"})
    for text in texts:
        assert compared(home, small_home).empty
        receive_file(home, write(tmp_path / text, text), said)
    frame = compared(home, small_home)
    (wrong,) = frame[frame["actual"] > 0].to_dict("records")
    assert (wrong["severity"], wrong["actual"], wrong["source"]) == ("block", 1, source)
    assert wrong["n_compared"] > 1 and wrong["reason"].startswith(example)
    receive_file(home, write(tmp_path / "later", texts[1] + "9"), said.model_copy(update={"vintage": LATER}))
    assert not compared(home, small_home)["actual"].any()


def test_documents_of_one_question_follow_each_other(home: Home, small_home: Home, tmp_path: Path) -> None:
    """Rates of one day that a publisher has printed anew."""
    said = Declaration.model_validate({"source": "exchange_rates", "vintage": "2026-01-20"})
    for text in ("7.2", "7.3"):
        receive_document(home, rates(tmp_path / text, text), said, fetched=asked("/rates"))
    assert compared(home, small_home).empty
    receive_document(home, rates(tmp_path / "other", "7.4"), said, fetched=asked("/other"))
    (wrong,) = compared(home, small_home).to_dict("records")
    assert wrong["actual"] == 1 and wrong["reason"].startswith("first 2024-02: 7.3 and 7.4")


def test_other_documents_are_no_contradiction(home: Home, small_home: Home, tmp_path: Path) -> None:
    """Pages of one day in dollars and in yuan, of two months, and rates of two publishers."""
    in_yuan = [cell if n % 2 == 0 else "1.0" for n, cell in enumerate(CHIPS)]
    in_yuan[1] = CHIPS[1]
    for name, text in {
        "usd": page([CHIPS], title=EXPORTS),
        "cny": page([in_yuan], title=EXPORTS.replace("USD", "CNY"), unit="Unit: CNY100 Million"),
        "imports": page([in_yuan], title=EXPORTS.replace("(5)", "(6)").replace("Exports", "Imports")),
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        said = {"source": "gacc_bulletin", "vintage": "2026-01-20"}
        receive_file(home, tmp_path / name, Declaration.model_validate(said))
    for name, write in {"fed": rates, "ecb": ecb_rates}.items():
        for text in ("7.2", "7.20"):
            path = write(tmp_path / f"{name} {text}", text)
            receive_file(home, path, Declaration.model_validate({**said, "source": "exchange_rates"}))
    frame = compared(home, small_home)
    assert not frame["actual"].any() and frame["source"].tolist().count("exchange_rates") == 1


def test_a_new_document_is_gathered_anew(home: Home, tmp_path: Path) -> None:
    """Evidence that is taken over stands on lists and documents, too; that of other gates does not."""
    receive(home, write_csv(tmp_path / "first.csv", FIRST), declared(**SAID))

    def fingerprints() -> dict[str, str | None]:
        sources = Sources({}, {}, Landing(home).state(), home, EXPECTATIONS)
        for gate in (GATE, "receipt_scope"):
            sources.know(read_suite(EXPECTATIONS / f"{gate}.yml"), (EXPECTATIONS / f"{gate}.sql").read_text("utf-8"))
        return {gate: sources.of(gate, "2024-02") for gate in (GATE, "receipt_scope")}

    before = fingerprints()
    said = Declaration.model_validate({"source": "exchange_rates", "vintage": "2026-01-20"})
    receive_file(home, rates(tmp_path / "rates.csv", "7.2"), said)
    after = fingerprints()
    assert after[GATE] != before[GATE] and after["receipt_scope"] == before["receipt_scope"]
