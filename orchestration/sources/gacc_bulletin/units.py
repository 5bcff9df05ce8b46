"""Units and numbers of bulletins: what a unit line, a quantity unit and a printed figure mean in base units.

Belongs here: scales, the customs' names of base units, digits. A unit that looks wrong for its figures ("10,000 Pairs"
of shoes for 8.0) is read as printed: other checks judge it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal

from orchestration.sources.gacc_bulletin.page import Line
from orchestration.sources.gacc_bulletin.text import Place, fold

#: Base unit, how many of it, and the words that bulletins print for it.
_WORDS: tuple[tuple[str, int, str], ...] = (
    ("Kilogram", 1000, "t ton tons tonne tonnes metric\xa0ton metric\xa0tons"),
    ("Kilogram", 1, "kg kgs kilogram kilograms kilogramme kilogrammes"),
    ("Gram", 1, "g gram grams"),
    ("Carat", 1, "carat carats"),
    ("Number of item", 1, "n number pc pcs piece pieces unit units set sets item items head heads"),
    ("Number of item", 1, "ship ships vessel vessels craft crafts aircraft auto autos car cars vehicle vehicles"),
    ("Pair", 1, "p pair pairs"),
    ("Litre", 1, "litre litres liter liters"),
    ("Kilolitre", 1, "kilolitre kilolitres kiloliter kiloliters"),
    ("Cubic Metre", 1, "cbm m3 cubic\xa0metre cubic\xa0metres cubic\xa0meter cubic\xa0meters"),
    ("Square Metre", 1, "sqm m2 square\xa0metre square\xa0metres square\xa0meter square\xa0meters"),
    ("Metre", 1, "metre metres meter meters"),
    ("Barrel", 1, "bbl barrel barrels"),
    ("Kilowatt-hour", 1, "kwh kilowatt-hour kilowatt-hours"),
)
_NOUNS = {word.replace("\xa0", " "): (unit, number) for unit, number, words in _WORDS for word in words.split(" ")}
_POWERS = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_TENS = r"(?<![\d.,])1(?:0{1,8}|0{0,2}(?:,000){1,2})?(?![\d.,]*\d)"
_QUANTITY = re.compile(rf"({_TENS})?\s*(thousand|million|billion)?\s*([a-z][a-z0-9 -]*)")
#: MN, 100MN and 100MP: M stands for million there, and only before pieces and pairs.
_SHORT = re.compile(rf"^({_TENS})?\s*m([np])$")
_SIZE = rf"({_TENS})?\s*(thousand|million|billion)?"
_MONEY = re.compile(rf"{_SIZE}\s*(usd|us\$|cny|rmb yuan|rmb|yuan)?\s*{_SIZE}")
_NUMBER = re.compile(r"(?:\d|[1-9]\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.(\d+))?", re.ASCII)
_PLACES = Decimal("0.000001")
#: Digits that a figure may have, and what it must stay below to be kept.
_DIGITS, _TOO_LARGE = 18, Decimal(10**15)
_SCALES = "known are 'Unit: USD1 Million', 'Unit:US$1,000', 'Unit: CNY 100 Million' and the like"


@dataclass(frozen=True)
class Money:
    """The unit of a page's values: `scale` whole units of `currency` are printed as 1."""

    currency: str
    scale: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuantityUnit:
    """A unit as printed, the customs' name of its base unit, and how many base units are printed as 1."""

    printed: str
    unit: str
    scale: int


@dataclass(frozen=True)
class Number:
    """A figure in base units, half a unit of its last printed digit, and whether it had more digits than are kept."""

    value: Decimal
    half_unit: Decimal
    rounded: bool


def read_money(units: Sequence[Line], titles: Sequence[Line], titled: str | None, name: str) -> Money:
    """The unit of the page's values: its unit line, else brackets in a title; `titled` is the titles' currency.

    A currency that the unit line leaves out is that of the title. The size of the unit is never guessed: `RefusalError`
    without it, as for a second line that says otherwise, and for a title of another currency.
    """
    remarks = []
    if not units:
        units = [Line(line.line, inner) for line in titles for inner in _brackets(line.text)]
        remarks = [f"there is no unit line: {unit.text!r} in the title is the unit" for unit in units[:1]]
    if not units:
        raise Place(name, titles[0].line).refusal(
            "the page does not say the unit of its values, and its title names no size of it",
            f"values without a unit cannot be read: download the page again ({_SCALES})",
        )
    read = [_money(line.text, Place(name, line.line)) for line in units]
    text, place = units[0].text, Place(name, units[0].line)
    if len(set(read)) > 1:
        raise Place(name, units[1].line).refusal("the page says two units of its values", "wait for a corrected page")
    currency, scale = read[0]
    if currency and titled and currency != titled:
        raise place.refusal(
            f"the unit line {text!r} is in {currency}, the title in {titled}",
            "one of the two is wrong: download the page again, or wait for a corrected one",
        )
    if not currency and not titled:
        raise place.refusal(f"neither the unit line {text!r} nor a title names a currency", _SCALES)
    if not currency:
        remarks.append(f"the unit line {text!r} names no currency: {titled} is that of the title")
    return Money(str(currency or titled), scale, tuple(remarks))


def _brackets(title: str) -> list[str]:
    """What stands in brackets of a title and is a whole unit of money, its size included."""
    inner = [re.sub(r"^in\s+", "", text) for text in re.findall(r"\(([^()]+)\)", fold(title).casefold())]
    return [text for text in inner if (found := _MONEY.fullmatch(text)) and found[3] and re.search(r"\d|illion", text)]


def _money(text: str, place: Place) -> tuple[str | None, int]:
    """Currency, if named, and scale of a unit line."""
    said = re.sub(r"^units?\s*:?\s*", "", fold(text).casefold())
    found = _MONEY.fullmatch(said)
    before, power_before, currency, behind, power_behind = found.groups() if found else (None,) * 5
    tens, powers = [t for t in (before, behind) if t], [p for p in (power_before, power_behind) if p]
    if not found or len(tens) > 1 or len(powers) > 1 or not tens + powers:
        raise place.refusal(f"{text!r} is not a unit of money known here", _SCALES)
    scale = _whole(tens[0] if tens else "1") * _POWERS.get(powers[0] if powers else "", 1)
    return (("USD" if currency.startswith("us") else "CNY") if currency else None), scale


def read_quantity_unit(printed: str, place: Place) -> QuantityUnit:
    """The unit of a row's quantities, such as 10,000 Tons, 100 Million PCS, 10000T, 100MN; refused if unknown."""
    folded = fold(printed).casefold()
    folded = _SHORT.sub(lambda found: f"{found[1] or ''} million {found[2]}".strip(), folded)
    found = _QUANTITY.fullmatch(folded)
    tens, power, noun = found.groups() if found else (None, None, "")
    if noun not in _NOUNS:
        raise place.refusal(
            f"{printed!r} is not a unit of quantity known here",
            "if the column is shifted, wait for a corrected page; a new unit is added to gacc_bulletin/units.py",
        )
    unit, number = _NOUNS[noun]
    return QuantityUnit(printed, unit, number * _whole(tens or "1") * _POWERS.get(power or "", 1))


def _whole(tens: str) -> int:
    return int(tens.replace(",", ""))


def absent(printed: str) -> bool:
    """A dash, of whatever length, stands for no figure."""
    return re.fullmatch(r"-+", fold(printed)) is not None


def read_number(printed: str, scale: Decimal, signed: bool, place: Place) -> Number:
    """The figure that a cell prints, times `scale`. Only growth is `signed`. Refused if it is no sound number."""
    folded = fold(printed)
    negative = signed and folded.startswith("-")
    found = _NUMBER.fullmatch(folded[1:] if negative else folded)
    if not found:
        raise place.refusal(
            f"{printed!r} is not a number" if printed else "an empty cell where a figure or a dash must stand",
            "the cell is damaged on the page, or its column is shifted: download it again, or wait for a corrected one",
        )
    digits = found[0].replace(",", "")
    exact = Decimal(digits) * scale
    if len(digits) > _DIGITS or exact >= _TOO_LARGE:
        raise place.refusal(f"{printed!r} has more digits than any figure of trade", "wait for a corrected page")
    half = scale * Decimal(5) / 10 ** (len(found[1] or "") + 1)
    value = exact.quantize(_PLACES, ROUND_HALF_EVEN)
    return Number(-value if negative else value, half.quantize(_PLACES, ROUND_UP), value != exact)
