"""`flask plugin`: what is served, and packages to install or to submit."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from ..documents.openapi import VERSION
from ..documents.package.archive import archive
from ..documents.package.checks import left_out
from ..documents.package.source import Source
from ..hosts import Door
from ..packaging import address_of, package, source_of
from ..runtime import Gateway, current_gateway
from .export import add_to_marketplace, write_archive
from .spoken import plugin_named, spoken

HOLDS_NO_CREDENTIAL = (
    "Calling this plugin takes a key, and a package carries none. Add it to assistants by its address"
    " and the key: docs/connect.md."
)


@click.group()
def plugin() -> None:
    """Plugins and their packages."""


@plugin.command("list")
@with_appcontext
def list_plugins() -> None:
    """Print name, title and MCP address of every plugin, a line each, separated by tabs."""
    gateway = current_gateway()
    for name, declaration in gateway.declarations.items():
        address = address_of(_door(gateway, name, path_form=False), name)
        click.echo(f"{name}\t{declaration.title}\t{address}/mcp")


@plugin.command()
@click.argument("name")
@click.option("--to", type=click.Path(path_type=Path), help="The ZIP to write.  [NAME.zip]")
@click.option("--version", default=VERSION, show_default=True, help="New for each submission.")
@click.option(
    "--marketplace",
    type=click.Path(path_type=Path),
    help="A folder to add the unpacked package to, for assistants on this machine.",
)
@click.option("--path-form", is_flag=True, help="Name the plugin as a path, not as a host.")
@with_appcontext
def export(
    name: str, to: Path | None, version: str, marketplace: Path | None, path_form: bool
) -> None:
    """Write the package of plugin NAME, for the address that BASE_URL says."""
    gateway = current_gateway()
    plugin_named(gateway, name)
    with spoken():
        source = source_of(gateway, name, _door(gateway, name, path_form=path_form), version)
        files = package(source)
    written = []
    if to or not marketplace:
        written.append(write_archive(name, archive(files), to or Path(f"{name}.zip")))
    if marketplace:
        written.append(add_to_marketplace(source, files, marketplace))
    _tell(source, written)


def _door(gateway: Gateway, name: str, *, path_form: bool) -> Door:
    """The host form where there is one: whoever verifies a domain looks at no path."""
    front = gateway.doors.front
    if path_form or gateway.settings.is_local:
        return front
    return gateway.doors.host_form(front.root, name) or front


def _tell(source: Source, written: list[Path]) -> None:
    for each in left_out(source):
        click.echo(each, err=True)
    for path in written:
        click.echo(f"Wrote {path}, for {source.mcp_url}")
    if source.takes_a_key:
        click.echo(HOLDS_NO_CREDENTIAL, err=True)
