"""What is said of a sound receipt: declared and not seen, a clock set back, nothing decided, what it reaches."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from orchestration.base.settings import Home
from orchestration.landing import remarks
from orchestration.landing.documents import ReceivedDocument
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.remarks import FEW_CODES, MANY_MONTHS
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from orchestration.terminal.receipt_report import as_dict, show
from tests.conftest import code_list, damage_in_place, declared, row, write_csv

CODES = ["85423110", "85423190", "85429000", "84713010", "12019010"]
YEAR = "2023-11..2024-10"


def rows_of(
    codes: int = 5, partners: tuple[str, ...] = ("502", "116"), months: tuple[str, ...] = ("202401", "202402")
) -> list[list[str]]:
    """Rows of every combination."""
    return [row(m, p, h) for m in months for p in partners for h in CODES[:codes]]


AGAIN = "if the query asked for some, withdraw this receipt and receive the file again with --partners 502"
PARTNERS = f"declared all partners, seen 1 (502): {AGAIN}"
#: rows, what is declared of them, how the remarks begin
ABSURD = {
    "one partner": (rows_of(partners=("502",)), {"partners": "all"}, [PARTNERS]),
    "two partners": (rows_of(), {"partners": "all"}, []),
    "four codes": (
        rows_of(FEW_CODES),
        {},
        ["declared all codes, seen 4 (84713010, 85423110, 85423190, 85429000): if"],
    ),
    "five codes": (rows_of(FEW_CODES + 1), {}, []),
    "one month of twelve": (
        rows_of(months=("202401",)),
        {"months": YEAR},
        ["declared 12 months (2023-11..2024-10), seen 1 (2024-01): if"],
    ),
    "one month of eleven": (rows_of(months=("202401",)), {"months": "2023-12..2024-10"}, []),
    "two months of twelve": (rows_of(), {"months": YEAR}, []),
    "all three": (
        rows_of(1, ("502",), ("202401",)),
        {"months": YEAR, "partners": "all"},
        [PARTNERS, "declared all codes, seen 1", "declared 12 months"],
    ),
    "no row": (
        [],
        {"months": YEAR, "partners": "all"},
        ["declared codes all, partners all, months 2023-11..2024-10, seen no row"],
    ),
}


@pytest.mark.parametrize("case", ABSURD)
def test_what_is_declared_and_hardly_seen(
    home: Home, tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in the dry run, when it is received, and kept with the receipt."""
    rows, said, expected = ABSURD[case]
    file = write_csv(tmp_path / "us.csv", rows)
    flags = declared(**{"hs": "all", "partners": "116,502", **said})
    for dry_run in (True, False):
        outcome = receive(home, file, flags, dry_run=dry_run)
        assert len(outcome.remarks) == len(expected)
        assert all(found.startswith(text) for found, text in zip(outcome.remarks, expected, strict=True))
        show(file, outcome)
        assert capsys.readouterr().out.count("  remark: declared") == len(expected)
        assert as_dict(file, outcome)["remarks"] == list(outcome.remarks)
    (receipt,) = Landing(home).state().receipts
    assert receipt.remarks == outcome.remarks


def test_the_page_says_from_when_on_it_is_odd() -> None:
    """The thresholds stand in docs/receiving.md as they are here."""
    text = re.sub(r"\s+", " ", Path("docs/receiving.md").read_text(encoding="utf-8"))
    assert f"no more than {FEW_CODES} codes" in text and f"at least {MANY_MONTHS} months" in text


def test_a_clock_that_was_set_back(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vintage that is taken from it may be wrong; a declared one is not."""
    receive(home, write_csv(tmp_path / "a.csv", [row()]), declared())
    state = Landing(home).state()
    now = state.receipts[0].received_at
    vintage = dt.date(2024, 12, 20)
    assert remarks.of_the_clock(state, now + dt.timedelta(seconds=1), vintage, is_today=True) == ()
    before = now - dt.timedelta(days=40)
    (text,) = remarks.of_the_clock(state, before, vintage, is_today=True)
    assert f"before r000001-{state.receipts[0].sha256[:8]} of" in text and "the vintage 2024-12-20 is taken" in text
    (text,) = remarks.of_the_clock(state, before, vintage, is_today=False)
    assert "vintage" not in text
    Landing(home).withdraw(state.receipts[0].receipt_id, "a trial")
    (text,) = remarks.of_the_clock(Landing(home).state(), before, vintage, is_today=False)
    assert "the withdrawal of r000001" in text
    monkeypatch.setattr("orchestration.landing.arrival.of_the_clock", lambda *_, **__: ("set back",))
    list_file = code_list(tmp_path / "partners.csv", "partner", {"101": "Afghanistan"})
    assert receive_file(home, list_file, Declaration(source="gacc_nomenclature")).remarks == ("set back",)


SUPERSEDED = {
    "a later vintage": ({}, {}, True),
    "a wider one": ({"hs": "85", "partners": "all", "months": YEAR}, {}, True),
    "narrower codes": ({"hs": "854231"}, {"hs": "8542"}, False),
    "another partner": ({"partners": "116,502"}, {"partners": "all"}, False),
    "fewer months": ({}, {"months": "2024-01..2024-02"}, False),
    "an earlier vintage": ({"vintage": "2024-11-20"}, {}, False),
    "the other flow": ({"flow": "export"}, {}, False),
}


@pytest.mark.parametrize("case", SUPERSEDED)
def test_a_receipt_that_counts_for_nothing(home: Home, tmp_path: Path, case: str) -> None:
    """It is received all the same, as what stood on its day."""
    earlier, mine, expected = SUPERSEDED[case]
    first = receive(
        home, write_csv(tmp_path / "a.csv", [row()]), declared(**{"vintage": "2025-01-20", **earlier})
    ).receipt
    assert first is not None
    outcome = receive(home, write_csv(tmp_path / "b.csv", [row(value="7")]), declared(**mine))
    odd = [text for text in outcome.remarks if "counts for nothing" in text]
    assert len(odd) == expected and all(first.receipt_id in text for text in odd)


REACHED = {
    "a line": ("85423190", [row()], "makes the categories ic_line/85423190"),
    "a line that nobody has chosen": ("85171300", [row(hs="85171300")], "reaches no category: only the fact holds it"),
    "a heading": ("8542", [row()], "makes the categories ic/integrated_circuits, ic_type/processors_controllers, "
                  "ic_type/memory, ic_type/amplifiers, ic_type/other_ic, ic_line/85423111 and 11 more"),
    "a chosen line and another": ("85423190,85171300", [row(value="75"), row(hs="85171300", value="25")],
                                  "makes the categories ic_line/85423190; 25 % of its value reach none"),
    "all": ("all", [row()], None),
}  # fmt: skip


@pytest.mark.parametrize("case", REACHED)
def test_what_a_receipt_reaches(home: Home, tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The reviewed categories that its codes make whole; what reaches none is told with its share."""
    hs, rows, expected = REACHED[case]
    file = write_csv(tmp_path / "us.csv", rows)
    outcome = receive(home, file, declared(hs=hs), compare=True)
    assert outcome.reach == expected or (expected and str(outcome.reach).startswith(expected))
    show(file, outcome)
    assert (str(outcome.reach) in capsys.readouterr().out) == bool(expected)


def test_parts_that_make_a_category_together(home: Home, tmp_path: Path) -> None:
    """Solar cells are two lines since 2022 and one before: the years of the file say which are needed."""
    one = write_csv(tmp_path / "1.csv", [row(hs="85414200")])
    assert (
        receive(home, one, declared(hs="85414200"), compare=True).reach == "reaches no category: only the fact holds it"
    )
    other = write_csv(tmp_path / "2.csv", [row(hs="85414300")])
    told = receive(home, other, declared(hs="85414300"), dry_run=True).reach
    assert told == "makes the categories solar/solar_cells"
    japan = write_csv(tmp_path / "4.csv", [row(partner="116", hs="85414300")])
    of_japan = receive(home, japan, declared(hs="85414300", partners="116"), dry_run=True).reach
    assert str(of_japan).startswith("reaches no category"), "the other line is another partner's"
    old = write_csv(tmp_path / "3.csv", [row("202101", hs="85414020")])
    assert receive(home, old, declared(hs="85414020"), dry_run=True).reach == told


def test_what_is_replaced_is_said(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Old and new total of months that stood otherwise, and how many stay; nothing where nothing stood."""
    first = write_csv(tmp_path / "a.csv", [row(value="10"), row("202402", value="3")])
    outcome = receive(home, first, declared(), compare=True)
    show(first, outcome)
    assert "old total" not in capsys.readouterr().out
    rows = [row(value="11"), row("202402", value="3"), row("202403", value="4")]
    second = write_csv(tmp_path / "b.csv", rows)
    outcome = receive(home, second, declared(vintage="2025-01-20"), compare=True)
    show(second, outcome)
    out = capsys.readouterr().out
    assert "2024-01\t10\t11" in out and "2024-02\t" not in out and "2024-03\t" not in out and "1 month as before" in out
    assert receive(home, write_csv(tmp_path / "c.csv", [row()]), declared()).changes == (), "nobody asked"


def test_what_lists_and_documents_replace_is_said(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Codes added, removed, renamed; figures old and new; also that an earlier one cannot be read any more."""
    files = [
        code_list(tmp_path / "1.csv", "partner", {"101": "Afghanistan", "110": "Hong Kong"}),
        code_list(tmp_path / "2.csv", "partner", {"101": "Afghanistan", "110": "Hong Kong, China", "116": "Japan"}),
        code_list(tmp_path / "3.csv", "partner", {"101": "Afghanistan"}),
    ]
    for file, vintage in zip(files, ("2024-01-05", "2024-02-05", "2024-03-05"), strict=True):
        said = Declaration.model_validate({"source": "gacc_nomenclature", "vintage": vintage})
        if file == files[2]:
            Landing(home).bytes_path(Landing(home).state().lists[-1].sha256).unlink()
        show(file, receive_file(home, file, said, compare=True))
    out = capsys.readouterr().out
    assert "it replaces r000001" in out and "1\t0\t1" in out and "which codes that changes is not known" in out

    texts = ["2024-01,7.1\n2024-02,7.2\n", "2024-01,7.1\n2024-02,7.3\n2024-03,7.4\n", "2024-01,7.1\n"]
    for number, (text, vintage) in enumerate(zip(texts, ("2024-04-05", "2024-05-05", "2024-03-01"), strict=True)):
        file = tmp_path / f"rates{number}.csv"
        file.write_text("month,cny_per_usd\n" + text, encoding="utf-8")
        said = Declaration.model_validate({"source": "exchange_rates", "vintage": vintage})
        outcome = receive_file(home, file, said, compare=True)
        assert isinstance(outcome, ReceivedDocument)
        show(file, outcome)
        assert as_dict(file, outcome)["replaces"] == (None if number == 0 else as_dict(file, outcome)["replaces"])
    out = capsys.readouterr().out
    assert "it replaces r000004" in out and "2024-02\t7.2\t7.3" in out and "1 figures as before" in out
    assert "it does not count, since r000005" in out


@pytest.mark.parametrize("damage", ["gone", "other bytes"])
@pytest.mark.parametrize("how", ["the same receipt", "another vintage"])
def test_bytes_that_are_gone_are_restored(home: Home, tmp_path: Path, damage: str, how: str) -> None:
    """By receiving them again, whether that makes a receipt or not; said in one sentence; not by a trial."""
    file = write_csv(tmp_path / "us.csv", [row()])
    receipt = receive(home, file, declared()).receipt
    assert receipt is not None
    stored = Landing(home).bytes_path(receipt.sha256)
    stored.unlink() if damage == "gone" else damage_in_place(stored)
    said = declared() if how == "the same receipt" else declared(vintage="2025-01-20")
    receive(home, file, said, dry_run=True)
    assert not stored.exists() or stored.read_bytes() != file.read_bytes()
    outcome = receive(home, file, said)
    assert stored.read_bytes() == file.read_bytes() and outcome.is_new == (how == "another vintage")
    assert [text for text in outcome.remarks if "restored" in text] == [
        f"the stored bytes of {receipt.receipt_id} were missing or damaged, and have been restored"
    ]
    assert not receive(home, file, said).remarks
