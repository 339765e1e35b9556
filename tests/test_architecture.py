"""Who may import whom, and how large a thing may grow: read from the source, not from promises."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# The rooms of gateway/, lowest first, and the rooms each may import: arrows go up the page only.
# A room is a module or a package; inside a package the modules may import one another.
ARROWS = {
    # what everybody may know: shapes, errors, how a value is read
    "boot": "",
    "envelope": "",
    "errors": "",
    "values": "",
    "docstrings": "",
    "image": "",
    # what a plugin declares, and what is made of it: no flask, no requests, no storage
    "declaration": "boot envelope",
    "checks": "declaration envelope",
    "documents": "declaration envelope",
    # settings, addresses, stores
    "config": "boot declaration values",
    "hosts": "config errors",
    "storage": "boot config errors",
    # what an author writes with
    "context": "config declaration hosts storage",
    "resources": "checks declaration docstrings",
    "plugin": "checks context declaration docstrings envelope resources storage",
    "http_client": "",
    "upstream": "context errors http_client plugin",
    "face": "context declaration image plugin upstream",
    "discovery": "checks declaration plugin",
    # the one path of every call
    "call": "declaration hosts image",
    "arguments": "call declaration envelope errors",
    "auth": "call config context declaration errors hosts storage",
    "limits": "call config context errors storage",
    "audit": "envelope errors storage",
    "confirmations": "arguments audit auth call context declaration envelope errors hosts image"
    " limits storage",
    "pipeline": "arguments auth call config confirmations context declaration errors hosts image"
    " limits storage",
    "authorization": "auth declaration errors http_client limits storage",
    "runtime": "authorization config confirmations declaration hosts pipeline plugin storage",
    "packaging": "documents errors hosts runtime",
    # the ways in
    "transports": "authorization call confirmations context declaration docstrings documents"
    " envelope errors hosts image limits packaging pipeline resources runtime",
    "health": "call errors runtime transports",
    "commands": "audit auth authorization declaration documents errors hosts packaging runtime",
    "console": "audit auth authorization confirmations context declaration documents envelope errors"
    " hosts limits packaging plugin runtime storage",
    # the factory knows everyone, and nobody but wsgi.py knows it
    "app": "authorization boot commands config confirmations console context declaration"
    " discovery documents errors health hosts limits packaging pipeline plugin runtime"
    " storage transports",
}
# All other rooms can be used, and tested, without a web framework.
WITH_FLASK = {"app", "commands", "console", "health", "plugin", "runtime", "transports"}

# A plugin of an author's own may be called `status` or `cache`; these names mean only one thing.
SAMPLES = ("booking", "knowledge", "sports")

SAY_NOTHING = {
    "common",
    "core",
    "helper",
    "helpers",
    "manager",
    "managers",
    "service",
    "util",
    "utils",
}
MODULE_LINES, FUNCTION_LINES = 250, 40

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A source file, by the name under which it is imported."""

    name: str
    path: Path

    @property
    def package(self) -> str:
        return self.name if self.path.stem == "__init__" else self.name.rpartition(".")[0]

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.path)

    @property
    def room(self) -> str:
        return room_of(self.name)


def room_of(name: str) -> str:
    """`gateway.auth.tokens` is in the room `auth`, `gateway` itself is the face."""
    return (*name.split("."), "face")[1]


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules(folder: str) -> dict[str, Module]:
    """Every module under a folder of the project, by name."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = Module(name, path)
    return found


GATEWAY, PLUGINS = modules("gateway"), modules("plugins")
KNOWN = {**GATEWAY, **PLUGINS}


def imports(module: Module, nodes: Iterator[ast.AST] | None = None) -> Iterator[tuple[str, str]]:
    """What a module imports, as the module it comes from and the name that is taken from it."""
    for node in nodes or ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _source(module, node)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield (inner, "") if inner in KNOWN else (source, alias.name)


def _source(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    above = module.package.split(".")[: len(module.package.split(".")) - node.level + 1]
    return ".".join([*above, *filter(None, [node.module])])


def at_import(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """The statements that run when a module is imported: not those in functions or for types only."""
    for node in nodes:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from at_import(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            yield from at_import(node.body + node.orelse + node.finalbody)
            yield from (inner for each in node.handlers for inner in at_import(each.body))
        elif isinstance(node, ast.ClassDef | ast.With):
            yield from at_import(node.body)


def test_each_room_of_the_gateway_has_its_row():
    assert {module.room for module in GATEWAY.values()} == set(ARROWS)


def test_arrows_go_up_the_page_only():
    above = set()
    for room, allowed in ARROWS.items():
        assert set(allowed.split()) <= above, room
        above.add(room)


def test_the_gateway_imports_along_the_arrows():
    assert not [
        f"{module.name} imports {source}, which `{module.room}` may not"
        for module in GATEWAY.values()
        for source, _ in imports(module)
        if source.partition(".")[0] == "gateway"
        if room_of(source) not in (module.room, *ARROWS[module.room].split())
    ]


def test_only_the_ways_in_know_flask():
    with_flask = {
        module.room
        for module in GATEWAY.values()
        for source, _ in imports(module)
        if source.partition(".")[0] == "flask"
    }
    assert with_flask == WITH_FLASK


def test_nothing_is_imported_in_a_circle():
    arrows = {
        name: {source for source, _ in imports(module, at_import(module.tree.body))} & set(KNOWN)
        for name, module in KNOWN.items()
    }
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_only_wsgi_imports_the_factory():
    others = [*ROOT.glob("*.py"), *(ROOT / "tools").glob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    users = [path.name for path in others if "gateway.app" in path.read_text(encoding="utf-8")]
    assert users == ["wsgi.py"]


def test_plugins_import_the_face_libraries_and_their_own_parts():
    refused = {
        f"{module.name}: {wrong}"
        for module in PLUGINS.values()
        for source, taken in imports(module)
        if (wrong := wrong_in_a_plugin(module, source, taken))
    }
    assert not refused


def wrong_in_a_plugin(module: Module, source: str, taken: str) -> str | None:
    """Why a plugin may not import that, if it may not."""
    top, own = source.partition(".")[0], ".".join(module.name.split(".")[:2])
    if top == "gateway":
        if source != "gateway" or taken not in face():
            return f"{source} {taken} is not on the face of `gateway`"
    elif top == "plugins":
        if not f"{source}.".startswith(f"{own}."):
            return f"{source} is another plugin's"
    elif top not in sys.stdlib_module_names | libraries():
        return f"{top} is of no library that requirements.in names"
    return None


@cache
def face() -> frozenset[str]:
    """The names that `gateway/__init__.py` gives out."""
    return frozenset(name for _, name in imports(GATEWAY["gateway"]))


@cache
def libraries() -> frozenset[str]:
    """The modules that belong to a distribution named in requirements.in."""
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    named = {_normal(line.split()[0]) for line in lines if line[:1].isalpha()}
    owners = packages_distributions().items()
    return frozenset(module for module, owned_by in owners if named & set(map(_normal, owned_by)))


def _normal(distribution: str) -> str:
    """PEP 503: names that differ in case and separators are one."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_plugins_import_their_own_parts_without_their_name():
    assert not [
        f"{module.name}, line {node.lineno}"
        for module in PLUGINS.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and not node.level and "plugins" in (node.module or "")
    ]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_gateway_names_no_plugin(sample):
    assert f"plugins.{sample}" in PLUGINS
    word = re.compile(rf"\b(?i:{sample})\b|\b{sample.upper()}_")
    told = {text for module in GATEWAY.values() for text in texts(module.tree)}
    assert not [text for text in told if word.search(text)]
    named = {name for module in GATEWAY.values() for name in identifiers(module.tree)}
    assert not [name for name in named if sample in name.lower().split("_")]


def texts(tree: ast.Module) -> Iterator[str]:
    """The string literals that a program can act on: all but docstrings."""
    documented = (
        node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | Function)
    )
    prose = {ast.get_docstring(node, clean=False) for node in documented}
    values = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    yield from (value for value in values - prose if isinstance(value, str))


def identifiers(tree: ast.Module) -> Iterator[str]:
    """Every name that the code gives or uses."""
    for node in ast.walk(tree):
        for part in ("id", "attr", "name", "arg"):
            if isinstance(getattr(node, part, None), str):
                yield getattr(node, part)


def test_names_say_what_is_inside():
    assert not [name for name in KNOWN if SAY_NOTHING & set(name.split("."))]


def test_modules_have_one_idea():
    lengths = {
        name: len(module.path.read_text(encoding="utf-8").splitlines())
        for name, module in KNOWN.items()
    }
    assert not {name: lines for name, lines in lengths.items() if lines > MODULE_LINES}


def test_functions_can_be_seen_whole():
    """All but migrations: they are lists of columns, and history that nobody edits."""
    lengths = {
        f"{module.name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for module in KNOWN.values()
        for node in ast.walk(module.tree)
        if isinstance(node, Function) and "migrations" not in module.path.parts
    }
    assert not {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES}
