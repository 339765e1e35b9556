"""Cases 3 and 18 while workers are killed in the middle: a reply may be lost, a promise may not."""

import contextlib
import logging
import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager

from sqlalchemy import func, select

from gateway.storage.tables import access_tokens, authorizations, grants, refresh_tokens
from tests.kit.attacked import code_for

PARALLEL, CODES, LINKS, ROUNDS = 16, 60, 4, 12
# Seconds after which a worker is killed, at most: as long as sixteen requests at once take.
MIDDLE = 0.03

log = logging.getLogger(__name__)


class Killer:
    """Kills a worker with each burst of requests, as a machine without memory does."""

    def __init__(self, gateway) -> None:
        self.gateway, self.chance, self.killed = gateway, random.Random(4), 0

    @contextmanager
    def at_work(self):
        """Kill one in the middle of the block."""
        thread = threading.Thread(target=self._kill)
        thread.start()
        yield
        thread.join()

    def _kill(self) -> None:
        time.sleep(self.chance.uniform(0, MIDDLE))
        workers = self.gateway.worker_processes()
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(workers), signal.SIGKILL)
                self.killed += 1

    def burst(self, client, requests):
        """The replies to requests that are sent at once; None where one was lost."""
        with self.at_work():
            return client.wire.send_at_once(requests)


def send_until_answered(client, request):
    """As a client does that gets no reply, or one that says to come back."""
    for _ in range(200):
        reply = client.wire.try_to_send(request)
        if reply is not None and reply.status < 500:
            return reply
        time.sleep(0.05)
    raise AssertionError("nobody answers any more")


def outcome(reply):
    return "lost" if reply is None else reply.status


def made_by(gateway, client):
    """The grants of a client, and how many tokens to call with each has."""
    counted = select(func.count()).where(access_tokens.c.grant_id == grants.c.id).scalar_subquery()
    return gateway.rows(select(grants.c.id, counted).where(grants.c.client == client.client_id))


def test_03_no_code_gives_two_tokens_while_workers_are_killed(gateway, ada):
    """Every other code is sent once only, and again where the reply was lost: then there is one
    token, or the link is over and the person is asked anew.
    """
    client, counted, killer = gateway.client(), Counter(), Killer(gateway)
    linked = []
    begun = time.monotonic()
    for number in range(CODES):
        asked, code = code_for(client, ada)
        right = client.exchanging(asked, code)
        replies = killer.burst(client, [right] * (PARALLEL if number % 2 else 1))
        if replies == [None]:
            replies.append(send_until_answered(client, right))
        counted.update(map(outcome, replies))
        given = [client.tokens(each) for each in replies if outcome(each) == 200]
        assert len(given) <= 1
        linked += given if len(replies) == 1 else []
        send_until_answered(client, client.refreshing("gwr_unknown"))  # somebody is there again
    log.info("%s, %d killed, %.1f s", dict(counted), killer.killed, time.monotonic() - begun)
    assert killer.killed > CODES / 2
    assert counted["lost"] > 0
    assert set(counted) <= {200, 400, 503, "lost"}
    assert [client.call(each.access).status for each in linked] == [200] * len(linked)
    known = {each for [each] in gateway.rows(select(authorizations.c.grant_id))}
    for grant_id, tokens in made_by(gateway, client):
        assert tokens == 1
        assert grant_id in known, "tokens of a code that knows nothing of them"


def test_18_no_refresh_gives_two_successors_while_workers_are_killed(gateway, ada):
    """And whoever lost the reply asks again, and is still linked at the end."""
    client, counted, killer = gateway.client(), Counter(), Killer(gateway)
    links = [client.link(ada) for _ in range(LINKS)]
    begun = time.monotonic()
    for _ in range(ROUNDS):
        for number, link in enumerate(links):
            asking = client.refreshing(link.refresh)
            replies = killer.burst(client, [asking] * PARALLEL)
            replies.append(send_until_answered(client, asking))
            counted.update(map(outcome, replies))
            given = [client.tokens(each) for each in replies if outcome(each) not in (503, "lost")]
            assert len({(each.access, each.refresh) for each in given}) == 1
            links[number] = given[-1]
    log.info("%s, %d killed, %.1f s", dict(counted), killer.killed, time.monotonic() - begun)
    assert killer.killed > ROUNDS * LINKS / 2
    assert counted["lost"] > 0
    assert set(counted) <= {200, 503, "lost"}
    assert [client.call(each.access).status for each in links] == [200] * LINKS
    for grant_id, tokens in made_by(gateway, client):
        [[refreshes, used]] = gateway.rows(
            select(func.count(), func.count(refresh_tokens.c.used_at)).where(
                refresh_tokens.c.grant_id == grant_id
            )
        )
        assert (tokens, refreshes, used) == (ROUNDS + 1, ROUNDS + 1, ROUNDS)
