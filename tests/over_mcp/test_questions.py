"""The question of an action, shown by the client itself: who is asked so, and what an answer does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
import time_machine

from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.forms import send_here
from tests.kit.mcp_client import HANDSHAKE, MODERN, Assistant, InProcess
from tests.kit.people import Person
from tests.kit.written import write_plugin

FORMS = {"elicitation": {}}
LINKS = {"elicitation": {"url": {}}}
BOTH = {"elicitation": {"form": {}, "url": {}}}
OFFICE = """
PAPER = {"paper": fields.String(required=True)}

@plugin.action("/file", takes=PAPER, returns=PAPER, confirm="File {paper}?", approve="chat")
def file(paper):
    '''File a paper.'''
    return {"paper": paper}

@plugin.action("/sign", takes=PAPER, returns=PAPER, confirm="Sign {paper}?")
def sign(paper):
    '''Sign a paper, as only its person can.'''
    return {"paper": paper}
"""
LETTER = {"paper": "letter"}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("questions")
    for name in ("office", "agency"):
        write_plugin(folder / "plugins", OFFICE, name=name)
    with running_app(folder, folders=[TEST_PLUGINS, folder / "plugins"]) as app:
        yield app


def assistant_of(app, email="", plugin="counter", **more):
    """Somebody new with an assistant that can show forms."""
    person = Person(app, email or f"{uuid4()}@example.com", plugin, **more)
    return Assistant(InProcess(app), plugin, person.token, capabilities=FORMS)


@pytest.fixture
def ada(app):
    return assistant_of(app)


def rows(assistant):
    return assistant.call("get_total")["structuredContent"]["rows"]


def answered(asked, action, **content):
    """What a client sends back beside the same arguments."""
    reply = {"action": action, **({"content": content} if action == "accept" else {})}
    return {"requestState": asked["requestState"], "inputResponses": {"confirmation": reply}}


def is_question(result):
    return result["resultType"] == "input_required"


def test_a_yes_in_the_clients_own_form_acts_once(start, store):
    app = start(PLUGINS="counter", **store)
    ada = assistant_of(app)
    apples = {"amount": 3, "note": "apples"}
    asked = ada.call("count", apples)
    assert set(asked) == {"resultType", "inputRequests", "requestState", "_meta"}
    assert is_question(asked)
    [(name, question)] = asked["inputRequests"].items()
    assert (name, question["method"]) == ("confirmation", "elicitation/create")
    assert question["params"]["mode"] == "form"
    assert question["params"]["requestedSchema"] == {"type": "object", "properties": {}}
    message = question["params"]["message"]
    assert message.startswith("Count 3 for “apples”?\n")
    assert "http://localhost/confirm/cnf_" in message
    assert rows(ada) == 0

    done = ada.call("count", apples, **answered(asked, "accept"))
    assert (done["resultType"], done["isError"]) == ("complete", False)
    envelope = done["structuredContent"]
    assert (envelope["status"], envelope["result"]["amount"]) == ("executed", 3)
    assert orjson.loads(done["content"][0]["text"]) == envelope
    assert envelope["match_code"] in message
    assert rows(ada) == 1

    again = ada.call("count", apples, **answered(asked, "accept"))
    assert again == done
    repeated = ada.call("count", apples)
    assert repeated["structuredContent"]["duplicate_of"] == envelope["confirmation_id"]
    assert rows(ada) == 1
    with ThreadPoolExecutor(8) as threads:
        both = ada.call("count", {"amount": 5})
        accepts = [answered(both, "accept")] * 8
        results = list(threads.map(lambda more: ada.call("count", {"amount": 5}, **more), accepts))
    assert all(result == results[0] for result in results)
    assert rows(ada) == 2


@pytest.mark.parametrize(
    ("capabilities", "is_asked"),
    [
        ({"elicitation": {}}, True),
        ({"elicitation": {"form": {}}}, True),
        ({"elicitation": {"form": {}, "url": {}}, "sampling": {}}, True),
        ({"sampling": {}, "roots": {}}, False),
        ({}, False),
    ],
)
def test_a_client_is_asked_for_what_it_says_it_can_do(ada, capabilities, is_asked):
    ada.capabilities = capabilities
    result = ada.call("count", {"amount": 3})
    assert is_question(result) is is_asked
    if not is_asked:
        assert result["structuredContent"]["status"] == "confirmation_required"
    assert rows(ada) == 0


@pytest.mark.parametrize("version", [*HANDSHAKE, None])
def test_a_client_with_a_handshake_has_no_way_to_be_asked(ada, version):
    ada.version = version
    meta = {"io.modelcontextprotocol/clientCapabilities": FORMS}
    params = {"name": "count", "arguments": {"amount": 3}}
    result = ada.result("tools/call", params, meta=meta)
    assert result["structuredContent"]["status"] == "confirmation_required"


def test_an_old_client_cannot_answer_with_a_state_of_a_new_one(ada):
    asked = ada.call("count", {"amount": 3})
    ada.version = "2025-11-25"
    result = ada.call("count", {"amount": 3}, **answered(asked, "accept"))
    assert result["structuredContent"]["status"] == "confirmation_required"
    assert rows(ada) == 0


def test_queries_are_never_asked(ada):
    assert ada.call("echo", {"words": ["a"]}, requestState="x")["structuredContent"] == {
        "words": ["a"]
    }
    assert not is_question(ada.call("get_total", inputResponses={}))


def test_arguments_that_do_not_fit_are_told_before_anybody_is_asked(ada):
    result = ada.call("count", {"amount": "many"})
    assert (result["resultType"], result["isError"]) == ("complete", True)


def swap(text, position):
    """The text with another letter at a position."""
    other = "B" if text[position] == "A" else "A"
    return text[:position] + other + text[position:][1:]


TAMPERED = {
    "first letter": lambda state: swap(state, 0),
    "middle": lambda state: swap(state, len(state) // 2),
    "signature": lambda state: swap(state, -2),
    "no signature": lambda state: state.rpartition(".")[0],
    "signature alone": lambda state: state.rpartition(".")[2],
    "cut": lambda state: state[:-1],
    "twice": lambda state: state * 2,
    "more": lambda state: state + "A",
    "nothing": lambda state: "",
    "dots": lambda state: "..",
    "something else": lambda state: "accept",
    "Chinese": lambda state: "同意",
    "long": lambda state: "A" * 100_000,
}


@pytest.mark.parametrize("bend", TAMPERED.values(), ids=TAMPERED)
def test_a_state_that_was_changed_is_refused(ada, bend):
    asked = ada.call("count", {"amount": 3})
    more = {**answered(asked, "accept"), "requestState": bend(asked["requestState"])}
    assert_refused(ada, "count", {"amount": 3}, more)
    assert not is_question(ada.call("count", {"amount": 3}, **answered(asked, "accept")))


def assert_refused(assistant, tool, arguments, more):
    params = {"name": tool, "arguments": arguments, **more}
    status, error = assistant.refusal("tools/call", params)
    assert (status, error["code"]) == (400, -32602)
    assert "requestState" in error["message"]
    if assistant.plugin == "counter":
        assert rows(assistant) == 0


@pytest.mark.parametrize("action", ["accept", "decline", "cancel", None])
def test_a_state_is_of_one_person_and_one_client(app, action):
    ada = assistant_of(app, "ada@example.com")
    asked = ada.call("count", {"amount": 3, "note": str(action)})
    more = answered(asked, action) if action else {"requestState": asked["requestState"]}
    eve = assistant_of(app, "eve@example.com")
    other_client = assistant_of(app, "ada@example.com", client="another assistant")
    for stranger in (eve, other_client):
        assert_refused(stranger, "count", {"amount": 3, "note": str(action)}, more)
    assert is_question(ada.call("count", {"amount": 3, "note": str(action)}))


@pytest.mark.parametrize("action", ["accept", "decline"])
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ring", {"tone": "low"}),
        ("settle", {}),
        ("count", {"amount": 4}),
        ("count", {"amount": 3, "note": "pears"}),
        ("count", {"amount": 3, "note": ""}),
        ("count", {"amount": "3"}),
        ("count", {"amount": 2**70}),
        ("count", {}),
    ],
)
def test_a_state_is_of_one_call(ada, tool, arguments, action):
    asked = ada.call("count", {"amount": 3})
    assert_refused(ada, tool, arguments, answered(asked, action))


def test_a_state_is_of_one_plugin(app):
    office, agency = (
        assistant_of(app, "ada@example.com", plugin) for plugin in ("office", "agency")
    )
    asked = office.call("file", {"paper": "letter"})
    assert_refused(agency, "file", {"paper": "letter"}, answered(asked, "accept"))


def test_a_state_of_another_gateway_is_refused(app, start):
    elsewhere = assistant_of(start(PLUGINS="counter"))
    asked = elsewhere.call("count", {"amount": 3})
    assert_refused(assistant_of(app), "count", {"amount": 3}, answered(asked, "accept"))


def test_the_order_of_arguments_does_not_matter(ada):
    asked = ada.call("count", {"amount": 3, "note": "apples"})
    done = ada.call("count", {"note": "apples", "amount": 3}, **answered(asked, "accept"))
    assert done["structuredContent"]["status"] == "executed"


@pytest.mark.parametrize(("seconds", "is_in_time"), [(595, True), (605, False)])
def test_a_state_lives_ten_minutes(ada, seconds, is_in_time):
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        asked = ada.call("count", {"amount": 3})
        clock.shift(timedelta(seconds=seconds))
        if not is_in_time:
            assert_refused(ada, "count", {"amount": 3}, answered(asked, "accept"))
        else:
            done = ada.call("count", {"amount": 3}, **answered(asked, "accept"))
            assert done["structuredContent"]["status"] == "executed"


def test_a_no_is_final(ada):
    asked = ada.call("count", {"amount": 3})
    told = ada.call("count", {"amount": 3}, **answered(asked, "decline"))
    assert (told["resultType"], told["isError"]) == ("complete", False)
    assert told["structuredContent"]["status"] == "declined"
    assert told["structuredContent"]["result"] is None
    assert ada.call("count", {"amount": 3}, **answered(asked, "decline")) == told
    named = {name: told["structuredContent"][name] for name in ("confirmation_id", "hash")}
    for late in (
        ada.call("count", {"amount": 3}, **answered(asked, "accept")),
        ada.call("confirm_action", named),
    ):
        assert late["isError"] is True
        assert orjson.loads(late["content"][0]["text"])["code"] == "action_declined"
    assert rows(ada) == 0


def test_a_no_after_the_yes_takes_nothing_back(ada):
    asked = ada.call("count", {"amount": 3})
    done = ada.call("count", {"amount": 3}, **answered(asked, "accept"))
    assert ada.call("count", {"amount": 3}, **answered(asked, "decline")) == done
    assert rows(ada) == 1


def test_whoever_closes_the_form_has_not_answered(ada):
    asked = ada.call("count", {"amount": 3})
    told = ada.call("count", {"amount": 3}, **answered(asked, "cancel"))
    assert told["resultType"] == "complete"
    assert told["structuredContent"]["status"] == "confirmation_required"
    assert rows(ada) == 0
    done = ada.call("count", {"amount": 3}, **answered(asked, "accept"))
    assert done["structuredContent"]["status"] == "executed"


@pytest.mark.parametrize(
    "replies",
    [
        {},
        {"inputResponses": None},
        {"inputResponses": {}},
        {"inputResponses": {"other": {"action": "accept"}}},
        {"inputResponses": {"Confirmation": {"action": "accept"}}},
        {"inputResponses": {"confirmation": {"roots": []}}},
    ],
)
def test_without_an_answer_the_question_is_asked_again(ada, replies):
    asked = ada.call("count", {"amount": 3})
    again = ada.call("count", {"amount": 3}, requestState=asked["requestState"], **replies)
    assert is_question(again)
    assert again["inputRequests"] == asked["inputRequests"]
    assert rows(ada) == 0
    done = ada.call("count", {"amount": 3}, **answered(again, "accept"))
    assert done["structuredContent"]["status"] == "executed"


@pytest.mark.parametrize(
    "replies",
    [
        "yes",
        ["accept"],
        {"confirmation": "accept"},
        {"confirmation": None},
        {"confirmation": {}},
        {"confirmation": {"action": "yes"}},
        {"confirmation": {"action": "ACCEPT"}},
        {"confirmation": {"action": True}},
        {"confirmation": {"action": ["accept"]}},
        {"confirmation": {"action": "accept", "content": "yes"}},
        {"confirmation": [{"action": "accept"}]},
    ],
)
def test_an_answer_that_is_none_by_the_protocol_is_refused(ada, replies):
    asked = ada.call("count", {"amount": 3})
    params = {"name": "count", "arguments": {"amount": 3}, "inputResponses": replies}
    params["requestState"] = asked["requestState"]
    status, error = ada.refusal("tools/call", params)
    assert (status, error["code"]) == (400, -32602)
    assert rows(ada) == 0


@pytest.mark.parametrize("state", [5, [], {}, True])
def test_a_state_is_a_text(ada, state):
    params = {"name": "count", "arguments": {"amount": 3}, "requestState": state}
    assert ada.refusal("tools/call", params)[0] == 400


def test_a_yes_that_nobody_asked_for_is_a_first_call(ada):
    replies = {"confirmation": {"action": "accept", "content": {}}}
    asked = ada.call("count", {"amount": 3}, inputResponses=replies)
    assert is_question(asked)
    assert rows(ada) == 0


def test_whatever_else_comes_with_a_yes_changes_nothing(ada):
    asked = ada.call("count", {"amount": 3})
    more = answered(asked, "accept", amount=999, note="changed", confirm=False)
    done = ada.call("count", {"amount": 3}, **more)
    assert done["structuredContent"]["result"]["amount"] == 3


def test_the_chat_and_the_form_confirm_the_same_thing(ada):
    asked = ada.call("count", {"amount": 3})
    ada.capabilities = {}
    waiting = ada.call("count", {"amount": 3})["structuredContent"]
    named = {name: waiting[name] for name in ("confirmation_id", "hash")}
    by_chat = ada.call("confirm_action", named)
    by_form = ada.call("count", {"amount": 3}, **answered(asked, "accept"))
    assert by_form["structuredContent"] == by_chat["structuredContent"]
    assert rows(ada) == 1


def test_a_token_that_may_only_read_cannot_say_yes(app):
    ada = assistant_of(app, "reader@example.com")
    reader = assistant_of(app, "reader@example.com", scopes=["counts:read"])
    asked = ada.call("count", {"amount": 3})
    refused = reader.call("count", {"amount": 3}, **answered(asked, "accept"))
    assert refused["isError"] is True
    assert orjson.loads(refused["content"][0]["text"])["code"] == "insufficient_scope"
    assert rows(ada) == 0


@pytest.mark.parametrize(
    ("amount", "code"), [(409, "conflict"), (503, "unavailable"), (500, "internal_error")]
)
def test_an_action_that_fails_says_why(ada, amount, code):
    asked = ada.call("count", {"amount": amount})
    for _ in range(2):
        failed = ada.call("count", {"amount": amount}, **answered(asked, "accept"))
        assert (failed["resultType"], failed["isError"]) == ("complete", True)
        assert orjson.loads(failed["content"][0]["text"])["code"] == code
    assert rows(ada) == 0


def test_an_effect_elsewhere_is_made_once(ada):
    asked = ada.call("ring", {"tone": "low"})
    first = ada.call("ring", {"tone": "low"}, **answered(asked, "accept"))
    second = ada.call("ring", {"tone": "low"}, **answered(asked, "accept"))
    assert first["structuredContent"]["result"] == {"rung": 1}
    assert second == first


@pytest.mark.parametrize("locale", ["zh-CN", "zh"])
def test_the_question_is_asked_in_the_users_language(ada, locale):
    params = {"name": "count", "arguments": {"amount": 3, "note": "苹果"}}
    asked = ada.result("tools/call", params, meta={"openai/locale": locale})
    message = asked["inputRequests"]["confirmation"]["params"]["message"]
    assert message.startswith("为“苹果”计数 3 吗?")


def test_nobody_is_asked_without_a_token(app):
    anybody = Assistant(InProcess(app), "counter", version=MODERN, capabilities=FORMS)
    refused = anybody.call("count", {"amount": 3})
    assert (refused["resultType"], refused["isError"]) == ("complete", True)
    ada = assistant_of(app)
    asked = ada.call("count", {"amount": 3})
    refused = anybody.call("count", {"amount": 3}, **answered(asked, "accept"))
    assert refused["isError"] is True
    assert rows(ada) == 0


def user_of(app, capabilities=LINKS):
    """A person, and their assistant that can open addresses, at an office."""
    person = Person(app, f"{uuid4()}@example.com", "office")
    return person, Assistant(InProcess(app), "office", person.token, capabilities=capabilities)


def standing(assistant, asked):
    """How what was asked by an address stands."""
    named = asked["inputRequests"]["confirmation"]["params"]["url"].rpartition("/")[2]
    return assistant.call("get_confirmation", {"confirmation_id": named})["structuredContent"]


def on_the_page(person, assistant, asked, decision):
    """The person presses a button on the page that the client was told to open."""
    told = standing(assistant, asked)
    browser, path = person.browser(), f"/confirm/{told['confirmation_id']}"
    assert send_here(browser, browser.get(path), path, decision=decision).status_code == 303


def test_a_client_that_opens_addresses_is_given_the_page(app):
    person, ada = user_of(app)
    asked = ada.call("sign", LETTER)
    assert set(asked) == {"resultType", "inputRequests", "requestState", "_meta"}
    assert is_question(asked)
    told = standing(ada, asked)
    [question] = asked["inputRequests"].values()
    assert question == {
        "method": "elicitation/create",
        "params": {
            "mode": "url",
            "message": f"Sign “letter”?\n\n{told['match_code']}",
            "url": told["confirm_url"],
        },
    }
    for _ in range(3):  # it says that the link was opened, which is nobody's yes
        waiting = ada.call("sign", LETTER, **answered(asked, "accept", approve=True))
        assert (waiting["resultType"], waiting["isError"]) == ("complete", False)
        assert waiting["structuredContent"] == told
    assert (told["status"], told["result"]) == ("confirmation_required", None)

    on_the_page(person, ada, asked, "approve")
    done = ada.call("sign", LETTER, **answered(asked, "accept"))["structuredContent"]
    assert (done["status"], done["result"]) == ("executed", LETTER)
    assert done["confirmation_id"] == told["confirmation_id"]


def test_a_no_in_the_client_takes_the_question_back(app):
    person, ada = user_of(app)
    asked = ada.call("sign", LETTER)
    for _ in range(2):
        told = ada.call("sign", LETTER, **answered(asked, "decline"))
        assert (told["resultType"], told["isError"]) == ("complete", False)
        assert told["structuredContent"]["status"] == "cancelled"
    page = person.browser().get(f"/confirm/{told['structuredContent']['confirmation_id']}")
    assert "decision" not in page.text
    accepted = ada.call("sign", LETTER, **answered(asked, "accept"))
    assert accepted["structuredContent"] == told["structuredContent"]


def test_a_no_on_the_page_is_told_to_the_client(app):
    person, ada = user_of(app)
    asked = ada.call("sign", LETTER)
    on_the_page(person, ada, asked, "decline")
    for action in ("accept", "decline", "cancel"):
        told = ada.call("sign", LETTER, **answered(asked, action))["structuredContent"]
        assert told["status"] == "declined"


@pytest.mark.parametrize("replies", [{}, {"confirmation": {"action": "cancel"}}])
def test_without_an_answer_it_is_told_how_it_stands(app, replies):
    _, ada = user_of(app)
    asked = ada.call("sign", LETTER)
    state = {"requestState": asked["requestState"], "inputResponses": replies}
    assert ada.call("sign", LETTER, **state)["structuredContent"] == standing(ada, asked)


@pytest.mark.parametrize(
    ("capabilities", "for_a_person", "for_the_chat"),
    [
        (LINKS, "url", "url"),
        (BOTH, "url", "form"),
        (FORMS, None, "form"),
        ({"elicitation": {"form": {}}}, None, "form"),
        ({"elicitation": {"other": {}}}, None, None),
        ({}, None, None),
    ],
)
def test_only_a_page_asks_for_what_a_person_must_approve(
    app, capabilities, for_a_person, for_the_chat
):
    _, ada = user_of(app, capabilities)
    for tool, mode in (("sign", for_a_person), ("file", for_the_chat)):
        asked = ada.call(tool, LETTER)
        if mode:
            assert asked["inputRequests"]["confirmation"]["params"]["mode"] == mode
        else:
            assert asked["structuredContent"]["status"] == "confirmation_required"


def test_a_link_that_was_opened_is_no_yes_in_the_chat_either(app):
    person, ada = user_of(app)
    asked = ada.call("file", LETTER)
    told = ada.call("file", LETTER, **answered(asked, "accept"))["structuredContent"]
    assert told["status"] == "confirmation_required"
    on_the_page(person, ada, asked, "approve")
    told = ada.call("file", LETTER, **answered(asked, "accept"))["structuredContent"]
    assert (told["status"], told["result"]) == ("executed", LETTER)

    asked = ada.call("file", {"paper": "bill"})
    told = ada.call("file", {"paper": "bill"}, **answered(asked, "decline"))["structuredContent"]
    assert told["status"] == "declined"


def test_a_client_that_shows_forms_cannot_turn_a_link_into_one(app):
    """The state says how it was asked, whatever the client says of itself later."""
    _, ada = user_of(app)
    asked = ada.call("file", LETTER)
    ada.capabilities = BOTH
    told = ada.call("file", LETTER, **answered(asked, "accept"))["structuredContent"]
    assert told["status"] == "confirmation_required"


@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
def test_the_state_of_a_link_is_of_one_person_and_one_call(app, action):
    _, ada = user_of(app)
    _, eve = user_of(app)
    asked = ada.call("sign", LETTER)
    state = answered(asked, action)
    assert_refused(eve, "sign", LETTER, state)
    assert_refused(ada, "sign", {"paper": "bill"}, state)
    assert_refused(ada, "file", LETTER, state)
    assert_refused(ada, "sign", LETTER, {**state, "requestState": swap(asked["requestState"], 0)})
    assert standing(ada, asked)["status"] == "confirmation_required"


def test_the_state_of_a_link_lives_ten_minutes(app):
    _, ada = user_of(app)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        asked = ada.call("sign", LETTER)
        clock.shift(timedelta(seconds=605))
        assert_refused(ada, "sign", LETTER, answered(asked, "accept"))
        assert standing(ada, asked)["status"] == "expired"
