"""What a newcomer meets: a gateway that starts by itself and prints lines that work as pasted."""

import re
import shlex
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.kit.server import free_port, running

MEGABYTE = 1_000_000
# What is promised of a worker that has served every plugin: 100 MB resident, of which the wire types of
# MCP and their library take 20. They are loaded before the workers are forked, and shared.
LARGEST_WORKER = 100 * MEGABYTE


@pytest.fixture
def newcomer(tmp_path):
    """A gateway with the samples alone and no setting but where its data are."""
    samples = "booking,knowledge,sports"  # not what somebody has put beside them
    with running(tmp_path, PLUGINS=samples, PLUGINS_DIR="", WEB_CONCURRENCY="2") as server:
        yield server


def lines_to_paste(server):
    return re.findall(r"^  (curl .*)$", server.log.read_text(), re.MULTILINE)


def log_once_it_has(words, server):
    """The log, which gets the line of a request only after its reply."""
    until = time.monotonic() + 5
    while words not in server.log.read_text():
        assert time.monotonic() < until, server.log.read_text()
        time.sleep(0.02)
    return server.log.read_text()


def run(server, line):
    """What a shell would do with the line, without needing curl: the address and the header."""
    words = shlex.split(line)
    headers = dict(
        words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H"
    )
    address = urlsplit(next(word for word in words if word.startswith("http")))
    assert address.port == server.port
    authorization = {"Authorization": headers["Authorization"]} if headers else {}
    return server.ask("GET", f"{address.path}?{address.query}", **authorization)


def test_the_lines_that_the_first_start_prints_work_as_pasted(newcomer):
    lines = lines_to_paste(newcomer)
    assert len(lines) == 3
    for line in lines:
        assert run(newcomer, line).status == 200, line


def test_the_link_that_the_first_start_prints_opens_the_sign_in_page(newcomer):
    link = re.search(r"http://localhost:\d+(/login\?token=\S+)", newcomer.log.read_text())
    page = newcomer.ask("GET", link[1])
    assert page.status == 200
    assert "you@localhost" in page.body.decode()


def test_the_next_start_prints_no_token_and_says_how_to_make_one(tmp_path):
    with running(tmp_path, PLUGINS_DIR="") as server:
        assert "gwt_" in server.log.read_text()
    with running(tmp_path, PLUGINS_DIR="") as server:
        log = server.log.read_text()
    assert "gwt_" not in log
    assert "token issue --user you@localhost --plugin NAME" in log


def test_no_line_of_the_log_of_requests_holds_a_secret(newcomer):
    welcome = newcomer.log.read_text()
    secrets = re.findall(r"gw[tl]_[\w-]+", welcome)
    for line in lines_to_paste(newcomer):
        run(newcomer, line)
    newcomer.ask("GET", f"/login?token={secrets[0]}")
    log = log_once_it_has(f"localhost:{newcomer.port}/login", newcomer).removeprefix(welcome)
    assert not any(secret in log for secret in secrets)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /login?token=gwl_planted", 400),
        (b"GET /sports/scores?league=" + b"x" * 9_000 + b" HTTP/1.1", 414),
        (b"GET /sports/scores HTTP/1.1\r\nX-Long: " + b"x" * 100_000, 431),
    ],
)
def test_what_cannot_be_read_is_a_problem_too_and_leaves_no_secret(newcomer, request_line, status):
    reply = newcomer.send(request_line + b"\r\nHost: localhost\r\n\r\n")
    assert (reply.status, reply.content_type) == (status, "application/problem+json")
    assert reply.json["status"] == status
    assert "planted" not in newcomer.log.read_text()


def test_a_worker_stays_small(newcomer):
    for line in lines_to_paste(newcomer) * 20:
        run(newcomer, line)
    children = Path(f"/proc/{newcomer.process.pid}/task/{newcomer.process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not tell the memory of a process in /proc")
    for worker in children.read_text().split():
        resident = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text())
        assert int(resident[1]) * 1024 <= LARGEST_WORKER


def test_a_port_that_is_taken_is_said_in_a_sentence(newcomer):
    environ = {"PORT": str(newcomer.port), "DATA_DIR": str(newcomer.log.parent / "other")}
    second = subprocess.run(
        newcomer.process.args, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert second.returncode != 0
    assert f"Port {newcomer.port} is taken." in second.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "nosuchhost.invalid"])
def test_a_host_that_is_not_here_is_not_said_to_be_taken(newcomer, host):
    environ = {
        "HOST": host,
        "PORT": str(free_port()),
        "DATA_DIR": str(newcomer.log.parent / "other"),
    }
    refused = subprocess.run(
        newcomer.process.args, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert refused.returncode != 0
    assert f"HOST={host}" in refused.stderr
    assert "taken" not in refused.stderr
    assert "Traceback" not in refused.stderr
