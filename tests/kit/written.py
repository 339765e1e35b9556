"""Plugins that a test writes into a folder of its own."""

from pathlib import Path

DOCSTRING = "Tell the weather.\n\nUse this when the user asks for the weather."
IMPORTS = """\
from flask import abort
from marshmallow import Schema, fields, validate
from gateway import OAuth, Plugin, Public, ServiceKey, UserKey, caller, ledger
"""
PLUGIN = 'plugin = Plugin(__name__, title="Weather", auth=OAuth("read", "write"))'


def write_plugin(
    folder: Path,
    code: str = "",
    *,
    name: str = "weather",
    docstring: str = DOCSTRING,
    plugin: str = PLUGIN,
) -> Path:
    """Write a plugin that is right but for what the arguments put in, and return its folder."""
    path = folder / name
    path.mkdir(parents=True)
    parts = [f'"""{docstring}"""' if docstring else "", IMPORTS, plugin, code]
    (path / "__init__.py").write_text("\n".join(parts), encoding="utf-8")
    return path
