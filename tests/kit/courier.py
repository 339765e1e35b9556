"""The courier's own service, on this machine: it keeps what it is asked to send, and fails as told."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ACTING = Path(__file__).parent / "acting"
# Seconds for which it says nothing, where nobody hangs up before.
SILENCE = 20.0


class Fault(Enum):
    """Ways in which it fails. BEFORE and AFTER are those in which it had sent by then."""

    ERROR_BEFORE = auto()  # 500, and nothing sent
    ERROR_AFTER = auto()  # sent, then 500
    SILENT_AFTER = auto()  # sent, then says nothing for longer than anybody waits
    CUT_AFTER = auto()  # sent, then hangs up
    GARBAGE_AFTER = auto()  # sent, then says so in a form that cannot be read
    GATEWAY_AFTER = auto()  # sent, then 504: whoever stands between waited too long
    UNWRITABLE_AFTER = auto()  # sent, then says so in letters that no text can have
    TWICE = auto()  # the network brings the request a second time
    REFUSED = auto()  # 409: it will not
    BUSY = auto()  # 503: not now; looking up works
    DOWN = auto()  # 503 to whatever it is asked
    HELD = auto()  # sent, and says so when it may go on
    HELD_AND_REFUSED = auto()  # 409, when it may go on


AFTER = [each for each in Fault if each.name.endswith("_AFTER")]
BODY = {Fault.GARBAGE_AFTER: b"<p>Thank you!", Fault.UNWRITABLE_AFTER: rb'{"number": "\ud800"}'}
STATUS = {
    Fault.GATEWAY_AFTER: 504,
    Fault.ERROR_BEFORE: 500,
    Fault.ERROR_AFTER: 500,
    Fault.REFUSED: 409,
    Fault.HELD_AND_REFUSED: 409,
    Fault.BUSY: 503,
    Fault.DOWN: 503,
}


class Courier:
    """The service, at `url`.

    `sent` are the keys of all it has sent, `asked` and `looked` count requests. Where `knows_keys`, it
    sends nothing twice under the same key. `broken` is how it fails for now.
    """

    def __init__(self) -> None:
        self.knows_keys = False
        self.sent: list[str] = []
        self.asked: Counter[str] = Counter()
        self.looked: Counter[str] = Counter()
        self.broken: Fault | None = None
        self._faults: list[Fault] = []
        self._turn = threading.Lock()
        # How many requests it holds, and whether it may go on with them.
        self.holds, self.go = threading.Semaphore(0), threading.Event()
        self.url = ""

    def fail_next(self, *faults: Fault) -> None:
        """Fail the next requests, one fault each."""
        self._faults.extend(faults)

    def fault(self) -> Fault | None:
        with self._turn:
            return self._faults.pop(0) if self._faults else self.broken

    def send(self, key: str) -> None:
        with self._turn:
            if not (self.knows_keys and key in self.sent):
                self.sent.append(key)

    def times(self, key: str) -> int:
        """How often it has sent what has this key."""
        return self.sent.count(key)


class Service(BaseHTTPRequestHandler):
    """One request: POST /sent sends, GET /sent/<key> tells whether that was sent."""

    def do_POST(self) -> None:
        courier = self.server.courier
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key, fault = asked["key"], courier.fault()
        courier.asked[key] += 1
        if fault in AFTER or fault in (None, Fault.TWICE, Fault.HELD):
            courier.send(key)
        if fault is Fault.TWICE:
            courier.send(key)
        if fault in (Fault.SILENT_AFTER, Fault.HELD, Fault.HELD_AND_REFUSED):
            courier.holds.release()
            courier.go.wait(SILENCE)
        if fault in (Fault.SILENT_AFTER, Fault.CUT_AFTER):
            self.close_connection = True
        elif fault in STATUS:
            self._reply(STATUS[fault], b"")
        else:
            number = {"number": f"number of {key}"}
            self._reply(200, BODY.get(fault, json.dumps(number).encode()))

    def do_GET(self) -> None:
        courier, key = self.server.courier, self.path.rpartition("/")[2]
        courier.looked[key] += 1
        if courier.broken is Fault.DOWN:
            self._reply(503, b"")
            return
        found = {"number": f"number of {key}"} if key in courier.sent else {}
        self._reply(200, json.dumps(found).encode())

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked was killed, or has hung up."""


@contextmanager
def serving() -> Iterator[Courier]:
    """A courier's service, until the `with` block ends."""
    courier = Courier()
    with Server(("127.0.0.1", 0), Service) as server:
        server.courier = courier
        courier.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield courier
        finally:
            courier.go.set()
            server.shutdown()
            thread.join()
