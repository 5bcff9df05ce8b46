"""Numbers beyond what trade can be: stopped at the door; and a home that holds one heals by withdrawing it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.landing.preview import MonthChange, withdrawal_changes
from orchestration.landing.receive import receive
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import LARGEST_QUANTITY, LARGEST_VALUE
from orchestration.terminal.receipt_report import replaced, show_changes
from tests.conftest import ENGLISH, declared, failed, released, row, value, write_csv

MOST = LARGEST_VALUE["USD"]
HUGE = 2**63 - 1
YUAN = [*ENGLISH[:-1], "Renminbi Yuan"]


def beyond(text: str) -> list[list[str]]:
    """A sound row and one of that value."""
    return [row(), row("202402", value=text)]


CASES = {
    "a value": (beyond(f"{MOST + 1}"), ENGLISH, "10,000,000,000,001 is more than one row of trade can say", 3, "value"),
    "the greatest that is read": (beyond(f"{HUGE:,}"), ENGLISH, "9,223,372,036,854,775,807 is more", 3, "value"),
    "beyond what is read": (beyond(f"{HUGE + 1:,}"), ENGLISH, "more than any figure of trade", 3, "US dollar"),
    "yuan": (beyond(f"{LARGEST_VALUE['CNY'] + 1}"), YUAN, "at most 100,000,000,000,000 CNY", 3, "value"),
    "a quantity": ([row(), row("202402", quantity=str(LARGEST_QUANTITY + 1))], ENGLISH, "of any unit", 3, "quantity_1"),
    "a month's sum": (
        [row(value=str(MOST)), row(hs="85423110", value="1")],
        ENGLISH,
        "2024-01 sums up to 10,000,000,000,001, more than a month of trade can (at most 10,000,000,000,000 USD)",
        None,
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_trade_cannot_be_is_refused_with_line_and_bound(home: Home, tmp_path: Path, case: str) -> None:
    """By currency, before anything adds it up."""
    rows, header, what, line, column = CASES[case]
    with pytest.raises(RefusalError) as refused:
        receive(home, write_csv(tmp_path / "us.csv", rows, header), declared())
    assert what in refused.value.what and (refused.value.line, refused.value.column) == (line, column)
    assert not Landing(home).state().receipts


def test_what_trade_can_just_be_is_received(home: Home, tmp_path: Path) -> None:
    """The bounds themselves; yuan are worth less."""
    for header, most in ((ENGLISH, MOST), (YUAN, LARGEST_VALUE["CNY"])):
        rows = [row(value=str(most), quantity=str(LARGEST_QUANTITY))]
        assert receive(home, write_csv(tmp_path / f"{most}.csv", rows, header), declared()).is_new


def test_each_currency_has_a_bound() -> None:
    """A source that prints one without is refused before a file is read."""
    with pytest.raises(RefusalError, match="largest_value has no bound for XAU"):
        replace(TRADE["gacc"], currencies=("USD", "XAU")).check()
    for source in TRADE.values():
        source.check()


def planted(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A receipt of two rows that no 64 bits hold together, as if it had come before there were bounds."""
    rows = [row(value=str(HUGE), quantity=str(HUGE)), row(hs="85423110", value=str(HUGE), quantity=str(HUGE))]
    with monkeypatch.context() as patched:
        without = replace(TRADE["gacc"], largest_value=dict.fromkeys(("USD", "CNY"), HUGE * 9), largest_quantity=HUGE)
        patched.setitem(TRADE, "gacc", without)
        receipt = receive(home, write_csv(tmp_path / "huge.csv", rows), declared(vintage="2025-01-20")).receipt
    assert receipt is not None
    return receipt.receipt_id


@pytest.mark.usefixtures("two_gates")
@pytest.mark.own_run("a home that cannot be built is healed, and built")
def test_a_home_that_holds_one_heals_by_withdrawing(
    small: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Withdrawing says what stood there; a corrected file can be tried; the next build is as without it."""
    before = value(small, "2024-01")
    wrong = planted(small, tmp_path, monkeypatch)
    with pytest.raises(Exception, match=r"(?i)overflow|out of range|INT64"):
        failed(small)
    corrected = write_csv(tmp_path / "corrected.csv", [row(value="7")])
    tried = receive(small, corrected, declared(vintage="2025-02-20"), dry_run=True)
    assert tried.changes is not None and [(c.old, c.new) for c in tried.changes] == [(2 * HUGE, 7)]
    month, sound = tried.changes[0].month, 1_000 + 1_001 + 1_002
    assert withdrawal_changes(Landing(small), wrong) == (MonthChange(month, 2 * HUGE, sound),)
    Landing(small).withdraw(wrong, "no trade is worth that")
    released(small)
    assert value(small, "2024-01") == before


@pytest.mark.parametrize("damage", ["gone", "other bytes"])
def test_withdrawing_needs_no_figures(
    home: Home, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever has become of the bytes, of this receipt or of one that it replaced: the old total is not known."""
    first = receive(home, write_csv(tmp_path / "a.csv", [row(value="5")]), declared()).receipt
    second = receive(home, write_csv(tmp_path / "b.csv", [row(value="6")]), declared(vintage="2025-01-20")).receipt
    assert first is not None and second is not None
    stored = Landing(home).bytes_path(first.sha256)
    stored.unlink() if damage == "gone" else stored.write_bytes(b"\0")
    for receipt in (second, first):
        found = withdrawal_changes(Landing(home), receipt.receipt_id)
        assert found is None and replaced(found) is None
        show_changes(found)
        assert "what it replaces is not known" in capsys.readouterr().out
        Landing(home).withdraw(receipt.receipt_id, "a trial")
    assert not Landing(home).state().active
