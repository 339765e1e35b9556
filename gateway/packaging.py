"""What the package of a plugin is made from: its declaration, its files, and who publishes it."""

from pathlib import Path

from .documents.openapi import VERSION
from .documents.package.checks import faults
from .documents.package.files import files
from .documents.package.source import Source
from .documents.publisher import Publisher
from .errors import Problem
from .hosts import Door
from .runtime import Gateway

DEFAULT_LOGO = Path(__file__).parent / "console" / "static" / "logo.png"


def publisher_of(gateway: Gateway, plugin: str) -> Publisher:
    """Who publishes a plugin, as the settings say."""
    settings = gateway.settings
    return Publisher(
        name=settings.publisher_name,
        contact_email=settings.contact_email,
        legal_url=settings.legal_url,
        verification_token=settings.verification_token_of(plugin),
        privacy_url=settings.privacy_url,
        terms_url=settings.terms_url,
        support_url=settings.support_url,
    )


def logo_of(gateway: Gateway, plugin: str) -> Path:
    """The plugin's own `logo.png`, else one that stands for any."""
    own = Path(gateway.plugins[plugin].root_path) / "logo.png"
    return own if own.is_file() else DEFAULT_LOGO


def source_of(gateway: Gateway, plugin: str, door: Door, version: str = VERSION) -> Source:
    """What the package of a plugin is made from, for one door; its files are read now."""
    licence = Path(gateway.plugins[plugin].root_path) / "LICENSE"
    return Source(
        declaration=gateway.declarations[plugin],
        base=address_of(door, plugin),
        publisher=publisher_of(gateway, plugin),
        logo=logo_of(gateway, plugin).read_bytes(),
        licence=licence.read_bytes() if licence.is_file() else None,
        version=version,
    )


def package(source: Source) -> dict[str, bytes]:
    """The files of the package. Raises a 409 problem that names every limit in its way."""
    wrong = faults(source)
    if wrong:
        detail = f"There can be no package of {source.name}. {' '.join(wrong)}"
        raise Problem(409, "conflict", detail)
    return files(source)


def address_of(door: Door, plugin: str) -> str:
    """The plugin's address in a package; over plain HTTP as a path, because Agent Plugins 1.0 section
    7.2.1 takes `localhost` and no name below it.
    """
    base = door.base(plugin)
    return base if base.startswith("https://") else f"{door.root}/{plugin}"
