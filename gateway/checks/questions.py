"""Rules for how an action is confirmed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from string import Formatter
from typing import Any

from marshmallow import fields, missing

from ..declaration import Operation
from .arguments import takes_exactly

# The first that fits counts: subclasses stand before what they derive from.
SAMPLES: Mapping[type[fields.Field[Any]], Any] = {
    fields.Boolean: True,
    fields.Integer: 1,
    fields.Decimal: Decimal(1),
    fields.Float: 1.5,
    fields.Date: date(2027, 1, 1),
    fields.Time: time(9, 30),
    fields.DateTime: datetime(2027, 1, 1, tzinfo=UTC),
    fields.TimeDelta: timedelta(hours=1),
}


def _approval_is_known(operation: Operation) -> str | None:
    if operation.policy is None or operation.policy.approve in ("person", "chat"):
        return None
    return f'says approve="{operation.policy.approve}". Write "person" or "chat".'


def _effect_is_known(operation: Operation) -> str | None:
    if operation.policy is None or operation.policy.effect in ("ledger", "external"):
        return None
    return f'says effect="{operation.policy.effect}". Write "ledger" or "external".'


def _a_person_can_approve(operation: Operation) -> str | None:
    if operation.policy is None or operation.policy.approve != "person":
        return None
    if not operation.auth.names_a_person:
        return (
            "needs a person's approval, but its auth does not identify a person. Write"
            ' approve="chat", or use OAuth or UserKey.'
        )
    return None


def _lookup_fits(operation: Operation) -> str | None:
    if operation.policy is None or operation.policy.lookup is None:
        return None
    if operation.policy.effect != "external":
        return (
            'has a `lookup`, but its effect is in the ledger, which knows. Write effect="external", or'
            " remove `lookup`."
        )
    wrong = takes_exactly(operation.policy.lookup, operation.takes)
    return wrong and f"has a `lookup` that {wrong} It takes the same arguments as the operation."


def _question_takes_the_fields(operation: Operation) -> str | None:
    if operation.policy is None or not callable(operation.policy.confirm):
        return None
    wrong = takes_exactly(operation.policy.confirm, operation.takes)
    return wrong and f"has a `confirm` that {wrong} It takes the same arguments as the operation."


def _question_is_a_template(operation: Operation) -> str | None:
    for template in _templates(operation):
        if not template.strip():
            return "asks an empty question. Say what will happen, with the arguments in braces."
        try:
            list(_names(template))
        except ValueError as error:
            return f"has a question that is not a format string: {error}. Correct its braces."
    return None


def _question_names_are_fields(operation: Operation) -> str | None:
    for template in _templates(operation):
        for name in _names(template):
            if name not in operation.takes.fields:
                return (
                    f"asks about {{{name}}}, but `takes` has no such field. Correct the question."
                )
    return None


def _question_can_be_written(operation: Operation) -> str | None:
    """Write it once with a sample of every argument, and once without each that may be missing."""
    samples = {name: _sample(field) for name, field in operation.takes.fields.items()}
    for template in _templates(operation):
        for arguments in (samples, *_with_gaps(operation, samples)):
            try:
                template.format(**arguments)
            except (ValueError, TypeError, AttributeError, LookupError) as error:
                return (
                    f"asks a question that cannot be written for all arguments ({error!r}). Correct"
                    " it, or use a function for the question."
                )
    return None


def _with_gaps(operation: Operation, samples: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, field in operation.takes.fields.items():
        if field.allow_none or field.load_default is None:
            yield {**samples, name: None}
        if not field.required and field.load_default is missing:
            yield {other: sample for other, sample in samples.items() if other != name}


def _sample(field: fields.Field[Any]) -> Any:
    """A value such as the field loads; text for lists, which a question shows joined by commas."""
    for kind, value in SAMPLES.items():
        if isinstance(field, kind):
            return value
    return "text"


def _question_has_english(operation: Operation) -> str | None:
    confirm = operation.policy.confirm if operation.policy else ""
    if not isinstance(confirm, Mapping) or "en" in confirm:
        return None
    return 'has no English question. Add the key "en": it is asked where no other language fits.'


def _templates(operation: Operation) -> Iterator[str]:
    confirm = operation.policy.confirm if operation.policy else None
    if isinstance(confirm, str):
        yield confirm
    elif isinstance(confirm, Mapping):
        yield from confirm.values()


def _names(template: str) -> Iterator[str]:
    """The arguments that a format string names: `{start:%H:%M}` and `{start.year}` name `start`."""
    for _, name, format_spec, _ in Formatter().parse(template):
        if name is not None:
            yield name.partition(".")[0].partition("[")[0]
            yield from _names(format_spec or "")


RULES: tuple[Callable[[Operation], str | None], ...] = (
    _approval_is_known,
    _effect_is_known,
    _a_person_can_approve,
    _lookup_fits,
    _question_takes_the_fields,
    _question_is_a_template,
    _question_names_are_fields,
    _question_can_be_written,
    _question_has_english,
)
