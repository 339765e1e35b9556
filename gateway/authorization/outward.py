"""Fetches what strangers name, without being led to places that only this machine can reach.

The name is resolved once, every address it has must be public, and the connection goes to one of these
very addresses: a name that changes its mind in between (DNS rebinding) gains nothing.
"""

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from urllib.parse import SplitResult, urlsplit

import urllib3

from ..http_client import pinned_client

SECONDS = 5.0  # for everything, from the name to the last byte
LARGEST = 20_000  # bytes; the draft recommends 5 kilobytes, and documents with keys are larger
# How many threads of a worker may wait for strangers at once, of its 64.
AT_ONCE = 8
ADDRESSES_TRIED = 3
PORT = 443
JSON = re.compile(r"application/([a-z0-9._-]+\+)?json")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# Of IPv6, only what is given out to networks (RFC 4291 section 2.4, IANA), without what stands for
# other addresses or for none: Teredo and its like, documentation, 6to4, AS112.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20".split(),
    )
)
# An IPv4 address, in a network that has only IPv6 (RFC 6052 section 2.1).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SPECIAL_IPV4 = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24")))


class FetchError(Exception):
    """What was asked for cannot be had. The message is the end of a sentence about it."""


class TooManyAtOnce(FetchError):
    """As many are being fetched as may be: another moment would do."""


def is_public(address: Address, port: int) -> bool:
    """Whether strangers may send us there: an address of the public internet, and the port of HTTPS.

    With other ports, they could have the gateway knock at doors of third parties. Only what is known
    to be public counts: Python's own `is_global` holds for 6to4, for IPv4 inside IPv6, for multicast.
    """
    if port != PORT:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF), port)
        return address in _GLOBAL_UNICAST and not any(address in each for each in _SPECIAL)
    is_special = address.is_multicast or any(address in each for each in _SPECIAL_IPV4)
    return address.is_global and not is_special


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, the best first. Raises `OSError` or `UnicodeError`; may take minutes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Outward:
    """GETs JSON over HTTPS: at most 20,000 bytes, in `seconds` from the name to the last byte.

    `allowed` says which addresses and ports may be asked, `trust` makes the TLS context, `resolve`
    tells the addresses of a name. No redirect is followed, no proxy is asked, no cookie is kept.
    """

    def __init__(
        self,
        allowed: Callable[[Address, int], bool] = is_public,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        resolve: Resolve = resolve,
        seconds: float = SECONDS,
    ) -> None:
        self._seconds = seconds
        self._allowed = allowed
        self._trust = trust
        self._resolve = resolve
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def get_json(self, url: str) -> bytes:
        """The body at an https address that was checked for its form. Raises `FetchError`."""
        if not self._turns.acquire(blocking=False):
            raise TooManyAtOnce("must wait: too many are being fetched at the moment")
        try:
            return self._get(urlsplit(url), time.monotonic() + self._seconds)
        finally:
            self._turns.release()

    def _get(self, url: SplitResult, deadline: float) -> bytes:
        host, port = url.hostname or "", url.port or PORT
        addresses = self._addresses(host, port, deadline)
        context = self._trust()
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                with pinned_client(address, port, name=host, trust=context) as client:
                    return _answer(client, url, deadline)
            except (urllib3.exceptions.HTTPError, OSError):
                continue
        raise FetchError("does not answer, or not in time, or not with a certificate for its host")

    def _addresses(self, host: str, port: int, deadline: float) -> list[str]:
        """Where the host is. Raises `FetchError` where any of it is a place not to be asked."""
        found = self._resolved(host, port, _left(deadline))
        try:
            refused = [each for each in found if not self._allowed(_address(each), port)]
        except ValueError as error:
            raise FetchError("has a host whose address cannot be read") from error
        if refused:
            raise FetchError("does not lead to a public address on port 443")
        return found

    def _resolved(self, host: str, port: int, seconds: float) -> list[str]:
        """In a thread of its own, as a resolver knows no time limit; it may go on after we gave up."""
        found: Future[list[str]] = Future()

        def look_up() -> None:
            try:
                found.set_result(list(self._resolve(host, port)))
            except (OSError, UnicodeError) as error:
                found.set_exception(error)

        threading.Thread(target=look_up, name="resolver", daemon=True).start()
        try:
            addresses = found.result(seconds)
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
            raise FetchError("has a host that is not found") from error
        if not addresses:
            raise FetchError("has a host that is not found")
        return addresses


def _address(text: str) -> Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("The time for a fetch is over.")
    return left


def _answer(client: urllib3.HTTPSConnectionPool, url: SplitResult, deadline: float) -> bytes:
    left = _left(deadline)
    response = client.request(
        "GET",
        (url.path or "/") + (f"?{url.query}" if url.query else ""),
        headers={"Host": url.netloc, "Accept": "application/json", "Accept-Encoding": "identity"},
        # A connection and the handshake on it each get what is said for connecting.
        timeout=urllib3.Timeout(total=left, connect=left / 2),
        redirect=False,
        preload_content=False,
    )
    try:
        _refuse_head(response)
        return _body(response)
    finally:
        response.close()


def _refuse_head(response: urllib3.BaseHTTPResponse) -> None:
    if response.status != 200:
        raise FetchError(f"answers with status {response.status} and not 200")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not JSON.fullmatch(kind):
        raise FetchError("is not served as application/json")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError("is compressed although that was not asked for")


def _body(response: urllib3.BaseHTTPResponse) -> bytes:
    body = bytearray()
    while part := response.read1(LARGEST + 1, decode_content=False):
        body += part
        if len(body) > LARGEST:
            raise FetchError(f"is larger than {LARGEST:,} bytes")
    return bytes(body)
