"""Which web pages may speak to plugins from a browser."""

import re

from ..errors import Problem
from ..runtime import current_door, current_gateway

# Exact origins only: those of ChatGPT.
ASSISTANTS = ("https://chatgpt.com", "https://chat.openai.com")
# Pages that are served on this machine, on any port: tools that developers run.
LOOPBACK_ORIGIN = re.compile(
    r"https?://(([a-z0-9-]+\.)?localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
)


def refuse_foreign(origin: str | None) -> None:
    """Refuse a page of elsewhere with 403: it could speak for somebody who only looks at it.

    A page that has a name of its own rebound to this machine comes with its own origin (DNS
    rebinding). Assistants that call from their servers send no origin at all.
    """
    if origin is not None and not _is_known(origin):
        raise Problem(
            403,
            "forbidden_origin",
            f"Pages of {origin[:100]} may not call this server. Call it without a browser, or from a"
            " page of the gateway itself.",
        )


def _is_known(origin: str) -> bool:
    door = current_door()
    if origin in (*ASSISTANTS, door.root, door.host):
        return True
    return current_gateway().settings.is_local and LOOPBACK_ORIGIN.fullmatch(origin) is not None
