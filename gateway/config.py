"""Every environment variable of the gateway, once: its name, its default, its meaning.

A value that cannot be right stops the boot with one sentence naming the variable.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from . import values
from .boot import BootError
from .declaration import SettingRow


class SettingError(BootError):
    """A setting that cannot be right. The message is one sentence: which, why, what to write."""


def _row(variable: str, default: Any, told: str, parse: Callable[[str], Any] = str) -> Any:
    return field(default=default, metadata={"variable": variable, "help": told, "parse": parse})


@dataclass(frozen=True)
class Settings:
    """The gateway's settings. Each row: the variable, its default, what it means, how it is read."""

    host: str = _row(
        "HOST",
        "localhost",
        "Address to listen on; 0.0.0.0 in the container, so that others reach it.",
    )
    port: int = _row("PORT", 8000, "Port to listen on.", values.port)
    workers: int = _row(
        "WEB_CONCURRENCY", 2, "Worker processes, each with 64 threads.", values.workers
    )
    base_url: str | None = _row(
        "BASE_URL",
        None,
        "Public root, such as https://plugins.example.com; a plugin is at"
        " https://<plugin>.plugins.example.com and https://plugins.example.com/<plugin>."
        " Without it only loopback hosts are answered, on any port.",
        values.origin,
    )
    allowed_hosts: tuple[str, ...] = _row(
        "ALLOWED_HOSTS",
        (),
        "More hosts to answer, in the path form, separated by commas: gateway:8000, or a tunnel's"
        " name; write https://name where the tunnel speaks HTTPS.",
        values.hosts,
    )
    data_dir: Path = _row(
        "DATA_DIR",
        Path("var"),
        "Folder of the ledger, the generated secret, indexes and notes.",
        Path,
    )
    secret_key: str | None = _row(
        "SECRET_KEY",
        None,
        "Signs forms; made once and kept in DATA_DIR. Required when DATABASE_URL is set, because then"
        " several machines must share it.",
    )
    database_url: str | None = _row(
        "DATABASE_URL",
        None,
        "The ledger, as postgresql+psycopg://user:password@host/name; SQLite in DATA_DIR without it.",
        values.database,
    )
    redis_url: str | None = _row(
        "REDIS_URL",
        None,
        "The cache and the rate limits, as redis://host:6379/0, shared by all workers and machines;"
        " in each process without it.",
        values.redis,
    )
    plugins: tuple[str, ...] = _row(
        "PLUGINS",
        (),
        "Which plugins to serve, separated by commas; all that are found without it.",
        values.listed,
    )
    plugins_dir: Path | None = _row(
        "PLUGINS_DIR",
        None,
        "A folder of more plugins, beside the samples. /plugins in the container.",
        Path,
    )
    trusted_proxies: int = _row(
        "TRUSTED_PROXIES",
        0,
        "How many proxies in front whose X-Forwarded-* headers count.",
        values.hops,
    )
    rate_limit: str = _row(
        "RATE_LIMIT",
        "60/minute",
        "Calls and pages for each caller and plugin. Callers without an account count by what the"
        " assistant says of them, inside ten times as many for each address; so do wrong service keys."
        " off to test.",
    )
    signup: str | None = _row(
        "SIGNUP",
        None,
        "Who may make an account: open, invite or closed; open without BASE_URL, else invite.",
        values.signup,
    )
    max_users: int | None = _row(
        "MAX_USERS", None, "How many accounts there may be; any number without it.", values.count
    )
    service_keys: tuple[tuple[str, str], ...] = _row(
        "SERVICE_KEYS",
        (),
        "Keys for plugins with ServiceKey(), as name:key,name:key; also <PLUGIN>_SERVICE_KEYS.",
        values.keys,
    )
    openai_verification_token: str | None = _row(
        "OPENAI_VERIFICATION_TOKEN",
        None,
        "The verification token in ai-plugin.json; also <PLUGIN>_OPENAI_VERIFICATION_TOKEN.",
    )
    openai_apps_challenge: str | None = _row(
        "OPENAI_APPS_CHALLENGE",
        None,
        "The token by which OpenAI verifies a host, served at /.well-known/openai-apps-challenge; also"
        " <PLUGIN>_OPENAI_APPS_CHALLENGE.",
    )
    mcp_server_card: bool = _row(
        "MCP_SERVER_CARD",
        False,
        "Whether to serve MCP server cards, which are experimental, and a catalogue of them.",
        values.boolean,
    )
    mcp_lenient: bool = _row(
        "MCP_LENIENT",
        False,
        "Whether to take MCP 2026-07-28 requests of ChatGPT that lack what the protocol demands in"
        " _meta.",
        values.boolean,
    )
    publisher_name: str = _row(
        "PUBLISHER_NAME", "The publisher of this gateway", "Who publishes the plugins."
    )
    contact_email: str | None = _row(
        "CONTACT_EMAIL",
        None,
        "Address for questions, on the domain of BASE_URL; contact@<host> without it.",
    )
    legal_url: str | None = _row(
        "LEGAL_URL",
        None,
        "Legal notice, on the domain of BASE_URL; a page of the plugin without it.",
    )
    privacy_url: str | None = _row(
        "PRIVACY_URL", None, "Privacy policy; a page of the plugin without it."
    )
    terms_url: str | None = _row("TERMS_URL", None, "Terms of use; not shown without it.")
    support_url: str | None = _row(
        "SUPPORT_URL", None, "Where users get help; not shown without it."
    )
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read every row from `environ` (the process's own by default); an empty value is none."""
        environ = os.environ if environ is None else environ
        given = {
            row.name: _parsed(row.metadata["variable"], environ, row.metadata["parse"])
            for row in rows()
            if environ.get(row.metadata["variable"])
        }
        settings = cls(**given, environ=environ)
        if settings.database_url and not settings.secret_key:
            raise SettingError(
                "SECRET_KEY must be set when DATABASE_URL is, so that all machines share it. Make one"
                " with: openssl rand -hex 32"
            )
        return settings

    @property
    def is_local(self) -> bool:
        """True without a public address: only loopback hosts are answered, over plain HTTP."""
        return self.base_url is None

    @property
    def signup_mode(self) -> str:
        """Who may make an account: everybody ("open"), who is invited ("invite"), nobody ("closed")."""
        is_reached = any(host.startswith("https://") for host in self.allowed_hosts)  # by a tunnel
        return self.signup or ("open" if self.is_local and not is_reached else "invite")

    def of_plugin(self, plugin: str, row: SettingRow) -> Any:
        """A plugin's own setting, of the type of its default."""
        variable = f"{plugin.upper()}_{row.name}"
        text = self.environ.get(variable)
        if not text:
            return row.default
        return _parsed(variable, self.environ, _parser_like(row))

    def service_keys_of(self, plugin: str) -> tuple[tuple[str, str], ...]:
        """The keys that open `plugin`: those of all plugins and its own."""
        own = f"{plugin.upper()}_SERVICE_KEYS"
        return self.service_keys + (
            _parsed(own, self.environ, values.keys) if self.environ.get(own) else ()
        )

    def check_plugin(self, plugin: str, rows: Iterable[SettingRow]) -> None:
        """Read all that is set for a plugin once, so that a mistake stops the boot and not a call."""
        self.service_keys_of(plugin)
        for row in rows:
            self.of_plugin(plugin, row)

    def make_data_dir(self) -> None:
        """Make `DATA_DIR` where it is missing. Raises `SettingError` where it cannot be."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(
                f"DATA_DIR cannot be used: {error}. Name a folder that can be written to."
            ) from error

    def verification_token_of(self, plugin: str) -> str | None:
        """What OpenAI gave out for the manifest of `plugin`."""
        return self._own(plugin, "OPENAI_VERIFICATION_TOKEN") or self.openai_verification_token

    def apps_challenge_of(self, plugin: str) -> str | None:
        """What OpenAI gave out for the host of `plugin`."""
        return self._own(plugin, "OPENAI_APPS_CHALLENGE") or self.openai_apps_challenge

    def _own(self, plugin: str, name: str) -> str:
        """What is set for one plugin alone; empty where nothing is. Read as the rows above are."""
        return self.environ.get(f"{plugin.upper()}_{name}", "").strip()


def rows() -> list[Field[Any]]:
    """The dataclass fields that are settings: what `docs/configuration.md` must list."""
    return [row for row in fields(Settings) if row.metadata]


def _parsed(variable: str, environ: Mapping[str, str], parse: Callable[[str], Any]) -> Any:
    try:
        return parse(environ[variable].strip())
    except ValueError as error:
        raise SettingError(f"{variable} cannot be read: {error}.") from error


def _parser_like(row: SettingRow) -> Callable[[str], Any]:
    if isinstance(row.default, bool):
        return values.boolean
    return Path if isinstance(row.default, Path) else cast(Callable[[str], Any], type(row.default))
