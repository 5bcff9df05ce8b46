"""What is odd about a receipt that is sound: a declaration that the file hardly fills, a clock that was set back, a
receipt that decides nothing.

Belongs here: what is told when a file is received, and blocks nothing. Not here: what is refused (`fitting`).
"""

from __future__ import annotations

import datetime as dt

from orchestration.base.duck import cursor, literal
from orchestration.base.months import format_month
from orchestration.landing.records import AnyReceipt, Receipt
from orchestration.landing.scope import ALL_PARTNERS, Scope, shown
from orchestration.landing.state import LandingState, order_of_truth
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import ParsedTrade

#: Codes in a file that is declared as all codes: with no more, somebody may have asked for these alone.
FEW_CODES = 4
#: Declared months of which a file shows but one.
MANY_MONTHS = 12


def of_scope(scope: Scope, parsed: ParsedTrade) -> tuple[str, ...]:
    """What is declared and hardly seen: what the declaration has and the file lacks counts as no trade."""
    again = "if the query asked for {}, withdraw this receipt and receive the file again with {}"
    found = []
    if parsed.rows == 0:
        return (f"declared {_declared(scope)}, seen no row: all of it is declared to have no trade",)
    if scope.partners == "all" and len(parsed.partners) == 1:
        said = again.format("some", f"--partners {parsed.partners[0]}")
        found.append(f"declared all partners, seen 1 ({parsed.partners[0]}): {said}")
    if scope.hs == "all" and len(codes := _codes(scope, parsed)) <= FEW_CODES:
        said = again.format("these", f"--hs {','.join(codes)}")
        found.append(f"declared all codes, seen {len(codes)} ({', '.join(codes)}): {said}")
    months = {month.month for month in parsed.months}
    if len(scope.month_list) >= MANY_MONTHS and len(months) == 1:
        seen = format_month(min(months))
        said = again.format("one", f"--months {seen}")
        found.append(f"declared {len(scope.month_list)} months ({shown(scope.months)}), seen 1 ({seen}): {said}")
    return tuple(found)


def _declared(scope: Scope) -> str:
    return f"codes {shown(scope.hs)}, partners {shown(scope.partners)}, months {shown(scope.months)}"


def _codes(scope: Scope, parsed: ParsedTrade) -> list[str]:
    """The first codes of a file, one more than are few."""
    rows = TRADE[scope.source].rows(f"read_parquet({literal(parsed.rows_path)})")
    with cursor() as con:
        found = con.execute(f"select distinct hs_code from ({rows}) order by 1 limit {FEW_CODES + 1}").fetchall()
    return [code for (code,) in found]


def of_the_clock(state: LandingState, now: dt.datetime, vintage: dt.date, *, is_today: bool) -> tuple[str, ...]:
    """What a clock that was set back does: the record seems older than the last one, or its vintage than it is."""
    lasts: tuple[AnyReceipt, ...] = (*state.receipts[-1:], *state.lists[-1:], *state.papers[-1:])
    received = [(r.received_at, r.receipt_id) for r in lasts]
    withdrawn = [(w.withdrawn_at, f"the withdrawal of {w.receipt_id}") for w in state.withdrawals[-1:]]
    last, what = max(received + withdrawn, default=(now, ""))
    if last <= now:
        return ()
    told = f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC, before {what} of {last:%Y-%m-%d %H:%M}"
    if is_today:
        told += (
            f"; the vintage {vintage} is taken from it: if that is not today's date, withdraw, and receive it again "
        )
        told += "with --vintage"
    return (told,)


def superseded(state: LandingState, scope: Scope, vintage: dt.date) -> tuple[str, ...]:
    """Whether no cell of a scope would be decided by a receipt of it that comes last: all of them have a later one."""
    mine = order_of_truth(vintage, scope, state.sequence + 1)
    later = [
        r
        for r in state.active
        if r.vintage >= vintage and order_of_truth(r.vintage, r.scope, r.sequence) > mine and _same(r, scope)
    ]
    if scope.feeds == "check" or not later:
        return ()
    over = dict.fromkeys(
        _above(month, prefix, partner, later)
        for month in scope.month_list
        for prefix in scope.hs_prefixes
        for partner in scope.partner_keys
    )
    if None in over:
        return ()
    named = ", ".join(r.receipt_id for r in over if r)
    return (f"it counts for nothing: all that it says is said later, or in finer grain, by {named}",)


def _same(receipt: Receipt, scope: Scope) -> bool:
    """Whether a receipt feeds the same fact in the same currency."""
    keys = ("source", "reporter", "flow", "currency", "feeds")
    return all(getattr(receipt.scope, key) == getattr(scope, key) for key in keys)


def _above(month: dt.date, prefix: str, partner: str, receipts: list[Receipt]) -> Receipt | None:
    """The first receipt that contains all cells of a month, a code prefix and a partner."""
    for receipt in receipts:
        scope = receipt.scope
        if (
            scope.months[0] <= month <= scope.months[1]
            and prefix.startswith(scope.hs_prefixes)
            and {partner, ALL_PARTNERS} & set(scope.partner_keys)
        ):
            return receipt
    return None
