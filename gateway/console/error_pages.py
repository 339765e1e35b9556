"""Errors on addresses that people open, and what is shown of a private page before signing in."""

from http import HTTPStatus

from flask import Response, make_response, render_template, request
from werkzeug.exceptions import default_exceptions

from ..errors import Problem
from ..plugin import Plugin
from ..runtime import current_door
from .door import addressed_plugin, path_form
from .sign_in import sign_in_path
from .site import private

TITLES = {
    403: ("This is not allowed", "不允许这样做"),
    404: ("There is no such page", "没有这个页面"),
    405: ("This page takes no such request", "此页面不接受这种请求"),
    410: ("This is no longer here", "此内容已失效"),
    429: ("Too many requests", "请求过于频繁"),
    500: ("Something went wrong here", "这里出了点问题"),
    503: ("Not available just now", "暂时无法使用"),
}
# Of the addresses of a plugin, those that people open; and all below `/pages/`.
PAGES = ("", "/", "/oauth/authorize")
OTHER = ("This did not work", "操作未成功")


def error_page(problem: Problem) -> Response | None:
    """The page for `problem`; None on an address that is no page, where problem+json is right."""
    plugin = addressed_plugin()
    is_for_a_call = "gateway.call" in request.environ  # then no person reads it
    if is_for_a_call or not _is_page(plugin):
        return None
    if plugin and problem.status == HTTPStatus.UNAUTHORIZED:
        return private(_preview(plugin))
    html = render_template(
        "error.html",
        plugin=plugin and plugin.declaration,
        titles=TITLES.get(problem.status, OTHER),
        detail=_told(problem),
        status=problem.status,
    )
    response = make_response(html, problem.status)
    response.headers.update(problem.headers)
    return private(response)


def _is_page(plugin: Plugin | None) -> bool:
    """Whether people open this address: a plugin's own page and those below `pages/`; at the root,
    whatever is asked for by a client that would rather have HTML than JSON."""
    if plugin is None:
        wanted = request.accept_mimetypes
        return bool(wanted["text/html"] > wanted["application/json"])
    inside = request.path.removeprefix(f"/{plugin.name}")
    return inside in PAGES or inside.startswith("/pages/")


def _preview(plugin: Plugin) -> Response:
    """200, so that a link in a chat gets a preview; it says whose page it is and nothing more."""
    door = current_door()
    elsewhere = door.root + path_form() if door.plugin else None
    sign_in = door.root + sign_in_path(path_form())
    return make_response(
        render_template(
            "preview.html", plugin=plugin.declaration, sign_in=sign_in, elsewhere=elsewhere
        )
    )


def _told(problem: Problem) -> str | None:
    """What the problem says for itself; nothing where that is only Werkzeug's general text."""
    usual = default_exceptions.get(problem.status)
    general = " ".join((usual.description or "").split()) if usual else ""
    return None if problem.detail == general else problem.detail
