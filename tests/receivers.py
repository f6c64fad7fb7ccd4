"""Receivers of messages on loopback: a web server, a mail server, and something that takes a call and says nothing."""

from __future__ import annotations

import asyncio
import http.server
import json
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Web:
    """A web server that keeps what it gets. `status` says how it answers a path."""

    def __init__(self, status: Callable[[str], int] = lambda _path: 200) -> None:
        self.got: list[tuple[str, str, dict[str, Any]]] = []
        self.at: list[float] = []
        self.status = status
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._take({})

            def do_POST(self) -> None:
                self._take(json.loads(self.rfile.read(int(self.headers["content-length"]))))

            def _take(self, body: dict[str, Any]) -> None:
                outer.got.append((self.command, self.path, body))
                outer.at.append(time.monotonic())
                self.send_response(outer.status(self.path))
                self.end_headers()

            def log_message(self, *_words: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Web:
        self._thread.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def titles(self, path: str = "") -> list[str]:
        """The titles of the messages that came to a path."""
        return [body["title"] for _, at, body in list(self.got) if body and at.startswith(path)]


class Mail:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.got.append(envelope)
        return "250 taken"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        serving = self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        server = self._loop.run_until_complete(serving)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def __enter__(self) -> Mail:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


class Silence:
    """Something that takes calls and never answers. `calls` counts them."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def calls(self) -> int:
        return len(self._taken)

    def _run(self) -> None:
        while True:
            try:
                self._taken.append(self._listening.accept()[0])
            except OSError:
                return

    def __enter__(self) -> Silence:
        self._thread.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)
        for each in self._taken:
            each.close()
