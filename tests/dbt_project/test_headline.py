"""The marts of the headline and of growth: against a plain recount of the series, and after revisions in the middle."""

from __future__ import annotations

import math
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from orchestration.base.months import add_months, format_month, month_range, parse_month
from orchestration.base.settings import Home
from orchestration.landing.store import Landing
from orchestration.releases.headline import headline
from orchestration.releases.query import run_sql
from orchestration.warehouse.dbt import run_dbt
from orchestration.warehouse.nodes import names_of
from tests.conftest import add, query, released, row, together, value
from tests.terminal.test_run import MARTS, fact_hash

BOTH = """
select partner_code, category_code, month, value_usd, quantity, quantity_unit, value_usd_yoy,
  value_usd_rolling_12, value_usd_mean_3, unit_value_usd
from {mart} where category_scheme = '{scheme}'"""


def series_of(release: Path, scheme: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Rows of both series marts in order, by partner and category."""
    marts = ("mart_partner_category_monthly", "mart_category_monthly")
    sql = " union all ".join(BOTH.format(mart=mart, scheme=scheme) for mart in marts) + " order by 1, 2, 3"
    names, rows = run_sql(release, sql)
    found = [dict(zip(names, values, strict=True)) for values in rows]
    return {key: list(group) for key, group in groupby(found, key=lambda r: (r["partner_code"], r["category_code"]))}


def by_key(release: Path, mart: str, scheme: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows of a mart by partner, category and month."""
    names, rows = run_sql(release, f"from {mart} where category_scheme = '{scheme}'")
    found = [dict(zip(names, values, strict=True)) for values in rows]
    return {(r["partner_code"], r["category_code"], r["month"]): r for r in found}


@pytest.mark.parametrize("scheme", ["ic", "ic_type", "hs4"])
def test_runs_records_and_sums_equal_a_plain_recount(sample_release: Path, scheme: str) -> None:
    """Month by month in a loop: every month of the sample is covered in dollars."""
    headlines = by_key(sample_release, together("int_headline_monthly"), scheme)
    n_above = 0
    for key, rows in series_of(sample_release, scheme).items():
        run, since, best, best_month = 0, None, -1, None
        for n, now in enumerate(rows):
            shown, value, month = headlines.pop((*key, now["month"])), now["value_usd"], now["month"]
            run, since = (run + 1, since or month) if value >= 10**9 else (0, None)
            assert (shown["months_at_or_above"], shown["above_since"]) == (run, since)
            assert shown["is_record"] is (None if n < 12 else value > best)
            if value > best:
                best, best_month = value, month
            assert (shown["record_usd"], shown["record_month"], shown["known_months"]) == (best, best_month, n + 1)
            assert round(shown["value_usd_bn"] * 1e9) == value
            n_above += run
            values = {r["month"]: r["value_usd"] for r in rows}
            first = parse_month("2020-01")
            for column, months in (("value_usd_rolling_12", 12), ("value_usd_mean_3", 3)):
                since_then = [add_months(month, -back) for back in range(months)]
                total = sum(values.get(m, 0) for m in since_then) if since_then[-1] >= first else None
                expected = total / 3 if months == 3 and total is not None else total
                assert now[column] == (expected if expected is None else pytest.approx(expected, rel=1e-14))
    assert not headlines and n_above > 50


def test_january_and_february_together(sample_release: Path) -> None:
    """As summed from the months; the leap years 2020 and 2024 are years like the others."""
    values = {r["month"]: r["value_usd"] for r in series_of(sample_release, "ic")[("502", "integrated_circuits")]}
    sql = (
        "select month, jan_feb_usd, jan_feb_usd_yoy from v_ic_headline_by_partner where partner_code = '502' "
        "and (jan_feb_usd is not null or jan_feb_usd_yoy is not null) order by month"
    )
    both = {y: values[parse_month(f"{y}-01")] + values[parse_month(f"{y}-02")] for y in range(2020, 2025)}
    found = run_sql(sample_release, sql)[1]
    assert [(m.month, m.year, total) for m, total, _ in found] == [(2, year, total) for year, total in both.items()]
    for month, total, growth in found:
        assert growth == (None if month.year == 2020 else pytest.approx(total / both[month.year - 1] - 1, rel=1e-12))


@pytest.mark.parametrize("scheme", ["ic", "ic_type", "hs4"])
def test_growth_equals_a_plain_recount(sample_release: Path, scheme: str) -> None:
    """Contributions add up to the growth of all; ranks by sorting; the split where units are alike."""
    growth = by_key(sample_release, together("int_growth_monthly"), scheme)
    series = series_of(sample_release, scheme)
    rows = {(*key, r["month"]): r for key, group in series.items() for r in group}
    assert set(growth) == set(rows)
    n_split = 0
    for category in {c for _, c in series}:
        for month in month_range(parse_month("2020-01"), parse_month("2024-10")):
            mine = {p: rows[p, c, m] for p, c, m in rows if (c, m) == (category, month)}
            shown = {p: growth[p, category, month] for p in mine}
            ranked = sorted((r["value_usd"] for p, r in mine.items() if p not in ("all", "142")), reverse=True)
            for partner, now in mine.items():
                out = partner in ("all", "142") or not now["value_usd"]
                assert shown[partner]["rank_usd"] == (None if out else ranked.index(now["value_usd"]) + 1)
                before = rows.get((partner, category, add_months(month, -12)))
                alike = before and now["quantity_unit"] and before["quantity_unit"] == now["quantity_unit"]
                logs = [shown[partner][f"log_change_{of}"] for of in ("value", "unit_value", "quantity")]
                if before and alike and min(x[m] for x in (now, before) for m in ("value_usd", "quantity")) > 0:
                    n_split += 1
                    ratios = [now[m] / before[m] for m in ("value_usd", "unit_value_usd", "quantity")]
                    assert logs == pytest.approx([math.log(ratio) for ratio in ratios], abs=1e-12)
                else:
                    assert logs == [None] * 3
            parts = [r["contribution_usd_yoy"] for p, r in shown.items() if p != "all"]
            total = shown["all"]["contribution_usd_yoy"] if "all" in shown else None
            assert total == (mine["all"]["value_usd_yoy"] if "all" in mine else None)
            assert sum(parts) == pytest.approx(total, abs=1e-9) if total is not None else not any(parts)
    assert n_split > 500


def test_the_printed_headline_of_the_sample(sample_release: Path) -> None:
    lines, trace = headline(sample_release)
    assert lines == [
        "US chips to China, 2024-10: US$ 1.11 bn, +60 % on a year before",
        "January to 2024-10: US$ 9.61 bn, +42.5 % on a year before",
        "5 months in a row above US$ 1 bn, since 2024-06",
        "9 types of chip",
    ]
    assert trace == "2024-10 502 integrated_circuits --scheme ic --source gacc_sample"


def shown(home: Home, month: str) -> tuple[Any, ...]:
    """Run, its first month, record flag and month of the record of American chips, as published."""
    sql = (
        "select months_at_or_above, strftime(above_since, '%Y-%m'), is_record, strftime(record_month, '%Y-%m') "
        f"from v_ic_headline_by_partner where partner_code = '502' and month = '{month}-01'"
    )
    return query(home, sql)[0]


def received(home: Home, tmp_path: Path, values: dict[str, int], vintage: str) -> str:
    """Publish one more receipt with these dollars by month; its id."""
    rows = [row(month.replace("-", ""), value=str(usd)) for month, usd in values.items() if usd]
    receipt = add(home, tmp_path, rows, months=f"{min(values)}..{max(values)}", vintage=vintage)
    released(home)
    return receipt.receipt_id


@pytest.mark.series("test_a_home_that_has_grown_equals_one_built_from_nothing")
@pytest.mark.own_run("revisions between builds, against a full one")
def test_after_revisions_in_the_middle_it_equals_a_full_rebuild(small: Home, tmp_path: Path) -> None:
    """A run that is broken, a record that is taken away, a month after a gap, one that is emptied and one that goes:
    every mart is built from its month on, and equals its full rebuild.
    """
    months = [format_month(m) for m in month_range(parse_month("2023-01"), parse_month("2024-08"))]
    first = dict.fromkeys(months, 10**9) | {"2023-01": 1_300_000_000, "2023-05": 10**9 - 1, "2024-07": 1_400_000_000}
    received(small, tmp_path, first, "2025-01-20")
    assert shown(small, "2023-05") == (0, None, None, "2023-01")
    assert shown(small, "2024-07") == (14, "2023-06", True, "2024-07")
    assert shown(small, "2024-08") == (15, "2023-06", False, "2024-07")
    revised = received(small, tmp_path, {"2023-10": 5, "2023-11": 2 * 10**9}, "2025-02-20")
    assert shown(small, "2023-10") == (0, None, None, "2023-01")
    assert shown(small, "2024-07") == (9, "2023-11", False, "2023-11")
    last = received(small, tmp_path, {"2024-11": 3 * 10**9}, "2025-04-20")
    assert shown(small, "2024-11") == (1, "2024-11", True, "2024-11")
    Landing(small).withdraw(revised, "a trial")
    Landing(small).withdraw(last, "a trial")
    received(small, tmp_path, {"2023-02": 0}, "2025-05-20")
    assert shown(small, "2024-07") == (14, "2023-06", True, "2024-07")
    assert value(small, "2023-02") == 0 and value(small, "2024-11") is None
    healed = {mart: fact_hash(small, mart) for mart in MARTS}
    assert not run_dbt(small, names_of("marts"), full_refresh=True).failures
    assert len(healed) == 10 and {mart: fact_hash(small, mart) for mart in MARTS} == healed
