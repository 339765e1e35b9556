"""`/package.zip`: what assistants install, for the address at which it is asked for."""

from pathlib import Path

from flask import Flask

from ..documents.openapi import VERSION
from ..documents.package.archive import archive
from ..documents.package.files import files
from ..documents.package.limits import faults
from ..documents.package.source import Source
from ..errors import Problem
from ..hosts import Door
from ..runtime import Gateway
from .documents import publisher_of
from .prepared import Document, document, prepared

DEFAULT_LOGO = Path(__file__).parent.parent / "console" / "static" / "logo.png"


def install(app: Flask, gateway: Gateway, name: str) -> None:
    """Give a plugin the address of its package."""

    def made(door: Door) -> Document:
        body = archive(package(source_of(gateway, name, door)))
        attachment = f'attachment; filename="{name}.zip"'
        return document(body, "application/zip", content_disposition=attachment)

    path = f"/{name}/package.zip"
    app.add_url_rule(path, endpoint=f"document:{path}", view_func=prepared(made))


def package(source: Source) -> dict[str, bytes]:
    """The files of the package. Raises a 409 problem that names every limit in its way."""
    wrong = faults(source)
    if wrong:
        detail = f"There can be no package of {source.name}. {' '.join(wrong)}"
        raise Problem(409, "conflict", detail)
    return files(source)


def source_of(gateway: Gateway, name: str, door: Door, version: str = VERSION) -> Source:
    """What the package of a plugin is made from, for one door; its files are read now."""
    folder = Path(gateway.plugins[name].root_path)
    logo = _content(folder / "logo.png")
    return Source(
        declaration=gateway.declarations[name],
        base=_base(door, name),
        publisher=publisher_of(gateway, name),
        logo=DEFAULT_LOGO.read_bytes() if logo is None else logo,
        licence=_content(folder / "LICENSE"),
        version=version,
    )


def _base(door: Door, name: str) -> str:
    """The plugin's address; over plain HTTP as a path, because Agent Plugins 1.0 section 7.2.1 takes
    `localhost` and no name below it.
    """
    base = door.base(name)
    return base if base.startswith("https://") else f"{door.root}/{name}"


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
