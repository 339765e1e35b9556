"""The operations of a plugin as MCP tools."""

from ...declaration import Operation
from ...documents.tools import tool as descriptor
from .caller import Operations
from .features import Outcome, Request, Tool
from .questions import Questions
from .results import tool_result


def tool(operation: Operation, operations: Operations, questions: Questions) -> Tool:
    """An operation as a tool. Where the client can show a question to its user, it is given it."""

    def call(request: Request) -> Outcome:
        if questions.has_reply(operation, request):
            return questions.follow(operation, request)
        answer = operations.perform(operation, request, request.params.get("arguments") or {})
        return questions.ask(operation, request, answer) or tool_result(answer)

    return Tool(descriptor(operation), call)
