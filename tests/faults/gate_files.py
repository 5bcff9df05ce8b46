"""Faults of the gates themselves: their files, their evidence, what they must compare, and known exceptions.

Belongs here: an edit of a copy of the expectations. Not here: faults of figures.
"""

from __future__ import annotations

from tests.faults.bench import Bench, Inject
from tests.faults.reviewed import STORY, figure
from tests.faults.table import Fault, fails, refused, warns

EXCEPTION = """exceptions:
  known_headline:
    gates: [totals]
    dataset: gacc_sample import
    scope: story_us_ic_2024_10
    months: 2024-10
    expect: {expect}
    reason: the press rounded up
    source: a call
    expires: {expires}
"""


def edited(file: str, old: str, new: str) -> Inject:
    """Some words of a file replaced."""
    return lambda bench: bench.edit_expectations(file, lambda text: text.replace(old, new, 1))


def evidence(gate: str, select: str) -> Inject:
    """A gate's evidence passed through a query on it, the table `e`."""

    def edit(text: str) -> str:
        return f"with e as ({text.rstrip().rstrip(';')}\n) {select}"

    return lambda bench: bench.edit_expectations(f"{gate}.sql", edit)


def lost(file: str) -> Inject:
    """A file is not there."""

    def inject(bench: Bench) -> None:
        bench.edit_expectations(file, lambda text: text + "\n")
        (bench.expectations / file).unlink()

    return inject


def excepted(expect: str, expires: str = "2025-06-30", change: str = "value = value * 1.01") -> Inject:
    """A headline that is off, and an exception that speaks of it."""

    def inject(bench: Bench) -> None:
        figure(change, STORY)(bench)
        bench.edit_expectations("known_exceptions.yml", lambda _: EXCEPTION.format(expect=expect, expires=expires))

    return inject


FILES = (
    Fault(
        "a gate's evidence deleted",
        lost("domains.sql"),
        fails(
            domains=(
                "broken: domains.sql is missing; failed 2020-01, 2024-08, 2024-10: domains compared "
                "nothing for sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a gate's suite deleted",
        lost("totals.yml"),
        fails(
            totals=(
                "broken: totals.yml: the file is missing; failed 2020-01: totals compared nothing of '502 "
                "× integrated_circuits' for sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a gate's suite emptied",
        lambda bench: bench.edit_expectations(
            "layers.yml", lambda t: t.split("expectations:")[0] + "expectations: []\n"
        ),
        fails(
            layers=(
                "broken: layers.yml, line 6: expectations: an empty suite judges nothing; failed 2020-01, "
                "2024-08, 2024-10: layers compared nothing for sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a typo in the type of an expectation",
        edited("totals.yml", "values_to_be_between", "values_to_be_betwen"),
        fails(
            totals=(
                "broken: totals.yml: there is no expectation 'expect_column_values_to_be_betwen'; failed "
                "2020-01: totals compared nothing of '502 × integrated_circuits' for sample_chips, which "
                "lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a typo in an argument",
        edited("additivity.yml", "max_value", "maxvalue"),
        fails(
            additivity=(
                "broken: additivity.yml: expect_column_values_to_be_between takes no maxvalue; failed "
                "2020-01: additivity compared nothing for sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a typo in a key",
        edited("continuity.yml", "reason:", "raeson:"),
        fails(
            continuity=(
                "broken: continuity.yml, line 10: expectations.0.raeson: Extra inputs are not permitted; "
                "failed 2020-01, 2024-08, 2024-10: continuity compared nothing for sample_chips, which "
                "lists it in must_compare"
            )
        ),
    ),
    Fault(
        "an expectation that may fail mostly",
        edited("receipt_scope.yml", "max_value: 0", "max_value: 0, mostly: 0.5"),
        fails(
            receipt_scope=(
                "broken: receipt_scope.yml, line 8: expectations.0.kwargs: mostly would let rows pass "
                "unseen and is forbidden here; failed 2020-01: receipt_scope compared nothing for "
                "sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a column that the evidence lacks",
        edited("drift.yml", "column: excess", "column: exces"),
        fails(
            drift=(
                'broken: expect_column_values_to_be_between raised: Error: The column "exces" in '
                "BatchData does not exist.; failed 2020-01: drift compared nothing for sample_chips, which "
                "lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a gate removed that a dataset must compare",
        edited("gates.yml", "  drift: {speaks: where_asked}\n", ""),
        fails(drift=("broken 2020-01: sample_chips lists drift in must_compare, but gates.yml declares no such gate")),
    ),
    Fault(
        "a typo in the declaration of the gates",
        edited("gates.yml", "every_month}", "each_month}"),
        refused("gates.layers.speaks: Input should be 'every_month' or 'where_asked' (line 8)"),
    ),
    Fault(
        "no gate at all",
        lambda bench: bench.edit_expectations("gates.yml", lambda _: "gates: {}\n"),
        refused("no gate is declared"),
    ),
    Fault(
        "evidence that raises",
        lambda bench: bench.edit_expectations("drift.sql", lambda _: "select 1 / 'x'"),
        fails(
            drift=(
                'broken: Binder Error: Table "evidence" does not have a column with name "(1 / \'x\')"; '
                "failed 2020-01: drift compared nothing for sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "evidence that says nothing",
        evidence("domains", "from e where false"),
        fails(
            domains=(
                "broken: it compared nothing for gacc_sample import in 2023-01, and must; failed 2020-01, "
                "2024-08, 2024-10: domains compared nothing for sample_chips, which lists it in "
                "must_compare"
            )
        ),
    ),
    Fault(
        "evidence that says nothing, of a gate that need not always speak",
        evidence("continuity", "from e where false"),
        fails(
            continuity=(
                "failed 2020-01, 2024-08, 2024-10: continuity compared nothing for sample_chips, which "
                "lists it in must_compare"
            )
        ),
    ),
    Fault(
        "evidence that forgets a month",
        evidence("layers", "from e where month <> '2023-06-01'"),
        fails(
            layers=(
                "broken: it compared nothing for gacc_sample import in 2023-06, and must; failed 2020-01, "
                "2024-08, 2024-10: layers compared nothing for sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "evidence that fans out",
        evidence("totals", "select e.* from e, range(2)"),
        fails(
            totals=(
                "broken: Constraint Error: PRIMARY KEY or UNIQUE constraint violation: duplicate key; "
                "failed 2020-01: totals compared nothing of '502 × integrated_circuits' for sample_chips, "
                "which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "evidence without an expected figure",
        evidence("continuity", "select * replace (if(month = '2023-06-01', null, expected) as expected) from e"),
        fails(continuity="failed 2023-06: months with trade — → 1"),
    ),
    Fault(
        "evidence without an actual figure",
        evidence("year_to_date", "select * replace (null as actual) from e"),
        warns(
            year_to_date=(
                "warned 2022-05, 2023-02..2023-04, 2023-06..2023-07, 2023-09..2023-10, 2023-12, 2024-04, "
                "2024-07, 2024-10: quantity 232,000,000,000 → —"
            )
        ),
    ),
    Fault(
        "a negative tolerance",
        evidence("freshness", "select * replace (-1 as tolerance) from e"),
        fails(
            freshness=(
                "broken: Constraint Error: CHECK constraint failed on table evidence with expression "
                "CHECK((tolerance >= 0)); failed 2020-01: freshness compared nothing for sample_chips, "
                "which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a severity that is none",
        evidence("implied_rate", "select * replace ('info' as severity) from e"),
        fails(
            implied_rate=(
                "broken: Constraint Error: CHECK constraint failed on table evidence with expression "
                "CHECK((severity IN ('block', 'warn', 'expect'))); failed 2020-01: implied_rate compared "
                "nothing for sample_chips, which lists it in must_compare"
            )
        ),
    ),
    Fault(
        "a known exception of the right size",
        excepted("-10000000..-9000000"),
        warns(totals="waived 2024-10: 1,121,100,000 → 1,111,497,548 (-9,602,452)"),
        is_within=True,
    ),
    Fault(
        "a known exception that has expired",
        excepted("-10000000..-9000000", "2024-11-24"),
        fails(
            totals=(
                "failed 2024-10: known_headline expired on 2024-11-24: mend what was found, or review it "
                "and give it a new date"
            )
        ),
    ),
    Fault(
        "a known exception that is not needed",
        excepted("-10000000..-9000000", change="value = value * 1.001"),
        fails(
            totals=("failed 2024-10: known_headline no finding needs it any more: remove it from known_exceptions.yml")
        ),
    ),
    Fault(
        "a finding wider than its known exception",
        excepted("-9000000..-8000000"),
        fails(
            totals=("failed 2024-10: known_headline no finding needs it any more: remove it from known_exceptions.yml")
        ),
    ),
)
