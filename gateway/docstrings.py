"""Docstrings as the prompts that they are: a first line, and prose."""

import inspect


def docstring(documented: object) -> tuple[str, str]:
    """The first line of a docstring, and the rest as prose: lines joined, paragraphs kept."""
    first, _, rest = (inspect.getdoc(documented) or "").partition("\n")
    paragraphs = (" ".join(part.split()) for part in rest.split("\n\n"))
    return first.strip(), "\n\n".join(part for part in paragraphs if part)
