"""Case 23: nobody but the person who is signed in can answer, and every client is asked about."""

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from gateway.storage.tables import authorizations
from tests.kit.attacked import assert_page
from tests.kit.user_browser import Browser
from tests.kit.wire import Request, get, post_form

DOORS = ["path", "host"]


def record(gateway, page_url):
    """What is kept of a request, by the address of its consent page."""
    [row] = gateway.rows(
        select(authorizations).where(authorizations.c.id == urlsplit(page_url).path.split("/")[2])
    )
    return row


def assert_unanswered(gateway, page_url):
    row = record(gateway, page_url)
    assert (row.decided_at, row.code_hash, row.account_id) == (None, None, None)


@pytest.fixture
def form(ada, client):
    """The consent page of a new request, as Ada sees it."""
    return ada.consent_form(client.ask().url)


def answered(browser, form, *, origin=None, **fields):
    """Send the form by hand, from a page of the gateway's unless another origin is named."""
    sent = {**form.fields, "decision": "allow", **fields}
    given = {name: text for name, text in sent.items() if text is not None}
    headers = {"origin": origin or browser.wire.root}
    return browser.ask(post_form(form.action, given, **headers))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://counter.localhost",
        "http://localhost",
        "http://localhost.evil.example",
    ],
)
def test_23_a_form_of_another_site_is_refused(gateway, ada, form, origin):
    reply = answered(ada, form, origin=origin)
    assert reply.status == 403
    assert reply.headers["Location"] is None
    assert_unanswered(gateway, form.action)


def test_23_so_it_is_from_the_host_of_a_plugin(gateway, ada, form):
    """Their pages are at another origin, and hold what strangers wrote."""
    reply = answered(ada, form, origin=f"http://counter.localhost:{gateway.server.port}")
    assert reply.status == 403
    assert_unanswered(gateway, form.action)


def test_23_a_form_that_does_not_say_where_it_is_from_is_refused(gateway, ada, form):
    fields = {**form.fields, "decision": "allow"}
    for headers in (
        {},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
    ):
        assert ada.ask(post_form(form.action, fields, **headers)).status == 403
    assert_unanswered(gateway, form.action)


def test_23_a_form_without_its_own_token_is_refused(gateway, ada, client, form):
    """Nor with that of another request of the same person, or of the same request by somebody else."""
    other = ada.consent_form(client.ask().url).fields["form_token"]
    bob = gateway.browser()
    his = bob.consent_form(form.action).fields["form_token"]
    right = form.fields["form_token"]
    for token in (None, "", "x", right[:-1], other, his):
        reply = answered(ada, form, form_token=token)
        assert (reply.status, reply.headers["Location"]) == (403, None)
    assert_unanswered(gateway, form.action)


def test_23_whoever_is_not_signed_in_answers_nothing(gateway, ada, form):
    stranger = Browser(gateway.wire())
    reply = answered(stranger, form)
    assert reply.status == 403
    stranger.cookies = {"localhost": {"session": "gws_" + "A" * 43}}
    assert answered(stranger, form).status in (303, 403)
    assert_unanswered(gateway, form.action)


def test_23_an_answer_is_one_of_two_and_given_once(gateway, ada, form):
    for decision in (None, "", "yes", "ALLOW", "allow,deny", "allow\x00"):
        assert_page(answered(ada, form, decision=decision))
    pairs = [*form.fields.items(), ("decision", "deny"), ("decision", "allow")]
    reply = ada.ask(post_form(form.action, pairs, origin=ada.wire.root))
    assert_page(reply)
    assert_unanswered(gateway, form.action)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_23_looking_at_the_page_answers_nothing(gateway, ada, form, method):
    """Programs open links before their readers do."""
    for _ in range(20):
        query = f"?decision=allow&form_token={form.fields['form_token']}"
        ada.ask(Request(method, form.action + query))
    assert_unanswered(gateway, form.action)


def test_23_the_page_is_in_no_frame_and_kept_by_nobody(ada, form):
    reply = ada.ask(get(form.action))
    policy = reply.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "no-store" in reply.headers["Cache-Control"]
    assert reply.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert "<script" not in reply.body.decode()


@pytest.mark.parametrize("door", DOORS)
def test_23_every_new_client_is_asked_about(gateway, ada, door):
    """Whatever it asks for, and though the person is signed in and has allowed others."""
    for number in range(10):
        client = gateway.client(door=door, client_name=f"Program {number}")
        for changes in ({}, {"prompt": "none"}, {"approval_prompt": "auto"}, {"decision": "allow"}):
            page = ada.open(client.ask(**changes).url)
            assert (page.status, len(page.form(urlsplit(page.url).path).buttons)) == (200, 2)
            assert f"Program {number}" in page.text
            assert_unanswered(gateway, page.url)


def test_23_and_every_known_one_again(gateway, ada, client):
    """A program on the user's machine can be played by any other there."""
    client.link(ada)
    page = ada.open(client.ask().url)
    assert page.status == 200
    assert_unanswered(gateway, page.url)


def test_23_sixteen_presses_at_once_give_one_code_that_is_good_once(ada, client):
    for _ in range(5):
        asked = client.ask()
        form = ada.consent_form(asked.url)
        pressed = ada.with_cookies(ada.filled(form, decision="allow"))
        replies = client.wire.send_at_once([pressed] * 16)
        [landed] = {reply.headers["Location"] for reply in replies}
        tokens = client.tokens(client.exchange(asked, asked.code(landed)))
        assert client.call(tokens.access).status == 200
        assert answered(ada, form).status == 410
        assert client.call(tokens.access).status == 200


def test_23_of_two_different_answers_at_once_one_counts(gateway, ada, client):
    for _ in range(5):
        asked = client.ask()
        form = ada.consent_form(asked.url)
        pressed = [ada.with_cookies(ada.filled(form, decision=each)) for each in ("allow", "deny")]
        replies = client.wire.send_at_once(pressed * 4)
        assert {reply.status for reply in replies} <= {303, 410}
        landed = {reply.headers["Location"] for reply in replies if reply.status == 303}
        assert len(landed) == 1
        was_allowed = record(gateway, form.action).code_hash is not None
        assert ("code" in asked.answer(landed.pop())) == was_allowed


def test_23_what_was_denied_cannot_be_allowed_later(gateway, ada, client):
    asked = client.ask()
    form = ada.consent_form(asked.url)
    assert asked.answer(ada.deny(form.action))["error"] == "access_denied"
    reply = answered(ada, form)
    assert (reply.status, reply.headers["Location"]) == (410, None)


def test_23_what_one_person_allowed_another_cannot_take(gateway, ada, client):
    """Whoever gets hold of the link to a page that was answered gets no code."""
    bob = gateway.browser()
    form = ada.consent_form(client.ask().url)
    his = bob.consent_form(form.action)
    assert answered(ada, form).status == 303
    reply = answered(bob, his)
    assert (reply.status, reply.headers["Location"]) == (410, None)
    assert bob.open(form.action).status == 410


def test_23_what_is_kept_is_what_counts(gateway, ada, client):
    """Fields that are added to the form change nothing of the answer."""
    asked = client.ask()
    form = ada.consent_form(asked.url)
    evil = {
        "state": "evil",
        "redirect_uri": "https://evil.example/",
        "client_id": "evil",
        "scope": "counts:read counts:write",
        "account_id": "usr_evil",
        "iss": "https://evil.example",
    }
    reply = answered(ada, form, **evil)
    asked.code(reply.headers["Location"])
    assert "evil" not in reply.headers["Location"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", ["a b&c=d#e", "%41+<b>", "x" * 2_000])
def test_23_every_answer_says_who_gives_it_and_brings_the_state_back(gateway, ada, door, state):
    """RFC 9207: letter for letter the issuer of the metadata, with a code and with a refusal."""
    client = gateway.client(door=door)
    assert client.server["authorization_response_iss_parameter_supported"] is True
    assert client.server["issuer"] == client.base
    allowed = client.ask(state=state)
    assert allowed.code(ada.allow(allowed.url))
    denied = client.ask(state=state)
    assert denied.answer(ada.deny(denied.url))["error"] == "access_denied"
    faulty = client.ask(state=state, scope="nonsense")
    assert faulty.answer(ada.open(faulty.url).url)["error"] == "invalid_scope"


def test_23_without_a_state_there_is_none_in_the_answer(ada, client):
    landed = ada.allow(client.ask(state=None).url)
    assert "state=" not in landed


def test_23_an_answer_with_a_form_behind_it_is_followed_with_get(ada, form):
    """303 and not 307, which would have the browser send the form on to the client (RFC 9700, 4.12)."""
    assert answered(ada, form).status == 303


def test_23_a_redirect_uri_with_a_query_keeps_it(gateway, ada):
    client = gateway.client(redirect_uris=["https://assistant.example/callback?tenant=5&x"])
    asked = client.ask()
    landed = ada.allow(asked.url)
    assert landed.startswith("https://assistant.example/callback?tenant=5&x&")
    assert re.search(r"&code=[^&]+&", landed)


HOSTILE = '<script>alert(1)</script>\u202egpj.exe\u200b"><img src=x onerror=alert(2)> {{7*7}}'


def test_23_what_a_client_says_of_itself_is_text(gateway, ada):
    """And stays in its direction. It shows no picture of somebody else's."""
    client = gateway.client(client_name=HOSTILE, logo_uri="https://evil.example/x.png")
    page = ada.open(client.ask().url)
    assert page.status == 200
    assert "&lt;script&gt;alert(1)" in page.text
    assert "{{7*7}}" in page.text
    for refused in ("<script", "<img src=x", "\u202e", "\u200b", "evil.example"):
        assert refused not in page.text


def test_23_the_page_exists_at_the_root_only(gateway, ada, form):
    path = urlsplit(form.action).path
    for address in (
        f"{gateway.wire().base('counter', 'host')}{path}",
        f"{ada.wire.root}/counter{path}",
    ):
        for request in (
            get(address),
            post_form(address, {**form.fields, "decision": "allow"}, origin=ada.wire.root),
        ):
            assert ada.wire.send(request).status in (403, 404, 405)
    assert_unanswered(gateway, form.action)


@pytest.mark.parametrize("name", ["aut_" + "0" * 32, "x", "%00", "..%2f..", "x" * 3_000, "'--"])
def test_23_a_page_that_nobody_asked_for_is_none(ada, name):
    page = ada.open(f"/consent/{name}")
    assert page.status in (404, 410)
