"""Releases over HTTP: what is shown, what is not, and that nobody waits for a reader, nor is led to a dead server."""

from __future__ import annotations

import contextlib
import hashlib
import html
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest

from orchestration.assets.shown import release_metadata
from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home, settings
from orchestration.pages import serve, shelf
from orchestration.pages.serving import announced, last_port, page_of, served_at
from orchestration.releases.headline import headline
from orchestration.releases.store import Releases
from tests.automation.waiting import until
from tests.conftest import copied, damage_in_place

#: The second release, and one that becomes the third.
LATER, LAST = "20990101T000000-aaaaaa", "20990102T000000-bbbbbb"


@dataclass
class Answer:
    """Status, headers by lower-case name, and body."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Server:
    """A server that is up on a home."""

    home: Home
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """The answer to one request; the path goes out as it is."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as con:
            con.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                con.putheader(name.replace("_", "-"), value)
            con.endheaders()
            found = con.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())

    def of(self, name: str = "", release_id: str | None = None, **headers: str) -> Answer:
        """A file of a release, the current one if none is named."""
        return self.ask(f"/releases/{release_id or Releases(self.home).current_id()}/{name}", **headers)


def another(home: Home, name: str) -> Path:
    """A release of the same content, by another name, as a candidate."""
    folder = Releases(home).folder()
    made = Path(shutil.copytree(folder, home.candidates / name))
    said = json.loads((folder / "release.json").read_text())
    (made / "release.json").chmod(0o644)
    (made / "release.json").write_text(json.dumps({**said, "release_id": name}))
    return made


@contextlib.contextmanager
def serving(home: Home) -> Iterator[Server]:
    """A server of this process on a free port."""
    with serve.listening(home, None) as ear:
        server = serve.server_of(home)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [ear]}, daemon=True)
        thread.start()
        try:
            yield Server(home, ear.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def two(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of two releases; tests leave it as it is."""
    home = copied(small_home, tmp_path_factory)
    store = Releases(home)
    with store.publication():
        store.add(another(home, LATER))
    return home


@pytest.fixture(scope="module")
def server(two: Home) -> Iterator[Server]:
    with serving(two) as up:
        yield up


@pytest.fixture
def own(small: Home) -> Iterator[Server]:
    """A server on a home of its own, to be changed."""
    with serving(small) as up:
        yield up


def test_the_list_names_all_releases(server: Server, two: Home) -> None:
    """The newest first, the current one marked, each with its day, its headline, its verdict and its pages."""
    text = server.ask("/").text
    ids = Releases(two).ids()
    assert re.findall(r'<h2><a href="/releases/([^/]+)/">', text) == ids[::-1] and len(ids) == 2
    first, second = re.split("<li[ >]", text)[1:]
    assert "· current" in first and "· current" not in second and LATER in first
    for entry in (first, second):
        assert "audit: passed" in entry and "UTC" in entry and "audit.html" in entry
        assert all(html.escape(line) in entry for line in headline(Releases(two).folder())[0])
    assert "SYNTHETIC" not in text


def test_made_up_figures_say_so(two: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the top, and beside the release; whatever stands in a headline is text."""
    entry = shelf.Entry("x<1>", True, None, ("<b>",), "passed", True, "nobody can read it")
    monkeypatch.setattr(shelf, "entries", lambda _: [entry])
    text = serve._list(two)
    assert "SYNTHETIC DATA" in text and ">SYNTHETIC</span>" in text and "<b>" not in text and "x<1>" not in text


def test_every_file_of_a_release_is_there(server: Server, two: Home) -> None:
    """Byte for byte, and its manifest; its page is what it has of one."""
    folder, said = Releases(two).opened()
    some = ["audit.html", "trade.duckdb", *sorted(said.files)[:3], next(n for n in said.files if "month=" in n)]
    for name in some:
        answer = server.of(name)
        assert answer.status == 200 and hashlib.sha256(answer.body).hexdigest() == said.files[name].sha256, name
    assert server.of("release.json").body == (folder / "release.json").read_bytes()
    assert server.of().body == server.of("index.html").body != server.of("audit.html").body
    assert server.of("audit.html").headers["content-type"].startswith("text/html")


def test_current_leads_to_the_release(server: Server) -> None:
    """And to a file of it; a folder without its slash to the folder."""
    for path, place in (("/current", f"/releases/{LATER}/"), ("/current/audit.html", f"/releases/{LATER}/audit.html"),
                        (f"/releases/{LATER}", f"/releases/{LATER}/"), ("/releases/", "/")):  # fmt: skip
        answer = server.ask(path)
        assert (answer.status, answer.headers["location"]) == (307, place)


def test_what_is_known_is_not_sent_again(server: Server) -> None:
    """By release and name; another release is another thing."""
    tag = server.of("audit.html").headers["etag"]
    assert LATER in tag and "audit.html" in tag
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = server.of("audit.html", If_None_Match=known)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
    older = Releases(server.home).ids()[0]
    assert server.of("audit.html", older, If_None_Match=tag).status == 200


def test_parts_of_a_file(server: Server) -> None:
    """As whoever reads Parquet from afar asks for them; a head has no body."""
    whole = server.of("trade.duckdb").body
    part = server.of("trade.duckdb", Range="bytes=4-11")
    assert (part.status, part.body) == (206, whole[4:12])
    assert part.headers["content-range"] == f"bytes 4-11/{len(whole)}"
    assert server.of("trade.duckdb", Range="bytes=-8").body == whole[-8:]
    assert server.of("trade.duckdb", Range=f"bytes={len(whole)}-").status == 416
    assert server.of("trade.duckdb", Range="bytes=0-3", If_Range='"another"').body == whole
    head = server.ask(f"/releases/{LATER}/trade.duckdb", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(whole)))


@pytest.mark.parametrize("method", ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"))
def test_it_only_reads(server: Server, method: str) -> None:
    """Whatever is asked for."""
    for path in ("/", "/nothing", f"/releases/{LATER}/audit.html"):
        answer = server.ask(path, method)
        assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD" and "read-only" in answer.text


OUTSIDE = (
    "/releases/{id}/../{id}/release.json", "/releases/{id}/../../landing/receipts", "/releases/..%2f..%2flanding/x",
    "/releases/{id}/%2e%2e/%2e%2e/switches.jsonl", "/releases/{id}/..%5cswitches.jsonl", "/releases/switches.jsonl",
    "/releases/{id}//etc/hostname", "/releases/{id}/%00", "/releases/current/release.json", "/releases/{id}/.", "/../x",
    "/releases/../releases/{id}/release.json", "/releases/{id}/parquet/", "/releases/.lock/", "//etc/hostname",
    "/releases/{id}/release.json/", "/releases/{id}/categories.yml", "/landing", "/releases/%2e%2e/",
    "/{id}/release.json",
)  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_else_is_shown(server: Server, path: str) -> None:
    """No folder, no file that the release does not name, nothing beside or above it; which is said in words."""
    answer = server.ask(path.replace("{id}", LATER))
    assert answer.status == 404 and answer.headers["content-type"].startswith("text/plain") and len(answer.text) > 20


def test_a_link_leads_nowhere(own: Server, tmp_path: Path) -> None:
    """Neither a file that is one nor a folder on the way, though the release names such a file."""
    secret = tmp_path / "secret.parquet"
    folder, said = Releases(own.home).opened()
    name = next(name for name in said.files if "month=" in name)
    shutil.copy2(folder / name, secret)
    (folder / name).unlink()
    (folder / name).symlink_to(secret)
    assert own.of(name).status == 404 and "link" in own.of(name).text
    (folder / name).unlink()
    shutil.copytree((folder / name).parents[1], tmp_path / "beside")
    shutil.copy2(secret, tmp_path / "beside" / Path(name).parent.name / Path(name).name)
    shutil.rmtree((folder / name).parents[1])
    (folder / name).parents[1].symlink_to(tmp_path / "beside")
    assert own.of(name).status == 404


def test_headers_of_every_answer(server: Server) -> None:
    """Nothing from elsewhere, nothing that runs, no page within another's."""
    for path in ("/", "/nothing", "/current", f"/releases/{LATER}/audit.html"):
        headers = server.ask(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-cache"
        assert "default-src 'none'" in headers["content-security-policy"] and "server" not in headers
    assert server.ask("/", Host="elsewhere.example").status == 400
    assert server.ask("/", Host=f"localhost:{server.port}").status == 200


def test_a_switch_is_seen_at_once(own: Server) -> None:
    """There and back; a release that is removed is gone in words, and so is one that cannot be read."""
    store = Releases(own.home)
    first = store.current_id()
    with store.publication():
        store.add(another(own.home, LATER))
    assert own.ask("/current").headers["location"] == f"/releases/{LATER}/"
    assert first
    store.rollback(first)
    assert own.ask("/current").headers["location"] == f"/releases/{first}/"
    shutil.rmtree(store.folder(LATER))
    gone = own.of("audit.html", LATER)
    assert gone.status == 404 and "no longer kept" in gone.text and LATER not in own.ask("/").text
    (store.folder(first) / "audit.html").unlink()
    assert own.of("audit.html").status == 404 and "no longer there" in own.of("audit.html").text


def test_what_is_damaged_is_not_shown(own: Server) -> None:
    """It is said, with what to do; the list stays readable."""
    folder, said = Releases(own.home).opened()
    name = next(name for name in said.files if "month=" in name)
    damage_in_place(folder / name)
    (folder / name).write_bytes(b"x" * said.files[name].bytes)
    answer = own.of(name)
    assert answer.status == 500 and "damaged" in answer.text and "bonded doctor" in answer.text
    (folder / "release.json").chmod(0o644)
    (folder / "release.json").write_text("{")
    assert own.of("audit.html").status == 500 and "Damaged" in own.ask("/").text


def test_rows_that_may_not_leave_are_not_shown(own: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the file that has them nor the table; marts and pages are, and a permission lets all of it."""
    path = Releases(own.home).folder() / "release.json"
    said = json.loads(path.read_text())
    said["terms"]["gacc"]["may_be_passed_on"] = False
    path.chmod(0o644)
    path.write_text(json.dumps(said))
    month = next(name for name in said["files"] if name.startswith("parquet/fct_trade_monthly/"))
    for name in ("trade.duckdb", month):
        answer = own.of(name)
        assert answer.status == 403 and "rows of gacc" in answer.text and "PERMISSION" in answer.text
    mart = next(name for name in said["files"] if name.startswith("parquet/mart_"))
    for name in ("audit.html", "release.json", mart, "parquet/fct_control_total.parquet"):
        assert own.of(name).status == 200
    monkeypatch.setenv("BONDED_GACC_PERMISSION", "The customs, letter of 2 May 2025")
    assert own.of("trade.duckdb").status == own.of(month).status == 200


def test_a_publication_waits_for_no_reader(own: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty have begun to read a file when the next release comes and takes theirs away: all read it to the end."""
    store = Releases(own.home)
    first = store.current_id()
    monkeypatch.setattr(settings(), "keep_releases", 1)
    _, said = store.opened()
    wanted = said.files["trade.duckdb"]
    with contextlib.ExitStack() as stack:
        readers = []
        for _ in range(20):
            reader = stack.enter_context(socket.create_connection(("127.0.0.1", own.port)))
            # Little at a time: so most of the file is not sent yet.
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            request = f"GET /releases/{first}/trade.duckdb HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            reader.sendall(request.encode())
            readers.append((reader, reader.recv(1024)))
        with store.publication():
            assert store.add(another(own.home, LAST)) == []
        assert store.ids() == [LAST] and own.of("audit.html", first).status == 404
        for reader, begun in readers:
            found = begun + b"".join(iter(lambda reader=reader: reader.recv(1 << 20), b""))
            body = found.split(b"\r\n\r\n", 1)[1]
            assert (len(body), hashlib.sha256(body).hexdigest()) == (wanted.bytes, wanted.sha256)


def test_a_port_that_is_taken_is_refused(small_home: Home, bonded) -> None:
    """In words; another that was only used last gives way to a free one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = bonded("serve", "--port", str(port), "--home", str(small_home.root))
        assert code == 1 and f"port {port}" in err and "Remedy" in err
        with mock.patch.object(serve, "last_port", lambda _: port), serve.listening(small_home, None) as ear:
            assert ear.getsockname()[0] == "127.0.0.1" and ear.getsockname()[1] != port
    assert bonded("serve", "--port", "0", "--home", str(small_home.root))[0] == 2


def test_nobody_is_led_to_a_server_that_is_gone(home: Home) -> None:
    """The lock says whether it lives; its port is remembered for the next one."""
    assert served_at(home) is None and last_port(home) is None
    with announced(home, 4711):
        # Another process asks, since locks of one are its own.
        assert elsewhere(home) == "http://127.0.0.1:4711"
    assert served_at(home) is None and last_port(home) == 4711
    with announced(home, 4712):
        assert elsewhere(home) == "http://127.0.0.1:4712"
    assert last_port(home) == 4712


def elsewhere(home: Home) -> str:
    """What another process is told of where the pages are served."""
    code = "import sys; from pathlib import Path; from orchestration.base.settings import Home; " \
           "from orchestration.pages.serving import served_at; print(served_at(Home(Path(sys.argv[1]))))"  # fmt: skip
    return subprocess.run([sys.executable, "-c", code, str(home.root)], capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("end", (signal.SIGINT, signal.SIGTERM))
def test_the_command_ends_when_it_is_told_to(small_home: Home, end: signal.Signals) -> None:
    """With exit code 0 and no trace; while it lives, the release's links in Dagster lead to it."""
    command = [sys.executable, "-m", "orchestration.terminal.cli", "serve", "--home", str(small_home.root)]
    release_id = Releases(small_home).folder().name
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            address = process.stdout.readline().split(": ")[1].strip()
            assert served_at(small_home) == address
            shown = release_metadata(small_home, release_id)["page"].value
            assert shown == page_of(address, release_id, "index.html")
            answer = Server(small_home, int(address.rsplit(":", 1)[1])).of("audit.html")
            assert answer.status == 200
            process.send_signal(end)
            assert process.wait(timeout=60) == 0 and process.stdout.read() == ""
        finally:
            process.kill()
    assert served_at(small_home) is None
    assert release_metadata(small_home, release_id)["page"].value == str(Releases(small_home).folder() / "index.html")


def test_what_stands_beside_the_ui_ends_with_it(small_home: Home) -> None:
    """Even where that is killed, and says nothing to anybody."""
    code = "import sys, time; from pathlib import Path; from orchestration.base.settings import Home; " \
           "from orchestration.automation.ui import show_releases; show_releases(Home(Path(sys.argv[1]))); " \
           "time.sleep(600)"  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", code, str(small_home.root)], stdout=subprocess.PIPE) as process:
        until("the releases are shown", lambda: served_at(small_home) is not None, process)
        address = served_at(small_home)
        assert address
        process.kill()
        process.wait()
        # Its standard output ends when nobody has it any more.
        assert process.stdout
        process.stdout.read()
    assert served_at(small_home) is None
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1])))


def test_a_home_that_may_not_be_written_to_is_shown_all_the_same(
    small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is led to it then."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(os, "open", refuse)
    with announced(small_home, 4711):
        pass


def test_nothing_is_shown_before_the_first_release(home: Home) -> None:
    with pytest.raises(RefusalError, match="nothing has been published"):
        shelf.current(home)
    assert "bonded run" in serve._list(home)
