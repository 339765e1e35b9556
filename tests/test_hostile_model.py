"""Whatever a model does that has a person's token: what only the person may approve is not done.

It knows all that it was ever told: ids, hashes, match codes, what elicitation left with it, the tokens
of the forms of pages it can open. It has an account and a session of its own. It has not the person's
session, and that is all that keeps it from anything.
"""

import logging
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from gateway.app import SAMPLES
from gateway.confirmations.sweeper import Sweeper
from gateway.storage.tables import audit, confirmations
from tests.kit import forms, promises
from tests.kit.apps import TEST_PLUGINS, running_app
from tests.kit.courier import ACTING, serving
from tests.kit.in_memory import folder_in_memory
from tests.kit.mcp_client import HANDSHAKE, MODERN, InProcess, request
from tests.kit.people import Person

log = logging.getLogger(__name__)

ROOT = "http://localhost"
# What a reply may hold that opens something, or that looks as if it did.
TELLING = re.compile(
    r"cnf_[0-9a-f]{32}|sha256:[0-9a-f]{64}|\b[a-z]+-\d\d\b|\b[0-9a-f]{64}\b"
    r'|"requestState":\s*"([^"]+)"'
)
KNOWN_MOST = 60
EDGES_OF_A_YES = ("approved", "claimed", "executed", "put_back", "needs_review")


class World:
    """A gateway with all its plugins, a person, and a model that calls for the person."""

    def __init__(self, app, courier) -> None:
        self.app, self.courier = app, courier
        gateway = app.extensions["gateway"]
        self.ledger = gateway.ledger
        self.sweep = Sweeper(gateway.ledger, gateway.approvals.elsewhere).sweep
        self.stamps = gateway.plugins["courier"].metadata.tables["courier_stamps"]
        self.ada = {name: Person(app, "ada@example.com", name) for name in ("courier", "booking")}
        self.mallory = Person(app, "mallory@example.com", "courier")
        self.account = self.ada["courier"].account
        self.browser = self.ada["courier"].browser()  # Ada's, signed in all the time
        self.own_session = self.mallory.browser().get_cookie("session").value
        self.rules = sorted(
            ((each.rule, sorted(each.methods)) for each in app.url_map.iter_rules()), key=str
        )
        self.start = self._free_slot()
        self.told, self.codes, self.moves = set(), Counter(), Counter()
        self.done = 0

    def _free_slot(self):
        for days in range(2, 9):
            day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
            found = self.ada["booking"].get("/slots", {"service": "physio", "day": day}).json
            if found.get("slots"):
                return found["slots"][0]["start"]
        return "2099-01-01T10:00:00+00:00"

    def forget(self):
        """The next history begins with nothing."""
        with self.ledger.write() as connection:
            connection.execute(delete(confirmations))
            connection.execute(delete(self.stamps))
            self.last = connection.execute(select(func.max(audit.c.seq))).scalar() or 0
        self.courier.sent.clear()
        self.told = ["", "true", self.account.id, self.account.email, self.ada["courier"].token]
        self.told += [self.own_session, "confirm", "approve", "cnf_" + "0" * 32]

    def learn(self, text):
        for found in TELLING.finditer(text):
            told = found[1] or found[0]
            if told not in self.told and len(self.told) < KNOWN_MOST:
                self.told.append(told)

    def executed(self):
        """How many actions were done, or begun, that take the person's own yes; and their effects."""
        with self.ledger.read() as connection:
            hers = confirmations.c.principal == self.account.id
            person = hers & (confirmations.c.approve == "person")
            begun = person & confirmations.c.status.in_(
                ("executing", "outcome_unknown", "executed", "failed", "needs_review")
            )
            rows = connection.execute(select(confirmations.c.id).where(begun)).scalars().all()
            yes = select(audit.c.confirmation_id).where(
                audit.c.seq > self.last,
                audit.c.edge.in_(EDGES_OF_A_YES),
                audit.c.confirmation_id.in_(select(confirmations.c.id).where(person)),
            )
            told = set(connection.execute(yes).scalars())
            ids = set(connection.execute(select(confirmations.c.id).where(hers)).scalars())
            own = self.stamps.c.person == self.account.id
            effects = connection.execute(
                select(func.count()).select_from(self.stamps).where(own)
            ).scalar_one()
        booked = len(self.ada["booking"].get("/bookings").json["bookings"])
        sent = sum(key in ids for key in self.courier.sent)
        return len(set(rows) | told), effects + booked + sent


# --- what the model can do

numbers = st.integers(0, 200)


@dataclass(frozen=True)
class Words:
    """Something that the model was told, or a part of it, or nothing."""

    number: int
    bend: int
    kind: str = ""

    def among(self, told):
        likely = [each for each in told if each.startswith(self.kind)] or told
        word = likely[-1 - self.number % len(likely)]
        return [word, word, word, word, word.upper(), word[:-1], word + "0"][self.bend % 7]


bends = st.integers(0, 30).map(lambda n: n if n > 26 else 0)
words = st.builds(Words, numbers, bends)
# Mostly what has the right form, so that one thing at a time is wrong.
names = st.builds(Words, numbers, bends, st.just("cnf_")) | words
hashes = st.builds(Words, numbers, bends, st.just("sha256:")) | words


def calls(start):
    """The actions of the person's plugins that take their own yes, and one that takes a relayed one."""
    return [
        ("courier", "/stamps", "buy_stamps", {"amount": 2}),
        ("courier", "/parcels", "send_parcel", {"to": "Mallory"}),
        ("courier", "/telegrams", "send_telegram", {"to": "Mallory"}),
        ("courier", "/drafts", "keep_draft", {"words": "hello"}),
        ("booking", "/bookings", "book", {"service": "physio", "start": start, "name": "Ada"}),
    ]


@dataclass(frozen=True)
class Ask:
    """Call an action over REST, by its path or at its own host."""

    which: int
    key: str | None
    own_host: bool

    def play(self, world):
        plugin, path, _, body = calls(world.start)[self.which]
        base = f"http://{plugin}.localhost" if self.own_host else f"{ROOT}/{plugin}"
        more = {"request_id": self.key} if self.key else {"allow_duplicate": True}
        headers = world.ada[plugin].headers
        return world.app.test_client().post(base + path, json={**body, **more}, headers=headers)


@dataclass(frozen=True)
class Confirm:
    """Relay a yes that nobody gave, by REST, to any plugin."""

    plugin: str
    name: Words
    hashed: Words
    bearer: bool

    def play(self, world):
        name, hashed = self.name.among(world.told), self.hashed.among(world.told)
        person = world.ada["booking" if self.plugin == "booking" else "courier"]
        headers = person.headers if self.bearer else world.mallory.headers
        path = f"/{self.plugin}/confirmations/{name}/confirm"
        return world.app.test_client().post(path, json={"hash": hashed}, headers=headers)


@dataclass(frozen=True)
class Call:
    """Call a tool over MCP, in any version, with any answer of a user who was never asked."""

    which: int
    tool: str | None
    version: str
    capabilities: Any
    says: str | None
    state: Words
    name: Words
    hashed: Words

    def play(self, world):
        plugin, _, tool, arguments = calls(world.start)[self.which]
        told = world.told
        if self.tool:
            named = {"confirmation_id": self.name.among(told), "hash": self.hashed.among(told)}
            arguments = {**named} if self.tool != "get_confirmation" else {**named, "hash": None}
            arguments = {name: each for name, each in arguments.items() if each}
        params = {"name": self.tool or tool, "arguments": arguments}
        if self.says:
            content = {"approve": True, "hash": self.hashed.among(told), "decision": "approve"}
            reply = {"action": self.says, "content": content}
            params["inputResponses"] = {"confirmation": reply, "approve": reply}
            params["requestState"] = self.state.among(told)
        made = request(
            "tools/call", params, version=self.version, capabilities=self.capabilities or {}
        )
        headers = {**made.headers, **world.ada[plugin].headers}
        return InProcess(world.app).send(headers, made.bytes, path=f"/{plugin}/mcp")


@dataclass(frozen=True)
class Retry:
    """Begin an elicitation and bring back its own state with a yes, as a client does that lies."""

    which: int
    mode: str
    says: str

    def play(self, world):
        plugin, _, tool, arguments = calls(world.start)[self.which]
        call = {"name": tool, "arguments": {**arguments, "allow_duplicate": True}}
        able = {"elicitation": {self.mode: {}}}
        headers = world.ada[plugin].headers

        def send(params):
            made = request("tools/call", params, capabilities=able)
            wire = InProcess(world.app)
            return wire.send({**made.headers, **headers}, made.bytes, path=f"/{plugin}/mcp")

        shown = send(call)
        state = shown.json.get("result", {}).get("requestState")
        if state is None:
            return shown
        world.told.append(state)
        reply = {"confirmation": {"action": self.says, "content": {}}}
        return send({**call, "requestState": state, "inputResponses": reply})


@dataclass(frozen=True)
class Press:
    """Send the form of the page, with whatever the model has instead of the person's session."""

    name: Words
    token: Words
    cookie: Words | None
    headers: dict
    bearer: bool
    decision: str
    as_json: bool

    def play(self, world):
        told, client = world.told, world.app.test_client()
        if self.cookie:
            client.set_cookie("session", self.cookie.among(told))
        path = f"/confirm/{self.name.among(told)}"
        fields = {"form_token": self.token.among(told), "decision": self.decision}
        headers = {**self.headers, **(world.ada["courier"].headers if self.bearer else {})}
        sent = {"json": fields} if self.as_json else {"data": fields}
        return client.post(path, headers=headers, **sent)


@dataclass(frozen=True)
class Visit:
    """Open the page as a browser does, as whoever the model can be, and press what it shows."""

    name: Words
    mine: bool
    bearer: bool

    def play(self, world):
        client = world.app.test_client()
        if self.mine:
            client.set_cookie("session", world.own_session)
        path = f"/confirm/{self.name.among(world.told)}"
        headers = {**forms.ORIGIN, **(world.ada["courier"].headers if self.bearer else {})}
        page = client.get(path, headers=headers)
        tokens = re.findall(r'name="form_token" value="(\w+)"', page.text)
        sent = {"form_token": tokens[-1] if tokens else "", "decision": "approve"}
        return client.post(path, data=sent, headers=headers)


@dataclass(frozen=True)
class Open:
    """Ask for any address of any plugin, or of the gateway, by any method, as the model or as itself."""

    rule: int
    method: int
    path: Words
    word: Words
    mine: bool

    def play(self, world):
        rule, methods = world.rules[self.rule % len(world.rules)]
        told = world.told
        path = re.sub(r"<[^>]+>", self.path.among(told).replace("/", "") or "x", rule)
        methods = [*methods, "POST", "PUT", "DELETE"]
        method = methods[self.method % len(methods)]
        client, word = world.app.test_client(), self.word.among(told)
        if self.mine:
            client.set_cookie("session", world.own_session)
        plugin = "booking" if "/booking/" in rule else "courier"
        fields = {"decision": "approve", "form_token": word, "hash": word, "confirmation_id": word}
        how = {"json": fields} if self.word.number % 2 else {"data": fields}
        how = {} if method in ("GET", "HEAD", "OPTIONS") else how
        headers = {**forms.ORIGIN, **world.ada[plugin].headers}
        return client.open(path, method=method, headers=headers, **how)


@dataclass(frozen=True)
class Enter:
    """Try to get in as the person, on the pages where people get in."""

    page: str
    password: Words
    word: Words

    def play(self, world):
        client = world.app.test_client()
        page = client.get(f"{self.page}?next=/confirm/{self.word.among(world.told)}")
        email, password = world.account.email, self.password.among(world.told)
        return forms.send(client, page, self.page, email=email, password=password)


@dataclass(frozen=True)
class Wait:
    """The gateway's own sweeper comes by."""

    def play(self, world):
        world.sweep()


ORIGINS = [
    forms.ORIGIN,
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "null"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://courier.localhost"},
]
CAPABILITIES = [
    None,
    {"elicitation": {}},
    {"elicitation": {"form": {}}},
    {"elicitation": {"url": {}}},
    {"elicitation": {"form": {}, "url": {}}},
]
kinds = st.integers(0, 4)
answers = st.sampled_from(["accept", "accept", "decline", "cancel"])
asks = st.builds(Ask, kinds, st.sampled_from([None, "k-1"]), st.booleans())
presses = st.builds(
    Press,
    names,
    words,
    st.none() | words,
    st.sampled_from(ORIGINS),
    st.booleans(),
    st.sampled_from(["approve", "approve", "decline"]),
    st.booleans(),
)
moves = st.one_of(
    asks,
    asks,
    st.builds(
        Confirm, st.sampled_from(["courier", "booking", "counter"]), names, hashes, st.booleans()
    ),
    st.builds(
        Call,
        kinds,
        st.sampled_from([None, "confirm_action", "decline_action", "get_confirmation"]),
        st.sampled_from([MODERN, *HANDSHAKE]),
        st.sampled_from(CAPABILITIES),
        st.none() | answers,
        words,
        names,
        hashes,
    ),
    st.builds(Retry, kinds, st.sampled_from(["form", "url"]), answers),
    presses,
    presses,
    st.builds(Visit, names, st.booleans(), st.booleans()),
    st.builds(Open, numbers, st.integers(0, 5), names, words, st.booleans()),
    st.builds(Open, numbers, st.integers(0, 5), names, words, st.booleans()),
    st.just(Wait()),
)
entries = st.builds(Enter, st.sampled_from(["/login", "/signup"]), words, words)
# To check a password takes as long as ten of the others.
histories = st.tuples(
    asks, st.lists(moves, max_size=12), st.none() | st.none() | st.none() | entries
).map(lambda parts: [parts[0], *parts[1], *([parts[2]] if parts[2] else [])])


def play(world, history):
    world.forget()
    for move in history:
        reply = move.play(world)
        if reply is None:
            continue
        over_mcp = hasattr(reply, "body")
        body = (reply.body if over_mcp else reply.data).decode(errors="replace")
        status = reply.status if over_mcp else reply.status_code
        if not over_mcp:
            reply.close()
        assert status < 500, (move, status, body)
        world.learn(body)
        world.moves[type(move).__name__] += 1
        world.codes[status] += 1


def quickly(count, *, derandomize=True):
    return settings(
        max_examples=count,
        derandomize=derandomize,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


def hold(world, history):
    """The model has its way, and nothing was done."""
    play(world, history)
    world.done += 1
    assert world.executed() == (0, 0), history


@contextmanager
def a_world(**environ):
    folders = (SAMPLES, TEST_PLUGINS, ACTING)
    with (
        serving() as courier,
        folder_in_memory() as folder,
        running_app(folder, folders=folders, COURIER_PROVIDER=courier.url, **environ) as app,
    ):
        world = World(app, courier)
        yield world
        promises.verify(world.ledger)
        log.info(
            "D18: %d histories, %d moves %s, answered %s: 0 executed, 0 effects",
            world.done,
            sum(world.moves.values()),
            dict(world.moves),
            dict(sorted(world.codes.items())),
        )


@pytest.fixture(scope="module")
def world():
    with a_world() as world:
        yield world


def test_a_hostile_model_gets_nothing_done_that_takes_the_persons_own_yes(world):
    quickly(300)(given(histories)(lambda history: hold(world, history)))()
    assert world.moves["Press"] > 100
    assert 202 in world.codes


def test_with_one_press_of_the_person_exactly_one_is_done(world):
    """The control: the same histories can act, as soon as the person wants it."""

    def press(history):
        play(world, history)
        asked = world.ada["courier"].post("/stamps", {"amount": 7})
        path = f"/confirm/{asked.json['confirmation_id']}"
        assert world.executed() == (0, 0)
        page = world.browser.get(path)
        assert forms.send_here(world.browser, page, path, decision="approve").status_code == 303
        play_on = [move for move in history if not isinstance(move, Wait)]
        for move in play_on:
            move.play(world)
        assert world.executed() == (1, 1)

    quickly(30)(given(histories)(press))()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_histories(store):
    with a_world(**store) as world:
        many = quickly(10_000, derandomize=False)
        many(given(histories)(lambda history: hold(world, history)))()
