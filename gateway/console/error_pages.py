"""Placeholder by the lead."""

from flask import Response

from ..errors import Problem


def error_page(problem: Problem) -> Response | None:
    return None
