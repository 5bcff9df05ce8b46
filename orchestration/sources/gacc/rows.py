"""The typed rows of a GACC export as SQL: each cell is read or found malformed in one pass, with its line.

Belongs here: what a cell of each column may look like. Not here: what is said where one is malformed (`gacc`).
"""

from __future__ import annotations

import datetime as dt

from orchestration.base.duck import literal
from orchestration.sources.files.textfile import TextFile
from orchestration.sources.gacc.layout import Layout

#: The columns of a raw row, in order; those that a layout lacks are NULL.
RAW_COLUMNS: dict[str, str] = {
    "month": "DATE",
    "line": "BIGINT",
    "hs_code": "VARCHAR",
    "hs_name": "VARCHAR",
    "partner_code": "VARCHAR",
    "partner_name": "VARCHAR",
    "regime_code": "VARCHAR",
    "regime_name": "VARCHAR",
    "province_code": "VARCHAR",
    "province_name": "VARCHAR",
    "quantity_1": "BIGINT",
    "unit_1": "VARCHAR",
    "quantity_2": "BIGINT",
    "unit_2": "VARCHAR",
    "value": "BIGINT",
}
_NAMES = ("hs_name", "partner_name", "regime_name", "province_name")
_CODES = {
    "hs_code": "([0-9]{2}){1,4}",
    "partner_code": "[0-9]{3}",
    "regime_code": "[0-9]{2}",
    "province_code": "[0-9]{2}",
}
_MONTH = "[12][0-9]{3}(0[1-9]|1[0-2])"
_NUMBER = "[0-9]+|[0-9]{1,3}(,[0-9]{3})+"
_MISSING = ("-", "—", "?", "")


def _is(cell: str, pattern: str) -> str:
    """SQL for whether a cell matches, but for TABs and blanks around it.

    Some put a TAB behind codes, so that a spreadsheet keeps their leading zeros.
    """
    return f"regexp_full_match({cell}, '[ \t]*({pattern})[ \t]*')"


def _trimmed(cell: str) -> str:
    return f"trim({cell}, ' \t')"


def _present(cell: str) -> str:
    return f"case when {cell} not in {_MISSING} then {cell} end"


def _typed(concept: str) -> str:
    """SQL for the typed column of a concept, from its cell; NULL where it is malformed or missing.

    An empty cell is read as NULL, quoted or not. Casts to numbers pass over TABs and blanks by themselves; text is
    trimmed only where it must be, since that costs more than all else.
    """
    cell = concept
    if concept == "month":
        return f"case when {_is(cell, _MONTH)} then make_date({cell}::int // 100, {cell}::int % 100, 1) end"
    if concept in _CODES:
        code = _CODES[concept]
        return (
            f"case when regexp_full_match({cell}, '{code}') then {cell} "
            f"when {_is(cell, code)} then {_trimmed(cell)} end"
        )
    if concept in _NAMES:
        return f"coalesce({cell}, '')"
    if concept.startswith("unit"):
        blank_around = " or ".join(f"{cell} like '{edge}'" for edge in (" %", "% ", "\t%", "%\t"))
        return f"case when {blank_around} then {_present(_trimmed(cell))} else {_present(cell)} end"
    return f"case when {_is(cell, _NUMBER)} then try_cast(replace({cell}, ',', '') as bigint) end"


def _bad(layout: Layout) -> str:
    """SQL for the name of a row's first malformed column, else NULL."""
    checks = [f"when typed_{c} is null then '{c}'" for c in layout.concepts if c in ("month", "value") or c in _CODES]
    checks += [
        f"when typed_{c} is null and {_present(c)} is not null and {_present(_trimmed(c))} is not null then '{c}'"
        for c in layout.concepts
        if c.startswith("quantity")
    ]
    if layout.trailing:
        checks.append(f"when {_trimmed('trailing_cell')} <> '' then 'trailing_cell'")
    return f"case {' '.join(checks)} end"


def rows_query(text: TextFile, layout: Layout, month: dt.date | None, *, shifted: bool = False) -> str:
    """The typed rows in file order with their physical line, and `bad`, the first malformed column of each.

    `shifted`: the table `shifts` (`textfile.shifts`) says on which lines records start; else each record is one line.
    """
    names = [*layout.concepts, *(["trailing_cell"] if layout.trailing else [])]
    columns = ", ".join(f"'{n}': 'VARCHAR'" for n in names)
    typed = ", ".join(f"{_typed(c)} as typed_{c}" for c in layout.concepts)
    absent = {"month": f"date '{month}'" if month else "null", "line": "typed.record"}
    if shifted:
        absent["line"] = "typed.record + coalesce(shift, 0)"
    raw = ", ".join(
        f"{'typed_' + c if c in layout.concepts else absent.get(c, 'null')}::{kind} as {c}"
        for c, kind in RAW_COLUMNS.items()
    )
    return f"""
        with cells as (
          select row_number() over () + {int(layout.header_line)} as record, *
          from read_csv({literal(text.path)}, auto_detect = false, header = false,
            skip = {int(layout.header_line)}, delim = ',', quote = '"', escape = '"', new_line = '\\n',
            columns = {{{columns}}}, null_padding = false, strict_mode = true, max_line_size = 1048576,
            parallel = false)),
        typed as (select *, {typed} from cells)
        select {raw}, {_bad(layout)} as bad
        from typed {"asof left join shifts on typed.record >= shifts.record" if shifted else ""}"""
