"""Faults of landing and raw: files changed, lost, or put in another's place, behind the back of whatever wrote them.

Belongs here: what no code does, and a disk, a hand or a bug may. Not here: the build database (`built`).
"""

from __future__ import annotations

from orchestration.base.duck import literal
from orchestration.landing.store import Landing
from orchestration.warehouse.raw import raw_path
from tests.faults.bench import Bench, Inject, printed, written
from tests.faults.deliveries import MAY_2023, WORLD, deliver
from tests.faults.table import Fault, fails

RAW_CELL = "hs_code = '85423190' and partner_code = '502' and regime_code = '14'"
SEPTEMBER = "gacc_sample_202409.csv"


def raw(change: str, where: str = RAW_CELL, name: str = MAY_2023) -> Inject:
    """Other content in columns of some rows of a raw file: `column = expression` pairs, as in an update."""

    def inject(bench: Bench) -> None:
        replaced = ", ".join(
            f"if({where}, {new}, {column}) as {column}"
            for column, new in (part.split(" = ", 1) for part in change.split("; "))
        )
        bench.raw(name, f"select * replace ({replaced}) from rows")

    return inject


def raw_rows(select: str, name: str = MAY_2023) -> Inject:
    """Other rows in a raw file."""
    return lambda bench: bench.raw(name, select)


def raw_lost(bench: Bench) -> None:
    """A raw file is deleted."""
    raw_path(bench.home, bench.receipt(MAY_2023), bench.receipt(MAY_2023).scope.months[0]).unlink()


def raw_replaced(bench: Bench) -> None:
    """The rows of another print of the month, under the receipt's name."""
    first, revised = (bench.receipt(f"gacc_sample_202406_{name}.csv") for name in ("first_print", "revised"))
    month = first.scope.months[0]
    rows = f"read_parquet({literal(raw_path(bench.home, first, month))}, hive_partitioning = false)"
    bench.raw(revised.name, f"select * replace ('{revised.receipt_id}' as receipt_id) from {rows}")


def another_regime(bench: Bench) -> None:
    """A file of one regime only, which feeds no fact, and in raw a row of it under another."""
    header, rows = printed(SEPTEMBER)
    part = [row for row in rows if row["Customs Regime code"] == "14"]
    deliver(bench, written(header, part), regimes="14", vintage="2024-10-20")
    bench.write_raw_files()
    raw("regime_code = '15'", RAW_CELL, "delivered.csv")(bench)


def withdrawn_without_building(bench: Bench) -> None:
    """A receipt is withdrawn, and the build database still holds it."""
    Landing(bench.home).withdraw(bench.receipt(MAY_2023).receipt_id, "a wrong file")


def record_changed(bench: Bench) -> None:
    """The record of what was seen at receiving says one dollar more."""
    receipt = bench.receipt(MAY_2023)
    path = bench.home.landing / "records" / f"{receipt.sequence:06d}.json"
    value = receipt.content[0].value
    path.chmod(0o644)
    path.write_text(
        path.read_text(encoding="utf-8").replace(f'"value": {value}', f'"value": {value + 1}'), encoding="utf-8"
    )


RAW = (
    Fault(
        "one dollar more in the record of what was received",
        record_changed,
        fails(layers="failed 2023-05: 32,661,485,768 → 32,661,485,767 (-1)"),
    ),
    Fault(
        "a raw file deleted",
        raw_lost,
        fails(
            layers="failed 2023-05: 0 → 32,661,485,767 (+32,661,485,767)",
            facts="failed 2023-05: 0 → 144 (+144)",
            regimes="failed 2023-05: 0 → 666 (+666)",
        ),
    ),
    Fault(
        "a raw file with the rows of another print",
        raw_replaced,
        fails(
            layers="failed 2024-06: 618 → 625 (+7)",
            facts="failed 2024-06: 0 → 71 (+71)",
            regimes="failed 2024-06: 0 → 466 (+466)",
            restatement="failed 2024-06: 0 → 384 (+384)",
        ),
    ),
    Fault(
        "one dollar more in a raw row",
        raw("value = value + 1"),
        fails(
            layers="failed 2023-05: 32,661,485,767 → 32,661,485,768 (+1)",
            regimes="failed 2023-05: 0 → 20 (+20)",
        ),
    ),
    Fault(
        "a raw row lost",
        raw_rows(f"select * from rows where not ({RAW_CELL})"),
        fails(
            layers="failed 2023-05: 32,457,353,854 → 32,661,485,767 (+204,131,913)",
            facts="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 20 (+20)",
        ),
    ),
    Fault(
        "a partner twice in a raw file",
        raw_rows("from rows union all from rows where partner_code = '143'"),
        fails(
            layers="failed 2023-05: 32,661,485,767 → 42,628,025,223 (+9,966,539,456)",
            facts="failed 2023-05: 0 → 24 (+24)",
            regimes="failed 2023-05: 0 → 114 (+114)",
            keys_and_shapes="failed 2023-05: 0 → 202 (+202)",
        ),
    ),
    Fault(
        "a raw row without a partner",
        raw("partner_code = null"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 20 (+20)",
            receipt_scope="failed 2023-05: 0 → 1 (+1)",
            keys_and_shapes="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a raw row without a code",
        raw("hs_code = null"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 20 (+20)",
            receipt_scope="failed 2023-05: 0 → 1 (+1)",
            keys_and_shapes="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a raw row without a value",
        raw("value = null"),
        fails(
            layers="failed 2023-05: 32,457,353,854 → 32,661,485,767 (+204,131,913)",
            regimes="failed 2023-05: 0 → 20 (+20)",
            keys_and_shapes="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a negative raw value",
        raw("value = -value"),
        fails(
            layers="failed 2023-05: 32,253,221,941 → 32,661,485,767 (+408,263,826)",
            regimes="failed 2023-05: 0 → 20 (+20)",
            keys_and_shapes="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a negative raw quantity",
        raw("quantity_2 = -1"),
        fails(
            facts="failed 2023-05: 0 → 1 (+1)",
            keys_and_shapes="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a raw code of six digits",
        raw("hs_code = '854231'"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 5 (+5)",
            keys_and_shapes="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "the columns of a raw row shifted",
        raw("hs_code = '502'; partner_code = '85423190'"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 20 (+20)",
            receipt_scope="failed 2023-05: 0 → 1 (+1)",
            keys_and_shapes="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a raw row under another partner",
        raw("partner_code = '116'; regime_code = '99'"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 2 (+2)",
            regimes="failed 2023-05: 0 → 39 (+39)",
        ),
    ),
    Fault(
        "a raw row of another month",
        raw("month = date '2023-06-01'"),
        fails(
            layers="failed 2023-05..2023-06: 0 → 204,131,913 (+204,131,913)",
            facts="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 20 (+20)",
            receipt_scope="failed 2023-06: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a raw row of a code that was not asked for",
        raw("hs_code = '85171300'"),
        fails(
            layers="failed 2023-05: 0 → 1 (+1)",
            facts="failed 2023-05: 0 → 1 (+1)",
            regimes="failed 2023-05: 0 → 20 (+20)",
            tariff="failed 2024-10: 0 → 1 (+1)",
            receipt_scope="failed 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a partner in a raw file of all partners together",
        raw("partner_code = '502'", "hs_code = '85423190'", WORLD),
        fails(
            layers="failed 2024-10: 0 → 1 (+1)",
            facts="failed 2024-10: 0 → 1 (+1)",
            receipt_scope="failed 2024-10: 0 → 1 (+1)",
            additivity="failed 2024-10: 0 → 2 (+2)",
            keys_and_shapes="failed 2024-10: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a raw row of a regime that was not asked for",
        another_regime,
        fails(receipt_scope="failed 2024-09: 0 → 1 (+1)"),
    ),
    Fault(
        "a unit that nobody knows",
        raw("unit_1 = 'Bushel'"),
        fails(
            facts="failed 2023-05: 0 → 1 (+1)",
            domains="warned 2023-05: 0 → 1 (+1)",
        ),
    ),
    Fault(
        "a receipt withdrawn and nothing built without it",
        withdrawn_without_building,
        fails(
            layers="failed 2023-05: 0 → 32,661,485,767 (+32,661,485,767)",
            facts="failed 2023-05: 0 → 144 (+144)",
            coverage="failed 2023-05: 0 → 192 (+192)",
            series="failed 2023-05: 0 → 28 (+28)",
            growth="failed 2023-05: 0 → 140 (+140)",
            periods="failed 2023-05..2024-04: 0 → 420 (+420)",
            regimes="failed 2023-05: 0 → 666 (+666)",
            concentration="failed 2023-05: 0 → 76 (+76)",
            blocs="failed 2023-05..2023-12, 2024-05..2024-10: 0 → 112 (+112)",
            claim_verdicts="failed 2024-10: 0 → 13 (+13)",
            continuity="failed 2023-05: 5 → 0 (-5)",
            totals=(
                "failed 2020-01: totals compared nothing of '502 × hs_8542' for sample_chips, which lists "
                "it in must_compare; not compared 2023-06..2023-07, 2023-09..2023-10, 2023-12, 2024-10: 1 "
                "month(s) of its period are not covered"
            ),
            year_to_date=(
                "not compared 2023-06..2023-07, 2023-09..2023-10, 2023-12: 1 month(s) of its period are not covered"
            ),
            freshness="warned 2023-05: 1 → 0 (-1)",
        ),
    ),
)
