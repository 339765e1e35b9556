"""What models are told of an operation: the author's words, then what holds for every action."""

from collections.abc import Iterator

from ..declaration import Kind, Operation

# What is read of an operation by GPT Actions, and by the strictest client of MCP (Codex 0.169 cuts at
# 1,000 characters, with words of its own among them).
IN_OPENAPI, IN_TOOLS = 300, 900

ASKS_ONLY = "This call only asks the user. Nothing is done until get_confirmation says executed."
CAN_BE_UNDONE = "It can be undone later."


def description(operation: Operation, longest: int) -> str:
    """The author's words whole, and each sentence of the gateway's that still fits after them."""
    told = operation.description
    for sentence in _sentences(operation):
        if len(told) + 1 + len(sentence) <= longest:
            told = f"{told}\n{sentence}"
    return told


def _sentences(operation: Operation) -> Iterator[str]:
    if operation.kind is Kind.ACTION:
        yield ASKS_ONLY
    if operation.policy and operation.policy.undoable:
        yield CAN_BE_UNDONE
