"""What directories and assistants take, as rules: each tells what is wrong and what to do, or nothing.

The figures are those of OpenAI's submission pages and of Agent Plugins 1.0, both of late 2026. Texts
that may be cut are cut before they come here; what is left cannot be mended without its author.
"""

import ipaddress
import re
import struct
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from .listing import addresses
from .skill import body
from .source import Source
from .starter_prompts import faults as prompt_faults
from .texts import unseen, visible

PUBLISHER, EMAIL, ADDRESS, VERSION = 80, 320, 1_024, 64
LOGO_BYTES, LOGO_SIDES = 5 * 2**20, range(48, 4_097)
LICENCE_BYTES = 2**20
# Agent Skills wants less than 500 lines; skillsaw warns above 3,000 tokens of four characters.
SKILL_LINES, SKILL_LENGTH = 499, 12_000

SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-z-][0-9a-z-]*)(\.(0|[1-9]\d*|\d*[a-z-][0-9a-z-]*))*)?"
    r"(\+[0-9a-z-]+(\.[0-9a-z-]+)*)?",
    re.ASCII | re.IGNORECASE,
)
GENERIC_ENDING = re.compile(r"\b(mcp|mcp server|plugin)\s*$", re.IGNORECASE)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEAD = struct.Struct(">8sI4sII")  # PNG section 5.2 and 11.2.1: signature, IHDR, width, height

# The setting behind each address of a listing.
SETTINGS = {
    "supportURL": "SUPPORT_URL",
    "privacyPolicyURL": "PRIVACY_URL",
    "termsOfServiceURL": "TERMS_URL or LEGAL_URL",
}

Rule = Callable[[Source], str | None]


def faults(source: Source) -> list[str]:
    """Why there can be no package: a sentence for each rule that is broken; none when there can."""
    return [wrong for rule in RULES if (wrong := rule(source))]


def left_out(source: Source) -> list[str]:
    """What the package does without, a sentence each."""
    told = prompt_faults(source.declaration).items()
    return [f'The example "{visible(each)}" is left out: it {why}.' for each, why in told]


def _address_is_reached_safely(source: Source) -> str | None:
    """Agent Plugins 1.0 section 7.2.1: HTTP for `localhost` itself or a loopback address only."""
    parts = urlsplit(source.base)
    if parts.scheme == "https" or _is_loopback(parts.hostname or ""):
        return None
    return (
        f"The address {source.mcp_url} is plain HTTP and not on this machine, which no assistant"
        " takes. Set BASE_URL to the https address of this gateway, or ask for it at a host that"
        " ALLOWED_HOSTS names with https://."
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _version_is_semantic(source: Source) -> str | None:
    if len(source.version) <= VERSION and SEMVER.fullmatch(source.version):
        return None
    return f'The version "{source.version}" is not like 1.2.0, in at most {VERSION} characters.'


def _title_is_a_name(source: Source) -> str | None:
    title = source.declaration.title
    if title.strip() != title or "\n" in title:
        return "The title has a line break, or a space at an end. Write it on one line."
    if GENERIC_ENDING.search(title):
        return f'The title "{title}" ends in a word that directories refuse. Leave the word out.'
    return None


def _texts_can_be_seen(source: Source) -> str | None:
    for what, text in _texts(source):
        character = unseen(text, allowed="" if what.startswith("setting") else "\n")
        if character:
            return f"The {what} has a control or invisible character ({character}). Remove it."
    return None


def _texts(source: Source) -> Iterator[tuple[str, str]]:
    declaration, publisher = source.declaration, source.publisher
    yield "title", declaration.title
    yield "first line of the docstring", declaration.summary
    yield "text of the docstring", declaration.instructions
    for operation in declaration.operations:
        yield f"docstring of `{operation.name}`", operation.description
        for name, field in operation.arguments.items():
            description = field.metadata.get("description", "")
            yield f"description of `{name}` in `{operation.name}`", description
    yield "setting PUBLISHER_NAME", publisher.name
    yield "setting CONTACT_EMAIL", publisher.contact_email or ""


def _publisher_has_a_name(source: Source) -> str | None:
    length = len(source.publisher.name)
    if 0 < length <= PUBLISHER:
        return None
    return f"PUBLISHER_NAME has {length} characters. Write 1 to {PUBLISHER}."


def _contact_fits(source: Source) -> str | None:
    length = len(source.publisher.contact_email or "")
    if length <= EMAIL:
        return None
    return f"CONTACT_EMAIL has {length} characters. Write at most {EMAIL}."


def _listing_is_secure(source: Source) -> str | None:
    """A listing needs all four addresses; a package for trial on this machine needs none."""
    if not source.base.startswith("https://"):
        return None
    for name, url in addresses(source).items():
        if not url.startswith("https://") or len(url) > ADDRESS:
            setting = SETTINGS.get(name, "BASE_URL")
            return f'{setting} is "{url}". Write an https address of at most {ADDRESS} characters.'
    return None


def _logo_is_a_picture(source: Source) -> str | None:
    size = _png_size(source.logo)
    if size is None:
        return "logo.png is no PNG. Save it as one."
    width, height = size
    if width != height or width not in LOGO_SIDES:
        sides = f"{LOGO_SIDES[0]} to {LOGO_SIDES[-1]} pixels"
        return f"logo.png is {width} by {height} pixels. Make it square, {sides} wide."
    if len(source.logo) > LOGO_BYTES:
        return f"logo.png has {len(source.logo):,} bytes. Make it {LOGO_BYTES:,} or fewer."
    return None


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for what is no PNG."""
    if len(data) < PNG_HEAD.size:
        return None
    signature, _, chunk, width, height = PNG_HEAD.unpack_from(data)
    return (width, height) if (signature, chunk) == (SIGNATURE, b"IHDR") else None


def _skill_can_be_read(source: Source) -> str | None:
    text = body(source)
    lines = len(text.splitlines())
    if lines <= SKILL_LINES and len(text) <= SKILL_LENGTH:
        return None
    return (
        f"The skill made of the docstrings has {len(text):,} characters in {lines:,} lines. Shorten"
        f" the plugin's docstring: there is room for {SKILL_LENGTH:,} in {SKILL_LINES}."
    )


def _licence_is_text(source: Source) -> str | None:
    licence = source.licence
    if licence is None or (_is_utf8(licence) and 0 < len(licence) <= LICENCE_BYTES):
        return None
    return (
        f"LICENSE is no text in UTF-8 of 1 to {LICENCE_BYTES:,} bytes. Correct or remove the file."
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


RULES: tuple[Rule, ...] = (
    _address_is_reached_safely,
    _version_is_semantic,
    _title_is_a_name,
    _texts_can_be_seen,
    _publisher_has_a_name,
    _contact_fits,
    _listing_is_secure,
    _logo_is_a_picture,
    _skill_can_be_read,
    _licence_is_text,
)
