"""A home's watch list, `watch.yml`: the series of which somebody is told when a published figure of them changes.

Belongs here: what the file may say, and which corrections of a release it speaks of. Not here: who is told, and how.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from orchestration.base import strict_yaml
from orchestration.base.duck import reading
from orchestration.base.settings import Home
from orchestration.releases.corrections.changed import Correction
from orchestration.releases.database import DATABASE
from orchestration.sources.catalogue import TRADE

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,40}$")]
_SERIES = """c.release_id = $release_id and (c.source = $source or $source is null) and c.reporter = $reporter
  and c.flow = $flow and c.category_scheme = $scheme and c.category_code = $category and c.measure = $measure"""
#: All partners together are, where they have no row of their own, the sum of partners: as much less than now as these.
CHANGED = f"""
with said as (select c.* from mart_correction as c where {_SERIES}),
own as (
  select source, reporter, flow, month, partner_name, category_name, old_value, new_value, cause, cause_detail
  from said where partner_code = $partner
),
summed as (
  select source, reporter, flow, month, any_value(category_name) as category_name, sum(change) as change,
    arg_max(struct_pack(cause := cause, detail := cause_detail), abs(change)) as why
  from (
    select *, coalesce(new_value, 0) - coalesce(old_value, 0) as change from said
    where $partner = 'all' and partner_code <> 'all'
  ) as partner
  anti join own using (source, reporter, flow, month)
  group by all
),
of_all as (
  select s.source, s.reporter, s.flow, s.month, 'All partners', s.category_name,
    (n.{{measure}} - s.change)::bigint as old_value, n.{{measure}} as new_value, s.why.cause, s.why.detail
  from summed as s
  inner join mart_category_monthly as n using (source, reporter, flow, month)
  where n.category_scheme = $scheme and n.category_code = $category and n.{{measure}} is not null and s.change <> 0
),
final as (
  from own union all from of_all
)
select f.category_name, f.partner_name, $partner, f.flow, f.month, $measure, f.old_value, f.new_value,
  f.new_value / nullif(f.old_value, 0)::double - 1 as change_share, f.cause, f.cause_detail, o.local_currency
from final as f left join dim_source as o using (source)
where change_share is null or abs(change_share) >= $at_least
order by f.month, f.source"""


class Watched(BaseModel):
    """A series. `source`: None = whichever has it; `at_least`: the change, as a share of the figure before, from which
    on it is told; a figure that becomes known or unknown is told in any case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str | None = None
    reporter: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    flow: Literal["import", "export"]
    partner: Code
    scheme: Code
    category: Code
    measure: Literal["value_usd", "value_local", "quantity"]
    at_least: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @field_validator("source")
    @classmethod
    def _known(cls, source: str | None) -> str | None:
        if source is not None and source not in TRADE:
            raise ValueError(f"there is no source {source!r}: use one of {', '.join(TRADE)}")
        return source

    def __str__(self) -> str:
        source = f"{self.source} " if self.source else ""
        least = f" from {100 * self.at_least:g} % on" if self.at_least else ""
        series = f"{self.reporter} {self.flow} {self.partner} {self.scheme}/{self.category} {self.measure}"
        return f"{source}{series}{least}"


class WatchList(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    watch: tuple[Watched, ...] = ()


def watch_list(home: Home) -> tuple[Watched, ...]:
    """The series that the home watches; none without a file. `RefusalError` naming file and line for a fault."""
    path = home.watch
    return strict_yaml.load(path, WatchList).watch if path.exists() or path.is_symlink() else ()


def watched_changes(folder: Path, release_id: str, watched: tuple[Watched, ...]) -> list[tuple[Watched, Correction]]:
    """What a release has corrected of these series, in the order of the list, then by month."""
    with reading(folder / DATABASE) as con:
        return [
            (one, Correction(*row))
            for one in watched
            for row in con.execute(
                CHANGED.format(measure=one.measure), {"release_id": release_id, **one.model_dump()}
            ).fetchall()
        ]


def unknown_to(folder: Path, watched: tuple[Watched, ...]) -> list[Watched]:
    """Those of these series that a release does not have: misspelt, or not received yet."""
    mart = {True: "mart_category_monthly", False: "mart_partner_category_monthly"}
    where = "($source is null or source = $source) and reporter = $reporter and flow = $flow and "
    where += "partner_code = $partner and category_scheme = $scheme and category_code = $category"
    names = ("source", "reporter", "flow", "partner", "scheme", "category")
    with reading(folder / DATABASE) as con:
        return [
            one
            for one in watched
            if not con.execute(
                f"select 1 from {mart[one.partner == 'all']} where {where} limit 1",
                {name: getattr(one, name) for name in names},
            ).fetchall()
        ]
