"""Files that are something else than they must be: each is called by its name, whatever source it was brought for."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.base.errors import RefusalError
from orchestration.sources.exchange_rates import parse as rates
from orchestration.sources.files.textfile import LONGEST_LINE
from orchestration.sources.gacc import parse as gacc
from orchestration.sources.gacc_bulletin import parse as bulletin
from orchestration.sources.gacc_nomenclature import parse as nomenclature
from orchestration.sources.refusals import UnfitError
from tests.conftest import ENGLISH, csv_text, row
from tests.sources.gacc_bulletin.pages import CHIPS, page

RATES = "month,cny_per_usd\n2024-01,7.1\n2024-02,7.2\n"
LIST = '"CODES","DESCRIPTION",\n101,Afghanistan,\n110,Hong Kong,\n'
Parse = Callable[[Path, Path], object]
#: By source its parser and a sound file of it.
SOUND: dict[str, tuple[Parse, str]] = {
    "gacc": (gacc.parse, csv_text([row(), row(hs="85423110")])),
    "gacc_nomenclature": (nomenclature.parse, LIST),
    "exchange_rates": (rates.parse, RATES),
    "gacc_bulletin": (bulletin.parse, page([CHIPS])),
}
#: Sources whose files are CSV.
TABLES = [source for source in SOUND if source != "gacc_bulletin"]


def zipped(text: str, name: str = "data.csv") -> bytes:
    """A ZIP archive of one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return stream.getvalue()


WRAPPED: dict[str, tuple[Callable[[str], bytes], str, str]] = {
    "a workbook": (lambda text: zipped(text, "[Content_Types].xml"), "an Excel workbook (xlsx)", ""),
    "an old workbook": (lambda text: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + text.encode(), "an old Excel workbook", ""),
    "a spreadsheet": (lambda text: b"PK\3\4" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
                      + text.encode(), "OpenDocument", ""),
    "ZIP": (zipped, "a ZIP archive", "unzip {file}"),
    "gzip": (lambda text: gzip.compress(text.encode()), "compressed with gzip", "gunzip < {file} > {file}.unpacked"),
    "bzip2": (lambda text: bz2.compress(text.encode()), "compressed with bzip2", "bunzip2 --keep {file}"),
    "xz": (lambda text: lzma.compress(text.encode()), "compressed with xz", "unxz --keep {file}"),
    "PDF": (lambda text: b"%PDF-1.7\n" + text.encode(), "a PDF document", ""),
    "an image": (lambda text: b"\x89PNG\r\n\x1a\n" + text.encode(), "an image (PNG)", ""),
    "UTF-16": (lambda text: text.encode("utf-16"), "in UTF-16", "iconv -f UTF-16 -t UTF-8 {file} > {file}.utf8"),
    "UTF-16 without a mark": (lambda text: text.encode("utf-16-be"), "in UTF-16BE", "iconv -f UTF-16BE"),
    "UTF-32": (lambda text: text.encode("utf-32"), "in UTF-32", "iconv -f UTF-32"),
}  # fmt: skip


def refused(source: str, data: bytes, folder: Path) -> RefusalError:
    """Why a source refuses these bytes; the file and something to do are named."""
    file = folder / "downloadData (63).csv"
    file.write_bytes(data)
    with pytest.raises(RefusalError) as error:
        SOUND[source][0](file, folder / "work")
    assert error.value.file == file.name and error.value.remedy
    return error.value


@pytest.mark.parametrize("kind", WRAPPED)
@pytest.mark.parametrize("source", SOUND)
def test_what_is_no_text_is_called_by_its_name(source: str, kind: str, tmp_path: Path) -> None:
    """With the command that makes a text of it, where there is one."""
    make, what, command = WRAPPED[kind]
    error = refused(source, make(SOUND[source][1]), tmp_path)
    assert what in error.what
    shell = error.shell or "" if isinstance(error, UnfitError) else ""
    assert shell.startswith(command) and bool(shell) == bool(command)


PAGES = {
    "a page": ("<!DOCTYPE html>\n<html></html>", "a web page"),
    "a page without head": ("<body><p>Session expired", "a web page"),
    "a table": ("<table border='1'><tr><td>202401</td></tr></table>", "a saved result page, a table in HTML"),
    "a row": ("\ufeff\n<tr><td>202401</td></tr>", "a saved result page"),
    "MHTML": ("From: <Saved by Blink>\nMIME-Version: 1.0\n", "saved as one file (MHTML)"),
    "XML": ("<?xml version='1.0'?>\n<a/>", "an XML document"),
    "JSON": ('{"data": []}', "a JSON document"),
}


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("source", TABLES)
def test_pages_are_no_tables(source: str, kind: str, tmp_path: Path) -> None:
    """What a site answers instead of a download."""
    text, what = PAGES[kind]
    assert what in refused(source, text.encode(), tmp_path).what


@pytest.mark.parametrize("sign", [";", "\t", "|"])
@pytest.mark.parametrize("source", TABLES)
def test_another_separator_is_named(source: str, sign: str, tmp_path: Path) -> None:
    """Also with a byte order mark, quoted cells, and in UTF-16, as spreadsheets write it with TABs."""
    text = SOUND[source][1].replace(",", sign)
    what = {";": "semicolons", "\t": "TABs", "|": "bars"}[sign]
    assert f"separated by {what}" in refused(source, codecs.BOM_UTF8 + text.encode(), tmp_path).what
    if sign == "\t":
        error = refused(source, text.encode("utf-16"), tmp_path)
        assert isinstance(error, UnfitError) and error.shell is None, "the TABs would be left"


@pytest.mark.parametrize("first", ["sep=,", "sep=;", '"sep=,"', "SEP=\t"])
@pytest.mark.parametrize("source", TABLES)
def test_the_line_of_a_spreadsheet_is_named(source: str, first: str, tmp_path: Path) -> None:
    """With the command that removes it."""
    error = refused(source, f"{first}\r\n{SOUND[source][1]}".encode(), tmp_path)
    assert "which a spreadsheet has put there" in error.what and error.line == 1
    assert isinstance(error, UnfitError) and error.shell == "sed -i 1d {file}" and error.otherwise == {}


def second_header(source: str) -> str:
    """A file and another of its kind behind it."""
    text = SOUND[source][1]
    return text + text


@pytest.mark.parametrize("source", TABLES)
def test_a_second_header_in_the_middle(source: str, tmp_path: Path) -> None:
    """Two downloads that were joined, named by the line of the second."""
    error = refused(source, second_header(source).encode(), tmp_path)
    assert "a second header stands in the middle" in error.what and error.line == 4
    assert "receive each by itself" in str(error.remedy)


def test_a_second_header_of_other_columns(tmp_path: Path) -> None:
    """Its line has more cells than the first, or fewer."""
    text = SOUND["gacc"][1]
    for columns in (ENGLISH[:4], [*ENGLISH, "Customs Regime code"]):
        error = refused("gacc", (text + csv_text([], columns)).encode(), tmp_path)
        assert error.what == "a second header stands in the middle" and error.line == 4


def with_cell(column: int, text: str) -> str:
    """A file of trade whose third line has one other cell."""
    return csv_text([row(), [text if n == column else cell for n, cell in enumerate(row(hs="85423110"))]])


SPREADSHEETS = {
    "a line of tariff": ("gacc", with_cell(3, "1012100"), "'1012100' is not a code of 2, 4, 6 or 8 digits; it has 7"),
    "a heading": ("gacc", with_cell(3, "101"), "has 3 digits: a leading zero was lost"),
    "an exponent": ("gacc", with_cell(3, "8.54E+07"), "was turned into a number with an exponent"),
    "a partner": ("gacc", with_cell(1, "10"), "'10' is not a partner code of 3 digits; it has 2 digits"),
    "a sign for an error": ("gacc", with_cell(9, "#REF!"), "the sign of a spreadsheet"),
    "too narrow a column": ("gacc", with_cell(9, "#####"), "the sign of a spreadsheet"),
    "a date": ("gacc", with_cell(0, "2024/3/1"), "'2024/3/1' is not a month (YYYYMM): a spreadsheet may have"),
    "a code of a list": ("gacc_nomenclature", LIST.replace("110", "11"), "'11' is not a code of 3 digits; it has 2"),
    "a line of a list": (
        "gacc_nomenclature",
        '"CODES","DESCRIPTION","YEAR","UNIT_1_CODES","UNIT_1_DESCRIPTION","UNIT_2_CODES","UNIT_2_DESCRIPTION",\n'
        '1012100,"Horses",2019,01,"Number of item",?,"?",\n',
        "'1012100' is not a code of 8 digits; it has 7 digits: a leading zero was lost",
    ),
}


@pytest.mark.parametrize("case", SPREADSHEETS)
def test_what_a_spreadsheet_has_changed(case: str, tmp_path: Path) -> None:
    """The file as it came, unopened, is what helps."""
    source, text, what = SPREADSHEETS[case]
    error = refused(source, text.encode(), tmp_path)
    assert what in error.what and "a spreadsheet has changed the file" in str(error.remedy)


@pytest.mark.parametrize("source", TABLES)
def test_a_line_without_an_end(source: str, tmp_path: Path) -> None:
    """It is refused by its number before it fills the memory, and a shorter one is not."""
    text = SOUND[source][1]
    long = text + "7" * (LONGEST_LINE + 1)
    for data in (long.encode(), long.encode() + b"\n"):
        error = refused(source, data, tmp_path)
        assert "the line is longer than 100,000 bytes" in error.what and error.line == 4
    assert "longer" not in refused(source, (text + "7" * LONGEST_LINE).encode(), tmp_path).what
