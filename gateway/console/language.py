"""The reader's language: Chinese for whoever asks for it before English, else English."""

from flask import has_request_context, request

LANGUAGES = ("en", "zh")


def reader_language() -> str:
    """ "en" or "zh", by Accept-Language (RFC 9110 section 12.5.4)."""
    return next(filter(None, map(_known, _asked())), "en")


def reader_locale() -> str | None:
    """What the reader asks for first, such as "zh-CN"; None when nothing is said."""
    return next((tag for tag in _asked() if tag != "*"), None)


def say(english: str, chinese: str) -> str:
    """The text in the reader's language."""
    return chinese if reader_language() == "zh" else english


def _asked() -> list[str]:
    if not has_request_context():
        return []
    return [tag for tag, quality in request.accept_languages if quality > 0]


def _known(tag: str) -> str | None:
    # Werkzeug's best_match would give English for "zh-CN, en;q=0.5": it looks for whole tags first.
    primary = tag.partition("-")[0].lower()
    return primary if primary in LANGUAGES else None
