"""Every key has one effect, however often it is sent and whatever becomes of the replies.

Twenty copies of each call are under way at once, and 30 % of all replies are cut on the way back.
"""

import json
import logging
import time
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from gateway.storage.tables import confirmations
from tests.chaos.cutting import cutting
from tests.chaos.rivals import form_token_in, signed_in, whole
from tests.kit.attacked import attacked
from tests.kit.people import Person
from tests.kit.server import Reply
from tests.kit.wire import Request, Wire, get, post_form, post_json

COPIES, HOUR = 20, 3600
PATIENCE = 40  # tries of one copy: with 30 % lost, one in 10^20 has no reply by then

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """Somebody's assistant, and the same person's browser, both behind a network that loses replies."""

    wire: Wire
    person: Person
    session: str

    def count(self, number: int, amount: int | None = None) -> Request:
        """Call the action under the key of this number: as a header, or as an argument."""
        key, body = f"key-{number}", {"amount": amount or amount_of(number)}
        headers = {"authorization": f"Bearer {self.person.token}"}
        if number % 2:
            headers["idempotency_key"] = f'"{key}"'
        else:
            body["request_id"] = key
        return post_json(f"{self.wire.base('counter')}/counts", body, **headers)

    def confirm(self, asked: dict) -> Request:
        """Relay a yes from the chat."""
        path = f"/confirmations/{asked['confirmation_id']}/confirm"
        headers = {"authorization": f"Bearer {self.person.token}"}
        return post_json(f"{self.wire.base('counter')}{path}", {"hash": asked["hash"]}, **headers)

    def press(self, asked: dict) -> Request:
        """Press the button on the page, which is opened for it."""
        url = f"{self.wire.root}/confirm/{asked['confirmation_id']}"
        cookie = f"session={self.session}"
        [page] = self.send_copies(get(url, cookie=cookie), 1)
        fields = {"form_token": form_token_in(page), "decision": "approve"}
        return post_form(url, fields, cookie=cookie, origin=self.wire.root)

    def send_copies(self, request: Request, copies: int = COPIES) -> list[Reply]:
        """The reply that each of the copies got in the end; those without one are sent again."""
        replies: list[Reply] = []
        for _ in range(PATIENCE):
            sent = self.wire.send_at_once([request] * (copies - len(replies)))
            replies += [each for each in sent if whole(each) and each.status != 503]
            if len(replies) == copies:
                return replies
        raise AssertionError(f"{request.url} has not answered")


def amount_of(number: int) -> int:
    """How much is counted under a key; the plugin refuses some amounts above these."""
    return 1 + number % 400


def told(reply: Reply) -> tuple:
    """All that a reply says but when it was sent."""
    headers = sorted((name, value) for name, value in reply.headers.items() if name != "Date")
    return reply.status, headers, reply.body


def without(reply: Reply, *names: str) -> dict:
    return {name: value for name, value in reply.json.items() if name not in names}


def ask(caller: Caller, number: int) -> dict:
    """Ask with twenty copies, which must all be told the same."""
    replies = caller.send_copies(caller.count(number))
    assert {each.status for each in replies} == {202}
    assert len({each.body for each in replies}) == 1
    return replies[0].json


def approve(caller: Caller, number: int, asked: dict) -> None:
    """Approve with twenty copies: in the chat, or every fifth on the page."""
    if number % 5 == 0:
        replies = caller.send_copies(caller.press(asked))
        assert {each.status for each in replies} == {303}, [each.body for each in replies]
        return
    replies = caller.send_copies(caller.confirm(asked))
    assert {each.status for each in replies} == {200}
    assert len({each.body for each in replies}) == 1
    assert replies[0].json["status"] == "executed"


def repeat(caller: Caller, number: int, asked: dict) -> dict:
    """Repeat the call itself: twenty replies, the same to the byte, and what was done is in them."""
    replies = caller.send_copies(caller.count(number))
    assert len({json.dumps(told(each), default=str) for each in replies}) == 1
    assert replies[0].status == 200, replies[0].body
    assert replies[0].headers["Idempotency-Replayed"] == "true"
    executed = replies[0].json
    assert (executed["status"], executed["confirmation_id"]) == (
        "executed",
        asked["confirmation_id"],
    )
    assert executed["result"]["amount"] == amount_of(number)
    return executed


def assert_refuses_another_payload(caller: Caller, number: int) -> None:
    [reply] = caller.send_copies(caller.count(number, amount=amount_of(number) + 1), 1)
    assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")


def effects(gateway) -> dict[str, list[str]]:
    """The counts of each person, by account."""
    found: dict[str, list[str]] = {}
    for person, count in gateway.rows(text("SELECT person, id FROM counter_counts")):
        found.setdefault(person, []).append(count)
    return found


def play(gateway, keys: int) -> None:
    begun = time.monotonic()
    with cutting(gateway.server.port) as proxy:
        wire = Wire(proxy.port)
        ada, bob = (
            Caller(wire, person, signed_in(person))
            for person in (
                Person(gateway.app, f"{name}@example.com", "counter") for name in ("ada", "bob")
            )
        )
        done = {}
        for number in range(keys):
            asked = ask(ada, number)
            approve(ada, number, asked)
            done[number] = repeat(ada, number, asked)
            assert_refuses_another_payload(ada, number)
        # The same keys are another person's own, and mean another action.
        independent = [bob.send_copies(bob.count(number), 1)[0] for number in range(keys)]
        assert {each.status for each in independent} == {202}
        theirs = independent[0].json
        approve(bob, 1, theirs)
        log.info(
            "%d keys x %d copies, %d replies cut of %d, %.1f s",
            *(keys, COPIES, proxy.cut, proxy.cut + proxy.passed, time.monotonic() - begun),
        )
        assert proxy.cut > 0.2 * (proxy.cut + proxy.passed)
        expected = {each["confirmation_id"] for each in done.values()}
        assert len(expected) == keys
        found = effects(gateway)
        assert sorted(found[ada.person.account.id]) == sorted(expected)
        assert found[bob.person.account.id] == [theirs["confirmation_id"]]
        assert expected.isdisjoint(each.json["confirmation_id"] for each in independent)
        let_a_day_pass(gateway, ada, done)


def let_a_day_pass(gateway, ada: Caller, done: dict[int, dict]) -> None:
    """A key answers for 24 hours as it did, and is then as good as a new one."""
    hers = confirmations.c.principal == ada.person.account.id
    gateway.let_time_pass(23 * HOUR, confirmations, hers)
    for number, before in done.items():
        [reply] = ada.send_copies(ada.count(number), 1)
        # The row was made older, so that the moment in it is another.
        assert without(reply, "expires_at") == {
            name: value for name, value in before.items() if name != "expires_at"
        }
        assert_refuses_another_payload(ada, number)
    gateway.let_time_pass(HOUR, confirmations, hers)
    [again] = ada.send_copies(ada.count(0), 1)
    assert again.status == 202
    assert again.json["confirmation_id"] not in {each["confirmation_id"] for each in done.values()}


@pytest.mark.timeout(300)
def test_every_key_has_one_effect_though_replies_are_lost(tmp_path, store):
    with attacked(tmp_path, PLUGINS="counter", **store) as gateway:
        play(gateway, keys=20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_thousand_keys_have_a_thousand_effects(tmp_path, store):
    with attacked(tmp_path, PLUGINS="counter", **store) as gateway:
        play(gateway, keys=1000)
