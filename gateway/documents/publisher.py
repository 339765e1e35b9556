"""Who stands behind the plugins, as the documents name them."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..declaration import DeclarationError


@dataclass(frozen=True)
class Publisher:
    """Who publishes a plugin, and where people turn to.

    None in `contact_email` or `legal_url` stands for an address of the plugin itself, see `at`.
    `verification_token` is what OpenAI gives out to prove that a manifest is its publisher's. The
    last three are of the package alone, which names pages of the plugin where they are None.
    """

    name: str
    contact_email: str | None = None
    legal_url: str | None = None
    verification_token: str | None = None
    privacy_url: str | None = None
    terms_url: str | None = None
    support_url: str | None = None

    def at(self, base: str) -> "Publisher":
        """The publisher, with a contact and a legal notice, of the plugin at the address `base`."""
        return replace(
            self,
            contact_email=self.contact_email or f"contact@{_host(base)}",
            legal_url=self.legal_url or f"{base}/legal",
        )


def same_domain(publisher: Publisher, base: str) -> None:
    """Refuse a contact or legal notice on another second-level domain than `base`: ChatGPT did.

    Raises DeclarationError.
    """
    email, url = publisher.contact_email, publisher.legal_url
    if email and _domain(email.rpartition("@")[2].lower()) != _domain(_host(base)):
        raise DeclarationError(_elsewhere("CONTACT_EMAIL", email, base))
    if url and _domain(_host(url)) != _domain(_host(base)):
        raise DeclarationError(_elsewhere("LEGAL_URL", url, base))


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _domain(host: str) -> str:
    """The second-level domain, `example.com`; localhost is one by itself.

    Two labels are too few under suffixes such as co.uk. The check is there to catch a slip, not an
    attack, so it does without the list of public suffixes.
    """
    labels = host.split(".")
    return "localhost" if labels[-1] == "localhost" else ".".join(labels[-2:])


def _elsewhere(setting: str, value: str, base: str) -> str:
    return (
        f'{setting} is "{value}", which is not on the domain of {base}, and assistants refuse that:'
        f" give an address at {_domain(_host(base))}, or leave {setting} out."
    )
