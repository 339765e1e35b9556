"""What templates can use: `say`, `language`, `|markdown`, addresses, and the templates of plugins."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from werkzeug.local import LocalProxy

from ..plugin import Plugin
from ..runtime import current_door
from .door import page_address
from .language import reader_language, say
from .markdown import markdown

TEMPLATES = Path(__file__).parent / "templates"


class Addresses:
    """Absolute addresses, in the form in which the page was asked for."""

    @property
    def root(self) -> str:
        """Where people sign in."""
        return current_door().root

    @property
    def here(self) -> str:
        """This page."""
        return page_address()

    def of(self, plugin: str) -> str:
        """A plugin, without a slash at the end."""
        return current_door().base(plugin)


def install(app: Flask, plugins: Mapping[str, Plugin]) -> None:
    """Find templates of ours by file, those of a plugin by `<plugin>/<file>`; add what both can use.

    The names are globals and no context, so that macros in imported files see them too.
    """
    own = {name: FileSystemLoader(_templates(plugin)) for name, plugin in plugins.items()}
    app.jinja_loader = ChoiceLoader([FileSystemLoader(TEMPLATES), PrefixLoader(own)])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["markdown"] = markdown
    app.jinja_env.globals.update(say=say, language=LocalProxy(reader_language), gateway=Addresses())


def _templates(plugin: Plugin) -> Path:
    return Path(plugin.root_path) / "templates"
