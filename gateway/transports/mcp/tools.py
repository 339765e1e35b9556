"""The operations of a plugin as MCP tools."""

from ...declaration import Operation
from ...documents.tools import tool as descriptor
from .elicitation import Elicitation
from .features import Outcome, Request, Tool
from .operations import Operations
from .results import tool_result


def tool(operation: Operation, operations: Operations, elicitation: Elicitation) -> Tool:
    """An operation as a tool. Where the client can show a question to its user, it is given it."""

    def call(request: Request) -> Outcome:
        if elicitation.has_reply(operation, request):
            return elicitation.follow(operation, request)
        answer = operations.perform(operation, request, request.params.get("arguments") or {})
        return elicitation.ask(operation, request, answer) or tool_result(answer)

    return Tool(descriptor(operation), call)
