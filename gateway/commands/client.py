"""`flask client`: programs that whoever runs the gateway lets in, without registering themselves."""

import click
from flask.cli import with_appcontext

from ..authorization import clients
from ..authorization.client_names import LONGEST, cleaned
from ..authorization.errors import OAuthError
from ..authorization.redirect_uris import redirect_uris
from ..runtime import current_gateway
from .spoken import plugin_named, spoken


@click.group()
def client() -> None:
    """Programs that people may link accounts with."""


@client.command()
@click.argument("name")
@click.option("--plugin", required=True, help="The one plugin that it may ask for.")
@click.option(
    "--redirect-uri",
    "uris",
    multiple=True,
    required=True,
    help="Where answers go, to the letter; may be repeated. That of ChatGPT in 2023 was like"
    " https://chat.openai.com/aip/plugin-<id>/oauth/callback.",
)
@click.option(
    "--exchange", type=click.Choice(["2023"]), help="For ai-plugin.json of 2023: without PKCE."
)
@click.option("--public", is_flag=True, help="For a program that can keep no secret.")
@with_appcontext
def add(name: str, plugin: str, uris: tuple[str, ...], exchange: str | None, public: bool) -> None:
    """Let a program in that people are shown as NAME. Its secret is printed now or never."""
    gateway = current_gateway()
    if not plugin_named(gateway, plugin).linking:
        raise click.ClickException(f"{plugin} links no accounts: no auth of it is OAuth(...).")
    if exchange and public:
        raise click.ClickException(
            "The exchange of 2023 proves nothing without a secret. Leave out --public."
        )
    _refuse_name(name)
    addresses = _addresses(uris)
    with spoken(), gateway.ledger.write() as connection:
        added, secret = clients.add(
            connection,
            plugin,
            name,
            addresses,
            auth_method=clients.PUBLIC if public else "client_secret_post",
            needs_pkce=exchange is None,
            is_predefined=True,
        )
    click.echo(f"client_id={added.id}")
    if secret:
        click.echo(f"client_secret={secret}")


@client.command("list")
@click.option("--plugin", help="Those of one plugin.")
@with_appcontext
def list_clients(plugin: str | None) -> None:
    """Print id, plugin, kind, name and redirect URIs of every client, separated by tabs."""
    gateway = current_gateway()
    if plugin is not None:
        plugin_named(gateway, plugin)
    with spoken(), gateway.ledger.read() as connection:
        for name, each in clients.all_of(connection, plugin):
            addresses = " ".join(each.redirect_uris)
            click.echo("\t".join((each.id, name, _kind(each), each.name, addresses)))


@client.command()
@click.argument("client_id", metavar="ID")
@with_appcontext
def remove(client_id: str) -> None:
    """Forget the client ID, and end what people allowed it, at once."""
    with spoken(), current_gateway().ledger.write() as connection:
        was_there = clients.remove(connection, client_id)
    if not was_there:
        raise click.ClickException(
            f"There is no client {client_id}. See them with: flask client list"
        )
    click.echo(f"{client_id} is removed, and with it every link to it.")


def _kind(each: clients.Client) -> str:
    """How a client came, and what it need not prove."""
    words = ["added" if each.is_predefined else "registered"]
    words += ["public"] if each.secret_hash is None else []
    words += [] if each.needs_pkce else ["2023"]
    return ",".join(words)


def _refuse_name(name: str) -> None:
    if not name or cleaned(name, "") != name:
        raise click.ClickException(
            f"Give the program a name: one line of at most {LONGEST} characters, which people are shown."
        )


def _addresses(uris: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return redirect_uris(list(uris))
    except OAuthError as error:
        raise click.ClickException(error.description) from error
