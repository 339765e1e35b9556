"""Adds the pages to an app whose `extensions["gateway"]` is there."""

from functools import partial

from flask import Flask

from ..runtime import Gateway
from . import (
    account,
    account_forms,
    actions_page,
    authorize,
    confirmation_page,
    consent,
    headers,
    login,
    page_call,
    pages,
    plugin_pages,
    sign_in,
    sign_up,
    templating,
)

ROOT_PAGES = (
    ("/", "GET", pages.catalogue),
    ("/account", "GET", account.show_account),
    ("/account/actions", "GET", actions_page.show_actions),
    ("/account/actions.json", "GET", actions_page.export_actions),
    ("/account/delete", "POST", account_forms.delete_account),
    ("/account/password", "POST", account_forms.change_password),
    ("/account/revoke", "POST", account_forms.revoke_grant),
    ("/confirm/<confirmation_id>", "GET", confirmation_page.confirmation),
    ("/confirm/<confirmation_id>", "POST", confirmation_page.answer_confirmation),
    ("/consent/<authorization_id>", "GET", consent.ask_consent),
    ("/consent/<authorization_id>", "POST", consent.answer_consent),
    ("/favicon.ico", "GET", pages.favicon),
    ("/login", "GET", login.ask_login),
    ("/login", "POST", login.log_in),
    ("/logout", "POST", sign_in.sign_out),
    ("/signup", "GET", sign_up.ask_sign_up),
    ("/signup", "POST", sign_up.sign_up),
)
PLUGIN_PAGES = (
    ("/", plugin_pages.overview),
    ("/legal", plugin_pages.legal),
    ("/privacy", plugin_pages.privacy),
    ("/logo.png", plugin_pages.logo),
)


def install(app: Flask, gateway: Gateway) -> None:
    """Add the pages, what templates can use, the calls of plugins' own pages, and the headers."""
    templating.install(app, gateway.plugins)
    page_call.install(app)
    headers.install(app)
    for path, method, view in ROOT_PAGES:
        app.add_url_rule(path, f"console:{view.__name__}", view, methods=[method])
    for name, declaration in gateway.declarations.items():
        _add_plugin(app, name)
        if declaration.linking:
            address = f"/{name}/oauth/authorize"
            view = partial(authorize.authorize, name)
            app.add_url_rule(address, f"console:{address}", view, methods=["GET", "POST"])


def _add_plugin(app: Flask, name: str) -> None:
    """Rules without variables: they are found by one look-up each, however many plugins there are."""
    for path, view in PLUGIN_PAGES:
        app.add_url_rule(f"/{name}{path}", f"console:{name}:{path}", partial(view, name))
