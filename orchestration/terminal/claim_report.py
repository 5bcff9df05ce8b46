"""What `bonded claims` prints of a release: each claim, its range, and what came of it then and now."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.claims.measures import shown
from orchestration.claims.warehouse import CONTROL_TOTAL
from orchestration.releases.manifest import Manifest
from orchestration.releases.query import run_sql
from orchestration.releases.store import Releases
from orchestration.terminal import output

COLUMNS = ["id", "claim", "printed", "then", "now", "detail"]
TABLE = "mart_claim"


def read_claims(home: Home, release: str | None) -> tuple[Manifest, list[dict[str, Any]]]:
    """What the release says it is, and the rows of `mart_claim`, claims of the review first; `RefusalError` if it has
    no such table.
    """
    folder, said = Releases(home).opened(release)
    if TABLE not in said.tables:
        raise RefusalError("this release was made before claims were put to the test", remedy="bonded run")
    columns, rows = run_sql(folder, f"from {TABLE} order by starts_with(claim_id, '{CONTROL_TOTAL}'), claim_id")
    return said, [dict(zip(columns, row, strict=True)) for row in rows]


def show(claims: list[dict[str, Any]]) -> None:
    """A table for a person, tab-separated lines in a pipe."""
    output.table(
        COLUMNS,
        [[c["claim_id"], c["text"], printed(c), c["verdict_then"], c["verdict_now"], _detail(c)] for c in claims],
    )


def printed(claim: dict[str, Any]) -> str:
    """The printed figure with the range that rounding allows: +60 % (+59.5 % to +60.5 %)."""

    def words(value: Decimal) -> str:
        return shown(value.normalize(), claim["measure"])

    value, low, high = claim["value"], claim["range_low"], claim["range_high"]
    if value is None:
        return str(claim["comparison"]).replace("_", " ")
    if low is not None and high is not None:
        return words(value) if low == high else f"{words(value)} ({words(low)} to {words(high)})"
    return f"{'above' if high is None else 'below'} {words(value)}"


def _detail(claim: dict[str, Any]) -> str:
    then, now = claim["detail_then"], claim["detail_now"]
    return str(now) if then == now else f"{now}; then: {then}"
