"""How the text of a setting is read. A ValueError says what to write instead."""

import re
from typing import cast
from urllib.parse import urlsplit

# A name or an address, with or without a port.
HOST = re.compile(r"([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?/?")


def origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it like https://plugins.example.com")
    beyond_the_host = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if parts.port == 0 or any(beyond_the_host):
        raise ValueError("write scheme and host only, like https://plugins.example.com")
    usual_port = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual_port)}"


def listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def hosts(text: str) -> tuple[str, ...]:
    """Hosts, each with or without a scheme and a port."""
    found = listed(text)
    for each in found:
        scheme, separator, host = each.lower().rpartition("://")
        if not HOST.fullmatch(host) or scheme not in ("", "http", "https"):
            raise ValueError(
                f'"{each}" is no host. Write hosts like gateway:8000 or https://name.example.com'
            )
        if not scheme and separator:
            raise ValueError(f'"{each}" has no scheme before ://')
    return found


def port(text: str) -> int:
    port = int(text) if text.isdecimal() else 0
    if not 0 < port < 65_536:
        raise ValueError("write a number from 1 to 65535")
    return port


def workers(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 64:
        raise ValueError("write how many processes serve, 1 to 64")
    return int(text)


def hops(text: str) -> int:
    if not text.isdecimal() or int(text) > 10:
        raise ValueError("write how many proxies stand in front, 0 to 10")
    return int(text)


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("write a whole number from 1")
    return int(text)


def signup(text: str) -> str:
    if text.lower() not in ("open", "invite", "closed"):
        raise ValueError("write open, invite or closed")
    return text.lower()


def keys(text: str) -> tuple[tuple[str, str], ...]:
    """`name:key,name:key` as pairs."""
    pairs = tuple(cast(tuple[str, str], tuple(each.split(":", 1))) for each in listed(text))
    if any(len(pair) != 2 or not all(pair) or len(pair[0]) > 64 for pair in pairs):
        raise ValueError("write it like openai:long-secret,other:another-secret")
    return pairs


def database(text: str) -> str:
    if not text.startswith(("postgresql+psycopg://", "sqlite://")):
        raise ValueError("write it like postgresql+psycopg://user:password@host/name")
    return text


def redis(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("write it like redis://host:6379/0")
    return text


def boolean(text: str) -> bool:
    known = {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False}
    if text.lower() not in known:
        raise ValueError("write on or off")
    return known[text.lower()]
