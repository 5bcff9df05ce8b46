"""Making mutants: a sound file, changed in one to three places as transport, editors and people change files.

Belongs here: changes of bytes, lines and cells. Not here: what any file means.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence

Change = Callable[[random.Random, bytes], bytes]
#: What stands in cells that somebody has spoilt, or that only looks odd.
CELLS = tuple(
    text.encode() if isinstance(text, str) else text
    for text in (
        *("", " ", "-", "?", "—", "0", "00", "007", "-1", "+1", "1.0", "1e9", "1,2", "1,234", "9" * 19, "9" * 30),
        *("１２", "10000000000001", "202413", "202402", "199912", "2024-02", "7.1", "0.14", "21", "85423110", "8542"),
        *("1012100", "854231", "101"),
        *("502", "50", "US", "TOTAL", '"', '""', 'a"b', "a,b", "a\nb", "a\r\nb", "\t502\t", b"\x00", b"\xff"),
        *("\ufeff", "美国", "美国".encode("gb18030"), "'", "<td>", "&amp;", "#REF!", "x" * 300, "=1+1"),
        *("~", "null", "[a]", "{a: 1}", "*x", "&x", "!!int 3"),
    )
)  # fmt: skip
_CELL = re.compile(rb'"(?:[^"\n]|"")*"|[^",\n<>:\[\]{}]+')


def _place(chance: random.Random, data: bytes) -> int:
    return chance.randrange(len(data) + 1)


def _byte(chance: random.Random, data: bytes) -> bytes:
    at = _place(chance, data)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: _place(chance, data)]


def _hole(chance: random.Random, data: bytes) -> bytes:
    at = _place(chance, data)
    return data[:at] + data[at + chance.randrange(1, 40) :]


def _sign(chance: random.Random, data: bytes) -> bytes:
    at = _place(chance, data)
    return (
        data[:at] + chance.choice([b'"', b",", b"\n", b"\r", b"\r\n", b"\t", b" ", b"\0", b";", b":", b"-"]) + data[at:]
    )


def _cell(chance: random.Random, data: bytes) -> bytes:
    found = list(_CELL.finditer(data))
    if not found:
        return data
    cell, text = chance.choice(found), chance.choice(CELLS)
    quoted = cell[0].startswith(b'"') and chance.random() < 0.8
    return data[: cell.start()] + (b'"' + text + b'"' if quoted else text) + data[cell.end() :]


def _digit(chance: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"[0-9]", data))
    if not found:
        return data
    at = chance.choice(found).start()
    return data[:at] + str(chance.randrange(10)).encode() + data[at + 1 :]


def _lines(chance: random.Random, data: bytes) -> bytes:
    """A line twice, gone, in another place, exchanged with the next, or two in one."""
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.randrange(5)
    if what == 0:
        lines.insert(other, lines[at])
    elif what == 1:
        del lines[at]
    elif what == 2:
        lines.insert(other, lines.pop(at))
    elif what == 3:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    return b"\n".join(lines)


def _whole(chance: random.Random, data: bytes) -> bytes:
    """The file in another form: line ends, byte order mark, encoding, separator, twice, or with a first line more."""
    forms: Sequence[Callable[[bytes], bytes]] = (
        lambda d: d.replace(b"\n", b"\r\n"),
        lambda d: d.replace(b"\n", b"\r"),
        lambda d: d.replace(b"\n", b"\r\r\n"),
        lambda d: b"\xef\xbb\xbf" + d,
        lambda d: d.decode("utf-8", "replace").encode("gb18030"),
        lambda d: d.decode("utf-8", "replace").encode("utf-16"),
        lambda d: d.replace(b",", b";"),
        lambda d: d.replace(b'"', b""),
        lambda d: d + d,
        lambda d: b"sep=,\n" + d,
        lambda d: d.rstrip(b"\n"),
        lambda d: d + b"\n",
    )
    return chance.choice(forms)(data)


CHANGES: Sequence[Change] = (_byte, _cut, _hole, _sign, _cell, _cell, _cell, _digit, _digit, _lines, _lines, _whole)


def mutants(sound: Sequence[bytes], count: int, seed: int) -> Iterator[tuple[int, bytes]]:
    """Mutants with their numbers; the same for the same seed, each by itself, so that one can be made again."""
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        data = chance.choice(sound)
        for _ in range(chance.choice((1, 1, 2, 3))):
            data = chance.choice(CHANGES)(chance, data)
        yield number, data
