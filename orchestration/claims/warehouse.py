"""From the build database to the table of claims: only the series that claims need leave it.

Belongs here: SQL on `int_known_value`, `int_known_coverage`, `fct_control_total`, `dim_category` and `dim_source`. Not
here: any judgement.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.base.plain import printable
from orchestration.claims.declared import ClaimOf, Equals
from orchestration.claims.evaluate import Categories, Result, as_row, evaluate, needed
from orchestration.claims.measures import kind_of, shown
from orchestration.claims.series import KEY_COLUMNS, History, Key, in_words
from orchestration.claims.subject import spoken_of
from orchestration.sources.catalogue import TRADE

CONTROL_TOTAL = "control_total:"
#: Several schemes may have a category of just these codes; the first of these names it.
SCHEMES = ["all", "ic", "ic_type", "ic_line", "hs2", "hs4", "electronics"]
CONTROL_TOTALS = """
with named as (
  select hs_prefixes, code_system, category_scheme, category_code from dim_category
  qualify row_number() over (
    partition by hs_prefixes
    order by list_position($schemes, category_scheme) nulls last, category_scheme, category_code
  ) = 1
)
select
  t.control_total_id, t.title, t.publisher, t.vintage, t.reference, t.remark, t.reporter, t.partner_system, t.flow,
  t.partner_code, n.category_scheme, n.category_code, t.measure, t.unit, t.period_from, t.period_to, t.value,
  t.half_unit, t.grade
from fct_control_total as t
inner join named as n
  on n.hs_prefixes = if(t.hs = 'all', '', t.hs) and (n.code_system is null or n.code_system = t.partner_system)
where t.regime_group is null and t.partner_code is not null and not t.is_aggregate and t.value is not null
  and t.half_unit is not null
  and t.measure in ('value_usd', 'value_local', 'quantity', 'value_usd_yoy', 'value_local_yoy')
order by t.control_total_id"""
KNOWN = """
select k.source, k.reporter, k.flow, k.partner_code, k.category_scheme, k.category_code, k.month, k.known_from,
  k.known_to, k.value_usd, k.value_local, k.quantity, k.quantity_unit
from int_known_value as k
semi join needed_series as n using (source, reporter, flow, partner_code, category_scheme, category_code)
-- What the join says already, in a form that reaches the rows of the marts.
where list_contains($sources, k.source) and list_contains($reporters, k.reporter)
  and list_contains($partners, k.partner_code) and list_contains($schemes, k.category_scheme)
  and list_contains($categories, k.category_code)"""
COVERED = """
select c.source, c.reporter, c.flow, c.partner_code, c.category_scheme, c.category_code, c.month, c.usd_from,
  c.local_from
from int_known_coverage as c
semi join needed_series as n
  on c.source = n.source and c.reporter = n.reporter and c.flow = n.flow and c.partner_code in (n.partner_code, '*')
  and c.category_scheme = n.category_scheme and c.category_code = n.category_code
where list_contains($sources, c.source) and list_contains($reporters, c.reporter)
  and list_contains($partners || ['*'], c.partner_code) and list_contains($schemes, c.category_scheme)
  and list_contains($categories, c.category_code)"""
_NUMBER, _TEXT = pa.decimal128(24, 6), pa.string()
SCHEMA = pa.schema(
    {
        **dict.fromkeys(("claim_id", "text", "publisher"), _TEXT),
        "published_on": pa.date32(),
        **dict.fromkeys(("address", "remark", "source", "reporter", "flow", "partner_code"), _TEXT),
        **dict.fromkeys(("category_scheme", "category_code", "measure", "unit", "comparison"), _TEXT),
        **dict.fromkeys(("period_from", "period_to"), pa.date32()),
        **dict.fromkeys(("value", "half_unit", "range_low", "range_high"), _NUMBER),
        **{
            f"{what}_{when}": _NUMBER if what == "actual" else _TEXT
            for when in ("then", "now")
            for what in ("verdict", "actual", "detail")
        },
        **dict.fromkeys(("months_used", "trace"), _TEXT),
    }
)


def findings(con: duckdb.DuckDBPyConnection, claims: Mapping[str, ClaimOf]) -> pa.Table:
    """The reviewed claims and all control totals of a category, put to the test: the columns of `mart_claim`.

    A reviewed claim on a source that is not held, nor a sample of it, is nobody's to answer, and left out.
    """
    held = {source for (source,) in con.execute("select source from dim_source").fetchall()}
    answered = {name: claim for name, claim in claims.items() if claim.answered_by(held) in held}
    results = put_to_the_test(con, {**answered, **control_totals(con)})
    return pa.Table.from_pylist([as_row(result) for result in results], schema=SCHEMA)


def put_to_the_test(con: duckdb.DuckDBPyConnection, claims: Mapping[str, ClaimOf]) -> list[Result]:
    """Claims against what this database knows of the sources that answer them."""
    held = {source for (source,) in con.execute("select source from dim_source").fetchall()}
    claims = {name: claim.model_copy(update={"source": claim.answered_by(held)}) for name, claim in claims.items()}
    categories = read_categories(con, {claim.source for claim in claims.values()})
    series = needed(claims.values(), categories)
    columns = Key(*(zip(*sorted(series), strict=True) if series else ((),) * len(KEY_COLUMNS)))
    con.register("needed_series", pa.table([pa.array(c, _TEXT) for c in columns], list(KEY_COLUMNS)))
    names = {
        "sources": columns.source,
        "reporters": columns.reporter,
        "partners": columns.partner,
        "schemes": columns.scheme,
        "categories": columns.category,
    }
    asked = {name: sorted(set(of)) for name, of in names.items()}
    try:
        # Whole numbers that may be absent stay whole numbers: as floats they would lose digits.
        known, covered = (
            con.execute(sql, asked).to_arrow_table().to_pandas(integer_object_nulls=True, date_as_object=True)
            for sql in (KNOWN, COVERED)
        )
    finally:
        con.unregister("needed_series")
    return evaluate(claims, History(known, covered), categories)


def read_categories(con: duckdb.DuckDBPyConnection, sources: Collection[str]) -> Categories:
    """The categories of these sources with their prefixes; national lines are those of the source's own tariff."""
    columns = "category_scheme, category_code, hs_prefixes, code_system"
    rows = con.execute(f"select {columns} from dim_category").fetchall()
    return {
        (source, scheme, code): tuple(prefixes.split(","))
        for source in sorted(sources)
        for scheme, code, prefixes, system in rows
        if system in (None, TRADE[source].code_system)
    }


def control_totals(con: duckdb.DuckDBPyConnection) -> dict[str, ClaimOf]:
    """Printed totals whose scope is a category, as claims; the gate `totals` looks at the others."""
    cursor = con.execute(CONTROL_TOTALS, {"schemes": SCHEMES})
    names = [column[0] for column in cursor.description or ()]
    return {
        f"{CONTROL_TOTAL}{row['control_total_id']}": _as_claim(row)
        for row in (dict(zip(names, values, strict=True)) for values in cursor.fetchall())
    }


def _as_claim(row: Mapping[str, Any]) -> Equals:
    """Not validated: what a page prints is a finding, whatever it is, and no mistake of the review."""
    unit = row["unit"] if row["measure"] == "quantity" else None
    source = spoken_of(row["reporter"], row["partner_system"])
    words = shown(row["value"], row["measure"])
    if kind_of(row["measure"]) == "amount":
        words += f" {in_words(row['measure'], unit, source)}"
    said = {key: row[key] and printable(str(row[key])) for key in ("title", "publisher", "reference", "remark")}
    return Equals.model_construct(
        text=f"{said['title']}: {words}",
        publisher=said["publisher"],
        published_on=row["vintage"],
        address=said["reference"],
        remark=said["remark"],
        is_known_error=row["grade"] == "D",
        source=source,
        reporter=row["reporter"],
        flow=row["flow"],
        partner=row["partner_code"],
        scheme=row["category_scheme"],
        category=row["category_code"],
        measure=row["measure"],
        unit=unit,
        comparison="equals",
        period=(row["period_from"], row["period_to"]),
        value=row["value"],
        half_unit=row["half_unit"],
    )
