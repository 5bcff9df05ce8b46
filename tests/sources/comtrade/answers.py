"""Answers in the shape of UN Comtrade, with made-up figures: 47 fields a row, a body around them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
#: Names that rows print beside codes; another code is printed without one.
ISO = {"156": "CHN", "76": "BRA", "32": "ARG", "842": "USA", "410": "KOR", "490": "S19", "0": "W00"}


def row(period: str, reporter: str, flow: str, partner: str, cmd: str, value: float | None, **changes: object) -> Row:
    """One row; a period of four digits is a year. `changes`: other cells, by the names of the answer."""
    year, month = int(period[:4]), int(period[4:] or 52)
    made: Row = {
        "typeCode": "C",
        "freqCode": "A" if month == 52 else "M",
        "refPeriodId": int(f"{year}{1 if month == 52 else month:02}01"),
        "refYear": year,
        "refMonth": month,
        "period": period,
        "reporterCode": int(reporter),
        "reporterISO": ISO.get(reporter),
        "reporterDesc": None,
        "flowCode": flow,
        "flowDesc": None,
        "partnerCode": int(partner),
        "partnerISO": ISO.get(partner),
        "partnerDesc": None,
        "partner2Code": 0,
        "partner2ISO": None,
        "partner2Desc": None,
        "classificationCode": "H6" if year >= 2022 else "H5" if year >= 2017 else "H4",
        "classificationSearchCode": "HS",
        "isOriginalClassification": True,
        "cmdCode": cmd,
        "cmdDesc": None,
        "aggrLevel": 0 if cmd == "TOTAL" else len(cmd),
        "isLeaf": None,
        "customsCode": "C00",
        "customsDesc": None,
        "mosCode": "0",
        "motCode": 0,
        "motDesc": None,
        "qtyUnitCode": 5 if len(cmd) == 6 else -1,
        "qtyUnitAbbr": None,
        "qty": 1000.0 if len(cmd) == 6 else None,
        "isQtyEstimated": False,
        "altQtyUnitCode": -1,
        "altQtyUnitAbbr": None,
        "altQty": 0.0,
        "isAltQtyEstimated": False,
        "netWgt": 250.0,
        "isNetWgtEstimated": False,
        "grossWgt": 0.0,
        "isGrossWgtEstimated": False,
        "cifvalue": value if flow == "M" else None,
        "fobvalue": value if flow == "X" else None,
        "primaryValue": value,
        "legacyEstimationFlag": 0,
        "isReported": len(cmd) == 6,
        "isAggregate": len(cmd) < 6,
    }
    assert not changes.keys() - made.keys(), f"no such field: {changes.keys() - made.keys()}"
    return {**made, **changes}


def body(rows: Sequence[Row], *, pretty: bool = False, **changes: object) -> bytes:
    """An answer; without a key it is printed on one line, too. `changes`: other cells of the body."""
    whole = {"elapsedTime": "0.21 secs", "count": len(rows), "data": list(rows), "error": "", **changes}
    text = json.dumps(whole, indent=4) if pretty else json.dumps(whole, separators=(",", ":"))
    return text.encode()
