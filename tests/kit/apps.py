"""An app that many tests of one module ask."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from gateway.app import create_app

TEST_PLUGINS = Path(__file__).parent / "plugins"


@contextmanager
def running_app(
    folder: Path, *, folders: Iterable[Path] = (TEST_PLUGINS,), **environ: str
) -> Iterator[Flask]:
    """A gateway in this process, with its data in `folder`, until the `with` block ends."""
    settings = {"DATA_DIR": str(folder / "data"), "RATE_LIMIT": "off", **environ}
    app = create_app(settings, plugin_dirs=folders)
    yield app
    app.extensions["gateway"].ledger.engine.dispose()
