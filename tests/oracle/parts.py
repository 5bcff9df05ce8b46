"""int_regime_monthly and int_concentration_monthly: what a series is divided into."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tests.oracle.files import CURRENCIES, SIDE, seed
from tests.oracle.series import Flags, Panel, keys
from tests.oracle.truth import ALL, SERIES, Truth, membership, reviewed

PART = [*SERIES, "month", "part"]
WHOLE = [*SERIES, "month"]


def divided(truth: Truth, part: pd.Series) -> pd.DataFrame:
    """Sums of counting rows of reviewed categories by what `part` says of each; a row where it is '' is left out."""
    members = membership(truth.cells["commodity_code"].unique())
    members = members[members["scheme"].isin({scheme for scheme, _ in reviewed()})]
    cells = truth.cells.assign(part=part)
    by = ["flow", "partner", "commodity_code", "month", "part", "currency"]
    lines = cells[cells["part"] != ""].groupby(by)["value"].sum()
    sums = lines.reset_index().merge(members, on="commodity_code").groupby([*PART, "currency"])["value"].sum()
    return sums.unstack("currency").reindex(columns=list(CURRENCIES)).fillna(0)


def partners_of_all(shown: Panel) -> pd.DataFrame:
    """Values of the partners as parts of all partners together, of every category."""
    frames = {c: pd.DataFrame(v, index=shown.index, columns=shown.months).stack() for c, v in shown.value.items()}
    long = pd.DataFrame(frames).rename_axis([*SERIES, "month"]).reset_index()
    long = long[long["partner"] != ALL].assign(part=lambda rows: rows["partner"], partner=ALL)
    return long.set_index(PART)[list(CURRENCIES)].fillna(0)


def flags_of_parts(shown: Panel, parts: pd.DataFrame, known: Mapping[str, Flags]) -> dict[str, pd.Series]:
    """For each part, whether the whole is known in a currency."""
    wholes = parts.reset_index("part").index
    found = {}
    for currency, flags in known.items():
        stacked = pd.DataFrame(flags, index=shown.index, columns=shown.months).stack()
        found[currency] = pd.Series(stacked.reindex(wholes, fill_value=False).to_numpy(dtype=bool), index=parts.index)
    return found


def only_known(shown: Panel, parts: pd.DataFrame, known: Mapping[str, Flags]) -> pd.DataFrame:
    """Parts with trade in a known currency; NaN where the whole is not known."""
    flags = flags_of_parts(shown, parts, known)
    found = pd.DataFrame({currency: parts[currency].where(flags[currency]) for currency in CURRENCIES})
    return found[(found > 0).any(axis=1)]


def is_split(shown: Panel, parts: pd.DataFrame) -> dict[str, Flags]:
    """Where the parts add up to the value of the series, exactly."""
    found = {}
    for currency in CURRENCIES:
        sums = parts[currency].groupby(WHOLE).sum().unstack("month")
        total = sums.reindex(index=shown.index, columns=shown.months).fillna(0).to_numpy()
        found[currency] = total == shown.value[currency]
    return found


def is_known(shown: Panel) -> dict[str, Flags]:
    """Where the value of the series is known."""
    return {currency: ~np.isnan(value) for currency, value in shown.value.items()}


def each_is_known(truth: Truth, shown: Panel) -> dict[str, Flags]:
    """Where every partner of the category is covered by itself."""
    return {
        currency: np.array([truth.coverage.of_category(flow, currency, "*", *rest) for flow, _, *rest in shown.index])
        for currency in CURRENCIES
    }


def named(shown: Panel, found: pd.DataFrame) -> pd.DataFrame:
    """With the key and the names of the series that each row belongs to."""
    where = np.ones((len(shown.index), len(shown.months)), dtype=bool)
    names = pd.DataFrame(keys(shown, where))
    left = {"flow": "flow", "partner": "partner_code", "scheme": "category_scheme", "category": "category_code"}
    return found.reset_index().rename(columns=left).merge(names, on=[*left.values(), "month"], how="left")


def shares(parts: pd.DataFrame, currency: str) -> pd.Series:
    """Part of the whole, NaN where that is 0 or unknown."""
    total = parts.groupby(WHOLE)[currency].transform("sum")
    return parts[currency] / total.replace(0, np.nan)


def regime_mart(truth: Truth, shown: Panel) -> pd.DataFrame:
    """Rows of int_regime_monthly."""
    parts = divided(truth, truth.cells["regime"])
    found = only_known(shown, parts, is_split(shown, parts))
    columns = {f"value_{SIDE[c]}": found[c] for c in CURRENCIES}
    columns |= {f"regime_share_{SIDE[c]}": shares(found, c) for c in CURRENCIES}
    regimes = {row["regime_code"]: row["name_en"] for row in seed("regimes")}
    mart = named(shown, pd.DataFrame(columns)).rename(columns={"part": "regime_code"})
    return mart.assign(regime_name=mart["regime_code"].map(regimes))


def concentration(parts: pd.DataFrame) -> pd.DataFrame:
    """Number of parts, index, effective number and the largest part of each whole."""
    share = {currency: shares(parts, currency) for currency in CURRENCIES}
    decisive = parts["USD"].where(parts["USD"].notna(), parts["CNY"])
    ordered = pd.DataFrame({"size": -decisive, "code": parts.index.get_level_values("part")}, index=parts.index)
    ordered = ordered.sort_values(["size", "code"])
    largest = ordered.groupby(WHOLE)["code"].first()
    found = pd.DataFrame({"n_parts": parts.groupby(WHOLE).size(), "largest_code": largest})
    largest_parts = pd.MultiIndex.from_tuples(
        [(*key, code) for key, code in zip(found.index, found["largest_code"], strict=True)]
    )
    for currency in CURRENCIES:
        name, squares = SIDE[currency], (share[currency] ** 2).groupby(WHOLE).sum(min_count=1)
        found[f"hhi_{name}"] = squares * 10_000
        found[f"effective_number_{name}"] = 1 / squares
        found[f"largest_share_{name}"] = share[currency].reindex(largest_parts).to_numpy()
    return found


def concentration_mart(truth: Truth, shown: Panel) -> pd.DataFrame:
    """Rows of int_concentration_monthly."""
    lines, known = truth.cells["commodity_code"], is_known(shown)
    by_regime = divided(truth, truth.cells["regime"])
    divisions: dict[str, tuple[pd.DataFrame, dict[str, Flags]]] = {
        "partner": (partners_of_all(shown), each_is_known(truth, shown)),
        "line": (divided(truth, lines), known),
        "hs6": (divided(truth, lines.str[:6]), known),
        "regime": (by_regime, is_split(shown, by_regime)),
    }
    found = []
    for dimension, (parts, flags) in divisions.items():
        kept = only_known(shown, parts, flags)
        if not kept.empty:
            found.append(concentration(kept).assign(dimension=dimension))
    return named(shown, pd.concat(found)).drop(columns="partner_iso3")
