"""How a directory shows the plugin: `extensions["com.openai"].interface` of plugin.json."""

from collections.abc import Iterator
from typing import Any

from ...declaration import Declaration
from .source import Source
from .starter_prompts import starters
from .texts import shortened

SHORT, LONG, CAPABILITIES, CAPABILITY = 30, 4_000, 20, 120
LOGO = "./assets/logo.png"

ASKS_FIRST = "Nothing is changed before you have said yes."


def interface(source: Source) -> dict[str, Any]:
    """What people see of the plugin, inside the limits of OpenAI's directory of late 2026."""
    declaration = source.declaration
    return {
        "displayName": declaration.title,
        "shortDescription": shortened(declaration.summary, SHORT),
        "longDescription": _long_description(source),
        "developerName": source.publisher.name,
        "category": source.category,
        "capabilities": _capabilities(source)[:CAPABILITIES],
        **secure(addresses(source)),
        **_starter_prompts(declaration),
        "logo": LOGO,
    }


def addresses(source: Source) -> dict[str, str]:
    """The four addresses of a listing: the publisher's, else the plugin's own pages."""
    publisher = source.publisher
    page = f"{source.base}/"
    return {
        "websiteURL": page,
        "supportURL": publisher.support_url or page,
        "privacyPolicyURL": publisher.privacy_url or f"{page}privacy",
        "termsOfServiceURL": publisher.terms_url or publisher.legal_url or f"{page}legal",
    }


def secure(addresses: dict[str, str]) -> dict[str, str]:
    """The addresses that a directory takes. On one machine for trial there is none."""
    return {name: url for name, url in addresses.items() if url.startswith("https://")}


def _capabilities(source: Source) -> list[str]:
    told = (shortened(each.summary, CAPABILITY) for each in source.declaration.own_operations)
    return list(dict.fromkeys(told))


def _long_description(source: Source) -> str:
    end = f"\n\n{ASKS_FIRST}" if source.declaration.actions else ""
    text = source.declaration.summary
    for paragraph in _items(source):
        if len(text) + len(paragraph) + len(end) <= LONG:
            text += paragraph
    return text + end


def _items(source: Source) -> Iterator[str]:
    told = _capabilities(source)
    if told:
        yield "\n\nWhat it can do:\n"
    yield from (f"\n- {each}" for each in told)


def _starter_prompts(declaration: Declaration) -> dict[str, list[str]]:
    prompts = starters(declaration)
    return {"defaultPrompt": prompts} if prompts else {}
