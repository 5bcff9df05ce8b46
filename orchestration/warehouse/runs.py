"""Questions with an argument that a release answers itself: table macros in its file.

Belongs here: their names, SQL and descriptions. Not here: views (`views`), nor how they get into a file
(`releases.published`).
"""

from __future__ import annotations

from dataclasses import dataclass

KEY = "source, reporter, flow, partner_code, category_scheme, category_code"
NAMES = "partner_iso3, partner_name, category_name"
#: Each month at the mark, numbered within its series: what is left of month and number is the same in a whole run.
RUNS = """
with known_month as (
  select {key}, {names}, month, value_usd, is_synthetic,
    max(month) over (partition by {key}) as last_known
  from {series}
  where value_usd is not null
),
numbered as (
  select *, year(month) * 12 + month(month) - row_number() over (partition by {key} order by month) as of_run
  from known_month
  where value_usd >= threshold_usd
),
run as (
  select {key}, {names}, is_synthetic, last_known, min(month) as run_from, max(month) as run_to,
    count(*)::integer as n_months, max(value_usd) as greatest_usd, max_by(month, value_usd) as greatest_month
  from numbered
  group by {key}, {names}, is_synthetic, last_known, of_run
),
known as (
  select {key}, month from {coverage} where covered_usd
)
select r.source, r.reporter, r.flow, r.partner_code, r.partner_iso3, r.partner_name, r.category_scheme,
  r.category_code, r.category_name, r.run_from, r.run_to, r.n_months, r.run_to = r.last_known as is_current,
  r.greatest_usd, r.greatest_month, b.month is null as may_begin_earlier, e.month is null as may_go_on,
  lag(r.run_from) over earlier as previous_from, lag(r.run_to) over earlier as previous_to,
  lag(r.n_months) over earlier as previous_n_months, r.is_synthetic
from run as r
left join known as b on {same_b} and r.run_from = b.month + interval 1 month
left join known as e on {same_e} and r.run_to = e.month - interval 1 month
window earlier as (partition by {key_r} order by r.run_from)"""


@dataclass(frozen=True)
class Macro:
    """A table macro of a release: `SELECT … FROM name(argument)`."""

    name: str
    argument: str
    select: str
    description: str

    @property
    def create(self) -> str:
        """The statement that makes it; table names in it are those of the database in use."""
        return f"create or replace macro {self.name}({self.argument}) as table {self.select}"


def macros() -> tuple[Macro, ...]:
    """All table macros of a release."""
    return (
        _runs("category_runs", "mart_category_monthly", "mart_category_coverage"),
        _runs("partner_category_runs", "mart_partner_category_monthly", "mart_partner_category_coverage"),
    )


def _runs(name: str, series: str, coverage: str) -> Macro:
    columns = KEY.split(", ")
    select = RUNS.format(
        key=KEY,
        names=NAMES,
        series=series,
        coverage=coverage,
        key_r=", ".join(f"r.{column}" for column in columns),
        same_b=" and ".join(f"r.{column} = b.{column}" for column in columns),
        same_e=" and ".join(f"r.{column} = e.{column}" for column in columns),
    )
    text = (
        f"Runs of months of {series} in which the dollar value is at or above threshold_usd, a row each: first and "
        "last month, how many, whether no later month is known, the greatest month, and the run before of the same "
        "series. A month that is not known ends a run: may_begin_earlier and may_go_on say where the month beside it "
        "is not known. Filter as the mart."
    )
    return Macro(name, "threshold_usd", " ".join(select.split()), text)
