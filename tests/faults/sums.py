"""Files whose sums are no months, or that say something else than another of their day: received, built, and caught.

Belongs here: faults that only other months or other receipts show. Not here: what a file shows by itself (`arriving`).
"""

from __future__ import annotations

from tests.faults.deliveries import APRIL_2023, MAY_2023, OCTOBER, WORLD, arrives, dated, one_more, scaled
from tests.faults.table import Fault, fails

SUMS = (
    Fault(
        "a file of the same day off by one dollar",
        arrives(OCTOBER, one_more, vintage="2024-11-20"),
        fails(contradictions="failed 2024-10: 0 → 1 (+1)", additivity="failed 2024-10: 0 → 1 (+1)"),
    ),
    Fault(
        "a month in thousands",
        arrives(MAY_2023, scaled(0.001)),
        fails(
            totals=(
                "failed 2024-10: 0.425 → 0.580882 (+0.155882); warned 2023-06..2023-07, 2023-09..2023-10, "
                "2023-12: 162,600,000,000 → 134,170,794,235 (-28,429,205,765)"
            ),
            quoted_growth="failed 2024-10: 0.425 → 0.580882 (+0.155882)",
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09..2023-10, 2023-12: 162,600,000,000 → 134,170,794,235 "
                "(-28,429,205,765)"
            ),
            drift="warned 2023-05: 32,661,485,767 → 32,661,181 (-32,628,824,586)",
            collapse="failed 2023-05: 0 → 145 (+145)",
        ),
    ),
    Fault(
        "a year's sum as its last month",
        arrives(MAY_2023, scaled(12)),
        fails(
            totals=(
                "failed 2023-06..2023-07, 2023-09, 2023-12, 2024-10: 162,600,000,000 → 475,634,489,084 "
                "(+313,034,489,084); warned 2023-10: 6,744,000,000 → 14,060,207,996 (+7,316,207,996)"
            ),
            quoted_growth="failed 2024-10: 0.425 → -0.316351 (-0.741351)",
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09..2023-10, 2023-12: 162,600,000,000 → 475,634,489,084 "
                "(+313,034,489,084)"
            ),
            drift="warned 2023-05: 0 → 119 (+119)",
            collapse="failed 2023-05: 0 → 145 (+145)",
        ),
    ),
    Fault(
        "every second row missing",
        arrives(MAY_2023, lambda rows: rows[::2]),
        fails(
            totals=(
                "failed 2024-10: 0.425 → 0.504416 (+0.079416); warned 2023-06..2023-07, 2023-09..2023-10, "
                "2023-12: 227,700,000,000 → 209,072,559,773 (-18,627,440,227)"
            ),
            quoted_growth="failed 2024-10: 0.425 → 0.504416 (+0.079416)",
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09..2023-10, 2023-12: 227,700,000,000 → 209,072,559,773 "
                "(-18,627,440,227)"
            ),
            drift="warned 2023-05: 32,661,485,767 → 17,792,017,048 (-14,869,468,719)",
            collapse="failed 2023-05: 37,042,405 → 0 (-37,042,405)",
        ),
    ),
    Fault(
        "a month's file under the next month",
        arrives(APRIL_2023, dated("202305")),
        fails(
            totals=("warned 2023-06..2023-07, 2023-09, 2023-12: 227,700,000,000 → 225,684,647,048 (-2,015,352,952)"),
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09, 2023-12: 227,700,000,000 → 225,684,647,048 (-2,015,352,952)"
            ),
            repeats="failed 2023-05: 0 → 6 (+6)",
        ),
    ),
    Fault(
        "a file of all partners together off by one dollar",
        arrives(WORLD, one_more, dataset="sample_chips_world", vintage="2024-11-20"),
        fails(contradictions="failed 2024-10: 0 → 1 (+1)", additivity="failed 2024-10: 0 → 1 (+1)"),
    ),
)
