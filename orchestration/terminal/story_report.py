"""What `bonded story` prints: the sentence, every figure with its address, what is complete, and the claims.

Belongs here: words and JSON of a story that was told. Not here: the story (`stories`), nor its course (`story`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from orchestration.base.commands import bonded
from orchestration.base.months import parse_month, spans
from orchestration.base.plain import plain
from orchestration.base.settings import Home
from orchestration.stories.figures import Figure
from orchestration.stories.measures import MEASURES
from orchestration.stories.told import Told
from orchestration.terminal import fetch_report, output
from orchestration.terminal.story import Course

#: What stands in the sentence and is no figure of trade.
NO_FIGURES = ("month", "threshold_usd", "above_since")


def as_dict(course: Course) -> dict[str, Any]:
    """For JSON."""
    told = course.told.as_dict() if course.told else {}
    for figure in told.get("figures", ()):
        figure["trace"] = [_command(course.home, cell) for cell in figure["trace"]]
    return {
        "home": str(course.home.root),
        "ok": course.ok,
        **told,
        "fetched": [fetch_report.as_dict(outcome, dry_run=False) for outcome in course.fetched],
        "run": course.summary.as_dict(),
        "would_be_asked": course.waiting,
    }


def show(course: Course) -> None:
    """Print it; what went wrong first."""
    summary = course.summary
    for text in course.waiting:
        output.line(text)
    if summary.failure:
        output.line("FAILED. Nothing new was published." if course.told else "FAILED. Nothing was published.")
        output.line(summary.failure)
    for text in summary.held_back:
        output.line(f"HELD BACK: {text}")
    if course.told:
        _show(course.home, course.told)
    elif summary.is_synthetic:
        output.line("SYNTHETIC DATA: what this home holds is made up.")


def _show(home: Home, told: Told) -> None:
    made_up = output.made_up(told.release_id, told.is_synthetic)
    for text in (
        *made_up,
        told.title,
        "",
        told.sentence or "There is no month of which all its figures are known.",
        "",
    ):
        output.line(text)
    output.line(
        f"as of release {told.release_id}, made on {told.made_at:%Y-%m-%d}; latest month {told.month or 'none'}"
    )
    for held in told.datasets:
        output.line(held.told)
    if told.unknown:
        output.line(f"not known, and so not told: {', '.join(told.unknown)}")
    shown = [figure for figure in told.figures if figure.shown is not None and figure.measure not in NO_FIGURES]
    addresses = list(dict.fromkeys(address for figure in shown for address in figure.addresses))
    for figure in shown:
        _show_figure(home, figure, sorted(addresses.index(address) + 1 for address in figure.addresses))
    if told.claims:
        output.line("")
        rows = [[c["claim_id"], c["text"], c["published_on"], c["verdict_then"], c["verdict_now"], c["detail_now"]]
                for c in told.claims]  # fmt: skip
        output.table(["claim", "printed", "on", "then", "now", "detail"], rows)
    output.line("")
    for n, address in enumerate(addresses, start=1):
        output.line(f"[{n}] {address}")
    for text in (*(f"TERMS: {terms}" for terms in told.terms), *made_up):
        output.line(text)


def _show_figure(home: Home, figure: Figure, places: list[int]) -> None:
    base = f", on US$ {plain(figure.base.value)} in {_months(figure, figure.base.month)}" if figure.base else ""
    low = ", a low base" if figure.is_low_base else ""
    asked = f", from {' '.join(f'[{place}]' for place in places)}" if places else ", no row"
    output.line(
        f"{figure.name}: {figure.shown} ({_exact(figure)} in {_months(figure, figure.month)}{base}{low}{asked})"
    )
    first, *others = figure.trace
    cells = [parse_month(cell.split()[0]) for cell in others]
    output.line(f"  {_command(home, first)}" + (f"  (likewise {spans(cells)})" if others else ""))


def _months(figure: Figure, month: str) -> str:
    """The months that a figure of this one adds up."""
    return f"{month[:4]}-01..{month}" if MEASURES[figure.measure].from_january and month[5:] != "01" else month


def _exact(figure: Figure) -> str:
    """As published, in whole units or percent."""
    value = figure.value
    assert value is not None and not isinstance(value, dt.date)
    forms = MEASURES[figure.measure].forms
    if "change" in forms:
        return f"{100 * value:+.3f} %"
    if "percent" in forms:
        return f"{100 * value:.3f} %"
    return f"US$ {plain(int(value))}" if "billions" in forms else plain(value)


def _command(home: Home, cell: str) -> str:
    return bonded("trace", *cell.split(), home=home)
