"""How gunicorn serves the gateway: `gunicorn` in this folder needs no argument.

What a person may want to change, `HOST`, `PORT` and `WEB_CONCURRENCY`, is in `gateway/config.py` with
all other settings.
"""

import errno
import logging.config
import os
import signal
import socket
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson
from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from gateway.boot import BootError
from gateway.config import Settings
from gateway.errors import CODES, Problem

try:
    settings = Settings.from_environ()
except BootError as error:
    sys.exit(f"The gateway cannot start. {error}")
HOST, PORT = settings.host, settings.port


def why_not(host: str, port: int) -> OSError | None:
    """What keeps this machine from listening at an address, if anything. Port 0 asks for any port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None


def listening_hosts() -> list[str]:
    """The addresses to listen on, in the order in which a browser tries them.

    `localhost` is ::1 first to some systems and 127.0.0.1 to others, so both are served where
    both exist; nothing outside this machine reaches them. A container sets HOST=0.0.0.0.
    """
    if HOST != "localhost":
        return [HOST.strip("[]")]
    return ["127.0.0.1"] + ([] if why_not("::1", 0) else ["::1"])


# --- what is served, and where
wsgi_app = "wsgi:app"
bind = [f"[{host}]:{PORT}" if ":" in host else f"{host}:{PORT}" for host in listening_hosts()]

# --- processes and threads
worker_class = "gthread"
workers = settings.workers
# Sized for waiting, not for computing: a thread that waits for an upstream costs 35 KB and no
# CPU, and a call may wait for seconds. Two workers of 64 stay under a limit of 200 processes.
threads = 64
# Plugins are loaded and migrated once, before the fork; workers share the memory.
preload_app = True
# The heartbeat file must not wait for a disk, and the root may be read-only: a RAM disk, if any.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# --- how long anything may take, in seconds
# Assistants give up after 45; a worker that is silent for longer than this is stuck, not slow.
timeout = 60
graceful_timeout = 30
# Longer than the 60 for which proxies keep an idle connection, so that it is the proxy that closes
# it, never the gateway while a request is on its way. An idle connection holds no thread.
keepalive = 65

# --- what is let in
# The C parser that "auto" may pick accepts bare line feeds and folded headers.
http_parser = "python"
http_protocols = "h1"
# The path and query of a search in Chinese take nine bytes a character; 8190 is gunicorn's most.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
# No peer is believed here: TRUSTED_PROXIES says in the gateway how many hops may speak for others.
forwarded_allow_ips = ""
forwarder_headers = ""
# Nothing needs to steer a running gateway but signals.
control_socket_disable = True


# --- what is said of requests that cannot even be read
def write_problem(connection: socket.socket, status: int, reason: str, _: str) -> None:
    """Answer like the gateway does, as problem+json; gunicorn's own answer is a page of HTML."""
    message = f"The request cannot be read ({reason}). Send a well-formed and shorter one."
    body = orjson.dumps(Problem(status, CODES.get(status, "bad_request"), message).body())
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(connection, head.encode() + body)


util.write_error = write_problem  # there is no setting for it


# --- the logs
class Log(Logger):
    """One line a request, and nowhere a query string: sign-in links and codes travel there.

    Values are taken as the client sent them, still percent-encoded, and whatever is not printable
    ASCII is encoded too, so that no request can forge a second line or speak to a terminal.
    """

    def warning(self, msg: str, *args: object, **options: Any) -> None:
        """A request that cannot be read is named by its sender alone: the rest may hold a secret."""
        if msg.startswith("Invalid request from"):
            msg = msg.partition(": ")[0]
        super().warning(msg, *args, **options)

    def exception(self, msg: str, *args: object, **options: Any) -> None:
        super().exception(msg, *(str(each).partition("?")[0] for each in args), **options)

    def atoms(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> dict[str, str | int]:
        sent = {
            "address": environ.get("REMOTE_ADDR"),
            "method": environ.get("REQUEST_METHOD"),
            "host": environ.get("HTTP_HOST"),
            "path": environ.get("RAW_URI", "").partition("?")[0],
            "agent": environ.get("HTTP_USER_AGENT"),
        }
        measured = {
            "time": self.now(),
            "status": str(resp.status).partition(" ")[0],
            "bytes": getattr(resp, "sent", 0),
            "milliseconds": round(request_time.total_seconds() * 1000),
        }
        return {name: printable(value or "-") for name, value in sent.items()} | measured


def printable(text: str) -> str:
    """The text as visible ASCII, anything else percent-encoded."""
    return quote(text, safe=" !#$%&'()*+,/:;<=>?@[]^`{|}", encoding="latin-1", errors="replace")


# What the gateway itself says: without a handler of its own, the heads of the audit trail would be lost.
logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stderr": {"class": "logging.StreamHandler"}},
        "loggers": {"gateway": {"level": "INFO", "handlers": ["stderr"]}},
    }
)
logger_class = Log
accesslog = "-"
access_log_format = (
    "%(time)s %(address)s %(method)s %(host)s%(path)s"
    ' %(status)s %(bytes)s bytes %(milliseconds)s ms "%(agent)s"'
)


# --- moments in the life of the server
def on_starting(server: Arbiter) -> None:
    if server.master_pid:  # it replaces another and inherits the sockets
        return
    for host in listening_hosts():
        error = why_not(host, PORT)
        if error and error.errno == errno.EADDRINUSE:
            sys.exit(
                f"Port {PORT} is taken. Stop what listens there, or choose another:"
                f" PORT={PORT + 1} make run"
            )
        if error:
            sys.exit(
                f"HOST={HOST} and PORT={PORT} cannot be listened on: {error.strerror}. Name an"
                " address of this machine; 0.0.0.0 is all of them."
            )


def when_ready(server: Arbiter) -> None:
    from gateway.console.welcome import welcome
    from wsgi import app

    # Flushed: what is still buffered at the fork would be printed once more by every worker.
    print(welcome(app.extensions["gateway"]), flush=True)  # noqa: T201 - it is for a person to read


STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
# A worker has the master's handlers until it has its own: a signal to stop that came in between
# would be lost, and the stop would take as long as graceful_timeout. So it waits meanwhile.
os.register_at_fork(
    before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, STOPS),
    after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS),
)


def post_worker_init(worker: Worker) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def post_fork(server: Arbiter, worker: Worker) -> None:
    from wsgi import app

    app.extensions["gateway"].after_fork()
