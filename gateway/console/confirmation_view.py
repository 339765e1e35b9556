"""What the page of a confirmation says: the question, who asks, what it rests on, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ..confirmations.record import Confirmation
from ..confirmations.run import operation_of
from ..declaration import Operation
from ..envelope import Status
from ..runtime import current_gateway
from .asker import Asker
from .described import STATES, Words, title_named
from .door import forms
from .facts import Difference, alternatives, differences, facts, outcome
from .moments import utc
from .problem_words import reason_in_words
from .question import Piece, question
from .rendered import Row, Value


@dataclass(frozen=True)
class View:
    """All that is shown of one confirmation at `now`.

    `other` is the confirmation that took its place, or whose place it took and from which the
    reader comes.
    """

    found: Confirmation
    now: datetime
    asker: Asker | None
    other: Confirmation | None

    def of(self, found: Confirmation) -> "View":
        """The same confirmation, as it stands after an answer."""
        return replace(self, found=found)

    @property
    def question(self) -> tuple[list[Piece], list[Piece]]:
        """What is asked, up to its question mark, and what is said after it."""
        return question(self.found)

    @property
    def state(self) -> Words:
        return STATES[self.found.status]

    @property
    def status(self) -> str:
        return self.found.status

    @cached_property
    def operation(self) -> Operation | None:
        """None where the plugin has changed since."""
        return operation_of(current_gateway().declarations, self.found)

    @property
    def plugin(self) -> str:
        return title_named(self.found.plugin)

    @property
    def minutes(self) -> int:
        """For how many more minutes it can be answered, at least one."""
        return max(1, round((self.found.expires_at - self.now) / timedelta(minutes=1)))

    @property
    def until(self) -> str:
        return utc(self.found.expires_at.replace(second=0, microsecond=0))

    @property
    def ended(self) -> str | None:
        """When it was done, or refused."""
        is_over = self.found.status in (Status.EXECUTED, Status.FAILED)
        moment = self.found.executed_at if is_over else None
        return utc(moment.replace(microsecond=0)) if moment else None

    @cached_property
    def facts(self) -> tuple[Row, ...]:
        return facts(self.found, self.operation)

    @property
    def result(self) -> tuple[Row, ...]:
        return outcome(self.found, self.operation, self.page)

    @property
    def page(self) -> str | None:
        """The page of what was made, where the result names one of the plugin's own as its `url`."""
        url = str((self.found.result or {}).get("url", ""))
        own = tuple(f"{form}/" for form in forms(self.found.plugin))
        return url if url.startswith(own) else None

    @property
    def reason(self) -> str:
        """Why it failed."""
        error: Mapping[str, Any] = self.found.error or {}
        return reason_in_words(error.get("code", ""), error.get("detail", ""), self.plugin)

    @property
    def alternatives(self) -> tuple[Value, ...]:
        return alternatives(self.found)

    @property
    def was_asked_anew(self) -> bool:
        """Whether the other asks for the very same, on other terms; else for something newer."""
        return self.other is not None and self.other.natural_key == self.found.natural_key

    @property
    def differences(self) -> list[Difference]:
        """What is otherwise in the later of the two."""
        if self.other is None:
            return []
        rows = [facts(each, self.operation) for each in (self.found, self.other)]
        return differences(*(rows if self.found.superseded_by else reversed(rows)))
