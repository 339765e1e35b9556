"""Which notes a search is narrowed to: by tags, by folder, by day."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from .tokens import normal


@dataclass(frozen=True)
class Narrowing:
    """Notes that carry all of `tags`, lie in `folder` or below, and are from `since` to `until`."""

    tags: tuple[str, ...] = ()
    folder: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the index's statements need to know."""
        return {
            "everything": self == EVERYTHING,
            "tags": json.dumps([tag_key(tag) for tag in self.tags]),
            "folder": folder_key(self.folder).removeprefix("/"),
            "since": (self.since or date.min).isoformat(),
            "until": (self.until or date.max).isoformat(),
        }


EVERYTHING = Narrowing()


def tag_key(tag: str) -> str:
    """A tag in the form in which tags are compared."""
    return normal(tag).strip().lstrip("#").strip("/")


def folder_key(folder: str) -> str:
    """A folder in the form in which folders are compared: with a slash, which ends a whole name."""
    return normal(folder).replace("\\", "/").strip().strip("/") + "/"
