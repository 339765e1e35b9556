"""Whoever gets hold of the ledger, of Redis or of the log gets nothing that opens anything."""

import re
import secrets

import redis
from sqlalchemy import MetaData, select

from gateway.auth.secrets import hashed
from tests.kit.attacked import code_for
from tests.kit.user_browser import Browser

KIND = re.compile(r"^gw[a-z]_")


def tell_all(gateway):
    """Every row of every table, and on SQLite every byte of every file, as one text."""
    with gateway.ledger.read() as connection:
        found = MetaData()
        found.reflect(connection)
        rows = [
            f"{table.name}: {tuple(row)!r}"
            for table in found.sorted_tables
            for row in connection.execute(select(table))
        ]
    folder = gateway.server.log.parent / "data"
    files = [each.read_bytes() for each in folder.rglob("*") if each.is_file() and is_ledger(each)]
    return "\n".join(rows) + b"\n".join(files).decode("latin-1")


def is_ledger(path):
    return path.name.startswith("ledger.sqlite3")


def tell_cache(gateway):
    """Every key and every value in Redis, where there is one."""
    url = gateway.environ.get("REDIS_URL")
    if url is None:
        return ""
    with redis.Redis.from_url(url) as cache:
        return "\n".join(f"{key!r} {cache.dump(key)!r}" for key in cache.scan_iter())


def test_no_secret_that_went_over_the_wire_is_kept_or_logged(gateway, client_of_2023):
    email, password = "stored@example.com", f"Pass-{secrets.token_hex(12)}"
    browser = Browser(gateway.wire())
    browser.sign_up(email, password)
    first_session = browser.session
    browser.sign_out()
    browser.sign_in(email, password)
    client = gateway.client(token_endpoint_auth_method="client_secret_post")
    asked, code = code_for(client, browser)
    first = client.tokens(client.exchange(asked, code))
    second = client.tokens(client.refresh(first.refresh))
    unused = code_for(client, browser)[1]
    link = gateway.run("user", "link", email).strip()
    by_hand = gateway.run("token", "issue", "--user", email, "--plugin", "counter").strip()
    for token in (first.access, second.access, by_hand):
        assert client.call(token).status == 200
    told = {
        "password": password,
        "session": browser.session,
        "session that is over": first_session,
        "code": code,
        "code that is not used": unused,
        "verifier": asked.verifier,
        "first access token": first.access,
        "first refresh token": first.refresh,
        "second access token": second.access,
        "second refresh token": second.refresh,
        "token made by hand": by_hand,
        "secret of a client": client.secret,
        "secret of a client of 2023": client_of_2023.secret,
        "link to sign in": link.partition("token=")[2],
    }
    assert all(len(secret) >= 20 for secret in told.values())
    ledger, log = tell_all(gateway), gateway.server.log.read_text()
    cache = tell_cache(gateway)
    for what, secret in told.items():
        # Without what tells its kind, so that a part of it is found as well. Of what has no kind, as a
        # verifier, nothing is cut: after an underscore of its own there may be only a letter.
        part = KIND.sub("", secret)
        assert len(part) >= 20
        for where, text in (("ledger", ledger), ("log", log), ("cache", cache)):
            assert part not in text, f"the {what} is in the {where}"
    # Or the search would prove nothing.
    for kept in (
        email,
        hashed(second.access),
        hashed(second.refresh),
        hashed(unused),
        hashed(client.secret),
    ):
        assert kept in ledger, kept
    assert "$argon2id$" in ledger
    assert "/oauth/token" in log
    assert email not in log
