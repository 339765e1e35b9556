"""Cases 17 and 18: a refresh token is exchanged once, and whoever lost the reply may ask again."""

import logging
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from gateway.auth.secrets import hashed
from gateway.storage.tables import access_tokens, grants, refresh_tokens
from tests.kit.attacked import assert_refused

PARALLEL, RACES = 16, 25
LINKS, REFRESHES, LOST = 20, 50, 0.3
DAY = 24 * 60 * 60

log = logging.getLogger(__name__)


def of(token):
    return refresh_tokens.c.hash == hashed(token)


def assert_dead(client, *links):
    """Nothing of a link opens anything any more."""
    for each in links:
        assert client.call(each.access).status == 401
        assert_refused(client.refresh(each.refresh), "invalid_grant")


def test_17_a_token_that_is_used_again_ends_the_link(ada, client):
    """Also within ten seconds, once its successor was used: a client that has that lost no reply."""
    first = client.link(ada)
    second = client.tokens(client.refresh(first.refresh))
    third = client.tokens(client.refresh(second.refresh))
    assert_refused(client.refresh(first.refresh), "invalid_grant")
    assert_dead(client, first, second, third)


def test_17_so_it_does_more_than_ten_seconds_later(gateway, ada, client):
    """Though its successor was never used."""
    first = client.link(ada)
    second = client.tokens(client.refresh(first.refresh))
    gateway.let_time_pass(11, refresh_tokens, of(first.refresh))
    assert_refused(client.refresh(first.refresh), "invalid_grant")
    assert_dead(client, first, second)


def test_17_within_ten_seconds_it_gives_the_same_successor(gateway, ada, client):
    first = client.link(ada)
    replies = [client.tokens(client.refresh(first.refresh)) for _ in range(4)]
    gateway.let_time_pass(8, refresh_tokens, of(first.refresh))
    replies.append(client.tokens(client.refresh(first.refresh)))
    assert len({(each.access, each.refresh) for each in replies}) == 1
    assert client.call(replies[0].access).status == 200
    assert client.tokens(client.refresh(replies[0].refresh)).access


def test_17_the_link_of_somebody_else_lives_on(gateway, ada, client):
    other = client.link(gateway.browser())
    first = client.link(ada)
    second = client.tokens(client.refresh(first.refresh))
    client.refresh(second.refresh)
    assert_refused(client.refresh(first.refresh), "invalid_grant")
    assert client.call(other.access).status == 200
    assert client.refresh(other.refresh).status == 200


def test_17_a_link_that_is_not_used_for_30_days_is_over(gateway, ada, client):
    fresh, idle = client.link(ada), client.link(ada)
    gateway.let_time_pass(29 * DAY, refresh_tokens, of(fresh.refresh))
    gateway.let_time_pass(30 * DAY + 1, refresh_tokens, of(idle.refresh))
    assert client.refresh(fresh.refresh).status == 200
    assert_refused(client.refresh(idle.refresh), "invalid_grant")


def test_18_sixteen_refreshes_at_once_give_one_successor(gateway, ada, client):
    for _ in range(RACES):
        first = client.link(ada)
        asking = [client.refreshing(first.refresh)] * PARALLEL
        replies = [client.tokens(reply) for reply in client.wire.send_at_once(asking)]
        assert len({(each.access, each.refresh) for each in replies}) == 1
        assert client.call(replies[0].access).status == 200
        assert unused(gateway, replies[0].refresh) == 1
        assert client.refresh(replies[0].refresh).status == 200


def unused(gateway, token):
    """How many refresh tokens of the link of this one could still be used."""
    link = select(refresh_tokens.c.grant_id).where(of(token)).scalar_subquery()
    query = select(func.count()).select_from(refresh_tokens)
    [[number]] = gateway.rows(
        query.where(refresh_tokens.c.grant_id == link, refresh_tokens.c.used_at.is_(None))
    )
    return number


def test_18_a_token_and_its_replay_at_once_end_the_link_and_nothing_breaks(ada, client):
    """Whichever comes first: the link is over, and nobody is told of a failure of ours."""
    for _ in range(RACES):
        first = client.link(ada)
        second = client.tokens(client.refresh(first.refresh))
        third = client.tokens(client.refresh(second.refresh))
        old, new = client.refreshing(first.refresh), client.refreshing(third.refresh)
        statuses = {each.status for each in client.wire.send_at_once([old, new] * 6)}
        assert statuses <= {200, 400}
        assert 400 in statuses
        assert_dead(client, first, second, third)


def test_18_revoking_while_refreshing_ends_the_link_and_nothing_breaks(ada, client):
    for _ in range(RACES):
        first = client.link(ada)
        revoking = client.revoking(first.refresh)
        asking = [client.refreshing(first.refresh), revoking] * 4
        assert {each.status for each in client.wire.send_at_once(asking)} <= {200, 400}
        assert_dead(client, first)


@pytest.mark.parametrize("kind", ["another", "confidential"])
def test_18_another_client_gets_nothing_and_ends_nothing(request, gateway, ada, client, kind):
    other = gateway.client() if kind == "another" else request.getfixturevalue(kind)
    first = client.link(ada)
    for _ in range(3):
        assert_refused(other.refresh(first.refresh), "invalid_grant")
    second = client.tokens(client.refresh(first.refresh))
    assert_refused(other.refresh(first.refresh), "invalid_grant")
    assert client.call(second.access).status == 200
    assert client.refresh(second.refresh).status == 200


def test_18_nor_does_another_plugin(gateway, ada, client):
    booking = gateway.client("booking")
    first = client.link(ada)
    assert_refused(booking.refresh(first.refresh), "invalid_grant")
    reply = booking.refresh(first.refresh, client_id=client.client_id)
    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert_refused(client.refresh(first.refresh, resource=booking.resource), "invalid_target")
    assert client.refresh(first.refresh).status == 200


@pytest.mark.parametrize(
    "scope", ["counts:read counts:write", "counts:write", "nonsense", "bookings:read"]
)
def test_18_a_refresh_allows_no_more_than_the_person_did(ada, client, scope):
    first = client.link(ada, scope="counts:read offline_access")
    assert_refused(client.refresh(first.refresh, scope=scope), "invalid_scope")
    second = client.tokens(client.refresh(first.refresh))
    assert set(second.reply.json["scope"].split()) <= {"counts:read", "offline_access"}


def test_18_one_that_allows_less_can_grow_again_to_all_that_was_allowed(ada, client):
    """RFC 6749 section 6: a refresh may ask for as much as the person allowed."""
    first = client.link(ada)
    less = client.tokens(client.refresh(first.refresh, scope="counts:read"))
    assert set(less.reply.json["scope"].split()) == {"counts:read"}
    asking = client.post(less.access, "/counts", {"amount": 1})
    assert asking.status == 403
    more = client.tokens(client.refresh(less.refresh))
    assert client.post(more.access, "/counts", {"amount": 1}).status == 202


def test_18_nobody_is_unlinked_by_1000_refreshes_of_which_a_third_lose_their_reply(gateway, ada):
    """Twenty links, refreshed fifty times each; whoever gets no reply asks again with what they have."""
    client = gateway.client()
    begun = time.monotonic()
    links = [client.link(ada) for _ in range(LINKS)]

    def keep_alive(number):
        counted, chance, link = Counter(), random.Random(number), links[number]
        for _ in range(REFRESHES):
            asking = client.refreshing(link.refresh)
            while chance.random() < LOST:
                client.wire.send_and_lose_the_reply(asking)
                counted["lost"] += 1
            reply = client.wire.send(asking)
            counted[reply.status] += 1
            if reply.status != 200:
                break
            link = client.tokens(reply)
        counted["linked at the end"] += client.call(link.access).status == 200
        return counted

    with ThreadPoolExecutor(4) as threads:
        counted = sum(threads.map(keep_alive, range(LINKS)), Counter())
    log.info("%s in %.1f s", dict(counted), time.monotonic() - begun)
    assert counted.pop("lost") > LINKS * REFRESHES * LOST
    assert counted == {200: LINKS * REFRESHES, "linked at the end": LINKS}
    assert_no_token_is_left_over(gateway, client)


def assert_no_token_is_left_over(gateway, client):
    """Each refresh token that was used has one successor, and one access token was made with each."""
    own = select(grants.c.id).where(grants.c.client == client.client_id)
    for [grant_id] in gateway.rows(own):
        [[refreshes, used]] = gateway.rows(
            select(func.count(), func.count(refresh_tokens.c.used_at)).where(
                refresh_tokens.c.grant_id == grant_id
            )
        )
        assert refreshes - used == 1
        [[calls]] = gateway.rows(
            select(func.count())
            .select_from(access_tokens)
            .where(access_tokens.c.grant_id == grant_id)
        )
        assert calls == refreshes
