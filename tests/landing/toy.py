"""China's customs as if they could be asked over the network, and a server of this machine that answers for them.

Belongs here: a way of asking that is no publisher's, and every fault of a server. Not here: any test.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import hashlib
import json
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestration.base.months import add_months, month_range, parse_month
from orchestration.base.settings import PROJECT, settings
from orchestration.sources.catalogue import DOCUMENT_WEBS, TRADE
from orchestration.sources.web import (
    Answer,
    AnswerError,
    Client,
    CutError,
    PassingError,
    Question,
    Released,
    Request,
    Sheet,
    Wanted,
)
from tests.loopback import listening

KEY = "made-up-key-0123456789"
#: Seconds that would have been waited.
WAITED: list[float] = []
DATASETS = """
  toy_chips:
    title: Chips that are fetched
    source: gacc
    flow: import
    hs: [8542]
    partners: [116, 502]
    currency: USD
    first: 2024-01
    last: 2024-07
  toy_memory:
    title: Memories that are fetched
    source: gacc
    flow: import
    hs: [854232]
    partners: [502]
    currency: USD
    first: 2024-05
    last: 2024-06
"""
CODES = ("85423110", "85423210")
HEADER = ("Date of data", "Trading partner code", "Trading partner", "Commodity code", "Commodity", "Quantity", "Unit",
          "Supplementary Quantity", "Supplementary Unit", "US dollar")  # fmt: skip
#: Months that one question may ask for.
MONTHS_A_QUESTION = 3


@dataclass(frozen=True)
class ToyWeb:
    """A `TradeWeb`. Its publisher is nowhere: whoever tests sets the address, and may call it the publisher's own.

    `apart`: codes that are asked for once more, behind all others, as sums are.
    """

    publishers: tuple[str, ...] = ("https://toy.invalid",)
    key_header: str | None = "X-Key"
    key_missing: str = "answers are cut off at 1,000 rows"
    caps: tuple[int | None, int | None] = (1_000, 1_000)
    pause: float = 0.0
    apart: tuple[str, ...] = ()

    def released(self, client: Client, reporter: str, months: Collection[dt.date]) -> Mapping[dt.date, Released]:
        answer = client.get(Question("/out", (("reporter", reporter),)))
        assert answer is not None
        if answer.content.startswith(b"<"):
            raise PassingError("gacc answers with a page in place of months")
        said = {parse_month(month): of for month, of in json.loads(answer.content).items()}
        return {m: Released(m, dt.date.fromisoformat(said[m][0]), said[m][1]) for m in months if m in said}

    def plan(self, wanted: Wanted, *, cap: int | None, has_key: bool) -> tuple[Request, ...]:  # noqa: ARG002
        starts = range(0, len(wanted.months), MONTHS_A_QUESTION)
        return tuple(
            question(wanted, wanted.months[start : start + MONTHS_A_QUESTION], hs)
            for hs in (wanted.hs, self.apart)
            for start in starts
            if hs
        )

    def check(self, request: Request, answer: Answer, *, cap: int | None) -> None:  # noqa: ARG002
        if answer.content.lstrip().startswith(b"<"):
            raise PassingError("gacc answers with a page in place of figures")
        if not answer.content.startswith(b'"Date of data"'):
            raise AnswerError("gacc answers with no header", remedy="look at the answer")
        if cap and answer.content.count(b"\n") - 1 >= cap:
            raise CutError(f"gacc cuts answers off at {cap:,} rows")

    def split(self, request: Request) -> tuple[Request, ...]:
        months = list(month_range(*request.months))
        if len(months) == 1:
            raise AnswerError("one month cannot be split", remedy="ask for fewer codes")
        half = len(months) // 2
        return tuple(question(request, part, request.hs) for part in (months[:half], months[half:]))


def question(of: Wanted | Request, months: Sequence[dt.date], hs: tuple[str, ...] | str) -> Request:
    """The request for some months."""
    named = ",".join(f"{month:%Y%m}" for month in months)
    params = (("flow", of.flow), ("hs", ",".join(hs)), ("partners", ",".join(of.partners)), ("months", named))
    return Request(Question("/data", params), of.reporter, of.flow, hs, of.partners, (months[0], months[-1]))


@dataclass(frozen=True)
class ToyPages:
    """A `DocumentWeb`: an index of pages that never change, and one list of rates that does."""

    publishers: tuple[str, ...] = ("https://pages.invalid",)
    key_header: str | None = None
    pause: float = 0.0

    def sheets(
        self, client: Client, known: Collection[str], first: dt.date, last: dt.date | None = None
    ) -> Iterator[Sheet]:
        index = client.get(Question("/index"))
        assert index is not None
        for month in json.loads(index.content):
            sheet = Sheet(Question(f"/rates/{month}"), f"rates {month}.csv")
            if first <= parse_month(month) <= (last or parse_month(month)) and sheet.question.text not in known:
                yield sheet
        yield Sheet(Question("/rates", (("start", f"{first:%Y-%m}"),)), "rates.csv")

    def check(self, sheet: Sheet, answer: Answer) -> None:
        if not answer.content.startswith(b"observation_date"):
            raise AnswerError(f"{sheet.name} is no list of rates", remedy="look at the answer")


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose text holds `asked`, after `after` of them went well."""

    kind: str
    asked: str = "/data"
    times: int = 1
    after: int = 0
    retry_after: str | None = None


@dataclass
class Toy:
    """What the server knows. `out`: by month its day and mark; `hold`: answers wait until it is set."""

    figures: dict[tuple[str, str, str], int] = field(default_factory=dict)
    out: dict[str, tuple[str, str]] = field(default_factory=dict)
    rates: dict[str, str] = field(default_factory=dict)
    last_modified: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    log: list[tuple[str, int, Mapping[str, str]]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)
    elsewhere: str = "http://localhost:9/other"
    packs: bool = True
    address: str = ""

    def publish(self, first: str, last: str, day: str = "2024-09-20", mark: str = "1", value: int = 1_000) -> None:
        """Months come out, or are revised: figures for two partners and two codes, each with its own value."""
        for month in month_range(parse_month(first), parse_month(last)):
            for n, (partner, code) in enumerate((p, c) for p in ("116", "502") for c in CODES):
                self.figures[f"{month:%Y%m}", partner, code] = value + 10 * month.month + n
            self.out[f"{month:%Y-%m}"] = (day, mark)

    def asked(self, path: str = "/data") -> list[str]:
        """Paths that were asked for and answered in full."""
        return [text for text, status, _ in self.log if status in (200, 304) and text.startswith(path)]

    def answer(self, text: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, content and headers where nothing goes wrong."""
        url = urlsplit(text)
        asked = {name: of[0].split(",") for name, of in parse_qs(url.query).items()}
        if url.path == "/out":
            return 200, json.dumps(self.out).encode(), {"Content-Type": "application/json"}
        if url.path == "/index":
            return 200, json.dumps(sorted(self.rates)).encode(), {"Content-Type": "application/json"}
        if url.path.startswith("/rates"):
            return self._rates(url.path, asked)
        lines = [
            (month, partner, "Somewhere", code, "Circuits", "10", "Number of item", "3", "Kilogram", str(value))
            for (month, partner, code), value in sorted(self.figures.items())
            if month in asked["months"] and partner in asked["partners"] and code.startswith(tuple(asked["hs"]))
        ]
        content = "".join(",".join(f'"{cell}"' for cell in line) + ",\n" for line in (HEADER, *lines)).encode()
        return 200, content, {"Content-Type": "text/csv", "ETag": f'"{hashlib.sha256(content).hexdigest()[:12]}"'}

    def _rates(self, path: str, asked: Mapping[str, list[str]]) -> tuple[int, bytes, dict[str, str]]:
        month = path.removeprefix("/rates").lstrip("/")
        wanted = {m: of for m, of in self.rates.items() if m == month or (not month and m >= asked["start"][0])}
        lines = [f"{m}-01,{of}" for m, of in sorted(wanted.items())]
        changed = self.last_modified.get(path)
        return (
            200,
            "\n".join(["observation_date,EXCHUS", *lines, ""]).encode(),
            {"Content-Type": "text/csv", **({"Last-Modified": changed} if changed else {})},
        )


@contextmanager
def serving(toy: Toy | None = None) -> Iterator[Toy]:
    """Answer at `address` until the end; on a free port."""
    known = toy or Toy()
    with listening(type("Handler", (_Handler,), {"toy": known})) as known.address:
        try:
            yield known
        finally:
            known.hold.set()


@contextmanager
def offered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """Let this process ask it, at what counts as China's customs' own address. January to June 2024 are out."""
    with serving() as known:
        monkeypatch.setattr(settings(), "expectations", expectations(folder / "expectations"))
        # Nobody else can be asked, so that no test reaches further than this machine.
        for name in [*DOCUMENT_WEBS]:
            monkeypatch.delitem(DOCUMENT_WEBS, name)
        for name, source in TRADE.items():
            monkeypatch.setitem(TRADE, name, replace(source, web=None))
        monkeypatch.setitem(DOCUMENT_WEBS, "exchange_rates", ToyPages())
        offer(known.address)
        monkeypatch.setenv("BONDED_GACC_ADDRESS", known.address)
        monkeypatch.setenv("BONDED_EXCHANGE_RATES_ADDRESS", known.address)
        known.publish("2024-01", "2024-06")
        WAITED.clear()
        yield known


class _Handler(BaseHTTPRequestHandler):
    toy: Toy

    def do_GET(self) -> None:
        fault = self._fault()
        status, content, headers = self._wrong(fault) if fault else self.toy.answer(self.path)
        if status == 200 and not fault and self.headers.get("If-None-Match") == headers.get("ETag", "-"):
            status, content = 304, b""
        changed = headers.get("Last-Modified")
        if status == 200 and changed and self.headers.get("If-Modified-Since") == changed:
            status, content = 304, b""
        if self.toy.packs and status == 200 and "Content-Encoding" not in headers:
            content, headers = gzip.compress(content), {**headers, "Content-Encoding": "gzip"}
        self.toy.log.append((self.path, status if not fault else -status, dict(self.headers)))
        with suppress(BrokenPipeError, ConnectionResetError):
            self._send(status, content, headers, fault.kind if fault else "")

    def _send(self, status: int, content: bytes, headers: Mapping[str, str], kind: str) -> None:
        self.send_response(status)
        for name, of in headers.items():
            self.send_header(name, of)
        if kind != "no length":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if kind == "slow":
            self.toy.hold.wait(60)
        self.wfile.write(content[: len(content) // 2] if kind in ("short", "no length") else content)

    def _fault(self) -> Fault | None:
        for fault in self.toy.faults:
            if fault.asked in self.path and fault.times > 0:
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def _wrong(self, fault: Fault) -> tuple[int, bytes, dict[str, str]]:
        said = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        page = b"<!DOCTYPE html><html><head><title>Closed</title></head><body>for repair</body></html>"
        status, content, headers = self.toy.answer(self.path)
        wrong: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "rate": (429, b'{"statusCode":429,"message":"Rate limit is exceeded. Try again in 2 seconds."}', said),
            "busy": (429, b"", said),
            "down": (503, page, {"Content-Type": "text/html", **said}),
            "page": (200, page, {"Content-Type": "text/html"}),
            "quota": (403, b'{"message":"Out of call volume quota."}', {"Content-Type": "application/json"}),
            "unauthorized": (401, f"no such key: {self.headers.get('X-Key')}".encode(), {}),
            "not taken": (400, b'{"errorObject":{"errorMessage":"Too many months."}}', {}),
            "absent": (404, page.replace(b"Closed", b"Not found"), {"Content-Type": "text/html"}),
            "elsewhere": (302, b"", {"Location": f"{self.toy.elsewhere}?{self.headers.get('X-Key')}"}),
            "moved": (307, b"", {"Location": self.path.replace("/data?", "/data?moved=1&")}),
            "nowhere": (302, b"", {"Location": "http://localhost:port/"}),
            "long": (401, b"x" * 280 + f" {self.headers.get('X-Key')}".encode(), {}),
            "circle": (302, b"", {"Location": self.path}),
            "echo": (200, content + f"{self.headers.get('X-Key')}".encode(), headers),
            "damaged": (200, b"\x1f\x8bxxxxxxxxxxxxxx", {**headers, "Content-Encoding": "gzip"}),
            "packed": (200, content, {**headers, "Content-Encoding": "br"}),
            "no length": (200, gzip.compress(content * 50), {**headers, "Content-Encoding": "gzip"}),
            "other bytes": (200, content.replace(b"\n", b"\r\n"), {"Content-Type": "text/csv"}),
            "unsound": (200, content.replace(b"Circuits", b"Cir\0uits"), headers),
        }
        return wrong.get(fault.kind, (status, content, headers))

    def log_message(self, *args: object) -> None:
        """What was asked stands in the log of the test."""


def http_date(moment: dt.datetime) -> str:
    """A moment as HTTP writes it."""
    return email.utils.format_datetime(moment.astimezone(dt.UTC), usegmt=True)


def expectations(folder: Path) -> Path:
    """What the project promises, and two datasets that can be fetched."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in (PROJECT / "expectations").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "datasets.yml").open("a", encoding="utf-8") as stream:
        stream.write(DATASETS)
    return folder


def offer(address: str, *, is_own: bool = True) -> None:
    """Let China's customs be asked at an address, which counts as their own or not. Where it is set is the caller's."""
    publishers = (address,) if is_own else ("https://toy.invalid",)
    TRADE["gacc"] = replace(TRADE["gacc"], web=ToyWeb(publishers=publishers))
    DOCUMENT_WEBS["exchange_rates"] = ToyPages(publishers=publishers)


def later(month: str, n: int) -> str:
    """The month so many after, as YYYY-MM."""
    return f"{add_months(parse_month(month), n):%Y-%m}"
