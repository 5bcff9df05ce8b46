"""How far an audit reached: what was confirmed from outside, and what nothing could be compared with.

A number of the release, on the page, in `release.json` and at the terminal. Counted from the results alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from orchestration.base.months import format_month
from orchestration.gates.audit import Report


@dataclass(frozen=True)
class Reach:
    """`figures`: printed elsewhere on the flows of this home; `months`: of details, a stream and month each."""

    figures_known: int
    figures_compared: int
    months_held: int
    months_confirmed: int
    months_overdue: int
    overdue: str
    comparisons: int
    carried: int

    def as_dict(self) -> dict[str, int]:
        """The numbers alone, for `release.json`."""
        return {key: value for key, value in asdict(self).items() if isinstance(value, int)}

    def sentences(self) -> list[str]:
        """For a reader."""
        return [
            f"Figures printed elsewhere: {self.figures_compared:,} of {self.figures_known:,} could be compared.",
            f"Months of details: {self.months_confirmed:,} of {self.months_held:,} are confirmed by such a figure.",
            f"Overdue by the release calendar: {self.overdue or 'none'}.",
            f"Comparisons: {self.comparisons:,}, of which {self.carried:,} stand on evidence of earlier audits.",
        ]


def reach(report: Report) -> Reach:
    """Count it from a report."""
    rows = report.results
    totals, layers = rows[rows["gate"] == "totals"], rows[rows["gate"] == "layers"]
    is_month = totals["measure"] == "month"
    figures = totals[~is_month & (totals["verdict"] != "broken")]
    held = layers[layers["n_compared"] > 0][["source", "reporter", "flow", "month"]].drop_duplicates()
    late = rows[(rows["gate"] == "freshness") & rows["verdict"].isin(["warned", "waived"])]
    overdue = [
        f"{dataset} {', '.join(format_month(m) for m in sorted(found['month'])[:6])}{' …' if len(found) > 6 else ''}"
        for dataset, found in late.groupby("dataset")
    ]
    return Reach(
        figures_known=len(figures),
        figures_compared=int((figures["n_compared"] > 0).sum()),
        months_held=len(held),
        months_confirmed=max(len(held) - int(is_month.sum()), 0),
        months_overdue=len(late),
        overdue="; ".join(overdue),
        comparisons=int((rows["n_compared"] > 0).sum()),
        carried=int(rows["is_carried"].astype(bool).sum()),
    )
