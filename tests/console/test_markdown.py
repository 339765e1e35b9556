"""Markdown from anybody becomes HTML that can do nothing."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from gateway.console.markdown import markdown


class Elements(HTMLParser):
    """The elements, attributes and schemes of links that a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.schemes = set(), set(), set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)
        self.schemes.update(urlsplit(value).scheme for name, value in attributes if name == "href")


def test_what_people_write_is_shown():
    html = markdown("# 标题\n\n- *a*\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n~~old~~ [to](note.md)")
    for part in ("<h1>标题</h1>", "<em>a</em>", "<td>2</td>", "<s>old</s>", 'href="note.md"'):
        assert part in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](javascript:alert(1))",
        '![x](http://a.example/"onerror="alert(1))',
        '<a href="x" onclick="alert(1)">x</a>',
        "<form action=/logout method=post><button>x</button></form>",
        "<iframe src=//evil.example></iframe>",
        "<style>body{display:none}</style>",
    ],
)
def test_what_could_act_is_only_text(text):
    found = Elements()
    found.feed(markdown(text))
    assert found.tags <= {"p", "a"}
    assert found.attributes <= {"href", "rel"}
    assert not found.schemes - {"", "http", "https"}


def test_a_picture_is_a_link_to_it():
    html = markdown("![die Küste](https://example.com/a.png)")
    assert 'href="https://example.com/a.png"' in html
    assert ">die Küste</a>" in html
