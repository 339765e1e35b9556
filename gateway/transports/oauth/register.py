"""Where programs register themselves (RFC 7591), without anybody's leave, so not without end."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask, Response, request

from ...authorization.errors import OAuthError, limits_as_oauth
from ...authorization.registration import register
from ...declaration import OFFLINE_ACCESS
from ...errors import Problem
from ...limits import network_of
from ...runtime import Gateway, current_issuer
from ..rest import whole_body
from ..strict_json import parse_object
from .replies import refusal, reply

# For each network address. The servers of one assistant may register a client for each of its users.
KIND, ATTEMPTS = "registration", "30/hour"


def install(app: Flask, gateway: Gateway) -> None:
    """Add the address of every plugin that people link accounts to."""
    for name, declaration in gateway.declarations.items():
        if declaration.linking:
            address = f"/{name}/oauth/register"
            view = partial(_registered, gateway, name)
            app.add_url_rule(address, f"oauth:{address}", view, methods=["POST"])


def _registered(gateway: Gateway, name: str) -> Response:
    try:
        _count(gateway)
        scopes = (*current_issuer(name).scopes, OFFLINE_ACCESS)
        body = _body()
        with gateway.ledger.write() as connection:
            return reply(register(connection, name, body, scopes), 201)
    except OAuthError as error:
        return refusal(error)


def _count(gateway: Gateway) -> None:
    with limits_as_oauth():
        gateway.authorization.limits.count_attempt(
            KIND, network_of(request.remote_addr or ""), ATTEMPTS
        )


def _body() -> Mapping[str, Any]:
    if not request.is_json:
        raise _invalid("Send what describes the client as application/json.")
    try:
        return parse_object(whole_body())
    except Problem as problem:
        raise _invalid(problem.detail, problem.status) from problem


def _invalid(description: str, status: int = 400) -> OAuthError:
    return OAuthError("invalid_client_metadata", description, status)
