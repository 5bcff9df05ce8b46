"""Receiving: scope is declared, rules of truth hold, a refusal changes nothing, a kill leaves all or none."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT, Home
from orchestration.landing.inbox import take_in
from orchestration.landing.receive import receive
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from tests.conftest import ENGLISH, declared, row, tree, write_csv

VINTAGE = dt.date(2024, 12, 20)


def refuse(home: Home, file: Path, declaration: Declaration, match: str) -> RefusalError:
    """The refusal of a file, after showing that landing is as it was."""
    before = tree(home.landing)
    with pytest.raises(RefusalError, match=match) as refused:
        receive(home, file, declaration)
    after = {name: data for name, data in tree(home.landing).items() if name != ".lock"}
    assert after == {name: data for name, data in before.items() if name != ".lock"}
    return refused.value


def test_receipt_says_what_the_file_does_not(home: Home, tmp_path: Path) -> None:
    """Scope, vintage and hash stand in the record; the bytes under their hash."""
    file = write_csv(tmp_path / "us.csv", [row("202401"), row("202403")])
    receipt = receive(home, file, declared()).receipt
    assert receipt is not None
    assert receipt.scope.hs == ("8542",) and receipt.scope.partners == ("502",) and receipt.scope.currency == "USD"
    assert [f"{m:%Y-%m}" for m in receipt.scope.month_list] == ["2024-01", "2024-02", "2024-03"]
    assert Landing(home).bytes_path(receipt.sha256).read_bytes() == file.read_bytes()
    assert Landing(home).state().receipts == (receipt,)


MISSING = {"source": None, "flow": None, "hs": None, "partners": None}


@pytest.mark.parametrize("part", MISSING)
def test_missing_scope_shows_what_was_seen_and_what_to_type(home: Home, tmp_path: Path, part: str) -> None:
    """All four parts are mandatory."""
    file = write_csv(tmp_path / "us.csv", [row()])
    said = declared().model_copy(update={part: None})
    error = refuse(home, file, said, f"{part} missing")
    assert "months 2024-01, 1 rows, USD, partners 502, codes of 8 digits, HS chapters 85" in error.what
    assert error.remedy is not None and f"bonded receive {file} " in error.remedy and f"--{part}" in error.remedy


OUTSIDE = {
    "hs": ({"hs": "8541"}, "85423190 lies outside the declared hs 8541"),
    "partners": ({"partners": "110,116"}, "502 lies outside the declared partners 110,116"),
    "months": ({"months": "2024-02..2024-03"}, "2024-01 lies outside the declared months"),
    "world": ({"partners": "world"}, "has a partner column"),
    "currency": ({"currency": "CNY"}, "prints USD, but CNY is declared"),
    "month after vintage": ({"vintage": "2024-01-30"}, "ends after the vintage"),
    "declared month after vintage": ({"months": "2024-01..2024-12"}, "2024-12 ends after the vintage"),
    "future vintage": ({"vintage": "2999-01-01"}, "lies in the future"),
    "before 2015": ({"months": "2014-12..2024-01"}, "lies before 2015-01"),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_a_file_outside_its_declaration_is_refused(home: Home, tmp_path: Path, case: str) -> None:
    """The declared scope is what was asked of the publisher; a row outside it means the wrong file or scope."""
    said, message = OUTSIDE[case]
    refuse(home, write_csv(tmp_path / "us.csv", [row()]), declared(**said), message)


def test_a_regime_outside_the_declaration(home: Home, tmp_path: Path) -> None:
    """Also where the scope is limited to some regimes."""
    header = [*ENGLISH[:3], "Customs Regime code", *ENGLISH[3:]]
    cells = [*row()[:3], "14", *row()[3:]]
    refuse(home, write_csv(tmp_path / "us.csv", [cells], header), declared(regimes="10"), "14 lies outside")


def test_header_without_rows(home: Home, tmp_path: Path) -> None:
    """No trade if months are declared, else refused."""
    file = write_csv(tmp_path / "empty.csv", [])
    refuse(home, file, declared(), "header without rows")
    received = receive(home, file, declared(months="2024-01..2024-02")).receipt
    assert received is not None and received.content == () and len(received.scope.month_list) == 2


def test_the_same_bytes_again(home: Home, tmp_path: Path) -> None:
    """Rule 6: nothing new; another vintage is a new receipt; another declaration is refused by name."""
    file = write_csv(tmp_path / "us.csv", [row()])
    first = receive(home, file, declared()).receipt
    assert first is not None
    again = receive(home, file, declared().model_copy(update={"vintage": None}))
    assert not again.is_new and again.receipt == first
    error = refuse(home, file, declared(flow="export"), "under another declaration")
    assert error.remedy is not None and f"bonded withdraw {first.receipt_id}" in error.remedy
    refuse(home, file, declared(months="2023-12..2024-01"), "under another declaration")
    later = receive(home, file, declared(vintage="2025-01-20"))
    assert later.is_new and later.receipt is not None and later.receipt.sequence == 2
    assert not receive(home, file, declared(vintage="2025-01-20")).is_new


def test_wider_months_are_another_declaration(home: Home, tmp_path: Path) -> None:
    """Declaring months and then not declaring them are two scopes."""
    file = write_csv(tmp_path / "us.csv", [row()])
    receive(home, file, declared(months="2024-01..2024-02"))
    refuse(home, file, declared(), "under another declaration")


def test_a_withdrawn_receipt_counts_no_longer_as_an_earlier_one(home: Home, tmp_path: Path) -> None:
    """Withdraw, then receive the same bytes rightly; both records stay."""
    file = write_csv(tmp_path / "us.csv", [row()])
    wrong = receive(home, file, declared(flow="export")).receipt
    assert wrong is not None
    landing = Landing(home)
    landing.withdraw(wrong.receipt_id, "these are imports")
    right = receive(home, file, declared()).receipt
    assert right is not None and landing.state().active == (right,)
    assert [r.receipt_id for r in landing.state().receipts] == [wrong.receipt_id, right.receipt_id]
    for receipt_id, message in ((wrong.receipt_id, "withdrawn already"), ("r9", "no receipt")):
        with pytest.raises(RefusalError, match=message):
            landing.withdraw(receipt_id, "again")
    with pytest.raises(RefusalError, match="needs a reason"):
        landing.withdraw(right.receipt_id, "  ")


def test_a_home_is_real_or_synthetic(home: Home, tmp_path: Path) -> None:
    """Rule 7, from the first receipt on."""
    receive(home, write_csv(tmp_path / "a.csv", [row()]), declared())
    other = write_csv(tmp_path / "b.csv", [row(value="2")])
    error = refuse(home, other, declared(source="gacc_sample"), "holds real receipts")
    assert error.remedy is not None and "--home" in error.remedy


def test_dataset_sidecar_and_flags_must_agree(home: Home, tmp_path: Path) -> None:
    """Each may say a part; where two disagree the file is refused, naming both."""
    file = write_csv(tmp_path / "us.csv", [row()])
    (tmp_path / "us.csv.yml").write_text("vintage: 2024-12-20\npartners: 502\n", encoding="utf-8")
    received = receive(home, file, Declaration(dataset="us_chips")).receipt
    assert received is not None and received.dataset == "us_chips" and str(received.vintage) == "2024-12-20"
    other = write_csv(tmp_path / "other.csv", [row(value="7")])
    refuse(home, other, Declaration(dataset="us_chips", flow="export"), "dataset us_chips says flow import")
    (tmp_path / "other.csv.yml").write_text("hs: 8541\n", encoding="utf-8")
    refuse(home, other, Declaration(dataset="us_chips"), "other.csv.yml says hs 8541")
    (tmp_path / "other.csv.yml").write_text("vintage: 2024-12-20\nflwo: import\n", encoding="utf-8")
    assert "line 2" in str(refuse(home, other, Declaration(dataset="us_chips"), "flwo"))
    (tmp_path / "other.csv.yml").unlink()
    refuse(home, other, Declaration(dataset="us_chipz"), "there is no dataset 'us_chipz'")


def test_a_sidecar_may_narrow_a_dataset_to_a_part(home: Home, tmp_path: Path) -> None:
    """A query that had to be split: codes or partners within the dataset's, and nothing beyond it."""
    part = write_csv(tmp_path / "part.csv", [row()])
    receipt = receive(home, part, Declaration(dataset="us_chips", hs=("85423",), vintage=VINTAGE)).receipt
    assert receipt is not None and receipt.scope.hs == ("85423",) and receipt.dataset == "us_chips"
    other = write_csv(tmp_path / "other.csv", [row(value="9")])
    refuse(home, other, Declaration(dataset="us_chips", hs=("85423", "8541")), "dataset us_chips says hs 8542")
    refuse(home, other, Declaration(dataset="us_chips", hs="all"), "dataset us_chips says hs 8542")
    refuse(home, other, Declaration(dataset="us_chips", partners=("116",)), "dataset us_chips says partners 502")
    refuse(home, other, Declaration(dataset="us_chips", partners="world"), "dataset us_chips says partners 502")


def test_a_withdrawn_file_is_not_taken_in_again_from_the_inbox(home: Home) -> None:
    """Received files stay in the inbox and are known by their hash; asking for it by hand receives it."""
    file = write_csv(home.inbox / "us_chips" / "us.csv", [row()])
    (first,) = take_in(home).received
    Landing(home).withdraw(first, "a trial")
    assert not take_in(home).received and not take_in(home).refused and not Landing(home).state().active
    assert receive(home, file, Declaration(dataset="us_chips")).is_new


def test_months_outside_the_dataset(home: Home, tmp_path: Path) -> None:
    """A dataset promises from a first to a last month."""
    file = write_csv(tmp_path / "old.csv", [row("201612")])
    refuse(home, file, Declaration(dataset="us_chips"), "outside the dataset us_chips")


def test_dry_run_says_old_and_new_and_changes_nothing(home: Home, tmp_path: Path) -> None:
    """Per month the total of the scope as it counts now and with the file; None where nothing covers it yet."""
    receive(home, write_csv(tmp_path / "a.csv", [row(value="10"), row(hs="85423110", value="5")]), declared())
    revised = write_csv(tmp_path / "b.csv", [row(value="11"), row("202402", value="3")])
    before = tree(home.landing)
    outcome = receive(home, revised, declared(vintage="2025-01-20"), dry_run=True)
    assert [(f"{c.month:%Y-%m}", c.old, c.new) for c in outcome.changes] == [("2024-01", 15, 11), ("2024-02", None, 3)]
    assert tree(home.landing) == before
    late = receive(home, revised, declared(vintage="2024-11-20"), dry_run=True)
    assert [(c.old, c.new) for c in late.changes] == [(15, 15), (None, 3)], "an older vintage replaces nothing"


KILL = """
    import os, signal, sys
    from pathlib import Path
    from orchestration.landing import store
    from orchestration.landing.receive import receive
    from orchestration.landing.scope import Declaration
    from orchestration.base.settings import Home
    point = sys.argv[3]
    def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
    if point == "before the bytes": store.Landing.keep_bytes = die
    if point == "before the record": store.Landing.append = die
    if point == "before the link": os.link = die
    receive(Home(Path(sys.argv[1])), Path(sys.argv[2]), Declaration.model_validate(
        {"source": "gacc", "flow": "import", "hs": "8542", "partners": "502", "vintage": "2024-12-20"}))
"""


@pytest.mark.parametrize("point", ["before the bytes", "before the record", "before the link"])
def test_a_kill_leaves_no_receipt_and_the_next_try_works(home: Home, tmp_path: Path, point: str) -> None:
    """kill -9 at each step of receiving: landing reads as before, and the same command then succeeds."""
    receive(home, write_csv(tmp_path / "first.csv", [row(value="1")]), declared())
    file = write_csv(tmp_path / "us.csv", [row(value="2")])
    command = [sys.executable, "-c", textwrap.dedent(KILL), str(home.root), str(file), point]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ.copy(), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert len(Landing(home).state().receipts) == 1
    assert receive(home, file, declared()).is_new
    assert [r.sequence for r in Landing(home).state().receipts] == [1, 2]
    assert not list((home.landing).glob("work/*"))
