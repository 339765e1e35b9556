"""A web server of somebody else, over TLS on loopback, which says what it is told to."""

import datetime
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "client.test"
DAY = datetime.timedelta(days=1)
REDIRECT = "302 Found"
SIGNS = {"key_cert_sign": True, "crl_sign": True}
NO_USAGE = dict.fromkeys(
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    " key_cert_sign crl_sign encipher_only decipher_only".split(),
    False,
)


class Authority:
    """A certificate authority that only the tests trust."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        self.certificate = self._sign(
            self.name, self.key, x509.BasicConstraints(ca=True, path_length=0), SIGNS
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def trust(self) -> ssl.SSLContext:
        """What a client trusts that trusts this authority alone."""
        return ssl.create_default_context(cafile=self.path)

    def server_context(self, host: str) -> ssl.SSLContext:
        """What a server needs whose certificate is for `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        alternative = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = self._sign(name, key, alternative, {"digital_signature": True})
        path = self.folder / f"{host}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        more: x509.ExtensionType,
        usage: dict[str, bool],
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        public, own = key.public_key(), self.key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(more, critical=isinstance(more, x509.BasicConstraints))
            .add_extension(x509.KeyUsage(**{**NO_USAGE, **usage}), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
            .sign(self.key, hashes.SHA256())
        )


class TlsServer(ThreadingTCPServer):
    """Sends `parts` in answer to each request, waiting `pause` seconds before each but the first.

    `connections` counts what was accepted, `asked` holds the heads of requests, as they came.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.context = context
        self.port: int = self.server_address[1]
        self.connections, self.asked = 0, []
        self.parts, self.pause, self.over = [], 0.0, threading.Event()
        self.handshakes = True
        self.say(b"{}")

    def address(self, path: str = "/client.json", host: str = HOST) -> str:
        return f"https://{host}:{self.port}{path}"

    def say(
        self, body: bytes, status: str = "200 OK", kind: str = "application/json", **headers: str
    ) -> None:
        """Answer with that body; `Content_Length=` and the like stand for the headers."""
        lines = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in lines.items())]
        self.parts, self.pause = ["\r\n".join([*head, "", ""]).encode(), body], 0.0

    def say_raw(self, *parts: bytes, pause: float = 0.0) -> None:
        self.parts, self.pause = list(parts), pause

    def drip(self, start: int) -> None:
        """Send the answer from its byte `start` on one at a time, a tenth of a second apart."""
        reply = b"".join(self.parts)
        rest = [reply[position : position + 1] for position in range(start, len(reply))]
        self.parts, self.pause = [reply[:start], *rest], 0.1


class _Conversation(StreamRequestHandler):
    server: TlsServer

    def setup(self) -> None:
        self.server.connections += 1
        if self.server.handshakes:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        if not self.server.handshakes:
            self.server.over.wait(60)
            return
        head = b"".join(iter(lambda: self.rfile.readline().rstrip(b"\r\n") + b"\n", b"\n"))
        self.server.asked.append(head.decode())
        for number, part in enumerate(self.server.parts):
            if number and self.server.pause:
                time.sleep(self.server.pause)
            self.wfile.write(part)


class _Quiet(TlsServer):
    """Clients may hang up whenever they like."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def tls_server(authority: Authority, host: str = HOST) -> Iterator[TlsServer]:
    """A server on loopback whose certificate is for `host`, until the block ends."""
    with _Quiet(authority.server_context(host)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()
