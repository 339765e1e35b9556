"""The question that a person is asked. The gateway writes it; the model only passes it on."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from ..declaration import Operation, Question

LONGEST = 300  # characters of one argument that a question shows


class _Shown(str):
    """Free text inside a question: one line, nothing invisible, not endless."""

    def __new__(cls, text: str) -> "_Shown":
        visible = "".join(each for each in " ".join(text.split()) if not _is_invisible(each))
        return super().__new__(cls, visible if len(visible) <= LONGEST else visible[:LONGEST] + "…")


def _is_invisible(character: str) -> bool:
    """Controls, and zero-width or right-to-left marks, which can change what a reader sees."""
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn")


def ask(operation: Operation, values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The question in each language, and the quote it rests on. Aborts as the author's function does."""
    assert operation.rule is not None
    confirm = operation.rule.confirm
    question, quote = confirm(**values) if callable(confirm) else (_filled(confirm, values), {})
    languages = {"en": question} if isinstance(question, str) else question
    return {language: str(_Shown(text)) for language, text in languages.items()}, dict(quote)


def _filled(question: Question, values: Mapping[str, Any]) -> dict[str, str]:
    templates = {"en": question} if isinstance(question, str) else question
    shown = {name: _shown(value) for name, value in values.items()}
    return {language: template.format(**shown) for language, template in templates.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return _Shown(value)
    if isinstance(value, list | tuple):
        return _Shown(", ".join(str(each) for each in value))
    return value


def in_language(question: Mapping[str, str], locale: str | None) -> str:
    """The question in the language of `locale` (BCP 47), else in English."""
    language = (locale or "en").partition("-")[0].lower()
    return question.get(language) or question.get("en") or next(iter(question.values()))
