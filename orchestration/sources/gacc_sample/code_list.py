"""The sample's own code list: the lines of `gacc_sample` as the customs' list of 2020 would print them.

Belongs here: writing it. Not here: reading it, the same as the customs' own (`gacc_nomenclature`).
"""

from __future__ import annotations

from pathlib import Path

from orchestration.sources.gacc_sample.delivery import deliver
from orchestration.sources.gacc_sample.figures import LINES, SOURCE, Line

YEAR = 2020
#: A year's list is out in January; this one before any file of the sample.
VINTAGE = "2020-01-20"
#: The customs' code and English name of a unit; the last stands for none.
PIECES, KILOGRAMS, NONE = '01,"Number of item"', '09,"Kilogram"', '?,"?"'
HEADER = '"CODES","DESCRIPTION","YEAR","UNIT_1_CODES","UNIT_1_DESCRIPTION","UNIT_2_CODES","UNIT_2_DESCRIPTION",\n'


def write_sample_list(folder: Path) -> Path:
    """Write the list and its sidecar; returns the path of the list.

    The bytes depend on nothing but the sample's lines. The list appears when it is complete, after its sidecar.
    """
    return deliver(folder / f"{SOURCE}_en_hs8_{YEAR}.csv", render_list(), VINTAGE, "this is no list of the customs")


def render_list() -> bytes:
    """The list as customs print theirs: GB18030, LF line ends, quoted texts, a comma at the end of each line."""
    return (HEADER + "".join(map(_record, sorted(LINES, key=lambda line: line.code)))).encode("gb18030")


def _record(line: Line) -> str:
    units = f"{PIECES},{KILOGRAMS}" if line.kg_each else f"{KILOGRAMS},{NONE}"
    return f'{line.code},"{line.name}",{YEAR},{units},\n'
