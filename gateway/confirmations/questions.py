"""The question that a person is asked. The gateway writes it; the model only passes it on."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from ..declaration import Operation, Question

# Characters that a question shows of one argument, and of itself.
ARGUMENT_LONGEST, QUESTION_LONGEST = 300, 2_000


def visible(text: str, longest: int) -> str:
    """Text on one line, with nothing invisible in it, and not endless."""
    line = "".join(each for each in " ".join(text.split()) if not _is_invisible(each))
    return line if len(line) <= longest else line[:longest] + "…"


def _is_invisible(character: str) -> bool:
    """Controls, and zero-width or right-to-left marks, which can change what a reader sees."""
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn")


def ask(operation: Operation, values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The question in each language, and the quote it rests on. Aborts as the author's function does."""
    assert operation.policy is not None
    confirm = operation.policy.confirm
    question, quote = confirm(**values) if callable(confirm) else (_filled(confirm, values), {})
    languages = {"en": question} if isinstance(question, str) else question
    return {name: visible(text, QUESTION_LONGEST) for name, text in languages.items()}, dict(quote)


def _filled(question: Question, values: Mapping[str, Any]) -> dict[str, str]:
    templates = {"en": question} if isinstance(question, str) else question
    shown = {name: _shown(value) for name, value in values.items()}
    return {language: template.format(**shown) for language, template in templates.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value, ARGUMENT_LONGEST)
    if isinstance(value, list | tuple):
        return visible(", ".join(str(each) for each in value), ARGUMENT_LONGEST)
    return value


def in_language(question: Mapping[str, str], locale: str | None) -> str:
    """The question in the language of `locale` (BCP 47), else in English."""
    language = (locale or "en").partition("-")[0].lower()
    return question.get(language) or question.get("en") or next(iter(question.values()))
