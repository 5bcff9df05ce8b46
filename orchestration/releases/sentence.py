"""The story in a newspaper's sentence, which a release says of itself (`release_info.headline`).

Belongs here: chips from the United States, in one sentence. Not here: its lines for a terminal (`headline`), stories as
files (`stories`).
"""

from __future__ import annotations

import duckdb

from orchestration.base.words import written

#: In whole dollars and as fractions. Of several sources the customs' own: it has the finer lines.
FIGURES = """
select m.month, m.value_usd, m.value_usd_yoy, m.value_usd_ytd, m.value_usd_ytd_yoy, h.months_at_or_above,
  h.threshold_usd, h.above_since, m.n_lines
from mart_partner_category_monthly as m
join mart_partner_category_headline_monthly as h
  using (source, reporter, flow, month, partner_code, category_scheme, category_code)
where m.reporter = 'CHN' and m.flow = 'import' and m.partner_iso3 = 'USA' and m.category_scheme = 'ic'
  and m.value_usd is not null
order by m.month desc, starts_with(m.source, 'gacc') desc
limit 1"""
SYNTHETIC = "SYNTHETIC: "


def sentence(con: duckdb.DuckDBPyConnection, is_synthetic: bool) -> str | None:
    """The story in a newspaper's words, by the published tables in sight; made-up figures say so. None without any."""
    row = con.execute(FIGURES).fetchone()
    if row is None:
        return None
    month, value, yoy, ytd, ytd_yoy, streak, threshold, since, types = row
    clauses = [
        f"China bought {written(value, 'billions')} worth of integrated circuits from the United States in "
        f"{written(month, 'month')}{_change(yoy, 0, ' on a year before')}"
    ]
    if ytd is not None and month.month > 1:
        clauses.append(f"{written(ytd, 'billions')} in {written(month, 'span')}{_change(ytd_yoy, 1)}")
    if streak:
        limit = written(threshold, "billions", 0 if threshold % 10**9 == 0 else 2)
        clauses.append(f"{written(streak, 'months')} in a row at {limit} or more, since {written(since, 'month')}")
    clauses.append(f"{written(types, 'count')} type{'' if types == 1 else 's'} of chip")
    return f"{SYNTHETIC if is_synthetic else ''}{'; '.join(clauses)}."


def _change(fraction: float | None, digits: int, base: str = "") -> str:
    return "" if fraction is None else f", {written(fraction, 'change', digits)}{base}"
