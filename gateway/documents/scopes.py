"""What a person lets an assistant do by allowing a scope, for whatever says it in words."""

from ..declaration import Declaration, OAuth, Operation


def scope_uses(declaration: Declaration, scope: str) -> tuple[Operation, ...]:
    """The plugin's own operations, and readings of resources, that allowing `scope` opens.

    Of an operation that needs several it is the one declared last: where booking needs the scope to
    read and the scope to write, reading alone does not open it. So a scope acts where one of these is
    of the kind ACTION, and only reads where none is.
    """
    readings = (each.reading for each in declaration.resources)
    mine = (*declaration.own_operations, *readings)
    return tuple(each for each in mine if _opened_by(each, declaration.linked_scopes) == scope)


def _opened_by(operation: Operation, order: tuple[str, ...]) -> str | None:
    needed = operation.scopes if isinstance(operation.auth, OAuth) else ()
    return max(needed, key=order.index, default=None)
