"""What a file is that is not what it must be, told by its beginning: called by its name, with the remedy that helps.

Belongs here: kinds of files that people bring by mistake. Not here: what a sound file looks like (the sources).
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from orchestration.base.errors import RefusalError
from orchestration.sources.refusals import FILE, UnfitError

#: As much as tells the kind.
BEGINNING = 1 << 12
AS_CSV = "open it in a spreadsheet and save the sheet as 'CSV UTF-8 (comma delimited)', with all codes as text; or, "
AS_CSV += "better, download the CSV again: spreadsheets drop leading zeros"
_UNPACK = "unpack it and bring the file that is in it"
_ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", f"7z x {FILE}"),
    b"Rar!": ("a RAR archive", f"unrar x {FILE}"),
    b"BZh": ("compressed with bzip2", f"bunzip2 --keep {FILE}"),
    b"\xfd7zXZ\0": ("compressed with xz", f"unxz --keep {FILE}"),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", f"unzstd {FILE}"),
}
_OTHERS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "an image (PNG)",
    b"\xff\xd8\xff": "an image (JPEG)",
    b"GIF8": "an image (GIF)",
    b"PAR1": "a Parquet file",
}
_TAG = re.compile(rb"<(!doctype|!--|html|head|body|meta|title|table|thead|tbody|tr|td|div|form|script|style|p|h\d)\b")
_SEPARATORS = {";": "semicolons", "\t": "TABs", "|": "bars"}


def refuse_binary(source: Path, name: str, again: str) -> None:
    """Refuse what is no text in UTF-8 or GB18030: workbooks, archives, documents, images, UTF-16 and UTF-32.

    `again`: how to come to a text of the kind that is wanted.
    """
    with source.open("rb") as stream:
        head = stream.read(BEGINNING)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        _refuse_zip(head, name, again)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise UnfitError("this is an old Excel workbook (xls), or another document of Office", file=name, advice=again)
    if head.startswith(b"\x1f\x8b"):
        # Under a name without .gz, gunzip leaves a file alone.
        unpacked = f"gunzip --keep {FILE}" if name.endswith(".gz") else f"gunzip < {FILE} > {FILE}.unpacked"
        raise UnfitError("this is compressed with gzip", file=name, advice=_UNPACK, shell=unpacked)
    for mark, (what, command) in _ARCHIVES.items():
        if head.startswith(mark):
            raise UnfitError(f"this is {what}", file=name, advice=_UNPACK, shell=command)
    for mark, what in _OTHERS.items():
        if head.startswith(mark):
            raise RefusalError(f"this is {what}", file=name, remedy=again)
    if encoding := _wide(head):
        first = head.decode(encoding, "replace").partition("\n")[0]
        raise UnfitError(
            f"the text is in {encoding}, as spreadsheets save 'Unicode text'",
            file=name,
            advice=again if "\t" in first else f"{again}; or write it anew as UTF-8",
            shell=None if "\t" in first else f"iconv -f {encoding} -t UTF-8 {FILE} > {FILE}.utf8",
        )


def _refuse_zip(head: bytes, name: str, again: str) -> None:
    if b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/" in head:
        raise RefusalError("this is an Excel workbook (xlsx), or another document of Office", file=name, remedy=again)
    if b"mimetypeapplication/vnd.oasis" in head:
        raise RefusalError("this is an OpenDocument spreadsheet", file=name, remedy=again)
    raise UnfitError("this is a ZIP archive", file=name, advice=_UNPACK, shell=f"unzip {FILE}")


def _wide(head: bytes) -> str | None:
    """UTF-32 or UTF-16, by its mark, or by a NUL byte in every second place; None for any other text."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    even, odd = head[0::2], head[1::2]
    for nul, other, encoding in ((odd, even, "UTF-16LE"), (even, odd, "UTF-16BE")):
        if len(head) >= 8 and nul.count(0) > 0.8 * len(nul) and other.count(0) < 0.1 * len(other):
            return encoding
    return None


def refuse_page(head: bytes, name: str) -> None:
    """Refuse a web page, or another text with tags, where a CSV file must be."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:512].lower()
    what = None
    if start.startswith(b"<table") or start.startswith((b"<thead", b"<tbody", b"<tr", b"<td")):
        what = "this is a saved result page, a table in HTML, not a CSV file"
    elif start.startswith(b"mime-version:") or start.startswith(b"from: <saved by"):
        what = "this is a web page saved as one file (MHTML), not a CSV file"
    elif _TAG.match(start) or b"<html" in start:
        what = "this is a web page, not a CSV file"
    elif start.startswith(b"<?xml"):
        what = "this is an XML document, not a CSV file"
    elif re.match(rb'[{\[]\s*["{\[]', start):
        what = "this is a JSON document, not a CSV file"
    if what:
        raise RefusalError(
            what,
            file=name,
            line=1,
            remedy="the site answered with a page (session expired, CAPTCHA), or the page was saved instead of the "
            "download: download the CSV again in a browser",
        )


def refuse_separator(first: str, name: str) -> None:
    """Refuse a file whose first line parts its cells by something else than commas, or says how they are parted."""
    if re.fullmatch(r'"?sep=.{0,3}"?', first.strip(), re.IGNORECASE):
        raise UnfitError(
            f"the first line is {first.strip()!r}, which a spreadsheet has put there",
            file=name,
            line=1,
            advice="remove that line",
            shell=f"sed -i 1d {FILE}",
            otherwise={},
        )
    bare = re.sub(r'"[^"]*"', "", first)
    for sign, called in _SEPARATORS.items():
        if bare.count(sign) > bare.count(","):
            raise RefusalError(f"its cells are separated by {called}, not by commas", file=name, line=1, remedy=AS_CSV)


def lost_zero(cell: str, digits: tuple[int, ...]) -> str | None:
    """How a spreadsheet has changed a code that has one of these numbers of digits, if that is what happened."""
    cell = cell.strip(" \t")
    if re.fullmatch(r"\d+", cell, re.ASCII) and len(cell) not in digits and len(cell) + 1 in digits:
        return f"has {len(cell)} digits: a leading zero was lost, as spreadsheets do it"
    if re.fullmatch(r"\d+([.,]\d+)?E\+?\d+", cell, re.ASCII | re.IGNORECASE):
        return "was turned into a number with an exponent, as spreadsheets do it"
    if re.fullmatch(r"#+|#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!)", cell):
        return "is the sign of a spreadsheet for what it cannot show"
    return None


SECOND_HEADER = "a second header stands in the middle"
#: What is done about several files in one.
APART = "downloads were joined: receive each by itself"
#: What is done about a file that a spreadsheet has changed.
FROM_THE_SITE = "a spreadsheet has changed the file: download it again and bring it as it comes, unopened"
