"""`flask audit`: what became of every action, and whether the trail of it is whole."""

import re

import click
from flask.cli import with_appcontext

from ..audit import reading
from ..audit.trail import Head, spelled
from ..audit.verify import Broken
from ..audit.verify import verify as proved
from ..auth import accounts
from ..runtime import current_gateway
from .spoken import spoken

HEAD = re.compile(r"([0-9]{1,10}):([0-9a-f]{64})")


def _head(_: click.Context, __: click.Parameter, text: str | None) -> Head | None:
    found = HEAD.fullmatch(text or "")
    if text and found is None:
        raise click.BadParameter("Copy it from the log, where it stands behind: audit head")
    return Head(int(found[1]), found[2]) if found else None


@click.group()
def audit() -> None:
    """The trail of what became of every action."""


@audit.command()
@click.option("--head", metavar="SEQ:HASH", callback=_head, help="A head that was logged earlier.")
@with_appcontext
def verify(head: Head | None) -> None:
    """Check that no row was changed, inserted or deleted since it was written."""
    with spoken():
        try:
            end = proved(current_gateway().ledger, head)
        except Broken as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{end.seq} rows, head {end}")


@audit.command("list")
@click.option("--user", "email", help="Only those of one person.")
@click.option("--confirmation", "confirmation_id", help="Only those of one action.")
@with_appcontext
def list_rows(email: str | None, confirmation_id: str | None) -> None:
    """Print number, moment, person, plugin, operation, edge, actor, assistant, network and
    confirmation, separated by tabs, oldest first."""
    ledger, principal = current_gateway().ledger, None
    with spoken():
        if email is not None:
            with ledger.read() as connection:
                principal = accounts.find(connection, email).id
        found = reading.rows(ledger, principal=principal, confirmation_id=confirmation_id)
        for row in found:
            click.echo("\t".join(_columns(row)))


def _columns(row: reading.Row) -> tuple[str, ...]:
    told = (row.seq, spelled(row.at), row.principal, row.plugin, row.operation, row.edge, row.actor)
    return (*map(str, told), row.client or "", row.network or "", row.confirmation_id)
