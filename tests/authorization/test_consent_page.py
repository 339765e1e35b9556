"""The page on which a person allows an assistant, or does not: what it says, and what an answer does."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from gateway.auth import accounts
from gateway.authorization import authorizations
from tests.kit.linking import Assistant, answers, form_token, landed
from tests.kit.people import Person

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def app(start):
    return start(PLUGINS="counter")


@pytest.fixture
def ada(app):
    return Person(app, "ada@example.com", "counter").browser()


@pytest.fixture
def assistant(app):
    return Assistant(app)


def test_it_says_who_asks_for_what_and_where_the_answer_goes(assistant, ada):
    page = ada.get(assistant.consent(ada, scope="counts:read counts:write"))

    assert "Let “Codex” use Counter for you?" in page.text
    assert "a name it gave itself, which nobody has checked" in page.text
    assert "ada@example.com" in page.text
    assert "a program on your own device" in page.text
    assert "(127.0.0.1:46747)" in page.text
    assert "Tell the total of your own counts." in page.text
    assert "Every action is still asked about before it is done." in page.text
    assert "This lasts until you end it on your account page" in page.text


def test_it_says_it_in_chinese(assistant, ada):
    page = ada.get(assistant.consent(ada), headers={"Accept-Language": "zh-CN"})

    assert "允许“Codex”以你的名义使用 Counter？" in page.text
    assert ">拒绝</button>" in page.text
    assert ">允许</button>" in page.text


def test_what_only_reads_and_ends_soon_is_told_as_that(app, ada):
    brief = Assistant(app, metadata={"grant_types": ["authorization_code"]})
    page = ada.get(brief.consent(ada, scope="counts:read"))

    assert "This lasts for an hour." in page.text
    assert "Every action is still asked" not in page.text
    assert "refresh_token" not in brief.link(ada, scope="counts:read")


def test_offline_access_is_asked_for_and_lasts(app, ada):
    brief = Assistant(app, metadata={"grant_types": ["authorization_code"]})
    tokens = brief.link(ada, scope="counts:read offline_access")

    assert tokens["refresh_token"].startswith("gwr_")
    assert tokens["scope"] == "counts:read"


def test_a_name_that_is_html_is_shown_as_text(app, ada):
    hostile = Assistant(app, metadata={"client_name": "<b>ChatGPT</b>"})
    page = ada.get(hostile.consent(ada))

    assert "<b>ChatGPT" not in page.text
    assert "&lt;b&gt;ChatGPT&lt;/b&gt;" in page.text


def test_the_page_can_be_in_no_frame_and_lets_the_answer_go_anywhere(assistant, ada):
    page = ada.get(assistant.consent(ada))
    policy = page.headers["Content-Security-Policy"]

    assert "frame-ancestors 'none'" in policy
    assert "form-action" not in policy
    assert "<script" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("step", ["authorize", "login", "consent"])
def test_no_step_cuts_a_window_off_from_the_assistant_that_opened_it(app, assistant, ada, step):
    stranger = app.test_client()
    replies = {
        "authorize": assistant.asks(stranger),
        "login": stranger.get("/login?next=/consent/aut_0"),
        "consent": ada.get(assistant.consent(ada)),
    }
    assert "Cross-Origin-Opener-Policy" not in replies[step].headers


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(app, assistant, ada):
    stranger = app.test_client()
    path = assistant.consent(stranger)
    asked = stranger.get(path)

    assert asked.status_code == 303
    assert asked.location == f"/login?next={path.replace('/', '%2F')}"
    assert ada.get(path).status_code == 200


def test_yes_gives_a_code_and_the_code_tokens(assistant, ada):
    answered = landed(answers(ada, assistant.consent(ada), "allow"))
    assert answered["state"] == "a state"
    assert answered["iss"] == "http://localhost/counter"

    tokens = assistant.exchange(answered["code"]).json
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["resource"] == "http://localhost/counter/mcp"
    assert tokens["scope"] == "counts:read counts:write"
    assert assistant.call(tokens).status_code == 200


def test_no_tells_the_assistant_so_and_gives_nothing(assistant, ada):
    answered = landed(answers(ada, assistant.consent(ada), "deny"))

    assert answered == {
        "error": "access_denied",
        "error_description": "The user did not allow it.",
        "state": "a state",
        "iss": "http://localhost/counter",
    }


def test_a_button_pressed_twice_leads_to_the_same_place(assistant, ada):
    path = assistant.consent(ada)
    token = form_token(ada, path)
    first, second = (answers(ada, path, "allow", token) for _ in range(2))

    assert first.location == second.location
    assert assistant.exchange(landed(second)["code"]).status_code == 200


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_an_answer_is_given_once(assistant, ada, decision):
    path = assistant.consent(ada)
    token = form_token(ada, path)
    answers(ada, path, "deny", token)

    again = answers(ada, path, decision, token)
    assert again.status_code == 410
    assert "Connect again from your assistant." in again.text
    assert ada.get(path).status_code == 410


def test_a_form_sent_again_after_the_exchange_ends_nothing(assistant, ada):
    path = assistant.consent(ada)
    token = form_token(ada, path)
    tokens = assistant.exchange(landed(answers(ada, path, "allow", token))["code"]).json

    assert answers(ada, path, "allow", token).status_code == 410
    assert assistant.call(tokens).status_code == 200


def test_a_request_waits_a_quarter_of_an_hour(assistant, ada):
    with time_machine.travel(NOW, tick=False) as clock:
        path = assistant.consent(ada)
        token = form_token(ada, path)
        clock.shift(timedelta(minutes=15))
        assert ada.get(path).status_code == 410
        assert answers(ada, path, "allow", token).status_code == 410


def test_another_person_cannot_send_the_form_that_was_made_for_one(app, assistant, ada):
    path = assistant.consent(ada)
    token = form_token(ada, path)
    lin = Person(app, "lin@example.com", "counter").browser()

    assert answers(lin, path, "allow", token).status_code == 403
    assert assistant.link(ada)["access_token"]


@pytest.mark.parametrize("decision", [[], ["maybe"], ["allow", "deny"]])
def test_an_answer_that_is_neither_yes_nor_no_is_none(assistant, ada, decision):
    path = assistant.consent(ada)
    sent = {"form_token": form_token(ada, path), "decision": decision}
    refused = ada.post(path, data=sent, headers={"Origin": "http://localhost"})

    assert refused.status_code == 400
    assert "Press one of the two buttons." in refused.text
    assert ada.get(path).status_code == 200


def test_a_client_that_is_known_is_asked_about_again(assistant, ada):
    assistant.link(ada)
    assert "Let “Codex” use Counter for you?" in ada.get(assistant.consent(ada)).text


def test_a_client_that_is_removed_meanwhile_gets_nothing(app, assistant, ada):
    waiting = assistant.consent(ada)
    code = landed(answers(ada, assistant.consent(ada), "allow"))["code"]
    gone = app.test_cli_runner().invoke(args=["client", "remove", assistant.client_id])

    assert gone.exit_code == 0
    assert ada.get(waiting).status_code == 410
    assert assistant.exchange(code).json["error"] == "invalid_client"


def test_there_is_no_page_about_nothing(ada):
    assert ada.get("/consent/aut_00000000000000000000000000000000").status_code == 410
    assert ada.get("/consent/%00").status_code == 410


def test_a_form_may_ask_as_well_as_an_address(app, assistant, ada):
    asked = assistant.asks(ada)
    assert asked.status_code == 303
    sent = {"client_id": assistant.client_id, "redirect_uri": "http://127.0.0.1:1/callback"}
    by_form = app.test_client().post("/counter/oauth/authorize", data=sent)

    assert by_form.status_code == 302
    assert "error=unsupported_response_type" in by_form.location


def test_a_fault_that_nobody_can_be_told_is_shown_to_the_person(assistant, ada):
    shown = assistant.asks(ada, redirect_uri="https://elsewhere.example/callback")

    assert shown.status_code == 400
    assert shown.content_type.startswith("text/html")
    assert "is not one that this assistant has registered" in shown.text
    assert "Location" not in shown.headers


def test_scopes_of_openid_are_passed_over(assistant, ada):
    """Programs ask for them wherever they link an account; nobody is told who a person is."""
    asked = "openid profile email"
    assert assistant.link(ada, scope=asked)["scope"] == "counts:read counts:write"
    assert assistant.link(ada, scope=f"{asked} counts:read")["scope"] == "counts:read"


def test_whoever_is_deleted_before_the_answer_allows_nothing(start, store):
    app = start(PLUGINS="counter", **store)
    gateway = app.extensions["gateway"]
    ada = Person(app, "ada@example.com", "counter")
    browser = ada.browser()
    path = Assistant(app).consent(browser)
    token = form_token(browser, path)
    with gateway.ledger.write() as connection:
        wanted = authorizations.find(connection, path.removeprefix("/consent/"))
        accounts.remove(connection, ada.account)

    answered = answers(browser, path, "allow", token)
    assert answered.status_code == 303
    assert answered.location.startswith("/login?next=")
    # As if the account had gone after the page had seen who is signed in.
    assert gateway.authorization.allow(wanted, ada.account.id) is None


def test_a_plugin_that_nobody_links_has_no_such_addresses(start):
    client = start(PLUGINS="keyed").test_client()
    for path in ("authorize", "token", "register", "revoke"):
        assert client.post(f"/keyed/oauth/{path}").status_code == 404


@pytest.mark.parametrize("state", ["a\0b", "état", "x" * 2_001])
def test_a_state_that_no_program_should_send_is_refused_on_a_page(assistant, ada, state):
    refused = assistant.asks(ada, state=state)

    assert (refused.status_code, refused.location) == (400, None)
    assert "The state must be" in refused.text


def test_scopes_that_are_not_named_are_all_and_unknown_ones_are_refused(assistant, ada):
    assert assistant.link(ada)["scope"] == "counts:read counts:write"

    refused = assistant.asks(ada, scope="counts:read everything")
    assert refused.status_code == 302
    assert "error=invalid_scope" in refused.location
