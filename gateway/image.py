"""`Image`: an answer with a picture beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What assistants show. SVG is shown by few: give PNG where the picture matters.
MIME_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})
# Bytes. In base64 that is 667 kB, well inside the 8 MiB that Codex reads of a reply.
LARGEST = 500_000


@dataclass(frozen=True)
class Image:
    """An answer with a picture: an operation returns `Image(png, "image/png", answer)`.

    `answer` is what the operation's `returns` describes. Over MCP the picture travels beside it and
    is shown; over REST the answer goes alone, so it should name an address at which the picture is.
    Raises ValueError for a type that assistants do not show, and for more than 500,000 bytes.
    """

    data: bytes
    mime_type: str
    answer: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.mime_type not in MIME_TYPES:
            known = ", ".join(sorted(MIME_TYPES))
            raise ValueError(f"{self.mime_type} is no picture that assistants show: {known}.")
        if not isinstance(self.data, bytes) or not self.data:
            raise ValueError("The picture must be bytes, and not none.")
        if len(self.data) > LARGEST:
            raise ValueError(f"The picture has {len(self.data):,} bytes: at most {LARGEST:,}.")


def without_picture(result: Any) -> Any:
    """What an operation answers in words: all of it, where there is no picture."""
    return result.answer if isinstance(result, Image) else result
