"""What an assistant says of its user, in headers and in MCP's `_meta`. It may be invented."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from werkzeug.datastructures import Headers

from ..call import Hints

REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")  # ISO 3166-2
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47
LONGEST_TAG = 35  # characters of a language: RFC 5646 section 4.4.1
LONGEST = 500  # characters of an opaque name for a user or a conversation; far more than any seen


def from_headers(headers: Headers) -> Hints:
    """What ChatGPT has sent with calls since 2023, and the language that any client may ask for."""
    language = headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
    return Hints(
        region=_region(headers.get("openai-subdivision-1-iso-code")),
        locale=_language(language),
        conversation=_opaque(_first(headers, "openai-conversation-id", "x-openai-session")),
        user=_opaque(_first(headers, "openai-ephemeral-user-id", "x-openai-subject")),
    )


def from_meta(meta: Mapping[str, Any], otherwise: Hints) -> Hints:
    """What ChatGPT says in the `_meta` of an MCP request; `otherwise` where it says nothing."""
    place = meta.get("openai/userLocation")
    place = place if isinstance(place, Mapping) else {}
    found = {
        "region": _region(f"{place.get('country')}-{place.get('region')}"),
        "time_zone": _time_zone(place.get("timezone")),
        "locale": _language(meta.get("openai/locale")),
        "conversation": _opaque(meta.get("openai/session")),
        "user": _opaque(meta.get("openai/subject")),
    }
    said = {name: value for name, value in found.items() if value}
    return replace(otherwise, **said) if said else otherwise


def _first(headers: Headers, *names: str) -> str | None:
    """The header under its name of 2023, else under that of today."""
    return next((headers[name] for name in names if name in headers), None)


def _region(value: Any) -> str | None:
    return _matching(REGION, value.upper() if isinstance(value, str) else None)


def _language(value: Any) -> str | None:
    return _matching(LANGUAGE, value)


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    is_short = isinstance(value, str) and len(value) <= LONGEST_TAG
    return value if is_short and pattern.fullmatch(value) else None


def _time_zone(value: Any) -> str | None:
    """A name of the IANA database: a plugin may make a zone of it without looking."""
    return value if isinstance(value, str) and value in _zones() else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _opaque(value: Any) -> str | None:
    return value[:LONGEST] if isinstance(value, str) else None
