"""`/healthz`: the process answers. `/readyz`: it can do its work. Both for any Host."""

from flask import Flask, Response

from .call import Answer
from .errors import store_unavailable
from .runtime import Gateway
from .transports.rest import refuse, respond


def install(app: Flask, gateway: Gateway) -> None:
    """Add both addresses."""

    @app.get("/healthz")
    def healthz() -> Response:
        return respond(Answer(200, {"status": "ok"}))

    @app.get("/readyz")
    def readyz() -> Response:
        if not gateway.ledger.is_up():
            return refuse(store_unavailable())
        degraded = [] if gateway.cache.is_up() else ["cache"]
        return respond(
            Answer(200, {"status": "ready", **({"degraded": degraded} if degraded else {})})
        )
