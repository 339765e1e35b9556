"""A real server on this machine that speaks like the providers of scores, prices and news.

It answers with the files in `data/`, keeps the rules that the real ones were seen to enforce in
2026, counts what it is asked, and fails as it is told.
"""

import json
import threading
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

DATA = Path(__file__).parent / "data"
SCOREBOARD = "/apis/site/v2/sports/"
CHART = "/v8/finance/chart/"
FEED = "/feed.xml"
LIMIT_MOST, CUT_TO = 500, 25
HUNG_AT_MOST = 30.0  # seconds


class Fault(Enum):
    """Ways in which a provider fails."""

    ERROR = auto()  # 500
    FORBIDDEN = auto()  # 403
    THROTTLED = auto()  # 429
    TIMEOUT = auto()  # says nothing for longer than anybody waits
    GARBAGE = auto()  # 200 with a page for people
    REDIRECT = auto()  # 302 to a consent page
    TRUNCATED = auto()  # promises more than it sends


@dataclass(frozen=True)
class Request:
    """What was asked."""

    path: str
    parameters: dict[str, str]
    user_agent: str


@dataclass(frozen=True)
class Reply:
    """What is answered; `promised` is the length announced, when that is not the body's."""

    status: int
    body: bytes
    content_type: str = "application/json"
    location: str = ""
    promised: int | None = None


class FakeUpstream:
    """`with FakeUpstream() as upstream:` serves at `upstream.url` and keeps `upstream.requests`."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.feed = "rss.xml"
        self._faults: list[Fault] = []
        self._broken: Fault | None = None
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FakeUpstream":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def fail_next(self, *faults: Fault) -> None:
        """Fail the next requests, one fault each, and then be well again."""
        self._faults.extend(faults)

    def fail_always(self, fault: Fault | None) -> None:
        """Fail every request until told otherwise with None."""
        self._broken = fault

    def asked(self, beginning: str) -> list[Request]:
        """The requests whose path begins so."""
        return [request for request in self.requests if request.path.startswith(beginning)]

    def answer(self, request: Request) -> Reply:
        """The reply to a request, which is recorded."""
        self.requests.append(request)
        fault = self._faults.pop(0) if self._faults else self._broken
        return self._failed(fault) if fault else self._served(request)

    def _failed(self, fault: Fault) -> Reply:
        if fault is Fault.TIMEOUT:
            self._closing.wait(HUNG_AT_MOST)
        return FAILURES[fault]

    def _served(self, request: Request) -> Reply:
        if not request.user_agent or request.user_agent.startswith("Mozilla"):
            return FAILURES[Fault.FORBIDDEN]
        if request.path.startswith(SCOREBOARD):
            return scoreboard(request)
        if request.path.startswith(CHART):
            return chart(request)
        if request.path == FEED:
            return Reply(200, (DATA / "news" / self.feed).read_bytes(), "text/xml")
        return Reply(404, b"{}")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                parameters = dict(parse_qsl(address.query))
                user_agent = self.headers.get("User-Agent", "")
                reply = upstream.answer(Request(unquote(address.path), parameters, user_agent))
                self._send(reply)

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(reply.promised or len(reply.body)))
                if reply.location:
                    self.send_header("Location", reply.location)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests read `requests`."""

        return Handler


def scoreboard(request: Request) -> Reply:
    """A day's games. A range of days is 400, a limit above 500 cuts the list to 25."""
    dates = request.parameters.get("dates", "")
    if "-" in dates:
        return Reply(400, b'{"code":400,"message":"Failed to get events endpoint."}')
    path = request.path.removeprefix(SCOREBOARD).removesuffix("/scoreboard")
    file = DATA / "espn" / path / f"{dates}.json"
    board = json.loads(file.read_bytes()) if file.is_file() else {"events": []}
    if int(request.parameters.get("limit", "100")) > LIMIT_MOST:
        board["events"] = board["events"][:CUT_TO]
    return Reply(200, json.dumps(board).encode())


def chart(request: Request) -> Reply:
    """A symbol's chart of a day or a month, or 404 with the provider's own error."""
    symbol, time_range = request.path.removeprefix(CHART), request.parameters.get("range", "1d")
    folder = DATA / "yahoo" / ("" if time_range == "1d" else time_range)
    file = folder / f"{symbol}.json"
    if not file.is_file():
        return Reply(404, (DATA / "yahoo" / "not-found.json").read_bytes())
    return Reply(200, file.read_bytes())


PAGE = b"<!doctype html><title>One moment</title><p>Checking that you are a person..."
FAILURES = {
    Fault.ERROR: Reply(500, b'{"code":500}'),
    Fault.FORBIDDEN: Reply(403, PAGE, "text/html"),
    Fault.THROTTLED: Reply(429, b"Too Many Requests", "text/plain"),
    Fault.TIMEOUT: Reply(504, b""),
    Fault.GARBAGE: Reply(200, PAGE, "text/html"),
    Fault.REDIRECT: Reply(302, b"", location="/consent"),
    Fault.TRUNCATED: Reply(200, b'{"events": [{"id"', promised=5_000),
}
