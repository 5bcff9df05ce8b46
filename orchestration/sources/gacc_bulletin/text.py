"""Text of bulletin pages: bytes to text, blanks, full-width signs, dashes, and the place of what is refused.

Belongs here: what holds for every text of a page. Not here: HTML (`bulletin_page`), and what titles, headings or units
mean.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from orchestration.base.errors import RefusalError

#: The pages have under 100 kB; what is so much larger is something else.
LARGEST = 8 << 20
#: What is said to whoever brings another page.
READ_HERE = "the pages of major exports, major imports, trade by country, and trade by customs regime are read"
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2060\ufeff]+")
#: Full-width signs and dashes only: a general folding would make figures of superscripts and circled numbers.
_FOLDED = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)


@dataclass(frozen=True)
class Place:
    """Where something stands: the received file's name, the physical line from 1, the heading of the column."""

    file: str
    line: int | None = None
    column: str | None = None

    def refusal(self, what: str, remedy: str) -> RefusalError:
        """The error that says what is wrong here and what to do."""
        return RefusalError(what, file=self.file, line=self.line, column=self.column, remedy=remedy)


def clean(text: str) -> str:
    """The text as printed, every run of blanks, line ends, control and invisible characters as one blank."""
    return _BLANKS.sub(" ", text).strip()


def fold(text: str) -> str:
    """The text for reading: full-width letters, digits and punctuation as ASCII, every dash as a hyphen, one blank."""
    return clean(text.translate(_FOLDED))


def decode(data: bytes, name: str) -> tuple[str, str]:
    """The text without byte order mark, and the encoding used: utf-8 or gb18030.

    What the page says of its encoding does not count: a browser that saves it in another one leaves that as it was.
    `RefusalError` for no bytes, NUL bytes, and bytes that neither encoding knows.
    """
    if not data:
        raise Place(name).refusal("the file has no bytes", "download the page again")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise Place(name, line).refusal(
            "the file holds a NUL byte", "a bulletin is an HTML page in UTF-8 or GB18030: save it as such again"
        )
    encoding = _guess_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff"), encoding
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Place(name, line).refusal(
            f"byte {data[error.start]:#04x} cannot be decoded as {encoding.upper()}",
            "the file is damaged or in another encoding than UTF-8 or GB18030: download the page again",
        ) from None


def _guess_encoding(data: bytes) -> str:
    """UTF-8 unless most of its multi-byte characters are none: one damaged byte does not make a page GB18030."""
    text = codecs.decode(data, "utf-8", errors="replace")
    bad = text.count("\N{REPLACEMENT CHARACTER}")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return "utf-8" if not bad or good > 3 * bad else "gb18030"
