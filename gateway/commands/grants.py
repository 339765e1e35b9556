"""`flask grants`: what people allowed assistants to do."""

import click
from flask.cli import with_appcontext

from ..auth import accounts
from ..auth import grants as granted
from ..runtime import current_gateway
from .spoken import plugin_named, spoken


@click.group()
def grants() -> None:
    """Links between people and assistants."""


@grants.command("list")
@click.option("--user", "email", help="Only those of one person.")
@click.option("--plugin", help="Only those for one plugin.")
@with_appcontext
def list_grants(email: str | None, plugin: str | None) -> None:
    """Print id, person, plugin, assistant, scopes, begin and last renewal, separated by tabs."""
    gateway = current_gateway()
    if plugin is not None:
        plugin_named(gateway, plugin)
    with spoken(), gateway.ledger.read() as connection:
        account = accounts.find(connection, email) if email else None
        found = granted.working(connection, account.id if account else None, plugin)
    for owner, each in found:
        days = (f"{moment:%Y-%m-%d}" for moment in (each.created_at, each.renewed_at))
        scopes = " ".join(each.scopes)
        click.echo("\t".join((each.id, owner, each.plugin, each.client_name, scopes, *days)))


@grants.command()
@click.argument("grant_ids", metavar="ID...", nargs=-1, required=True)
@with_appcontext
def revoke(grant_ids: tuple[str, ...]) -> None:
    """End the links with these IDs: their tokens work no more, at once."""
    with spoken(), current_gateway().ledger.write() as connection:
        unknown = [each for each in grant_ids if not granted.end(connection, each)]
        if unknown:
            raise click.ClickException(
                f"There is no link {', '.join(unknown)}, and none was ended. See those there are with:"
                " flask grants list"
            )
    click.echo(f"Ended {', '.join(grant_ids)}.")
