"""Outgoing HTTP for plugins. Cache gone: ask the provider. Provider gone: a 503 in one sentence.

One pooled client for the process (urllib3: the cheapest of those measured). Replies are cached for
as long as the plugin says, in the cache that all workers share.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlencode

import orjson
import urllib3

from .context import current_call
from .errors import Problem
from .http_client import http_client

if TYPE_CHECKING:
    from .context import Setting

Value = TypeVar("Value")

HOSTS, CONNECTIONS = 20, 100
CHUNK = 65_536
LARGEST = 5_000_000  # bytes of a reply; the largest scoreboard seen is a tenth of it
USER_AGENT = "plugin-gateway/0.1 (+{root})"  # ESPN refuses browsers' names and bare ones
UNUSABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError)

_client = http_client(hosts=HOSTS, connections=CONNECTIONS)


class UpstreamUnavailable(Problem):
    """503 `upstream_unavailable`: a provider gave nothing that can be used."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, "upstream_unavailable", detail, headers={"Retry-After": "60"})


@dataclass(frozen=True)
class Fetched(Generic[Value]):
    """What an upstream answered: when (UTC), and whether it was kept longer than it is fresh."""

    value: Value
    fetched_at: datetime
    stale: bool = False


class Upstream:
    """One provider of data, at the address that a setting holds. Connects when it is first asked.

    `timeout` is in seconds, for a whole reply; connecting may take two seconds more.
    """

    # To catch where an answer is worth having without what this provider would add to it.
    Unavailable = UpstreamUnavailable

    def __init__(self, name: str, address: "Setting", *, timeout: float = 5.0) -> None:
        self._name = name
        self._address = address
        self._timeout = urllib3.Timeout(connect=min(2.0, timeout), read=timeout)

    def fetch(
        self,
        path: str,
        *,
        parse: Callable[[bytes], Value],
        fresh_for: float,
        params: Mapping[str, str] | None = None,
        missing: Collection[int] = (404,),
    ) -> Fetched[Value | None]:
        """GET `path` and return what `parse` makes of the body; None for a status in `missing`.

        An answer serves everybody for `fresh_for` seconds. Raises `Unavailable`, a 503 problem, for
        everything else: no answer in time, a refusal, a redirect, a body that `parse` cannot read.
        """
        url = f"{self._address.value.rstrip('/')}{path}"
        url = f"{url}?{urlencode(params)}" if params else url
        cache = current_call().cache
        key = "upstream:" + hashlib.sha256(url.encode()).hexdigest()
        kept = _unpacked(cache.get(key))
        if kept:
            return self._fetched(kept, parse, missing)
        reply = self._ask(url)
        fetched = self._fetched(reply, parse, missing)
        cache.set(key, reply.packed(), fresh_for)  # only now: what cannot be used is not kept
        return fetched

    def _ask(self, url: str) -> "_Reply":
        agent = USER_AGENT.format(root=current_call().settings.base_url or "http://localhost")
        headers = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "gzip"}
        try:
            response = _client.request(
                "GET",
                url,
                headers=headers,
                timeout=self._timeout,
                redirect=False,
                preload_content=False,
            )
            body = self._read(response)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unavailable("did not answer") from error
        return _Reply(response.status, body, datetime.now(UTC))

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        body = bytearray()
        while part := response.read1(CHUNK, decode_content=True):
            body += part
            if len(body) > LARGEST:
                response.close()
                raise self._unavailable("answered with too much")
        response.release_conn()
        return bytes(body)

    def _fetched(
        self, reply: "_Reply", parse: Callable[[bytes], Value], missing: Collection[int]
    ) -> Fetched[Value | None]:
        if reply.status in missing:
            return Fetched(None, reply.fetched_at)
        if reply.status != 200:
            raise self._unavailable(f"refused with status {reply.status}")
        try:
            return Fetched(parse(reply.body), reply.fetched_at)
        except UNUSABLE as error:
            raise self._unavailable("answered in a form that cannot be read") from error

    def _unavailable(self, what: str) -> UpstreamUnavailable:
        return UpstreamUnavailable(
            f"{self._name} {what}. Tell the user that it cannot be looked up at the moment, or try again"
            " in a minute; never make the answer up."
        )


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes
    fetched_at: datetime

    def packed(self) -> bytes:
        head = orjson.dumps([self.status, self.fetched_at.isoformat()])
        return head + b"\n" + self.body


def _unpacked(packed: bytes | None) -> _Reply | None:
    """What was kept; None for nothing, and for bytes that are not ours: other things write to Redis."""
    head, _, body = (packed or b"").partition(b"\n")
    try:
        status, fetched_at = orjson.loads(head)
        return _Reply(int(status), body, datetime.fromisoformat(fetched_at))
    except UNUSABLE:
        return None
