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
from ..errors import Problem
from ..runtime import current_gateway
from .asker import Asker
from .described import STATES, Words, title_of
from .door import forms
from .facts import Difference, alternatives, differences, facts, outcome
from .language import say
from .moments import utc
from .question import Piece, question
from .readable import readable
from .rendered import Row, Value

PROBLEMS: Mapping[str, Words] = {
    "store_unavailable": (
        "The gateway cannot reach its store just now, so nothing was done. Try again in a moment.",
        "网关暂时无法访问存储，未执行任何操作。请稍后再试。",
    ),
    "outcome_unknown": (
        "Whether your answer was kept is not known yet. Reload the page to see how it stands, or press"
        " again: it is never done twice.",
        "尚不确定你的答复是否已保存。请刷新页面查看，或再按一次：绝不会重复执行。",
    ),
    "action_expired": (
        "The plugin has changed since this was asked, so nothing was done. Ask your assistant again.",
        "提问之后插件已有变化，未执行任何操作。请让助手重新发起。",
    ),
    "action_not_found": (
        "This is no longer there, and nothing was done.",
        "此操作已不存在，未执行任何操作。",
    ),
    "internal_error": (
        "Something failed inside the gateway, and it was not done. It is logged.",
        "网关内部出错，未能执行。错误已记入日志。",
    ),
}
TRY_AGAIN: Words = (
    "Nothing was done. Try again in a while.",
    "未执行任何操作，请稍后再试。",
)
EXPIRED: Words = (
    "Your answer came too late, so nothing was done.",
    "答复已超过有效期，未执行任何操作。",
)
APPROVED_BEFORE: Words = (
    "It had been approved before, so declining no longer stops it.",
    "此前已批准，现在拒绝已无法阻止执行。",
)
DECLINED_BEFORE: Words = (
    "It had been declined before, so nothing was done.",
    "此前已拒绝，未执行任何操作。",
)
OWN_WORDS: Mapping[str, Words] = {
    "answer_expired": EXPIRED,
    "approved_before": APPROVED_BEFORE,
    "declined_before": DECLINED_BEFORE,
    **PROBLEMS,
}


def _late(status: int, code: str) -> Problem:
    return Problem(status, code, OWN_WORDS[code][0])


# The answer and what it came to, where the second does not follow from the first.
TOO_LATE: Mapping[tuple[str, str], Problem] = {
    ("approve", Status.EXPIRED): _late(410, "answer_expired"),
    ("decline", Status.EXPIRED): _late(410, "answer_expired"),
    ("approve", Status.DECLINED): _late(409, "declined_before"),
    ("decline", Status.EXECUTED): _late(409, "approved_before"),
    ("decline", Status.EXECUTING): _late(409, "approved_before"),
    ("decline", Status.OUTCOME_UNKNOWN): _late(409, "approved_before"),
}


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
        declaration = current_gateway().declarations.get(self.found.plugin)
        return title_of(declaration) if declaration else self.found.plugin

    @property
    def minutes(self) -> int:
        """For how many more minutes it can be answered, at least one."""
        return max(1, round((self.found.expires_at - self.now) / timedelta(minutes=1)))

    @property
    def until(self) -> str:
        return utc(self.found.expires_at.replace(second=0, microsecond=0))

    @property
    def ended(self) -> str | None:
        """When it was done, or could not be."""
        moment = self.found.executed_at
        return utc(moment.replace(microsecond=0)) if moment else None

    @property
    def facts(self) -> tuple[Row, ...]:
        return facts(self.found, self.operation)

    @property
    def result(self) -> tuple[Row, ...]:
        return outcome(self.found, self.page)

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
        return _reason(error.get("code", ""), error.get("detail", ""), self.plugin)

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


def problem_in_words(problem: Problem, view: View) -> str:
    """Why an answer was not taken, in the reader's language where the words are ours."""
    reason = _reason(problem.code, problem.detail, view.plugin)
    if problem.code in OWN_WORDS or not problem.retryable:
        return reason
    return f"{reason} {say(*TRY_AGAIN)}"


def store_is_gone(problem: Problem) -> Problem:
    """The problem of whoever could not even be shown the question, in words for people."""
    words = say(*PROBLEMS.get(problem.code, (problem.detail, problem.detail)))
    return Problem(problem.status, problem.code, words, headers=problem.headers)


def _reason(code: str, detail: str, plugin: str) -> str:
    if code in OWN_WORDS:
        return say(*OWN_WORDS[code])
    return say("%s says: “%s”", "%s：“%s”") % (plugin, readable(detail).text)
