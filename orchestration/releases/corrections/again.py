"""What a release corrects, found once more: from the release before while that is kept, else as it was written beside.

Belongs here: what the gate `corrections` holds the table against. Not here: how corrections are found (`table`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.base.settings import Home
from orchestration.releases.content import CORRECTIONS, is_intact
from orchestration.releases.corrections.differing import Side
from orchestration.releases.corrections.table import comparable, corrected, no_corrections, opened
from orchestration.releases.manifest import read_manifest
from orchestration.releases.store import Releases
from orchestration.warehouse.categories import categories_in


def corrections_again(con: duckdb.DuckDBPyConnection, home: Home, folder: Path) -> pa.Table | None:
    """The rows that `mart_correction` of a release, or candidate, must have, whose database is attached as `published`.

    None where nobody can tell: the release before is not kept, and the Parquet file is not what was written.
    """
    said, name = read_manifest(folder), f"parquet/{CORRECTIONS}.parquet"
    if said.corrections.content is None:
        return None
    if said.corrections.compared_with is None:
        return no_corrections()
    base, _ = comparable(Releases(home), said)
    if base:
        with opened(con, home, base) as then:
            return corrected(con, then, Side("published", said, categories_in(folder)))
    written = said.files.get(name)
    return pq.read_table(folder / name) if written and is_intact(folder / name, written) else None
