"""What a page says of a release as a whole: its streams, what is new, its verdict, its terms.

Belongs here: what holds whatever stories are told. Not here: a story (`sections`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import duckdb
from markupsafe import Markup, escape

from orchestration.base.months import add_months, format_month
from orchestration.gates.audit import VERDICTS, Report
from orchestration.gates.reach import reach
from orchestration.gates.report import extent, headline, lead
from orchestration.pages.figures import SERIES_KEY, Cell, quoted
from orchestration.pages.sections import Table
from orchestration.pages.series import Library, Row, Stream
from orchestration.releases.corrections.changed import what_changed
from orchestration.releases.manifest import Manifest
from orchestration.releases.terms import terms
from orchestration.sources.catalogue import TRADE
from orchestration.sources.source import MADE_UP
from orchestration.stories.measures import SERIES
from orchestration.warehouse.views import parts

#: Where a page waits for what only the audit tells.
BADGE, VERDICT = "<!--verdict in a word-->", "<!--verdict-->"
#: The most sentences on what is new, and where those on what has moved stand.
TOLD, MOVERS = 5, "mart_partner_category_mover_monthly"
#: How many series of the newest month are shown where a release has no story's.
NEWEST = 12
#: By stream the last month that is covered, and in which table and currency that stands.
STREAMS = """
with covered as ({rows})
select source, reporter, flow, max(month), arg_max(table_name, month), arg_max(covered_usd, month)
from covered group by source, reporter, flow order by 1, 2, 3"""


def streams(con: duckdb.DuckDBPyConnection, said: Manifest) -> dict[tuple[str, str, str], Stream]:
    """What a release reports, by source, reporter and flow."""
    known: dict[tuple[str, str, str], dt.date] = {}
    for receipt in said.receipts:
        of = (receipt.scope.source, receipt.scope.reporter, receipt.scope.flow)
        known[of] = max(receipt.vintage, known.get(of, receipt.vintage))
    rows = " union all ".join(
        f"select source, reporter, flow, month, covered_usd, '{table}' as table_name from {table} "
        "where covered_usd or covered_local"
        for table in parts()["int_series_coverage"]
    )
    found = con.execute(STREAMS.format(rows=rows)).fetchall()
    return {
        of: Stream(*of, last, known[of], table, "covered_usd" if in_dollars else "covered_local")
        for source, reporter, flow, last, table, in_dollars in found
        if (of := (source, reporter, flow)) in known
    }


def latest(library: Library, said: Manifest) -> Table:
    """The latest month of each source, when it came out, and until when its figures are known."""
    publishers = {row["source"]: row for row in library.rows("select source, publisher from dim_source")}
    out = {
        (row["source"], row["month"]): row["release_date"]
        for row in library.rows("select source, month, release_date from dim_release_calendar")
    }
    rows = []
    for of in library.streams.values():
        key = {"source": of.source, "reporter": of.reporter, "flow": of.flow}
        publisher = MADE_UP if said.is_synthetic else publishers.get(of.source, {}).get("publisher") or of.source
        held = said.held_back.get(of.source)
        rows.append((
            f"{publisher}, {of.flow}s of {of.reporter}" + (f", held back since {held.since}" if held else ""),
            Cell(of.coverage, "max(month)", {**key, of.covered: "true"}, of.last, "month"),
            *_released(out, of),
            Cell("receipt", "max(vintage)", key, of.known_on, "day"),
        ))  # fmt: skip
    heads = ("Source", "Latest month", "Came out", "The next one", "Figures as known on")
    return Table("Latest month by source", heads, tuple(rows))


def _released(out: Mapping[tuple[str, dt.date], dt.date], of: Stream) -> list[object]:
    """When the latest month came out and how long after it, and when the next one does, where there is a calendar."""
    days = [(month, out.get((of.source, month))) for month in (of.last, add_months(of.last, 1))]
    if days[0][1] is None:
        return ["when its publisher said so", "when its publisher says so"]
    cells = [
        Cell("dim_release_calendar", "release_date", {"source": of.source, "month": format_month(month)}, day, form)
        for month, day in days
        for form in ("day", f"lag {format_month(month)}")
    ]
    said = quoted("{day}, {lag} after it ended", {"day": cells[0], "lag": cells[1]})
    return [said, cells[2] if days[1][1] else "–"]


def newest(library: Library) -> list[Table]:
    """The greatest series of each stream's latest month, of the scheme that has most rows."""
    tables = []
    for of in library.streams.values():
        for mart in SERIES:
            key: dict[str, object] = {"source": of.source, "reporter": of.reporter, "flow": of.flow, "month": of.last}
            where = "source = $source and reporter = $reporter and flow = $flow and month = $month"
            rows = library.rows(
                f"with mine as (select * from {mart} where {where}), scheme as (select category_scheme from mine "
                "where category_scheme in ('hs4', 'hs2', 'all') group by all order by count(*) desc limit 1) "
                "select * from mine semi join scheme using (category_scheme) "
                f"order by coalesce(value_usd, value_local) desc nulls last limit {NEWEST}",
                key,
            )
            if rows:
                tables.append(_newest(of, mart, rows))
                break
    return tables


def _newest(of: Stream, mart: str, rows: list[Row]) -> Table:
    shown = []
    for row in rows:
        names = ("source", "reporter", "flow", "partner_code", "category_scheme", "category_code")
        key = {name: str(row[name]) for name in names} | {"month": format_month(of.last)}
        name = f"{row['category_code']} {row['category_name']}, {row.get('partner_name') or 'all partners'}"
        cells = [Cell(mart, c, key, row[c], how, n) for c, how, n in (
            ("value_usd", "millions", 1), ("value_usd_yoy", "change", 1),
            ("value_local", f"local {row['local_currency']}", 3), ("value_local_yoy", "change", 1))]  # fmt: skip
        shown.append((name, *cells))
    heads = ("Series", "US dollars", "on a year before", "Local currency", "on a year before")
    return Table(f"{TRADE[of.source].name}, {of.reporter} {of.flow}s: the newest month", heads, tuple(shown))


def attributions(said: Manifest) -> dict[str, str]:
    """By source whom to name; nobody where figures are made up, whatever source they imitate."""
    return {name: MADE_UP if said.is_synthetic else of.attribution for name, of in terms(said).items()}


def terms_told(said: Manifest) -> list[str]:
    """By source the terms, a sentence each."""
    return list(dict.fromkeys(f"{of.attribution.rstrip('.')}. {of.terms}" for of in terms(said).values()))


def badge(report: Report) -> Markup:
    """The verdict in a word."""
    tone, text = headline(report)
    return Markup('<a class="badge {}" href="audit.html">Audit: {}</a>').format(tone, text)


def verdict(report: Report) -> Markup:
    """The verdict, what was checked and how far that reached."""
    tone, text = headline(report)
    counts = Markup("").join(
        Markup("<li>{} {}</li>").format(
            Markup(Cell("audit_results", "count(*)", {"verdict": name}, n, "whole").tag()), name.replace("_", " ")
        )
        for name in VERDICTS
        if (n := report.counts[name])
    )
    sentences = Markup("").join(Markup("<li>{}</li>").format(said) for said in reach(report).sentences())
    return Markup(
        '<p class="verdict {}"><strong>{}</strong> <span class="of-audit">{}</span></p><p class="of-audit">{}</p>'
        '<ul class="counts" aria-label="Comparisons by verdict">{}</ul><ul class="of-audit">{}</ul>'
        '<p><a href="audit.html">The whole audit, gate by gate and month by month</a></p>'
    ).format(tone, text, lead(report), extent(report.results), counts, sentences)


def changed(library: Library, folder: Path, said: Manifest, received: list[str]) -> list[Markup]:
    """What is new, up to `TOLD` sentences: claims that flipped, figures that were corrected, what has moved most.

    `received`: what came in and what was withdrawn, in sentences; told after these. Where nothing could be compared,
    that is told, and not that nothing was corrected.
    """
    found = what_changed(folder, TOLD - 2, said)
    ours = [Markup('<span data-sentence="">{}</span>').format(text) for text in (*found.flips, *found.corrections)]
    moved = [Cell(*of, "text").tag() for of in _movers(library)]
    n_moved = max(2, TOLD - len(ours))
    told = [*ours[: TOLD - len(moved[:n_moved])], *moved[:n_moved]]
    is_first = said.base is None and not found.remarks
    if is_first:
        told = [escape("This is the first release: there is none before it to compare it with."), *moved[:TOLD]]
    elif not ours and not found.remarks:
        told = [escape("No published figure was corrected, and no claim has another verdict."), *told]
    if found.n_corrections > len(found.corrections):
        all_of_them = Cell("mart_correction", "count(*)", {"release_id": said.release_id}, found.n_corrections, "whole")
        told.append(
            quoted("In all {n} figures are not as they were: the table mart_correction has them.", {"n": all_of_them})
        )
    rest = () if is_first else (*found.remarks, *received)
    return [*told, *(Markup('<span class="of-landing">{}</span>').format(text) for text in rest)]


def sentences(folder: Path) -> tuple[str, ...]:
    """All sentences on what a release corrects that its page may say."""
    found = what_changed(folder, TOLD)
    return (*found.flips, *found.corrections)


def _movers(library: Library) -> list[tuple[str, str, dict[str, str], str]]:
    """Sentences on the newest month of each stream, those of most dollars first: table, column, key, text.

    Of two that say the same goods' month only the greater is told; nothing of a release without such tables.
    """
    if not library.rows(f"select 1 from duckdb_tables() where table_name = '{MOVERS}'"):
        return []
    found = library.rows(
        f"select * from {MOVERS} where list_contains($newest, concat_ws(' ', source, reporter, flow, month)) "
        "qualify row_number() over (partition by source, reporter, flow, partner_code "
        "order by rank, category_scheme, category_code, reason) = 1 "
        "order by abs(coalesce(moved_usd, 0)) desc, partner_code",
        # An earlier month with something to tell is no news of a later one that has nothing.
        {"newest": [f"{of.source} {of.reporter} {of.flow} {of.last}" for of in library.streams.values()]},
    )
    names = (*SERIES_KEY, "reason")
    return [
        (MOVERS, "sentence", {**{n: str(row[n]) for n in names}, "month": format_month(row["month"])}, row["sentence"])
        for row in found
    ]
