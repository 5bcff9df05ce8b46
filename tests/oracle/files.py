"""Deliveries and their rows, read by Python's csv module, and the reviewed tables of the project.

Belongs here: what was received and under which scope. Not here: which of it counts (`truth`).
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from orchestration.base.settings import PROJECT
from tests.conftest import REAL_FILES, REALDATA

HEADS = {
    "month": ("Date of data", "数据年月"),
    "commodity_code": ("Commodity code", "商品编码"),
    "partner": ("Trading partner code", "贸易伙伴编码"),
    "regime": ("Customs Regime code", "贸易方式编码"),
    "quantity": ("Quantity", "第一数量"),
    "unit": ("Unit", "第一计量单位"),
    "USD": ("US dollar", "美元"),
    "CNY": ("Renminbi Yuan", "人民币"),
}
CURRENCIES = ("USD", "CNY")
#: How columns name a currency: dollars, and what the source prints beside them.
SIDE = {"USD": "usd", "CNY": "local"}
WORLD = "world"
Cells = dict[str, str]


@dataclass(frozen=True)
class Delivery:
    """A file under its scope. `hs`: prefixes, ('',) for all. `partners`: codes, ('*',) for all, or ('world',)."""

    flow: str
    currency: str
    hs: tuple[str, ...]
    partners: tuple[str, ...]
    first: pd.Timestamp
    last: pd.Timestamp
    vintage: dt.date
    by_regime: bool


@dataclass(frozen=True)
class Received:
    """All that feeds facts, in the order of receipt; `delivery` of a row is the position of its file."""

    source: str
    deliveries: tuple[Delivery, ...]
    rows: pd.DataFrame


@cache
def seed(name: str) -> list[Cells]:
    """Rows of a reviewed table of the project, which nobody may change in place."""
    with (PROJECT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def units() -> dict[str, str]:
    """English name of a unit by its printed spelling; the marks for none are not in it."""
    return {row["unit_as_printed"]: row["unit"] for row in seed("units")}


def read_cells(path: Path, header: str | None) -> list[Cells]:
    """Lines of a file by the concepts that the oracle needs; `header` for a file that has none."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    lines = list(csv.reader(text.splitlines()))
    names = header.split(",") if header else lines.pop(0)
    places = {concept: names.index(n) for concept, spelt in HEADS.items() for n in spelt if n in names}
    return [{concept: line[place] for concept, place in places.items()} for line in lines]


def month_of(text: str) -> pd.Timestamp:
    """First day of a month written YYYYMM or YYYY-MM."""
    return pd.Timestamp(int(text[:4]), int(text[-2:]), 1)


def to_rows(lines: list[Cells], said: dict[str, str], currency: str) -> pd.DataFrame:
    """Month, partner, line, regime, first quantity with its unit, value; absent is None or NaN."""
    frame = pd.DataFrame(lines)
    printed = frame["quantity"].where(frame["quantity"].str.isdigit())
    months = frame["month"] if "month" in frame else pd.Series(said.get("months"), index=frame.index)
    return pd.DataFrame(
        {
            "month": months.map({text: month_of(text) for text in months.unique()}),
            "partner": frame.get("partner", WORLD),
            "commodity_code": frame["commodity_code"],
            "regime": frame.get("regime", ""),
            "unit": frame["unit"].map(units()),
            "quantity": printed.astype(float),
            "value": frame[currency].str.replace(",", "").astype(float),
        }
    )


def deliver(path: Path, said: dict[str, str], vintage: dt.date) -> tuple[Delivery, pd.DataFrame] | None:
    """A file with its rows; None for one that is coarser than eight digits, which feeds no fact."""
    lines = read_cells(path, said.get("header"))
    if any(len(line["commodity_code"]) != 8 for line in lines):
        return None
    currency = next(c for c in CURRENCIES if c in lines[0])
    rows = to_rows(lines, said, currency)
    hs = ("",) if said["hs"] == "all" else tuple(said["hs"].split(","))
    partners = ("*",) if said["partners"] == "all" else tuple(said["partners"].split(","))
    months = rows["month"]
    scope = Delivery(said["flow"], currency, hs, partners, months.min(), months.max(), vintage, "regime" in lines[0])
    return scope, rows.assign(flow=said["flow"], currency=currency)


def collected(source: str, found: Iterator[tuple[Delivery, pd.DataFrame] | None]) -> Received:
    """All deliveries and their rows."""
    kept = [pair for pair in found if pair is not None]
    frames = [frame.assign(delivery=n) for n, (_, frame) in enumerate(kept)]
    return Received(source, tuple(scope for scope, _ in kept), pd.concat(frames, ignore_index=True))


def sample_files(inbox: Path) -> Received:
    """The inbox of the sample: a folder is a dataset, a sidecar says the vintage."""
    datasets = yaml.safe_load((PROJECT / "expectations" / "datasets.yml").read_text(encoding="utf-8"))["datasets"]

    def found() -> Iterator[tuple[Delivery, pd.DataFrame] | None]:
        for path in sorted(inbox.glob("sample_*/*.csv")):
            promise = datasets[path.parent.name]
            hs = ",".join(str(prefix) for prefix in promise["hs"])
            sidecar = yaml.safe_load(path.with_name(f"{path.name}.yml").read_text(encoding="utf-8"))
            said = {"flow": promise["flow"], "hs": hs, "partners": promise["partners"]}
            yield deliver(path, said, sidecar["vintage"])

    return collected("gacc_sample", found())


def real_files() -> Received:
    """The real files as the archive declares them, all of one vintage: the day of receipt, whichever it was."""
    files = ((REALDATA / "gacc_exports" / name, said) for name, said in REAL_FILES.items())
    return collected("gacc", (deliver(path, said, dt.date.max) for path, said in files))
