"""The question that a person is asked. The gateway writes it; the model only passes it on."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection

from ..context import current_call, entered
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


@dataclass(frozen=True)
class Asked:
    """A question in each language, the quote it rests on, and the arguments it is about."""

    confirmation_id: str
    values: Mapping[str, Any]
    question: Mapping[str, str]
    quote: Mapping[str, Any]

    def differs_from(self, quote: Mapping[str, Any]) -> bool:
        """Whether it rests on something else than a quote that has been in the ledger."""
        return bool(orjson.loads(orjson.dumps(self.quote)) != quote)


def ask_as(
    operation: Operation,
    values: Mapping[str, Any],
    confirmation_id: str,
    connection: Callable[[], Connection],
) -> Asked:
    """The question about an action. Aborts as the author's `confirm` does.

    That sees the confirmation it asks for, and `connection` as its ledger.
    """
    context = current_call()
    asking = replace(context.caller, confirmation_id=confirmation_id)
    with entered(replace(context, caller=asking, connection=connection)):
        question, quote = _asked(operation, values)
    languages = {"en": question} if isinstance(question, str) else question
    shown = {name: visible(text, QUESTION_LONGEST) for name, text in languages.items()}
    return Asked(confirmation_id, values, shown, dict(quote))


def _asked(operation: Operation, values: Mapping[str, Any]) -> tuple[Question, Mapping[str, Any]]:
    assert operation.policy is not None
    confirm = operation.policy.confirm
    return confirm(**values) if callable(confirm) else (_filled(confirm, values), {})


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
