"""What feeds say, and which of it is about a topic."""

import datetime
from pathlib import Path

import pytest

from plugins.sports.newsroom import Newsroom
from plugins.sports.providers.plain_text import plain
from plugins.sports.providers.rss import read_feed
from plugins.sports.records import Reading

DATA = Path(__file__).parent / "data" / "news"
READ_AT = datetime.datetime(2026, 11, 22, 17, tzinfo=datetime.UTC)


class Recorded:
    """A provider that has read the recorded feed."""

    def articles(self):
        source, articles = read_feed((DATA / "rss.xml").read_bytes())
        return Reading(articles, source, READ_AT)


def titles(topic):
    return [each.title for each in Newsroom(Recorded(), Recorded()).articles(topic).records]


def test_rss():
    source, articles = read_feed((DATA / "rss.xml").read_bytes())
    assert source == "Harbour Sports - Latest"
    lakers, shanghai, *_ = articles
    assert lakers.title == "Lakers edge Nuggets in overtime"
    assert lakers.summary == "A late three & a block settled it."
    assert lakers.url == "https://news.example.com/lakers"
    assert lakers.published.isoformat() == "2026-11-22T10:41:00+00:00"
    assert shanghai.published.isoformat() == "2026-11-22T06:00:00+00:00"


def test_a_date_that_is_none_and_a_link_that_is_no_web_address_are_left_out():
    prices = read_feed((DATA / "rss.xml").read_bytes())[1][2]
    assert prices.title == "Ticket prices rise with inflation"
    assert prices.published is prices.url is None


def test_atom():
    source, articles = read_feed((DATA / "atom.xml").read_bytes())
    assert source == "Harbour Sports"
    draw, coach = articles
    assert (coach.summary, coach.url) == ("Until 2028.", "https://news.example.com/coach")
    assert (draw.title, draw.summary) == ("Cup draw & dates", "Who plays whom.")
    assert draw.url == "https://news.example.com/draw"
    assert draw.published.isoformat() == "2026-11-22T09:00:00+00:00"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"One moment",
        b"<!doctype html><p>One moment",
        b"<html><body/></html>",
        b"<rss><channel>",
        b'<?xml version="1.0" encoding="no-such"?><rss/>',
        b'<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><title>&a;</title></channel></rss>',
        b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]><rss>&a;</rss>',
    ],
)
def test_what_is_no_feed_is_refused(body):
    with pytest.raises(ValueError, match=r".+"):
        read_feed(body)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a &lt; b", "a < b"),
        ("<p>one</p><p>two</p>", "one two"),
        ("un<b>believ</b>able", "unbelievable"),
        ("<style>p{}</style>x<script>y</script>", "x"),
        ("<![no[ x", ""),
        ("", ""),
    ],
)
def test_html_becomes_plain_text(html, text):
    assert plain(html) == text


def test_a_long_text_is_cut_and_says_so():
    assert plain("word " * 200, 20) == "word word word word…"


def test_a_topic_is_words_that_all_occur():
    assert titles("lakers nuggets") == ["Lakers edge Nuggets in overtime"]
    assert titles("Laker") == ["Lakers edge Nuggets in overtime"]
    assert titles("lakers celtics") == []


def test_a_topic_is_not_found_inside_other_words():
    assert titles("nfl") == ["NFL owners meet in Dallas"]


def test_a_chinese_topic_needs_no_spaces():
    assert titles("上海") == ["中超：上海队三比一取胜"]


@pytest.mark.parametrize("topic", [None, "  "])
def test_no_topic_is_everything_the_newest_first(topic):
    assert titles(topic) == [
        "NFL owners meet in Dallas",
        "Lakers edge Nuggets in overtime",
        "中超：上海队三比一取胜",
        "Ticket prices rise with inflation",
    ]
