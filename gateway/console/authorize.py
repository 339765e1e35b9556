"""Where an assistant sends a person who wants to link an account: checked here, asked at the root.

This address is in both forms of a plugin. What it makes is a record that the consent page shows, so
nothing of the address is believed a second time.
"""

from flask import Response, request

from ..authorization.errors import OAuthError
from ..authorization.requests import SentBack
from ..errors import Problem
from ..limits import network_of
from ..runtime import current_door, current_gateway, current_issuer
from .language import say
from .onward import consent_path
from .site import private


def authorize(name: str) -> Response:
    """303 to the consent page; 302 back to the client with an error; a page where that is not safe."""
    gateway = current_gateway()
    gateway.pipeline.limits.count_page(name, None, network_of(request.remote_addr or ""))
    sent = request.args if request.method == "GET" else request.form
    try:
        wanted = gateway.authorization.ask(current_issuer(name), sent.to_dict(flat=False))
    except SentBack as refusal:
        return _to(refusal.location, 302)
    except OAuthError as error:
        raise Problem(error.status, error.error, _told(error), headers=error.headers) from error
    return _to(current_door().root + consent_path(wanted), 303)


def _told(error: OAuthError) -> str:
    """The reason is in English: some of it is for the person, some for whoever made the assistant."""
    return say(
        f"This assistant cannot be linked like this. {error.description}",
        f"无法这样关联此助手。原因（英文）：{error.description}",
    )


def _to(location: str, status: int) -> Response:
    """Not HTML: what browsers are told about our pages would cut a window off from its opener."""
    headers = {"Location": location}
    return private(Response(status=status, headers=headers, content_type="text/plain"))
