"""Writes packages: as a ZIP, or unpacked into a folder from which assistants install.

What is there already is written over only where it is an earlier export.
"""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from ..documents.package.marketplace import MARKETPLACES, is_export, marketplaces
from ..documents.package.source import Source

MANIFEST = "plugin.json"


def write_archive(name: str, body: bytes, path: Path) -> Path:
    """Write the ZIP, and return where it is."""
    with _errors_as_sentences(path):
        if path.exists() and _name_in_archive(path) != name:
            raise _in_the_way(path, name)
        path.write_bytes(body)
    return path


def add_to_marketplace(source: Source, files: Mapping[str, bytes], root: Path) -> Path:
    """Write the files to `plugins/<name>` below `root`, and list all that are there."""
    folder = root / "plugins" / source.name
    with _errors_as_sentences(root):
        if folder.exists() and _name_in_folder(folder) != source.name:
            raise _in_the_way(folder, source.name)
        for each in MARKETPLACES:
            if (root / each).exists() and not is_export(_read_json(root / each)):
                raise _in_the_way(root / each, source.name)
        _write(folder, files)
        _write(root, marketplaces(source, _exported(root)))
    return folder


def _exported(root: Path) -> list[dict[str, Any]]:
    """The manifests of the packages below `root`."""
    folders = sorted((root / "plugins").iterdir())
    return [_read_json(each / MANIFEST) for each in folders if _name_in_folder(each) == each.name]


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, body in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


def _name_in_archive(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as earlier:
            return _name(orjson.loads(earlier.read(MANIFEST)))
    except (zipfile.BadZipFile, KeyError, ValueError):
        return None


def _name_in_folder(folder: Path) -> str | None:
    return _name(_read_json(folder / MANIFEST))


def _read_json(path: Path) -> Any:
    """What the file says; None where it is none or says nothing."""
    try:
        return orjson.loads(path.read_bytes()) if path.is_file() else None
    except ValueError:
        return None


def _name(manifest: Any) -> str | None:
    return manifest.get("name") if isinstance(manifest, dict) else None


def _in_the_way(path: Path, name: str) -> click.ClickException:
    return click.ClickException(
        f"{path} is there and is no export of {name}. Move it away, or write elsewhere."
    )


@contextmanager
def _errors_as_sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
