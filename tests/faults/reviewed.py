"""Faults of what people review: categories, scopes, printed figures, rates, lists; and of the days of the calendar.

Belongs here: files of the review as the candidate holds them. Not here: the gates' own files (`gate_files`).
"""

from __future__ import annotations

import datetime as dt

from tests.faults.bench import Bench, Inject
from tests.faults.built import sql
from tests.faults.deliveries import OCTOBER, withdrawn
from tests.faults.table import Fault, fails, warns


def figure(change: str, *ids: str) -> Inject:
    """Printed figures reviewed otherwise."""
    names = ", ".join(f"'{name}'" for name in ids)
    return reviewed("control_totals", "fct_control_total", f"set {change} where control_total_id in ({names})")


def scope(change: str, code: str = "integrated_circuits") -> Inject:
    """What a printed line speaks of, reviewed otherwise."""
    return reviewed("control_scopes", "fct_control_total", f"set {change} where scope_code = '{code}'")


def reviewed(seed: str, table: str, change: str) -> Inject:
    """A table of the review changed, what was built of it, and the claims that are held against that."""

    def inject(bench: Bench) -> None:
        bench.sql(f"update {table} {change}")
        bench.review(seed, f"update {seed} {change}")
        bench.claims_anew()

    return inject


def rates(statement: str) -> Inject:
    """Exchange rates reviewed otherwise: SQL on `rates`, whose `month` is text."""

    def inject(bench: Bench) -> None:
        bench.sql(
            statement.replace("month =", "strftime(month, '%Y-%m') =").replace("rates", "fct_exchange_rate_monthly")
        )
        bench.review("exchange_rates", statement.replace("rates", "exchange_rates"))

    return inject


def on(day: str, *, is_open: bool = False) -> Inject:
    """The day of the audit; the dataset of chips may promise every month that comes out."""

    def inject(bench: Bench) -> None:
        bench.today = dt.date.fromisoformat(day)
        if is_open:
            bench.edit_expectations("datasets.yml", _open)

    return inject


def _open(text: str) -> str:
    head, chips = text.split("  sample_chips:\n")
    return f"{head}  sample_chips:\n{chips.replace('last: 2024-10', 'last: open', 1)}"


def code_unlisted(list_year: int) -> Inject:
    """A code that a list does not have."""
    return sql(
        (
            f"update dim_commodity set is_listed = false, list_year = {list_year} "
            "where commodity_code = '85423190' and year = 2024"
        ),
        f"update dim_commodity set list_year = {list_year} where year = 2024",
    )


STORY, YEAR, SEVEN = "story_us_ic_2024_10", "import_us_8542_2023_usd", "import_world_ic_2023_01_07_quantity"
REVIEWED = (
    Fault(
        "parts counted as chips, in the category",
        sql("update dim_category set hs_prefixes = '85423,854290' where category_scheme = 'ic'"),
        fails(
            layers="failed 2023-01..2024-10: 0 → 6 (+6)",
            series="failed 2023-01..2024-10: 0 → 6 (+6)",
            periods="failed 2023-01..2024-10: 0 → 30 (+30)",
            regimes="failed 2023-01..2024-10: 0 → 30 (+30)",
            concentration="failed 2023-01..2024-10: 0 → 12 (+12)",
            restatement="failed 2024-06: 0 → 12 (+12)",
            claim_verdicts="failed 2024-10: 0 → 87 (+87)",
            dimensions="failed 2024-10: 0 → 1 (+1)",
            tariff="failed 2024-10: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "parts counted as chips, in the scope of the printed figures",
        scope("hs = '8542'"),
        warns(
            totals=(
                "not compared 2023-02..2023-04, 2023-06..2023-07, 2023-09, 2023-12, 2024-04, 2024-07: "
                "quantities in other units: Kilogram"
            ),
            year_to_date=(
                "not compared 2023-02..2023-04, 2023-06..2023-07, 2023-09, 2023-12, 2024-04, 2024-07: "
                "quantities in other units: Kilogram"
            ),
        ),
    ),
    Fault(
        "a printed line that speaks of other codes",
        scope("hs = '8541'"),
        fails(
            totals=(
                "failed 2023-02..2023-03, 2023-06..2023-07, 2023-09, 2023-12, 2024-07, 2024-10: "
                "212,000,000,000 → 5,665,273,103 (-206,334,726,897); warned 2023-10: 694,000,000 → 64,563,415"
                " (-629,436,585); not compared 2023-02..2023-04, 2023-06..2023-07, 2023-09, 2023-12, 2024-04,"
                " 2024-07: quantities in other units: Kilogram"
            ),
            quoted_growth="failed 2024-10: 0.6 → 0.168316 (-0.431684)",
            year_to_date=(
                "warned 2023-02..2023-03, 2023-06..2023-07, 2023-09..2023-10, 2023-12, 2024-07, 2024-10: "
                "212,000,000,000 → 5,665,273,103 (-206,334,726,897); not compared 2023-02..2023-04, "
                "2023-06..2023-07, 2023-09, 2023-12, 2024-04, 2024-07: quantities in other units: Kilogram"
            ),
        ),
    ),
    Fault(
        "a printed line whose codes cannot be read",
        scope("hs = '85423 and more'"),
        fails(
            totals=(
                "failed 2024-10: value_usd 1,110,000,000 → —; warned 2020-06, 2020-09, 2020-12, 2021-03, "
                "2021-12, 2022-02..2022-09, 2022-11..2022-12, 2023-02..2023-04, 2023-06..2023-07, "
                "2023-09..2023-10, 2023-12, 2024-04, 2024-07, 2024-11..2024-12, 2025-06, 2026-06..2026-07: "
                "value_local 1,084,220,000,000 → —"
            ),
            year_to_date=(
                "warned 2020-06, 2020-09, 2020-12, 2021-03, 2021-12, 2022-02..2022-03, 2022-05..2022-09, "
                "2022-11..2022-12, 2023-02..2023-04, 2023-06..2023-07, 2023-09..2023-10, 2023-12, 2024-04, "
                "2024-07, 2024-10..2024-12, 2025-06, 2026-06: value_local 1,084,220,000,000 → —"
            ),
        ),
    ),
    Fault(
        "a printed line that nobody has reviewed",
        sql("update fct_control_total set scope_code = null, hs = null where scope_code = 'integrated_circuits'"),
        fails(
            claim_verdicts="failed 2024-10: 0 → 87 (+87)",
            printed="failed 2024-10: 0 → 87 (+87)",
            totals=(
                "failed 2020-01: totals compared nothing of '502 × integrated_circuits' for sample_chips, "
                "which lists it in must_compare"
            ),
        ),
    ),
    Fault(
        "a press error that agrees now",
        figure("value = 37720000000", "import_world_ic_2020_09_usd"),
        warns(implied_rate="warned 2020-09: 6.8106 → 6.81071 (+0.00011)"),
    ),
    Fault(
        "no printed figure at all",
        sql("delete from fct_control_total"),
        fails(
            claim_verdicts="failed 2024-10: 0 → 113 (+113)",
            printed="failed 2024-10: 0 → 113 (+113)",
            totals=(
                "failed 2020-01: totals compared nothing of '502 × integrated_circuits' for sample_chips, "
                "which lists it in must_compare"
            ),
            year_to_date=(
                "failed 2020-01: year_to_date compared nothing for sample_chips, which lists it in must_compare"
            ),
        ),
    ),
    Fault(
        "a headline one percent off",
        figure("value = value * 1.01", STORY),
        fails(totals="failed 2024-10: 1,121,100,000 → 1,111,497,548 (-9,602,452)"),
    ),
    Fault("a headline within its rounding", figure("value = value * 1.005", STORY), warns(), is_within=True),
    Fault(
        "a headline with a slip of its unit",
        figure("value = value / 10, half_unit = half_unit / 10", STORY),
        fails(totals="failed 2024-10: 111,000,000 → 1,111,497,548 (+1,000,497,548)"),
    ),
    Fault(
        "a growth rate printed wrong",
        figure("value = 0.06", f"{STORY}_yoy"),
        fails(
            totals="failed 2024-10: 0.06 → 0.600977 (+0.540977)",
            quoted_growth="failed 2024-10: 0.06 → 0.600977 (+0.540977)",
        ),
    ),
    Fault(
        "a year printed one percent off",
        figure("value = value * 1.01", YEAR),
        warns(
            totals="warned 2023-12: 8,389,989,872.66 → 8,306,920,666 (-83,069,206.66)",
            year_to_date="warned 2023-12: 8,389,989,872.66 → 8,306,920,666 (-83,069,206.66)",
        ),
    ),
    Fault(
        "a year to date one percent off the months printed",
        figure("value = value * 1.01", SEVEN),
        warns(
            totals="warned 2023-07: 272,902,000,000 → 270,160,000,000 (-2,742,000,000)",
            year_to_date="warned 2023-07: 272,902,000,000 → 270,100,000,000 (-2,802,000,000)",
        ),
    ),
    Fault(
        "two digits exchanged in a figure printed in yuan",
        figure("value = 392070000000", "import_world_ic_2023_01_02_cny"),
        warns(implied_rate="warned 2023-02: 6.8142 → 8.202301 (+1.388101)"),
    ),
    Fault(
        "a month without an exchange rate",
        rates("delete from rates where month = '2024-10'"),
        warns(implied_rate="not compared 2024-10: no exchange rate is known for all months of the period"),
    ),
    Fault(
        "an exchange rate ten percent off",
        rates("update rates set cny_per_usd = cny_per_usd * 1.1 where month = '2024-10'"),
        warns(implied_rate="warned 2024-10: 7.79691 → 7.0881 (-0.70881)"),
    ),
    Fault(
        "no exchange rate at all",
        rates("delete from rates"),
        fails(
            implied_rate=(
                "failed 2020-01: implied_rate compared nothing for sample_chips, which lists it in "
                "must_compare; not compared 2020-09, 2022-08..2022-09, 2023-02, 2023-12, 2024-08..2024-10: "
                "no exchange rate is known for all months of the period"
            )
        ),
    ),
    Fault(
        "two years' codes mixed: one that the list of its year lacks",
        code_unlisted(2024),
        fails(
            tariff="failed 2024-10: 0 → 24 (+24)",
            domains="failed 2024-01..2024-10: 0 → 138,004,095,558 (+138,004,095,558)",
        ),
    ),
    Fault(
        "a code that the list of an earlier year lacks",
        code_unlisted(2020),
        fails(
            tariff="failed 2024-10: 0 → 1 (+1)",
            domains="warned 2024-01..2024-10: 0 → 138,004,095,558 (+138,004,095,558)",
        ),
    ),
    Fault(
        "a category without a line that took over from one of its own",
        sql(
            "update dim_commodity set list_year = 2024 where year = 2024",
            "update dim_category_line set is_broken = true, broken_by = '85423120', broken_in = '2024' "
            "where category_code = 'processors_controllers' and commodity_code = '85423119'",
        ),
        fails(
            tariff="failed 2024-10: 0 → 24 (+24)",
            domains="warned 2024-01: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a large partner without a place on the map",
        sql("update dim_partner set partner_iso3 = null where partner_code = '143'"),
        fails(
            names="failed 2023-01..2024-10: 0 → 113 (+113)",
            dimensions="failed 2024-10: 0 → 1 (+1)",
            domains="failed 2023-01..2024-10: 0 → 88,712,018,200 (+88,712,018,200)",
        ),
    ),
    Fault(
        "the last month withdrawn, long after it was due",
        withdrawn(OCTOBER),
        warns(
            totals="not compared 2024-10: 1 month(s) of its period are not covered",
            year_to_date="not compared 2024-10: 1 month(s) of its period are not covered",
            freshness="warned 2024-10: 1 → 0 (-1)",
        ),
    ),
    Fault("a month missing on the day before it is due", on("2024-12-19", is_open=True), warns(), is_within=True),
    Fault(
        "a month missing on the day on which it is due",
        on("2024-12-20", is_open=True),
        warns(freshness="warned 2024-11: 1 → 0 (-1)"),
    ),
    Fault(
        "two months missing at the end of February, in which nothing comes out",
        on("2025-02-28", is_open=True),
        warns(freshness="warned 2024-11: 2 → 0 (-2)"),
    ),
    Fault(
        "four months missing in March, when January and February come out",
        on("2025-03-20", is_open=True),
        warns(freshness="warned 2024-11: 4 → 0 (-4)"),
    ),
)
