"""Random overlapping receipts, currencies, grains and world files, against the rules written in plain Python."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.base.settings import Home
from orchestration.landing.receive import receive
from orchestration.landing.store import Landing
from orchestration.sources.catalogue import TRADE
from orchestration.warehouse import snapshot
from orchestration.warehouse.dbt import run_dbt
from orchestration.warehouse.nodes import names_of, windowed
from orchestration.warehouse.raw import write_raw, write_trade_schema
from orchestration.warehouse.raw_documents import READERS, write_schema
from tests.conftest import build_database, declared, many, write_csv

CODES = ("85411000", "85423110", "85423190", "85429000")
PARTNERS = ("116", "142", "502")
MONTHS = ("2024-01", "2024-02", "2024-03")
VINTAGES = ("2024-06-20", "2024-07-20", "2024-08-20")
Cell = tuple[str, str, str]
#: Categories that must be covered by their own prefix or a shorter one.
CATEGORIES = {
    ("ic", "integrated_circuits"): "85423",
    ("ic_line", "85423190"): "85423190",
    ("electronics", "ic_parts"): "854290",
    ("hs4", "8541"): "8541",
}
EXAMPLES = many(4, 150)


@dataclass(frozen=True)
class File:
    """One file to be received: what was asked, as of when, and what came back (month, code, partner → value)."""

    hs: tuple[str, ...]
    partners: tuple[str, ...]
    months: tuple[str, ...]
    currency: str
    vintage: str
    regimes: bool
    digits: int
    rows: dict[Cell, int]
    withdrawn: bool
    name: str = field(default="", compare=False)

    @property
    def world(self) -> bool:
        return self.partners == ("world",)

    @property
    def counts(self) -> bool:
        """Whether it feeds a fact: not withdrawn, and no sums of lines; a file without rows says 0 of each line."""
        return not self.withdrawn and (self.digits == 8 or not self.rows)

    def contains(self, month: str, code: str, partner: str) -> bool:
        """Whether the scope holds the cell; partner 'world' is contained in world files alone."""
        inside = partner in self.partners or (self.partners == ("all",) and partner != "world")
        return inside and month in self.months and code.startswith(self.hs if self.hs != ("all",) else ("",))


@st.composite
def files(draw: st.DrawFn) -> File:
    """A file whose rows lie in its scope; some of them coarser than a tariff line."""
    hs = draw(st.sampled_from([("all",), ("85",), ("8542",), ("854231",), ("8541", "8542"), ("85423110", "85429000")]))
    partners = draw(st.sampled_from([("all",), ("502",), ("116", "502"), ("world",)]))
    first = draw(st.integers(0, 2))
    months = MONTHS[first : draw(st.integers(first, 2)) + 1]
    digits = draw(st.sampled_from([8, 8, 8, 8, 6])) if len(hs[0]) <= 6 or hs == ("all",) else 8
    whole = File(hs, partners, months, draw(st.sampled_from(["USD", "CNY"])), draw(st.sampled_from(VINTAGES)),
                 draw(st.booleans()), digits, {}, draw(st.integers(0, 7)) == 0)  # fmt: skip
    keys = [
        (m, c, p)
        for m, c, p in product(MONTHS, sorted({c[:digits] for c in CODES}), (*PARTNERS, "world"))
        if whole.contains(m, c, p)
    ]
    traded = draw(st.lists(st.sampled_from(keys), unique=True, max_size=8)) if keys else []
    values = draw(st.lists(st.integers(1, 999), min_size=len(traded), max_size=len(traded)))
    return File(**{**whole.__dict__, "rows": dict(zip(traded, values, strict=True))})


def truth(received: list[File], cell: Cell, currency: str) -> int | None:
    """Rules 1, 3 and 5: the latest receipt whose scope holds the cell counts, whole; None = not covered."""
    those = [
        (f.vintage, f.regimes, n, f)
        for n, f in enumerate(received)
        if f.contains(*cell) and f.currency == currency and f.counts
    ]
    return max(those, key=lambda t: t[:3])[3].rows.get(cell, 0) if those else None


def together(received: list[File], month: str, code: str, currency: str) -> int | None:
    """Rule 4: the partners' sum where every partner is covered, else the world file."""
    every = [f for f in received if f.partners == ("all",) and f.contains(month, code, "999")]
    if any(f.currency == currency and f.counts for f in every):
        return sum(truth(received, (month, code, p), currency) or 0 for p in PARTNERS)
    return truth(received, (month, code, "world"), currency)


@pytest.fixture(scope="module")
def built() -> Iterator[Home]:
    """A home whose dimensions are built; each example fills its landing and facts anew."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").create()
        rows = {(MONTHS[0], code, "502"): 1 for code in CODES}
        replay(home, [File(("all",), ("all",), MONTHS, "USD", VINTAGES[0], False, 8, rows, False)])
        for reader in READERS.values():
            write_schema(home, reader)
        assert not run_dbt(home, names_of("dimensions")).failures
        yield home


def replay(home: Home, received: list[File]) -> None:
    """Receive the files in order, withdraw some, write raw rows and the snapshot that models read."""
    for folder in (home.landing, home.raw / "gacc"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    landing = Landing(home)
    for n, file in enumerate(received):
        heads = ["Date of data", "Commodity code", *([] if file.world else ["Trading partner code"])]
        heads += ["Customs Regime code"] if file.regimes else []
        # The same bytes under two declarations would be refused; capitals in a heading do not matter.
        unit = "".join(letter.upper() if n >> bit & 1 else letter for bit, letter in enumerate("unit"))
        heads += ["Quantity", unit, "US dollar" if file.currency == "USD" else "Renminbi Yuan"]
        rows = []
        for (month, code, partner), value in file.rows.items():
            key = [month.replace("-", ""), code, *([] if file.world else [partner])]
            # Two regimes make one cell.
            parts = [("10", value - value // 3), ("14", value // 3)] if file.regimes else [("", value)]
            rows += [[*key, *([r] if r else []), n, "Kilogram", v] for r, v in parts]
        path = write_csv(home.root / f"file{n}.csv", rows, heads)
        said = {"hs": ",".join(file.hs), "partners": ",".join(file.partners), "vintage": file.vintage}
        receipt = receive(home, path, declared(**said, months=f"{file.months[0]}..{file.months[-1]}")).receipt
        assert receipt is not None
        if file.withdrawn:
            landing.withdraw(receipt.receipt_id, "a trial")
    state = landing.state()
    for receipt in state.active:
        write_raw(home, receipt, receipt.scope.month_list)
    for source in TRADE.values():
        write_trade_schema(home, source)
    snapshot.write(state, home.warehouse / "landing")


@pytest.mark.own_run("random receipts are built")
@pytest.mark.series
@settings(max_examples=EXAMPLES, deadline=None, derandomize="BONDED_LONG" not in os.environ,
          phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
@given(received=st.lists(files(), min_size=2, max_size=9, unique_by=lambda f: repr(f)))
def test_facts_follow_the_rules(built: Home, received: list[File]) -> None:
    """Each cell of both facts, and each category of all partners together, in both currencies: value, 0 or unknown."""
    live = [f for f in received if f.rows and not f.withdrawn]
    if not live:
        return
    replay(built, received)
    assert not run_dbt(built, [*names_of("facts"), *windowed("marts")], full_refresh=True).failures
    assert_facts(built, received)


def assert_facts(home: Home, received: list[File]) -> None:
    """Each cell of both facts, and a category of all partners together, in both currencies."""
    with build_database(home) as con:
        partner = {(f"{m:%Y-%m}", c, p): (usd, cny) for m, c, p, usd, cny in con.execute(
            "select month, commodity_code, partner_code, value_usd, value_local from fct_trade_monthly"
        ).fetchall()}  # fmt: skip
        world = {(f"{m:%Y-%m}", c, "world"): (usd, cny) for m, c, usd, cny in con.execute(
            "select month, commodity_code, value_usd, value_local from fct_trade_world_monthly"
        ).fetchall()}  # fmt: skip
        sums = {f"{m:%Y-%m}": (usd, cny) for m, usd, cny in con.execute(
            "select month, value_usd, value_local from int_category_month where category_scheme = 'electronics' "
            "and category_code = 'ic_parts'").fetchall()}  # fmt: skip
    for month, code in product(MONTHS, CODES):
        for key in product((month,), (code,), (*PARTNERS, "world")):
            expected = tuple(truth(received, key, currency) for currency in ("USD", "CNY"))
            found = (world if key[2] == "world" else partner).get(key)
            # A cell that nobody printed has no row; it is 0 where it is covered.
            assert found == expected if found else not any(expected), (key, expected, found)
        if code == "85429000":
            expected = tuple(together(received, month, code, currency) for currency in ("USD", "CNY"))
            found = sums.get(month, (None, None))
            # Sums hold what cells say; what is covered and without a cell becomes 0 in the marts.
            assert tuple(None if e is None else f or 0 for e, f in zip(expected, found, strict=True)) == expected
            assert all(f is None for e, f in zip(expected, found, strict=True) if e is None), (month, found)


def composite(received: list[File], month: str, prefix: str, partner: str, currency: str) -> int | None:
    """Rule 2: the sum over the category's cells if its prefix is covered; partner 'all' is all partners together."""
    those = {"all": (("all",), ("world",))}.get(partner, (("all",), (partner,), ("116", "502")))
    covered = any(
        f.counts and f.currency == currency and month in f.months and f.partners in those
        and (partner in ("all", *f.partners) or f.partners == ("all",))
        and prefix.startswith(f.hs if f.hs != ("all",) else ("",))
        for f in received
    )  # fmt: skip
    codes = [c for c in CODES if c.startswith(prefix)]
    if partner == "all":
        parts = [together(received, month, code, currency) for code in codes]
    else:
        parts = [truth(received, (month, code, partner), currency) for code in codes]
    return sum(part or 0 for part in parts) if covered else None


@pytest.mark.own_run("random receipts are built")
@pytest.mark.series
@settings(max_examples=max(3, EXAMPLES // 3), deadline=None, derandomize="BONDED_LONG" not in os.environ,
          phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
@given(received=st.lists(files(), min_size=5, max_size=12, unique_by=lambda f: repr(f)))
def test_values_as_known_on_each_date_follow_the_rules(built: Home, received: list[File]) -> None:
    """Each category, partner, month and currency, on each vintage: what the rules say of the receipts known by then."""
    if not any(f.rows and not f.withdrawn for f in received):
        return
    replay(built, received)
    assert not run_dbt(built, [*names_of("facts"), *names_of("marts")], full_refresh=True).failures
    assert_facts(built, received)
    with build_database(built) as con:
        known = con.execute(
            "select category_scheme, category_code, strftime(month, '%Y-%m'), partner_code, value_usd, value_local, "
            "known_from::varchar, coalesce(known_to::varchar, '9999') from int_known_value"
        ).fetchall()
    for day, (category, prefix), month, partner in product(
        VINTAGES, CATEGORIES.items(), MONTHS, (*PARTNERS, "all")
    ):  # fmt: skip
        by_then = [f for f in received if f.vintage <= day]
        expected = tuple(composite(by_then, month, prefix, partner, currency) for currency in ("USD", "CNY"))
        found = [k[4:6] for k in known if k[:4] == (*category, month, partner) and k[6] <= day < k[7]]
        assert len(found) <= 1
        # A covered month before the first trade has no row.
        assert found[0] == expected if found else not any(expected), (day, category, month, partner, expected, found)
