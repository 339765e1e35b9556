"""What an assistant is answered about an action, whatever has become of it: over REST and over MCP.

Each test is a row of the table of replies: the status, the word for programs, and what to do next.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
import time_machine
from jsonschema import Draft202012Validator, FormatChecker

from gateway.confirmations.sweeper import Sweeper
from tests.kit.apps import running_app
from tests.kit.mcp_client import Assistant, InProcess
from tests.kit.mounted import described
from tests.kit.people import Person
from tests.kit.written import write_plugin
from tests.kit.written_out import in_full

CODE = '''
from werkzeug.exceptions import Conflict

class Taken(Conflict):
    problem = {"code": "slot_taken", "alternatives": ["10:00", "11:00"]}

PAPER = {"paper": fields.String(required=True, validate=validate.Length(max=20))}
NUMBER = {"count": fields.Integer(required=True)}

def times(name):
    kept = plugin.data_dir / name
    kept.write_text(kept.read_text() + "x" if kept.exists() else "x")
    return {"count": len(kept.read_text())}

@plugin.query("/times/<paper>", takes=PAPER, returns=NUMBER)
def tell(paper):
    """Tell how often something was done."""
    kept = plugin.data_dir / paper
    return {"count": len(kept.read_text()) if kept.exists() else 0}

def do(paper):
    if paper == "torn":
        abort(409, "The paper is torn. Take another.")
    if paper == "gone":
        raise Taken("10:30 has gone since. Take another time.")
    if paper == "ink":
        raise RuntimeError("the secret of the inside")
    return times(paper)

@plugin.action("/papers", takes=PAPER, returns=NUMBER, confirm="Sign {paper}?")
def sign(paper):
    """Sign a paper, which only its person can."""
    return do(paper)

def ask_to_amend(paper):
    price = plugin.data_dir / "price"
    cents = len(price.read_text()) if price.exists() else 0
    if paper == "taken":
        raise Taken("09:00 is taken. Take another time.")
    return f"Amend {paper} for {cents}?", {"cents": cents}

@plugin.action("/papers/<paper>/amend", takes=PAPER, returns=NUMBER, confirm=ask_to_amend)
def amend(paper):
    """Amend a paper, which only its person can."""
    return do(paper)

@plugin.action("/files", takes=PAPER, returns=NUMBER, confirm=ask_to_amend, approve="chat")
def file(paper):
    """File a paper."""
    return do(paper)

def send(paper):
    if paper == "busy":
        abort(503, "The post is busy.")
    if paper == "lost":
        raise RuntimeError("the secret of the inside")
    return do(paper)

def look_up(paper):
    return None

OUT = dict(takes=PAPER, returns=NUMBER, confirm="Send {paper}?", approve="chat", effect="external")

@plugin.action("/letters", lookup=look_up, **OUT)
def post(paper):
    """Post a paper."""
    return send(paper)

@plugin.action("/calls", **OUT)
def phone(paper):
    """Read out a paper."""
    return send(paper)
'''
# Only what a person approves on a page.
STRICT = """
DOOR = {"door": fields.String(required=True)}

@plugin.action("/doors", takes=DOOR, returns={}, confirm="Open {door}?")
def open_door(door):
    '''Open a door.'''
    return {}
"""


@dataclass
class Reply:
    """One answer. `status` and `headers` are those of REST; over MCP there are none to look at."""

    is_problem: bool
    body: dict[str, Any]
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """How it stands, or what is wrong."""
        return self.body["code" if self.is_problem else "status"]


class OverRest:
    """Calls by address, and holds each answer to what the document promises."""

    def __init__(self, app, person):
        self.person, self.document = person, app.test_client().get("/office/openapi.json").json
        self.operations = app.extensions["gateway"].declarations["office"]

    def call(self, name, arguments, key=None):
        operation = self.operations.operation(name)
        rest = dict(arguments)
        path = operation.path
        for each in operation.path_names:
            path = path.replace(f"<{each}>", rest.pop(each))
        headers = {"Idempotency-Key": key} if key else {}
        if operation.method == "GET":
            return self._kept(name, self.person.get(path, rest, headers))
        return self._kept(name, self.person.post(path, rest, headers))

    def _kept(self, name, response):
        is_problem = response.status_code >= 400
        kind = "application/problem+json" if is_problem else "application/json"
        assert response.content_type == kind, response.text
        promised = described(self.document)[name]["responses"]
        found = promised.get(str(response.status_code), promised["default"])
        schema = in_full(found["content"][kind]["schema"], self.document)
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(response.json)
        return Reply(is_problem, response.json, response.status_code, dict(response.headers))


class OverMcp:
    """Calls tools, and holds each answer to the schema of the tool."""

    def __init__(self, app, person):
        self.assistant = Assistant(InProcess(app), "office", person.token)
        listed = self.assistant.result("tools/list")["tools"]
        self.schemas = {each["name"]: each["outputSchema"] for each in listed}

    def call(self, name, arguments, key=None):
        result = self.assistant.call(name, {**arguments, **({"request_id": key} if key else {})})
        assert result["resultType"] == "complete"
        body = orjson.loads(result["content"][0]["text"])
        if not result["isError"]:
            assert result["structuredContent"] == body
            validator = Draft202012Validator(self.schemas[name], format_checker=FormatChecker())
            validator.validate(body)
        return Reply(result["isError"], body)


class Office:
    """One person with one assistant, who calls over one transport."""

    def __init__(self, app, transport, email="", client="test"):
        self.app, self.transport = app, transport
        self.person = Person(app, email or f"{uuid4()}@example.com", "office", client=client)
        self.wire = transport(app, self.person)

    def ask(self, name, paper, key=None, **more):
        return self.wire.call(name, {"paper": paper, **more}, key)

    def confirm(self, asked, **other):
        named = {name: asked.body[name] for name in ("confirmation_id", "hash")}
        return self.wire.call("confirm_action", {**named, **other})

    def look(self, asked):
        named = asked if isinstance(asked, str) else asked.body["confirmation_id"]
        return self.wire.call("get_confirmation", {"confirmation_id": named})

    def decide(self, asked, decision):
        """Press a button on the page."""
        replied = self.person.decide(Answered(asked.body), decision)
        assert replied.status_code == 303, replied.text

    def times(self, paper):
        return self.person.get(f"/times/{paper}").json["count"]


@dataclass
class Answered:
    json: dict[str, Any]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replies")
    write_plugin(folder / "plugins", CODE, name="office")
    write_plugin(folder / "plugins", STRICT, name="strict")
    with running_app(folder, folders=[folder / "plugins"]) as app:
        yield app


@pytest.fixture(params=[OverRest, OverMcp], ids=["rest", "mcp"])
def transport(request):
    return request.param


@pytest.fixture
def ada(app, transport):
    return Office(app, transport)


@pytest.fixture
def paper():
    """A paper that nobody has seen."""
    return uuid4().hex[:16]


@pytest.fixture(params=["sign", "file"])
def action(request):
    """One that only a person approves, and one that is confirmed in the chat."""
    return request.param


def assert_told(reply, status, word, *, retry_after=None, replayed=False):
    """The row of the table; and that every problem says whether repeating is of any use."""
    assert reply.word == word, reply.body
    assert reply.is_problem is (status >= 400)
    if reply.is_problem:
        assert reply.body["status"] == status
        assert reply.body["retryable"] is (status in (429, 503))
        assert "secret" not in str(reply.body)
    else:
        assert reply.body["next_step"]
    if reply.status is None:
        return
    assert reply.status == status
    assert reply.headers.get("Retry-After") == (str(retry_after) if retry_after else None)
    assert reply.headers.get("Idempotency-Replayed") == ("true" if replayed else None)
    where = f"http://localhost/office/confirmations/{reply.body.get('confirmation_id')}"
    assert reply.headers.get("Location") == (where if status == 202 else None)


def assert_changes_nothing(office, asked, refuse):
    """A refusal leaves the action as it was."""
    before = office.look(asked)
    refuse()
    assert office.look(asked) == before


# --- asking


def test_asked(ada, action, paper):
    asked = ada.ask(action, paper)
    assert_told(asked, 202, "confirmation_required", retry_after=3)
    assert asked.body["result"] is asked.body["error"] is None
    assert asked.body["confirm_url"] == f"http://localhost/confirm/{asked.body['confirmation_id']}"
    says = asked.body["next_step"]
    for word in ("the question", "the link", "the code", "word for word", "Nothing is done yet"):
        assert word in says
    assert ("confirm_action" in says) is (action == "file")
    assert ada.times(paper) == 0


def test_asked_how_it_stands_while_it_waits(ada, action, paper):
    asked = ada.ask(action, paper)
    waiting = ada.look(asked)
    assert_told(waiting, 202, "confirmation_required", retry_after=3)
    assert waiting.body == asked.body


@pytest.mark.parametrize("key", [None, "k"])
def test_asked_again(ada, action, paper, key):
    first, again = (ada.ask(action, paper, key and key + paper) for _ in range(2))
    assert_told(first, 202, "confirmation_required", retry_after=3)
    assert_told(again, 202, "confirmation_required", retry_after=3, replayed=True)
    assert again.body == first.body


def test_asked_eight_times_at_once(ada, action, paper):
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: ada.ask(action, paper, paper), range(8)))
    assert all(each.body == replies[0].body for each in replies)
    assert {each.word for each in replies} == {"confirmation_required"}


def test_a_key_for_something_else(ada, action, paper):
    asked = ada.ask(action, paper, paper)
    assert_changes_nothing(
        ada,
        asked,
        lambda: assert_told(ada.ask(action, f"{paper}2", paper), 422, "idempotency_key_reused"),
    )


def test_done_a_moment_ago(ada, action, paper):
    asked = ada.ask(action, paper)
    ada.decide(asked, "approve")
    again = ada.ask(action, paper)
    assert_told(again, 200, "executed", replayed=True)
    assert again.body["duplicate_of"] == asked.body["confirmation_id"]
    assert again.body["result"] == {"count": 1}
    meant = ada.ask(action, paper, allow_duplicate=True)
    assert_told(meant, 202, "confirmation_required", retry_after=3)
    assert meant.body["confirmation_id"] != asked.body["confirmation_id"]


def test_done_under_a_key(ada, action, paper):
    asked = ada.ask(action, paper, paper)
    ada.decide(asked, "approve")
    again = ada.ask(action, paper, paper)
    assert_told(again, 200, "executed", replayed=True)
    assert "duplicate_of" not in again.body


@pytest.mark.parametrize(
    "arguments",
    [{}, {"paper": 5}, {"paper": "x" * 21}, {"paper": "a", "hash": "b"}, {"paper": None}],
)
def test_arguments_that_do_not_fit(ada, action, arguments):
    refused = ada.wire.call(action, arguments)
    assert_told(refused, 422, "invalid_arguments")
    assert refused.body["errors"]


@pytest.mark.parametrize("action", ["file", "amend"])
def test_gone_before_anybody_is_asked(ada, action):
    refused = ada.ask(action, "taken")
    assert_told(refused, 409, "slot_taken")
    assert refused.body["alternatives"] == ["10:00", "11:00"]
    assert refused.body["detail"] == "09:00 is taken. Take another time."


def test_gone_before_a_guest_is_asked(start):
    app = start(PLUGINS="booking")
    ada, eve = (Person(app, f"{name}@example.com", "booking") for name in ("ada", "eve"))
    days = (datetime.now(UTC).date() + timedelta(days=number) for number in range(3, 10))
    found = [ada.get("/slots", {"service": "physio", "day": str(day)}).json for day in days]
    start_at = next(slot["start"] for each in found for slot in each["slots"])
    wanted = {"service": "physio", "start": start_at, "name": "Ada"}
    assert ada.approve(ada.post("/bookings", wanted)).json["status"] == "executed"
    refused = eve.post("/bookings", {**wanted, "name": "Eve"})
    assert (refused.status_code, refused.json["code"]) == (409, "slot_taken")
    assert start_at not in refused.json["alternatives"]
    asked = eve.post("/bookings", {**wanted, "start": refused.json["alternatives"][0]})
    assert asked.status_code == 202


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b'{"paper": "a", "paper": "b"}', "application/json", 400, "malformed_json"),
        (b"[]", "application/json", 400, "malformed_json"),
        (b'{"paper": NaN}', "application/json", 400, "malformed_json"),
        (b"[" * 9_000, "application/json", 400, "malformed_json"),
        (b'{"paper": "' + b"x" * 2_000_000 + b'"}', "application/json", 413, "too_large"),
        (b"paper=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ],
)
@pytest.mark.parametrize("path", ["/papers", "/confirmations/cnf_0/confirm"])
def test_a_body_that_is_none(app, path, body, kind, status, code):
    person = Person(app, "ada@example.com", "office")
    refused = app.test_client().post(
        f"/office{path}", data=body, content_type=kind, headers=person.headers
    )
    assert (refused.status_code, refused.mimetype) == (status, "application/problem+json")
    assert refused.json["code"] == code


@pytest.mark.parametrize(
    ("scopes", "status", "code"),
    [
        (None, 401, "token_required"),
        ("gwt_x", 401, "invalid_token"),
        ((), 403, "insufficient_scope"),
    ],
)
def test_who_may_not_ask(app, scopes, status, code):
    person = Person(app, "ada@example.com", "office", scopes=() if scopes == () else None)
    if scopes != ():
        person.headers = {"Authorization": f"Bearer {scopes}"} if scopes else {}
    for path, body in (("/papers", {"paper": "a"}), ("/files", {"paper": "a"})):
        refused = person.post(path, body)
        assert (refused.status_code, refused.json["code"]) == (status, code)
        assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


# --- whose it is


@pytest.mark.parametrize("settled", [False, True])
def test_another_persons_is_as_unknown_as_none(app, ada, transport, action, paper, settled):
    """The same bytes, whether there is no such action, or it is another's, or another client's."""
    email = f"{uuid4()}@example.com"
    ada = Office(app, transport, email)
    asked = ada.ask(action, paper)
    if settled:
        ada.decide(asked, "approve")
    known = ada.look(asked)
    nowhere = {"confirmation_id": f"cnf_{'0' * 32}", "hash": asked.body["hash"]}
    expected = ada.wire.call("confirm_action", nowhere)
    assert_told(expected, 404, "action_not_found")
    for stranger in (Office(app, transport), Office(app, transport, email, client="another")):
        for reply in (
            stranger.look(asked),
            stranger.confirm(asked),
            stranger.confirm(asked, hash="sha256:0"),
            stranger.look("cnf_1"),
        ):
            assert (reply.status, reply.body) == (expected.status, expected.body)
    assert ada.look(asked) == known


# --- a yes that comes over the API


def test_only_a_person_can_approve(ada, paper):
    asked = ada.ask("sign", paper)

    def refuse():
        for _ in range(2):
            refused = ada.confirm(asked)
            assert_told(refused, 403, "human_approval_required")
            assert refused.body["confirm_url"] == asked.body["confirm_url"]
            assert asked.body["confirm_url"] in refused.body["detail"]

    assert_changes_nothing(ada, asked, refuse)
    assert ada.times(paper) == 0


def test_only_a_person_can_approve_where_no_chat_may(app):
    """It is told over REST, where an assistant may try; over MCP there is no such tool."""
    person = Person(app, "ada@example.com", "strict")
    asked = person.post("/doors", {"door": "blue"})
    refused = person.confirm(asked)
    assert (refused.status_code, refused.json["code"]) == (403, "human_approval_required")
    assert refused.json["confirm_url"] == asked.json["confirm_url"]
    assert refused.mimetype == "application/problem+json"
    paths = app.test_client().get("/strict/openapi.json").json["paths"]
    assert [path for path in paths if "confirm" in path] == ["/confirmations/{confirmation_id}"]
    assistant = Assistant(InProcess(app), "strict", person.token)
    names = [each["name"] for each in assistant.result("tools/list")["tools"]]
    assert names == ["open_door", "get_confirmation"]
    named = {name: asked.json[name] for name in ("confirmation_id", "hash")}
    status, error = assistant.refusal("tools/call", {"name": "confirm_action", "arguments": named})
    assert (status, error["code"]) == (400, -32602)
    assert person.see(asked).json["status"] == "confirmation_required"
    assert person.approve(asked).json["status"] == "executed"
    assert person.confirm(asked).json == person.see(asked).json


def test_a_yes_to_something_else(ada, action, paper):
    asked, other = ada.ask(action, paper), ada.ask(action, f"{paper}2")
    for wrong in (other.body["hash"], "sha256:0", asked.body["hash"].upper()):
        assert_changes_nothing(
            ada,
            asked,
            lambda wrong=wrong: assert_told(
                ada.confirm(asked, hash=wrong), 409, "arguments_changed"
            ),
        )


def test_confirmed(ada, paper):
    asked = ada.ask("file", paper)
    done = ada.confirm(asked)
    assert_told(done, 200, "executed")
    assert done.body["result"] == {"count": 1}
    assert "It is done" in done.body["next_step"]
    again = ada.confirm(asked)
    assert_told(again, 200, "executed", replayed=True)
    assert again.body == done.body == ada.look(asked).body
    assert ada.times(paper) == 1


def test_approved_on_the_page(ada, action, paper):
    asked = ada.ask(action, paper)
    ada.decide(asked, "approve")
    done = ada.look(asked)
    assert_told(done, 200, "executed")
    assert done.body["result"] == {"count": 1}
    late = ada.confirm(asked)
    assert_told(late, 200, "executed", replayed=True)
    assert late.body == done.body
    assert ada.times(paper) == 1


# --- what came to nothing


def assert_settled(office, asked, status, http, *, refused=None, **more):
    """Asking tells it with 200; a yes that comes too late is refused, and changes nothing."""
    standing = office.look(asked)
    assert_told(standing, 200, status)
    assert standing.body["result"] is None
    late = office.confirm(asked)
    assert_told(late, http, refused or f"action_{status}")
    for name, value in more.items():
        assert standing.body[name] == late.body[name] == value
    assert office.look(asked) == standing


def test_expired(ada, action, paper):
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        asked = ada.ask(action, paper)
        clock.shift(timedelta(minutes=10))
        assert_settled(ada, asked, "expired", 410)
        assert "nothing was done" in ada.look(asked).body["next_step"]
        gateway = ada.app.extensions["gateway"]
        Sweeper(gateway.ledger, gateway.approvals.elsewhere).sweep()  # which writes it down
        assert_settled(ada, asked, "expired", 410)
        anew = ada.ask(action, paper)
        assert_told(anew, 202, "confirmation_required", retry_after=3)
        assert anew.body["confirmation_id"] != asked.body["confirmation_id"]


def test_declined(ada, action, paper):
    asked = ada.ask(action, paper)
    ada.decide(asked, "decline")
    assert_settled(ada, asked, "declined", 409)
    anew = ada.ask(action, paper)
    assert_told(anew, 202, "confirmation_required", retry_after=3)
    assert anew.body["confirmation_id"] != asked.body["confirmation_id"]


def test_withdrawn(ada, paper):
    """By a client that opens pages itself, and whose user would not open this one."""
    asked = ada.ask("sign", paper)
    client = Assistant(InProcess(ada.app), "office", ada.person.token)
    client.capabilities = {"elicitation": {"url": {}}}
    shown = client.call("sign", {"paper": paper})
    no = {"inputResponses": {"confirmation": {"action": "decline"}}}
    client.call("sign", {"paper": paper}, requestState=shown["requestState"], **no)
    assert_settled(ada, asked, "cancelled", 409)


def test_another_question_about_the_same(ada, paper):
    first = ada.ask("amend", paper, "one" + paper)
    second = ada.ask("amend", paper, "two" + paper)
    assert_told(second, 202, "confirmation_required", retry_after=3)
    assert_settled(ada, first, "superseded", 409, superseded_by=second.body["confirmation_id"])
    assert "superseded_by" in ada.look(first).body["next_step"]
    again = ada.ask("amend", paper, "one" + paper)
    assert_told(again, 200, "superseded", replayed=True)


@pytest.mark.parametrize("action", ["amend", "file"])
def test_what_it_rests_on_has_changed(ada, action, paper):
    asked = ada.ask(action, paper)
    folder = ada.app.extensions["gateway"].settings.data_dir / "office"
    folder.mkdir(exist_ok=True)
    price = folder / "price"
    price.write_text("x" + (price.read_text() if price.exists() else ""))
    if action == "amend":
        assert ada.person.decide(Answered(asked.body), "approve").status_code == 303
    else:
        assert_told(ada.confirm(asked), 409, "action_superseded")
    after = ada.look(asked).body["superseded_by"]
    assert_settled(ada, asked, "superseded", 409, superseded_by=after)
    anew = ada.look(after)
    assert_told(anew, 202, "confirmation_required", retry_after=3)
    assert anew.body["question"] != asked.body["question"]
    assert anew.body["hash"] != asked.body["hash"]
    assert ada.times(paper) == 0


@pytest.mark.parametrize(
    ("paper", "status", "code"),
    [("torn", 409, "conflict"), ("gone", 409, "slot_taken"), ("ink", 500, "internal_error")],
)
def test_failed(ada, action, paper, status, code):
    asked = ada.ask(action, paper)
    ada.decide(asked, "approve")
    failed = ada.look(asked)
    assert_told(failed, 200, "failed")
    assert (failed.body["error"]["status"], failed.body["error"]["code"]) == (status, code)
    assert failed.body["result"] is None
    if code == "slot_taken":
        assert failed.body["error"]["alternatives"] == ["10:00", "11:00"]
    late = ada.confirm(asked)
    assert_told(late, status, code, replayed=True)
    assert late.body == failed.body["error"]
    anew = ada.ask(action, paper)
    assert anew.body["confirmation_id"] != asked.body["confirmation_id"]


@pytest.mark.parametrize(
    ("paper", "status", "code"),
    [("torn", 409, "conflict"), ("gone", 409, "slot_taken"), ("ink", 500, "internal_error")],
)
def test_failed_when_it_was_confirmed(ada, paper, status, code):
    asked = ada.ask("file", paper, uuid4().hex)
    failed = ada.confirm(asked)
    assert_told(failed, status, code)
    again = ada.confirm(asked)
    assert_told(again, status, code, replayed=True)
    assert again.body == failed.body


# --- effects elsewhere


@pytest.mark.parametrize(
    ("action", "paper", "http", "status", "seconds"),
    [
        ("post", "busy", 202, "executing", 2),
        ("phone", "busy", 202, "executing", 2),
        ("post", "lost", 202, "outcome_unknown", 5),
        ("phone", "lost", 200, "needs_review", None),
    ],
)
def test_not_known_yet(ada, action, paper, http, status, seconds):
    asked = ada.ask(action, paper)
    first = ada.confirm(asked)
    assert_told(first, http, status, retry_after=seconds)
    assert first.body["result"] is first.body["error"] is None
    assert "do not call the action again" in first.body["next_step"]
    assert_told(ada.confirm(asked), http, status, retry_after=seconds, replayed=True)
    assert_told(ada.look(asked), http, status, retry_after=seconds)
    again = ada.ask(action, paper)
    assert_told(again, http, status, retry_after=seconds, replayed=True)
    assert again.body["confirmation_id"] == asked.body["confirmation_id"]
    if status == "needs_review":
        meant = ada.ask(action, paper, allow_duplicate=True)
        assert_told(meant, 202, "confirmation_required", retry_after=3)


# --- too much, and no store


def test_too_many_questions(start, tmp_path, transport):
    write_plugin(tmp_path / "plugins", CODE, name="office")
    app = start(folders=[tmp_path / "plugins"], RATE_LIMIT="1000/minute")
    ada = Office(app, transport)
    asked = [ada.ask("sign", f"{number}") for number in range(5)]
    refused = ada.ask("sign", "more")
    assert_told(refused, 429, "too_many_pending", retry_after=60)
    assert_told(ada.ask("sign", "0"), 202, "confirmation_required", retry_after=3, replayed=True)
    assert_told(ada.ask("file", "more"), 202, "confirmation_required", retry_after=3)
    for each in asked[:3]:
        ada.decide(each, "decline")
    refused = ada.ask("sign", "more")
    assert refused.word == "rate_limited"
    assert refused.body["retryable"] is True
    if refused.status:
        assert refused.status == 429
        assert 3_500 < int(refused.headers["Retry-After"]) <= 3_600


def test_too_many_calls(start, tmp_path, transport):
    write_plugin(tmp_path / "plugins", CODE, name="office")
    app = start(folders=[tmp_path / "plugins"], RATE_LIMIT="3/minute")
    person = Person(app, "ada@example.com", "office")
    if transport is OverRest:
        replies = [person.post("/papers", {"paper": "a"}) for _ in range(4)]
        assert [each.status_code for each in replies] == [202, 202, 202, 429]
        assert replies[-1].json["code"] == "rate_limited"
        assert int(replies[-1].headers["Retry-After"]) > 0
    else:
        assistant = Assistant(InProcess(app), "office", person.token)
        results = [assistant.call("sign", {"paper": "a"}) for _ in range(4)]
        assert [each["isError"] for each in results] == [False, False, False, True]
        assert orjson.loads(results[-1]["content"][0]["text"])["code"] == "rate_limited"


def test_no_store(start, tmp_path, transport):
    """Nothing is lost and nothing is half done: the same calls go on when it is back."""
    write_plugin(tmp_path / "plugins", CODE, name="office")
    app = start(folders=[tmp_path / "plugins"])
    ada = Office(app, transport)
    signed, filed = ada.ask("sign", "a"), ada.ask("file", "b")
    path = tmp_path / "data" / "ledger.sqlite3"
    app.extensions["gateway"].ledger.engine.dispose()
    path.rename(tmp_path / "away")
    path.mkdir()
    for refused in (
        ada.ask("sign", "c"),
        ada.confirm(filed),
        ada.confirm(signed),
        ada.look(signed),
    ):
        assert_told(refused, 503, "store_unavailable", retry_after=2)
    path.rmdir()
    (tmp_path / "away").rename(path)
    assert_told(ada.look(signed), 202, "confirmation_required", retry_after=3)
    assert_told(ada.confirm(filed), 200, "executed")
    assert (ada.times("a"), ada.times("b"), ada.times("c")) == (0, 1, 0)
