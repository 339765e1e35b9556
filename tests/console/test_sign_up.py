"""Making an account: who may, with what, and what nobody learns from it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select

from gateway.auth import accounts, invitations
from gateway.storage import tables
from tests.kit.forms import ORIGIN, PASSWORD, fields, send, sign_in, sign_up

EMAIL = "lin@example.com"
CHINESE = {"Accept-Language": "zh-CN"}
PUBLIC = "https://plugins.example.com"


def emails(app):
    with app.extensions["gateway"].ledger.read() as connection:
        return sorted(connection.scalars(select(tables.accounts.c.email)))


def invite(app, email=EMAIL):
    """The path of the page that somebody is sent."""
    done = app.test_cli_runner().invoke(args=["user", "invite", email])
    assert (done.exit_code, done.stderr) == (0, "")
    address = urlsplit(done.stdout.strip())
    return f"{address.path}?{address.query}"


@pytest.mark.parametrize(
    "email",
    ["a\0b@example.com", "a\x1bb@example.com", '"lin"@example.com', "lin\u3164@example.com"],
    ids=ascii,
)
def test_an_address_that_nobody_can_read_gets_no_account(diary, store, email):
    app = diary(**store)
    page = sign_up(app.test_client(), email)
    assert page.status_code == 422
    assert "This is not an email address." in page.text
    assert emails(app) == []


def test_somebody_signs_up_and_is_signed_in(app, client, obeys):
    page = client.get("/signup")
    assert obeys(page, forms="'self'", opened_by="anybody")
    assert 'autocomplete="new-password"' in page.text
    done = send(client, page, "/signup", email=" Lin@Example.com", password=PASSWORD)
    assert (done.status_code, done.location) == (303, "/account")
    assert done.headers["Cache-Control"] == "no-store"
    assert "lin@example.com" in client.get("/account").text
    assert emails(app) == [EMAIL]
    assert sign_in(app.test_client(), EMAIL).status_code == 303


def test_whoever_is_signed_in_is_sent_on(client):
    sign_up(client, EMAIL)
    assert client.get("/signup").location == "/account"
    assert client.get("/signup?next=/confirm/cnf_1").location == "/confirm/cnf_1"


def test_an_address_that_is_taken_gets_the_same_reply(app, client):
    sign_up(app.test_client(), EMAIL)
    stranger = app.test_client()
    refused = sign_up(client, EMAIL, "another password")
    made = sign_up(stranger, "new@example.com", "another password")
    assert (refused.status_code, refused.data) == (made.status_code, made.data)
    seen = [
        [(name, value.partition("gws_")[0]) for name, value in reply.headers]
        for reply in (refused, made)
    ]
    assert seen[0] == seen[1]
    cookies = [each.get_cookie("session") for each in (client, stranger)]
    assert len({(len(each.value), each.path, each.http_only) for each in cookies}) == 1


def test_what_it_gets_opens_nothing_and_the_sign_in_page_says_why(app, client):
    sign_up(app.test_client(), EMAIL)
    sign_up(client, EMAIL, "another password")
    there = client.get("/account", follow_redirects=True)
    assert there.request.path == "/login"
    assert "that address has an account already" in there.text
    assert "该邮箱已有账户" in client.get("/login", headers=CHINESE).text
    assert sign_in(app.test_client(), EMAIL, "another password").status_code == 422
    assert sign_in(client, EMAIL).status_code == 303


def test_whoever_forgot_that_they_signed_up_is_signed_in(app, client):
    sign_up(app.test_client(), EMAIL)
    sign_up(client, EMAIL.upper())
    assert client.get("/account").status_code == 200
    assert emails(app) == [EMAIL]


@pytest.mark.parametrize(
    ("email", "password", "told", "in_chinese"),
    [
        ("lin", PASSWORD, "This is not an email address.", "这不是有效的邮箱地址。"),
        ("", "", "This is not an email address.", "这不是有效的邮箱地址。"),
        (EMAIL, "short", "Choose a password of 8 characters or more.", "至少需要 8 个字符"),
        (EMAIL, "x" * 1_025, "Choose a password of at most 1,024 characters.", "最多 1,024 个"),
        (EMAIL, "password123", "Many people use this password", "这个密码很常见"),
        (EMAIL, EMAIL, "This password is your email address.", "密码与邮箱地址相同"),
    ],
)
def test_a_mistake_is_told_beside_its_field(app, client, email, password, told, in_chinese):
    page = sign_up(client, email, password)
    assert page.status_code == 422
    assert told in page.text
    assert 'aria-invalid="true"' in page.text
    assert fields(page, "/signup")["email"] == email
    assert fields(page, "/signup")["password"] == ""
    assert in_chinese in sign_up(client, email, password, headers=ORIGIN | CHINESE).text
    assert emails(app) == []


def test_with_invitations_only_the_page_says_how_to_get_one(diary):
    app = diary(SIGNUP="invite")
    client = app.test_client()
    page = client.get("/signup")
    assert page.status_code == 403
    assert "You need an invitation to sign up here." in page.text
    assert "flask user invite EMAIL" in page.text
    assert "<form" not in page.text
    assert "需要邀请才能注册" in client.get("/signup", headers=CHINESE).text
    assert 'href="/signup"' not in client.get("/").text + client.get("/login").text


def test_a_public_gateway_is_by_invitation_unless_it_says_otherwise(diary):
    root = {"base_url": PUBLIC}
    assert diary(BASE_URL=PUBLIC).test_client().get("/signup", **root).status_code == 403
    opened = diary(BASE_URL=PUBLIC, SIGNUP="open").test_client()
    assert opened.get("/signup", **root).status_code == 200
    assert 'href="/signup"' in opened.get("/", **root).text


@pytest.mark.parametrize("mode", ["open", "invite"])
def test_an_invitation_makes_the_account_of_its_address(diary, mode):
    app = diary(SIGNUP=mode)
    client, path = app.test_client(), invite(app, "Lin@Example.com")
    page = client.get(path)
    assert page.status_code == 200
    assert 'readonly value="lin@example.com"' in page.text
    done = send(client, page, "/signup", email="eve@example.com", password=PASSWORD)
    assert done.location == "/account"
    assert emails(app) == [EMAIL]
    assert client.get("/account").status_code == 200
    spent = app.test_client().get(path)
    assert spent.status_code == 410
    assert "This invitation has been used, or is older than seven days." in spent.text


def test_an_invitation_survives_a_mistake_and_works_once(diary):
    app = diary(SIGNUP="invite")
    client, path = app.test_client(), invite(app)
    page = client.get(path)
    assert sign_up(client, EMAIL, "short", path=path).status_code == 422
    assert send(client, page, "/signup", password=PASSWORD).status_code == 303
    assert send(app.test_client(), page, "/signup", password=PASSWORD).status_code == 410
    assert emails(app) == [EMAIL]


def test_an_invitation_is_over_after_a_week(diary):
    app = diary(SIGNUP="invite")
    client, path = app.test_client(), invite(app)
    page = client.get(path)
    with time_machine.travel(timedelta(days=7)):
        assert client.get(path).status_code == 410
        assert send(client, page, "/signup", password=PASSWORD).status_code == 410
    assert emails(app) == []


def test_an_invitation_for_one_is_none_for_another(diary):
    app = diary(SIGNUP="invite")
    client, path = app.test_client(), invite(app)
    page = client.get(path)
    typed = {"password": PASSWORD, "invitation": "gwi_guessed"}
    assert send(client, page, "/signup", **typed).status_code == 403
    assert client.get("/signup?invitation=gwi_guessed").status_code == 410
    assert emails(app) == []


def test_nobody_who_signs_up_can_say_that_they_were_invited(diary):
    """The form of an open gateway, sent to one that has been closed since."""
    opened = diary(SIGNUP="open").test_client().get("/signup")
    app = diary(SIGNUP="invite")
    typed = {"email": EMAIL, "password": PASSWORD}
    assert send(app.test_client(), opened, "/signup", **typed).status_code == 403
    assert emails(app) == []


def test_where_it_is_closed_accounts_come_from_the_command_line(diary):
    app = diary(SIGNUP="closed")
    with app.extensions["gateway"].ledger.write() as connection:
        path = f"/signup?invitation={invitations.new(connection, EMAIL)}"
        accounts.add(connection, "ann@example.com")
    for each in ("/signup", path):
        page = app.test_client().get(each)
        assert page.status_code == 403
        assert "Nobody can sign up here." in page.text
        assert "flask user add EMAIL" in page.text
    done = app.test_cli_runner().invoke(args=["user", "invite", EMAIL])
    assert done.exit_code == 1
    assert "SIGNUP is closed" in done.stderr
    assert emails(app) == ["ann@example.com"]


def test_when_it_is_full_the_page_says_so(diary):
    app = diary(MAX_USERS="1")
    page = app.test_client().get("/signup")
    sign_up(app.test_client(), EMAIL)
    for email in (EMAIL, "new@example.com"):
        refused = send(app.test_client(), page, "/signup", email=email, password=PASSWORD)
        assert refused.status_code == 403
        assert "as many accounts as it may have" in refused.text
    assert app.test_client().get("/signup").status_code == 403
    assert emails(app) == [EMAIL]
    done = app.test_cli_runner().invoke(args=["user", "add", "new@example.com"])
    assert "MAX_USERS is 1, and there are as many accounts already." in done.stderr


def test_however_many_hurry_it_is_never_fuller(diary, store):
    app = diary(MAX_USERS="3", **store)
    barrier = Barrier(8)

    def hurry(number):
        client = app.test_client()
        page = client.get("/signup")
        barrier.wait()
        typed = {"email": f"{number}@example.com", "password": PASSWORD}
        return send(client, page, "/signup", **typed).status_code

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(hurry, range(8)))
    assert found == [303] * 3 + [403] * 5
    assert len(emails(app)) == 3
