"""What a release shows beside its tables: views of one scheme each, lines with their names, old names; and which tables
are parts of one model.

Belongs here: names, SQL and descriptions of views. Not here: how they get into a file (`releases.published`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from orchestration.warehouse.dbt import manifest, published_nodes
from orchestration.warehouse.measures import with_use

BY_PARTNER = "_by_partner"
#: What the views of a scheme end in, and what they show: all partners together, and partner by partner (`BY_PARTNER`).
OF_SCHEME = {
    "": ("mart_category_monthly", "mart_partner_category_monthly"),
    "_headline": ("mart_category_headline_monthly", "mart_partner_category_headline_monthly"),
    "_growth": ("mart_category_growth_monthly", "mart_partner_category_growth_monthly"),
    "_regime": ("mart_category_regime_monthly", "mart_partner_category_regime_monthly"),
    # One kind of period each: what is in a quarter is in its year, too.
    **{f"_{kind}": ("mart_category_period", "mart_partner_category_period") for kind in ("quarter", "half", "year")},
    "_concentration": ("mart_category_concentration_monthly", "mart_partner_category_concentration_monthly"),
}
#: The columns of `v_trade_lines` that are not the fact's, by the table that has them, after the column that they name.
NAMES = {
    "partner_code": ("dim_partner", ("partner_iso3", "partner_name")),
    "commodity_code": ("dim_commodity", ("commodity_name", "hs6", "hs4", "hs2", "section")),
}


@dataclass(frozen=True)
class View:
    """A view of a release. `tables`: what it shows; `of`: by column the model whose column of that name it is."""

    name: str
    select: str
    description: str
    tables: tuple[str, ...]
    of: dict[str, str]

    @property
    def columns(self) -> dict[str, str]:
        """By column its description, which is that of the model's."""
        nodes = manifest()["nodes"]
        told = {column: nodes[f"model.bonded.{model}"]["columns"][column] for column, model in self.of.items()}
        return {column: str(of["description"]) for column, of in with_use(told).items()}


def views(schemes: Iterable[str]) -> list[View]:
    """All views of a release that has these schemes."""
    return [*(view for scheme in schemes for view in _of_scheme(scheme)), *fixed_views()]


def scheme_views() -> list[tuple[str, str, str]]:
    """What a scheme's views end in, each with the table of which it shows the scheme, and which rows: a condition as
    DuckDB keeps it, in which {} stands for the scheme.
    """
    of_scheme = "(category_scheme = '{}')"
    return [
        (what + ending, table, f"({of_scheme} AND (period_type = '{what[1:]}'))" if "period" in table else of_scheme)
        for what, pair in OF_SCHEME.items()
        for ending, table in zip(("", BY_PARTNER), pair, strict=True)
    ]


def _of_scheme(scheme: str) -> Iterator[View]:
    """The views of a scheme; their SQL is as DuckDB keeps it."""
    for ending, table, where in scheme_views():
        yield View(
            f"v_{scheme}{ending}",
            f"SELECT * FROM {table} WHERE {where.format(scheme)}",
            f"{table}, {where.format(scheme).replace('AND', 'and')} only: its rows may be added up over categories.",
            (table,),
            dict.fromkeys(published_nodes()[table]["columns"], table),
        )


@cache
def fixed_views() -> tuple[View, ...]:
    """The views that every release has, whatever its schemes."""
    return _trade_lines(), _coverage()


def _trade_lines() -> View:
    fact = "fct_trade_monthly"
    of: dict[str, str] = {}
    for column in published_nodes()[fact]["columns"]:
        of[column] = fact
        table, names = NAMES.get(column, (fact, ()))
        of |= dict.fromkeys(names, table)
    alias = {fact: "f", "dim_partner": "p", "dim_commodity": "c"}
    columns = ", ".join(f"{alias[table]}.{column}" for column, table in of.items())
    select = (
        f"select {columns} from {fact} as f "
        "left join dim_partner as p on f.source = p.source and f.partner_code = p.partner_code "
        "left join dim_commodity as c "
        "on f.source = c.source and f.commodity_code = c.commodity_code and year(f.month) = c.year"
    )
    text = (
        "fct_trade_monthly, row by row, with names of partners and of tariff lines. A line is looked up in the list "
        "of its source and year, since a code may name other goods elsewhere, and in another year."
    )
    return View("v_trade_lines", select, text, tuple(alias), of)


def _coverage() -> View:
    model = "int_series_coverage"
    tables = parts()[model]
    select = f"select * from {tables[0]}"
    for table in tables[1:]:
        # Two at a time: a file keeps a union of more in another form than the one by which a view is known again.
        select = f"select * from ({select}) as t union all select * from {table}"
    text = (
        "An old name, kept for one release: mart_category_coverage, mart_partner_category_coverage and "
        "mart_untraded_category_coverage together."
    )
    columns = manifest()["nodes"][f"model.bonded.{model}"]["columns"]
    return View("mart_coverage", select, text, tables, dict.fromkeys(columns, model))


@cache
def parts() -> dict[str, tuple[str, ...]]:
    """By model the published tables that are parts of it: all partners together in one, each of them in another."""
    found: dict[str, tuple[str, ...]] = {}
    for name, node in published_nodes().items():
        if node["config"]["materialized"] == "view":
            (model,) = (parent.rpartition(".")[2] for parent in node["depends_on"]["nodes"])
            found[model] = (*found.get(model, ()), name)
    return found
