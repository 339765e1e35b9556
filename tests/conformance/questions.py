"""Tools and a prompt of the suite that ask the client's user before they answer (SEP-2322).

What is kept between two rounds goes to the client and comes back, signed.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from mcp_types import INVALID_PARAMS, MISSING_REQUIRED_CLIENT_CAPABILITY

from gateway.transports.mcp.features import (
    Handler,
    InputRequired,
    Progress,
    Prompt,
    Request,
    Result,
    Tool,
)
from gateway.transports.mcp.messages import JsonRpcError

from .contents import NO_ARGUMENTS, said, text

SECRET = secrets.token_hex()  # made before the workers, so that all have the same
CAPABILITIES = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}

Question = Mapping[str, Any]
Answers = Mapping[str, Any]


def form(message: str, **fields: str) -> Question:
    """A question to the user: the fields with their types."""
    properties = {name: {"type": kind} for name, kind in fields.items()}
    schema = {"type": "object", "properties": properties, "required": list(fields)}
    params = {"mode": "form", "message": message, "requestedSchema": schema}
    return {"method": "elicitation/create", "params": params}


def sample(prompt: str) -> Question:
    """A question to the model of the client."""
    messages = [{"role": "user", "content": text(prompt)}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": 100}}


NAME = form("What is your name?", name="string")
CONFIRM = form("Please confirm", ok="boolean")
CONTEXT = form("What context should the prompt use?", context="string")
CAPITAL = sample("What is the capital of France?")
GREETING = sample("Generate a greeting")
ROOTS: Question = {"method": "roots/list", "params": {}}


def require(request: Request, *methods: str) -> None:
    """Refuse where the client does not say that it can be asked so."""
    needed = {CAPABILITIES[method] for method in methods}
    missing = {name: {} for name in sorted(needed - request.capabilities.keys())}
    if missing:
        raise JsonRpcError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            f"This needs a client with {', '.join(missing)}.",
            {"requiredCapabilities": missing},
        )


def ask(request: Request, questions: Mapping[str, Question], keep: Any = None) -> InputRequired:
    require(request, *(question["method"] for question in questions.values()))
    return InputRequired(questions, None if keep is None else signer(request).dumps(keep))


def signer(request: Request) -> URLSafeSerializer:
    """What one tool has signed is nothing to another."""
    return URLSafeSerializer(SECRET, salt=request.params["name"])


def kept(request: Request) -> Any:
    """What was kept in the round before; None in the first. Refuses what the client has changed."""
    state = request.params.get("requestState")
    try:
        return None if state is None else signer(request).loads(state)
    except BadSignature as error:
        raise JsonRpcError(
            INVALID_PARAMS, "The requestState is not as this server made it."
        ) from error


def answers_of(request: Request) -> Answers:
    return request.params.get("inputResponses") or {}


def asking(
    questions: Mapping[str, Question], tell: Callable[[Answers], Result], keep: Any = None
) -> Handler:
    """A handler that asks all questions at once, and tells what it makes of the answers."""

    def handle(request: Request) -> Result | InputRequired:
        answers = answers_of(request)
        if kept(request) == keep and questions.keys() <= answers.keys():
            return tell(answers)
        return ask(request, questions, keep)

    return handle


def words(made: Callable[[Answers], str]) -> Callable[[Answers], Result]:
    return lambda answers: {"content": [text(made(answers))]}


def rounds(request: Request) -> Result | InputRequired:
    """One question after the other; what has been answered is kept with the client."""
    answered = dict(kept(request) or {})
    for answer in answers_of(request).values():
        answered |= answer.get("content") or {}
    if "name" not in answered:
        return ask(request, {"step1": form("Step 1: What is your name?", name="string")}, answered)
    if "color" not in answered:
        question = form("Step 2: What is your favorite color?", color="string")
        return ask(request, {"step2": question}, answered)
    return {"content": [text(f"{answered['name']} likes {answered['color']}.")]}


def what_it_can(request: Request) -> Result | InputRequired:
    """Ask only in the ways that the client declares."""
    questions = {"user_name": NAME, "greeting": GREETING, "client_roots": ROOTS}
    possible = {
        key: question
        for key, question in questions.items()
        if CAPABILITIES[question["method"]] in request.capabilities
    }
    if not possible or possible.keys() & answers_of(request).keys():
        return {"content": [text("All that could be asked is answered.")]}
    return ask(request, possible)


def in_a_stream(request: Request) -> Iterator[Progress | Result | InputRequired]:
    """A question at the end of a stream."""
    yield Progress(50, 100)
    yield asking({"user_name": NAME}, words(lambda _: "Streaming complete"))(request)


def only_with_sampling(request: Request) -> Result:
    require(request, "sampling/createMessage")
    return {"content": [text("Success")]}


def greet(answers: Answers) -> str:
    return f"Hello, {answers['user_name'].get('content', {}).get('name', 'stranger')}!"


def introduce(answers: Answers) -> str:
    return f"{greet(answers)} You have {len(answers['client_roots']['roots'])} roots."


NAMED = {"user_name": NAME}
THREE = {"user_name": NAME, "greeting": GREETING, "client_roots": ROOTS}
HANDLERS: dict[str, Handler] = {
    "test_missing_capability": only_with_sampling,
    "test_streaming_elicitation": in_a_stream,
    "test_input_required_result_elicitation": asking(NAMED, words(greet)),
    "test_input_required_result_sampling": asking({"capital": CAPITAL}, words(str)),
    "test_input_required_result_list_roots": asking({"client_roots": ROOTS}, words(str)),
    "test_input_required_result_request_state": asking(
        {"confirm": CONFIRM}, words(lambda _: "state-ok"), "confirming"
    ),
    "test_input_required_result_tampered_state": asking(
        {"confirm": CONFIRM}, words(lambda _: "integrity-ok"), "confirming"
    ),
    "test_input_required_result_multiple_inputs": asking(THREE, words(introduce), "introducing"),
    "test_input_required_result_multi_round": rounds,
    "test_input_required_result_capabilities": what_it_can,
}
TOOLS = [
    Tool({"name": name, "description": "Ask, then answer.", "inputSchema": NO_ARGUMENTS}, call)
    for name, call in HANDLERS.items()
]
PROMPTS = [
    Prompt(
        {"name": "test_input_required_result_prompt", "description": "Ask, then prompt."},
        asking({"user_context": CONTEXT}, lambda answers: said(text(str(answers)))),
    )
]
