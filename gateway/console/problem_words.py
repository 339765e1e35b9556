"""Why an answer on the page of a confirmation came to nothing, in words for people."""

from collections.abc import Mapping

from ..envelope import Status
from ..errors import Problem
from .described import Words
from .language import say
from .readable import readable

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
    "answer_expired": (
        "Your answer came too late, so nothing was done.",
        "答复已超过有效期，未执行任何操作。",
    ),
    "approved_before": (
        "It had been approved before, so declining no longer stops it.",
        "此前已批准，现在拒绝已无法阻止执行。",
    ),
    "declined_before": (
        "It had been declined before, so nothing was done.",
        "此前已拒绝，未执行任何操作。",
    ),
}
TRY_AGAIN: Words = (
    "Nothing was done. Try again in a while.",
    "未执行任何操作，请稍后再试。",
)


def _late(status: int, code: str) -> Problem:
    """An answer that comes after another has settled it."""
    return Problem(status, code, PROBLEMS[code][0])


# The answer and what it came to, where the second does not follow from the first.
TOO_LATE: Mapping[tuple[str, str], Problem] = {
    ("approve", Status.EXPIRED): _late(410, "answer_expired"),
    ("decline", Status.EXPIRED): _late(410, "answer_expired"),
    ("approve", Status.DECLINED): _late(409, "declined_before"),
    ("decline", Status.EXECUTED): _late(409, "approved_before"),
    ("decline", Status.EXECUTING): _late(409, "approved_before"),
    ("decline", Status.OUTCOME_UNKNOWN): _late(409, "approved_before"),
}


def problem_in_words(problem: Problem, plugin: str) -> str:
    """Why an answer was not taken, in the reader's language where the words are ours."""
    reason = reason_in_words(problem.code, problem.detail, plugin)
    if problem.code in PROBLEMS or not problem.retryable:
        return reason
    return f"{reason} {say(*TRY_AGAIN)}"


def for_people(problem: Problem) -> Problem:
    """The same problem, in words for people where we have some."""
    words = say(*PROBLEMS.get(problem.code, (problem.detail, problem.detail)))
    return Problem(problem.status, problem.code, words, headers=problem.headers)


def reason_in_words(code: str, detail: str, plugin: str) -> str:
    """What went wrong: in our own words, or in those of the plugin, which are shown as its own."""
    if code in PROBLEMS:
        return say(*PROBLEMS[code])
    return say("%s says: “%s”", "%s：“%s”") % (plugin, readable(detail).text)
