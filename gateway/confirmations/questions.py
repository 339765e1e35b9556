"""The question that a person is asked. The gateway writes it; the model only passes it on."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from string import Formatter
from typing import Any
from uuid import UUID

import orjson
from marshmallow import fields, validate
from sqlalchemy import Connection

from ..context import current_call, entered
from ..declaration import Operation, Question

# Characters that a question shows of one argument, and of itself.
ARGUMENT_LONGEST, QUESTION_LONGEST = 300, 2_000
# What opens a quotation in a question, and what closes it.
QUOTATION_MARKS = {"“": "”", "《": "》", "「": "」", '"': '"', "'": "'"}
# Inside of one they are written as single ones, so that nothing quoted can end the quotation.
SINGLE_MARKS = str.maketrans(
    {**dict.fromkeys("“„‟«《「『〝❝", "‘"), **dict.fromkeys("”»》」』〞〟❞\"＂'＇″", "’")}
)
# Nobody can write a sentence into such a value.
NO_TEXT = (int, float, Decimal, date, time, timedelta, tzinfo, Enum, UUID, type(None))


def visible(text: str, longest: int) -> str:
    """Text on one line, with nothing invisible in it, and not endless."""
    seen = (each for each in text if each.isspace() or not _is_invisible(each))
    line = " ".join("".join(seen).split())
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
    if callable(confirm):
        return confirm(**values)
    templates = {"en": confirm} if isinstance(confirm, str) else confirm
    written = {name: _filled(each, operation, values) for name, each in templates.items()}
    return written, {}


def _filled(template: str, operation: Operation, values: Mapping[str, Any]) -> str:
    """The question with its arguments; every text that an assistant wrote is in quotation marks."""
    shown = {name: _shown(value) for name, value in values.items()}
    free = {name for name, value in values.items() if _is_free(value, operation, name)}
    return "".join(_parts(template, shown, free))


def _parts(template: str, shown: Mapping[str, Any], free: set[str]) -> Iterator[str]:
    formatter = Formatter()
    parsed = [*formatter.parse(template), ("", None, None, None)]
    for (before, name, form, conversion), (after, *_) in pairwise(parsed):
        yield before
        if name is not None:
            found, argument = formatter.get_field(name, (), shown)
            value = formatter.convert_field(found, conversion)
            text = format(value, formatter.vformat(form or "", (), shown))
            is_quoted = bool(after) and QUOTATION_MARKS.get(before[-1:]) == after[0]
            yield _quotation(text, is_quoted=is_quoted) if argument in free else text


def _quotation(text: str, *, is_quoted: bool) -> str:
    words = within_quotation(visible(text, ARGUMENT_LONGEST))
    return words if is_quoted else f"“{words}”"


def within_quotation(text: str) -> str:
    """The text as it stands in quotation marks: whatever could end them is written otherwise."""
    return text.translate(SINGLE_MARKS)


def _is_free(value: Any, operation: Operation, name: str) -> bool:
    parts = value if isinstance(value, list | tuple) else [value]
    is_text = any(not isinstance(each, NO_TEXT) for each in parts)
    return is_text and not is_choice(operation.takes.fields.get(name))


def is_choice(field: fields.Field[Any] | None) -> bool:
    """Whether an argument is one, or some, of what its author listed, and so no text of anybody."""
    if field is None:
        return False
    inner = field.inner.validators if isinstance(field, fields.List) else []
    return any(isinstance(each, validate.OneOf) for each in (*field.validators, *inner))


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
