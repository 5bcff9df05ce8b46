"""The whole graph on one page: fetch | landing → raw → staging, core, marts → release."""

from __future__ import annotations

import dagster as dg

from orchestration.assets.code import with_code
from orchestration.assets.common import Place, Warehouse
from orchestration.assets.dbt import dbt_dimensions, dbt_facts, dbt_marts
from orchestration.assets.fetch import FETCH
from orchestration.assets.landing import landing_receipts, take_in_quiet
from orchestration.assets.raw import RAW
from orchestration.assets.release import inspected_month, release
from orchestration.automation.after import after_runs
from orchestration.automation.jobs import build_and_publish, fetch_and_publish, publish
from orchestration.automation.progress import progress_logger
from orchestration.automation.schedules import SCHEDULES
from orchestration.automation.sensors import inbox_files

defs: dg.Definitions = dg.Definitions(
    assets=with_code(
        [
            *FETCH,
            landing_receipts,
            *RAW,
            dbt_dimensions,
            dbt_facts,
            dbt_marts,
            inspected_month,
            release,
        ]
    ),
    jobs=[publish, build_and_publish, fetch_and_publish],
    schedules=SCHEDULES,
    sensors=[inbox_files, after_runs],
    resources={
        "place": Place(),
        "warehouse": Warehouse(),
        "inbox": take_in_quiet,
        "assets_job": lambda: defs.resolve_job_def(build_and_publish.name),
    },
    executor=dg.in_process_executor,
    loggers={"console": dg.colored_console_logger, "progress": progress_logger},
)
