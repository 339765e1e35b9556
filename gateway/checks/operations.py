"""Rules for one operation: its name, address, texts and scopes."""

import re
from collections.abc import Callable

from ..declaration import PATH_NAME, Declaration, DeclarationError, Operation
from . import arguments, questions

OPERATION_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
PATH = re.compile(r"(/([A-Za-z0-9._~-]+|<[a-z][a-z0-9_]*>))+")

RESERVED_OPERATIONS = frozenset({"get_confirmation", "confirm_action"})
RESERVED_SEGMENTS = frozenset(
    {"confirmations", "legal", "logo.png", "mcp", "oauth", "openapi.json", "openapi.yaml"}
    | {"healthz", "known-host", "metrics", "readyz"}  # which any host answers for the gateway
    | {"package.zip", "pages", "privacy", "static"}
)

# GPT Actions read 300 characters of an operation and at most 30 operations.
DESCRIPTION, OPERATIONS = 300, 30

Rule = Callable[[Operation, Declaration], str | None]


def operation(operation: Operation, declaration: Declaration) -> None:
    """Refuse an operation that breaks a rule; `declaration` holds the operations before it."""
    for rule in RULES:
        wrong = rule(operation, declaration)
        if wrong:
            raise DeclarationError(f"{operation.plugin}: `{operation.name}` {wrong}")


def _name_is_legal(operation: Operation, _: Declaration) -> str | None:
    if OPERATION_NAME.fullmatch(operation.name):
        return None
    return "is not a valid operation name. Use small letters, digits and underscores, at most 64."


def _name_is_free(operation: Operation, _: Declaration) -> str | None:
    if operation.name not in RESERVED_OPERATIONS:
        return None
    return "is an operation of the gateway itself. Rename the function."


def _declared_once(operation: Operation, declaration: Declaration) -> str | None:
    resources = {each.reading.name for each in declaration.resources}
    if declaration.operation(operation.name) is None and operation.name not in resources:
        return None
    return "is declared twice. Rename one of the functions."


def _not_too_many(_: Operation, declaration: Declaration) -> str | None:
    if len(declaration.operations) < OPERATIONS:
        return None
    return f"is one operation more than the {OPERATIONS} that assistants read. Split the plugin in two."


def _has_a_docstring(operation: Operation, _: Declaration) -> str | None:
    if operation.summary:
        return None
    return "has no docstring. Write one: it is what the model is told."


def _docstring_fits(operation: Operation, _: Declaration) -> str | None:
    length = len(operation.description)
    if length <= DESCRIPTION:
        return None
    return f"has a docstring of {length} characters. Assistants read {DESCRIPTION}: shorten it."


def _path_is_legal(operation: Operation, _: Declaration) -> str | None:
    if PATH.fullmatch(operation.path):
        return None
    return f'has the path "{operation.path}". Write it like /slots or /bookings/<booking_id>.'


def _path_is_free(operation: Operation, _: Declaration) -> str | None:
    first = operation.path.split("/")[1]
    if first not in RESERVED_SEGMENTS and not first.startswith("."):
        return None
    return f'has the path "{operation.path}", which is an address of the gateway. Choose another.'


def _path_is_used_once(operation: Operation, declaration: Declaration) -> str | None:
    for other in _at_the_same_address(operation, declaration):
        if other.method == operation.method:
            return (
                f"has the address of `{other.name}`, {other.method} {other.path}. Change one path."
            )
    return None


def _path_names_agree(operation: Operation, declaration: Declaration) -> str | None:
    """OpenAPI 3.1 forbids two templates of one path that differ in their names only."""
    for other in _at_the_same_address(operation, declaration):
        if other.path != operation.path:
            return f"has another name in its path than `{other.name}`, {other.path}. Name it alike."
    return None


def _at_the_same_address(operation: Operation, declaration: Declaration) -> list[Operation]:
    shape = PATH_NAME.sub("<>", operation.path)
    return [each for each in declaration.operations if PATH_NAME.sub("<>", each.path) == shape]


def _scopes_are_declared(operation: Operation, _: Declaration) -> str | None:
    for scope in operation.scopes:
        if scope not in operation.auth.scopes:
            return f'needs the scope "{scope}", which the auth does not name. Add it there.'
    return None


def _for_operation(rule: Callable[[Operation], str | None]) -> Rule:
    return lambda operation, _: rule(operation)


RULES: tuple[Rule, ...] = (
    _name_is_legal,
    _name_is_free,
    _declared_once,
    _not_too_many,
    _has_a_docstring,
    _docstring_fits,
    _path_is_legal,
    _path_is_free,
    _path_is_used_once,
    _path_names_agree,
    _scopes_are_declared,
    *map(_for_operation, arguments.RULES),
    *map(_for_operation, questions.RULES),
)
