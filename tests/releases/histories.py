"""Random histories of a home: what may happen to one between two runs, drawn from a seed and told in words.

Belongs here: what happens. Not here: runs, and what must hold after them (`test_histories`).
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import dagster as dg

from orchestration.base.months import add_months, month_range
from orchestration.base.settings import PROJECT, Home
from orchestration.definitions import defs
from orchestration.landing.receive import receive
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing, Receipt
from orchestration.warehouse.build import write_raw_files
from orchestration.warehouse.nodes import built_nodes, names_of
from tests.assets.test_graph import graph
from tests.conftest import ENGLISH, row, write_csv

#: The day on which everything happens; months up to July 2024 are out.
TODAY = dt.date(2024, 8, 25)
#: Two years and a bit, so that growth and medians of the year before are there.
FIRST, LAST_AT_FIRST, LAST = dt.date(2022, 1, 1), dt.date(2024, 3, 1), dt.date(2024, 7, 1)
PARTNERS, LINES = ("116", "133", "502"), ("85423110", "85423190", "85423210", "85429000")
ALWAYS = (("502", LINES[0]), ("133", LINES[3]))
#: Each file is of a later day than those before it, and all of them later than the first ones.
SINCE = dt.date(2024, 4, 20)
YUAN, WORLD = "Renminbi Yuan", "world"
#: No partner of anybody's list: its rows are held back, more of them than may be.
NOBODY = "799"
DATASETS = """datasets:
  chips:
    {title: Chips from every partner, source: gacc, flow: import, hs: [8542], partners: all, currency: USD,
     first: 2022-01, last: open, never_zero: [{partner: 502, hs: 85423}], must_compare: [layers]}
"""
EXCEPTION = """exceptions:
  known_gap:
    {gates: [freshness], dataset: chips, scope: "*", months: 2024-07, expect: "-1", reason: late, source: a call,
     expires: 2024-12-31}
"""
CLAIM = """claims:
  chips:
    {text: chips, publisher: a paper, published_on: 2024-06-30, address: not recorded, flow: import, partner: "502",
     scheme: ic, category: integrated_circuits, measure: value_usd, comparison: equals, period: 2024-02, value: 5000,
     half_unit: 500}
"""
#: Edits of reviewed files, each put in and taken out again: what stands there, and what stands there then.
EDITS = (
    ("drift.sql", "0.1 as tolerance", "0.001 as tolerance"),
    ("drift.sql", "0.02 * coalesce", "0.5 * coalesce"),
    ("drift.yml", "{column: excess, max_value: 0}", "{column: excess, max_value: 1000}"),
    ("gates.yml", "  implied_rate: {speaks: where_asked}\n", ""),
    ("datasets.yml", "must_compare: [layers]", "must_compare: [layers, domains, drift]"),
    ("datasets.yml", "{partner: 502, hs: 85423}", "{partner: 133, hs: 854290}"),
    ("known_exceptions.yml", "exceptions: {}\n", EXCEPTION),
    ("claims.yml", "claims: {}\n", CLAIM),
)  # fmt: skip
OWN = """schemes:
  own:
    title: Chips in another way
    leaves_out: All else
    categories:
      processors: {name: Processors, prefixes: [854231]}
      memory: {name: Memories, prefixes: [85423210], code_system: gacc}
"""
#: What a home's own categories may say: nothing, a scheme, categories changed or added, years, codes of six digits.
CATEGORIES = (
    None,
    OWN,
    OWN.replace("85423210", "85423290"),
    OWN + "      parts: {name: Parts, prefixes: [854290], years: {854290: 2023..}}\n",
    OWN.replace("name: Processors", "name: Others") + "hs6: [8542]\n",
    "hs6: [854231, 854232]\n",
)
Cells = dict[tuple[str, str], int]


class History:
    """A home, and what happens to it; all of it is printed, to be read when something does not hold."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.home, self.work = Home(folder / "home").create(), folder
        self.bad: str | None = None
        self._dice, self._printed = random.Random(seed), dict[dt.date, Cells]()
        self._files, self._deck = 0, list[Callable[[], str]]()
        self.expectations = self._reviewed()

    def begin(self) -> None:
        """What is there at first; the expectations must be in force."""
        for first, last in ((FIRST, dt.date(2023, 11, 1)), (dt.date(2023, 12, 1), LAST_AT_FIRST)):
            self._print(*month_range(first, last), vintage=add_months(last, 1).replace(day=20))

    def _reviewed(self) -> Path:
        """Reviewed files of its own; the printed figures of real trade, which this one does not meet, only warn, and no
        figure is too large or small for the one that was published.
        """
        folder = Path(shutil.copytree(PROJECT / "expectations", self.work / "expectations"))
        totals = (folder / "totals.sql").read_text(encoding="utf-8")
        (folder / "totals.sql").write_text(totals.replace("then 'block'", "then 'warn'"), encoding="utf-8")
        collapse = (folder / "collapse.sql").read_text(encoding="utf-8")
        (folder / "collapse.sql").write_text(
            collapse.replace(" as is_beyond", " and false as is_beyond"), encoding="utf-8"
        )
        for name, text in (
            ("datasets", DATASETS),
            ("known_exceptions", "exceptions: {}\n"),
            ("claims", "claims: {}\n"),
        ):
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
        return folder

    def step(self) -> None:
        """Two things happen; each kind once before any comes again."""
        if self.bad:
            print(f"withdrawn: {self._withdraw(self.bad)}")
            self.bad = None
        for _ in range(2):
            if not self._deck:
                self._deck = self._dice.sample(self.kinds, len(self.kinds))
            kind = self._deck.pop()
            print(f"{kind.__name__}: {kind()}")

    @property
    def kinds(self) -> list[Callable[[], str]]:
        """What may happen."""
        return [
            self.new_month, self.revision, self.one_partner, self.one_heading, self.in_yuan, self.as_world, self.export,
            self.withdrawal, self.reviewed_file, self.some_assets, self.bad_file, self.old_print, self.own_categories,
        ]  # fmt: skip

    def new_month(self) -> str:
        """The next month comes out; where all are there, one is printed anew."""
        month = add_months(max(self._printed), 1)
        return self._print(month) if month <= LAST else self.revision()

    def revision(self) -> str:
        """A month is printed anew: values changed, a row gone, another one there."""
        return self._print(self._month())

    def old_print(self) -> str:
        """An earlier print of a month turns up."""
        month = self._month()
        return self._print(month, vintage=add_months(month, 1).replace(day=self._dice.randint(2, 19)))

    def one_partner(self) -> str:
        """Two months of one partner."""
        partner, month = self._dice.choice(PARTNERS), self._month()
        later = min(add_months(month, 1), max(self._printed))
        return self._print(*month_range(month, later), partners=partner)

    def one_heading(self) -> str:
        """A month of the chips without their parts."""
        return self._print(self._month(), hs="85423")

    def in_yuan(self) -> str:
        """A month in the other currency."""
        month = self._month()
        return self._print(month, cells={cell: 7 * usd for cell, usd in self._printed[month].items()}, money=YUAN)

    def as_world(self) -> str:
        """A month with all partners in one row."""
        month = self._month()
        return self._print(month, cells=self._printed[month], partners="world")

    def export(self) -> str:
        """A month of the other flow."""
        month = self._month()
        return self._print(month, cells=self._printed[month], flow="export", partners="502")

    def bad_file(self) -> str:
        """A month of which too much must be held back: nothing more is published until it is withdrawn."""
        month = self._month()
        said = self._print(month, cells={**self._printed[month], (NOBODY, LINES[0]): 9_999_999})
        self.bad = self._receipts()[-1].receipt_id
        return said

    def withdrawal(self) -> str:
        """A receipt is withdrawn, but none of the first ones: a home with a gap would never be published again."""
        later = [r.receipt_id for r in self._receipts() if r.sequence > 2 and r.receipt_id != self.bad]
        return self._withdraw(self._dice.choice(later)) if later else "there is none"

    def reviewed_file(self) -> str:
        """An edit of a reviewed file is put in, or taken out again."""
        name, old, new = self._dice.choice(EDITS)
        path = self.expectations / name
        text = path.read_text(encoding="utf-8")
        is_out = old in text and (new not in text or new in old)
        if is_out:
            path.write_text(text.replace(old, new), encoding="utf-8")
        else:
            # A line that was taken out comes back as the last one.
            path.write_text(text.replace(new, old) if new else text + old, encoding="utf-8")
        return f"{name}, {old!r} {'→' if is_out else '←'} {new!r}"

    def own_categories(self) -> str:
        """The home's own categories are edited, or there are none any more."""
        now = self.home.categories.read_text(encoding="utf-8") if self.home.categories.exists() else None
        chosen = self._dice.choice([n for n, text in enumerate(CATEGORIES) if text != now])
        text = CATEGORIES[chosen]
        if text is None:
            self.home.categories.unlink()
        else:
            self.home.categories.write_text(text, encoding="utf-8")
        return f"number {chosen}"

    def some_assets(self) -> str:
        """Some assets alone, as from their pages in the UI: on what reflects landing, or where most are refused."""
        monthly = {name for name, said in graph().items() if said["monthly"]}
        chosen = self._dice.sample(names_of("marts"), 2)
        names = [name for name in built_nodes() if name in {*chosen, "fct_trade_monthly"}]
        month, told = f"{self._month():%Y-%m}", []
        first = [["raw_gacc"]]
        if self._dice.random() < 0.7:
            write_raw_files(self.home, Landing(self.home).state())
            first = [["landing_receipts"], names_of("dimensions")]
        for together in (*first, *([name] for name in names)):
            key = month if monthly & set(together) else None
            what = together[0] if len(together) == 1 else "all dimensions"
            told.append(f"{what} {'built' if self._materialized(together, key) else 'refused'}")
        return f"{month}: {', '.join(told)}"

    def _materialized(self, names: list[str], partition: str | None) -> bool:
        with self.home.serving(), dg.DagsterInstance.ephemeral() as made:
            done = _job().execute_in_process(
                instance=made,
                asset_selection=[dg.AssetKey(name) for name in names],
                partition_key=partition,
                raise_on_error=False,
            )
        return done.success

    def _month(self) -> dt.date:
        return self._dice.choice(sorted(self._printed))

    def _receipts(self) -> list[Receipt]:
        return list(Landing(self.home).state().active)

    def _withdraw(self, receipt: str) -> str:
        Landing(self.home).withdraw(receipt, "a wrong file")
        return receipt

    def _moved(self, month: dt.date) -> Cells:
        """What the next whole print of a month says; some cells trade in every month."""
        dice, found = self._dice, dict(self._printed.get(month, {}))
        every = [(partner, line) for partner in PARTNERS for line in LINES]
        for cell in dice.sample(every, 3 if found else 9):
            found[cell] = dice.randint(1_000, 9_999_999)
        found.pop(dice.choice(every), None)
        self._printed[month] = dict.fromkeys(ALWAYS, 5_000) | found
        return self._printed[month]

    def _print(
        self,
        *months: dt.date,
        vintage: dt.date | None = None,
        cells: Cells | None = None,
        money: str = ENGLISH[-1],
        **said: str,
    ) -> str:
        """Receive a file of these months, which says what `said` asks for; the receipt in words."""
        self._files += 1
        scope = {"source": "gacc", "flow": "import", "hs": "8542", "partners": "all", **said}
        rows = [line for month in months for line in self._rows(month, cells or self._moved(month), scope)]
        is_world = scope["partners"] == WORLD
        head = [name for name in (*ENGLISH[:-1], money) if not (is_world and "partner" in name)]
        path = write_csv(self.work / f"{self._files:03}.csv", rows, head)
        if scope["flow"] == "import" and money != YUAN and not is_world:
            scope["dataset"] = "chips"
        # A day later than those of all receipts before it, if none is said.
        day = vintage or max(SINCE + dt.timedelta(days=self._files), add_months(months[-1], 1))
        scope |= {"months": f"{months[0]:%Y-%m}..{months[-1]:%Y-%m}", "vintage": f"{day}"}
        receipt = receive(self.home, path, Declaration.model_validate(scope)).receipt
        assert receipt is not None
        return f"{receipt.receipt_id} {scope['months']} {said} {money} of {day}"

    def _rows(self, month: dt.date, cells: Cells, scope: dict[str, str]) -> Iterator[list[str]]:
        """Rows as they are printed; the name of each commodity differs from file to file."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for (partner, line), value in cells.items():
            if line.startswith(scope["hs"]) and scope["partners"] in ("all", WORLD, partner):
                sums[(WORLD if scope["partners"] == WORLD else partner, line)] += value
        for (partner, line), value in sums.items():
            cut = row(f"{month:%Y%m}", partner, line, f"{value:,}", quantity=str(value // 1_000))
            cut[4] = f"Circuits, file {self._files}"
            yield [cut[0], *cut[3:]] if partner == WORLD else cut


@cache
def _job() -> dg.JobDefinition:
    return defs.resolve_implicit_global_asset_job_def()
