"""Faults of the build database: facts, quarantine, marts and coverage changed behind the models' back.

Belongs here: what a wrong model or a hand would leave there. Not here: tables of the review (`reviewed`).
"""

from __future__ import annotations

from tests.faults.bench import Bench, Inject
from tests.faults.deliveries import MAY_2023, arrives, with_partner
from tests.faults.table import Fault, fails

CELL = "commodity_code = '85423190' and partner_code = '502' and month ="
LINE = "commodity_code = '85423190' and month = '2023-05-01'"


def sql(*statements: str) -> Inject:
    """The build database changed."""
    return lambda bench: bench.sql(*statements)


def quarantine_emptied(bench: Bench) -> None:
    """Rows were held back, and are gone."""
    arrives(MAY_2023, with_partner("000", 0.004))(bench)
    bench.sql("delete from quarantine")


BUILT = (
    Fault(
        "a column of another type",
        sql("create or replace table dim_month as select * replace (year::bigint as year) from dim_month"),
        fails(shape="failed 2024-10: 0 → 1 (+1)"),
    ),
    Fault(
        "one dollar more in the fact, beside a file of all partners",
        sql(f"update fct_trade_monthly set value_usd = value_usd + 1 where {CELL} '2024-10-01'"),
        fails(
            layers="failed 2024-10: 0 → 1 (+1)",
            additivity="failed 2024-10: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "one dollar more in the fact, beside a file of six digits",
        sql(f"update fct_trade_monthly set value_usd = value_usd + 1 where {CELL} '2024-09-01'"),
        fails(
            layers="failed 2024-09: 0 → 1 (+1)",
            additivity="failed 2024-09: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "one yuan more in the fact",
        sql(f"update fct_trade_monthly set value_local = value_local + 1 where {CELL} '2024-08-01'"),
        fails(
            layers="failed 2024-08: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "one dollar less in the fact of all partners",
        sql("update fct_trade_world_monthly set value_usd = value_usd - 1 where commodity_code = '85423190'"),
        fails(
            layers="failed 2024-10: 40,117,190,115 → 40,117,190,114 (-1)",
            additivity="failed 2024-10: 40,117,190,114 → 40,117,190,115 (+1)",
        ),
    ),
    Fault(
        "one dollar more in a mart",
        sql(
            "update mart_category_monthly set value_usd = value_usd + 1 where category_scheme = 'ic' "
            "and month = '2023-05-01'"
        ),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-05..2024-04: 0 → 1 (+1)",
            derived_marts="failed 2023-05: 28,457,679,368 → 28,457,679,367 (-1)",
            growth="failed 2023-05: 0 → 1 (+1)",
            periods="failed 2023-05..2024-10: 0 → 3 (+3)",
            regimes="failed 2023-05: 0 → 5 (+5)",
            claim_verdicts="failed 2024-10: 0 → 4 (+4)",
        ),
    ),
    Fault(
        "eight million dollars less in the headline's cell",
        sql(f"update fct_trade_monthly set value_usd = value_usd - 8000000 where {CELL} '2024-10-01'"),
        fails(
            layers="failed 2024-10: 0 → 1 (+1)",
            concentration="failed 2024-10: 0 → 5 (+5)",
            additivity="failed 2024-10: 0 → 1 (+1)",
            totals="failed 2024-10: 0.6 → 0.589454 (-0.010546)",
        ),
    ),
    Fault(
        "a month lost in the fact",
        sql("delete from fct_trade_monthly where month = '2023-05-01'"),
        fails(
            layers="failed 2023-05: 0 → 54 (+54)",
            series="failed 2023-05: 0 → 168 (+168)",
            periods="failed 2023-05..2024-04: 0 → 504 (+504)",
            concentration="failed 2023-05: 0 → 288 (+288)",
            continuity="failed 2023-05: 1 → 0 (-1)",
            totals=(
                "failed 2024-10: 0.425 → 0.581054 (+0.156054); warned 2023-06..2023-07, 2023-09..2023-10, "
                "2023-12: 227,700,000,000 → 187,084,647,048 (-40,615,352,952)"
            ),
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09..2023-10, 2023-12: 227,700,000,000 → 187,084,647,048 "
                "(-40,615,352,952)"
            ),
            drift="warned 2023-05: 144 → 0 (-144)",
        ),
    ),
    Fault(
        "a partner twice in the fact",
        sql("insert into fct_trade_monthly from fct_trade_monthly where partner_code = '143' and month = '2023-05-01'"),
        fails(
            layers="failed 2023-05: 0 → 9 (+9)",
            series="failed 2023-05: 0 → 23 (+23)",
            periods="failed 2023-05..2024-04: 0 → 84 (+84)",
            concentration="failed 2023-05: 0 → 24 (+24)",
            totals=("warned 2023-06..2023-07, 2023-09, 2023-12: 162,600,000,000 → 172,119,394,926 (+9,519,394,926)"),
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09, 2023-12: 162,600,000,000 → 172,119,394,926 (+9,519,394,926)"
            ),
        ),
    ),
    Fault(
        "a row TOTAL in the fact",
        sql(
            "insert into fct_trade_monthly by name select "
            "any_value(columns('^(source|reporter|flow|unit_1|receipt_id.*)$')), month, 'TOTAL' as "
            "commodity_code, '000' as partner_code, sum(value_usd) as value_usd, 1 as source_rows from "
            "fct_trade_monthly where month = '2023-05-01' group by month"
        ),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            domains="failed 2023-05: 0 → 32,661,485,767 (+32,661,485,767)",
        ),
    ),
    Fault(
        "two partners exchanged in the fact",
        sql(
            "update fct_trade_monthly set partner_code = if(partner_code = '143', '133', '143') where "
            "partner_code in ('143', '133') and commodity_code = '85423190' and month = '2023-05-01'"
        ),
        fails(
            layers="failed 2023-05: 0 → 2 (+2)",
            facts="failed 2023-05: 0 → 2 (+2)",
            series="failed 2023-05: 0 → 8 (+8)",
            periods="failed 2023-05..2024-04: 0 → 30 (+30)",
            concentration="failed 2023-05: 0 → 10 (+10)",
        ),
    ),
    Fault(
        "imports as exports in the fact",
        sql("update fct_trade_monthly set flow = 'export' where month = '2023-05-01'"),
        fails(
            layers="failed 2023-05: 0 → 32,661,485,767 (+32,661,485,767)",
            facts="failed 2023-05: 0 → 144 (+144)",
            series="failed 2023-05: 0 → 168 (+168)",
            periods="failed 2023-05..2024-04: 0 → 504 (+504)",
            concentration="failed 2023-05: 0 → 288 (+288)",
            continuity="failed 2023-05: 1 → 0 (-1)",
            totals=(
                "failed 2024-10: 0.425 → 0.581054 (+0.156054); warned 2023-06..2023-07, 2023-09..2023-10, "
                "2023-12: 227,700,000,000 → 187,084,647,048 (-40,615,352,952)"
            ),
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09..2023-10, 2023-12: 227,700,000,000 → 187,084,647,048 "
                "(-40,615,352,952)"
            ),
            drift="warned 2023-05: 144 → 0 (-144)",
        ),
    ),
    Fault(
        "dollars and yuan exchanged in the fact",
        sql("update fct_trade_monthly set value_usd = value_local, value_local = value_usd where month = '2024-08-01'"),
        fails(
            layers="failed 2024-08: 0 → 54 (+54)",
            concentration="failed 2024-08: 0 → 24 (+24)",
            totals="failed 2024-10: 0.425 → 1.395944 (+0.970944)",
            year_to_date="warned 2024-10: 9,610,000,000 → 16,159,893,294 (+6,549,893,294)",
            implied_rate="warned 2024-08: 7.1475 → 0.139909 (-7.007591)",
            drift="warned 2024-08: 0 → 120 (+120)",
        ),
    ),
    Fault(
        "no value in a cell of the fact",
        sql(f"update fct_trade_monthly set value_usd = null where {CELL} '2023-05-01'"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-05: 0 → 5 (+5)",
            concentration="failed 2023-05: 0 → 7 (+7)",
            totals=(
                "failed 2024-10: 0.425 → 0.517311 (+0.092311); warned 2023-06, 2023-10, 2023-12: "
                "6,744,000,000 → 6,335,051,915 (-408,948,085)"
            ),
            year_to_date="warned 2023-06, 2023-10, 2023-12: 6,744,000,000 → 6,335,051,915 (-408,948,085)",
        ),
    ),
    Fault(
        "no partner in a cell of the fact",
        sql(f"update fct_trade_monthly set partner_code = null where {CELL} '2023-05-01'"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-05: 0 → 5 (+5)",
            periods="failed 2023-05..2024-04: 0 → 15 (+15)",
            concentration="failed 2023-05: 0 → 7 (+7)",
            domains="failed 2023-05: 0 → 409,635,825 (+409,635,825)",
            totals=(
                "failed 2024-10: 0.425 → 0.517311 (+0.092311); warned 2023-10, 2023-12: 6,744,000,000 → "
                "6,335,051,915 (-408,948,085)"
            ),
            year_to_date="warned 2023-10, 2023-12: 6,744,000,000 → 6,335,051,915 (-408,948,085)",
        ),
    ),
    Fault(
        "a negative value in the fact",
        # The table of the models refuses it: CHECK.
        sql(
            "create or replace table fct_trade_monthly as select * replace "
            f"(if({CELL} '2023-05-01', -value_usd, value_usd) as value_usd) from fct_trade_monthly"
        ),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-05: 0 → 5 (+5)",
            concentration="failed 2023-05: 0 → 7 (+7)",
            continuity="failed 2023-05: 1 → 0 (-1)",
            totals=(
                "failed 2024-10: 0.425 → 0.622205 (+0.197205); warned 2023-06..2023-07, 2023-09..2023-10, "
                "2023-12: 6,744,000,000 → 5,925,416,090 (-818,583,910)"
            ),
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09..2023-10, 2023-12: 6,744,000,000 → 5,925,416,090 (-818,583,910)"
            ),
        ),
    ),
    Fault(
        "a series that is never zero at zero",
        sql(
            "delete from fct_trade_monthly "
            "where partner_code = '502' and commodity_code like '85423%' and month = '2023-05-01'"
        ),
        fails(
            layers="failed 2023-05: 0 → 9 (+9)",
            series="failed 2023-05: 0 → 16 (+16)",
            periods="failed 2023-05..2024-04: 0 → 48 (+48)",
            concentration="failed 2023-05: 0 → 30 (+30)",
            continuity="failed 2023-05: 1 → 0 (-1)",
            totals=(
                "failed 2024-10: 0.425 → 0.581054 (+0.156054); warned 2023-06..2023-07, 2023-09..2023-10, "
                "2023-12: 6,744,000,000 → 6,079,640,444 (-664,359,556)"
            ),
            year_to_date=(
                "warned 2023-06..2023-07, 2023-09..2023-10, 2023-12: 6,744,000,000 → 6,079,640,444 (-664,359,556)"
            ),
        ),
    ),
    Fault(
        "known rows held back",
        sql(
            (
                "insert into quarantine by name select source, reporter, flow, month, commodity_code, '000' as "
                "partner_code, value_usd, receipt_id, 1 as line, 'unknown partner 000' as reason from "
                f"fct_trade_monthly where {CELL} '2023-05-01'"
            ),
            f"delete from fct_trade_monthly where {CELL} '2023-05-01'",
        ),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-05: 0 → 5 (+5)",
            periods="failed 2023-05..2024-04: 0 → 15 (+15)",
            concentration="failed 2023-05: 0 → 7 (+7)",
            domains="failed 2023-05: 0 → 409,635,825 (+409,635,825)",
            totals=(
                "failed 2024-10: 0.425 → 0.517311 (+0.092311); warned 2023-06, 2023-10, 2023-12: "
                "6,744,000,000 → 6,335,051,915 (-408,948,085)"
            ),
            year_to_date="warned 2023-06, 2023-10, 2023-12: 6,744,000,000 → 6,335,051,915 (-408,948,085)",
        ),
    ),
    Fault(
        "the quarantine emptied",
        quarantine_emptied,
        fails(
            layers="failed 2023-05: 32,792,656,393 → 32,661,485,767 (-131,170,626)",
            regimes="failed 2023-05: 0 → 10 (+10)",
        ),
    ),
    Fault(
        "a unit value five times the usual one",
        sql(f"update fct_trade_monthly set quantity_1 = quantity_1 // 6 where {CELL} '2023-11-01'"),
        fails(
            facts="failed 2023-11: 0 → 1 (+1)",
            series="failed 2023-11: 0 → 4 (+4)",
            drift="warned 2023-11: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a mart row lost",
        sql(
            "delete from mart_partner_category_monthly where partner_code = '502' and category_code = "
            "'memory' and month = '2023-05-01'"
        ),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-06..2024-10: 0 → 1 (+1)",
            derived_marts="failed 2023-05: 23 → 24 (+1)",
            headline="failed 2023-05: 0 → 1 (+1)",
            records="failed 2023-05: 0 → 1 (+1)",
            growth="failed 2023-05, 2023-07..2024-05: 0 → 1 (+1)",
            periods="failed 2023-05..2024-10: 0 → 3 (+3)",
            regimes="failed 2023-05: 0 → 5 (+5)",
            concentration="failed 2023-05: 0 → 3 (+3)",
            blocs="failed 2023-05..2023-12, 2024-05..2024-10: 0 → 2 (+2)",
            collapse="failed 2023-05: 99,291,741 → 0 (-99,291,741)",
        ),
    ),
    Fault(
        "a mart row too many",
        sql(
            "insert into mart_category_monthly by name select * replace (date '2024-11-01' as month) "
            "from mart_category_monthly where category_scheme = 'ic' and month = '2024-10-01'"
        ),
        fails(
            layers="failed 2024-11: 0 → 1 (+1)",
            series="failed 2024-11: 0 → 1 (+1)",
            derived_marts="failed 2024-11: 1 → 0 (-1)",
        ),
    ),
    Fault(
        "a zero for what is not known",
        sql(
            "update mart_partner_category_monthly set value_local = 0 where partner_code = '502' and "
            "category_scheme = 'ic' and month = '2023-05-01'"
        ),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 5 (+5)",
        ),
    ),
    Fault(
        "nothing for what is known",
        sql("update mart_category_monthly set value_usd = null where category_scheme = 'ic' and month = '2023-05-01'"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            series="failed 2023-05..2024-10: 0 → 6 (+6)",
            derived_marts="failed 2023-05: 0 → 28,457,679,367 (+28,457,679,367)",
            headline="failed 2023-05: 0 → 1 (+1)",
            records="failed 2023-05: 0 → 1 (+1)",
            growth="failed 2023-05, 2024-05: 0 → 6 (+6)",
            periods="failed 2023-05..2024-10: 0 → 18 (+18)",
            regimes="failed 2023-05: 0 → 5 (+5)",
            concentration="failed 2023-05: 0 → 4 (+4)",
            blocs="failed 2023-05: 0 → 4 (+4)",
            claim_verdicts="failed 2024-10: 0 → 4 (+4)",
        ),
    ),
    Fault(
        "one dollar more in the headline",
        sql(
            "update int_headline_monthly set value_usd_bn = value_usd_bn + 1e-9 where partner_code = '502' and "
            "category_scheme = 'ic' and month = '2023-05-01'"
        ),
        fails(
            derived_marts="failed 2023-05: 28,457,679,367 → 28,457,679,368 (+1)",
            headline="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a headline kept from before a revision",
        sql(
            "update int_headline_monthly set value_usd_bn = value_usd_bn * 0.9 where month >= '2024-06-01' and "
            "partner_code in ('502', 'all')"
        ),
        fails(
            derived_marts="failed 2024-06..2024-10: 489,078,042 → 440,170,237 (-48,907,805)",
            headline="failed 2024-06..2024-10: 0 → 28 (+28)",
        ),
    ),
    Fault(
        "a partner lost in the growth",
        sql("delete from int_growth_monthly where partner_code = '143' and month = '2023-05-01'"),
        fails(derived_marts="failed 2023-05: 28,457,679,367 → 18,938,300,488 (-9,519,378,879)"),
    ),
    Fault(
        "nothing for what is known, in the growth",
        sql("update int_growth_monthly set value_usd = null where partner_code = '502' and month = '2023-05-01'"),
        fails(
            derived_marts="failed 2023-05: 12 → 10 (-2)",
            growth="failed 2023-05: 0 → 28 (+28)",
        ),
    ),
    Fault(
        "a quarter kept from before a revision",
        sql(
            "update int_period set value_usd = value_usd - 8000000 where partner_code = '502' and "
            "category_scheme = 'ic' and period = '2024-Q3'"
        ),
        fails(periods="failed 2024-09: 0 → 1 (+1)"),
    ),
    Fault(
        "a quarter that is not over, in the month before",
        sql("update int_period set month = '2024-09-01' where category_scheme = 'ic' and period = '2024-Q4'"),
        fails(periods="failed 2024-09..2024-10: 0 → 6 (+6)"),
    ),
    Fault(
        "a sentence that no figure bears",
        sql(
            "update int_mover_monthly set sentence = replace(sentence, 'up 60 %', 'up 90 %') "
            "where category_scheme = 'ic'"
        ),
        fails(movers="failed 2024-10: 0 → 1 (+1)"),
    ),
    Fault(
        "nothing new in a month",
        sql("delete from int_mover_monthly where month = '2024-10-01' and category_scheme = 'ic'"),
        fails(movers="failed 2024-10: 7 → 6 (-1)"),
    ),
    Fault(
        "coverage that no receipt gives",
        sql(
            "update int_series_coverage set covered_local = true where category_scheme = 'ic' and month = "
            "'2023-05-01' and partner_code = '502'"
        ),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            coverage="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
)
