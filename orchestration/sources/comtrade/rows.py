"""A row of an answer: its cells read, and the one rule by which rows are left out.

An answer that was not asked in the right way has rows by mode of transport, by customs procedure or by second partner
beside the row of all of them, under one and the same key. They are left out where that row is there and they are no
more than it; else the file is refused, since nobody could tell what the total is.

Belongs here: whatever holds for months and years alike. Not here: the envelope (`answer`), what a file of months must
be (`parse`), nor documents (`comtrade_annual`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from orchestration.base.errors import RefusalError
from orchestration.sources.comtrade.answer import AGAIN, Cells
from orchestration.sources.files.kinds import FROM_THE_SITE, lost_zero
from orchestration.sources.refusals import UnfitError

#: What splits rows beside their key, the code of all of them together, and the parameter that asks for it.
SPLITS = {
    "mot_code": ("modes of transport", "0", "motCode=0"),
    "customs_code": ("customs procedures", "C00", "customsCode=C00"),
    "partner2_code": ("second partners", "0", "partner2Code=0"),
}
#: Values are printed to a thousandth at most; so much may be lost or gained in each.
THOUSANDTH = Decimal("0.001")
#: Goods not specified by kind, which Comtrade prints in letters too, at six digits.
UNSPECIFIED = {"9999AA": "999999"}
_LENGTHS = (2, 4, 6)
HARMONIZED = "ask for goods by the Harmonized System (typeCode=C, classificationCode=HS)"
#: Whole numbers, and seven decimals: more is no figure of trade.
_MOST_DECIMALS, _MOST_DIGITS = 6, 18
#: How a number is written as text: no blanks, no separators, no other digits than these.
_NUMBER = re.compile(r"-?\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?", re.ASCII)


class Row(NamedTuple):
    """A row, typed. `line`: its place among the rows, from 1; codes as text without leading zeros but those of goods.

    `period`: YYYYMM or YYYY; `hs_code`: digits, or TOTAL; values in US dollars, quantities in their unit, weights in
    kilograms, as printed. None: not printed.
    """

    line: int
    freq: str
    period: str
    reporter_code: str
    flow_code: str
    partner_code: str
    partner2_code: str
    mot_code: str
    customs_code: str
    hs_code: str
    classification: str | None
    primary_value: Decimal
    cif_value: Decimal | None
    fob_value: Decimal | None
    qty_unit_code: int
    qty: Decimal | None
    is_qty_estimated: bool | None
    alt_qty_unit_code: int
    alt_qty: Decimal | None
    is_alt_qty_estimated: bool | None
    net_weight: Decimal | None
    is_net_weight_estimated: bool | None
    gross_weight: Decimal | None
    estimation_flag: int | None
    is_reported: bool | None
    is_aggregate: bool | None

    @property
    def key(self) -> tuple[str, ...]:
        """What a row speaks of, whatever splits it."""
        return (self.period, self.reporter_code, self.flow_code, self.partner_code, self.hs_code)

    @property
    def split_by(self) -> tuple[str, ...]:
        """What it is a part of: the columns of `SPLITS` in which it is not the row of all."""
        return tuple(column for column, (_, whole, _) in SPLITS.items() if getattr(self, column) != whole)


def read_row(cells: Cells, line: int, name: str) -> Row:
    """A row from its cells, from JSON or as text from CSV; `RefusalError` by line and column for a cell that is odd."""
    cell = _Cell(cells, line, name)
    return Row(
        line=line,
        freq=cell.text("freqCode", "A|M"),
        period=cell.text("period", r"(19|20)\d\d((0[1-9]|1[0-2]))?"),
        reporter_code=cell.code("reporterCode"),
        flow_code=cell.text("flowCode", "[A-Z]{1,3}"),
        partner_code=cell.code("partnerCode"),
        partner2_code=cell.code("partner2Code"),
        mot_code=cell.code("motCode"),
        customs_code=cell.text("customsCode", r"[A-Z0-9]{1,6}"),
        hs_code=cell.goods(),
        classification=cell.edition(),
        primary_value=cell.value(),
        cif_value=cell.number("cifvalue"),
        fob_value=cell.number("fobvalue"),
        qty_unit_code=cell.whole("qtyUnitCode", -1),
        qty=cell.number("qty"),
        is_qty_estimated=cell.flag("isQtyEstimated"),
        alt_qty_unit_code=cell.whole("altQtyUnitCode", -1),
        alt_qty=cell.number("altQty"),
        is_alt_qty_estimated=cell.flag("isAltQtyEstimated"),
        net_weight=cell.number("netWgt"),
        is_net_weight_estimated=cell.flag("isNetWgtEstimated"),
        gross_weight=cell.number("grossWgt"),
        estimation_flag=cell.optional("legacyEstimationFlag"),
        is_reported=cell.flag("isReported"),
        is_aggregate=cell.flag("isAggregate"),
    )


class _Cell(NamedTuple):
    """The cells of one row, and where they stand."""

    cells: Cells
    line: int
    name: str

    def refuse(self, column: str, what: str, remedy: str = AGAIN) -> RefusalError:
        """The refusal of a cell."""
        shown = self.cells.get(column)
        return RefusalError(f"{str(shown)[:80]!r} {what}", file=self.name, line=self.line, column=column, remedy=remedy)

    def text(self, column: str, pattern: str) -> str:
        """A cell that must be there and look so; a period may be printed as a number."""
        found = str(self.cells.get(column))
        if not re.fullmatch(pattern, found, re.ASCII):
            raise self.refuse(column, f"is no {column} of Comtrade")
        return found

    def code(self, column: str) -> str:
        """A code that is a number, as text."""
        found = self.optional(column)
        if found is None or found < 0:
            raise self.refuse(column, f"is no {column} of Comtrade")
        return str(found)

    def goods(self) -> str:
        """The code of goods: text, since a number has lost its leading zeros."""
        found = self.cells.get("cmdCode")
        if not isinstance(found, str):
            raise self.refuse("cmdCode", "is no text: leading zeros of codes are lost in numbers", FROM_THE_SITE)
        found = UNSPECIFIED.get(found, found)
        if found != "TOTAL" and not (re.fullmatch(r"\d+", found, re.ASCII) and len(found) in _LENGTHS):
            changed = lost_zero(found, _LENGTHS)
            what = f"is no code of 2, 4 or 6 digits{f'; it {changed}' if changed else ''}"
            raise self.refuse("cmdCode", what, FROM_THE_SITE if changed else AGAIN)
        return found

    def edition(self) -> str | None:
        """The edition of the Harmonized System, where it is printed; codes of others look like its own."""
        kind, found = self.cells.get("typeCode"), self.cells.get("classificationCode")
        if kind not in (None, "", "C"):
            raise self.refuse("typeCode", "are no goods (C)", HARMONIZED)
        if found not in (None, "") and not re.fullmatch(r"H(S|\d{1,2})", str(found), re.ASCII):
            raise self.refuse("classificationCode", "is no edition of the Harmonized System", HARMONIZED)
        return str(found) if found else None

    def number(self, column: str) -> Decimal | None:
        """A number that is not below zero; None where nothing is printed."""
        found = self.cells.get(column)
        if found is None or found == "":
            return None
        number = _decimal(found)
        if number is None or number < 0:
            raise self.refuse(column, "is no number from 0 on")
        if number.adjusted() >= _MOST_DIGITS:
            raise self.refuse(column, "is more than any figure of trade")
        return round(number, _MOST_DECIMALS)

    def value(self) -> Decimal:
        """The value in US dollars, which every row has."""
        found = self.number("primaryValue")
        if found is None:
            raise self.refuse("primaryValue", "is no value")
        return found

    def optional(self, column: str) -> int | None:
        """A whole number; None where nothing is printed."""
        found = self.cells.get(column)
        if found is None or found == "":
            return None
        number = _decimal(found)
        # Before it is made an int: a few characters may stand for a thousand million digits.
        if number is None or number.adjusted() >= _MOST_DIGITS or number != number.to_integral_value():
            raise self.refuse(column, "is no whole number")
        return int(number)

    def whole(self, column: str, none: int) -> int:
        """A whole number, or what stands for none."""
        found = self.optional(column)
        return none if found is None else found

    def flag(self, column: str) -> bool | None:
        """True or false, as JSON or as text."""
        found: Any = self.cells.get(column)
        if found is None or found == "":
            return None
        known = {"true": True, "false": False, "1": True, "0": False}.get(str(found).lower())
        if known is None:
            raise self.refuse(column, "is neither true nor false")
        return known


def _decimal(found: object) -> Decimal | None:
    """A number as printed, in JSON or as text; None for what is none, or not finite."""
    if isinstance(found, str):
        return Decimal(found) if _NUMBER.fullmatch(found) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return Decimal(found)
    return found if isinstance(found, Decimal) and found.is_finite() else None


def totals_of(rows: Sequence[Row], name: str) -> list[Row]:
    """The rows of all modes, procedures and second partners; `RefusalError` where a part has none, is more than it, or
    a key stands twice.
    """
    wholes: dict[tuple[str, ...], Row] = {}
    parts: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Row]] = defaultdict(list)
    for row in rows:
        if row.split_by:
            parts[row.key, row.split_by].append(row)
        elif row.key in wholes:
            raise RefusalError(
                f"the key {' '.join(row.key)} stands twice, first as row {wholes[row.key].line}",
                file=name,
                line=row.line,
                remedy="two answers were joined, or two editions of the classification: bring each answer by itself",
            )
        else:
            wholes[row.key] = row
    for (key, split_by), found in parts.items():
        _refuse_without_whole(wholes.get(key), split_by, found, name)
    return list(wholes.values())


def _refuse_without_whole(whole: Row | None, split_by: tuple[str, ...], found: list[Row], name: str) -> None:
    """Refuse parts of a total that is not there, or is less than they are."""
    called = " and ".join(SPLITS[column][0] for column in split_by)
    what = None
    if whole is None:
        what = f"rows by {called}, and no row of all of them"
    elif "customs_code" not in split_by and _least(found, split_by) > whole.primary_value + THOUSANDTH * len(found):
        what = f"rows by {called} sum up to more than the row of all of them ({whole.primary_value:,f})"
    if what:
        raise UnfitError(
            f"{what}, for {' '.join(found[0].key)}",
            file=name,
            line=found[0].line,
            advice=f"ask for the totals alone: {'&'.join(asked for _, _, asked in SPLITS.values())}",
        )


def _least(found: list[Row], split_by: tuple[str, ...]) -> Decimal:
    """The least that parts can be together: some reporters print a mode of transport beside its own kinds (2000 water,
    2100 sea), so that the modes alone are all; others print there what has no kind.
    """
    together = sum((row.primary_value for row in found), Decimal(0))
    if "mot_code" not in split_by:
        return together
    modes: dict[str, Decimal] = defaultdict(Decimal)
    kinds: dict[str, Decimal] = defaultdict(Decimal)
    for row in found:
        if row.mot_code.endswith("00"):
            (modes if row.mot_code.endswith("000") else kinds)[row.mot_code[:1]] += row.primary_value
    if all(modes[mode] + THOUSANDTH * len(found) >= within for mode, within in kinds.items()):
        return min(together, sum(modes.values(), Decimal(0)))
    return together
