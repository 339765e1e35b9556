"""Any story of two people with two assistants each comes to what the promises say, step by step.

The stories are Hypothesis's. In `make test` they are the same ones each time, so that a run says the
same of the same code; the slow form draws new ones.
"""

import logging
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, func, insert, select, update

from gateway.confirmations.sweeper import Sweeper
from gateway.storage.tables import audit, confirmations, outbox
from gateway.storage.types import Instant
from tests.kit import forms, promises
from tests.kit.apps import running_app
from tests.kit.courier import ACTING, Fault, serving
from tests.kit.in_memory import folder_in_memory
from tests.kit.mcp_client import Assistant, InProcess
from tests.kit.people import Person
from tests.kit.reference import (
    BROKE,
    BUSY,
    CHAT,
    DOWN,
    OK,
    REFUSED,
    SENT_AND_BROKE,
    WAITING,
    Caller,
    Reference,
)

log = logging.getLogger(__name__)

PATHS = {
    "buy_stamps": "/stamps",
    "keep_draft": "/drafts",
    "send_parcel": "/parcels",
    "send_telegram": "/telegrams",
}
ARGUMENT = {"buy_stamps": "amount", "keep_draft": "words", "return_stamps": "stamp_id"}
FAULTS = {
    OK: None,
    REFUSED: Fault.REFUSED,
    BUSY: Fault.BUSY,
    DOWN: Fault.DOWN,
    SENT_AND_BROKE: Fault.ERROR_AFTER,
    BROKE: Fault.ERROR_BEFORE,
}
# The answer to a yes in the chat, by how the action stands, where that is no success.
REFUSALS = {
    "expired": (410, "action_expired"),
    "declined": (409, "action_declined"),
    "cancelled": (409, "action_cancelled"),
    "superseded": (409, "action_superseded"),
}
# The answer to a press on the page that comes to nothing.
PAGES = {
    ("approve", "expired"): 410,
    ("approve", "declined"): 409,
    ("decline", "expired"): 410,
    ("decline", "executed"): 409,
    ("decline", "executing"): 409,
    ("decline", "outcome_unknown"): 409,
}
FORMS_AND_PAGES = {"elicitation": {"form": {}, "url": {}}}
# In minutes. No sum of few of them is one at which something ends, so that milliseconds do not matter.
SOON, LATE, DAY = 4, 7, 25 * 60

callers = st.builds(Caller, st.integers(0, 1), st.integers(0, 1))
some = st.integers(0, 30)
calls = st.one_of(
    st.tuples(st.just("buy_stamps"), st.sampled_from([1, 2])),
    st.tuples(st.sampled_from(["keep_draft", "send_parcel", "send_telegram"]), st.just("Charles")),
)
keys = st.sampled_from(["k-1", "k-2"])
prices, hows = st.sampled_from([90, 95, 0]), st.sampled_from(list(FAULTS))


class World:
    """A gateway in which one story after the other happens."""

    def __init__(self, app, courier) -> None:
        self.app, self.courier = app, courier
        gateway = app.extensions["gateway"]
        self.ledger = gateway.ledger
        self.sweeper = Sweeper(gateway.ledger, gateway.approvals.elsewhere)
        self.tables = gateway.plugins["courier"].metadata.tables
        self.stories, self.steps = 0, Counter()


class Story(RuleBasedStateMachine):
    """Each rule does something to the gateway and the same to the reference; the invariants compare."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        world.stories += 1
        self.model = Reference()
        emails = [f"{name}-{world.stories}@example.com" for name in ("ada", "eve")]
        self.people = {
            Caller(person, client): Person(world.app, email, "courier", client=f"chat {client}")
            for person, email in enumerate(emails)
            for client in (0, 1)
        }
        self.browsers = [self.people[Caller(person, 0)].browser() for person in (0, 1)]
        self.principals = [self.people[Caller(person, 0)].account.id for person in (0, 1)]
        self.last_row = self._last_row()
        self.trails = {}

    @initialize(by=callers, first=calls, second=calls)
    def a_fair_start(self, by, first, second):
        self._provider(OK)
        for operation, value in (first, second):
            self._ask(by, operation, value, None, False)

    # --- what assistants do

    @rule(by=callers, call=calls, means_it=st.booleans())
    def ask(self, by, call, means_it):
        self._ask(by, *call, None, means_it)

    @rule(by=callers, call=calls, key=keys)
    def ask_with_a_key(self, by, call, key):
        self._ask(by, *call, key, False)

    @rule(by=callers, call=calls, price=prices, how=hows)
    def ask_and_approve(self, by, call, price, how):
        """What the question rests on may have changed meanwhile."""
        self._ask(by, *call, None, True)
        self._price(price)
        self._provider(how)
        if self.model.actions:
            self._press(self.model.actions[-1], "approve")

    @precondition(lambda self: self.model.stamps)
    @rule(by=callers, which=some, key=st.none() | keys)
    def ask_to_undo(self, by, which, key):
        """Whoever's stamps they are: those of others are not there."""
        self._ask(by, "return_stamps", self._one(list(self.model.stamps), which), key, False)

    @precondition(lambda self: self.model.stamps)
    @rule(which=some, client=st.integers(0, 1), key=st.none() | keys)
    def ask_to_undo_one_thing_twice(self, which, client, key):
        """An assistant asks one thing about a thing; another one may ask it, too."""
        name = self._one(list(self.model.stamps), which)
        person = self.model.stamps[name][1]
        self._ask(Caller(person, 0), "return_stamps", name, "k-3", False)
        self._ask(Caller(person, client), "return_stamps", name, key, False)

    @precondition(lambda self: self.model.stamps)
    @rule(which=some)
    def undo_and_repeat(self, which):
        """What was taken back is not a duplicate any more."""
        name = self._one(list(self.model.stamps), which)
        bought = next(each for each in self.model.actions if each.id == name)
        self._ask(bought.by, "return_stamps", name, None, False)
        self._press(self.model.actions[-1], "approve")
        self._ask(bought.by, "buy_stamps", bought.value, None, False)

    @precondition(lambda self: self.model.actions)
    @rule(which=some, adds_key=st.booleans())
    def repeat(self, which, adds_key):
        """The same call again, as after a reply that was lost; perhaps now with a key."""
        action = self._action(which)
        key = action.key or ("k-3" if adds_key else None)
        self._ask(action.by, action.operation, action.value, key, False)

    @precondition(lambda self: self.model.actions)
    @rule(which=some, is_right=st.booleans())
    def confirm_in_the_chat(self, which, is_right):
        action = self._action(which)
        hashed = action.seen["hash"] if is_right else "sha256:" + "0" * 64
        self.model.lapse()
        before = action.status
        reply = self.people[action.by].post(f"/confirmations/{action.id}/confirm", {"hash": hashed})
        if not is_right:
            assert (reply.status_code, reply.json["code"]) == (409, "arguments_changed")
        elif action.operation not in CHAT and before == WAITING:
            assert (reply.status_code, reply.json["code"]) == (403, "human_approval_required")
            assert reply.json["confirm_url"] == action.seen["confirm_url"]
        else:
            self._approved(action)
            self._told(action, reply, before)

    @precondition(lambda self: self.model.actions)
    @rule(which=some, says=st.sampled_from(["accept", "decline", "cancel"]))
    def answer_over_mcp(self, which, says):
        """The client shows the question by itself, or the link, and brings back what it likes."""
        action = self._action(which)
        expected = self.model.ask(action.by, action.operation, action.value, action.key, False)
        person = self.people[action.by]
        assistant = Assistant(
            InProcess(self.world.app), "courier", person.token, capabilities=FORMS_AND_PAGES
        )
        call = {"name": action.operation, "arguments": self._arguments(action)}
        shown = assistant.result("tools/call", call)
        if expected.code:
            assert shown["isError"]
            return
        action = expected.action
        if action.status != WAITING:
            assert "requestState" not in shown
            assert shown["structuredContent"]["confirmation_id"] == action.id
            return
        replies = {"confirmation": {"action": says, "content": {}}}
        assert "requestState" in shown, (shown, expected)
        more = {"requestState": shown["requestState"], "inputResponses": replies}
        if expected.is_new:
            self._learn(action, person.get("/confirmations/" + self._newest(action)).json)
        done = assistant.result("tools/call", {**call, **more})
        if says == "decline":
            self.model.end(action, "declined" if action.operation in CHAT else "cancelled")
        elif says == "accept" and action.operation in CHAT:
            self._approved(action)
        if "structuredContent" in done:
            assert done["structuredContent"]["status"] == action.status

    # --- what people do

    @precondition(lambda self: self.model.actions)
    @rule(which=some)
    def approve(self, which):
        self._press(self._action(which), "approve")

    @precondition(lambda self: self.model.actions)
    @rule(which=some)
    def decline(self, which):
        self._press(self._action(which), "decline")

    def _press(self, action, decision):
        """On the page, or with a form that was kept from when the page still had one."""
        self.model.lapse()
        before = action.status
        browser, path = self.browsers[action.by.person], f"/confirm/{action.id}"
        page = browser.get(path)
        assert page.status_code == 200, page.text
        form = form_of(page)
        assert (form is not None) == (action.status == WAITING), action.status
        action.form = form or action.form
        if action.form is None:
            return
        replied = browser.post(
            path, data={**action.form, "decision": decision}, headers=forms.ORIGIN
        )
        if decision == "approve":
            self._approved(action)
        else:
            self.model.end(action, "declined")
        expected = PAGES.get((decision, before), 303)  # also to a press that is repeated
        assert replied.status_code == expected, (decision, before, replied.text)

    @precondition(lambda self: self.model.actions)
    @rule(which=some, by=callers)
    def a_stranger_tries(self, which, by):
        """Another person, another assistant of the same person: to them it is not there (I8)."""
        action = self._action(which)
        if by == action.by:
            return
        before, path = self._everything(), f"/confirmations/{action.id}"
        stranger = self.people[by]
        unknown = stranger.get("/confirmations/cnf_" + "0" * 32)
        seen = stranger.get(path)
        confirmed = stranger.post(f"{path}/confirm", {"hash": action.seen["hash"]})
        assert seen.status_code == confirmed.status_code == unknown.status_code == 404
        assert seen.data == confirmed.data == unknown.data
        assert self._everything() == before
        if by.person != action.by.person:
            form = {**(action.form or {}), "decision": "approve"}
            browser = self.browsers[by.person]
            refused = browser.post(f"/confirm/{action.id}", data=form, headers=forms.ORIGIN)
            assert refused.status_code == 404

    @precondition(lambda self: self.model.actions)
    @rule(which=some, method=st.sampled_from(["GET", "HEAD", "OPTIONS"]), person=st.integers(0, 2))
    def look(self, which, method, person):
        """Looking changes nothing, whoever looks (I7)."""
        action = self._action(which)
        before = self._everything()
        nobody = self.world.app.test_client()
        browser = [*self.browsers, nobody][person]
        browser.open(f"/confirm/{action.id}?decision=approve", method=method)
        headers = self.people[action.by].headers
        nobody.open(f"/courier/confirmations/{action.id}", method=method, headers=headers)
        assert self._everything() == before

    # --- what the world does

    @rule(price=prices, how=hows)
    def something_changes(self, price, how):
        """The price of stamps, and how the provider is."""
        self._price(price)
        self._provider(how)

    @rule(minutes=st.sampled_from([SOON, SOON, LATE, DAY]), sweeps=st.booleans())
    def time_passes(self, minutes, sweeps):
        self.model.now += minutes
        mine = confirmations.c.principal.in_(self.principals)
        self._age(confirmations, confirmations.c.id, mine, minutes)
        ids = select(confirmations.c.id).where(mine)
        self._age(outbox, outbox.c.confirmation_id, outbox.c.confirmation_id.in_(ids), minutes)
        if sweeps:
            self.world.sweeper.sweep()
            self.model.sweep()

    # --- what must hold

    @invariant()
    def the_ledger_is_as_the_reference_says(self):
        self.model.lapse()
        with self.world.ledger.read() as connection:
            query = select(confirmations).where(confirmations.c.principal.in_(self.principals))
            kept = {row.id: row for row in connection.execute(query)}
            waiting = set(connection.execute(select(outbox.c.confirmation_id)).scalars())
            stamps = self._rows(connection, "stamps", "amount")
            drafts = self._rows(connection, "drafts", "words")
            news = connection.execute(
                select(audit).where(audit.c.seq > self.last_row).order_by(audit.c.seq)
            ).all()
        assert set(kept) == {each.id for each in self.model.actions}
        for each in self.model.actions:
            self._compare(each, kept[each.id])
            assert self.world.courier.times(each.id) == each.sent <= 1  # I2
        self._hashes_name_actions()
        assert stamps == {name: amount for name, (amount, _) in self.model.stamps.items()}
        assert set(drafts) == self.model.drafts
        assert waiting == {
            each.id
            for each in self.model.actions
            if each.status in ("executing", "outcome_unknown")
        }
        self._read_on(news, kept)

    def _compare(self, action, row):
        late = (
            action.status == "expired" and row.status == WAITING
        )  # nobody has written it down yet
        assert row.status == action.status or late, (action, row)
        assert (row.hash, row.question["en"]) == (action.seen["hash"], action.seen["question"])
        if action.status == "superseded":
            assert row.superseded_by == action.successor.id

    def _hashes_name_actions(self):
        """A hash stands for exactly one caller, call and quote: no other has it, and none has two."""
        named = {
            (
                each.seen["hash"],
                (
                    each.by,
                    each.operation,
                    each.value,
                    each.operation == "buy_stamps" and each.price,
                ),
            )
            for each in self.model.actions
        }
        assert len({hashed for hashed, _ in named}) == len(named)
        assert len({what for _, what in named}) == len(named)

    def _read_on(self, news, kept):
        """The trail tells the same, edge by edge (I1, I5)."""
        for row in news:
            self.last_row = row.seq
            self.trails.setdefault(row.confirmation_id, []).append(row)
        for name in {row.confirmation_id for row in news}:
            promises.check_trail(self.trails[name], kept[name])

    def teardown(self):
        mine = confirmations.c.principal.in_(self.principals)
        with self.world.ledger.write() as connection:
            connection.execute(delete(confirmations).where(mine))
            for name in ("stamps", "drafts", "tariff"):
                connection.execute(delete(self._table(name)))
        self.world.steps["actions"] += len(self.model.actions)
        for each in self.model.actions:
            self.world.steps[each.status] += 1

    # --- how it is done

    def _ask(self, by, operation, value, key, means_it):
        expected = self.model.ask(by, operation, value, key, means_it)
        path = PATHS.get(operation) or f"/stamps/{value}/return"
        body = {} if operation == "return_stamps" else {ARGUMENT.get(operation, "to"): value}
        body |= {"request_id": key} if key else {}
        body |= {"allow_duplicate": True} if means_it else {}
        reply = self.people[by].post(path, body)
        if expected.code:
            assert reply.json.get("code") == expected.code, (reply.json, expected)
            return
        action = expected.action
        if expected.is_new:
            self._learn(action, reply.json)
        assert reply.json["confirmation_id"] == action.id, (reply.json, expected)
        assert reply.json["status"] == action.status
        assert reply.status_code == (200 if action.is_over else 202)
        assert ("Idempotency-Replayed" in reply.headers) is not expected.is_new
        assert ("duplicate_of" in reply.json) is expected.is_duplicate
        told = {name: each for name, each in reply.json.items() if name != "duplicate_of"}
        assert told == self.people[by].get(f"/confirmations/{action.id}").json  # I6

    def _arguments(self, action):
        name = ARGUMENT.get(action.operation, "to")
        return {name: action.value, **({"request_id": action.key} if action.key else {})}

    def _learn(self, action, told):
        assert told["status"] == WAITING
        assert not any(
            each.seen and each.id == told["confirmation_id"] for each in self.model.actions
        )
        action.seen = told

    def _newest(self, action):
        """The id of what has just been asked, which the client was not told yet."""
        known = {each.id for each in self.model.actions if each.seen}
        with self.world.ledger.read() as connection:
            query = select(confirmations.c.id).where(
                confirmations.c.principal == self.principals[action.by.person]
            )
            [found] = set(connection.execute(query).scalars()) - known
        return found

    def _approved(self, action):
        anew = self.model.approve(action)
        if anew:
            name = self.people[action.by].get(f"/confirmations/{action.id}").json["superseded_by"]
            self._learn(anew, self.people[action.by].get(f"/confirmations/{name}").json)

    def _told(self, action, reply, before):
        """The answer to a yes in the chat."""
        if action.status in REFUSALS:
            assert (reply.status_code, reply.json["code"]) == REFUSALS[action.status]
        elif action.status == "failed":
            assert reply.status_code in (404, 409, 503)
        else:
            assert reply.json["status"] == action.status
            assert reply.status_code == (200 if action.is_over else 202)
        assert ("Idempotency-Replayed" in reply.headers) == (
            before != WAITING and action.status not in REFUSALS
        )

    def _action(self, which):
        return self._one(self.model.actions, which)

    @staticmethod
    def _one(things, which):
        """The latest ones are the likely ones."""
        return things[-1 - which % len(things)]

    def _table(self, name):
        return self.world.tables[f"courier_{name}"]

    def _rows(self, connection, name, column):
        table = self._table(name)
        return dict(connection.execute(select(table.c.id, table.c[column])).all())

    def _price(self, price):
        if price == self.model.price:
            return
        self.model.price = price
        tariff = self._table("tariff")
        with self.world.ledger.write() as connection:
            connection.execute(delete(tariff))
            connection.execute(insert(tariff).values(price=price))

    def _provider(self, how):
        self.model.provider = how
        self.world.courier.broken = FAULTS[how]

    def _age(self, table, key, which, minutes):
        moments = [column for column in table.columns if isinstance(column.type, Instant)]
        with self.world.ledger.write() as connection:
            for row in connection.execute(select(key, *moments).where(which)).all():
                earlier = {
                    column.name: moment - timedelta(minutes=minutes)
                    for column, moment in zip(moments, row[1:], strict=True)
                    if moment
                }
                connection.execute(update(table).where(key == row[0]).values(**earlier))

    def _last_row(self):
        with self.world.ledger.read() as connection:
            return connection.execute(select(func.coalesce(func.max(audit.c.seq), 0))).scalar_one()

    def _everything(self):
        with self.world.ledger.read() as connection:
            tables = (confirmations, outbox, self._table("stamps"), self._table("drafts"))
            rows = [connection.execute(select(table)).all() for table in tables]
        return [sorted(map(tuple, each)) for each in rows], self._last_row()


def form_of(page):
    """The form that answers, as its page has filled it in; None where the page has none."""
    inside = [inside for tag, inside in forms.FORM.findall(page.text) if 'action="' not in tag]
    if not inside:
        return None
    [tags] = [forms.FIELD.findall(each) for each in inside]
    return {forms.attribute(tag, "name"): forms.attribute(tag, "value") or "" for tag in tags}


@contextmanager
def a_world(**environ):
    with (
        serving() as courier,
        folder_in_memory() as folder,
        running_app(
            folder, folders=(ACTING,), PLUGINS="courier", COURIER_PROVIDER=courier.url, **environ
        ) as app,
    ):
        yield World(app, courier)


def play(world, stories, steps, *, derandomize):
    how = settings(
        max_examples=stories,
        stateful_step_count=steps,
        derandomize=derandomize,
        database=None,
        deadline=None,
        # To shrink a story takes minutes: by hand, with Phase.shrink added here.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Story(world), settings=how)
    promises.verify(world.ledger)
    log.info("A12: %d stories of up to %d steps: %s", world.stories, steps, dict(world.steps))


@pytest.fixture
def world(store):
    with a_world(**store) as world:
        yield world


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_any_story(world):
    play(world, 40, 30, derandomize=True)
    for status in ("executed", "declined", "expired", "superseded", "cancelled", "failed"):
        assert world.steps[status], f"no story came to {status}"


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_some_stories_on_postgresql(world):
    play(world, 6, 30, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_very_many_stories(world):
    play(world, 500, 50, derandomize=False)
