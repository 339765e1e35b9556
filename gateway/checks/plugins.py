"""Rules for a plugin as a whole: its name, its texts, its settings."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ..declaration import OFFLINE_ACCESS, Auth, Declaration, DeclarationError, OAuth, SettingRow

PLUGIN_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")
SETTING_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3

RESERVED_PLUGINS = frozenset(
    "account admin api confirm confirmations consent docs favicon gateway healthz localhost login logout"
    " metrics oauth pages plugins readyz root signup static www".split()
)
RESERVED_SETTINGS = frozenset(
    {"SERVICE_KEYS", "OPENAI_VERIFICATION_TOKEN", "OPENAI_APPS_CHALLENGE"}
)

# ai-plugin.json takes 20 characters for the title, 100 for people and 8,000 for the model.
TITLE, SUMMARY, INSTRUCTIONS = 20, 100, 8_000

# The categories of OpenAI's plugin directory, late 2026.
CATEGORIES = (
    "Productivity",
    "Creativity",
    "Developer Tools",
    "Business & Operations",
    "Data & Analytics",
    "Communication",
    "Education & Research",
    "Security",
    "Finance",
    "Healthcare",
    "Travel",
    "Entertainment",
    "Other",
)

UNKNOWN_AUTH = (
    "the auth is not one of the known kinds. Write Public(), ServiceKey(), UserKey() or OAuth(...)."
)

Rule = Callable[[Declaration], str | None]
AuthRule = Callable[[Auth], str | None]


def plugin_name(name: str) -> None:
    """Refuse a folder that cannot be a host label, a URL prefix and a table prefix at once."""
    if not PLUGIN_NAME.fullmatch(name):
        raise DeclarationError(
            f"{name}: a plugin's folder is its name: a small letter, then small letters and digits, at"
            " most 32 in all. Rename the folder."
        )
    if name in RESERVED_PLUGINS:
        raise DeclarationError(
            f"{name}: this name is an address of the gateway itself. Rename the folder."
        )


def plugin(declaration: Declaration) -> None:
    """Refuse a plugin that breaks one of the rules below."""
    for rule in RULES:
        wrong = rule(declaration)
        if wrong:
            raise DeclarationError(f"{declaration.name}: {wrong}")


def auth(plugin: str, given: Auth) -> None:
    """Refuse what is no auth, such as the class `Public` without its brackets, or has no good scopes."""
    for rule in AUTH_RULES:
        wrong = rule(given)
        if wrong:
            raise DeclarationError(f"{plugin}: {wrong}")


def examples(plugin: str, given: object) -> None:
    """Refuse one text in place of a list: each of its letters would become an example."""
    if isinstance(given, str):
        raise DeclarationError(f"{plugin}: examples is one text. Write a list of prompts.")


def setting(plugin: str, row: SettingRow, earlier: Iterable[SettingRow]) -> None:
    """Refuse a setting that could not be read from the environment, or that nobody explains."""
    if not SETTING_NAME.fullmatch(row.name):
        raise DeclarationError(
            f'{plugin}: the setting "{row.name}" is not an environment name. Write it like FEED_URL.'
        )
    if row.name in RESERVED_SETTINGS or row.name in {each.name for each in earlier}:
        raise DeclarationError(
            f"{plugin}: the setting {row.name} is there already. Choose another name."
        )
    if not isinstance(row.default, bool | int | float | str | Path):
        raise DeclarationError(
            f"{plugin}: the setting {row.name} has a default that is not a text, number, path or bool."
        )
    if not row.help:
        raise DeclarationError(
            f"{plugin}: the setting {row.name} has no help. Say in a sentence what it does."
        )


def _has_a_docstring(declaration: Declaration) -> str | None:
    if declaration.summary:
        return None
    return (
        "the module has no docstring. Write one: its first line is for people, the rest tells the"
        " model when to use the plugin."
    )


def _tells_the_model(declaration: Declaration) -> str | None:
    if declaration.instructions:
        return None
    return (
        "the module's docstring has one line only. Add a blank line and tell the model when to use"
        " the plugin."
    )


def _texts_fit(declaration: Declaration) -> str | None:
    for what, text, limit in (
        ("title", declaration.title, TITLE),
        ("first line of the docstring", declaration.summary, SUMMARY),
        ("text of the docstring", declaration.instructions, INSTRUCTIONS),
    ):
        if not 0 < len(text) <= limit:
            return f"the {what} has {len(text)} characters. Write 1 to {limit}."
    return None


def _auth_is_known(given: Auth) -> str | None:
    return None if isinstance(given, Auth) else UNKNOWN_AUTH


def _scopes_are_words(given: Auth) -> str | None:
    for scope in given.scopes:
        if not SCOPE.fullmatch(scope):
            return f'"{scope}" cannot be a scope. Write one word such as "notes:read".'
    return None


def _scopes_are_free(given: Auth) -> str | None:
    if OFFLINE_ACCESS not in given.scopes:
        return None
    return (
        f'"{OFFLINE_ACCESS}" is a scope of the gateway\'s own. Leave it out, or name it otherwise.'
    )


def _oauth_names_a_scope(given: Auth) -> str | None:
    if given.scopes or not isinstance(given, OAuth):
        return None
    return 'OAuth() names no scope. Name at least one, such as OAuth("notes:read").'


def _for_auth(rule: AuthRule) -> Rule:
    return lambda declaration: rule(declaration.auth)


def _category_is_known(declaration: Declaration) -> str | None:
    if declaration.category is None or declaration.category in CATEGORIES:
        return None
    known = ", ".join(CATEGORIES)
    return f'"{declaration.category}" is no category of a directory. Write one of: {known}.'


AUTH_RULES: tuple[AuthRule, ...] = (
    _auth_is_known,
    _scopes_are_words,
    _scopes_are_free,
    _oauth_names_a_scope,
)
RULES: tuple[Rule, ...] = (
    _has_a_docstring,
    _tells_the_model,
    _texts_fit,
    *map(_for_auth, AUTH_RULES),
    _category_is_known,
)
