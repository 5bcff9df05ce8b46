"""Ways in which a file of the sample arrives once more, changed: how it is changed, delivered, and built.

Belongs here: what several faults share. Not here: the faults (`at_the_door`, `arriving`).
"""

from __future__ import annotations

from collections.abc import Callable

from orchestration.landing.receive import receive
from orchestration.landing.scope import Declaration
from orchestration.landing.store import Landing
from tests.faults.bench import LATER, Bench, Cells, Inject, number, printed, written

Edit = Callable[[list[Cells]], list[Cells]]
VALUE, PARTNER, CODE, FIRST, SECOND = (
    "US dollar", "Trading partner code", "Commodity code", "Quantity", "Supplementary Quantity",
)  # fmt: skip
FEBRUARY, APRIL_2023, MAY_2023, APRIL, JUNE, OCTOBER = (
    f"gacc_sample_{month}.csv" for month in ("202302", "202304", "202305", "202404", "202406", "202410")
)
FIRST_PRINT, WORLD = "gacc_sample_202406_first_print.csv", "gacc_sample_202410_world.csv"
EVERYTHING = {"dataset": "", "source": "gacc_sample", "hs": "8471,847330,8486,8541,8542", "partners": "all"}


def deliver(bench: Bench, content: bytes, **said: str) -> str:
    """Receive a file as an inbox folder would: declared by the dataset, of a later day unless said otherwise."""
    path = bench.work / "delivered.csv"
    path.write_bytes(content)
    declared = {key: text for key, text in {"dataset": "sample_chips", "vintage": LATER, **said}.items() if text}
    return "new" if receive(bench.home, path, Declaration.model_validate(declared)).is_new else "known"


def stopped(edit: Edit, name: str = OCTOBER, **said: str) -> Inject:
    """A file of the sample, changed, that must not get in."""

    def inject(bench: Bench) -> str:
        header, rows = printed(name)
        return deliver(bench, written(header, edit(rows)), **said)

    return inject


def damaged(edit: Callable[[bytes], bytes]) -> Inject:
    """The same, changed in its bytes."""
    return lambda bench: deliver(bench, edit(written(*printed(OCTOBER))))


def arrives(name: str, edit: Edit, **said: str) -> Inject:
    """A file of the sample arrives once more, changed; raw, facts and marts are built with it."""

    def inject(bench: Bench) -> None:
        stopped(edit, name, **said)(bench)
        bench.rebuild()

    return inject


def withdrawn(*names: str) -> Inject:
    """Receipts are withdrawn; raw, facts and marts are built without them."""

    def inject(bench: Bench) -> None:
        for name in names:
            Landing(bench.home).withdraw(bench.receipt(name).receipt_id, "a wrong file")
        bench.rebuild()

    return inject


def same(rows: list[Cells]) -> list[Cells]:
    """As printed."""
    return rows


def one(**cells: str) -> Edit:
    """Other text in cells of the fourth row; keywords are headings with underscores."""
    changed = {key.replace("_", " "): text for key, text in cells.items()}
    return lambda rows: [*rows[:3], {**rows[3], **changed}, *rows[4:]]


def one_more(rows: list[Cells]) -> list[Cells]:
    """The first value one unit greater."""
    return [{**rows[0], VALUE: str(number(rows[0][VALUE]) + 1)}, *rows[1:]]


def scaled(factor: float, *codes: str) -> Edit:
    """Values times a factor, of codes that begin so."""
    return lambda rows: [
        {**row, VALUE: str(int(number(row[VALUE]) * factor))} if row[CODE].startswith(codes or ("",)) else row
        for row in rows
    ]


def dated(month: str) -> Edit:
    """The same rows under another month."""
    return lambda rows: [{**row, "Date of data": month} for row in rows]


def of_one_regime(rows: list[Cells]) -> list[Cells]:
    """What the site gives when asked for regime 14 only, without the columns of the regime."""
    return [row for row in rows if row["Customs Regime code"] == "14"]


def with_partner(code: str, share: float) -> Edit:
    """One more row of machines, no chips, that makes up a share of the month."""

    def edit(rows: list[Cells]) -> list[Cells]:
        machine = next(row for row in rows if row[CODE] == "84715040")
        whole = sum(number(row[VALUE]) for row in rows)
        value = str(round(whole * share / (1 - share)))
        return [*rows, {**machine, PARTNER: code, FIRST: "0", SECOND: "0", VALUE: value}]

    return edit


def quantities_swapped(rows: list[Cells]) -> list[Cells]:
    """The two quantities exchanged, where there are two."""
    is_double = [row["Supplementary Unit"] == "Kilogram" for row in rows]
    return [
        {**row, FIRST: row[SECOND], SECOND: row[FIRST]} if double else row
        for row, double in zip(rows, is_double, strict=True)
    ]


def moved_to_korea(rows: list[Cells]) -> list[Cells]:
    """Two thirds of Taiwan's chips declared as Korea's, line by line; the month's sum is the same."""
    found = {(row[PARTNER], row[CODE], row["Customs Regime code"]): dict(row) for row in rows}
    for (partner, code, regime), row in found.items():
        other = found.get(("133", code, regime))
        if partner == "143" and code.startswith("85423") and other:
            part = number(row[VALUE]) * 2 // 3
            row[VALUE] = str(number(row[VALUE]) - part)
            other[VALUE] = str(number(other[VALUE]) + part)
    return list(found.values())


def as_many_as_the_site_gives(rows: list[Cells]) -> list[Cells]:
    """One partner's rows under many partners' codes, up to the line at which the site stops."""
    of_one = [row for row in rows if row[PARTNER] == "143"]
    return [{**row, PARTNER: f"{code}"} for code in range(100, 700) for row in of_one][:10_000]
