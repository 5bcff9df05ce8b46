"""Version 2 of the contract says what version 1 said, under its own names: whole tables, by their content hashes.

`version_1.json` holds columns and content of the tables of version 1, of the sample and of the real files. A change of
content that is meant takes the table out of it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import duckdb
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.releases.content import table_content
from orchestration.releases.database import DATABASE
from orchestration.releases.difference import difference
from orchestration.releases.manifest import write_manifest
from orchestration.releases.store import Releases
from orchestration.releases.trace import trace
from tests.conftest import query, together

VERSION_1 = json.loads(Path(__file__).with_name("version_1.json").read_text(encoding="utf-8"))
#: Of which tables a table of version 1 is made, where it is not one alone.
MADE_OF = {
    "dim_bloc_member": "(from dim_bloc_member where partner_iso3 <> 'CHN') as t",
    "dim_month": "dim_month as t left join dim_release_calendar as c using (month)",
    # Partners that never traded had no row.
    "mart_coverage": "(from mart_category_coverage union all from mart_partner_category_coverage) as t",
    # All partners together stood among the partners.
    "mart_concentration_monthly": f"{together('int_concentration_monthly')} as t",
    "mart_growth_monthly": f"{together('int_growth_monthly')} as t",
    "mart_headline_monthly": f"{together('int_headline_monthly')} as t",
    "mart_regime_category_monthly": f"{together('int_regime_monthly')} as t",
    "mart_restatement": f"{together('int_restatement')} as t",
}
#: The schemes that version 1 had; the words `line`, in the restatements of lines, is one of its names, too.
SCHEMES = ("all", "electronics", "hs2", "hs4", "ic", "ic_line", "ic_type", "line", "solar")
#: What is not just another name: by table and column of version 1 the expression on version 2.
OTHERWISE = {
    (
        "dim_bloc_member",
        "partner_code",
    ): "(select partner_code from dim_partner as p where p.partner_iso3 = t.partner_iso3)",
    ("dim_month", "detail_release"): "c.release_date",
    # What was held back in 2018 came out together, too.
    ("dim_month", "is_combined_release"): "c.is_combined_release and month_of_year <= 2",
    ("fct_control_total", "measure"): "replace(measure, 'value_local', 'value_cny')",
    ("mart_claim", "trace"): "regexp_replace(trace, ' --source \\w+', '', 'g')",
    # What is known to be wrong was contradicted like all else.
    **{
        ("mart_claim", f"verdict_{when}"): f"replace(verdict_{when}, 'expected', 'contradicted')"
        for when in ("then", "now")
    },
    **{
        ("mart_claim", f"detail_{when}"): f"regexp_replace(detail_{when}, '; known to be wrong: .*', '')"
        for when in ("then", "now")
    },
    ("mart_claim", "measure"): "replace(measure, 'value_local', 'value_cny')",
    ("mart_concentration_monthly", "dimension"): "if(dimension = 'line', 'hs8', dimension)",
    ("mart_restatement", "category_scheme"): "if(category_scheme = 'line', 'hs8', category_scheme)",
}


def in_version_2(table: str, column: str) -> str:
    """A column of version 1 as version 2 has it."""
    name = "commodity_code" if column == "hs8" else re.sub(r"_cny(?!_per_usd)", "_local", column)
    return f'{OTHERWISE.get((table, column), name)} as "{column}"'


def content(home: Home) -> dict[str, list[object]]:
    """Rows and content hash of every table of version 1, made of a release of version 2."""
    found: dict[str, list[object]] = {}
    with duckdb.connect() as con:
        con.execute(f"attach '{Releases(home).folder() / DATABASE}' as release (read_only)")
        con.execute("use release")
        for table, columns in VERSION_1["columns"].items():
            listed = ", ".join(in_version_2(table, column) for column in columns)
            # Schemes that came later are no part of what version 1 said; claims of none have no scheme at all.
            known = f"where category_scheme is null or category_scheme in {SCHEMES}"
            where = known if "category_scheme" in columns else ""
            made_of = MADE_OF.get(table, f"{table} as t")
            con.execute(f"create or replace temp table as_before as select {listed} from {made_of} {where}")
            of = table_content(con, "as_before")
            found[table] = [of.rows, of.content_hash]
    return found


def test_every_figure_of_the_sample_is_as_before(sample_home: Home) -> None:
    """Every table of version 1, whole."""
    assert content(sample_home) == VERSION_1["content"]["sample"]


def test_every_figure_of_the_real_files_is_as_before(real_home: Home) -> None:
    """Every table of version 1, whole."""
    assert content(real_home) == VERSION_1["content"]["real"]


def test_a_figure_that_differs_shows(sample_home: Home) -> None:
    """One dollar, in one row."""
    with duckdb.connect() as con:
        con.execute(f"attach '{Releases(sample_home).folder() / DATABASE}' as release (read_only)")
        con.execute("use release")
        columns = VERSION_1["columns"]["mart_category_monthly"]
        listed = ", ".join(in_version_2("mart_category_monthly", column) for column in columns)
        con.execute(f"create temp table as_before as select {listed} from mart_category_monthly as t")
        con.execute("update as_before set value_usd = value_usd + 1 where rowid = 0")
        assert (
            table_content(con, "as_before").content_hash != VERSION_1["content"]["sample"]["mart_category_monthly"][1]
        )


def test_a_release_of_version_1_is_read_as_it_is_and_no_further(small: Home) -> None:
    """Its tables have other names: it is neither audited, nor traced, nor compared; a query reads it."""
    manifest = Releases(small).manifest()
    write_manifest(manifest.model_copy(update={"contract_version": 1}), Releases(small).folder())
    current = manifest.release_id
    for refused in (
        lambda: Releases(small).readable(),
        lambda: trace(small, dt.date(2024, 3, 1), "502", "integrated_circuits", "import", "ic"),
        lambda: difference(small, current, current),
    ):
        with pytest.raises(RefusalError, match="is of version 1 of the contract") as said:
            refused()
        assert "bonded run publishes the same receipts anew" in str(said.value)
    assert query(small, "select count(*) from release_info") == [(1,)]
