"""The files of the synthetic sample: which there are, when their figures stood so, in which layout.

Belongs here: files and writing them. Not here: the figures (`gacc_sample`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from orchestration.sources.gacc.calendar import detail_release_date
from orchestration.sources.gacc_sample.code_list import write_sample_list
from orchestration.sources.gacc_sample.delivery import deliver
from orchestration.sources.gacc_sample.figures import (
    REGIMES,
    SOURCE,
    Line,
    Lot,
    Row,
    first_print,
    month_rows,
    read_calibration,
)

#: A month that was printed on its day of release and once more, revised, on this one.
REVISED_MONTH, REVISED_ON = dt.date(2024, 6, 1), dt.date(2024, 9, 20)
#: Months that can also be had by six digits, and with all partners together.
HS6_MONTH, WORLD_MONTH = dt.date(2024, 9, 1), dt.date(2024, 10, 1)
#: Months that can also be had in renminbi: 1/10,000 yuan for a US dollar, the Federal Reserve's monthly averages.
CNY_PER_USD = {dt.date(2024, 8, 1): 71_475, dt.date(2024, 9, 1): 70_760, dt.date(2024, 10, 1): 70_881}

_PARTNER = ("Trading partner code", "Trading partner")
_COMMODITY = ("Commodity code", "Commodity")
_LINE_HEADS = (*_PARTNER, *_COMMODITY, "Customs Regime code", "Customs Regime")
_QUANTITIES = ("Quantity", "Unit", "Supplementary Quantity", "Supplementary Unit")


class SampleFile(NamedTuple):
    """A file for the inbox folder of a dataset; `vintage`: the day on which its figures stood so."""

    dataset: str
    name: str
    vintage: dt.date
    content: bytes


def write_sample(inbox: Path) -> list[Path]:
    """Write the files of 2020-01 to 2024-10, and a code list, to their folders in the inbox; returns the CSV paths.

    The bytes depend on nothing but the sample's modules and its calibration. Each file has a sidecar. It appears under
    its name only when it is complete, and after its sidecar, so that a watched folder never shows half of a delivery.
    """
    months = read_calibration()
    paths = [_deliver(inbox, file) for target in months for file in files_of(target.month, month_rows(target))]
    return [*paths, write_sample_list(inbox / SOURCE)]


def files_of(month: dt.date, rows: Sequence[Row]) -> Iterator[SampleFile]:
    """The files that print the month, in the order in which they came out."""
    name, released = f"{SOURCE}_{month:%Y%m}", detail_release_date(month)
    if month == REVISED_MONTH:
        first = by_regime(month, first_print(month, rows))
        yield SampleFile("sample_chips", f"{name}_first_print.csv", released, first)
        yield SampleFile("sample_chips", f"{name}_revised.csv", REVISED_ON, by_regime(month, rows))
    else:
        yield SampleFile("sample_chips", f"{name}.csv", released, by_regime(month, rows))
    if month == HS6_MONTH:
        yield SampleFile("sample_chips", f"{name}_hs6.csv", released, by_hs6(month, rows))
    if month == WORLD_MONTH:
        yield SampleFile("sample_chips_world", f"{name}_world.csv", released, of_world(month, rows))
    if month in CNY_PER_USD:
        yield SampleFile("sample_chips_cny", f"{name}_cny.csv", released, by_regime_in_yuan(month, rows))


def by_regime(month: dt.date, rows: Sequence[Row]) -> bytes:
    """Partner × tariff line × regime, in US dollars."""
    return _table(month, rows, _LINE_HEADS, _line_cells)


def by_regime_in_yuan(month: dt.date, rows: Sequence[Row]) -> bytes:
    """The same rows and quantities; each row's dollars at the month's mean rate, rounded half up to whole yuan."""
    return _table(month, rows, _LINE_HEADS, _line_cells, ("Renminbi Yuan", lambda row: in_yuan(month, row.value_usd)))


def by_hs6(month: dt.date, rows: Sequence[Row]) -> bytes:
    """Partner × six digits, all regimes together, in US dollars; without the names of commodities."""
    return _table(month, rows, (*_PARTNER, _COMMODITY[0]), lambda lot: (*lot.partner[:2], lot.line.code[:6]))


def of_world(month: dt.date, rows: Sequence[Row]) -> bytes:
    """Tariff line, all partners and regimes together, in US dollars."""
    return _table(month, rows, _COMMODITY, lambda lot: lot.line[:2])


def in_yuan(month: dt.date, dollars: int) -> int:
    """Whole yuan for whole US dollars at the month's mean rate, rounded half up; KeyError for a month without one."""
    return (dollars * CNY_PER_USD[month] + 5_000) // 10_000


def _line_cells(lot: Lot) -> tuple[str, ...]:
    return (*lot.partner[:2], *lot.line[:2], lot.regime, REGIMES[lot.regime])


def _table(
    month: dt.date,
    rows: Sequence[Row],
    heads: Sequence[str],
    cells: Callable[[Lot], tuple[str, ...]],
    money: tuple[str, Callable[[Row], int]] = ("US dollar", lambda row: row.value_usd),
) -> bytes:
    """Rows summed by their cells as the site prints them: GB18030, LF, every field quoted, an empty last column."""
    value_head, value = money
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(cells(row.lot), []).append(row)
    text = [_text_line(("Date of data", *heads, *_QUANTITIES, value_head))]
    for key, group in groups.items():
        total = f"{sum(map(value, group)):,}"
        text.append(_text_line((f"{month:%Y%m}", *key, *_quantities(group), total)))
    return "".join(text).encode("gb18030")


def _quantities(rows: Sequence[Row]) -> tuple[str, str, str, str]:
    """Both quantities and their units; missing where the rows count in unlike units."""
    units = {_units(row.lot.line) for row in rows}
    if len(units) > 1:
        return "—", "—", "—", "—"
    (first, second) = units.pop()
    kilograms = sum(round(row.quantity * row.lot.kg_each) for row in rows)
    return str(sum(row.quantity for row in rows)), first, str(kilograms), second


def _units(line: Line) -> tuple[str, str]:
    return ("Number of item", "Kilogram") if line.kg_each else ("Kilogram", "?")


def _text_line(cells: Sequence[str]) -> str:
    return "".join('"' + cell.replace('"', '""') + '",' for cell in cells) + "\n"


def _deliver(inbox: Path, file: SampleFile) -> Path:
    path = inbox / file.dataset / file.name
    return deliver(path, file.content, file.vintage, "these are not customs figures")
