"""From received bytes to clean UTF-8 lines, in constant memory.

Belongs here: encodings, line ends, quotes, fields per line; nothing about customs. A file is copied once,
chunk by chunk, so that its size never shows in memory.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from orchestration.errors import RefusalError

CHUNK = 1 << 22


@dataclass
class _Quotes:
    """Follows quotes through the text to tell line ends inside cells from ends of records."""

    records: int = 0
    open_cell: bool = False
    breaks: list[tuple[int, int]] = field(default_factory=list)
    extra: int = 0

    def feed(self, chunk: bytes) -> None:
        """Count records; remember (record, line breaks in cells up to and with it)."""
        if not chunk:
            return
        text = np.frombuffer(chunk, dtype=np.uint8)
        ends = np.flatnonzero(text == 10)
        starts = np.concatenate(([0], ends + 1))
        if starts[-1] == len(text):
            starts = starts[:-1]
        quotes = np.add.reduceat((text == 34).astype(np.uint8), starts, dtype=np.int64)
        inside = (np.cumsum(quotes) + self.open_cell) % 2 == 1
        if not inside[: len(ends)].any():
            self.records += len(ends)
        else:
            for in_cell in inside[: len(ends)]:
                if in_cell:
                    self.extra += 1
                else:
                    self.records += 1
                    if self.extra and (not self.breaks or self.breaks[-1][1] != self.extra):
                        self.breaks.append((self.records, self.extra))
        self.open_cell = bool(inside[-1])


@dataclass(frozen=True)
class TextFile:
    """A UTF-8 copy with LF line ends and no BOM, beside what was learned on the way.

    `breaks`: (record, physical line ends inside cells up to and with that record), only where there are any.
    `doubtful`: something that a lenient reader would swallow; `check_structure` must look at every line.
    """

    path: Path
    encoding: str
    records: int
    breaks: tuple[tuple[int, int], ...]
    doubtful: bool


def transcode(source: Path, target: Path, name: str) -> TextFile:
    """Copy the file as UTF-8 text; `RefusalError` for no bytes, HTML, NUL bytes and undecodable bytes."""
    with source.open("rb") as stream:
        head = stream.read(CHUNK)
    if not head:
        raise RefusalError("the file has no bytes", file=name, remedy="download it again")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:512].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")) or b"<html" in start:
        raise RefusalError(
            "this is a web page, not a CSV file",
            file=name,
            line=1,
            remedy="the site answered with a page (session expired, CAPTCHA): download the CSV again in a browser",
        )
    encoding = _guess_encoding(head)
    try:
        return _copy(source, target, name, encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8" and _guess_encoding(head, whole=source) == "gb18030":
            return _copy_or_refuse(source, target, name, "gb18030")
        return _copy_or_refuse(source, target, name, encoding)


def _guess_encoding(head: bytes, whole: Path | None = None) -> str:
    """UTF-8 unless most of the multi-byte characters are none: then GB18030, in which the site exports."""
    data = head if whole is None else whole.read_bytes()[: 16 * CHUNK]
    text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(data)
    bad = text.count("\N{REPLACEMENT CHARACTER}")
    good = sum(1 for character in text if ord(character) > 127) - bad if bad else 1
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
        for number, line in enumerate(stream, start=1):
            try:
                decoder.decode(line)
            except UnicodeDecodeError as error:
                return number, error.start + 1
    return number, 0


def _decoded(source: Path, name: str, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    with source.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if b"\0" in chunk:
                before = chunk[: chunk.index(b"\0")]
                raise RefusalError(
                    "the file holds a NUL byte",
                    file=name,
                    line=lines + before.count(b"\n") + 1,
                    remedy="the file is damaged: download it again",
                )
            lines += chunk.count(b"\n")
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


def _copy(source: Path, target: Path, name: str, encoding: str) -> TextFile:
    quotes, doubtful, held, first = _Quotes(), False, "", True
    last = b"\n"
    with target.open("wb") as out:
        for text in _decoded(source, name, encoding):
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            text = held + text
            held = "\r" if text.endswith("\r") else ""
            data = text.removesuffix("\r").replace("\r\n", "\n").encode() if held or "\r" in text else text.encode()
            if not data:
                continue
            doubtful = doubtful or _doubtful(last + data)
            quotes.feed(data)
            last = (last + data)[-3:]
            out.write(data)
        if held or not last.endswith(b"\n"):
            doubtful = doubtful or _doubtful(last + b"\n")
            quotes.feed(b"\n")
            out.write(b"\n")
    return TextFile(target, encoding, quotes.records, tuple(quotes.breaks), doubtful or quotes.open_cell)


def _doubtful(data: bytes) -> bool:
    """Whether there is an empty line, an empty cell before a last comma, or a bare carriage return."""
    return any(pattern in data for pattern in (b"\n\n", b",,\n", b'"",\n', b"\r"))


def records(text: TextFile, name: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the physical line on which it starts; `RefusalError` at a malformed quote."""
    with text.path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        line = 1
        try:
            for row in reader:
                yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            unclosed = "unexpected end" in str(error) or "field larger" in str(error)
            what = "a quote is opened and never closed" if unclosed else f"malformed quotes ({error})"
            raise RefusalError(
                what, file=name, line=line, remedy="the file is cut or was edited by hand: download it again"
            ) from None


def check_structure(text: TextFile, name: str, width: int) -> None:
    """Read every record the slow way and refuse the first that has not `width` fields."""
    for line, row in records(text, name):
        if not row:
            raise RefusalError("an empty line", file=name, line=line, remedy="remove it, or download the file again")
        if len(row) != width:
            raise RefusalError(
                f"{len(row)} fields where the header has {width}",
                file=name,
                line=line,
                remedy="the line is cut or shifted: download the file again",
            )
