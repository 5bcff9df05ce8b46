"""A server of this machine that answers as UN Comtrade does, with made-up figures and every fault that is known.

Belongs here: the shape of its answers. Not here: any test. Nothing but the loopback is listened to.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening
from tests.sources.comtrade.answers import ISO, Row, body, row

#: Period YYYYMM, reporter, flow, partner and six digits, as Comtrade's codes: ("202410", "156", "M", "842", "854231").
Key = tuple[str, str, str, str, str]
Kind = Literal[
    "slow", "cut", "rate", "rate without", "quota", "unauthorized", "page", "empty", "down", "total", "error"
]
KEYED, PREVIEW, RELEASED = "/data/v1/get/C/M/HS", "/public/v1/preview/C/M/HS", "/getDa/C/M/HS"
PAGE = b"<!DOCTYPE html><html><head><title>UN Comtrade</title></head><body>Maintenance</body></html>"
REFUSED = {
    "rate": (429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 2 seconds."}),
    "rate without": (429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 2 seconds."}),
    "quota": (403, {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 18:00:00."}),
    "unauthorized": (401, {"statusCode": 401, "message": "Access denied due to invalid subscription key."}),
}


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose text holds `asked`, after `after` of them went well.

    "total": sums (codes of four digits, all partners together) are off by one, as if a revision came in between.
    """

    kind: Kind
    asked: str = ""
    times: int = 1
    after: int = 0


@dataclass(frozen=True)
class Asked:
    """A request that came in: path and query, the key that it carried, and the status that it was answered with."""

    path: str
    key: str | None
    status: int
    fault: str | None

    @property
    def is_data(self) -> bool:
        """Whether it asked for figures."""
        return not urlsplit(self.path).path.endswith(RELEASED)


@dataclass
class Comtrade:
    """What the server knows and how it behaves; everything may be changed while it runs.

    `out`: by reporter and period the checksum and the day of the latest release; a period that is not there is not out,
    whatever figures there are. `cap`, `preview_cap`: rows at which an answer is cut off. `preview_periods`: how many
    periods a question without a key may have. `delay`: seconds that a slow answer takes.
    """

    figures: dict[Key, float] = field(default_factory=dict)
    out: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    log: list[Asked] = field(default_factory=list)
    keys: set[str] = field(default_factory=lambda: {"made-up-key"})
    cap: int = 100_000
    preview_cap: int = 500
    preview_periods: int = 12
    delay: float = 0.5
    address: str = ""

    def publish(self, figures: dict[Key, float], day: str) -> None:
        """Add or revise figures; their reporters' months are out since that day (YYYY-MM-DD)."""
        self.figures |= figures
        for period, reporter in {key[:2] for key in figures}:
            self.out[reporter, period] = (hash_of(self.figures, reporter, period), f"{day}T08:30:05.99")

    @property
    def asked(self) -> list[str]:
        """What was asked for and answered in full, availability left out."""
        return [one.path for one in self.log if one.is_data and one.status == 200 and one.fault is None]

    def fault_of(self, path: str) -> Fault | None:
        """The fault that this request meets; it is one less from now on."""
        for fault in self.faults:
            if fault.asked in path and fault.times > 0:
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def rows(self, asked: dict[str, list[str]], *, off: int = 0) -> list[Row]:
        """The rows of a question; six digits as they are, fewer digits and partner 0 as sums of them."""
        found: list[Row] = []
        reporters, flows = asked["reporterCode"], asked.get("flowCode", ["M", "X"])
        wanted = {
            (p, r, f, partner, cmd)
            for p, r, f, own_partner, own_cmd in self.figures
            if p in asked["period"] and r in reporters and f in flows
            for partner in (own_partner, "0")
            for cmd in (own_cmd, own_cmd[:4], own_cmd[:2], "TOTAL")
            if partner in asked.get("partnerCode", [partner]) and _is_asked(cmd, asked.get("cmdCode", ["TOTAL"]))
        }
        for key in sorted(wanted):
            value = sum(v for k, v in self.figures.items() if _is_part(k, key))
            is_sum = key not in self.figures
            found.append(row(*key, float(value + off * is_sum)))
        return found

    def released(self, reporters: list[str] | None, periods: list[str] | None) -> list[dict[str, object]]:
        """The availability rows of these reporters and periods, of all where none is said."""
        return [
            {
                "datasetCode": int(f"3{int(reporter):04}{period}6210"),
                "typeCode": "C",
                "freqCode": "M",
                "period": int(period),
                "reporterCode": int(reporter),
                "reporterISO": ISO.get(reporter),
                "reporterDesc": None,
                "classificationCode": "H6",
                "classificationSearchCode": "HS",
                "isOriginalClassification": True,
                "totalRecords": sum(k[:2] == (period, reporter) for k in self.figures),
                "datasetChecksum": checksum,
                "firstReleased": "2024-01-02T03:04:05.6666667",
                "lastReleased": day,
            }
            for (reporter, period), (checksum, day) in sorted(self.out.items())
            if reporter in (reporters or [reporter]) and period in (periods or [period])
        ]


def hash_of(figures: dict[Key, float], reporter: str, period: str) -> int:
    """A checksum that changes with the figures of a month."""
    mine = sorted((k, v) for k, v in figures.items() if k[:2] == (period, reporter))
    return sum((n + 1) * int(v) for n, (_, v) in enumerate(mine)) % 2_000_000_011


def _is_asked(cmd: str, asked: list[str]) -> bool:
    return cmd in asked or (cmd.isdecimal() and f"AG{len(cmd)}" in asked)


def _is_part(key: Key, whole: Key) -> bool:
    return key[:3] == whole[:3] and whole[3] in ("0", key[3]) and (whole[4] == "TOTAL" or key[4].startswith(whole[4]))


@contextmanager
def serving(comtrade: Comtrade | None = None) -> Iterator[Comtrade]:
    """Answer at `address` until the end; on a free port."""
    known = comtrade or Comtrade()
    handler = type("Handler", (_Handler,), {"comtrade": known})
    with listening(handler) as known.address:
        yield known


class _Handler(BaseHTTPRequestHandler):
    comtrade: Comtrade

    def do_GET(self) -> None:
        fault = self.comtrade.fault_of(self.path)
        kind = fault.kind if fault else None
        status, content, headers = self._answer(kind)
        # Entered before it is sent: whoever has the answer finds it in the log.
        self.comtrade.log.append(Asked(self.path, self.headers.get("Ocp-Apim-Subscription-Key"), status, kind))
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            if kind == "slow":
                time.sleep(self.comtrade.delay)
            self.wfile.write(content[: len(content) // 2] if kind == "cut" else content)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _answer(self, kind: str | None) -> tuple[int, bytes, dict[str, str]]:
        """Status, content and further headers."""
        if kind in REFUSED:
            status, said = REFUSED[kind]
            return status, json.dumps(said).encode(), {"Retry-After": "2"} if kind == "rate" else {}
        if kind in ("page", "down"):
            return 200 if kind == "page" else 503, PAGE, {"Content-Type": "text/html"}
        if kind == "empty":
            return 200, body([]), {}
        if kind == "error":
            return 200, body([], error="The query could not be processed"), {}
        return self._figures(off=int(kind == "total"))

    def _figures(self, off: int) -> tuple[int, bytes, dict[str, str]]:
        url = urlsplit(self.path)
        asked = {name: values[0].split(",") for name, values in parse_qs(url.query).items()}
        is_keyed = url.path.startswith("/data/")
        if is_keyed and self.headers.get("Ocp-Apim-Subscription-Key") not in self.comtrade.keys:
            status, said = REFUSED["unauthorized"]
            return status, json.dumps(said).encode(), {}
        if len(self.path) > 4096:
            return 400, b"The request URL is too long.", {"Content-Type": "text/plain"}
        if url.path in (f"/data/v1{RELEASED}", f"/public/v1{RELEASED}"):
            found = self.comtrade.released(asked.get("reporterCode"), asked.get("period"))
            return 200, body(found), {}
        if url.path not in (KEYED, PREVIEW):
            return 404, json.dumps({"statusCode": 404, "message": "Resource not found"}).encode(), {}
        if len(asked["period"]) > (12 if is_keyed else self.comtrade.preview_periods):
            said = {"errorObject": {"errorMessage": "The number of periods exceeds the maximum allowed."}}
            return 400, json.dumps({"statusCode": 400, **said}).encode(), {}
        rows = self.comtrade.rows(asked, off=off)
        return 200, body(rows[: self.comtrade.cap if is_keyed else self.comtrade.preview_cap]), {}

    def log_message(self, *args: object) -> None:
        """What was asked stands in the log of the test."""
