"""A claim is held against the figures of its own source and reporter, whatever else a home holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from orchestration.claims import load
from orchestration.claims.evaluate import as_row
from orchestration.claims.load import load_claims
from orchestration.claims.warehouse import put_to_the_test
from orchestration.sources.catalogue import TRADE
from tests.claims.frames import COLUMNS, claim, known
from tests.claims.test_load import GOOD
from tests.second_source import OTHER

CHINA = ("gacc", "CHN", "import")
GERMANY, FRANCE = ("other", "DEU", "import"), ("other", "FRA", "import")
NAMED = {"source": "other", "reporter": "DEU", "measure": "value_local", "value": 7, "half_unit": 0}


@pytest.fixture(autouse=True)
def _second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRADE, OTHER.name, OTHER)


def judged(rows: list[dict[str, object]], held: tuple[str, ...], **said: Any) -> dict[str, object]:
    """The row of one claim on a warehouse of these known figures and sources."""
    categories = pd.DataFrame(
        [
            ("ic", "integrated_circuits", "85423", None),
            ("ic_line", "85423110", "85423110", "gacc"),
            ("ic_line", "8542319010", "8542319010", "other"),
            ("ic_line", "8542399000", "8542399000", "other"),
        ],
        columns=["category_scheme", "category_code", "hs_prefixes", "code_system"],
    )
    with duckdb.connect() as con:
        frame = pd.DataFrame(rows, columns=COLUMNS, dtype=object)
        con.register("known_figures", frame)
        numbers = ", ".join(f"{name}::bigint as {name}" for name in ("value_usd", "value_local", "quantity"))
        con.execute(
            f"create table int_known_value as select * replace ({numbers}, month::date as month, "
            "known_from::date as known_from, known_to::date as known_to) from known_figures"
        )
        con.execute(
            "create table int_known_coverage as select source, reporter, flow, month, partner_code, category_scheme, "
            "category_code, null::date as usd_from, null::date as local_from from int_known_value limit 0"
        )
        con.register("dim_category", categories)
        con.register("dim_source", pd.DataFrame({"source": list(held)}, dtype=object))
        (result,) = put_to_the_test(con, {"claim": claim(**said)})
    return as_row(result)


def test_the_same_codes_of_another_source_are_not_counted() -> None:
    """China's 502 is the United States; another list may have a 502, too."""
    rows = [known("2024-10", 5, stream=CHINA), known("2024-10", 7, stream=GERMANY), known("2024-10", 9, stream=FRANCE)]
    said = judged(rows, ("gacc", "other"), value=5, half_unit=0)
    assert (said["source"], said["reporter"], said["verdict_now"]) == ("gacc", "CHN", "confirmed")
    assert said["trace"] == "2024-10 502 integrated_circuits --scheme ic --source gacc"
    only_others = judged(rows[1:], ("gacc", "other"), value=7, half_unit=0)
    assert (only_others["verdict_now"], only_others["actual_now"]) == ("not testable", None)


def test_a_claim_on_another_source_is_held_against_that_one() -> None:
    """By its reporter, and in the words of its own currency."""
    rows = [
        known("2024-10", 5, local=7, stream=CHINA, partner="US"),
        known("2024-10", None, local=7, stream=GERMANY, partner="US"),
        known("2024-10", None, local=8, stream=FRANCE, partner="US"),
    ]
    said = judged(rows, ("gacc", "other"), **NAMED, partner="US")
    assert (said["source"], said["reporter"], said["verdict_now"]) == ("other", "DEU", "confirmed")
    assert said["detail_now"] == "7 EUR: within 7 to 7"
    assert said["trace"] == "2024-10 US integrated_circuits --scheme ic --source other --reporter DEU"
    assert judged(rows, ("gacc", "other"), **{**NAMED, "reporter": "FRA"}, partner="US")["actual_now"] == 8


def test_types_are_those_of_the_source_s_own_tariff() -> None:
    """A scheme of national lines has other members in another country."""
    lines = [known("2024-10", 3, f"ic_line/{code}", stream=GERMANY) for code in ("8542319010", "8542399000")]
    types = {"scheme": "ic_line", "category": None, "comparison": "n_types", "value": 2}
    said = judged(
        [*lines, known("2024-10", 1, "ic_line/85423110")], ("gacc", "other"), source="other", reporter="DEU", **types
    )
    assert (said["verdict_now"], said["detail_now"]) == ("confirmed", "2 of 2 categories of ic_line had trade")


@pytest.mark.parametrize(
    ("held", "source", "verdict"),
    [
        (("gacc_sample",), "gacc_sample", "confirmed"),
        (("gacc_sample", "other"), "gacc_sample", "confirmed"),
        (("gacc", "other"), "gacc", "not testable"),
        (("other",), "gacc", "not testable"),
        ((), "gacc", "not testable"),
    ],
)
def test_a_sample_answers_where_only_that_is_held(held: tuple[str, ...], source: str, verdict: str) -> None:
    """Never another source; and the row says of whom it speaks, whoever answers."""
    rows = [known("2024-10", 5, stream=("gacc_sample", "CHN", "import")), known("2024-10", 5, stream=GERMANY)]
    said = judged(rows, held, value=5, half_unit=0)
    assert (said["source"], said["reporter"], said["verdict_now"]) == (source, "CHN", verdict)


def test_partners_and_categories_are_looked_up_for_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own codes and nobody's; a currency that it does not print is refused."""
    seeds = {name: load.read_seed(name) for name in ("partners", "categories", "hs_headings")}
    seeds["partners"] = (*seeds["partners"], {"partner_system": "other", "partner_code": "US"})
    monkeypatch.setattr(load, "read_seed", seeds.__getitem__)
    text = GOOD.replace("partner: 502", "partner: US\n    source: other\n    reporter: DEU")
    (tmp_path / "claims.yml").write_text(text, encoding="utf-8")
    assert load_claims(tmp_path)["chips"].reporting == "DEU"
    for source in (OTHER, TRADE["gacc"]):
        monkeypatch.setitem(TRADE, source.name, OTHER.__class__(**{**vars(source), "local_currency": None}))
        with pytest.raises(ValueError, match=f"{source.name} prints US dollars only"):
            claim(source=source.name, reporter=source.reporters[0], measure="value_local", value=1, half_unit=0)
