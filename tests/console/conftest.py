"""A small plugin with pages of each kind, people who are signed in, and what every page must obey."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from kit.people import Person
from kit.written import write_plugin
from werkzeug.test import TestResponse

DOCSTRING = 'Keep a "diary" & <b>secrets</b>.\n\nUse this when the user tells of their day.'
PLUGIN = """
from flask import Response

plugin = Plugin(__name__, title="Diary & <Days>", auth=OAuth("diary:read", "diary:write"),
                examples=["今天做了什么？"])
GREETING = plugin.setting("GREETING", "hello", "What a page begins with.")
DAY = fields.String(required=True, metadata={"description": "Which day.", "example": "二月 2"})
WORDS = fields.String(required=True, metadata={"description": "What was done."})
"""
CODE = """
@plugin.query("/days/<day>", takes={"day": DAY}, returns={"day": fields.String()})
def read_day(day):
    "Read what was done on a day."
    return {"day": day}


@plugin.query("/days", returns={"days": fields.List(fields.String())}, auth=Public())
def list_days():
    "List the days."
    return {"days": []}


@plugin.action("/days", takes={"words": WORDS}, returns={"url": fields.String()},
               confirm={"en": "Write “{words}”?", "zh": "写下“{words}”吗？"}, approve="chat")
def write_day(words):
    "Write down what was done today."
    if words == "nothing":
        abort(409, "There is nothing to write down.")
    return {"url": plugin.url_for("day_page", day=words)}


@plugin.get("/pages/days/<day>")
def day_page(day):
    if caller.id is None:
        abort(401)
    if day == "never":
        abort(404, "That day never came.")
    link = plugin.url_for("day_page", day="next")
    reads = ledger.exec_driver_sql("SELECT 1").scalar_one()
    return plugin.render("day.html", day=day, link=link, greeting=GREETING.value, reads=reads,
                         scopes=sorted(caller.scopes), locale=caller.locale)


@plugin.get("/pages/open")
def open_page():
    return f"<p>{caller.id}</p>"


@plugin.get("/pages/picture.svg")
def picture():
    return Response("<svg xmlns='http://www.w3.org/2000/svg'/>", mimetype="image/svg+xml")
"""
TEMPLATE = """
{% extends "page.html" %}
{% block title %}The "day" {{ day }}{% endblock %}
{% block description %}Of <b>{{ day }}</b>{% endblock %}
{% block content %}
<h1>{{ say("Day", "日子") }} {{ day }} {{ language }}</h1>
<p>{{ greeting }} {{ reads }} {{ scopes|join(" ") }} {{ locale }} <a href="{{ link }}">next</a></p>
{{ "**bold** <script>alert(1)</script>"|markdown }}
{% endblock %}
"""


@pytest.fixture
def diary(start: Callable[..., Flask], tmp_path: Path) -> Callable[..., Flask]:
    """Start a gateway whose one plugin is `diary`."""
    folder = tmp_path / "plugins"
    written = write_plugin(folder, CODE, name="diary", docstring=DOCSTRING, plugin=PLUGIN)
    (written / "templates").mkdir()
    (written / "templates" / "day.html").write_text(TEMPLATE, encoding="utf-8")
    return lambda **environ: start(folders=(folder,), **environ)


@pytest.fixture
def app(diary: Callable[..., Flask]) -> Flask:
    return diary()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def ann(app: Flask) -> Person:
    return Person(app, "ann@example.com", "diary")


@pytest.fixture
def obeys() -> Callable[..., bool]:
    """Whether a page keeps to what holds for every page."""

    def obeys(page: TestResponse, *, forms: str = "'none'", opened_by: str = "same-origin") -> bool:
        policy = page.headers["Content-Security-Policy"]
        assert page.mimetype == "text/html"
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
        assert f"form-action {forms}; frame-ancestors 'none'; base-uri 'none'" in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers.get("Cross-Origin-Opener-Policy", "anybody") == opened_by
        assert set(page.vary) >= {"Accept-Language", "Cookie"}
        assert not re.search(r"<script|<style|style=|\son[a-z]+=|javascript:", page.text)
        return True

    return obeys
