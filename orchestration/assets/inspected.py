"""What the audit found, month by month: the asset `inspected_month`, whose checks are the gates.

Belongs here: which months Dagster must be told of, and in what words. Not here: the audit (`gates`), nor what a run
says of the release as a whole (`release`).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation

from orchestration.assets.common import MONTHS, OWNERS, figures_by_month, target
from orchestration.base.duck import reading
from orchestration.base.months import format_month
from orchestration.base.settings import settings
from orchestration.gates.audit import Report, Row, finding_text, rows_of, worst_first
from orchestration.gates.suites import declared_gates, read_suite
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import ReleaseReceipt, read_manifest
from orchestration.releases.published import published_models
from orchestration.warehouse.nodes import names_of

INSPECTED = dg.AssetKey("inspected_month")
#: Where the instance keeps what it was told last: gate, month and hash of each verdict; of figures without a gate.
TOLD = "bonded/inspected"
#: How many receipts of a month are named.
NAMED = 5
MEND = (
    "To mend it: bonded withdraw RECEIPT --reason …, or bonded receive a corrected file with a later vintage, or, of "
    "what was fetched, bonded fetch --dataset NAME --again; then bonded run. bonded trace shows the rows that a figure "
    "is made of."
)
FIGURES = """
select
    month,
    count(distinct partner_code) as partners,
    (select count(*) from quarantine as q where q.month = f.month) as "rows held back"
from fct_trade_monthly as f
group by month
"""


def inspected_spec() -> dg.AssetSpec:
    """The asset. It has events by month alone: one without would make the checks of all months look as if missing."""
    by_partition = names_of("facts")
    return dg.AssetSpec(
        INSPECTED,
        deps=[dg.AssetKey(model.name) for model in published_models() if model.name not in by_partition],
        description="Months as the last audit found them. Each gate is a check of the months that it speaks of: red "
        "stops publication, orange warns. Told anew when a month or a verdict has changed.",
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
    said = {
        "always": "{}. One that fails stops publication: the release audits itself, whoever launches it.",
        "never": "{}. What it finds only warns, in orange, and never stops publication.",
        "sometimes": "{}. Red stops publication, since the release audits itself; orange only warns.",
    }
    return [
        dg.AssetCheckSpec(s.gate, asset=s.asset, description=said[s.stops].format(s.title), partitions_def=MONTHS)
        for s in suites
    ]


def inspected(
    context: dg.AssetExecutionContext,
    folder: Path,
    report: Report,
    asked: Collection[str] = (),
    *,
    months: Collection[str] = (),
) -> Iterator[Any]:
    """One event for each month that has changed since this instance was told of it, and for each gate's verdict on one.

    `folder`: of the candidate or release that was audited. The gates `asked` for are told of whole, so are the `months`
    that were asked for. The worst month comes last, since the UI shows the last one first.
    """
    storage = context.instance.daemon_cursor_storage
    told = {(gate, month): said for gate, month, said in json.loads(storage.get_cursor_values({TOLD}).get(TOLD, "[]"))}
    made_of = receipts_by_month(folder)
    figures, verdicts = _months(folder, made_of), _verdicts(report)
    now = {("", month): _hash(said) for month, said in figures.items()}
    now |= {key: _hash(rows, message) for key, (rows, message) in verdicts.items()}
    changed = {key for key in now.keys() | told.keys() if now.get(key) != told.get(key)}
    # A month whose event is told anew needs all its verdicts anew.
    anew = {month for _, month in changed if ("", month) in now.keys() | told.keys()} | set(months)
    for month in sorted(anew):
        yield dg.AssetMaterialization(INSPECTED, partition=month, metadata=figures.get(month, {"rows": 0}))
    keys = {key for key in changed if key[0]} | {key for key in verdicts if key[0] in asked or key[1] in anew}
    latest, titles = _latest(context, sorted({month for _, month in keys})), {g.gate: g.title for g in report.gates}
    found = []
    for gate, month in keys:
        rows, message = verdicts.get((gate, month), (None, None))
        to_look_at = {"made of": named(made_of.get(month, [])), "remedy": MEND}
        found.append(_evaluation(gate, month, rows, message or titles.get(gate), to_look_at, latest.get(month)))
    yield from sorted(found, key=lambda said: (said.check_name, _badness(said), said.partition))
    storage.set_cursor_values({TOLD: json.dumps([(*key, said) for key, said in now.items()])})


def _months(folder: Path, made_of: Mapping[str, list[ReleaseReceipt]]) -> dict[str, dict[str, Any]]:
    """By month what the audited file holds, and from which receipts."""
    with reading(folder / DATABASE) as con:
        found = con.execute(FIGURES)
        names, rows = [column[0] for column in found.description or ()], found.fetchall()
        by_month = figures_by_month(con, "fct_trade_monthly")
    months: dict[str, dict[str, Any]] = {}
    for row in rows:
        said = dict(zip(names, row, strict=True))
        first = said.pop("month")
        month = format_month(first)
        of = made_of.get(month, [])
        figures = {name: dg.MetadataValue.int(figure) for name, figure in {**by_month[first], **said}.items()}
        months[month] = {**figures, "receipts": len(of), "last vintage": str(of[0].vintage if of else "none")}
    return months


def receipts_by_month(folder: Path) -> dict[str, list[ReleaseReceipt]]:
    """By month the receipts that cover it in a candidate or release, the latest first."""
    found: dict[str, list[ReleaseReceipt]] = defaultdict(list)
    for receipt in sorted(read_manifest(folder).receipts, key=lambda r: r.vintage, reverse=True):
        for month in receipt.scope.month_list:
            found[format_month(month)].append(receipt)
    return dict(found)


def named(receipts: list[ReleaseReceipt]) -> str:
    """What to look at where a gate has failed; of many receipts the latest."""
    first = [f"{r.name} (receipt {r.receipt_id}, vintage {r.vintage})" for r in receipts[:NAMED]]
    more = len(receipts) - len(first)
    return (", ".join(first) or "no receipt") + (f" and {more:,} more" if more else "")


def _verdicts(report: Report) -> dict[tuple[str, str], tuple[list[Row], str | None]]:
    """By gate and month what it compared, worst first, and what it says if it is broken.

    Months in which it compared nothing are left out; a broken gate is broken for every month that any gate speaks of.
    """
    # Whether a comparison was made again is no news.
    rows = rows_of(worst_first(report.results).drop(columns="is_carried"))
    months = {format_month(row["month"]) for row in rows if row["month"] is not None}
    messages = {gate.gate: gate.message for gate in report.gates}
    found: dict[tuple[str, str], tuple[list[Row], str | None]] = {}
    for row in rows:
        if row["verdict"] == "not_applicable":
            continue
        is_broken = row["verdict"] == "broken"
        for month in months if is_broken else [format_month(row["month"])] if row["month"] is not None else []:
            found.setdefault((row["gate"], month), ([], messages[row["gate"]]))[0].append(row)
    return found


def _hash(*said: Any) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _badness(said: AssetCheckEvaluation) -> int:
    return 0 if said.passed else 1 if said.severity == dg.AssetCheckSeverity.WARN else 2


def _evaluation(
    gate: str, month: str, rows: list[Row] | None, said: str | None, to_look_at: dict[str, str], latest: Any
) -> AssetCheckEvaluation:
    """One gate on one month, `rows` worst first; one that has nothing to compare any more passes and says so."""
    common: dict[str, Any] = {
        "asset_key": INSPECTED,
        "check_name": gate,
        "partition": month,
        "target_materialization_data": latest,
    }
    if rows is None:
        return AssetCheckEvaluation(**common, passed=True, metadata={}, description="Nothing to compare any more.")
    worst = rows[0]
    passed = all(row["verdict"] in ("passed", "expected", "waived") for row in rows)
    is_warning = worst["verdict"] == "warned"
    return AssetCheckEvaluation(
        **common,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        description=finding_text(worst) if worst["verdict"] in ("failed", "warned", "waived", "expected") else said,
        metadata=_comparison(rows) | ({} if passed or is_warning else to_look_at),
    )


def _comparison(rows: list[Row]) -> dict[str, Any]:
    """The worst comparison of a month, and how many there were."""
    row = rows[0]
    figures = {c: float(row[c]) for c in ("expected", "actual", "difference", "tolerance") if row[c] is not None}
    told = ("dataset", "scope", "measure", "reason", "waived_by", "reference")
    text = {c: str(row[c]) for c in told if row[c] is not None}
    counts = {"comparisons": len(rows), "n_compared": sum(int(row["n_compared"]) for row in rows)}
    return {"verdict": row["verdict"], **figures, **text, **counts}


def _latest(context: dg.AssetExecutionContext, months: list[str]) -> dict[str, Any]:
    """The latest event of each of these months."""
    found: dict[str, Any] = {}
    if months:
        of = dg.AssetRecordsFilter(INSPECTED, asset_partitions=months)
        for record in context.instance.fetch_materializations(of, limit=2_000).records:
            found.setdefault(str(record.partition_key), target(record))
    return found
