"""Files that should never have been downloaded, and look sound: received, built, and caught by the audit.

Belongs here: faults of what arrives. Not here: what is refused (`at_the_door`), faults of what was received well and
broke inside.
"""

from __future__ import annotations

from tests.faults.bench import Bench, Inject, printed, written
from tests.faults.deliveries import (
    APRIL,
    APRIL_2023,
    FEBRUARY,
    FIRST_PRINT,
    JUNE,
    MAY_2023,
    OCTOBER,
    PARTNER,
    arrives,
    deliver,
    moved_to_korea,
    of_one_regime,
    one_more,
    quantities_swapped,
    same,
    scaled,
    stopped,
    with_partner,
    withdrawn,
)
from tests.faults.table import Fault, fails, warns


def just_within_and_beyond(partner: str, within: float, beyond: float) -> Inject:
    """A partner with a share of April 2023 that is allowed, and with one of May that is not."""

    def inject(bench: Bench) -> None:
        stopped(with_partner(partner, within), APRIL_2023)(bench)
        arrives(MAY_2023, with_partner(partner, beyond))(bench)

    return inject


def unreviewed(bench: Bench) -> None:
    """Andorra, which the customs' list has, as if nobody had placed it on the map."""
    just_within_and_beyond("314", 0.0099, 0.01)(bench)
    bench.sql("update dim_partner set partner_iso3 = null, is_residual = false where partner_code = '314'")


def six_digits_off_by_one(bench: Bench) -> None:
    """The file by six digits once more, of the same day; it feeds no fact."""
    stopped(one_more, "gacc_sample_202409_hs6.csv", vintage="2024-10-20")(bench)
    bench.write_raw_files()


def one_regime_unprinted(bench: Bench) -> None:
    """A file limited to one regime need not print it; it feeds no fact."""
    header, rows = printed("gacc_sample_202409.csv")
    heads = [head for head in header if "Regime" not in head]
    deliver(bench, written(heads, of_one_regime(rows)), regimes="14", vintage="2024-10-20")
    bench.write_raw_files()


def an_old_print(bench: Bench) -> None:
    """A print that stood before the one that counts arrives late; it decides no cell."""
    stopped(scaled(0.999), JUNE.replace(".csv", "_revised.csv"), vintage="2024-08-01")(bench)
    bench.rebuild()


CAUGHT = (
    Fault(
        "a month withdrawn between two others: February",
        withdrawn(FEBRUARY),
        fails(
            continuity="failed 2023-02: 5 → 0 (-5)",
            totals=(
                "failed 2020-01: totals compared nothing of '502 × hs_8542' for sample_chips, which lists it "
                "in must_compare; not compared 2023-02..2023-04, 2023-06..2023-07, 2023-09..2023-10, 2023-12,"
                " 2024-10: 1 month(s) of its period are not covered"
            ),
            year_to_date=(
                "not compared 2023-02..2023-04, 2023-06..2023-07, 2023-09..2023-10, 2023-12: 1 month(s) of "
                "its period are not covered"
            ),
            freshness="warned 2023-02: 1 → 0 (-1)",
        ),
    ),
    Fault(
        "exports declared as imports",
        arrives(OCTOBER, scaled(0.4)),
        fails(
            additivity="warned 2024-10: 0 → 24 (+24)",
            totals="failed 2024-10: 0.6 → -0.359609 (-0.959609)",
            quoted_growth="failed 2024-10: 0.6 → -0.359609 (-0.959609)",
            year_to_date="warned 2024-10: 9,610,000,000 → 8,945,343,915 (-664,656,085)",
            implied_rate="warned 2024-10: 7.0881 → 17.72025 (+10.63215)",
            drift="warned 2024-10: 40,117,190,115 → 16,046,875,801 (-24,070,314,314)",
        ),
    ),
    Fault(
        "yuan under a dollar header",
        arrives(OCTOBER, scaled(7.0881)),
        fails(
            additivity=(
                "failed 2024-10: 40,117,190,115 → 284,354,654,953 (+244,237,464,838); warned 2024-10: 0 → 24 (+24)"
            ),
            totals="failed 2024-10: 0.6 → 10.347884 (+9.747884)",
            quoted_growth="failed 2024-10: 0.6 → 10.347884 (+9.747884)",
            year_to_date="warned 2024-10: 9,610,000,000 → 16,379,150,663 (+6,769,150,663)",
            implied_rate="warned 2024-10: 7.0881 → 1 (-6.0881)",
            drift="warned 2024-10: 0 → 117 (+117)",
        ),
    ),
    Fault(
        "the two quantities exchanged",
        arrives(APRIL, quantities_swapped),
        fails(
            totals=(
                "failed 2024-04: 46,550,000,000 → 1,273,046 (-46,548,726,954); warned 2024-04, 2024-07: "
                "168,100,000,000 → 121,551,273,046 (-46,548,726,954)"
            ),
            year_to_date=("warned 2024-04, 2024-07: 168,100,000,000 → 121,551,273,046 (-46,548,726,954)"),
            drift="warned 2024-04: 0 → 98 (+98)",
        ),
    ),
    Fault(
        "the rows of the United States missing",
        arrives(OCTOBER, lambda rows: [r for r in rows if r[PARTNER] != "502"]),
        fails(
            additivity="warned 2024-10: 0 → 24 (+24)",
            continuity="failed 2024-10: 1 → 0 (-1)",
            totals="failed 2024-10: 0.6 → -1 (-1.6)",
            quoted_growth="failed 2024-10: 0.6 → -1 (-1.6)",
            year_to_date="warned 2024-10: 9,610,000,000 → 8,500,744,912 (-1,109,255,088)",
            drift="warned 2024-10: 619 → 519 (-100)",
            collapse="failed 2024-10: 124,658,495 → 0 (-124,658,495)",
        ),
    ),
    Fault(
        "the last third of the rows missing",
        arrives(OCTOBER, lambda rows: rows[: len(rows) * 2 // 3]),
        fails(
            additivity="warned 2024-10: 0 → 17 (+17)",
            totals="failed 2024-10: 0.6 → 0.583607 (-0.016393)",
            quoted_growth="failed 2024-10: 0.6 → 0.583607 (-0.016393)",
            drift="warned 2024-10: 619 → 414 (-205)",
            collapse="failed 2024-10: 1,456,734 → 0 (-1,456,734)",
        ),
    ),
    Fault(
        "a row of all partners together among partners",
        arrives(MAY_2023, with_partner("000", 0.5)),
        fails(
            domains="failed 2023-05: 0 → 32,661,485,767 (+32,661,485,767)",
            drift="warned 2023-05: 32,661,485,767 → 65,322,971,534 (+32,661,485,767)",
        ),
    ),
    Fault(
        "an unknown partner with 0.6 % of the value in May, 0.4 % in April",
        just_within_and_beyond("000", 0.004, 0.006),
        fails(domains="failed 2023-05: 0 → 197,151,826 (+197,151,826)"),
    ),
    Fault(
        "a partner without a place on the map with 1 % of the value in May, 0.99 % in April",
        unreviewed,
        fails(
            names="failed 2023-04..2024-10: 0 → 3 (+3)",
            dimensions="failed 2024-10: 0 → 1 (+1)",
            domains="failed 2023-05: 0 → 329,913,998 (+329,913,998)",
        ),
    ),
    Fault(
        "a file of six digits off by one dollar", six_digits_off_by_one, fails(additivity="failed 2024-09: 0 → 1 (+1)")
    ),
    Fault(
        "a revision of more than 2 %",
        arrives(MAY_2023, scaled(1.4, "8486")),
        warns(drift="warned 2023-05: 32,661,485,767 → 33,466,364,212 (+804,878,445)"),
    ),
    Fault(
        "a partner's share up by more than ten points",
        arrives(MAY_2023, moved_to_korea),
        warns(drift="warned 2023-05..2023-06: 0 → 0.238012 (+0.238012)"),
    ),
    Fault("a file of one regime that does not print it", one_regime_unprinted, warns(), is_within=True),
    Fault("an older print that arrives late", an_old_print, warns(), is_within=True),
    Fault("an older print declared as the latest", arrives(FIRST_PRINT, same), warns(), is_within=True),
)
