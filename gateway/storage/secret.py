"""The gateway's own secret: from `SECRET_KEY`, else made once and kept in `DATA_DIR`."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ..config import SettingError, Settings

SHORTEST = 32  # characters; what is made here has 64


def secret_key(settings: Settings) -> str:
    """The secret. Its file is readable by its owner alone, and whole or absent, never half.

    Raises `SettingError` for a file that is damaged.
    """
    if settings.secret_key:
        return settings.secret_key
    settings.make_data_dir()
    path = settings.data_dir / "secret_key"
    if not path.exists():
        _make(path)
    secret = path.read_text()
    if len(secret) < SHORTEST:
        raise SettingError(
            f"{path} is damaged. Delete it and a new one is made; people sign in again."
        )
    return secret


def _make(path: Path) -> None:
    draft = path.with_name(f"secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)  # unlike a rename, a link leaves the winner of a race in place
    draft.unlink()
