"""A program shows who it is at the token endpoint: with its id alone, or with a secret in one place."""

import base64
from urllib.parse import quote_plus

import pytest

from gateway.authorization import clients
from gateway.authorization.client_authentication import authenticate
from gateway.authorization.clients import Clients
from gateway.authorization.errors import OAuthError
from gateway.limits import RateLimits

CALLBACK = "https://client.test/callback"
ON_THE_WEB = "https://client.test/client.json"


def basic(client_id, secret, scheme="Basic"):
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"{scheme} {base64.b64encode(pair.encode()).decode()}"


class Endpoint:
    """What the token endpoint of one plugin asks."""

    def __init__(self, gateway):
        self.limits = RateLimits(gateway.settings)
        self.clients = Clients(gateway.ledger, documents=None)
        with gateway.ledger.write() as connection:
            self.public = clients.add(connection, "counter", "P", [CALLBACK], auth_method="none")[0]
            self.private, self.secret = clients.add(
                connection, "counter", "S", [CALLBACK], auth_method="client_secret_post"
            )

    def ask(self, header=None, address="192.0.2.1", plugin="counter", **form):
        parameters = {name: [value] for name, value in form.items()}
        found = authenticate(self.clients, self.limits, plugin, parameters, header, address)
        return found.id

    def refusal(self, *arguments, status=401, **form):
        with pytest.raises(OAuthError) as caught:
            self.ask(*arguments, **form)
        assert caught.value.status == status
        assert caught.value.description.isascii()
        return caught.value


@pytest.fixture
def endpoint(start):
    return Endpoint(start(PLUGINS="counter").extensions["gateway"])


def test_a_public_client_says_its_id(endpoint):
    client_id = endpoint.public.id
    assert endpoint.ask(client_id=client_id) == client_id
    assert endpoint.ask(client_id=client_id, client_secret="") == client_id
    assert endpoint.ask(basic(client_id, "")) == client_id


def test_a_client_with_a_secret_sends_it_in_either_place(endpoint):
    client_id, secret = endpoint.private.id, endpoint.secret
    assert endpoint.ask(client_id=client_id, client_secret=secret) == client_id
    assert endpoint.ask(basic(client_id, secret)) == client_id
    assert endpoint.ask(basic(client_id, secret, "bAsIc"), client_id=client_id) == client_id


def test_both_halves_of_the_header_are_encoded_as_in_a_form(endpoint):
    client_id, secret = endpoint.private.id, endpoint.secret
    encoded = "".join(f"%{ord(each):02x}" for each in client_id) + ":" + quote_plus(secret)
    header = "Basic " + base64.b64encode(encoded.encode()).decode()
    assert endpoint.ask(header) == client_id


def test_a_client_with_a_document_says_its_id_and_nothing_is_fetched(endpoint):
    assert endpoint.ask(client_id=ON_THE_WEB) == ON_THE_WEB
    assert endpoint.refusal(client_id=ON_THE_WEB, client_secret="x").error == "invalid_client"


@pytest.mark.parametrize(
    "client_id",
    [
        "https://",
        "https://a.test",
        "https://a.test/\x00",
        "https://[::::]/a",
        "https://a.test/" + "a" * 200,
    ],
)
def test_an_address_that_can_be_no_document_is_refused(endpoint, client_id):
    assert endpoint.refusal(client_id=client_id).error == "invalid_client"


def test_a_wrong_secret_is_refused_with_the_way_to_do_it(endpoint):
    wrong = [
        {},
        {"client_secret": ""},
        {"client_secret": "x"},
        {"client_secret": endpoint.secret + "x"},
        {"client_secret": endpoint.secret[:-1]},
        {"client_secret": endpoint.private.secret_hash},
        {"client_secret": "x" * 100_000},
        {"client_secret": "é"},
    ]
    for form in wrong:
        error = endpoint.refusal(client_id=endpoint.private.id, **form)
        assert error.error == "invalid_client"
        assert error.headers == {"WWW-Authenticate": 'Basic realm="counter"'}


@pytest.mark.parametrize(
    "client_id", ["", "gwc_unknown", "gwc_" + "0" * 32, "\x00", "é", "x" * 9_999]
)
def test_an_unknown_client_is_refused(endpoint, client_id):
    error = endpoint.refusal(client_id=client_id)
    assert error.error == "invalid_client"
    assert error.headers["WWW-Authenticate"].startswith("Basic ")
    assert endpoint.refusal(basic(client_id, "x")).error == "invalid_client"


def test_a_client_of_one_plugin_is_unknown_to_another(endpoint):
    secret = {"client_id": endpoint.private.id, "client_secret": endpoint.secret}
    assert endpoint.refusal(plugin="personal", **secret).error == "invalid_client"


def test_a_client_identifies_itself_once(endpoint):
    client_id, secret = endpoint.private.id, endpoint.secret
    header = basic(client_id, secret)
    twice = endpoint.refusal(header, client_id=client_id, client_secret=secret)
    assert twice.description.startswith("The client identified itself twice.")
    endpoint.refusal(header, client_secret="x")
    endpoint.refusal(header, client_id=endpoint.public.id)


def test_a_public_client_that_sends_a_secret_is_refused(endpoint):
    for_it = endpoint.refusal(client_id=endpoint.public.id, client_secret=endpoint.secret)
    assert "has no secret" in for_it.description
    endpoint.refusal(basic(endpoint.public.id, "x"))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YQ",
        "Basic é",
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Bearer gwt_x",
        "Digest username=x",
    ],
)
def test_a_header_that_is_no_credential_is_refused(endpoint, header):
    assert endpoint.refusal(header, client_id=endpoint.public.id).error == "invalid_client"


def test_assertions_are_not_taken(endpoint):
    told = endpoint.refusal(client_id=endpoint.public.id, client_assertion="eyJ")
    assert "assertions" in told.description


def test_guesses_are_limited_for_each_client_and_address(endpoint):
    client_id, secret = endpoint.private.id, endpoint.secret
    for _ in range(10):
        endpoint.refusal(client_id=client_id, client_secret="guess")
    limited = endpoint.refusal(client_id=client_id, client_secret=secret, status=429)
    assert limited.error == "temporarily_unavailable"
    assert 0 < int(limited.headers["Retry-After"]) <= 60
    endpoint.refusal(basic(client_id, secret), status=429)
    other = {"client_id": client_id, "client_secret": secret}
    assert endpoint.ask(address="192.0.2.2", **other) == client_id
    assert endpoint.ask(client_id=endpoint.public.id) == endpoint.public.id


def test_what_is_right_is_never_counted(endpoint):
    for _ in range(30):
        endpoint.ask(client_id=endpoint.private.id, client_secret=endpoint.secret)
