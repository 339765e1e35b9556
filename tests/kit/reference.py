"""What actions must come to, written from what is promised and not from the code that keeps it.

Time is in minutes. Nothing in here knows of HTTP or of a ledger.
"""

from dataclasses import dataclass, field
from itertools import count

WAITING, EXECUTING, UNKNOWN = "confirmation_required", "executing", "outcome_unknown"
OPEN = (WAITING, EXECUTING, UNKNOWN)
LIFETIME, DUPLICATES, DAY = 10, 10, 24 * 60
TRIES, TRIED_FOR = 5, 10
CHAT, ELSEWHERE = {"keep_draft"}, {"send_parcel", "send_telegram"}
CAN_BE_LOOKED_UP = {"send_parcel"}

# How the provider is: whether it sends, and what it says.
OK, REFUSED, BUSY, DOWN = "ok", "refused", "busy", "down"
SENT_AND_BROKE, BROKE = "sent and broke", "broke"


@dataclass(frozen=True)
class Caller:
    """Somebody's assistant."""

    person: int
    client: int


@dataclass
class Action:
    """One action that was asked for. `seen` is what its caller was told of it first."""

    number: int
    by: Caller
    operation: str
    value: object
    key: str | None
    price: int
    created: float
    status: str = WAITING
    expires: float = 0
    executed: float = 0
    begun: float = 0
    tries: int = 0
    sent: int = 0
    has_default_key: bool = False
    successor: "Action | None" = None
    seen: dict = field(default_factory=dict)
    form: dict | None = None

    @property
    def id(self) -> str:
        return self.seen["confirmation_id"]

    @property
    def is_over(self) -> bool:
        return self.status not in OPEN

    def same_call(self, by: Caller, operation: str, value: object) -> bool:
        return (self.by, self.operation, self.value) == (by, operation, value)


@dataclass
class Answer:
    """What a call must be answered with: an action, or the code of a refusal."""

    action: Action | None = None
    code: str | None = None
    is_new: bool = False
    is_duplicate: bool = False


class Reference:
    """All actions of all callers, the price of a stamp, the stamps there are, how the provider is."""

    def __init__(self) -> None:
        self.now = 0.0
        self.price = 90
        self.provider = OK
        self.actions: list[Action] = []
        self.stamps: dict[str, tuple[int, int]] = {}  # amount and person, by the id of the action
        self.drafts: set[str] = set()
        self._numbers = count()

    def lapse(self) -> None:
        """Nobody answered in time."""
        for each in self.actions:
            if each.status == WAITING and each.expires <= self.now:
                each.status = "expired"

    # --- asking

    def ask(
        self, by: Caller, operation: str, value: object, key: str | None, means_it: bool
    ) -> Answer:
        self.lapse()
        earlier = self._under(by, key) if key else None
        if earlier and not earlier.same_call(by, operation, value):
            return Answer(code="idempotency_key_reused")
        if earlier:
            return Answer(earlier)
        same = [each for each in self.actions if each.same_call(by, operation, value)]
        found = self._with_key(same, key, means_it) if key else self._without(same, means_it)
        return found or self._new(by, operation, value, key)

    def _with_key(self, same: list[Action], key: str, means_it: bool) -> Answer | None:
        if doubtful := self._in_doubt(same, means_it):
            return Answer(doubtful)
        adopted = self._unkeyed(same)
        if adopted is None:
            return None
        adopted.key = key
        return Answer(adopted)

    def _without(self, same: list[Action], means_it: bool) -> Answer | None:
        going = [each for each in same if not each.is_over]
        if going:
            return Answer(max(going, key=lambda each: each.number))
        done = [each for each in same if self._was_just_done(each)]
        last = max(done, key=lambda each: (each.executed, each.number), default=None)
        if last and not means_it and not self._was_undone(last):
            return Answer(last, is_duplicate=True)
        doubtful = self._in_doubt(same, means_it)
        return Answer(doubtful) if doubtful else None

    def _in_doubt(self, same: list[Action], means_it: bool) -> Action | None:
        """The same call of today that a person must look into: it may have been done already."""
        found = [
            each
            for each in same
            if each.status == "needs_review" and self.now - each.begun < DAY and not means_it
        ]
        return max(found, key=lambda each: (each.begun, each.number), default=None)

    def _under(self, by: Caller, key: str) -> Action | None:
        found = [
            each
            for each in self.actions
            if each.by == by and each.key == key and self.now - each.created < DAY
        ]
        return found[-1] if found else None

    def _unkeyed(self, same: list[Action]) -> Action | None:
        """The same call, made without a key, that still waits: a client that repeats may add one."""
        found = [
            each
            for each in same
            if each.status == WAITING and each.key is None and each.has_default_key
        ]
        return found[-1] if found else None

    def _was_just_done(self, action: Action) -> bool:
        return action.status == "executed" and self.now - action.executed < DUPLICATES

    def _was_undone(self, done: Action) -> bool:
        return any(
            each.status == "executed"
            and each.operation == "return_stamps"
            and each.value == done.id
            and each.by.person == done.by.person
            for each in self.actions
            if each is not done and done.operation == "buy_stamps"
        )

    def _new(self, by: Caller, operation: str, value: object, key: str | None) -> Answer:
        if refusal := self._refusal(by, operation, value):
            return Answer(code=refusal)
        action = Action(next(self._numbers), by, operation, value, key, self.price, self.now)
        action.has_default_key = key is None
        action.expires = self.now + LIFETIME
        if operation == "return_stamps":
            for each in self.actions:
                if each.status == WAITING and each.same_call(by, operation, value):
                    each.status, each.successor = "superseded", action
        self.actions.append(action)
        return Answer(action, is_new=True)

    def _refusal(self, by: Caller, operation: str, value: object) -> str | None:
        if operation == "buy_stamps" and self.price == 0:
            return "conflict"
        if operation == "return_stamps" and self.stamps.get(value, (0, None))[1] != by.person:
            return "not_found"
        return None

    # --- answering

    def approve(self, action: Action) -> Action | None:
        """Somebody who may has said yes. The successor, where one takes its place."""
        self.lapse()
        if action.status != WAITING:
            return None
        if action.operation in ELSEWHERE:
            action.begun, action.status = self.now, EXECUTING
            self._try(action)
        elif self._refusal(action.by, action.operation, action.value):
            action.status = "failed"
        elif action.operation == "buy_stamps" and action.price != self.price:
            return self._ask_anew(action)
        else:
            self._do(action)
        return None

    def end(self, action: Action, status: str) -> None:
        self.lapse()
        if action.status == WAITING:
            action.status = status

    def _ask_anew(self, action: Action) -> Action:
        action.status = "superseded"
        anew = Action(
            next(self._numbers),
            action.by,
            action.operation,
            action.value,
            None,
            self.price,
            self.now,
            expires=self.now + LIFETIME,
            has_default_key=action.has_default_key,
        )
        action.successor = anew
        self.actions.append(anew)
        return anew

    def _do(self, action: Action) -> None:
        action.status, action.executed = "executed", self.now
        if action.operation == "buy_stamps":
            self.stamps[action.id] = (action.value, action.by.person)
        elif action.operation == "return_stamps":
            del self.stamps[action.value]
        else:
            self.drafts.add(action.id)

    # --- effects elsewhere

    def sweep(self) -> None:
        """Long after a lease, and after any pause between two tries."""
        self.lapse()
        for action in self.actions:
            if action.status in (EXECUTING, UNKNOWN):
                self._try(action)

    def _try(self, action: Action) -> None:
        action.tries += 1
        outcome = self._looked_up(action) if action.status == UNKNOWN else None
        action.status = outcome or self._ran(action)
        over = action.tries >= TRIES or self.now - action.begun >= TRIED_FOR
        if action.status == UNKNOWN and action.operation not in CAN_BE_LOOKED_UP:
            action.status = "needs_review"
        elif over and action.status in OPEN:
            action.status = "failed" if action.status == EXECUTING else "needs_review"
        if action.status == "executed":
            action.executed = self.now

    def _looked_up(self, action: Action) -> str | None:
        if self.provider == DOWN:
            return UNKNOWN
        return "executed" if action.sent else None

    def _ran(self, action: Action) -> str:
        action.sent += self.provider in (OK, SENT_AND_BROKE)
        return {OK: "executed", REFUSED: "failed", BUSY: EXECUTING, DOWN: EXECUTING}.get(
            self.provider, UNKNOWN
        )
