"""`/known-host?domain=<host>`, for a TLS proxy that makes a certificate when one is first asked for.

Without the question, anybody could have it ask for certificates without end, under any name that leads
here. In Caddy this is the address to `ask` in `on_demand_tls`. Any status but 200 means no.
"""

from flask import Flask, Response, request

from ..errors import Problem
from ..runtime import Gateway

UNKNOWN = (
    "No certificate is needed for this domain. Ask with ?domain= and one host name: that of an https"
    " BASE_URL, of a plugin under it, or one that ALLOWED_HOSTS names with https://."
)


def install(app: Flask, gateway: Gateway) -> None:
    """Add the address, which answers for any Host: the proxy asks by the name of a container."""

    @app.get("/known-host")
    def known_host() -> Response:
        """Whether the host is served here, and nothing else."""
        asked = request.args.getlist("domain")
        if len(asked) != 1 or not gateway.doors.has_public_name(asked[0]):
            raise Problem(404, "not_found", UNKNOWN)
        return Response("known\n", content_type="text/plain", headers={"Cache-Control": "no-store"})
