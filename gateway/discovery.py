"""Finds the plugins: every folder with an `__init__.py` in the folders of plugins. Never a name."""

import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from .checks import plugin_name
from .declaration import DeclarationError
from .plugin import Plugin

PACKAGE = "plugins"


def find(folders: Iterable[Path], wanted: Iterable[str] = ()) -> list[Plugin]:
    """The plugins in `folders`, by name; only those in `wanted` when it names any.

    Raises `DeclarationError` for a plugin that cannot be used, and for one that is wanted but not
    there.
    """
    wanted = set(wanted)
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in _candidates(folder)):
        if path.name in found:
            raise DeclarationError(
                f"{path.name}: two folders have this name, {found[path.name]} and {path}. Rename one."
            )
        found[path.name] = path
    for name in sorted(wanted - set(found)):
        raise DeclarationError(
            f"{name}: PLUGINS asks for it, and there is no such folder. There are:"
            f" {', '.join(sorted(found))}."
        )
    return [_load(path) for name, path in sorted(found.items()) if not wanted or name in wanted]


def _candidates(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.resolve().iterdir()):
        if (path / "__init__.py").is_file() and not path.name.startswith((".", "_")):
            yield path


def _load(path: Path) -> Plugin:
    plugin_name(path.name)
    module = _module(path)
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin) or plugin.import_name != module.__name__:
        raise DeclarationError(
            f"{path.name}: its __init__.py has no `plugin`. Write: plugin = Plugin(__name__, ...)"
        )
    return plugin


def _module(path: Path) -> ModuleType:
    """The plugin's package, imported as `plugins.<name>` wherever its folder is."""
    name = f"{PACKAGE}.{path.name}"
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(path / "__init__.py"):
        return known
    _forget(name)
    spec = importlib.util.spec_from_file_location(
        name, path / "__init__.py", submodule_search_locations=[str(path)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(PACKAGE, _namespace())
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except DeclarationError:
        _forget(name)
        raise
    except Exception as error:
        _forget(name)
        what = f"{type(error).__name__}: {error}{_place(error, path)}"
        raise DeclarationError(
            f"{path.name}: it cannot be imported ({what}). Correct the code."
        ) from error
    setattr(sys.modules[PACKAGE], path.name, module)  # as an import statement does
    return module


def _place(error: Exception, folder: Path) -> str:
    """Where in the plugin the error came up, as `, other.py line 3`; nothing where it is elsewhere."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    if not own:
        return ""
    return f", {Path(own[-1].filename).relative_to(folder)} line {own[-1].lineno}"


def _namespace() -> ModuleType:
    package = ModuleType(PACKAGE)
    package.__path__ = []
    return package


def _forget(name: str) -> None:
    """Drop a module and its parts, so that the same name can be imported from another folder."""
    for known in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[known]
