"""The starter prompts: the first examples that the directory takes."""

from ...declaration import Declaration
from .texts import folded, unseen

MOST, LONGEST = 3, 128


def starters(declaration: Declaration) -> list[str]:
    """The examples that fit, at most three."""
    wrong = faults(declaration)
    return [each for each in dict.fromkeys(declaration.examples) if each not in wrong][:MOST]


def faults(declaration: Declaration) -> dict[str, str]:
    """The examples that do not fit, and what is wrong with each."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for each in dict.fromkeys(declaration.examples):
        wrong = _wrong(each) or ("looks like an earlier one" if folded(each) in seen else None)
        if wrong:
            found[each] = wrong
        seen.add(folded(each))
    return found


def _wrong(example: str) -> str | None:
    if not example.strip():
        return "is empty"
    if len(example) > LONGEST:
        return f"has {len(example)} characters, more than {LONGEST}"
    if "@" in example:
        return "mentions somebody with @"
    character = unseen(example, allowed="")
    return f"has a line break or an invisible character ({character})" if character else None
