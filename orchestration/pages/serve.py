"""The server of `bonded serve`: releases and their files over HTTP, to this machine alone.

Belongs here: requests and answers. Not here: which file a name means (`shelf`), nor how a server is found (`serving`).

It only reads, takes no lock on what it shows, and asks anew at each request which release is current: a publication
never waits for a reader, and a reader who has a file open keeps it.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.base.errors import RefusalError
from orchestration.base.settings import Home
from orchestration.pages import shelf
from orchestration.pages.serving import HOST, last_port

TEMPLATE = Path(__file__).with_name("shelf.html.j2")
#: Nothing is loaded from elsewhere, nothing is run, no other site shows a page as its own, and each look asks again.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
READING = ("GET", "HEAD")
#: What a browser is told of a file; whatever else a release has is handed over as it is.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".yml": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/atom+xml",
    ".parquet": "application/vnd.apache.parquet",
}
#: Seconds that answers on their way have when the server is asked to end.
PATIENCE = 3


class _OnlyReading:
    """Refuses whatever does not read, and gives every answer the headers of this server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    *((k.lower().encode(), v.encode()) for k, v in HEADERS.items()),
                ]
            await send(message)

        if scope["type"] == "http" and scope["method"] not in READING:
            text = "This server is read-only: GET and HEAD.\n"
            refused = PlainTextResponse(text, 405, headers={"Allow": ", ".join(READING)})
            await refused(scope, receive, with_headers)
        else:
            await self.app(scope, receive, with_headers)


class _OpenFile(FileResponse):
    """An answer from a file that is open already, closed when it is sent, or will not be."""

    def __init__(self, handle: int, found: os.stat_result, headers: dict[str, str], media_type: str) -> None:
        super().__init__(f"/dev/fd/{handle}", stat_result=found, headers=headers, media_type=media_type)
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._handle)


def application(home: Home) -> Starlette:
    """The pages of a home."""

    async def listed(_: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(_list, home))

    async def to_current(request: Request) -> Response:
        return _elsewhere(f"/releases/{shelf.current(home)}/{request.path_params.get('name', '')}")

    async def to_slash(request: Request) -> Response:
        return _elsewhere(f"/releases/{shelf.manifest_of(home, request.path_params['release_id']).release_id}/")

    async def file(request: Request) -> Response:
        return await run_in_threadpool(_file, home, request)

    async def to_list(_: Request) -> Response:
        return _elsewhere("/")

    routes = [
        Route("/", listed),
        Route("/current", to_current),
        Route("/current/{name:path}", to_current),
        Route("/releases", to_list),
        Route("/releases/", to_list),
        Route("/releases/{release_id}", to_slash),
        Route("/releases/{release_id}/{name:path}", file),
    ]
    # A page of another site could reach this machine under a name of its own.
    known = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)
    handlers = {RefusalError: _refused, 404: _unknown}
    return Starlette(routes=routes, middleware=[Middleware(_OnlyReading), known], exception_handlers=handlers)


def _file(home: Home, request: Request) -> Response:
    said = shelf.manifest_of(home, request.path_params["release_id"])
    name = request.path_params["name"] or shelf.page_name(said)
    # What a release says never changes; whether it may be shown can.
    tag = f'"{said.release_id}/{quote(name)}"'
    handle, found = shelf.opened(home, said, name)
    known = [of.strip().removeprefix("W/") for of in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        os.close(handle)
        return Response(status_code=304, headers={"ETag": tag})
    return _OpenFile(handle, found, {"ETag": tag}, TYPES.get(Path(name).suffix, "application/octet-stream"))


def _elsewhere(path: str) -> Response:
    return RedirectResponse(quote(path), 307)


def _refused(_: Request, error: Exception) -> Response:
    """Why there is no answer, in words."""
    status = 404 if isinstance(error, shelf.MissingError) else 403 if isinstance(error, shelf.KeptBackError) else 500
    return PlainTextResponse(f"{error}\n", status)


def _unknown(request: Request, _: Exception) -> Response:
    return PlainTextResponse(f"There is nothing at {request.url.path}. / lists the releases.\n", 404)


def _list(home: Home) -> str:
    found = shelf.entries(home)
    return _template().render(releases=found, is_synthetic=any(entry.is_synthetic for entry in found))


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )


def listening(home: Home, port: int | None) -> socket.socket:
    """A socket of this machine alone: at a port that was named, else where these pages were served last if that is
    free, else at any that is. `RefusalError` where the port that was named is not free.
    """
    wanted = [port] if port is not None else [last_port(home) or 0, 0]
    for number in wanted:
        ear = socket.socket()
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ear.bind((HOST, number))
            ear.listen(128)
            return ear
        except OSError as error:
            ear.close()
            why = error.strerror
    raise RefusalError(f"port {port} cannot be listened on: {why}", remedy="bonded serve picks a free one")


def server_of(home: Home) -> uvicorn.Server:
    """A server of the pages of a home."""
    return uvicorn.Server(
        uvicorn.Config(
            application(home),
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=PATIENCE,
        )
    )


def serve(home: Home, ear: socket.socket, until: Callable[[], object] | None = None) -> None:
    """Answer until SIGINT or SIGTERM, or until something has returned that is waited for beside it."""
    server = server_of(home)

    def end() -> None:
        if until:
            until()
            server.should_exit = True

    threading.Thread(target=end, daemon=True).start()
    # Whoever asks it to end has what he wants once it has ended: the signal is not raised again.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[ear])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
