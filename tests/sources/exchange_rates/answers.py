"""Tables in the shape in which the ECB answers for its monthly reference rates (`csvdata`), made by hand.

Yuan for a euro from October 2025 to April 2026 and dollars for a euro of May 2026 are as the ECB printed them; the
other dollars are made up so that yuan for a dollar lie near the Federal Reserve's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.sources.exchange_rates.ecb import PATH
from tests.sources.publisher import Shown

HEADER = (
    "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS,OBS_CONF,OBS_PRE_BREAK,"
    "OBS_COM,TIME_FORMAT,BREAKS,COLLECTION,COMPILING_ORG,DISS_ORG,DOM_SER_IDS,PUBL_ECB,PUBL_MU,PUBL_PUBLIC,"
    "UNIT_INDEX_BASE,COMPILATION,COVERAGE,DECIMALS,NAT_TITLE,SOURCE_AGENCY,SOURCE_PUB,TITLE,TITLE_COMPL,UNIT,UNIT_MULT"
)
NAMES = {"CNY": "Chinese yuan renminbi", "USD": "US dollar"}
YUAN = {
    "2025-10": "8.281034782608698",
    "2025-11": "8.214915",
    "2025-12": "8.249061904761906",
    "2026-01": "8.180647619047619",
    "2026-02": "8.16815",
    "2026-03": "7.970263636363637",
    "2026-04": "8.000470000000002",
}
DOLLARS = {
    "2025-10": "1.1627347826086957",
    "2025-11": "1.1555",
    "2025-12": "1.1708190476190477",
    "2026-01": "1.1734285714285715",
    "2026-02": "1.18229",
    "2026-03": "1.1560363636363638",
    "2026-04": "1.16979",
}
MAY = {"2026-05": "1.16732"}


def row(currency: str, month: str, value: str, *, freq: str = "M", kind: str = "SP00", status: str = "A") -> str:
    """One line of the table."""
    key = f"{freq},{currency},EUR,{kind},A"
    name = f"{NAMES.get(currency, currency)}/Euro"
    return (
        f"EXR.{key.replace(',', '.')},{key},{month},{value},{status},F,,,P1M,,A,,,,,,,99Q1=100,,,4,,4F0,,"
        f'{name} ECB reference exchange rate,"ECB reference exchange rate, {name}, 2.15 pm (C.E.T.)",{currency},0'
    )


def table(rows: Sequence[str]) -> str:
    """Rows below the header."""
    return "".join(f"{line}\r\n" for line in (HEADER, *rows))


def both(yuan: Mapping[str, str] = YUAN, dollars: Mapping[str, str] = DOLLARS) -> str:
    """The answer for both series, one below the other."""
    rows = [row("CNY", *one) for one in yuan.items()] + [row("USD", *one) for one in dollars.items()]
    return table(rows)


def shown(text: str, last_modified: str | None = "Fri, 08 May 2026 09:16:35 GMT") -> dict[str, Shown]:
    """The table where the ECB shows it."""
    return {PATH: Shown(text.encode(), "text/csv", last_modified)}
