"""The notice that stands for a licence where the author gives none."""

from .listing import addresses
from .source import Source


def notice(source: Source) -> str:
    """Who has the rights, in the publisher's name. It grants what using the plugin takes, no more."""
    title, publisher = source.declaration.title, source.publisher.name
    return f"""{title}
Published by {publisher}.

This package tells AI assistants how to use the plugin "{title}". You may install it, copy it
unchanged and use it with an assistant. All other rights stay with the publisher.

It comes as it is, without any warranty. The terms of the service itself are at
{addresses(source)["termsOfServiceURL"]}
"""
