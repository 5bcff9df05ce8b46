"""The frame of the gates fails closed: each place where Great Expectations would pass in silence, one by one."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pytest

from orchestration.base.errors import RefusalError
from orchestration.base.settings import PROJECT
from orchestration.gates import judge as judging
from orchestration.gates.audit import _judged
from orchestration.gates.evidence import EVIDENCE
from orchestration.gates.judge import GateBrokenError, judge
from orchestration.gates.suites import FORBIDDEN, ExpectationSpec, declared_gates, load_suite

GOOD = PROJECT / "expectations" / "totals.yml"


def spec(kind: str = "expect_column_values_to_be_between", **kwargs: Any) -> ExpectationSpec:
    """One expectation with the words that every one needs."""
    return ExpectationSpec(
        type=kind, kwargs=kwargs or {"column": "excess", "max_value": 0}, description="d", reason="r", reference="x"
    )


BETWEEN, NOT_NULL = spec(), spec("expect_column_values_to_not_be_null", column="excess")


def frame(*excess: str | None) -> pd.DataFrame:
    """Evidence as it is judged: decimals, not floats."""
    return pd.DataFrame({"excess": [None if e is None else Decimal(e) for e in excess]}, dtype=object)


def test_exact_decimals_are_judged_row_by_row() -> None:
    """A millionth too much is found, at its row."""
    wrong = judge("totals", (BETWEEN, NOT_NULL), frame("0.000000", "0.000001", "-3"))
    assert wrong == [frozenset({1}), frozenset()]


def test_a_null_difference_is_found() -> None:
    """Value checks skip NULLs; the expectation beside it does not."""
    assert judge("totals", (BETWEEN, NOT_NULL), frame("0", None)) == [frozenset(), frozenset({1})]


def test_no_rows_are_never_judged() -> None:
    """Both expectations would pass on an empty frame."""
    with pytest.raises(GateBrokenError, match="no row"):
        judge("totals", (BETWEEN, NOT_NULL), frame())


def test_all_nulls_do_not_pass() -> None:
    """Not even where the frame has no value at all."""
    assert judge("totals", (BETWEEN, NOT_NULL), frame(None, None))[1] == {0, 1}


def test_a_missing_column_breaks_the_gate() -> None:
    """The exception hides in the result; it is brought out."""
    with pytest.raises(GateBrokenError, match="raised"):
        judge("totals", (spec(column="exces", max_value=0),), frame("0"))


def test_a_failed_table_expectation_finds_every_row_wrong() -> None:
    """A table-level expectation has no rows of its own."""
    few = spec("expect_table_row_count_to_be_between", min_value=3)
    assert judge("totals", (few,), frame("0", "0")) == [frozenset({0, 1})]


RESULTS: dict[str, tuple[dict[str, Any], str]] = {
    "exception, flat": ({"exception_info": {"raised_exception": True, "exception_message": "boom"}}, "boom"),
    "exception, by metric": (
        {"exception_info": {"('m',)": {"raised_exception": True, "exception_message": "bang"}}},
        "bang",
    ),
    "fewer rows": ({"result": {"element_count": 1, "unexpected_count": 0}}, "1 of 2 rows"),
    "failed without a row": ({"success": False, "result": {"element_count": 2, "unexpected_count": 0}}, "contradicts"),
    "passed with a row": (
        {"result": {"element_count": 2, "unexpected_count": 1, "unexpected_index_list": [0]}},
        "contradicts",
    ),
    "rows cut": (
        {"success": False, "result": {"element_count": 2, "unexpected_count": 2, "unexpected_index_list": [0]}},
        "contradicts",
    ),
    "nothing reported": ({"result": {}}, "reported nothing"),
}


@pytest.mark.parametrize("case", RESULTS)
def test_a_result_that_cannot_be_trusted_breaks_the_gate(case: str) -> None:
    """Whatever the library reports in a form that is not understood is not a pass."""
    values, message = RESULTS[case]
    result = SimpleNamespace(**{"success": True, "exception_info": {}, "result": {}, **values})
    with pytest.raises(GateBrokenError, match=message):
        judging._wrong(BETWEEN, result, rows=2)


def test_an_expectation_that_does_not_report_breaks_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer results than expectations is no verdict."""
    batch = SimpleNamespace(validate=lambda *_, **__: SimpleNamespace(results=[]))
    monkeypatch.setattr(judging, "_context", lambda: SimpleNamespace(get_batch=lambda _: batch))
    with pytest.raises(GateBrokenError, match="0 of 1"):
        judge("totals", (BETWEEN,), frame("0"))


EDITS = {
    "type": ("expect_column_values_to_be_between", "expect_column_values_to_be_betwen", "no expectation"),
    "argument": ("max_value: 0", "maxvalue: 0", "takes no maxvalue"),
    "key of ours": ("reason: GACC", "raeson: GACC", "raeson"),
    "severity": ("    description: Within", "    severity: eror\n    description: Within", "severity"),
    "gate": ("gate: totals", "gate: total", "says gate 'total'"),
    "a column left out": ("{column: excess, max_value: 0}", "{max_value: 0}", "column"),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_typo_in_a_suite_is_an_error(tmp_path: Path, case: str) -> None:
    """The library's own loader would drop the expectation and log a line."""
    old, new, message = EDITS[case]
    path = tmp_path / "totals.yml"
    path.write_text(GOOD.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RefusalError, match=message) as refused:
        load_suite(path)
    assert refused.value.file == "totals.yml"


@pytest.mark.parametrize("key", sorted(FORBIDDEN))
def test_what_would_let_rows_pass_is_forbidden(tmp_path: Path, key: str) -> None:
    """mostly, row_condition and the like."""
    path = tmp_path / "totals.yml"
    text = GOOD.read_text(encoding="utf-8").replace("max_value: 0", f"max_value: 0, {key}: x", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusalError, match="forbidden"):
        load_suite(path)


@pytest.mark.parametrize(("stops", "severity"), [("always", "warn"), ("never", "block")])
def test_a_gate_keeps_to_what_it_says_of_itself(tmp_path: Path, stops: str, severity: str) -> None:
    """What the UI says of a gate, that it stops publication or only warns, is true of each of its findings."""
    path = tmp_path / "totals.yml"
    path.write_text(GOOD.read_text(encoding="utf-8").replace("stops: sometimes", f"stops: {stops}"), encoding="utf-8")
    with pytest.raises(GateBrokenError, match=f"{stops} stops publication, and a finding is to {severity}"):
        _judged(load_suite(path), frame("0").assign(severity=severity, n_compared=1))


def test_an_empty_suite_is_an_error(tmp_path: Path) -> None:
    """It would pass everything."""
    path = tmp_path / "totals.yml"
    head = GOOD.read_text(encoding="utf-8").split("expectations:")[0]
    path.write_text(head + "expectations: []\n", encoding="utf-8")
    with pytest.raises(RefusalError, match="judges nothing"):
        load_suite(path)


def test_no_declared_gate_is_an_error(tmp_path: Path) -> None:
    """An audit without gates would pass."""
    (tmp_path / "gates.yml").write_text("gates: {}\n", encoding="utf-8")
    with pytest.raises(RefusalError, match="no gate"):
        declared_gates(tmp_path)
    (tmp_path / "gates.yml").unlink()
    with pytest.raises(RefusalError, match="missing"):
        declared_gates(tmp_path)


BAD_ROWS = {
    "no tolerance": {"tolerance": None},
    "negative tolerance": {"tolerance": -1},
    "no scope": {"scope": None},
    "a day for a month": {"month": "2024-01-02"},
    "a severity of its own": {"severity": "info"},
    "nothing compared, no reason": {"n_compared": 0},
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_evidence_is_a_contract(case: str) -> None:
    """A row that says less than it must cannot be written; nor can the same comparison twice."""
    good = {"gate": "g", "source": "o", "reporter": "r", "flow": "f", "dataset": "d", "month": "2024-01-01",
            "scope": "s", "measure": "m", "expected": 1, "actual": 1, "tolerance": 0, "n_compared": 1,
            "severity": "block"}  # fmt: skip
    names = ", ".join(good)
    insert = f"insert into evidence ({names}) values ({', '.join('?' * len(good))})"
    with duckdb.connect() as con:
        con.execute(EVIDENCE)
        con.execute(insert, list(good.values()))
        with pytest.raises(duckdb.ConstraintException):
            con.execute(insert, list(good.values()))
        with pytest.raises(duckdb.ConstraintException):
            con.execute(insert, list({**good, "scope": "other", **BAD_ROWS[case]}.values()))


def copy_expectations(folder: Path) -> Path:
    """The shipped expectations, to be broken."""
    return Path(shutil.copytree(PROJECT / "expectations", folder / "expectations"))
