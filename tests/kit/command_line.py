"""`flask ...`, run in this process."""

from collections.abc import Callable

from flask import Flask

Answer = tuple[int, str, str]


def command_line(app: Flask) -> Callable[..., Answer]:
    """Run a command; what comes back is its exit status, its output, its errors.

    It is a command of `app`, or of the gateway that is given as `of`.
    """

    def flask(*words: str, of: Flask = app) -> Answer:
        done = of.test_cli_runner().invoke(args=words)
        return done.exit_code, done.stdout, done.stderr

    return flask


def refusal(answer: Answer) -> str:
    """The one sentence of a command that refused, and that printed nothing else."""
    status, output, errors = answer
    assert (status, output) == (1, "")
    assert errors.startswith("Error: ")
    assert errors.count("\n") == 1
    return errors.removeprefix("Error: ").rstrip()
