"""Whatever somebody edits in a published table is found, and told by table, column and month.

What people quote is recomputed by the gates (docs/decisions.md); the faults of what is built are in `tests/faults`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.base.settings import Home
from orchestration.gates.audit import audit
from orchestration.gates.judge import GateBrokenError
from orchestration.releases.database import DATABASE
from orchestration.releases.publish import subject_of
from orchestration.releases.store import Releases
from tests.conftest import many
from tests.gates.edits import Edited, Found, opened
from tests.gates.looking import only

OCTOBER = "month = date '2024-10-01'"
#: A table with these columns is kept by month; whichever rows are edited, the keys tell them.
KEYS = {"source", "reporter", "flow", "month", "partner_code", "commodity_code", "category_scheme", "category_code",
        "bloc_code", "regime_code", "dimension", "known_from", "period_type"}  # fmt: skip
#: The same of single tables, whose columns of these names are keys nowhere else.
OWN_KEYS = {"dim_bloc_member": {"partner_iso3", "valid_from"}, "dim_commodity": {"year"},
            "dim_measure": {"measure"}, "dim_province": {"province_code"}, "fct_control_total": {"control_total_id"},
            "mart_category_mover_monthly": {"reason"}, "mart_claim": {"claim_id"},
            "mart_partner_category_mover_monthly": {"reason"}}  # fmt: skip
#: By gate and table the edits of single columns: what is put there, and in which rows.
EDITS: dict[str, tuple[str, str, str, str, str]] = {
    "a quantity doubled": ("facts", "fct_trade_monthly", "quantity_1", "quantity_1 * 2", OCTOBER),
    "no second quantity": ("facts", "fct_trade_monthly", "quantity_2", "0", OCTOBER),
    "grams for kilograms": ("facts", "fct_trade_monthly", "unit_2", "'Gram'", OCTOBER),
    "another receipt": ("facts", "fct_trade_monthly", "receipt_id", "'r000001-00000000'", OCTOBER),
    "a category's quantity tripled": ("series", "mart_category_monthly", "quantity", "quantity * 3", OCTOBER),
    "growth turned round": (
        "series", "mart_partner_category_monthly", "value_usd_yoy", "-value_usd_yoy", OCTOBER),
    "another share": ("series", "mart_partner_category_monthly", "partner_share_usd", "0.5", OCTOBER),
    "Japan for every partner": ("names", "mart_partner_category_headline_monthly", "partner_name", "'Japan'", OCTOBER),
    "two countries' codes exchanged": (
        "dimensions", "dim_partner", "partner_iso3",
        "case partner_iso3 when 'USA' then 'JPN' when 'JPN' then 'USA' else partner_iso3 end", "true"),
    "percents beyond belief": ("headline", "mart_category_headline_monthly", "yoy_percent", "999", OCTOBER),
    "a longer streak": (
        "records", "mart_partner_category_headline_monthly", "months_at_or_above", "months_at_or_above + 12", OCTOBER),
    "first of all": ("growth", "mart_partner_category_growth_monthly", "rank_usd", "1", OCTOBER),
    "a dear month forgotten": (
        "growth", "mart_partner_category_growth_monthly", "is_unit_value_unusual", "true", OCTOBER),
    "a quarter called a year": ("periods", "mart_category_period", "is_complete", "true", OCTOBER),
    "another base": (
        "periods", "mart_partner_category_period", "value_usd_year_before", "value_usd", OCTOBER),
    "a sentence of another month": (
        "movers", "mart_partner_category_mover_monthly", "sentence", "replace(sentence, 'October', 'May')", OCTOBER),
    "ten times a regime": ("regimes", "mart_category_regime_monthly", "value_usd", "value_usd * 10", OCTOBER),
    "the whole is the bloc's": ("blocs", "mart_bloc_category_monthly", "bloc_share_usd", "1", OCTOBER),
    "another largest part": ("concentration", "mart_category_concentration_monthly", "largest_code", "'999'", OCTOBER),
    "never restated": (
        "restatement", "mart_partner_category_restatement", "change_usd", "0", "month = date '2024-06-01'"),
    "confirmed": ("claim_verdicts", "mart_claim", "verdict_now", "'confirmed'", "true"),
    "one day a month": ("dimensions", "dim_month", "days_in_month", "1", "true"),
    "beans": ("tariff", "dim_commodity", "commodity_name", "'Soya beans'", "true"),
    "because": ("coverage", "mart_partner_category_coverage", "reason", "'because'", OCTOBER),
    "real": ("names", "mart_category_monthly", "is_synthetic", "false", OCTOBER),
    "a category called otherwise": ("dimensions", "dim_category", "category_name", "'Soya beans'", "true"),
    "no headline": ("printed", "fct_control_total", "is_headline", "false", "true"),
    "a dearer dollar": ("dimensions", "fct_exchange_rate_monthly", "cny_per_usd", "cny_per_usd * 1.01", "true"),
}  # fmt: skip
FEW = ("grams for kilograms", "growth turned round", "a longer streak", "first of all", "because", "no headline",
       "confirmed", "another largest part", "never restated", "two countries' codes exchanged",
       "the whole is the bloc's", "ten times a regime", "Japan for every partner", "another base",
       "a sentence of another month")  # fmt: skip


@pytest.fixture(scope="module")
def edited(sample_home: Home) -> Iterator[Edited]:
    """The sample's release before the eyes of the gates."""
    with opened(sample_home) as release:
        yield release


@pytest.mark.series
@pytest.mark.parametrize("name", many(FEW, tuple(EDITS)))
def test_an_edit_is_told_by_table_column_and_month(edited: Edited, name: str) -> None:
    """By the gate that recomputes the column, and in the months that were edited alone."""
    gate, table, column, value, where = EDITS[name]
    found = {f for f in edited.replaced(table, column, value, where, gate) if f.column == column}
    month = where.split("'")[1][:7] if "'" in where else "2024-10"
    assert found == {Found(gate, table, column, month)}


#: What is put into a column of each type, so that it is another in every row; and what exchanges it with another row's.
OTHERWISE = {
    "varchar": "coalesce({c}, '') || 'x'",
    "boolean": "not coalesce({c}, false)",
    "date": "coalesce({c}, date '2020-01-01') + interval 1 month",
}
KINDS = {
    "another": lambda column, kind: OTHERWISE.get(kind, "coalesce({c}, 0) * 2 + 1").format(c=f'"{column}"'),
    "none": lambda column, _: f'nullif("{column}", "{column}")',
}


@pytest.mark.series("test_an_edit_is_told_by_table_column_and_month")
@pytest.mark.parametrize("kind", KINDS)
def test_every_published_column_is_looked_at(edited: Edited, kind: str) -> None:
    """One after the other, whatever is edited in a column of any table is told as that column's; of a key, as rows, or
    by a gate that breaks, which publishes nothing either.
    """
    missed = []
    for table, columns in edited.columns.items():
        if not edited.con.table(table).limit(1).fetchall():
            continue
        is_monthly = {"source", "flow", "month"} <= columns.keys() and not table.endswith(
            ("_restatement", "_mover_monthly")
        )
        where = "month in (date '2024-02-01', date '2024-10-01')" if is_monthly else "true"
        for column, of in columns.items():
            if kind == "none" and not edited.has(table, f'({where}) and "{column}" is not null'):
                continue
            is_key = column in KEYS or column in OWN_KEYS.get(table, ())
            try:
                found = edited.replaced(table, column, KINDS[kind](column, of), where)
            except GateBrokenError as error:
                missed += [] if is_key else [(table, column, str(error))]
                continue
            if not any(f.table == table and (f.column == column or is_key) for f in found):
                missed.append((table, column, ""))
    assert not missed, "\n".join(map(str, missed))


def shapeless(home: Home, tmp_path: Path, *statements: str) -> set[tuple[str | None, str | None]]:
    """What the gate of shapes finds in a copy of the release's file after some statements: table and column."""
    database = Path(shutil.copy(Releases(home).folder() / DATABASE, tmp_path / DATABASE))
    with duckdb.connect(str(database)) as con:
        for statement in statements:
            con.execute(statement)
    subject = subject_of(home, Releases(home).folder())
    report = audit(replace(subject, database=database, expectations=only(tmp_path, "shape")))
    found = report.findings("failed", "broken")
    found = found[found["gate"] == "shape"]
    return set(found[["table_name", "column_name"]].itertuples(index=False, name=None))


def test_the_file_has_the_shape_that_is_declared(sample_home: Home, tmp_path: Path) -> None:
    """A view that doubles, one that is gone, a table that is gone, one too many, another type, and a mark taken off."""
    told = shapeless(
        sample_home,
        tmp_path,
        "create or replace view v_ic_by_partner as select * replace (value_usd * 2 as value_usd) "
        "from mart_partner_category_monthly where category_scheme = 'ic'",
        "drop view v_hs4",
        "create or replace macro category_runs(threshold_usd) as table from mart_category_monthly",
        "drop table mart_category_regime_monthly",
        "create table mart_more as select 1 as value_usd",
        "alter table dim_month alter year type bigint",
        "update release_info set is_synthetic = false, headline = replace(headline, 'five', 'six')",
    )
    assert told == {
        ("v_ic_by_partner", None),
        ("v_hs4", None),
        ("category_runs", None),
        ("mart_category_regime_monthly", None),
        ("mart_more", None),
        ("dim_month", None),
        ("release_info", "is_synthetic"),
        ("release_info", "headline"),
    }


def test_what_is_held_back_without_cause_is_told(edited: Edited) -> None:
    """A row that nothing is wrong with: the cause that is given for it is none, and its cell lacks it."""
    row = (
        "select receipt_id, line, source, reporter, flow, month, hs_code as commodity_code, partner_code, regime_code, "
        f"value as value_usd, 'unknown partner' as reason from raw_row where {OCTOBER} "
        "and currency = 'USD' and feeds = 'partner' limit 1"
    )
    held = f"select * from published.main.quarantine union all by name ({row})"
    found = edited.findings("quarantine", held, "facts")
    assert Found("facts", "quarantine", "reason", "2024-10") in found
    assert Found("facts", "fct_trade_monthly", "source_rows", "2024-10") in found


def test_two_cells_exchanged_are_told(edited: Edited) -> None:
    """Each pair of cells of a month, whose sums stay as they are: of a hundred pairs none is overlooked."""
    cells = "select partner_code, commodity_code, value_usd from fct_trade_monthly where month = date '2024-10-01'"
    rows = edited.con.execute(f"{cells} and value_usd > 0 order by all limit 24").fetchall()
    pairs = [(a, b) for n, a in enumerate(rows) for b in rows[n + 1 :] if a[2] != b[2]]
    for (one, line, value), (other, other_line, other_value) in pairs[:: len(pairs) // many(5, 100)]:
        found = edited.replaced(
            "fct_trade_monthly",
            "value_usd",
            f"case when partner_code = '{one}' and commodity_code = '{line}' then {other_value} "
            f"when partner_code = '{other}' and commodity_code = '{other_line}' then {value} else value_usd end",
            OCTOBER,
            "layers",
        )
        assert Found("layers", "fct_trade_monthly", "value_usd", "2024-10") in found


def test_a_thousand_times_what_is_traded_still_adds_up(edited: Edited) -> None:
    """Sums of a month of US$ 1,000 trillion hold: the gate speaks of what differs, and is not broken."""
    found = edited.replaced("fct_trade_monthly", "value_usd", "value_usd * 30000", OCTOBER)
    assert Found("layers", "fct_trade_monthly", "value_usd", "2024-10") in found
