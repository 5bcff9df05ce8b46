"""From received bytes to clean UTF-8 lines, in constant memory.

Belongs here: encodings, line ends, quotes, fields per line; nothing about customs. A file is copied once,
chunk by chunk, so that its size never shows in memory.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from orchestration.base.errors import RefusalError
from orchestration.sources.files.kinds import APART, AS_CSV, SECOND_HEADER, refuse_binary, refuse_page, refuse_separator

CHUNK = 1 << 18
#: What tells the encoding, and as much as is looked at again where that was wrong.
HEAD, MORE = 1 << 22, 1 << 26
#: Bytes of one line, far more than any of customs has: what is longer is no table, and would fill the memory.
LONGEST_LINE = 100_000
NEWLINE, QUOTE, COMMA = b'\n",'


@dataclass(frozen=True)
class TextFile:
    """A UTF-8 copy with LF line ends and no BOM, beside what was learned on the way.

    `lines`: physical lines. `doubtful`: something that a lenient reader would swallow; `check_structure` must look at
    every line.
    """

    path: Path
    encoding: str
    lines: int
    doubtful: bool


@dataclass
class _LineEnds:
    """Looks at what stands before each line end, and counts quotes; the text is fed chunk by chunk.

    `open`: bytes since the last line end.
    """

    name: str
    lines: int = 0
    open: int = 0
    quotes: int = 0
    doubtful: bool = False
    last: bytes = b"\n\n\n"

    def feed(self, data: bytes) -> None:
        text = np.frombuffer(self.last + data, dtype=np.uint8)
        ends = np.flatnonzero(text[3:] == NEWLINE) + 3
        self._refuse_long(ends - 3, len(data))
        one, two, three = text[ends - 1], text[ends - 2], text[ends - 3]
        empty = (one == COMMA) & ((two == COMMA) | (two == QUOTE) & (three == QUOTE))
        self.lines += len(ends)
        self.quotes += int(np.count_nonzero(text[3:] == QUOTE))
        self.doubtful = self.doubtful or bool((empty | (one == NEWLINE)).any()) or b"\r" in data
        self.last = (self.last + data)[-3:]

    def _refuse_long(self, ends: np.ndarray[Any, Any], size: int) -> None:
        """Refuse a line that is longer than any table has; `ends`: where lines end in what was fed."""
        lengths = np.diff(ends, prepend=-1 - self.open) - 1
        self.open = int(size - 1 - ends[-1]) if len(ends) else self.open + size
        longest = np.append(lengths, self.open) > LONGEST_LINE
        if longest.any():
            raise RefusalError(
                f"the line is longer than {LONGEST_LINE:,} bytes",
                file=self.name,
                line=self.lines + int(longest.argmax()) + 1,
                remedy="this is no table of customs, or it is damaged: download it again",
            )


def transcode(source: Path, target: Path, name: str) -> TextFile:
    """Copy the file as UTF-8 text; `RefusalError` for no bytes, what is no CSV, NUL bytes and undecodable bytes."""
    head = _first(source, HEAD)
    if not head:
        raise RefusalError("the file has no bytes", file=name, remedy="download it again")
    refuse_binary(source, name, AS_CSV)
    refuse_page(head, name)
    text = _transcoded(source, target, name, head)
    with text.path.open(encoding="utf-8", newline="\n") as stream:
        refuse_separator(stream.readline(), name)
    return text


def _transcoded(source: Path, target: Path, name: str, head: bytes) -> TextFile:
    encoding = _guess_encoding(head)
    try:
        return _copy(source, target, name, encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8" and _guess_encoding(head, whole=source) == "gb18030":
            return _copy_or_refuse(source, target, name, "gb18030")
        return _copy_or_refuse(source, target, name, encoding)


def _first(source: Path, size: int) -> bytes:
    with source.open("rb") as stream:
        return stream.read(size)


def _guess_encoding(head: bytes, whole: Path | None = None) -> str:
    """UTF-8 unless most of the multi-byte characters are none: then GB18030, in which the site exports."""
    data = head if whole is None else _first(whole, MORE)
    text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(data)
    bad = text.count("\N{REPLACEMENT CHARACTER}")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad if bad else 1
    return "utf-8" if good > 3 * bad else "gb18030"


def _copy_or_refuse(source: Path, target: Path, name: str, encoding: str) -> TextFile:
    try:
        return _copy(source, target, name, encoding)
    except UnicodeDecodeError as error:
        line, byte = _locate(source, encoding)
        raise RefusalError(
            f"byte {byte} of the line cannot be decoded as {encoding.upper()} ({error.reason})",
            file=name,
            line=line,
            remedy="the file is damaged or in another encoding than GB18030 or UTF-8: download it again",
        ) from None


def _locate(source: Path, encoding: str) -> tuple[int, int]:
    """Line and byte within the line of the first undecodable byte."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with source.open("rb") as stream:
        number = 0
        for number, line in enumerate(_lines(stream), start=1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError as error:
                return number, error.start + 1
    return number, 0


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Its lines; one that is longer than may be comes in parts."""
    return iter(lambda: stream.readline(LONGEST_LINE), b"")


def _decoded(source: Path, name: str, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with source.open("rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK):
            if b"\0" in chunk:
                _refuse_nul(source, name)
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


def _refuse_nul(source: Path, name: str) -> None:
    with source.open("rb") as stream:
        line = next(number for number, text in enumerate(_lines(stream), start=1) if b"\0" in text)
    raise RefusalError(
        "the file holds a NUL byte", file=name, line=line, remedy="the file is damaged: download it again"
    )


def _copy(source: Path, target: Path, name: str, encoding: str) -> TextFile:
    ends, held, first = _LineEnds(name), "", True
    with target.open("wb") as out:
        for text in _decoded(source, name, encoding):
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            text = held + text
            held = "\r" if text.endswith("\r") else ""
            data = text.removesuffix("\r").replace("\r\n", "\n").encode() if held or "\r" in text else text.encode()
            ends.feed(data)
            out.write(data)
        if held or not ends.last.endswith(b"\n"):
            ends.feed(b"\n")
            out.write(b"\n")
    return TextFile(target, encoding, ends.lines, ends.doubtful or ends.quotes % 2 == 1)


def records(text: TextFile, name: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the physical line on which it starts; `RefusalError` at a malformed quote."""
    with text.path.open(encoding="utf-8", newline="\n") as stream:
        reader = csv.reader(stream, strict=True)
        line = 1
        try:
            for row in reader:
                yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            what = f"malformed quotes ({error})"
            if "unexpected end" in str(error) or "field larger" in str(error):
                what = "a quote is opened and never closed"
            elif "new-line" in str(error):
                what = "a carriage return in the middle of a line"
            raise RefusalError(
                what, file=name, line=line, remedy="the file is cut or was edited by hand: download it again"
            ) from None


def check_structure(
    text: TextFile, name: str, width: int, is_header: Callable[[list[str]], bool] = lambda _: False
) -> int:
    """Read every record the slow way, refuse the first that has not `width` fields, and count them.

    `is_header`: tells a header, which another download that was joined to this one begins with.
    """
    count = 0
    for line, row in records(text, name):
        count += 1
        if not row:
            raise RefusalError("an empty line", file=name, line=line, remedy="remove it, or download the file again")
        if len(row) != width and count > 1 and is_header(row):
            raise RefusalError(SECOND_HEADER, file=name, line=line, remedy=APART)
        if len(row) != width:
            raise RefusalError(
                f"{len(row)} fields where the header has {width}",
                file=name,
                line=line,
                remedy="the line is cut or shifted: download the file again",
            )
    return count


def shifts(text: TextFile, name: str) -> pa.Table:
    """Columns `record` (from 1) and `shift`: from that record on, `record + shift` is the line on which one starts.

    Line ends inside cells shift all that follows; without any, the table is empty.
    """

    def grown() -> Iterator[tuple[int, int]]:
        known = 0
        for record, (line, _) in enumerate(records(text, name), start=1):
            if line - record > known:
                known = line - record
                yield record, known

    found = np.fromiter(grown(), dtype=[("record", np.int64), ("shift", np.int64)])
    return pa.table({"record": found["record"], "shift": found["shift"]})
