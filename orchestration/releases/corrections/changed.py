"""What a release says otherwise than the one before it, in sentences: figures that were corrected, claims that flipped.

Belongs here: words, and which of many corrections are told first. Not here: which figures differ and why
(`table`), nor to whom it is told.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.base.duck import reading
from orchestration.base.months import format_month
from orchestration.base.plain import plain, printable
from orchestration.releases.database import DATABASE
from orchestration.releases.manifest import FlippedClaim, Manifest, read_manifest

#: How many corrections are told one by one.
TOLD = 5
#: Countries that are spoken of with an article.
WITH_ARTICLE = re.compile(r"United |.* (Islands|Republic|Emirates)$|(Netherlands|Philippines|Bahamas|Gambia|Maldives)$")
NOT_TESTABLE = "not testable"
#: Of many figures that one cause has changed the one that people know best comes first: dollars before quantities,
#: chips before other categories, these before bare codes; then the greatest. Each cause is told before any twice, and
#: what readers could have quoted before what was not known to them, such as a category that is new.
FIRST = """
with of_release as (
  select *, abs(coalesce(new_value, 0)::hugeint - coalesce(old_value, 0)) as size,
    list_position(['value_usd', 'value_local', 'quantity'], measure) as of_measure,
    coalesce(list_position(['ic', '', 'ic_type', 'electronics', 'hs4', 'hs6', 'ic_line', 'hs2', 'all'],
      category_scheme), 2) as of_scheme,
    starts_with(source, 'gacc') and flow = 'import' and partner_name = 'United States' as is_story
  from mart_correction where release_id = $release_id
  qualify row_number() over (
    partition by cause, cause_detail, source, reporter, flow, month, partner_code
    order by of_measure, of_scheme, size desc, category_code
  ) = 1
),
told as (
  select *, row_number() over (
    partition by cause, cause_detail
    order by old_value is null, of_measure, is_story desc, of_scheme, size desc, month desc, partner_code, category_code
  ) as place
  from of_release
)
select category_name, partner_name, partner_code, flow, month, measure, old_value, new_value, change_share, cause,
  cause_detail, o.local_currency
from told left join dim_source as o using (source)
order by place, old_value is null, is_story desc, of_measure, size desc, month desc, partner_code, category_code
limit $told"""


@dataclass(frozen=True)
class Correction:
    """A figure that another one has replaced, and why. Values in whole units; None is not known."""

    category_name: str
    partner_name: str
    partner_code: str
    flow: str
    month: dt.date
    measure: str
    old_value: int | None
    new_value: int | None
    change_share: float | None
    cause: str
    cause_detail: str
    local_currency: str | None

    def sentence(self) -> str:
        """With both values: Integrated circuits from the United States, 2024-06: US$ 1,011 → 1,015 (+0.4 %), why."""
        way = "from" if self.flow == "import" else "to"
        who = "all partners" if self.partner_code == "all" else self.partner_name
        who = f"the {who}" if WITH_ARTICLE.match(who) else who
        unit = {"value_usd": "US$", "value_local": self.local_currency or "local currency", "quantity": "quantity"}
        figures = [("not known" if v is None else plain(v)) for v in (self.old_value, self.new_value)]
        share = "" if self.change_share is None else f" ({self.percent()})"
        text = (
            f"{self.category_name} {way} {who}, {format_month(self.month)}: {unit[self.measure]} {' → '.join(figures)}"
        )
        return printable(f"{text}{share}, {self.cause} ({self.cause_detail})")

    def percent(self) -> str:
        """The change as the press prints it; with as many digits as it takes to be none of 0."""
        share = 100 * (self.change_share or 0.0)
        digits = next((n for n in (1, 2, 3) if round(share, n)), 3)
        return f"{share:+,.{digits}f} %"


@dataclass(frozen=True)
class Changed:
    """What a release, or a candidate, says otherwise than `compared_with`, the release before it.

    `corrections`: of `n_corrections` figures the sentences that come first; `flips`: a sentence for each claim whose
    verdict is another one, those first that could be tested before; `remarks`: what could not be compared.
    """

    release_id: str
    compared_with: str | None
    corrections: tuple[str, ...]
    n_corrections: int
    flips: tuple[str, ...]
    remarks: tuple[str, ...]
    is_synthetic: bool

    @property
    def sentences(self) -> list[str]:
        """Flipped claims that could be tested before, then corrections and how many more there are, then the rest."""
        more = self.n_corrections - len(self.corrections)
        rest = [f"{more:,} more figures are not as they were: mart_correction has them"] if more else []
        return [*self.flips, *self.corrections, *rest, *self.remarks]


def what_changed(folder: Path, told: int = TOLD, said: Manifest | None = None) -> Changed:
    """What the release, or the candidate, in a folder says otherwise than the release before it.

    `said`: its manifest, where it is not written yet; `told`: at most so many corrections.
    """
    said = said or read_manifest(folder)
    with reading(folder / DATABASE) as con:
        found, count = corrections_of(con, said.release_id, told)
    compared = said.corrections
    return Changed(
        said.release_id,
        compared.compared_with,
        tuple(correction.sentence() for correction in found),
        count,
        tuple(flip_sentence(flip) for flip in in_order(compared.flips)),
        (compared.remark,) if compared.remark else (),
        said.is_synthetic,
    )


def corrections_of(con: duckdb.DuckDBPyConnection, release_id: str, told: int) -> tuple[list[Correction], int]:
    """The corrections of a release that are told first, and how many it has; none in one that keeps no such table."""
    tables = con.execute("select table_name from duckdb_tables() where table_name = 'mart_correction'").fetchall()
    if not tables:
        return [], 0
    (count,) = con.execute("select count(*) from mart_correction where release_id = ?", [release_id]).fetchall()[0]
    rows = con.execute(FIRST, {"release_id": release_id, "told": told}).fetchall() if count else []
    return [Correction(*row) for row in rows], count


def in_order(flips: Sequence[FlippedClaim]) -> list[FlippedClaim]:
    """Claims that could be tested before come first: readers may have relied on them."""
    return sorted(flips, key=lambda flip: (flip.was == NOT_TESTABLE, flip.published_on, flip.claim_id))


def flip_sentence(flip: FlippedClaim) -> str:
    """A claim, its verdict before and now, and why."""
    text = f"“{flip.text}” ({flip.publisher}, {flip.published_on}): {flip.was} → {flip.is_now}"
    return printable(f"{text}: {flip.detail}" if flip.detail else text)
