"""The protocol's own Python client links an account by itself, from the address of a plugin alone."""

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from sqlalchemy import delete

from gateway.auth.secrets import hashed
from gateway.storage.tables import access_tokens
from tests.kit.oauth_client import REDIRECT_URI, parameters
from tests.kit.user_browser import Browser
from tests.kit.wire import Wire

ERAS = ["auto", "legacy"]


class RefusedError(Exception):
    """The person said no."""


SAID_NO = pytest.RaisesExc(RefusedError, match="access_denied")


class Loopback(httpx2.AsyncHTTPTransport):
    """Finds names below localhost on this machine, as browsers do and not every system does."""

    async def handle_async_request(self, request):
        near = httpx2.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await super().handle_async_request(near)


@dataclass
class Storage:
    """Where a client keeps what it has got."""

    tokens: object = None
    client: object = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


@dataclass
class Person:
    """Whoever sits at the browser that the client opens; `asked` is what it was opened for."""

    browser: Browser
    decision: str = "allow"
    asked: list[str] = field(default_factory=list)
    landed: str = ""

    async def open(self, url):
        self.asked.append(url)
        decide = (self.browser.decide, url, self.decision)
        self.landed = await anyio.to_thread.run_sync(*decide)

    async def answer(self):
        told = parameters(self.landed)
        if "error" in told:
            raise RefusedError(told["error"])
        return AuthorizationCodeResult(**told)


@pytest.fixture
def person(server):
    """Somebody who has just signed up."""
    browser = Browser(Wire(server.port))
    browser.sign_up(f"{uuid4()}@example.com")
    return Person(browser)


@pytest.fixture(params=["path", "host"])
def address(server, request):
    """The address of a protected plugin's MCP server, which is all that its user types."""
    return f"{Wire(server.port).base('knowledge', request.param)}/mcp"


@pytest.fixture
def link(address, person):
    """A client that is connected, with the part of it that links; it may know things from before."""

    @asynccontextmanager
    async def link(storage, mode="auto"):
        metadata = OAuthClientMetadata(client_name="Official", redirect_uris=[REDIRECT_URI])
        auth = OAuthClientProvider(address, metadata, storage, person.open, person.answer)
        async with httpx2.AsyncClient(transport=Loopback(), auth=auth, timeout=15) as http:
            transport = streamable_http_client(address, http_client=http)
            async with Client(transport, mode=mode, cache=None) as client:
                yield client, auth

    return link


async def search(client):
    result = await client.call_tool("search", {"query": "coffee"})
    assert result.is_error is False
    return result.structured_content["results"]


@pytest.mark.parametrize("mode", ERAS)
def test_it_links_from_an_address_alone_and_remembers(link, person, address, mode):
    storage = Storage()

    async def story():
        for _ in range(2):
            async with link(storage, mode) as (client, _):
                assert "search" in {tool.name for tool in (await client.list_tools()).tools}
                assert await search(client)

    anyio.run(story)
    [asked] = person.asked
    told = parameters(asked)
    assert told["resource"] == address
    assert told["scope"].split() == ["notes:read", "notes:write", "offline_access"]
    assert storage.tokens.expires_in == 3600


def test_it_refreshes_by_itself_when_the_hour_is_over(link, person, server_app):
    storage = Storage()

    async def story():
        async with link(storage) as (client, auth):
            first = storage.tokens
            for _ in range(2):
                earlier = storage.tokens
                end_the_hour(server_app, auth)
                assert await search(client)
                assert storage.tokens.access_token != earlier.access_token
                assert storage.tokens.refresh_token != earlier.refresh_token
            assert storage.tokens.scope == first.scope

    anyio.run(story)
    assert len(person.asked) == 1


def end_the_hour(server_app, auth):
    """The token works no more, and the client's own clock says so, too."""
    own = access_tokens.c.hash == hashed(auth.context.current_tokens.access_token)
    with server_app.extensions["gateway"].ledger.write() as connection:
        assert connection.execute(delete(access_tokens).where(own)).rowcount == 1
    auth.context.token_expiry_time = time.time() - 1


def test_after_the_person_has_ended_the_link_it_must_ask_again(link, person):
    storage = Storage()

    async def story():
        async with link(storage) as (client, _):
            assert await search(client)
            page = person.browser.open("/account")
            person.browser.submit(page.form("/account/revoke"))
            person.decision = "deny"
            await search(client)

    with pytest.RaisesGroup(SAID_NO, flatten_subgroups=True):
        anyio.run(story)
    assert len(person.asked) == 2


def test_it_calls_nothing_when_the_person_says_no(link, person):
    storage = Storage()
    person.decision = "deny"

    async def story():
        async with link(storage):
            pytest.fail("it is connected")

    with pytest.RaisesGroup(SAID_NO, flatten_subgroups=True):
        anyio.run(story)
    assert storage.tokens is None
