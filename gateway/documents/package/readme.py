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

CREDENTIAL = """
Calling it takes a token or key, which the assistant must be given beside this package. Until accounts
can be linked, give the assistant the address and the token instead of installing this folder.
"""


def readme(source: Source) -> str:
    """What it does, where it is, whose it is. More than the 40 words that Claude's directory wants."""
    publisher = source.publisher.at(source.base)
    lines = (f"- {sentence(each.summary, 300)}" for each in source.own_operations)
    return TEXT.format(
        title=source.declaration.title,
        summary=source.declaration.summary,
        operations="\n".join(lines) or "- Nothing yet.",
        url=f"    {source.mcp_url}",
        credential="" if source.declaration.is_open else CREDENTIAL,
        asking=ASKING if source.declaration.actions else "",
        publisher=publisher.name.rstrip("."),
        contact=publisher.contact_email,
        privacy=addresses(source)["privacyPolicyURL"],
    )
