"""The factory: settings, storage, plugins, routes. It knows everyone, and nobody knows it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from . import console, discovery, health
from .authorization.client_documents import ClientDocuments
from .authorization.clients import Clients
from .authorization.outward import Outward
from .authorization.server import AuthorizationServer
from .commands import install as install_commands
from .config import SettingError, Settings
from .confirmations.approvals import Approvals
from .confirmations.operations import with_confirmations
from .console.error_pages import error_page
from .context import PagePath
from .declaration import DeclarationError
from .documents.publisher import same_domain
from .errors import Problem, from_http_exception, internal_error
from .hosts import Doors, HostStep, in_the_form_asked
from .limits import RateLimits
from .packaging import publisher_of
from .pipeline import Pipeline
from .plugin import Plugin
from .runtime import Gateway, current_door
from .storage import patience
from .storage.cache import cache_for
from .storage.ledger import Ledger
from .storage.migration import History, LedgerError, upgrade
from .storage.secret import secret_key
from .transports import documents, known_host, rest, well_known
from .transports.mcp import install as mcp
from .transports.oauth import metadata, register, token
from .transports.origins import ASSISTANTS, LOOPBACK_ORIGIN
from .transports.strict_json import LARGEST

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CONSOLE = Path(__file__).parent / "console"
SAMPLES = Path(__file__).parent.parent / "plugins"

# On a developer's machine, pages may call from any port of it.
LOCAL_ORIGINS = [rf"^{LOOPBACK_ORIGIN.pattern}\Z"]
ALLOWED_HEADERS = (
    "Accept-Language Authorization Content-Type Idempotency-Key MCP-Protocol-Version Mcp-Method"
    " Mcp-Name Mcp-Session-Id"
).split()
API_PATHS = r"^/[a-z][a-z0-9]*/(?!pages/|\Z)"


def create_app(
    environ: Mapping[str, str] | None = None, *, plugin_dirs: Iterable[Path] | None = None
) -> Flask:
    """A gateway as a Flask app, from environment variables (the process's own by default).

    `plugin_dirs` are the folders of plugins; by default the samples and `PLUGINS_DIR`. Raises
    `SettingError`, `DeclarationError` or `LedgerError`, each one sentence, when it cannot start.
    """
    settings = Settings.from_environ(environ)
    settings.make_data_dir()
    app = Flask(
        "gateway", static_folder=CONSOLE / "static", template_folder=str(CONSOLE / "templates")
    )
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = LARGEST  # of forms; operations have a reader of their own
    gateway = _assemble(app, settings, _plugins(settings, plugin_dirs))
    app.extensions["gateway"] = gateway
    try:
        _add_routes(app, gateway)
    except DeclarationError:
        gateway.ledger.close()
        raise
    _add_error_handlers(app)
    _add_front(app, gateway)
    install_commands(app)
    return app


def _plugins(settings: Settings, plugin_dirs: Iterable[Path] | None) -> list[Plugin]:
    if settings.plugins_dir and not settings.plugins_dir.is_dir():
        raise SettingError(f"PLUGINS_DIR is {settings.plugins_dir}, and there is no such folder.")
    if plugin_dirs is None:
        plugin_dirs = filter(None, (SAMPLES, settings.plugins_dir))
    plugins = discovery.find(plugin_dirs, settings.plugins)
    for plugin in plugins:
        settings.check_plugin(plugin.name, plugin.declaration.settings)
    return plugins


def _assemble(app: Flask, settings: Settings, plugins: list[Plugin]) -> Gateway:
    ledger = _ledger(settings, plugins)
    cache = cache_for(settings)
    limits, secret = RateLimits(settings), secret_key(settings)
    pipeline = Pipeline(settings, ledger, cache, limits, _page_path(app))
    clients = Clients(ledger, ClientDocuments(cache, Outward().get_json))
    names = [plugin.name for plugin in plugins]
    declared = {plugin.name: plugin.declaration for plugin in plugins}
    approvals = Approvals(declared, ledger, pipeline.context)
    return Gateway(
        settings=settings,
        secret=secret,
        plugins={plugin.name: plugin for plugin in plugins},
        declarations={name: with_confirmations(each, approvals) for name, each in declared.items()},
        doors=Doors(settings, names),
        ledger=ledger,
        cache=cache,
        pipeline=pipeline,
        approvals=approvals,
        authorization=AuthorizationServer(ledger, secret, clients, limits),
    )


def _ledger(settings: Settings, plugins: list[Plugin]) -> Ledger:
    ledger = Ledger(settings)
    try:
        upgrade(ledger, [_history(plugin) for plugin in plugins if plugin.metadata.tables])
    except Problem as problem:
        ledger.close()
        raise LedgerError(
            "The ledger cannot be reached. Start PostgreSQL or correct DATABASE_URL; without it, see"
            " that DATA_DIR can be written to and that no other process holds it."
        ) from problem
    except Exception:
        ledger.close()
        raise
    return ledger


def _history(plugin: Plugin) -> History:
    return History(plugin.name, Path(plugin.root_path) / "migrations", plugin.metadata)


def _page_path(app: Flask) -> PagePath:
    addresses = app.url_map.bind("localhost")

    def page_path(plugin: str, endpoint: str, values: Mapping[str, object]) -> str:
        return addresses.build(f"{plugin}.{endpoint}", values).removeprefix(f"/{plugin}")

    return page_path


WAYS_IN = (
    health.install,
    console.install,
    rest.install,
    documents.install,
    mcp.install,
    well_known.install,
    metadata.install,
    register.install,
    token.install,
    known_host.install,
)


def _add_routes(app: Flask, gateway: Gateway) -> None:
    """Add all addresses. Raises `DeclarationError` where two things want one, or a setting is wrong."""
    if gateway.settings.base_url:
        for name in gateway.declarations:
            same_domain(publisher_of(gateway, name), gateway.settings.base_url)
    for install in WAYS_IN:
        install(app, gateway)
    _add_pages(app, gateway.plugins.values())


def _add_pages(app: Flask, plugins: Iterable[Plugin]) -> None:
    """Add the plain routes of plugins. Raises `DeclarationError` for one that is taken already."""
    taken = {address for rule in app.url_map.iter_rules() for address in _addresses(rule)}
    for plugin in plugins:
        app.register_blueprint(plugin, url_prefix=f"/{plugin.name}")
    for rule in app.url_map.iter_rules():
        plugin_name = rule.endpoint.partition(".")[0]
        if plugin_name in app.blueprints and not taken.isdisjoint(_addresses(rule)):
            raise DeclarationError(
                f"{plugin_name}: its page {rule.rule} has the address of an operation or of the"
                " gateway. Choose another path for the page."
            )


def _addresses(rule: Rule) -> set[tuple[str, str]]:
    return {(rule.rule, method) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def _add_error_handlers(app: Flask) -> None:
    def show(problem: Problem) -> Response:
        return error_page(problem) or rest.refuse(problem)

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return show(error)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return show(from_http_exception(error))

    @app.errorhandler(Exception)
    def failure(error: Exception) -> Response:
        app.logger.error("A page failed", exc_info=error)
        return show(internal_error())


def _keep_door_in_redirects(response: Response) -> Response:
    if response.location:
        response.location = in_the_form_asked(response.location, current_door())
    return response


def _call_preflights_plain(response: Response) -> Response:
    """An answer to OPTIONS is empty, and Flask would call that HTML."""
    if request.method == "OPTIONS":
        response.content_type = "text/plain"
    return response


def _add_front(app: Flask, gateway: Gateway) -> None:
    """What stands before the routes: trusted proxies, then hosts, then who may call from a browser."""
    settings = gateway.settings
    app.after_request(_keep_door_in_redirects)
    app.after_request(_call_preflights_plain)
    CORS(
        app,
        resources={
            API_PATHS: {"origins": [*ASSISTANTS] + (LOCAL_ORIGINS if settings.is_local else [])},
            well_known.OPEN_PATHS: well_known.FROM_ANY_PAGE,
            metadata.OPEN_PATHS: metadata.FROM_ANY_CLIENT,
        },
        methods=["GET", "POST"],
        always_send=False,
        allow_headers=ALLOWED_HEADERS,
        expose_headers=["Idempotency-Replayed", "Retry-After", "WWW-Authenticate"],
        max_age=600,
    )
    front: WSGIApplication = patience.lasting()(HostStep(app.wsgi_app, gateway.doors))
    hops = settings.trusted_proxies
    if hops:
        front = ProxyFix(front, x_for=hops, x_proto=hops, x_host=hops)
    app.wsgi_app = front  # type: ignore[assignment, method-assign]
