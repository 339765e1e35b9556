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

PARALLEL, CODES, LINKS, ROUNDS = 16, 60, 4, 15
KILLS_LEAST = 10
# Seconds between two kills: a worker takes a few of them to come back.
PAUSE = (0.05, 0.25)

log = logging.getLogger(__name__)


@contextmanager
def killing(gateway):
    """Kill a worker every now and then, as if the machine were out of memory; counts how many."""
    over, killed, chance = threading.Event(), Counter(), random.Random(4)

    def kill():
        while not over.wait(chance.uniform(*PAUSE)):
            workers = gateway.worker_processes()
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    killed["workers"] += 1

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()
        wait_for_workers(gateway)


def wait_for_workers(gateway):
    until = time.monotonic() + 20
    while gateway.server.ask("GET", "/readyz").status != 200 and time.monotonic() < until:
        time.sleep(0.1)


def send_until_answered(wire, request):
    """As a client does that gets no reply, or one that says to come back."""
    for _ in range(100):
        [reply] = wire.send_at_once([request])
        if reply is not None and reply.status < 500:
            return reply
        time.sleep(0.05)
    raise AssertionError("nobody answers any more")


def made_by(gateway, client):
    """The grants of a client, and how many tokens to call with each has."""
    counted = select(func.count()).where(access_tokens.c.grant_id == grants.c.id).scalar_subquery()
    return gateway.rows(select(grants.c.id, counted).where(grants.c.client == client.client_id))


def test_03_no_code_gives_two_tokens_while_workers_are_killed(gateway, ada):
    """A lost reply is not asked for again: that would be a valid replay, which ends the link."""
    client, counted = gateway.client(), Counter()
    codes = [code_for(client, ada) for _ in range(CODES)]
    begun = time.monotonic()
    with killing(gateway) as killed:
        for number, (asked, code) in enumerate(codes):
            right = client.exchanging(asked, code)
            # Every other code only once, for what is lost of it to be seen in the ledger.
            replies = client.wire.send_at_once([right] * (PARALLEL if number % 2 else 1))
            given = [reply for reply in replies if reply is not None and reply.status == 200]
            counted.update(reply.status if reply is not None else "lost" for reply in replies)
            assert len(given) <= 1
    log.info("%s, %s in %.1f s", dict(counted), dict(killed), time.monotonic() - begun)
    assert killed["workers"] >= KILLS_LEAST
    assert set(counted) <= {200, 400, 503, "lost"}
    known = {each for [each] in gateway.rows(select(authorizations.c.grant_id))}
    for grant_id, tokens in made_by(gateway, client):
        assert tokens == 1
        assert grant_id in known, "tokens of a code that knows nothing of them"


def test_18_no_refresh_gives_two_successors_while_workers_are_killed(gateway, ada):
    """And whoever lost the reply asks again, and is still linked at the end."""
    client, counted = gateway.client(), Counter()
    links = [client.link(ada) for _ in range(LINKS)]
    begun = time.monotonic()
    with killing(gateway) as killed:
        for _ in range(ROUNDS):
            for number, link in enumerate(links):
                asking = client.refreshing(link.refresh)
                replies = client.wire.send_at_once([asking] * PARALLEL)
                counted.update(reply.status if reply is not None else "lost" for reply in replies)
                replies.append(send_until_answered(client.wire, asking))
                given = [
                    client.tokens(reply)
                    for reply in replies
                    if reply is not None and reply.status != 503
                ]
                assert len({(each.access, each.refresh) for each in given}) == 1
                links[number] = given[-1]
    log.info("%s, %s in %.1f s", dict(counted), dict(killed), time.monotonic() - begun)
    assert killed["workers"] >= KILLS_LEAST
    assert set(counted) <= {200, 503, "lost"}
    assert [client.call(each.access).status for each in links] == [200] * LINKS
    for grant_id, tokens in made_by(gateway, client):
        [[refreshes, used]] = gateway.rows(
            select(func.count(), func.count(refresh_tokens.c.used_at)).where(
                refresh_tokens.c.grant_id == grant_id
            )
        )
        assert (tokens, refreshes, used) == (ROUNDS + 1, ROUNDS + 1, ROUNDS)
