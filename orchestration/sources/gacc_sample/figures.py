"""Synthetic files in the layout of the customs' export: the source `gacc_sample`.

Belongs here: what the sample says. Not here: its files (`files`), and reading them, the same as for
genuine ones. It meets the monthly totals of `calibration.csv`; all below them is invented.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from orchestration.base.months import parse_month
from orchestration.sources.gacc_sample import SOURCE

US, PARTS = "502", "85429000"


class Calibration(NamedTuple):
    """What one month's file must add up to: US dollars, and pieces for the nine lines under 8542.3."""

    month: dt.date
    us_ic_usd: int
    us_parts_usd: int
    world_ic_usd: int
    world_ic_pieces: int


class Partner(NamedTuple):
    """A partner, its shares in about 1/10,000; `reach`: the chance that it trades a minor line or regime."""

    code: str
    name: str
    chip_share: float
    other_share: float
    reach: float
    first_month: dt.date = dt.date.min


class Line(NamedTuple):
    """An HS8 line; `usd_each` and `kg_each` are means of one unit, `regimes` percent, ordered as REGIMES.

    `level` is a chip line's share in 1/1,000 of all chips not from the US (`us_level`: of those from the US),
    elsewhere millions of US dollars a month. `kg_each` 0: counted in kilograms, without a second unit.
    """

    code: str
    name: str
    level: float
    usd_each: float
    kg_each: float
    regimes: tuple[int, ...]
    us_level: float = 0.0

    @property
    def is_chip(self) -> bool:
        """One of the nine lines that the bulletins call integrated circuits, which leaves out parts."""
        return self.code.startswith("85423")


class Lot(NamedTuple):
    """What one partner sells of one line under one regime in a month, before the totals give it dollars."""

    partner: Partner
    line: Line
    regime: str
    weight: int
    usd_each: float
    kg_each: float
    below_one: bool


class Row(NamedTuple):
    """A lot with its US dollars and its quantity in the line's first unit."""

    lot: Lot
    value_usd: int
    quantity: int


# fmt: off
REGIMES = {
    "10": "Ordinary Trade", "14": "Processing and Assembling", "15": "Processing with Imported Materials",
    "33": "Customs Warehousing Trade", "34": "Entrepot Trade by Bonded Area",
}
_CPUS, _CHIPS, _MIXED = (14, 46, 31, 3, 6), (24, 18, 46, 4, 8), (34, 4, 50, 3, 9)
_TOOLS, _PCS = (72, 0, 0, 10, 18), (52, 2, 18, 10, 18)

#: Codes, names and units as the customs print them in every list from 2020 to 2023, misspellings included.
LINES = (
    Line("85423111", "Semiconductor modules with converting function", 3, 4.0, 1.6e-3, _CHIPS, 2),
    Line("85423119", "Other multi-component integrated circuits, as processors and controllers",
         21, 0.7, 9e-5, _CHIPS, 22),
    Line("85423190", "Other integrated circuits, as processors and controllers",
         492, 1.5, 2.4e-5, _CPUS, 600),
    Line("85423210", "Multi-component integrated circuits, as memories", 24, 2.1, 1.5e-4, _CHIPS, 9),
    Line("85423290", "Other integrated circuits, as memories", 212, 1.7, 8e-5, _CHIPS, 155),
    Line("85423310", "Multi-component integrated circuits, as amplifiers", 6, 0.5, 6e-5, _CHIPS, 7),
    Line("85423390", "Other integrated circuits, as amplifiers", 29, 0.2, 1.2e-5, _CHIPS, 125),
    Line("85423910", "Other multi-component integrated circuits", 18, 0.6, 1.2e-4, _CHIPS, 15),
    Line("85423990", "Other integrated circuits", 195, 0.25, 1.1e-5, _CHIPS, 65),
    Line(PARTS, "Parts for electronic intergrated circuits", 24, 2300, 0, _MIXED),
    Line("85411000", "Diodes, other than photosensitive or light emitting diodes", 180, 0.02, 6e-5, _MIXED),
    Line("85412100", "Transistors,oth than photosensitive,with a dissipation rate of〈1W",
         160, 0.04, 4e-5, _MIXED),
    Line("85412900", "Transistors, other than photosensitive transistors, nes", 190, 0.25, 7e-4, _MIXED),
    Line("85416000", "Mounted piezo-electric crystals", 130, 0.11, 6e-5, _MIXED),
    Line("85419000", "Parts of mounted piezo-electric crystals & semiconductor devices", 60, 900, 0, _MIXED),
    Line("84862021", "Chemical Vapour Deposition(CVD) equipment for the manufacture of semiconductor or IC",
         420, 1.6e6, 4300, _TOOLS),
    Line("84862031", "Step and repeat alignersw", 610, 1.7e7, 42000, _TOOLS),
    Line("84862041", "Dry plasma etching for the manufacture of semiconductor or IC", 380, 1e6, 2900, _TOOLS),
    Line("84862050", "Ion implanters", 120, 2.7e6, 18500, _TOOLS),
    Line("84869099", "Other parts and accessories of machines of heading84.86", 260, 560, 0, _TOOLS),
    Line("84713090", "Other portable data processing machines, weight≤10kg", 60, 480, 1.9, _PCS),
    Line("84715040", "Process units of microprocessors", 300, 5200, 12, _PCS),
    Line("84718000", "Other units of automatic data processing machines", 90, 310, 1.1, _PCS),
    Line("84733090", "Parts/accessories of other machines of heading 84.71", 900, 260, 0, _PCS),
)

#: 142 is China itself: goods that were exported and come back.
PARTNERS = (
    Partner("143", "Taiwan，China", 3640, 1450, 1.0), Partner("133", "Republic of Korea", 2150, 1500, 1.0),
    Partner("142", "China", 1300, 900, 1.0), Partner("122", "Malaysia", 930, 520, 1.0),
    Partner("116", "Japan", 560, 2300, 1.0), Partner("141", "Viet Nam", 420, 610, 1.0),
    Partner("132", "Singapore", 270, 760, 1.0), Partner("129", "Philippines", 240, 210, 1.0),
    Partner("136", "Thailand", 210, 400, 1.0), Partner(US, "United States", 0, 1050, 1.0),
    Partner("306", "Ireland", 95, 30, 0.9), Partner("115", "Israel", 80, 70, 0.9),
    Partner("304", "Germany", 62, 330, 0.9), Partner("429", "Mexico", 21, 110, 0.75),
    Partner("305", "France", 15, 40, 0.75), Partner("309", "Netherlands", 11, 1200, 0.75),
    Partner("110", "Hong Kong，China", 7, 6, 0.7), Partner("303", "United Kingdom", 7, 60, 0.7),
    Partner("307", "Italy", 6, 40, 0.65), Partner("315", "Austria", 5, 90, 0.65),
    Partner("415", "Costa Rica", 4, 2, 0.55), Partner("111", "India", 2, 20, 0.6),
    Partner("501", "Canada", 2, 15, 0.6), Partner("330", "Sweden", 1, 25, 0.6),
    Partner("107", "Cambodia", 0.6, 8, 0.5, dt.date(2021, 7, 1)),
)
#: Where a partner's share of a line is not its share of all chips, or all else: the factor.
FOCUS = {
    ("133", "85423290"): 2.6, ("143", "85423190"): 1.3, ("122", "85423190"): 1.3, ("309", "84862031"): 5.0,
}
# fmt: on

#: Series that were next to nothing before a month: their growth rates stand on a base below US$ 1 m.
LATE_RISES = {("141", "85423310"): (dt.date(2024, 3, 1), 0.05)}
_SEASON = (0.96, 0.80, 1.03, 1.00, 1.00, 1.01, 1.01, 1.04, 1.11, 1.01, 1.03, 1.00)


def read_calibration() -> list[Calibration]:
    """The monthly totals that the sample meets to the dollar and the piece, oldest first."""
    with Path(__file__).with_name("calibration.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    return [Calibration(parse_month(month), *map(int, totals)) for month, *totals in rows]


def month_rows(target: Calibration) -> list[Row]:
    """The month's rows, one for each partner, HS8 line and regime that traded; the greatest value first."""
    lots = [lot for partner in PARTNERS for line in LINES for lot in _lots(target.month, partner, line)]
    us_chips = [lot for lot in lots if lot.line.is_chip and lot.partner.code == US]
    other_chips = [lot for lot in lots if lot.line.is_chip and lot.partner.code != US]
    us_parts = [lot for lot in lots if lot.line.code == PARTS and lot.partner.code == US]
    rest = [lot for lot in lots if not lot.line.is_chip and (lot.line.code, lot.partner.code) != (PARTS, US)]
    us_pieces = _us_pieces(target)
    rows = [
        *_calibrated(us_chips, target.us_ic_usd, us_pieces),
        *_calibrated(other_chips, target.world_ic_usd - target.us_ic_usd, target.world_ic_pieces - us_pieces),
        *_free(us_parts, split(target.us_parts_usd, [lot.weight for lot in us_parts])),
        *_free(rest, [lot.weight // 1000 for lot in rest]),
    ]
    return sorted(rows, key=_greatest_first)


def first_print(month: dt.date, rows: Sequence[Row]) -> list[Row]:
    """The month's rows as they stood on its day of release: some small ones late, some great ones up to 3 % off."""
    printed = []
    for row in rows:
        lot = row.lot
        rng = Random(f"{SOURCE}|{month}|release|{lot.partner.code}|{lot.line.code}|{lot.regime}")
        differs, permille = rng.random(), 971 + int(31 * rng.random())
        if row.value_usd >= 1_000_000 and differs < 0.2:
            printed.append(Row(lot, row.value_usd * permille // 1000, row.quantity * permille // 1000))
        elif row.value_usd >= 1_000_000 or differs >= 0.03:
            printed.append(row)
    return sorted(printed, key=_greatest_first)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts by largest remainder that add up to the total; ValueError where all weights are zero."""
    whole = sum(weights)
    if whole <= 0:
        raise ValueError(f"cannot share out {total} among {len(weights)} weights that add up to {whole}")
    parts = [total * weight // whole for weight in weights]
    largest_first = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in largest_first[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _greatest_first(row: Row) -> tuple[int, Partner, Line, str]:
    return -row.value_usd, row.lot.partner, row.lot.line, row.lot.regime


def _us_pieces(target: Calibration) -> int:
    """The published totals have no US pieces: here a US chip costs 1.8 to 2.2 times the world's mean chip."""
    percent = 180 + int(40 * Random(f"{SOURCE}|{target.month}|pieces").random())
    return target.us_ic_usd * target.world_ic_pieces * 100 // (target.world_ic_usd * percent)


def _calibrated(lots: Sequence[Lot], dollars: int, pieces: int) -> list[Row]:
    """Dollars by weight and pieces by dollars over price, both exact; a lot without a dollar is no trade."""
    values = split(dollars, [lot.weight for lot in lots])
    sold = [(lot, usd) for lot, usd in zip(lots, values, strict=True) if usd]
    # Real files show quantity 0 on small values: less than one unit.
    shares = [0 if lot.below_one and usd < 2_000 else int(usd * 1e6 / lot.usd_each) for lot, usd in sold]
    return [Row(lot, usd, count) for (lot, usd), count in zip(sold, split(pieces, shares), strict=True)]


def _free(lots: Sequence[Lot], values: Sequence[int]) -> list[Row]:
    """Quantity by dollars over price; less than half a machine is no trade, less than half a kilogram is."""
    rows = [Row(lot, usd, round(usd / lot.usd_each)) for lot, usd in zip(lots, values, strict=True) if usd]
    return [row for row in rows if row.quantity or not row.lot.line.kg_each]


def _lots(month: dt.date, partner: Partner, line: Line) -> Iterator[Lot]:
    """What the partner sells of the line this month, by regime; nothing in a month in which it pauses.

    Only `Random.random()`, whole numbers and plain arithmetic: the bits are the same in every Python.
    """
    pause = (1 - partner.reach) / 2
    if month < partner.first_month or Random(f"{SOURCE}|{month}|{partner.code}").random() < pause:
        return
    rng = Random(f"{SOURCE}|{month}|{partner.code}|{line.code}")
    if rng.random() > partner.reach and line.level < 150:
        return
    level = _level(month, partner, line) * (0.93 + 0.14 * rng.random())
    for regime, percent in zip(REGIMES, line.regimes, strict=True):
        trades, noise, price, mass, small = [rng.random() for _ in range(5)]
        if percent and (percent == max(line.regimes) or trades < partner.reach * 0.94):
            weight = int(level * percent * (0.85 + 0.3 * noise) * 10)
            usd_each, kg_each = line.usd_each * (0.85 + 0.3 * price), line.kg_each * (0.9 + 0.2 * mass)
            yield Lot(partner, line, regime, weight, usd_each, kg_each, small < 0.4)


def _level(month: dt.date, partner: Partner, line: Line) -> float:
    """The partner's sales of the line before noise: a mere weight for chips, US dollars for the rest."""
    pair = (partner.code, line.code)
    start, before = LATE_RISES.get(pair, (dt.date.min, 1.0))
    slow = _drift(partner.code, month) * _drift("|".join(pair), month) * (before if month < start else 1.0)
    if line.is_chip and partner.code == US:
        return line.us_level * 1e7 * slow
    slow *= FOCUS.get(pair, 0.7 + 0.6 * _phases("affinity|" + "|".join(pair))[0])
    if line.is_chip:
        return line.level * partner.chip_share * 1e6 * slow
    return line.level * partner.other_share * 100 * _SEASON[month.month - 1] * slow


def _drift(key: str, month: dt.date) -> float:
    """A factor near 1 that moves over years (up to 12 %) and within the year (up to 4 %)."""
    period, slow, yearly = _phases(key)
    t = month.year * 12 + month.month
    turns = (t / (40 + 30 * period) + slow, t / 12 + yearly)
    # Triangles between -1 and 1: a sine may differ in its last bit from one C library to the next.
    years, season = (1 - 4 * abs(turn % 1 - 0.5) for turn in turns)
    return 1 + 0.12 * years + 0.04 * season


@cache
def _phases(key: str) -> tuple[float, float, float]:
    rng = Random(f"{SOURCE}|{key}")
    return rng.random(), rng.random(), rng.random()
