"""`README.md` of the package: for people who look into it before they install it."""

from .listing import addresses
from .source import Source
from .texts import sentence

TEXT = """\
# {title}

{summary}

## What it can do

{operations}

## How to use it

Install this folder in an assistant that reads Agent Plugins 1.0, or give any assistant that speaks MCP
the address below. It is the only server in this package, and no key or password is in it.

{url}
{credential}{asking}
## Who publishes it

{publisher}. Questions go to {contact}. What is kept of you is told at {privacy}
"""
ASKING = """
The assistant asks before it changes anything, and nothing is done until you say yes.
"""

SIGNING_IN = """
The first time, the assistant asks you to sign in, and you allow what it may do for you.
"""
KEY = """
Calling it takes a key, which the assistant must be given beside this package. Give it the address and
the key instead of installing this folder.
"""


def readme(source: Source) -> str:
    """What it does, where it is, whose it is. More than the 40 words that Claude's directory wants."""
    publisher = source.publisher.at(source.base)
    lines = (f"- {sentence(each.summary, 300)}" for each in source.declaration.own_operations)
    return TEXT.format(
        title=source.declaration.title,
        summary=source.declaration.summary,
        operations="\n".join(lines) or "- Nothing yet.",
        url=f"    {source.mcp_url}",
        credential=_credential(source),
        asking=ASKING if source.declaration.actions else "",
        publisher=publisher.name.rstrip("."),
        contact=publisher.contact_email,
        privacy=addresses(source)["privacyPolicyURL"],
    )


def _credential(source: Source) -> str:
    if source.takes_a_key:
        return KEY
    return SIGNING_IN if source.declaration.linking else ""
