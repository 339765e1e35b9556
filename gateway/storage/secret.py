"""The gateway's own secret: from `SECRET_KEY`, else made once and kept in `DATA_DIR`."""

import os
import secrets
from contextlib import suppress

from ..config import Settings


def secret_key(settings: Settings) -> str:
    """The secret. Its file is readable by its owner alone, and whole or absent, never half."""
    if settings.secret_key:
        return settings.secret_key
    settings.make_data_dir()
    path = settings.data_dir / "secret_key"
    with suppress(FileNotFoundError):
        return path.read_text()
    draft = settings.data_dir / f"secret_key.{os.getpid()}.{secrets.token_hex(4)}"
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(32))
    with suppress(FileExistsError):
        os.link(draft, path)  # unlike a rename, a link leaves the winner of a race in place
    draft.unlink()
    return path.read_text()
