"""Two releases of a few rows each, written by hand, of which one was built upon the other.

Belongs here: making them, and what is found between them. Not here: what must be found.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.base.duck import literal, scratch
from orchestration.base.settings import CONTRACT_VERSION
from orchestration.landing.scope import Scope
from orchestration.releases.content import contents
from orchestration.releases.corrections.differing import MARTS, Side
from orchestration.releases.corrections.table import corrected
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import Manifest, ReleaseReceipt, ReleaseWithdrawal
from orchestration.releases.published import correction_table
from orchestration.warehouse.categories import OwnCategories
from orchestration.warehouse.views import parts

KEY = "source varchar, reporter varchar, flow varchar, month date, partner_code varchar, category_scheme varchar, "
KEY += "category_code varchar"
NAMES = {"502": "United States", "116": "Japan", "all": "All partners"}
MADE = dt.datetime(2024, 11, 20, 9, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Row:
    """A month of a series; None is not covered."""

    month: str
    usd: int | None = None
    partner: str = "502"
    local: int | None = None
    quantity: int | None = None
    category: str = "ic/integrated_circuits"

    def key(self) -> tuple[Any, ...]:
        """By columns."""
        return ("gacc", "CHN", "import", f"{self.month}-01", self.partner, *self.category.split("/"))


@dataclass(frozen=True)
class Cover:
    """A covered series without a row; `*`: of every partner."""

    month: str
    partner: str = "*"
    usd: bool = True
    local: bool = False
    category: str = "ic/integrated_circuits"
    reason: str | None = None


@dataclass(frozen=True)
class Made:
    """A release. `receipts`: by id its vintage, partners and further parts of its scope; `categories`: by name version
    and prefixes; `claims`: by name the verdict.
    """

    rows: tuple[Row, ...]
    covers: tuple[Cover, ...] = ()
    receipts: tuple[ReleaseReceipt, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()
    categories: dict[str, tuple[int | None, str]] = field(
        default_factory=lambda: {"ic/integrated_circuits": (1, "85423")}
    )
    parser: str = "gacc2"
    claims: dict[str, str] = field(default_factory=dict)
    own: OwnCategories = field(default_factory=OwnCategories)
    history: tuple[dict[str, Any], ...] = ()

    def but(self, **said: Any) -> Made:
        """The same with something else."""
        return replace(self, **said)

    def write(self, folder: Path, release_id: str, base: str | None = None) -> Manifest:
        """The release in a folder: its database, and its manifest, which is not written."""
        folder.mkdir(parents=True)
        with scratch() as con:
            con.execute(f"attach {literal(folder / DATABASE)} as made")
            con.execute("use made")
            self._tables(con)
            con.execute("use memory")
            tables = contents(con, "made", MARTS)
        return Manifest(
            release_id=release_id, made_at=MADE, git_revision="0123456789abcdef", contract_version=CONTRACT_VERSION,
            is_synthetic=False, receipt_sequence=len(self.receipts), base=base, receipts=list(self.receipts),
            withdrawals=[ReleaseWithdrawal(receipt_id=name, reason=why) for name, why in self.withdrawn],
            tables=tables, parsers={"gacc": self.parser},
        )  # fmt: skip

    def _tables(self, con: duckdb.DuckDBPyConnection) -> None:
        figures = "partner_name varchar, category_name varchar, value_usd bigint, value_local bigint, quantity bigint"
        for mart in MARTS:
            con.execute(f"create table {mart} ({KEY}, {figures})")
        for row in self.rows:
            said = [*row.key(), NAMES[row.partner], row.category, row.usd, row.local, row.quantity]
            _insert(con, MARTS[row.partner == "all"], said)
        of_all, *others = parts()["int_series_coverage"]
        for table in (of_all, *others):
            con.execute(f"create table {table} ({KEY}, covered_usd boolean, covered_local boolean, reason varchar)")
        for cover in self.covers:
            key = Row(cover.month, partner=cover.partner, category=cover.category).key()
            _insert(con, of_all if cover.partner == "all" else others[0], [*key, cover.usd, cover.local, cover.reason])
        con.execute(
            "create table dim_category (category_scheme varchar, scheme_version int, category_code varchar, "
            "category_name varchar, hs_prefixes varchar, code_system varchar)"
        )
        for name, (version, prefixes) in self.categories.items():
            scheme, code = name.split("/")
            _insert(con, "dim_category", [scheme, version, code, name, prefixes, None])
        con.execute("create table dim_source as select 'gacc' as source, 'CNY' as local_currency")
        con.execute(
            "create table mart_claim (claim_id varchar, text varchar, publisher varchar, published_on date, "
            "verdict_now varchar, detail_now varchar)"
        )
        for claim, verdict in self.claims.items():
            _insert(con, "mart_claim", [claim, f"what {claim} says", "a paper", "2024-11-20", verdict, "1.1 bn"])
        columns = ", ".join(f"{name} {kind}" for name, kind in correction_table().types.items())
        con.execute(f"create table mart_correction ({columns})")
        for past in self.history:
            _insert(con, "mart_correction", [past.get(name) for name in correction_table().types])


def _insert(con: duckdb.DuckDBPyConnection, table: str, values: list[Any]) -> None:
    con.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)


def receipt(name: str, vintage: str, months: str = "2024-01..2024-04", **said: Any) -> ReleaseReceipt:
    """A receipt of chips from the United States in dollars, unless something else is said."""
    scope = {"source": "gacc", "reporter": "CHN", "flow": "import", "months": months, "hs": "8542", "partners": "502",
             "currency": "USD", "dimensions": ("month", "hs_code", "partner_code"), **said}  # fmt: skip
    return ReleaseReceipt(
        receipt_id=name, sha256="0", name=f"{name}.csv", vintage=vintage, scope=Scope.model_validate(scope)
    )


Found = tuple[str, str, str, str, int | None, int | None, str, str]


def between(folder: Path, then: Made, now: Made) -> list[Found]:
    """What the later of two releases corrects: month, partner, category, measure, old, new, cause, and why."""
    rows = rows_between(folder, then, now)
    return sorted(
        (
            (r["month"].strftime("%Y-%m"), r["partner_code"], r["category_code"], r["measure"], r["old_value"],
             r["new_value"], r["cause"], r["cause_detail"])
            for r in rows if r["release_id"] == "new"
        ),
        key=str,
    )  # fmt: skip


def rows_between(folder: Path, then: Made, now: Made) -> list[dict[str, Any]]:
    """All rows of the later one's table."""
    sides = []
    with scratch() as con:
        for name, made in (("old", then), ("new", now)):
            said = made.write(folder / name, name, "old" if name == "new" else None)
            con.execute(f"attach {literal(folder / name / DATABASE)} as {name} (read_only)")
            sides.append(Side(name, said, made.own))
        return corrected(con, *sides).to_pylist()


def figures(found: Iterable[Found], measure: str = "value_usd") -> list[tuple[Any, ...]]:
    """Of these corrections those of one measure: month, partner, old, new, cause."""
    return [(month, partner, old, new, cause) for month, partner, _, of, old, new, cause, _ in found if of == measure]
