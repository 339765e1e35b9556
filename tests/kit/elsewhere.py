"""Web sites of somebody else: where an assistant listens for its answer, and who frames our pages."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from urllib.parse import urlsplit

# Seconds until somebody has come by.
PATIENCE = 10


@dataclass(frozen=True)
class Site:
    """A site on loopback. `pages` are texts of HTML by path, `moved` the addresses that paths lead to.

    `visits` are the addresses at which somebody asked for one of them, one after the other.
    """

    port: int
    pages: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    visits: "Queue[str]" = field(default_factory=Queue)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def visit(self) -> str:
        """The next visit, which may still be under way."""
        return self.visits.get(timeout=PATIENCE)


@contextmanager
def serving(pages: Mapping[str, str], moved: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Serve a site on a free port, as 127.0.0.1 and as localhost, until the `with` block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Visit) as server:
        server.site = Site(server.server_address[1], dict(pages), dict(moved or {}))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.site
        finally:
            server.shutdown()
            thread.join()


class Visit(BaseHTTPRequestHandler):
    """One request to a site."""

    def do_GET(self) -> None:
        site, path = self.server.site, urlsplit(self.path).path
        moved, page = site.moved.get(path), site.pages.get(path)
        if moved is None and page is None:
            self.send_error(404)
            return
        site.visits.put(f"http://{self.headers['Host']}{self.path}")
        self.send_response(200 if moved is None else 302)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if moved is not None:
            self.send_header("Location", moved)
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""
