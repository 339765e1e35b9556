"""What the gateway says when it starts: where it is and, on one machine, how to get in."""

from datetime import timedelta

from sqlalchemy import Connection

from ..auth import accounts, sessions, tokens
from ..auth.accounts import LOCAL_EMAIL, Account, AccountError
from ..declaration import Declaration
from ..runtime import Gateway
from .shell import VARIABLE, flask_command, showcase

TOKEN_LIFETIME = timedelta(days=30)
CLIENT = "local"
SERVERS_SHOWN = 10


def welcome(gateway: Gateway) -> str:
    """The text for the log. To be called once, before there are workers: without a public address it
    makes a sign-in link and, on the very first start, the local account and its tokens."""
    root = gateway.doors.front.root
    lines = [f"The gateway is at {root}", *_servers(gateway)]
    if gateway.settings.is_local:
        with gateway.ledger.write() as connection:
            lines += _local(gateway, connection)
    return "\n".join(lines)


def _servers(gateway: Gateway) -> list[str]:
    """The addresses to give to assistants, while they fit on a screen."""
    roots = list(dict.fromkeys((gateway.doors.front.root, *gateway.doors.public_roots)))
    found = [f"  {root}/{name}/mcp" for root in roots for name in gateway.declarations]
    more = len(found) - SERVERS_SHOWN
    rest = [f"  and {more} more: see {roots[0]}"] if more > 0 else []
    return ["", "Connect an assistant (MCP):", *found[:SERVERS_SHOWN], *rest] if found else []


def _local(gateway: Gateway, connection: Connection) -> list[str]:
    if accounts.any_exists(connection):
        return _again(gateway, connection)
    try:
        account = accounts.add(connection, LOCAL_EMAIL)
    except AccountError:  # another gateway on the same ledger was a moment faster
        return _again(gateway, connection)
    issued = {
        each.name: _issue(connection, account, each)
        for each in gateway.declarations.values()
        if each.auth.names_a_person
    }
    return [*_link(gateway, connection, account), *_lines_to_try(gateway, issued)]


def _again(gateway: Gateway, connection: Connection) -> list[str]:
    """Tokens are shown once. A later start says how to make more."""
    lines = _lines_to_try(gateway, {})
    try:
        account = accounts.find(connection, LOCAL_EMAIL)
    except AccountError:
        return [*lines, "", f"A sign-in link: {flask_command()} user link EMAIL"]
    command = f"{flask_command()} token issue --user {LOCAL_EMAIL} --plugin NAME"
    return [*_link(gateway, connection, account), *lines, "", f"A new token: {command}"]


def _link(gateway: Gateway, connection: Connection, account: Account) -> list[str]:
    secret = sessions.new_link(connection, account)
    address = f"{gateway.doors.front.root}/login?token={secret}"
    return ["", f"Sign in as {account.email}, once, within the hour:", f"  {address}"]


def _lines_to_try(gateway: Gateway, issued: dict[str, str]) -> list[str]:
    """A line for each plugin that can be called with what is at hand: nothing, or a new token."""
    lines = [
        line
        for each in gateway.declarations.values()
        if (line := _line(gateway, each, issued.get(each.name)))
    ]
    days = f" (the tokens are good for {TOKEN_LIFETIME.days} days and shown only now)"
    return ["", f"Try it{days if issued else ''}:", *lines] if lines else []


def _line(gateway: Gateway, declaration: Declaration, token: str | None) -> str | None:
    base = gateway.doors.front.base(declaration.name)
    if token is None:
        line = showcase(declaration, base)
        return f"  {line}" if line and VARIABLE not in line else None
    line = showcase(declaration, base, token)
    return f"  {line}" if line else f"  {declaration.name}: {token}"


def _issue(connection: Connection, account: Account, declaration: Declaration) -> str:
    scopes = declaration.auth.scopes
    return tokens.issue(
        connection, account, declaration.name, scopes, client=CLIENT, lifetime=TOKEN_LIFETIME
    )
