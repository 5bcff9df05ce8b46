"""What China bought, made up by hand so that the story's sentence comes of it.

Belongs here: figures. Not here: the server that answers with them (`tests.sources.comtrade.server`), nor any test.
"""

from __future__ import annotations

from tests.sources.comtrade.server import Key

#: The four codes of integrated circuits: parts of a thousand of each month.
PARTS = {"854231": 500, "854232": 280, "854233": 140, "854239": 80}
#: Dollars of integrated circuits by month; ten months of 2024 are 9,612,242,460, of 2023 6,744,685,473.
MONTHS = {
    "202301": 637_000_000, "202302": 647_000_000, "202303": 657_000_000, "202304": 667_000_000,
    "202305": 677_000_000, "202306": 687_000_000, "202307": 697_000_000, "202308": 707_000_000,
    "202309": 674_423_463, "202310": 694_262_010, "202311": 701_000_000, "202312": 699_000_000,
    "202401": 845_000_000, "202402": 855_000_000, "202403": 865_000_000, "202404": 875_000_000,
    "202405": 855_659_188, "202406": 1_015_085_724, "202407": 1_050_000_000, "202408": 1_060_000_000,
    "202409": 1_080_000_000, "202410": 1_111_497_548,
}  # fmt: skip


def chips(months: dict[str, int]) -> dict[Key, float]:
    """Figures as the server takes them, by six digits; parts of chips (854290), which are none, beside them."""
    found: dict[Key, float] = {}
    for period, value in months.items():
        rest = value
        for code, share in PARTS.items():
            part = rest if code == "854239" else value * share // 1000
            found[period, "156", "M", "842", code] = float(part)
            rest -= part
        found[period, "156", "M", "842", "854290"] = 12_000_000.0
    return found
