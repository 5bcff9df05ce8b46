"""The codes of UN Comtrade, from reviewed tables: reporters, partners, units of measure, codes of six digits.

Belongs here: which code stands for what. Not here: what an answer looks like (`rows`).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from orchestration.base.seeds import read_seed
from orchestration.sources.comtrade import SOURCE

#: Flows that are read; re-imports (RM), re-exports (RX) and others stand within these two.
FLOWS = {"M": "import", "X": "export"}
#: Units of measure by code, as Comtrade abbreviates them: those of the World Customs Organization.
UNITS = {
    2: "m²", 3: "1000 kWh", 4: "m", 5: "u", 6: "2u", 7: "l", 8: "kg", 9: "1000u", 10: "U (jeu/pack)", 11: "12u",
    12: "m³", 13: "carat",
}  # fmt: skip
#: Codes that stand for no unit: there is no quantity, whatever number is printed.
NO_UNIT = frozenset({-1, 0, 1})
#: Editions of the Harmonized System that `hs6.csv` knows, and from which year on each is in force.
EDITIONS = {"H4": 2012, "H5": 2017, "H6": 2022}


def _read(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def reporters() -> dict[str, str]:
    """Comtrade's code of each reporter by ISO3; groups and territories of the past have none and are left out."""
    return {row["iso3"]: row["reporter_code"] for row in _read("reporters") if row["iso3"]}


@cache
def reporters_iso3() -> dict[str, str]:
    """ISO3 of each reporter by Comtrade's code."""
    return {code: iso3 for iso3, code in reporters().items()}


@cache
def partners() -> tuple[str, ...]:
    """Every partner's code, in order of numbers: those that together are all partners."""
    found = [row["partner_code"] for row in read_seed("partners") if row["partner_system"] == SOURCE]
    return tuple(sorted(found, key=int))


def unit(code: int) -> str | None:
    """The abbreviation of a unit; None where there is none. One that is not known keeps its number."""
    return None if code in NO_UNIT else UNITS.get(code, f"unit {code}")


@cache
def six_digits(prefix: str) -> tuple[str, ...]:
    """The codes of six digits, of any edition since 2012, that begin with the prefix.

    Reporters change to an edition late, so that all of them are asked for in every month; one that does not exist there
    has no row.
    """
    return tuple(row["hs6"] for row in _read("hs6") if row["hs6"].startswith(prefix))
