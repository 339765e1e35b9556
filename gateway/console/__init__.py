"""The pages for people."""

from flask import Flask


def install(app: Flask) -> None:
    """Placeholder by the lead until the console lands."""
