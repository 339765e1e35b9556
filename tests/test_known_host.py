"""What a TLS proxy asks before it makes a certificate: is this host served here?"""

import pytest

from tests.kit.apps import running_app

PUBLIC = "https://plugins.example.com"


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A gateway with a public root, and other hosts beside it."""
    settings = {
        "BASE_URL": PUBLIC,
        "ALLOWED_HOSTS": "gateway:8000,tunnel.example.net,https://Other.example.org:8443",
    }
    with running_app(tmp_path_factory.mktemp("public"), **settings) as app:
        yield app


@pytest.fixture
def ask(public):
    """Ask as a proxy would; `query` is all that is after the question mark."""

    def ask(query, *, app=public, host="gateway:8000", method="GET"):
        exact = {"HTTP_HOST": host, "PATH_INFO": "/known-host", "QUERY_STRING": query}
        return app.test_client().open("/", method=method, environ_overrides=exact)

    return ask


@pytest.mark.parametrize(
    "domain",
    [
        "plugins.example.com",
        "counter.plugins.example.com",
        "keyed.plugins.example.com",
        "Counter.PLUGINS.example.com",
        "plugins.example.com.",
        "other.example.org",  # a certificate is for a name on every port
    ],
)
def test_a_host_that_is_served_is_known(ask, domain):
    known = ask(f"domain={domain}")
    assert (known.status_code, known.mimetype, known.data) == (200, "text/plain", b"known\n")
    assert known.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "domain",
        "domain=",
        "host=plugins.example.com",
        "domain=evil.example",
        "domain=gateway",  # answered, but over plain HTTP: not for strangers to know
        "domain=tunnel.example.net",
        "domain=example.com",
        "domain=weather.plugins.example.com",
        "domain=keyed.counter.plugins.example.com",
        "domain=plugins.example.com.evil.example",
        "domain=evil.plugins.example.com",
        "domain=xplugins.example.com",
        "domain=*.plugins.example.com",
        "domain=plugins.example.com:443",
        "domain=gateway:8000",
        "domain=https://plugins.example.com",
        "domain=plugins.example.com/",
        "domain=any:tunnel.example.net",
        "domain=localhost",
        "domain=counter.localhost",
        "domain=127.0.0.1",
        "domain=%00",
        "domain=%FF",
        "domain=pl%D0%B0gins.example.com",
        "domain=plugins.example.com&domain=plugins.example.com",
        "domain=plugins.example.com&domain=evil.example",
        f"domain={'a' * 5000}",
    ],
)
def test_any_other_question_is_answered_alike_with_no(ask, query):
    refused = ask(query)
    assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")
    assert refused.data == ask("domain=evil.example").data


@pytest.mark.parametrize("host", ["gateway:8000", "evil.example", "10.0.0.7:8000", "", "[::"])
def test_whoever_asks_is_answered_whatever_name_they_use_for_the_gateway(ask, host):
    assert ask("domain=counter.plugins.example.com", host=host).status_code == 200
    assert ask("domain=evil.example", host=host).status_code == 404


@pytest.mark.parametrize("host", ["plugins.example.com", "counter.plugins.example.com"])
def test_it_is_answered_at_our_own_hosts_too(ask, host):
    assert ask("domain=counter.plugins.example.com", host=host).status_code == 200


def test_a_root_on_a_port_of_its_own_needs_a_certificate_for_its_name(ask, start):
    app = start(PLUGINS="counter", BASE_URL=f"{PUBLIC}:8443")
    for name in ("plugins.example.com", "counter.plugins.example.com"):
        assert ask(f"domain={name}", app=app).status_code == 200


@pytest.mark.parametrize(
    "domain", ["localhost", "counter.localhost", "127.0.0.1", "tunnel.example"]
)
def test_without_a_public_root_no_host_is_known(ask, start, domain):
    app = start(PLUGINS="counter", ALLOWED_HOSTS="tunnel.example")
    assert ask(f"domain={domain}", app=app).status_code == 404


def test_it_can_only_be_read(ask):
    head = ask("domain=plugins.example.com", method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    refused = ask("domain=plugins.example.com", method="POST")
    assert (refused.status_code, refused.mimetype) == (405, "application/problem+json")
