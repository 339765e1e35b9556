"""`flask user`: people with an account."""

from urllib.parse import urlencode

import click
from flask.cli import with_appcontext

from ..auth import accounts, invitations, sessions
from ..runtime import current_gateway
from .spoken import spoken


@click.group()
def user() -> None:
    """People with an account."""


@user.command()
@click.argument("email")
@with_appcontext
def add(email: str) -> None:
    """Make an account for EMAIL, without a password."""
    gateway = current_gateway()
    with spoken(), gateway.ledger.write() as connection:
        account = accounts.add(connection, email, most=gateway.settings.max_users)
    click.echo(
        f"{account.email} has an account now. Sign them in with: flask user link {account.email}"
    )


@user.command()
@click.argument("email")
@with_appcontext
def invite(email: str) -> None:
    """Print the address at which EMAIL makes an account, once, within seven days."""
    gateway = current_gateway()
    if gateway.settings.signup_mode == "closed":
        raise click.ClickException(
            f"SIGNUP is closed, so invitations open nothing. Use: flask user add {email}"
        )
    with spoken(), gateway.ledger.write() as connection:
        if accounts.is_full(connection, gateway.settings.max_users):
            raise click.ClickException(
                "There are as many accounts as MAX_USERS allows, so an invitation would open nothing."
            )
        secret = invitations.new(connection, email)
    click.echo(f"{gateway.doors.front.root}/signup?{urlencode({'invitation': secret})}")


@user.command()
@click.argument("email")
@with_appcontext
def link(email: str) -> None:
    """Print a link that signs EMAIL in, once, within the hour."""
    gateway = current_gateway()
    with spoken(), gateway.ledger.write() as connection:
        secret = sessions.new_link(connection, accounts.find(connection, email))
    click.echo(f"{gateway.doors.front.root}/login?{urlencode({'token': secret})}")
