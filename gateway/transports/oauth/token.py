"""Where clients exchange codes and refresh tokens, and where they throw tokens away."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, Response, request

from ...authorization.errors import OAuthError
from ...authorization.requests import Parameters
from ...authorization.server import Credentials
from ...errors import Problem
from ...runtime import Gateway, current_issuer
from ..rest import whole_body
from ..strict_json import parse_object
from .replies import refusal, reply

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PARAMETERS_MOST = 30

Answer = Callable[[Gateway, str, Parameters, Credentials], dict[str, Any]]


def install(app: Flask, gateway: Gateway) -> None:
    """Add the addresses of every plugin that people link accounts to."""
    for name, declaration in gateway.declarations.items():
        if declaration.linking:
            for path, answer in (("token", _exchange), ("revoke", _revoke)):
                address = f"/{name}/oauth/{path}"
                view = partial(_answered, gateway, name, answer)
                app.add_url_rule(address, f"oauth:{address}", view, methods=["POST"])


def _exchange(
    gateway: Gateway, name: str, parameters: Parameters, sent: Credentials
) -> dict[str, Any]:
    return gateway.authorization.exchange(current_issuer(name), parameters, sent)


def _revoke(
    gateway: Gateway, name: str, parameters: Parameters, sent: Credentials
) -> dict[str, Any]:
    gateway.authorization.revoke(current_issuer(name), parameters, sent)
    return {}


def _answered(gateway: Gateway, name: str, answer: Answer) -> Response:
    try:
        parameters = _parameters()
        sent = Credentials(
            header=request.headers.get("Authorization"),
            address=request.remote_addr or "",
            as_json=request.mimetype == JSON,
        )
        return reply(answer(gateway, name, parameters, sent))
    except OAuthError as error:
        return refusal(error)


def _parameters() -> Parameters:
    """The parameters in the body. Those in the address are not read: addresses end up in logs."""
    readers = {FORM: _form, JSON: _json}
    if request.mimetype not in readers:
        raise OAuthError("invalid_request", f"Send the parameters as {FORM}.")
    try:
        return readers[request.mimetype](whole_body())
    except Problem as problem:
        raise OAuthError("invalid_request", problem.detail, problem.status) from problem


def _form(body: bytes) -> Parameters:
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=PARAMETERS_MOST,
        )
    except ValueError as error:
        raise OAuthError("invalid_request", "The body is no form that can be read.") from error


def _json(body: bytes) -> Parameters:
    """As programs of 2023 send it: one object of texts."""
    sent = parse_object(body)
    if not all(isinstance(value, str) for value in sent.values()):
        raise OAuthError("invalid_request", "Every member of the body must be a string.")
    return {name: [value] for name, value in sent.items()}
