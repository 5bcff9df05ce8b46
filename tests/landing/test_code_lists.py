"""Receiving code lists: declared by their source alone, versioned and withdrawn like data, never mixed with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.code_lists import ReceivedList
from orchestration.landing.inbox import take_in
from orchestration.landing.receive import receive
from orchestration.landing.receivers import receive_file
from orchestration.landing.scope import Declaration
from orchestration.landing.store import CodeListReceipt, Landing
from orchestration.warehouse import snapshot
from orchestration.warehouse.units import month_fingerprints
from tests.conftest import code_list, declared, hs8_list, row, tree, write_csv

LIST = Declaration(source="gacc_nomenclature")


def received(home: Home, file: Path, vintage: str | None = None, dry_run: bool = False) -> ReceivedList:
    """Receive a list, of a vintage if one is given."""
    said = LIST.model_copy(update={"vintage": dt.date.fromisoformat(vintage)}) if vintage else LIST
    outcome = receive_file(home, file, said, dry_run=dry_run)
    assert isinstance(outcome, ReceivedList)
    return outcome


def receipt_of(outcome: ReceivedList) -> CodeListReceipt:
    """The receipt, which must be there."""
    assert outcome.receipt is not None
    return outcome.receipt


def test_a_list_says_itself_what_it_is(home: Home, tmp_path: Path) -> None:
    """Its record is neither a receipt of trade nor a withdrawal, under the one numbering."""
    receive(home, write_csv(tmp_path / "us.csv", [row()]), declared())
    file = hs8_list(tmp_path / "lines.csv", 2019, {"01012100": "Horses"})
    first = receipt_of(received(home, file, "2019-01-05"))
    state = Landing(home).state()
    assert (first.sequence, first.subject, first.rows) == (2, ("hs8", 2019, "en"), 1)
    assert state.code_lists == (first,) and len(state.receipts) == len(state.active) == 1 and state.sequence == 2
    assert Landing(home).bytes_path(first.sha256).read_bytes() == file.read_bytes()


def test_the_same_bytes_again(home: Home, tmp_path: Path) -> None:
    """Nothing new, unless at another vintage; withdrawn ones are new again, but not in the inbox."""
    file = hs8_list(tmp_path / "lines.csv", 2019, {"01012100": "Horses"})
    first = receipt_of(received(home, file, "2019-01-05"))
    for vintage in (None, "2019-01-05"):
        again = received(home, file, vintage)
        assert not again.is_new and again.receipt == first
    later = receipt_of(received(home, file, "2019-06-01"))
    assert later.sequence == 2
    assert [r.receipt_id for r in Landing(home).state().code_lists] == [first.receipt_id, later.receipt_id]
    for receipt in (first, later):
        Landing(home).withdraw(receipt.receipt_id, "a trial")
    assert Landing(home).state().code_lists == ()
    with pytest.raises(RefusalError, match="withdrawn already"):
        Landing(home).withdraw(first.receipt_id, "again")
    waiting = hs8_list(home.inbox / "lines.csv", 2019, {"01012100": "Horses"})
    waiting.with_name("lines.csv.yml").write_text("source: gacc_nomenclature\n", encoding="utf-8")
    assert not take_in(home).received and not take_in(home).refused
    assert received(home, file).is_new


REFUSED = {
    "flow": ({"flow": "import"}, "flow does not fit"),
    "scope": ({"hs": "all", "partners": "502", "months": "2024-01"}, "months, hs, partners do not fit"),
    "header": ({"header": "CODES,DESCRIPTION"}, "header does not fit"),
    "vintage": ({"vintage": "2999-01-01"}, "lies in the future"),
    "dataset": ({"dataset": "us_chips"}, "dataset us_chips says source gacc"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_scope_of_trade_does_not_fit(home: Home, tmp_path: Path, case: str) -> None:
    """Landing stays as it was."""
    said, message = REFUSED[case]
    file = hs8_list(tmp_path / "lines.csv", 2019, {"01012100": "Horses"})
    with pytest.raises(RefusalError, match=message):
        receive_file(home, file, Declaration.model_validate({"source": "gacc_nomenclature", **said}))
    assert Landing(home).state().sequence == 0


def test_a_home_that_begins_with_a_list_is_real(home: Home, tmp_path: Path) -> None:
    """And a synthetic one takes no list (rule 7)."""
    file = hs8_list(tmp_path / "lines.csv", 2019, {"01012100": "Horses"})
    trade = write_csv(tmp_path / "us.csv", [row()])
    received(home, file)
    with pytest.raises(RefusalError, match=r"holds real receipts \(source gacc_nomenclature\)"):
        receive(home, trade, declared(source="gacc_sample"))
    synthetic = Home(tmp_path / "synthetic").create()
    receive(synthetic, trade, declared(source="gacc_sample"))
    with pytest.raises(RefusalError, match="holds synthetic receipts"):
        received(synthetic, file)


def test_a_dry_run_says_what_would_be_replaced(home: Home, tmp_path: Path) -> None:
    """Codes added, removed and renamed against the list of the same year and language that counts now."""
    received(home, hs8_list(tmp_path / "a.csv", 2019, {"01012100": "Horses", "01012900": "Mules"}), "2019-01-05")
    received(home, hs8_list(tmp_path / "b.csv", 2020, {"01012100": "Horses"}), "2020-01-05")
    new = hs8_list(tmp_path / "c.csv", 2019, {"01012100": "Pure-bred", "01013010": "Asses", "01013090": "Others"})
    before = tree(home.landing)
    outcome = received(home, new, "2019-03-01", dry_run=True)
    assert outcome.change is not None and outcome.counts and outcome.receipt is None
    assert (outcome.change.added, outcome.change.removed, outcome.change.renamed) == (2, 1, 1)
    assert not received(home, new, "2018-12-01", dry_run=True).counts
    other = received(home, hs8_list(tmp_path / "d.csv", 2021, {"01012100": "Horses"}), dry_run=True)
    assert other.change is None and other.counts
    assert tree(home.landing) == before


def test_a_list_waits_in_the_inbox_with_a_sidecar(home: Home) -> None:
    """In the root of the inbox; within the folder of a dataset it is refused, and the others go on."""
    for folder in (home.inbox, home.inbox / "us_chips"):
        file = hs8_list(folder / "lines.csv", 2019, {"01012100": "Horses"})
        sidecar = "source: gacc_nomenclature\nvintage: 2019-01-05\n"
        file.with_name("lines.csv.yml").write_text(sidecar, encoding="utf-8")
    outcome = take_in(home)
    assert len(outcome.received) == 1 and "says source gacc" in str(outcome.refused[0][1])
    assert Landing(home).state().code_lists[0].vintage == dt.date(2019, 1, 5)


def test_what_models_see_of_lists(home: Home, tmp_path: Path) -> None:
    """Ranked by vintage, then sequence; a list that is withdrawn is not there, and none at all is a file, too."""
    folder = tmp_path / "snapshot"
    snapshot.write(Landing(home).state(), folder)
    assert pq.read_table(folder / "code_list.parquet").num_rows == 0
    late = receipt_of(received(home, hs8_list(tmp_path / "a.csv", 2019, {"01012100": "Horses"}), "2019-03-01"))
    early = receipt_of(received(home, hs8_list(tmp_path / "b.csv", 2019, {"01012900": "Mules"}), "2019-01-05"))
    snapshot.write(Landing(home).state(), folder)
    rows = pq.read_table(folder / "code_list.parquet").to_pylist()
    assert {r["receipt_id"]: r["precedence"] for r in rows} == {early.receipt_id: 1, late.receipt_id: 2}
    Landing(home).withdraw(late.receipt_id, "a trial")
    snapshot.write(Landing(home).state(), folder)
    assert pq.read_table(folder / "code_list.parquet")["receipt_id"].to_pylist() == [early.receipt_id]


def test_which_lists_touch_months(home: Home, tmp_path: Path) -> None:
    """A list of partners decides which rows are held back, in every month; commodities only describe."""
    receive(home, write_csv(tmp_path / "us.csv", [row("202401"), row("202402")]), declared())
    plain = month_fingerprints(Landing(home).state())
    received(home, hs8_list(tmp_path / "lines.csv", 2019, {"01012100": "Horses"}))
    assert month_fingerprints(Landing(home).state()) == plain
    partners = receipt_of(received(home, code_list(tmp_path / "partners.csv", "partner", {"777": "Newland"})))
    touched = month_fingerprints(Landing(home).state())
    assert touched.keys() == plain.keys() and all(touched[m] != plain[m] for m in plain)
    Landing(home).withdraw(partners.receipt_id, "a trial")
    assert month_fingerprints(Landing(home).state()) == plain
