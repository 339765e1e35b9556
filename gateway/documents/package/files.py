"""All files of a package, by their path inside it."""

from ..formats import as_json
from .licence import notice
from .manifests import claude_json, mcp_json, plugin_json
from .readme import readme
from .reference import PATH as REFERENCE
from .reference import reference
from .skill import skill
from .source import Source


def files(source: Source) -> dict[str, bytes]:
    """The files, as they are written to a folder or into a ZIP. For a source without `faults`."""
    folder = f"skills/{source.skill}"
    return {
        "plugin.json": as_json(plugin_json(source)),
        "mcp.json": as_json(mcp_json(source)),
        f"{folder}/SKILL.md": skill(source).encode(),
        f"{folder}/{REFERENCE}": reference(source).encode(),
        "assets/logo.png": source.logo,
        "README.md": readme(source).encode(),
        "LICENSE": source.licence or notice(source).encode(),
        ".claude-plugin/plugin.json": as_json(claude_json(source)),
    }
