"""Tables at a terminal: they fit it, whatever it is.

Belongs here: widths, and how a table turns that is too wide. Not here: what is in it, nor what a pipe gets (`output`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from orchestration.base.plain import plain, printable

#: What stands at the right of its column.
NUMBERS = (int, float, Decimal)
#: Blanks between two columns.
GAP = 2
#: Characters below which no text is folded, and up to which a word stays on its line: a receipt, a release.
FOLDED, WORD = 20, 40


def shown(columns: Sequence[str], rows: Sequence[Sequence[Any]], console: Console) -> None:
    """Print a table; one whose figures and names do not fit the terminal is turned: a block a row, a line a column.

    Figures are never cut, nor parted. Longer texts are folded.
    """
    heads = [printable(column) for column in columns]
    cells = [[plain(value) for value in row] for row in rows]
    # A column is of texts where all that it has is text.
    texts = [all(row[n] is None or isinstance(row[n], str) for row in rows) for n in range(len(columns))]
    least = [_least(head, [row[n] for row in cells], texts[n]) for n, head in enumerate(heads)]
    sides: list[JustifyMethod] = [
        "right" if any(isinstance(row[n], NUMBERS) for row in rows) else "left" for n in range(len(columns))
    ]
    if rows and sum(least) + GAP * (len(columns) - 1) > console.width:
        _turned(heads, cells, console)
    else:
        _upright([*zip(heads, texts, least, sides, strict=True)], cells, console)


def _least(head: str, cells: list[str], is_text: bool) -> int:
    """The width that a column needs: of figures all of it, of texts as much as their longest words."""
    longest = max(map(cell_len, [head, *cells]))
    if not is_text:
        return longest
    words = [cell_len(word) for cell in cells for word in cell.split()]
    return min(longest, max(cell_len(head), FOLDED, min(max(words, default=0), WORD)))


def _upright(columns: list[tuple[str, bool, int, JustifyMethod]], cells: list[list[str]], console: Console) -> None:
    laid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for head, is_text, width, side in columns:
        laid.add_column(Text(head), justify=side, overflow="fold", no_wrap=not is_text, min_width=width)
    for row in cells:
        laid.add_row(*map(Text, row))
    console.print(laid)


def _turned(heads: list[str], cells: list[list[str]], console: Console) -> None:
    names = max(map(cell_len, heads))
    for number, row in enumerate(cells, start=1):
        console.rule(Text(f"row {number:,}"), align="left", characters="─", style="none")
        laid = Table(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))
        # Names take half of a narrow terminal at most; what is longer is folded, and so is the rest.
        laid.add_column(style="bold", overflow="fold", max_width=min(names, console.width // 2))
        laid.add_column(overflow="fold")
        for head, cell in zip(heads, row, strict=True):
            laid.add_row(Text(head), Text(cell))
        console.print(laid)
