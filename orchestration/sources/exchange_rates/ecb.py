"""The ECB's reference rates: yuan and dollars for a euro, monthly means, and across them yuan for a dollar.

Belongs here: the table in which the ECB answers for both series at once (`csvdata`), and where it is asked for.
Not here: asking (`web`). The ratio of two means is the mean of the days' ratios, each weighed by the day's dollars for
a euro: these move by a few percent within a month, and the ratio by far less.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal

from orchestration.base.errors import RefusalError
from orchestration.base.months import format_month, parse_month, spans
from orchestration.sources.exchange_rates.rate import DECIMALS, Rate, RateTable, out_of_bounds, refuse_twice
from orchestration.sources.files.kinds import APART, SECOND_HEADER

TABLE = "cny_and_usd_per_eur_monthly"
#: Cross rates are figures changed by whoever computes them: the ECB asks that this be said, and that it be named.
TITLE = "CNY per USD, monthly averages, computed from CNY and USD per EUR (European Central Bank)"
HOST = "https://data-api.ecb.europa.eu"
PATH = "/service/data/EXR/M.CNY+USD.EUR.SP00.A"
#: As far back as the reviewed table goes.
PARAMS = (("format", "csvdata"), ("startPeriod", "2010-01"))
ADDRESS = f"{HOST}{PATH}?{'&'.join(f'{key}={value}' for key, value in PARAMS)}"
_BOTH = f"download both series, monthly averages of CNY and USD per EUR, as one file: {ADDRESS}"
#: What every answer begins with. More columns follow, which ones depends on what was asked.
KEY = ("FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "EXR_SUFFIX")
COLUMNS = ("KEY", *KEY, "TIME_PERIOD", "OBS_VALUE")
SERIES: dict[tuple[str, ...], str] = {("M", currency, "EUR", "SP00", "A"): currency for currency in ("CNY", "USD")}
_VALUE = re.compile(r"\d{1,6}(\.\d{1,20})?", re.ASCII)
#: How a value is marked that is there and final; others are missing, estimated or not final yet.
_FINAL = ("", "A")
_NONE = ("", "NaN")
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN)

#: The rates of one currency by month: line and text; no text where none is printed that counts.
Printed = dict[dt.date, tuple[int, str | None]]


def is_header(cells: list[str]) -> bool:
    """Whether a first line begins as the ECB's table of exchange rates does."""
    return tuple(cells[: len(COLUMNS)]) == COLUMNS


def read_ecb(lines: Iterable[tuple[int, list[str]]], header: list[str], name: str) -> RateTable:
    """Yuan for a dollar in the months that have both; `RefusalError` with line and column if a line is not sound.

    Where one currency is missing at either end, as the dollar is alone before the yuan begins, or is not final, the
    months are left out and a remark says so. Within the series it leaves a gap, which is refused.
    """
    if len(set(header)) != len(header):
        raise RefusalError("a column stands twice in the header", file=name, line=1, remedy=_BOTH)
    printed: dict[str, Printed] = {"CNY": {}, "USD": {}}
    remarks: list[str] = []
    for line, cells in lines:
        currency, month, value = _row(line, cells, header, name, remarks)
        if (first := printed[currency].get(month)) is not None:
            raise refuse_twice(month, first[0], line, "TIME_PERIOD", name)
        printed[currency][month] = line, value
    rates = _across(printed, name) if any(printed.values()) else {}
    remarks += _left_out(printed, rates)
    return RateTable(TABLE, TITLE, "TIME_PERIOD", rates, tuple(remarks))


def _row(
    line: int, cells: list[str], header: list[str], name: str, remarks: list[str]
) -> tuple[str, dt.date, str | None]:
    """Currency, month and rate of one line; None for a rate that does not count."""

    def refusal(what: str, column: str | None, remedy: str = _BOTH) -> RefusalError:
        return RefusalError(what, file=name, line=line, column=column, remedy=remedy)

    if is_header(cells):
        raise refusal(SECOND_HEADER, None, APART)
    if len(cells) != len(header):
        what = f"{len(cells)} fields where the header has {len(header)}" if cells else "an empty line"
        raise refusal(what, None, "the line is cut or was edited: download the file again")
    said = dict(zip(header, cells, strict=True))
    key = tuple(said[part] for part in KEY)
    if said["KEY"] != ".".join(("EXR", *key)):
        raise refusal(f"{said['KEY']!r} is not the key of {'.'.join(key)}", "KEY")
    if key not in SERIES:
        raise refusal(f"{'.'.join(key)} is no monthly average of CNY or USD per EUR", "KEY")
    try:
        month = parse_month(said["TIME_PERIOD"])
    except ValueError as error:
        raise refusal(str(error), "TIME_PERIOD") from None
    if said.get("UNIT_MULT", "0") not in ("", "0"):
        raise refusal(f"the rate is printed in powers of ten ({said['UNIT_MULT']})", "UNIT_MULT")
    currency, value, status = SERIES[key], said["OBS_VALUE"].strip(), said.get("OBS_STATUS", "").strip()
    if value in _NONE:
        return currency, month, None
    if not _VALUE.fullmatch(value) or not Decimal(value):
        raise refusal(f"{value!r} is no rate", "OBS_VALUE")
    if status not in _FINAL:
        remarks.append(f"line {line}: the {currency} of {format_month(month)} is marked {status}, which is not final")
        return currency, month, None
    return currency, month, value


def _across(printed: Mapping[str, Printed], name: str) -> dict[dt.date, Rate]:
    """Yuan for a dollar by month, on the line of the yuan."""
    for currency, months in printed.items():
        if not any(value for _, value in months.values()):
            raise RefusalError(
                f"the file has no {currency} per EUR: yuan for a dollar need both", file=name, remedy=_BOTH
            )
    rates: dict[dt.date, Rate] = {}
    for month, (line, yuan) in printed["CNY"].items():
        dollars = printed["USD"].get(month, (0, None))[1]
        if yuan is None or dollars is None:
            continue
        value = _CONTEXT.divide(Decimal(yuan), Decimal(dollars)).quantize(
            Decimal(1).scaleb(-DECIMALS), context=_CONTEXT
        )
        if what := out_of_bounds(value):
            raise RefusalError(what, file=name, line=line, column="OBS_VALUE", remedy=_BOTH)
        rates[month] = Rate(line, value, f"{yuan} CNY / {dollars} USD")
    if not rates:
        raise RefusalError("no month has both CNY and USD per EUR", file=name, remedy=_BOTH)
    return rates


def _left_out(printed: Mapping[str, Printed], rates: Mapping[dt.date, Rate]) -> list[str]:
    """Remarks on the months that have one of the two rates, by the one that they lack."""
    every = printed["CNY"].keys() | printed["USD"].keys()
    lacking = {
        currency: [month for month in every - rates.keys() if months.get(month, (0, None))[1] is None]
        for currency, months in printed.items()
    }
    return [f"{spans(months)} left out: no final {currency} per EUR" for currency, months in lacking.items() if months]
