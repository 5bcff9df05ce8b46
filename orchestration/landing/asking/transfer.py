"""How bytes come over the network: packed for the way, with a wait asked for, for others to read or not.

Belongs here: what is true of any transfer. Not here: whom is asked, and how often (`asker`).
"""

from __future__ import annotations

import datetime as dt
import re
import zlib
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from ipaddress import ip_address

import httpx

from orchestration.base.settings import settings
from orchestration.base.today import now
from orchestration.sources.web import AnswerError, PassingError

#: Nobody is waited for longer who does not take up a connection.
CONNECT_SECONDS = 10.0
LATER = "type the same again later: what has arrived is kept"


class Unpacking:
    """Content as it arrives: as it is, or packed for the way."""

    def __init__(self, coding: str) -> None:
        self.coding, self.content = coding.strip().lower(), bytearray()
        if self.coding not in ("", "identity", "gzip", "x-gzip"):
            raise AnswerError(f"the answer is packed in a way that nobody asked for ({self.coding})", remedy=LATER)
        self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in self.coding else None

    def add(self, piece: bytes) -> None:
        """One more piece."""
        while self._gzip and piece:
            if self._gzip.eof:
                self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                self.content += self._gzip.decompress(piece)
            except zlib.error:
                raise PassingError("the answer was damaged on its way") from None
            piece = self._gzip.unused_data
        self.content += piece

    def whole(self) -> bytes:
        """All of it; `PassingError` if an end is missing."""
        if self._gzip and not self._gzip.eof:
            raise PassingError("the answer was cut off on its way")
        return bytes(self.content)


def connection(address: str, *, has_key: bool) -> httpx.Client:
    """What asks there, and says who asks. A key goes through a proxy only where that cannot read it."""
    most, contact = settings().fetch_seconds, settings().contact
    who = f"bonded/{version('bonded')} (warehouse of customs trade statistics{f'; {contact}' if contact else ''})"
    return httpx.Client(
        timeout=httpx.Timeout(most, connect=min(most, CONNECT_SECONDS)),
        headers={"User-Agent": who, "Accept-Encoding": "gzip", "Accept": "*/*"},
        trust_env=not has_key or address.startswith("https:"),
    )


def is_private(address: httpx.URL) -> bool:
    """Whether nobody on the way reads what is sent there."""
    if address.scheme == "https" or address.host == "localhost":
        return True
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return False


def moment(said: str | None) -> dt.datetime | None:
    """When a header says that something was or will be, in UTC; None where it says no day that there is."""
    try:
        found = parsedate_to_datetime(said or "")
        return found.replace(tzinfo=found.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def asked_to_wait(header: str | None, words: str) -> float | None:
    """Seconds that a publisher asks for: by the header, as a number or a date, else in words; None if it does not."""
    if header and header.strip().isascii() and header.strip().isdigit():
        return float(header)
    if until := moment(header):
        return max(0.0, (until - now()).total_seconds())
    found = re.search(r"again in (\d{1,9}) seconds", words)
    return float(found[1]) if found else None
