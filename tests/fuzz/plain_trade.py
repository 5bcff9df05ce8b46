"""A reader of trade files that knows nothing of the project's parser: the plainest reading of what the page says."""

from __future__ import annotations

import csv
import datetime as dt
import re
from typing import Any

COLUMNS = {
    "date of data": "month", "数据年月": "month",
    "commodity code": "hs_code", "商品编码": "hs_code", "commodity": "hs_name", "商品名称": "hs_name",
    "trading partner code": "partner_code", "贸易伙伴编码": "partner_code",
    "trading partner": "partner_name", "贸易伙伴名称": "partner_name",
    "customs regime code": "regime_code", "贸易方式编码": "regime_code",
    "customs regime": "regime_name", "贸易方式名称": "regime_name",
    "quantity": "quantity_1", "第一数量": "quantity_1", "unit": "unit_1", "第一计量单位": "unit_1",
    "supplementary quantity": "quantity_2", "第二数量": "quantity_2", "supplimentary quantity": "quantity_2",
    "supplementary unit": "unit_2", "第二计量单位": "unit_2", "supplimentary unit": "unit_2",
    "us dollar": "value", "美元": "value", "renminbi yuan": "value", "人民币": "value",
}  # fmt: skip
SHAPES = {"hs_code": r"(\d\d){1,4}", "partner_code": r"\d{3}", "regime_code": r"\d\d"}
NUMBER = r"\d+|\d{1,3}(,\d{3})+"
Row = dict[str, Any]


class UnsoundError(Exception):
    """What the page does not allow."""


def read(data: bytes) -> list[Row]:
    """Every row with its line; `UnsoundError` for what is no sound file."""
    records = _records(_text(data))
    _, header = next(records, (0, []))
    names = [COLUMNS.get(cell.strip().casefold(), "?") for cell in (header[:-1] if header[-1:] == [""] else header)]
    if "?" in names or len({*names}) < len(names) or not {"hs_code", "value"} <= {*names}:
        raise UnsoundError("header")
    rows = []
    for line, cells in records:
        if len(cells) != len(header) or (len(cells) > len(names) and cells[-1].strip(" \t")):
            raise UnsoundError(f"cells of line {line}")
        rows.append({"line": line} | {n: _typed(n, c) for n, c in zip(names, cells, strict=False)})
    if len({len(row["hs_code"]) for row in rows}) > 1:
        raise UnsoundError("lengths of codes")
    keys = [tuple(row.get(k) for k in ("month", "hs_code", "partner_code", "regime_code")) for row in rows]
    if len({*keys}) < len(keys):
        raise UnsoundError("a key twice")
    return rows


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    raise UnsoundError("encoding")


def _records(text: str) -> Any:
    """Cells of each record with the line that it begins on."""
    # A blank before a quote is no part of the cell.
    lines = re.sub(r'(^|,) +"(?!")', r'\1"', text.removesuffix("\n"), flags=re.MULTILINE).split("\n")
    reader, line = csv.reader((f"{one}\n" for one in lines), strict=True), 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnsoundError(str(error)) from None
        yield line, cells
        line = reader.line_num + 1


def _typed(name: str, cell: str) -> Any:
    """The value of a cell; what may be missing is None."""
    bare = cell.strip(" \t")
    if name.endswith("_name"):
        return cell
    if name.startswith(("unit", "quantity")) and bare in ("-", "—", "?", ""):
        return None
    if name.startswith("unit"):
        return bare
    pattern = r"[12]\d{3}(0[1-9]|1[0-2])" if name == "month" else SHAPES.get(name, NUMBER)
    if not re.fullmatch(pattern, bare, re.ASCII):
        raise UnsoundError(f"{name} {cell!r}")
    if name == "month":
        return dt.date(int(bare[:4]), int(bare[4:]), 1)
    return bare if name in SHAPES else int(bare.replace(",", ""))
