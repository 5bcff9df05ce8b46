"""int_restatement and the flags of int_series_coverage."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd

from tests.oracle.files import CURRENCIES, SIDE, Received
from tests.oracle.series import Panel, category_names, partner_names
from tests.oracle.truth import ALL, SERIES, Coverage, Truth, reviewed, truth

PRINT = [*SERIES, "month"]
MARTS = {"partner": "partner_code", "scheme": "category_scheme", "category": "category_code"}


def revised(received: Received) -> Received:
    """What was received of months of which there are deliveries of more than one vintage, line by line."""
    days = pd.Series([d.vintage for d in received.deliveries])
    rows = received.rows.assign(vintage=received.rows["delivery"].map(days))
    twice = rows.groupby(["flow", "month"])["vintage"].transform("nunique") > 1
    return dataclasses.replace(received, rows=received.rows[twice])


def stood(received: Received, vintage: dt.date) -> pd.DataFrame:
    """Values of every series and month as known on a day, and of cells (scheme commodity_code)."""
    known = truth(received, vintage)
    lines = known.cells[known.cells["partner"] != ALL].assign(scheme="line", category=known.cells["commodity_code"])
    cells = lines.groupby([*PRINT, "currency"])["value"].sum().unstack("currency")
    return pd.concat([known.sums, cells.reindex(columns=list(CURRENCIES))])


def prints(received: Received) -> pd.DataFrame:
    """Each series and month on each vintage of its month, 0 where it is covered and was not printed."""
    days = sorted({received.deliveries[n].vintage for n in received.rows["delivery"].unique()})
    frames = {day: stood(received, day) for day in days}
    every = pd.concat(frames.values()).index.unique()
    found = []
    for day, frame in frames.items():
        full = frame.reindex(every)
        coverage = truth(received, day).coverage
        for currency in CURRENCIES:
            full[currency] = full[currency].fillna(0).where(known_series(coverage, every, currency))
        found.append(full.dropna(how="all").assign(known_from=pd.Timestamp(day)))
    return pd.concat(found).reset_index().sort_values([*PRINT, "known_from"], ignore_index=True)


def known_series(coverage: Coverage, index: pd.Index, currency: str) -> np.ndarray:
    """Whether each series is covered in its month."""
    place = {month: n for n, month in enumerate(coverage.months)}
    return np.array([coverage.of_category(flow, currency, *rest)[place[month]] for flow, *rest, month in index])


def restatement_mart(received: Received) -> pd.DataFrame:
    """Rows of int_restatement; no columns where no month was printed twice."""
    received = revised(received)
    if received.rows.empty:
        return pd.DataFrame()
    found = prints(received)
    group = found.groupby(PRINT)
    found["known_to"] = group["known_from"].shift(-1)
    found["print_number"] = group.cumcount() + 1
    is_restated = np.zeros(len(found), dtype=bool)
    for currency in CURRENCIES:
        name, values = f"value_{SIDE[currency]}", group[currency]
        earlier = values.shift(1)
        found[name] = found[currency]
        found[f"first_{name}"], found[f"latest_{name}"] = values.transform("first"), values.transform("last")
        found[f"change_{SIDE[currency]}"] = found[currency] - earlier
        found[f"change_share_{SIDE[currency]}"] = (found[currency] - earlier) / earlier.replace(0, np.nan)
        is_restated |= values.transform("nunique") > 1
    return named(found[is_restated].drop(columns=list(CURRENCIES)).rename(columns=MARTS), received.source)


def named(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """With names, source and kind."""
    titles = category_names()
    pairs = zip(rows["category_scheme"], rows["category_code"], strict=True)
    return rows.assign(
        source=source,
        reporter="CHN",
        partner_name=rows["partner_code"].map(partner_names()),
        category_name=[f"Tariff line {pair[1]}" if pair[0] == "line" else titles[pair] for pair in pairs],
        is_synthetic=source == "gacc_sample",
    )


def coverage_series(truth: Truth, shown: Panel) -> list[tuple[str, str, str, str]]:
    """What is traded, reviewed categories of all partners and of those that a scope names, and the others (*)."""
    found = {(flow, partner, scheme, category) for flow, partner, scheme, category in shown.index}
    found |= {(flow, ALL, scheme, category) for flow, _, scheme, category in shown.index}
    for scope in truth.coverage.deliveries:
        for partner in {ALL, *scope.partners} - {"*", "world"}:
            found |= {(scope.flow, partner, *key) for key in reviewed()}
    return sorted(found | {(flow, "*", *key) for flow, _, *key in found})


def coverage_mart(truth: Truth, shown: Panel) -> pd.DataFrame:
    """Rows of int_series_coverage without the reason; these homes hold no source back."""
    series = coverage_series(truth, shown)
    spans = {flow: truth.coverage.span(flow) for flow in {flow for flow, *_ in series}}
    rows = pd.DataFrame(series, columns=["flow", "partner_code", "category_scheme", "category_code"])
    rows = rows.loc[rows.index.repeat([spans[flow].sum() for flow, *_ in series])].reset_index(drop=True)
    rows["month"] = np.concatenate([shown.months[spans[flow]] for flow, *_ in series])
    for currency in CURRENCIES:
        known = [truth.coverage.of_category(flow, currency, *rest)[spans[flow]] for flow, *rest in series]
        rows[f"covered_{SIDE[currency]}"] = np.concatenate(known)
    return rows.assign(
        source=shown.source, reporter="CHN", held_back_since=pd.NaT, is_synthetic=shown.source == "gacc_sample"
    )
