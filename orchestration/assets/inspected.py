"""What the audit found, month by month: the asset `inspected_month`, whose checks are the gates.

Belongs here: which months Dagster must be told of, and in what words. Not here: the audit (`gates`), nor what a run
says of the release as a whole (`release`).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation

from orchestration.assets.common import MONTHS, OWNERS, target
from orchestration.base.months import month_range
from orchestration.base.plain import plain
from orchestration.base.settings import settings
from orchestration.gates.audit import Report, verdicts_by_month, worst_first
from orchestration.gates.suites import declared_gates, read_suite
from orchestration.landing.store import LandingState
from orchestration.releases.candidate import DATABASE, published_models
from orchestration.releases.publish import Publication
from orchestration.releases.store import read_manifest
from orchestration.warehouse.nodes import built_nodes, is_windowed

INSPECTED = dg.AssetKey("inspected_month")
#: Where the instance keeps what it was told last: by gate and month, and by month, a hash.
TOLD = "bonded/inspected"
#: How many receipts of a month are named.
NAMED = 5
MEND = (
    "To mend it: bonded withdraw RECEIPT --reason …, or bonded receive a corrected file with a later vintage; then "
    "bonded run. bonded trace shows the rows that a figure is made of."
)
FIGURES = """
select
    month,
    count(*) as rows,
    coalesce(sum(value_usd), 0)::bigint as "US dollars",
    coalesce(sum(value_cny), 0)::bigint as yuan,
    count(distinct partner_code) as partners,
    (select count(*) from quarantine as q where q.month = f.month) as "rows held back"
from fct_trade_monthly as f
group by month
"""


def inspected_spec() -> dg.AssetSpec:
    """The asset. It has events by month alone: one without would make the checks of all months look as if missing."""
    monthly = {name for name, node in built_nodes().items() if is_windowed(node)}
    return dg.AssetSpec(
        INSPECTED,
        deps=[dg.AssetKey(model.name) for model in published_models() if model.name not in monthly],
        description="Months as the last audit found them. Each gate is a check of the months that it speaks of; a gate "
        "that fails stops publication. Told anew when a month or a verdict has changed.",
        group_name="release",
        owners=OWNERS,
        kinds={"greatexpectations"},
        partitions_def=MONTHS,
        skippable=True,
    )


def gate_specs() -> list[dg.AssetCheckSpec]:
    """The declared gates as checks."""
    folder = settings().expectations
    suites = [read_suite(folder / f"{gate}.yml") for gate in declared_gates(folder)]
    said = "{}. One that fails stops publication: the release audits itself, whoever launches it."
    return [
        dg.AssetCheckSpec(s.gate, asset=s.asset, description=said.format(s.title), partitions_def=MONTHS)
        for s in suites
    ]


def inspected(
    context: dg.AssetExecutionContext, publication: Publication, state: LandingState, asked: Collection[str] = ()
) -> Iterator[Any]:
    """One event for each month that has changed since this instance was told of it, and for each gate's verdict on one.

    The gates that were asked for are told of whole. The worst month comes last, since the UI shows the last one first.
    """
    storage = context.instance.daemon_cursor_storage
    told: dict[str, str] = json.loads(storage.get_cursor_values({TOLD}).get(TOLD, "{}"))
    months, verdicts = dict(_months(publication, state)), dict(_verdicts(publication.report))
    now = {month: _hash(said) for month, said in months.items()}
    now |= {f"{gate} {month}": _hash(rows, message) for (gate, month), (rows, message) in verdicts.items()}
    changed = {key for key in now.keys() | told.keys() if now.get(key) != told.get(key)}
    whole = {key for key in now if " " in key and key.split()[0] in asked}
    anew = {key.rpartition(" ")[2] for key in changed} & (months.keys() | told.keys())
    for month in sorted(anew):
        yield dg.AssetMaterialization(INSPECTED, partition=month, metadata=months.get(month, {"rows": 0}))
    yield from _evaluations(context, publication, changed | whole, anew, verdicts)
    storage.set_cursor_values({TOLD: json.dumps(now)})


def _months(publication: Publication, state: LandingState) -> Iterator[tuple[str, dict[str, Any]]]:
    """By month what the audited file holds, and from which receipts."""
    with duckdb.connect(str(publication.folder / DATABASE), read_only=True) as con:
        frame = con.execute(FIGURES).df()
    for row in frame.to_dict("records"):
        month = row.pop("month").date()
        of = [r for r in state.active if r.scope.months[0] <= month <= r.scope.months[1]]
        figures = {str(name): dg.MetadataValue.int(int(figure)) for name, figure in row.items()}
        told = {"receipts": len(of), "last vintage": str(max((r.vintage for r in of), default="none"))}
        yield f"{month:%Y-%m}", {**figures, **told}


def receipts_by_month(publication: Publication) -> dict[str, str]:
    """By month the receipts that cover it, the latest first: what to look at where a gate has failed."""
    found: dict[str, list[str]] = defaultdict(list)
    for receipt in sorted(read_manifest(publication.folder).receipts, key=lambda r: r.vintage, reverse=True):
        for month in month_range(*receipt.scope.months):
            named = f"{receipt.name} (receipt {receipt.receipt_id}, vintage {receipt.vintage})"
            found[f"{month:%Y-%m}"].append(named)
    more = {month: len(named) - NAMED for month, named in found.items()}
    return {
        month: ", ".join(named[:NAMED]) + (f" and {more[month]:,} more" if more[month] > 0 else "")
        for month, named in found.items()
    }


def _verdicts(report: Report) -> Iterator[tuple[tuple[str, str], tuple[pd.DataFrame, str | None]]]:
    """By gate and month what it compared, and what it says if it is broken."""
    for gate in report.gates:
        for month, rows in verdicts_by_month(report, gate.gate):
            yield (gate.gate, f"{month:%Y-%m}"), (rows, gate.message)


def _hash(*said: Any) -> str:
    parts = [part.to_csv(index=False) if isinstance(part, pd.DataFrame) else repr(part) for part in said]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _evaluations(
    context: dg.AssetExecutionContext,
    publication: Publication,
    changed: set[str],
    anew: set[str],
    verdicts: dict[tuple[str, str], tuple[pd.DataFrame, str | None]],
) -> Iterator[AssetCheckEvaluation]:
    """The verdicts of changed months, each naming the event that it speaks of; else the UI would call it stale."""
    titles = {gate.gate: gate.title for gate in publication.report.gates}
    made_of = receipts_by_month(publication)
    keys = {(gate, month) for gate, _, month in (key.partition(" ") for key in changed) if month}
    # A month whose event is told anew needs all its verdicts anew.
    keys |= {key for key in verdicts if key[1] in anew}
    latest = _latest(context, sorted({month for _, month in keys}))
    found = []
    for gate, month in keys:
        rows, message = verdicts.get((gate, month), (None, None))
        to_look_at = {"made of": made_of.get(month, "no receipt"), "remedy": MEND}
        found.append(_evaluation(gate, month, rows, message or titles.get(gate), to_look_at, latest.get(month)))
    yield from sorted(found, key=lambda said: (said.check_name, _badness(said), said.partition))


def _badness(said: AssetCheckEvaluation) -> int:
    return 0 if said.passed else 1 if said.severity == dg.AssetCheckSeverity.WARN else 2


def _evaluation(
    gate: str, month: str, rows: pd.DataFrame | None, said: str | None, to_look_at: dict[str, str], latest: Any
) -> AssetCheckEvaluation:
    """One gate on one month; one that has nothing to compare any more passes and says so."""
    common: dict[str, Any] = {
        "asset_key": INSPECTED,
        "check_name": gate,
        "partition": month,
        "target_materialization_data": latest,
    }
    if rows is None:
        return AssetCheckEvaluation(**common, passed=True, metadata={}, description="Nothing to compare any more.")
    rows = worst_first(rows)
    worst = rows.iloc[0]
    passed, is_warning = (
        bool(rows["verdict"].isin(["passed", "waived", "not_applicable"]).all()),
        worst["verdict"] == "warned",
    )
    return AssetCheckEvaluation(
        **common,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        description=finding_text(worst) if worst["verdict"] in ("failed", "warned", "waived") else said,
        metadata=_comparison(rows) | ({} if passed or is_warning else to_look_at),
    )


def finding_text(row: pd.Series) -> str:
    """One comparison in one sentence."""
    if row["expected"] is None:
        return f"{row['gate']}: {row['dataset']}: {row['reason']}"
    reason = f" ({row['reason']})" if row["reason"] else ""
    return (
        f"{row['gate']}: {row['dataset']} {row['month']:%Y-%m}, {row['scope']}, {row['measure']}: expected "
        f"{plain(row['expected'])}, found {plain(row['actual'])}, difference {plain(row['difference'])}, "
        f"tolerance {plain(row['tolerance'])}{reason}"
    )


def _comparison(rows: pd.DataFrame) -> dict[str, Any]:
    """The worst comparison of a month, and how many there were."""
    row = rows.iloc[0]
    figures = {c: float(row[c]) for c in ("expected", "actual", "difference", "tolerance") if row[c] is not None}
    told = ("dataset", "scope", "measure", "reason", "waived_by", "reference")
    text = {c: str(row[c]) for c in told if row[c] is not None}
    counts = {"comparisons": len(rows), "n_compared": int(rows["n_compared"].sum())}
    return {"verdict": row["verdict"], **figures, **text, **counts}


def _latest(context: dg.AssetExecutionContext, months: list[str]) -> dict[str, Any]:
    """The latest event of each of these months."""
    found: dict[str, Any] = {}
    if months:
        of = dg.AssetRecordsFilter(INSPECTED, asset_partitions=months)
        for record in context.instance.fetch_materializations(of, limit=2 * len(months)).records:
            found.setdefault(str(record.partition_key), target(record))
    return found
