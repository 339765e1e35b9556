"""What OpenAI's plugin directory takes (late 2026), checked on a finished package.

Written from the submission pages and from Agent Plugins 1.0, and not from the gateway's own rules: the
two must agree without having been copied from one another.
"""

import io
import json
import re
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

CATEGORIES = (
    "Productivity|Creativity|Developer Tools|Business & Operations|Data & Analytics|Communication"
    "|Education & Research|Security|Finance|Healthcare|Travel|Entertainment|Other"
).split("|")
LISTING = ("websiteURL", "supportURL", "privacyPolicyURL", "termsOfServiceURL")
SEMVER = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1")
MIB = 2**20

Fault = str


def unpacked(package: bytes) -> dict[str, bytes]:
    """The files in the ZIP, by their path."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        return {each.filename: opened.read(each) for each in opened.infolist()}


def faults(package: bytes) -> list[Fault]:
    """Everything for which the directory would refuse this ZIP."""
    files = unpacked(package)
    manifest = json.loads(files["plugin.json"])
    interface = manifest["extensions"]["com.openai"]["interface"]
    public = urlsplit(_url(files)).scheme == "https"
    return [
        *_archive(package),
        *_manifest(manifest),
        *_texts(interface),
        *_prompts(interface),
        *_addresses(interface, required=public),
        *_server(manifest["name"], json.loads(files["mcp.json"])),
        *_logo(interface, files),
        *_skills(manifest["name"], files),
        *_readme(files["README.md"].decode()),
        *_visible(files),
    ]


def _url(files: dict[str, bytes]) -> str:
    [server] = json.loads(files["mcp.json"])["mcpServers"].values()
    return server["url"]


def _archive(package: bytes) -> Iterator[Fault]:
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        if opened.testzip():
            yield "the ZIP is damaged"
        entries = opened.infolist()
    names = [each.filename for each in entries]
    if len(package) > 100 * MIB or sum(each.file_size for each in entries) > 512 * MIB:
        yield "the ZIP is too large"
    if len(entries) > 5_000 or any(each.file_size > 100 * MIB for each in entries):
        yield "the ZIP has too many entries, or one too large"
    if len({unicodedata.normalize("NFKC", name).casefold() for name in names}) != len(names):
        yield "two entries have one name"
    yield from (fault for each in entries for fault in _entry(each))


def _entry(each: zipfile.ZipInfo) -> Iterator[Fault]:
    parts = each.filename.split("/")
    if "\\" in each.filename or set(parts) & {"", ".", ".."} or len(parts) > 20:
        yield f"{each.filename}: no plain relative path"
    if any(part != part.strip() for part in parts):
        yield f"{each.filename}: space around a name"
    if each.flag_bits & 1 or each.external_attr >> 16 not in (0o100644, 0o644):
        yield f"{each.filename}: no plain file"


def _manifest(manifest: dict[str, Any]) -> Iterator[Fault]:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", manifest["name"]) or len(manifest["name"]) > 64:
        yield "name"
    if not SEMVER.fullmatch(manifest["version"]) or len(manifest["version"]) > 64:
        yield "version"
    if not 0 < len(manifest["description"]) <= 1_024:
        yield "description"
    author = manifest["author"]
    if not 0 < len(author["name"]) <= 120 or len(author["email"]) > 320:
        yield "author"
    if not manifest.get("homepage", "https://").startswith("https://"):
        yield "homepage"


def _texts(interface: dict[str, Any]) -> Iterator[Fault]:
    for name, limit in (("displayName", 30), ("shortDescription", 30), ("developerName", 80)):
        text = interface[name]
        if not 0 < len(text) <= limit or text != text.strip() or len(text.splitlines()) != 1:
            yield f"{name}: {text!r}"
    if re.search(r"(?i)\b(mcp|mcp server|plugin)$", interface["displayName"]):
        yield "displayName ends in a general word"
    if not 0 < len(interface["longDescription"]) <= 4_000:
        yield "longDescription"
    if interface["category"] not in CATEGORIES:
        yield "category"
    if len(interface["capabilities"]) > 20 or max(map(len, interface["capabilities"])) > 120:
        yield "capabilities"
    if "screenshots" in interface:
        yield "screenshots without a user interface"


def _prompts(interface: dict[str, Any]) -> Iterator[Fault]:
    prompts = interface.get("defaultPrompt", [])
    folded = {" ".join(unicodedata.normalize("NFKC", each).split()) for each in prompts}
    if len(prompts) > 3 or len(folded) != len(prompts):
        yield "more than three prompts, or two that are one"
    for each in prompts:
        if not 0 < len(each) <= 128 or len(each.splitlines()) != 1 or re.search(r"@\w", each):
            yield f"prompt: {each!r}"


def _addresses(interface: dict[str, Any], *, required: bool) -> Iterator[Fault]:
    for name in LISTING:
        address = interface.get(name, "" if required else "https://")
        if not address.startswith("https://") or len(address) > 1_024:
            yield f"{name}: {address}"


def _server(name: str, configuration: dict[str, Any]) -> Iterator[Fault]:
    if set(configuration) != {"$schema", "mcpServers"} or set(configuration["mcpServers"]) != {
        name
    }:
        yield "mcp.json has another key, or another server"
        return
    server = configuration["mcpServers"][name]
    url = urlsplit(server["url"])
    if set(server) != {"type", "url"} or server["type"] != "streamable-http":
        yield "the server has another key, or another transport"
    if url.username or url.fragment or url.query:
        yield f"the address has more than a path: {server['url']}"
    if url.scheme != "https" and not LOOPBACK.fullmatch(url.hostname or ""):
        yield f"the address is not HTTPS: {server['url']}"


def _logo(interface: dict[str, Any], files: dict[str, bytes]) -> Iterator[Fault]:
    logo = files[str(PurePosixPath(interface["logo"]))]
    width, height = struct.unpack(">II", logo[16:24])
    if not logo.startswith(b"\x89PNG\r\n\x1a\n") or len(logo) > 5 * MIB:
        yield "the logo is no PNG, or too large"
    if width != height or not 48 <= width <= 4_096:
        yield f"the logo is {width} by {height}"


def _skills(plugin: str, files: dict[str, bytes]) -> Iterator[Fault]:
    skills = [path.split("/")[1] for path in files if path.endswith("/SKILL.md")]
    if not skills:
        yield "there is no skill"
    for name in skills:
        _, head, body = files[f"skills/{name}/SKILL.md"].decode().split("---\n", 2)
        named, described = head.splitlines()
        if named != f"name: {name}" or len(f"{plugin}:{name}") > 64:
            yield f"the skill is called {named}"
        if not 0 < len(json.loads(described.removeprefix("description: "))) <= 1_024:
            yield "the description of the skill"
        if not body.strip() or len(body.splitlines()) >= 500:
            yield "the body of the skill"


def _readme(text: str) -> Iterator[Fault]:
    if len(text.split()) < 40:
        yield "README.md has fewer than 40 words"


def _visible(files: dict[str, bytes]) -> Iterator[Fault]:
    for path, data in files.items():
        if path != "assets/logo.png" and path != "LICENSE":
            odd = [each for each in data.decode() if _is_odd(each)]
            if odd:
                yield f"{path} has {odd!r}"


def _is_odd(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")
