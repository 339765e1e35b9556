"""What an operation sees of the call it runs in: `caller` and `ledger`, without any HTTP.

Both are stand-ins for the values of the current call, so that a plugin imports them once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection
from werkzeug.local import LocalProxy

from .declaration import SettingRow

if TYPE_CHECKING:
    from .config import Settings
    from .hosts import Door
    from .storage.cache import Cache


# The path of a page inside its plugin: from the plugin, the endpoint, and the values in its path.
PagePath = Callable[[str, str, Mapping[str, object]], str]


@dataclass(frozen=True)
class Caller:
    """Who is calling, as far as is known. Only `id` and `scopes` may decide what is allowed.

    `id` is the person's account, `service:<name>` for a service key, None for anybody. `client` is
    the assistant a token was made for, `client_name` what it is called. The rest are hints that the
    assistant sends and may invent: `region` (ISO 3166-2, "US-CA"), `time_zone` (IANA), `locale`
    (BCP 47), `conversation`. `confirmation_id` names the confirmation under which an action runs: a
    key for its effect elsewhere that is the same on every repeat.
    """

    id: str | None = None
    scopes: frozenset[str] = frozenset()
    client: str | None = None
    client_name: str | None = None
    region: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    conversation: str | None = None
    confirmation_id: str | None = None

    @property
    def principal(self) -> str:
        """Whose actions these are. What anybody asked for is whose knows its id: 128 random bits."""
        return self.id or "anybody"


@dataclass(frozen=True)
class CallContext:
    """Everything that belongs to the current call.

    `connection` begins its transaction on first use. `address` is the network address of whoever
    called, for limits and the audit trail only.
    """

    plugin: str
    caller: Caller
    door: "Door"
    connection: Callable[[], Connection]
    settings: "Settings"
    cache: "Cache"
    page_path: PagePath
    address: str = ""

    def data_dir(self, plugin: str) -> Path:
        """The folder of a plugin's own, made when it is missing."""
        folder = self.settings.data_dir.resolve() / plugin
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def url(self, plugin: str, endpoint: str, values: Mapping[str, object]) -> str:
        """The absolute address of a plugin's page, in the form the call came through."""
        return self.door.base(plugin) + self.page_path(plugin, endpoint, values)


_current: ContextVar[CallContext] = ContextVar("call")


def current_call() -> CallContext:
    """The current call; outside of one, a RuntimeError that says so."""
    try:
        return _current.get()
    except LookupError:
        raise RuntimeError(
            "There is no call here. `caller`, `ledger`, settings and addresses exist only while an"
            " operation or a page runs; pass values in when you call the function from elsewhere."
        ) from None


class Setting:
    """A value that the person who runs the gateway may set, read from `<PLUGIN>_<NAME>`."""

    def __init__(self, plugin: str, row: SettingRow) -> None:
        self._plugin = plugin
        self._row = row

    @property
    def value(self) -> Any:
        """The value for the running app, of the default's type. Only inside a call."""
        return current_call().settings.of_plugin(self._plugin, self._row)


@contextmanager
def entered(context: CallContext) -> Iterator[CallContext]:
    """Make `context` the current call for the length of a `with` block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


caller = cast(Caller, LocalProxy(lambda: current_call().caller))
ledger = cast(Connection, LocalProxy(lambda: current_call().connection()))
