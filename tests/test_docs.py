"""The documentation is tested: it names what is there, its links lead somewhere, its examples run."""

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

import pytest

import gateway
from gateway import Plugin, Upstream
from gateway.app import SAMPLES
from gateway.commands.audit import audit
from gateway.commands.client import client
from gateway.commands.grants import grants
from gateway.commands.plugin import plugin
from gateway.commands.token import token
from gateway.commands.user import user
from gateway.config import rows
from gateway.context import Caller
from gateway.discovery import find
from tests.kit.server import free_port, running

ROOT = Path(__file__).parent.parent
GUIDE = "docs/writing-a-plugin.md"
READMES = ["README.md", "README.zh-CN.md"]
SHIPPED = find([SAMPLES], ["booking", "knowledge", "sports"])  # others document their own settings

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
FILE = re.compile(r"(?:#|<!--) (plugins/\S+|tests/\S+)(?: -->)?\n")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def files() -> list[str]:
    """What belongs to the project, by git; in an unpacked archive, all that is not hidden."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        names = [
            path.relative_to(ROOT) for path in ROOT.rglob("*") if "__pycache__" not in path.parts
        ]
        found = [str(name) for name in names if not str(name).startswith((".", "var/"))]
    else:
        found = listing.stdout.split("\0")
    return [name for name in found if (ROOT / name).is_file()]


def markdown() -> list[str]:
    """The Markdown files that are documentation; the notes of a sample are data."""
    return [name for name in files() if name.endswith(".md") and not name.startswith("plugins/")]


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a language in a Markdown file."""
    return [code for found, code in BLOCK.findall(text_of(name)) if found == language]


def settings() -> dict[str, str]:
    """Every setting and its default as text; empty where there is none."""
    own = {row.metadata["variable"]: row.default for row in rows()}
    of_plugins = {
        f"{plugin.name.upper()}_{row.name}": row.default
        for plugin in SHIPPED
        for row in plugin.declaration.settings
    }
    return {name: str(value or "").strip("()") for name, value in {**own, **of_plugins}.items()}


@pytest.mark.parametrize(("name", "default"), settings().items())
def test_every_setting_is_documented(name, default):
    [row] = re.findall(rf"^\| `{name}` \|.*$", text_of("docs/configuration.md"), re.MULTILINE)
    assert default in row
    assert re.search(rf"^# {name}=", text_of(".env.example"), re.MULTILINE)


def test_no_other_setting_is_documented():
    documented = re.findall(r"^\| `([A-Z_]+)` \|", text_of("docs/configuration.md"), re.MULTILINE)
    assert sorted(documented) == sorted(settings())


def public_names() -> set[str]:
    """What an author can write: names, keywords and attributes."""
    names = {name for name, value in vars(gateway).items() if not inspect.ismodule(value)}
    takes = (Plugin, Plugin.query, Plugin.action, Plugin.resource, Upstream, Upstream.fetch)
    keywords = {
        name
        for function in takes
        for name, each in inspect.signature(function).parameters.items()
        if each.kind is inspect.Parameter.KEYWORD_ONLY
    }
    own = {name for name in vars(Plugin) if not name.startswith("_")} - {"declaration"}
    of_caller = {f"caller.{field.name}" for field in fields(Caller)}
    return {name for name in names if not name.startswith("_")} | keywords | own | of_caller


def code_of(name: str) -> str:
    """All code in a Markdown file: blocks, and what is between backticks."""
    return "\n".join(re.findall(r"^```.*?^```$|`[^`\n]+`", text_of(name), re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("name", sorted(public_names()))
def test_everything_that_an_author_can_write_is_documented(name):
    assert re.search(rf"\b{re.escape(name)}\b", code_of(GUIDE)), f"{GUIDE} says nothing of {name}"


def test_every_verb_of_make_exists():
    verbs = set(re.findall(r"^([a-z-]+):.*##", text_of("Makefile"), re.MULTILINE))
    told = {verb for name in markdown() for verb in re.findall(r"\bmake ([a-z-]+)", code_of(name))}
    assert told == verbs


def test_every_command_of_flask_exists():
    told = {
        command
        for name in markdown()
        for command in re.findall(r"(?<!from )flask ([a-z]+) ([a-z]+)", code_of(name))
    }
    there = {
        (group.name, name)
        for group in (audit, client, grants, plugin, token, user)
        for name in group.commands
    }
    assert told == there


@pytest.mark.parametrize("name", markdown())
def test_links_lead_somewhere(name):
    for address in LINK.findall(text_of(name)):
        if address.startswith(("https://", "http://localhost")):
            continue
        path, _, anchor = address.partition("#")
        linked = (ROOT / name).parent / path if path else ROOT / name
        assert linked.exists(), f"{name} links to {address}"
        if anchor:
            assert anchor in anchors(linked.read_text(encoding="utf-8")), f"{name}: {address}"


def anchors(text: str) -> set[str]:
    """The anchors that the usual renderers give to headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", each).strip().lower().replace(" ", "-") for each in headings}


def test_both_readmes_give_the_same_commands():
    english, chinese = (blocks(name, "sh") for name in READMES)
    assert english == chinese
    assert english


def test_nothing_names_the_machine_it_was_made_on():
    """Nor the registry that a package came from: requirements.txt is for any."""
    elsewhere = re.compile(
        "|".join(["/wo" + "rk/", "py" + r"pi\.org", "python" + "hosted", "np" + "mjs"])
    )
    found = [
        f"{name}: {match.group()}"
        for name in files()
        if (match := elsewhere.search((ROOT / name).read_bytes().decode(errors="replace")))
    ]
    assert not found


@pytest.mark.parametrize("name", markdown())
def test_code_in_the_documentation_is_python(name):
    for code in blocks(name, "python"):
        ast.parse(code)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The files that the guide shows, in a folder."""
    for language in ("python", "html"):
        for code in blocks(GUIDE, language):
            named = FILE.match(code)
            if named:
                path = tmp_path / named[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(code[named.end() :], encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("story", re.findall(r"^def (test_\w+)", text_of(GUIDE), re.MULTILINE))
def test_the_plugin_of_the_guide_passes_the_tests_of_the_guide(story, written, start, store):
    [source] = written.glob("tests/**/test_*.py")
    stories: dict[str, Callable[..., None]] = {}
    exec(compile(source.read_text(encoding="utf-8"), source, "exec"), stories)
    stories[story](partial(start, folders=[written / "plugins"], **store))


def play(**environ: str) -> subprocess.CompletedProcess[str]:
    """Play the tour."""
    command = [sys.executable, "tools/tour.py"]
    environ = {**os.environ, **environ}
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_the_tour_plays_and_plays_again(tmp_path):
    with running(tmp_path, PLUGINS_DIR="") as server:
        for _ in range(2):
            tour = play(PORT=str(server.port), DATA_DIR=str(tmp_path / "data"))
            assert tour.returncode == 0, tour.stderr
            assert "红烧肉" in tour.stdout
            assert '"duplicate_of"' in tour.stdout


def test_the_tour_says_when_there_is_nothing_to_play_against():
    tour = play(PORT=str(free_port()))
    assert (tour.returncode, tour.stdout) == (1, "")
    assert "make run" in tour.stderr
