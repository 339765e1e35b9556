"""`flask token`: bearer tokens made by hand, for scripts and assistants that cannot sign in."""

from datetime import timedelta

import click
from flask.cli import with_appcontext

from ..auth import accounts, grants, tokens
from ..declaration import Declaration
from ..runtime import current_gateway
from .spoken import plugin_named, spoken


@click.group()
def token() -> None:
    """Bearer tokens."""


@token.command()
@click.option("--user", "email", required=True, help="The person whom the token stands for.")
@click.option("--plugin", required=True, help="The one plugin that the token opens.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="What it allows; may be repeated.",
)
@click.option(
    "--client", default="command line", show_default=True, help="The assistant that uses it."
)
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="Lifetime."
)
@with_appcontext
def issue(email: str, plugin: str, scopes: tuple[str, ...], client: str, days: int) -> None:
    """Print a new token, alone on its line. It is shown now or never."""
    gateway = current_gateway()
    declaration = plugin_named(gateway, plugin)
    if len(client) > 200:
        raise click.ClickException("The name of a client has at most 200 characters.")
    allowed = _allowed(declaration, scopes)
    with spoken(), gateway.ledger.write() as connection:
        account = accounts.find(connection, email)
        lifetime = timedelta(days=days)
        secret = tokens.issue(
            connection, account, plugin, allowed, client=client, lifetime=lifetime
        )
    click.echo(secret)


@token.command()
@click.option("--user", "email", required=True, help="Whose tokens.")
@click.option("--plugin", required=True, help="For which plugin.")
@with_appcontext
def revoke(email: str, plugin: str) -> None:
    """Make all tokens of a person for a plugin useless, at once."""
    with spoken(), current_gateway().ledger.write() as connection:
        gone = grants.revoke_all(connection, accounts.find(connection, email).id, plugin)
    click.echo(f"{email} had {gone} token(s) for {plugin}; none of them works any more.")


def _allowed(declaration: Declaration, asked: tuple[str, ...]) -> tuple[str, ...]:
    if not declaration.knows_persons:
        raise click.ClickException(
            f"{declaration.name} takes no tokens: its auth does not identify a person."
        )
    scopes = declaration.linking.scopes if declaration.linking else declaration.auth.scopes
    for scope in asked:
        if scope not in scopes:
            known = ", ".join(scopes) or "none"
            raise click.ClickException(f"{declaration.name} has no scope {scope}. It has: {known}.")
    return asked or scopes
