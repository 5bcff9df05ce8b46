"""The verdict in a candidate: `audit_results`, `release_info`, and the report as a page.

Belongs here: how they get into the folder. Not here: the audit (`gates`), nor what follows from it (`publish`).
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from orchestration.base.duck import literal, scratch
from orchestration.gates.audit import Report
from orchestration.gates.report import render
from orchestration.releases import terms
from orchestration.releases.database import DATABASE, write_file
from orchestration.releases.manifest import Manifest
from orchestration.releases.published import after_audit_models, comment, metadata, write_release_info
from orchestration.releases.showing import INDEX
from orchestration.warehouse.dbt import added_nodes

#: By their names in DuckDB the types of `audit_results`.
ARROW = {
    "varchar": pa.string(), "date": pa.date32(), "bigint": pa.int64(), "boolean": pa.bool_(),
    "decimal(24,6)": pa.decimal128(24, 6),
}  # fmt: skip


def write_results(folder: Path, manifest: Manifest, report: Report) -> None:
    """Add `audit_results` and `release_info`, and the report's page."""
    declared = added_nodes()["audit_results"]
    results = report.results.assign(is_synthetic=manifest.is_synthetic)
    forms = pa.schema([(name, ARROW[of["data_type"]]) for name, of in declared["columns"].items()])
    with scratch(folder / DATABASE) as con:
        con.execute(f"attach {literal(folder / DATABASE)} as out")
        con.register("results", pa.table([pa.array(results[of.name], of.type) for of in forms], forms))
        con.execute(
            "create table out.main.audit_results as from results "
            f"order by {', '.join(declared['config']['meta']['sort'])}"
        )
        write_release_info(con, "out", folder.name, manifest.made_at, manifest.is_synthetic)
        for model in after_audit_models():
            comment(con, "out", model)
            told = metadata(model, manifest.is_synthetic)
            write_file(con, f"out.main.{model.name}", folder / "parquet" / f"{model.name}.parquet", told)
        con.execute("detach out")
    sentences = (*manifest.told, *terms.told(manifest), *manifest.remarks)
    beside = INDEX if (folder / INDEX).is_file() else ""
    text = render(report, manifest.release_id, manifest.is_synthetic, sentences, beside)
    (folder / "audit.html").write_text(text, encoding="utf-8")
