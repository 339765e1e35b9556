"""Cases 1 to 4 and 12 to 14: what is done with a code that was stolen, guessed at or sent twice."""

import logging
import secrets
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.auth.secrets import hashed
from gateway.storage.tables import authorizations
from tests.kit.attacked import assert_refused, code_for
from tests.kit.oauth_client import REDIRECT_URI, s256
from tests.kit.user_browser import Browser

CODES, PARALLEL, ROUNDS = 200, 16, 20
WRONG = secrets.token_urlsafe(48)

log = logging.getLogger(__name__)


def test_01_a_code_that_is_sent_again_ends_all_that_it_made(ada, client):
    asked, code = code_for(client, ada)
    tokens = client.tokens(client.exchange(asked, code))
    assert client.call(tokens.access).status == 200
    assert_refused(client.exchange(asked, code), "invalid_grant")
    assert client.call(tokens.access).status == 401
    assert_refused(client.refresh(tokens.refresh), "invalid_grant")


def test_01_so_does_one_whose_tokens_were_refreshed_since(ada, client):
    asked, code = code_for(client, ada)
    first = client.tokens(client.exchange(asked, code))
    second = client.tokens(client.refresh(first.refresh))
    assert_refused(client.exchange(asked, code), "invalid_grant")
    assert [client.call(each.access).status for each in (first, second)] == [401, 401]
    assert_refused(client.refresh(second.refresh), "invalid_grant")


def test_01_and_nothing_else_of_the_same_person(ada, client):
    """Who links twice has two grants."""
    other = client.link(ada)
    asked, code = code_for(client, ada)
    for _ in range(2):
        client.exchange(asked, code)
    assert client.call(other.access).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": WRONG},
        {"code_verifier": None},
        {"code_verifier": "short"},
        {"redirect_uri": "https://assistant.example/elsewhere"},
        {"redirect_uri": None},
    ],
    ids=["wrong verifier", "no verifier", "short verifier", "other address", "no address"],
)
def test_02_who_sends_it_again_with_anything_wrong_ends_nothing(ada, client, changes):
    """Or whoever sees a code in a log could unlink its owner."""
    asked, code = code_for(client, ada)
    tokens = client.tokens(client.exchange(asked, code))
    for _ in range(20):
        assert client.exchange(asked, code, **changes).status == 400
    assert client.call(tokens.access).status == 200
    assert client.tokens(client.refresh(tokens.refresh)).access


def test_02_nor_does_another_client(ada, client, confidential):
    asked, code = code_for(client, ada)
    tokens = client.tokens(client.exchange(asked, code))
    assert_refused(confidential.exchange(asked, code), "invalid_grant")
    assert client.call(tokens.access).status == 200


class Redemptions:
    """Codes that are each redeemed many times at once, and what came of it."""

    def __init__(self, gateway, client) -> None:
        self.gateway, self.client = gateway, client
        self.browsers, self.lock = threading.local(), threading.Lock()
        self.counted = Counter()
        self.worst = 0.0  # seconds until a token was dead

    def redeem(self, person: Browser) -> None:
        asked, code = code_for(self.client, self._own(person))
        again = [self.client.exchanging(asked, code)] * PARALLEL
        replies = self.client.wire.send_at_once(again)
        since = time.monotonic()
        given = [reply for reply in replies if reply.status == 200]
        refused = [reply for reply in replies if reply.status == 400]
        for reply in refused:
            assert_refused(reply, "invalid_grant")
        tokens = [self.client.tokens(reply) for reply in given]
        dead = sum(self.client.call(each.access).status == 401 for each in tokens)
        taken = time.monotonic() - since
        with self.lock:
            self.worst = max(self.worst, taken)
            self.counted.update(
                {
                    "tokens": len(given),
                    "codes with one token": len(given) == 1,
                    "refused": len(refused),
                    "dead": dead,
                    "other": len(replies) - len(given) - len(refused),
                }
            )

    def _own(self, person: Browser) -> Browser:
        """A tab of the person's for each thread: the same cookies, a page of its own."""
        if not hasattr(self.browsers, "own"):
            self.browsers.own = person.tab()
        return self.browsers.own


def test_03_sixteen_redemptions_of_each_of_200_codes_give_one_token_each(gateway, ada, client):
    """All but one of the sixteen are valid replays, so that one token is dead within a second."""
    redemptions = Redemptions(gateway, client)
    begun = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: redemptions.redeem(ada), range(CODES)))
    log.info("%s in %.1f s", dict(redemptions.counted), time.monotonic() - begun)
    assert redemptions.counted == {
        "tokens": CODES,
        "codes with one token": CODES,
        "refused": CODES * (PARALLEL - 1),
        "dead": CODES,
        "other": 0,
    }
    assert redemptions.worst < 1


def test_03_a_wrong_verifier_among_parallel_ones_ends_nothing(ada, client):
    """One is right, four are wrong: fewer than burn a code, so there is a token, and it lives."""
    for _ in range(10):
        asked, code = code_for(client, ada)
        wrong = client.exchanging(asked, code, code_verifier=WRONG)
        replies = client.wire.send_at_once(
            [wrong, wrong, client.exchanging(asked, code), wrong, wrong]
        )
        given = [client.tokens(reply) for reply in replies if reply.status == 200]
        assert [client.call(each.access).status for each in given] == [200]


def test_03_a_replay_while_the_person_ends_the_link_breaks_nothing(gateway, client):
    """Both delete the same: whoever comes second finds nothing to do, and nobody waits for the other."""
    person = gateway.browser()
    for _ in range(ROUNDS):
        asked, code = code_for(client, person)
        tokens = client.tokens(client.exchange(asked, code))
        form = person.open("/account").form("/account/revoke")
        ending, replay = person.with_cookies(person.filled(form)), client.exchanging(asked, code)
        replies = client.wire.send_at_once([replay, ending] * 4)
        assert {each.status for each in replies} <= {303, 400, 404, 422}
        assert client.call(tokens.access).status == 401


def test_04_a_code_lives_for_a_minute(gateway, ada, client):
    """Its row is made older by 61 seconds; by 55 it still works."""
    for age, status in ((55, 200), (61, 400)):
        asked, code = code_for(client, ada)
        gateway.let_time_pass(age, authorizations, authorizations.c.code_hash == hashed(code))
        assert client.exchange(asked, code).status == status
    assert_refused(client.exchange(asked, code), "invalid_grant")


def test_12_the_fifth_wrong_verifier_burns_the_code(ada, client):
    for wrong, right in ((4, 200), (5, 400)):
        asked, code = code_for(client, ada)
        for _ in range(wrong):
            assert_refused(client.exchange(asked, code, code_verifier=WRONG), "invalid_grant")
        assert client.exchange(asked, code).status == right


def test_12_so_do_wrong_ones_that_come_together(ada, client):
    for _ in range(5):
        asked, code = code_for(client, ada)
        guess = client.exchanging(asked, code, code_verifier=WRONG)
        for reply in client.wire.send_at_once([guess] * 5):
            assert_refused(reply, "invalid_grant")
        assert_refused(client.exchange(asked, code), "invalid_grant")


@pytest.mark.parametrize("length", [42, 129])
def test_11_a_verifier_that_is_none_is_refused_though_its_challenge_fits(ada, client, length):
    """RFC 7636 section 4.1 wants 43 to 128 characters: one that is shorter could be guessed."""
    verifier = "v" * length
    asked, code = code_for(client, ada, code_challenge=s256(verifier))
    assert_refused(client.exchange(asked, code, code_verifier=verifier), "invalid_request")


def test_13_a_verifier_without_a_challenge_is_refused(client_of_2023, ada):
    """Or a code that was made without PKCE could be slipped to a client that uses it."""
    old = client_of_2023
    asked, code = code_for(old, ada, code_challenge=None, code_challenge_method=None)
    assert_refused(old.exchange(asked, code), "invalid_grant")
    tokens = old.tokens(old.exchange(asked, code, code_verifier=None))
    assert old.call(tokens.access).status == 200


def test_14_a_code_is_worth_nothing_to_another_client(gateway, ada, client):
    """Though all else be right. And the client that it is for can still use it."""
    other = gateway.client()
    asked, code = code_for(client, ada)
    assert_refused(other.exchange(asked, code), "invalid_grant")
    assert client.exchange(asked, code).status == 200


def test_14_nor_is_it_at_another_plugin(gateway, ada, client):
    other = gateway.client("booking")
    asked, code = code_for(client, ada)
    assert_refused(other.exchange(asked, code), "invalid_grant")
    reply = other.exchange(asked, code, client_id=client.client_id)
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert client.exchange(asked, code).status == 200


@pytest.mark.parametrize("address", [f"{REDIRECT_URI}/", "https://assistant.example/", None])
def test_14_nor_with_another_redirect_uri_than_it_was_sent_to(ada, client, address):
    asked, code = code_for(client, ada)
    assert_refused(client.exchange(asked, code, redirect_uri=address), "invalid_grant")
    assert client.exchange(asked, code).status == 200


def test_14_nor_with_the_other_address_of_the_same_client(gateway, ada):
    client = gateway.client(redirect_uris=[REDIRECT_URI, "https://assistant.example/second"])
    asked, code = code_for(client, ada)
    second = client.exchange(asked, code, redirect_uri="https://assistant.example/second")
    assert_refused(second, "invalid_grant")


def test_14_a_code_that_nobody_gave_out_is_worth_nothing(client, ada):
    asked, code = code_for(client, ada)
    for guess in (
        code[:-1],
        code + "A",
        code.upper(),
        f" {code}",
        "gwo_",
        "\x00",
        "é",
        "x" * 5_000,
    ):
        assert_refused(client.exchange(asked, guess), "invalid_grant")
    assert client.exchange(asked, code).status == 200
