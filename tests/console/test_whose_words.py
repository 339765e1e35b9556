"""Whose words are whose on the page of an action: no assistant writes as if it were the plugin."""

import html
import re

import pytest
from kit.people import Person
from kit.written import write_plugin

CODE = """
TEXT = fields.String(required=True)


@plugin.action("/pay", takes={"amount": fields.Integer(required=True), "to": TEXT}, returns={},
               confirm={"en": "Pay {amount} pounds to {to}? It is due now.",
                        "zh": "向《{to}》支付 {amount} 镑吗？今天到期。"})
def pay(amount, to):
    "Pay somebody."
    return {}


KIND = fields.String(load_default="board", validate=validate.OneOf(["board", "team"]))


MANY = fields.List(fields.String(), load_default=["all"])
TAGS = fields.List(fields.String(), load_default=list)


@plugin.action("/invite", returns={}, confirm="Invite {members} to the {kind}?",
               takes={"kind": KIND, "members": MANY, "bio": fields.String(), "tags": TAGS})
def invite(kind, members, tags, bio=None):
    "Invite to a group."
    return {}


def ask_to_print(name, box=None):
    return f"Print “{name}” for 9 pounds? It is in colour.", {
        "name": name, "label": f"Order of {name}: 9 pounds", "price": "9.00 GBP",
        "terms": {"en": f"Nobody pays twice, and {name} least."}}


@plugin.action("/print", takes={"name": TEXT, "box": fields.Dict()}, returns={}, confirm=ask_to_print)
def print_it(name, box=None):
    "Print a name."
    return {}


@plugin.action("/rename", takes={"to": TEXT}, returns={},
               confirm=lambda to: (f"Rename it to {to.strip()}? It can be done once.", {}))
def rename(to):
    "Rename something."
    return {}
"""


@pytest.fixture
def ann(start, tmp_path):
    write_plugin(tmp_path / "plugins", CODE)
    return Person(start(folders=(tmp_path / "plugins",)), "ann@example.com", "weather")


def page(person, path, arguments, **headers):
    asked = person.post(path, arguments)
    assert asked.status_code == 202, asked.text
    shown = person.browser().get(f"/confirm/{asked.json['confirmation_id']}", headers=headers)
    return asked.json["question"], html.unescape(shown.text)


def parts(shown):
    """The question and what follows it, with the assistant's words in brackets."""
    found = re.search(
        r'<h1 class="question">(.*?)</h1>(?:\s*<p class="said">(.*?)</p>)?', shown, re.DOTALL
    )
    return [
        re.sub('<bdi class="words">(.*?)</bdi>', r"[\1]", each or "") for each in found.groups()
    ]


def rows(shown):
    """The facts: what stands under each label, with what is marked as somebody's words in brackets."""
    facts = re.search(r'<dl class="facts">(.*?)<h2>', shown, re.DOTALL)[1]
    words = re.sub(r'<q class="words"><bdi>(.*?)</bdi></q>', r"[\1]", facts)
    text = re.sub(r"<(?!/?d[td])[^>]+>", " ", words)
    told = re.findall(r"<dt>(.*?)</dt><dd>(.*?)(?=<d[td]>|</dd>)", text, re.DOTALL)
    return {" ".join(label.split()): " ".join(value.split()) for label, value in told}


def test_what_an_assistant_writes_is_in_quotation_marks_that_it_cannot_close(ann):
    to = "Alice (checked by your bank)? Nothing is charged today"
    asked, shown = page(ann, "/pay", {"amount": 5, "to": to})
    assert asked == f"Pay 5 pounds to “{to}”? It is due now."
    assert parts(shown) == [f"Pay 5 pounds to “[{to}]”?", "It is due now."]
    asked, shown = page(ann, "/pay", {"amount": 5, "to": 'A”? Free. “B" C》吗？'})
    assert asked == "Pay 5 pounds to “A’? Free. ‘B’ C’吗？”? It is due now."
    assert parts(shown) == ["Pay 5 pounds to “[A’? Free. ‘B’ C’吗？]”?", "It is due now."]


def test_a_question_that_quotes_by_itself_is_not_quoted_twice(ann):
    given = {"amount": 5, "to": "阿丽》吗？免费《"}
    _, shown = page(ann, "/pay", given, **{"Accept-Language": "zh"})
    assert parts(shown) == ["向《[阿丽’吗？免费‘]》支付 5 镑吗？", "今天到期。"]


def test_lists_of_texts_are_quoted_and_choices_are_not(ann):
    asked, shown = page(ann, "/invite", {"kind": "team", "members": ["Bo”?", "Cy"]})
    assert asked == "Invite “Bo’?, Cy” to the team?"
    assert parts(shown) == ["Invite “[Bo’?, Cy]” to the team?", ""]


@pytest.mark.parametrize(
    "name", [" Ada? Nothing is due. ", "\u200b Ada?\tFree.  ", "“Ada”? It is free."]
)
def test_spaces_around_words_do_not_hide_whose_they_are(ann, name):
    _, shown = page(ann, "/print", {"name": name})
    asked, said = parts(shown)
    assert re.fullmatch(r"Print “\[[^]]*\]” for 9 pounds\?", asked)
    assert said.startswith("It is in colour.")


@pytest.mark.parametrize("length", [299, 301, 1_999, 9_000])
def test_long_words_are_marked_where_they_are_cut_as_well(ann, length):
    words = ("Free? " * 2_000)[: length - 1] + "x"
    _, shown = page(ann, "/pay", {"amount": 5, "to": words})
    assert re.fullmatch(r"Pay 5 pounds to “\[(Free\? )+[Fre? x]*…?\]”\?", parts(shown)[0])
    _, shown = page(ann, "/print", {"name": words})
    asked, said = parts(shown)
    assert re.match(r"Print “\[(Free\? )+[Fre? x]*…?\]", asked)
    assert said.startswith("It is in colour." if length < 1_900 else "")
    assert "Free" not in said


@pytest.mark.parametrize(
    "to", ["Bob? It is free", "  Bob?  It is   free", "Bob? It is free of 'charge"]
)
def test_words_that_a_function_does_not_quote_do_not_end_its_question(ann, to):
    _, shown = page(ann, "/rename", {"to": to})
    plain = " ".join(to.split())
    assert parts(shown) == [f"Rename it to [{plain}]?", "It can be done once."]


def test_what_differs_from_the_default_is_shown_even_if_empty(ann):
    _, shown = page(ann, "/invite", {"members": [], "bio": "", "tags": []})
    told = rows(shown)
    assert told["Members"] == told["Bio"] == "(empty)"
    assert "Tags" not in told
    asked = {"members": [], "bio": ""}
    _, shown = page(ann, "/invite", asked, **{"Accept-Language": "zh"})
    assert shown.count("（空）") == 2


def test_what_a_plugin_repeats_is_still_the_assistants(ann):
    name = "Ada (checked by your bank)"
    told = rows(page(ann, "/print", {"name": name})[1])
    assert told["Name"] == f"[{name}]"
    assert told["Label"] == f"[Order of {name}: 9 pounds]"
    assert told["Terms"] == f"[Nobody pays twice, and {name} least.]"
    assert told["Price"] == "9.00 GBP"
    told = rows(page(ann, "/print", {"name": "body"})[1])
    assert told["Label"] == "[Order of body: 9 pounds]"
    assert told["Terms"] == "Nobody pays twice, and body least."


def test_names_within_an_argument_are_shown_as_they_were_written(ann):
    box = {"to": "a", "To": "b", "to\u200b": "c", "": "d"}
    _, shown = page(ann, "/print", {"name": "Ada", "box": box})
    names = re.findall(r'<dt><q class="words"><bdi>(.*?)</bdi></q>\s*(.*?)</dt>', shown, re.DOTALL)
    assert sorted(name for name, _ in names) == ["To", "to", "to"]
    [counted] = [counted for _, counted in names if counted]
    assert "1 invisible character is not shown" in counted
    assert "(empty)" in shown
