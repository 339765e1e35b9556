"""What a directory would refuse is cut, or told in a sentence that says what to do."""

import json
import struct
from dataclasses import replace

import pytest

from gateway.app import CONSOLE
from gateway.documents.package.archive import archive
from gateway.documents.package.checks import RULES, faults, left_out
from gateway.documents.package.files import files
from gateway.documents.package.source import Source
from gateway.documents.package.texts import sentence, shortened
from gateway.documents.publisher import Publisher
from tests.kit import directory

LOGO = (CONSOLE / "static" / "logo.png").read_bytes()
BASE = "https://booking.example.com"
PUBLISHER = Publisher("Harbour Physio", "hello@example.com")


def picture(width, height, size=100):
    """The first bytes of a PNG, and as many more as are asked for."""
    head = struct.pack(">8sI4sII", b"\x89PNG\r\n\x1a\n", 13, b"IHDR", width, height)
    return head.ljust(size, b"\0")


@pytest.fixture
def source(linked):
    return Source(linked, BASE, PUBLISHER, LOGO)


def saying(source, **texts):
    """The same source, of a plugin that says something else of itself."""
    return replace(source, declaration=replace(source.declaration, **texts))


def described(source, text):
    """The same source, of a plugin whose first operation has this description."""
    operations = source.declaration.operations
    first = replace(operations[0], summary=text, description=text)
    return saying(source, operations=(first, *operations[1:]))


def published(source, **settings):
    return replace(source, publisher=replace(PUBLISHER, **settings))


def interface(source):
    assert faults(source) == []
    made = files(source)
    assert directory.faults(archive(made)) == []
    return json.loads(made["plugin.json"])["extensions"]["com.openai"]["interface"]


def test_nothing_is_wrong_with_a_plugin_that_is_right(source):
    assert interface(source)["displayName"] == "Test booking"
    assert left_out(source) == []


UNSEEN = "has a control or invisible character"

REFUSED = [
    (
        "_address_is_reached_safely",
        lambda source: replace(source, base="http://gateway:8000/booking"),
        "The address http://gateway:8000/booking/mcp is plain HTTP and not on this machine, which no"
        " assistant takes. Set BASE_URL to the https address of this gateway, or ask for it at a host"
        " that ALLOWED_HOSTS names with https://.",
    ),
    (
        "_version_is_semantic",
        lambda source: replace(source, version="1.2"),
        'The version "1.2" is not like 1.2.0, in at most 64 characters.',
    ),
    (
        "_title_is_a_name",
        lambda source: saying(source, title="Harbour\nBookings"),
        "The title has a line break, or a space at an end. Write it on one line.",
    ),
    *(
        (
            "_title_is_a_name",
            lambda source, title=title: saying(source, title=title),
            f'The title "{title}" ends in a word that directories refuse. Leave the word out.',
        )
        for title in ("Harbour MCP", "Harbour mcp server", "Harbour Plugin")
    ),
    *(
        (
            "_texts_can_be_seen",
            lambda source, text=text: saying(source, title=f"Harbour{text}Bookings"),
            f"The title {UNSEEN} (U+{ord(text):04X}). Remove it.",
        )
        for text in ("\x1b", "\u202e", "\u200b", "\u2028")
    ),
    (
        "_texts_can_be_seen",
        lambda source: saying(source, summary="Book\x07 a time."),
        f"The first line of the docstring {UNSEEN} (U+0007). Remove it.",
    ),
    (
        "_texts_can_be_seen",
        lambda source: saying(source, instructions="Use this \ud800."),
        f"The text of the docstring {UNSEEN} (U+D800). Remove it.",
    ),
    (
        "_texts_can_be_seen",
        lambda source: described(source, "List\u2069 times."),
        f"The docstring of `find_slots` {UNSEEN} (U+2069). Remove it.",
    ),
    (
        "_texts_can_be_seen",
        lambda source: published(source, name="Harbour\tPhysio"),
        f"The setting PUBLISHER_NAME {UNSEEN} (U+0009). Remove it.",
    ),
    (
        "_publisher_has_a_name",
        lambda source: published(source, name="x" * 81),
        "PUBLISHER_NAME has 81 characters. Write 1 to 80.",
    ),
    (
        "_contact_fits",
        lambda source: published(source, contact_email=f"{'x' * 310}@example.com"),
        "CONTACT_EMAIL has 322 characters. Write at most 320.",
    ),
    *(
        (
            "_listing_is_secure",
            lambda source, field=field: published(source, **{field: "http://example.com/"}),
            f'{setting} is "http://example.com/". Write an https address of at most 1024 characters.',
        )
        for field, setting in (
            ("privacy_url", "PRIVACY_URL"),
            ("terms_url", "TERMS_URL or LEGAL_URL"),
            ("legal_url", "TERMS_URL or LEGAL_URL"),
            ("support_url", "SUPPORT_URL"),
        )
    ),
    (
        "_logo_is_a_picture",
        lambda source: replace(source, logo=b"GIF89a" + bytes(100)),
        "logo.png is no PNG. Save it as one.",
    ),
    (
        "_logo_is_a_picture",
        lambda source: replace(source, logo=b""),
        "logo.png is no PNG. Save it as one.",
    ),
    *(
        (
            "_logo_is_a_picture",
            lambda source, sides=sides: replace(source, logo=picture(*sides)),
            f"logo.png is {sides[0]} by {sides[1]} pixels. Make it square, 48 to 4096 pixels wide.",
        )
        for sides in ((512, 256), (47, 47), (4_097, 4_097))
    ),
    (
        "_logo_is_a_picture",
        lambda source: replace(source, logo=picture(512, 512, 5 * 2**20 + 1)),
        "logo.png has 5,242,881 bytes. Make it 5,242,880 or fewer.",
    ),
    (
        "_skill_can_be_read",
        lambda source: saying(source, instructions="\n\n".join("a" * 500)),
        None,
    ),
    (
        "_skill_can_be_read",
        lambda source: saying(source, instructions="天" * 8_000 + " " + "地" * 4_000),
        None,
    ),
    *(
        (
            "_licence_is_text",
            lambda source, licence=licence: replace(source, licence=licence),
            "LICENSE is no text in UTF-8 of 1 to 1,048,576 bytes. Correct or remove the file.",
        )
        for licence in (b"", b"\xff\xfe", b"x" * (2**20 + 1))
    ),
]


@pytest.mark.parametrize(("rule", "wrong", "told"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_cannot_be_mended_is_told(source, rule, wrong, told):
    [sentence] = faults(wrong(source))
    if told is None:
        assert sentence.startswith("The skill made of the docstrings has ")
        assert "Shorten the plugin's docstring" in sentence
    else:
        assert sentence == told


def test_every_rule_has_a_case():
    assert {rule.__name__ for rule in RULES} == {case[0] for case in REFUSED}


def test_everything_that_is_wrong_is_told_at_once(source):
    wrong = replace(published(source, name=""), logo=b"", version="one")
    assert len(faults(wrong)) == 3


@pytest.mark.parametrize("version", ["1.2.0", "0.0.1", "1.0.0-rc.1+build.5", "10.20.30"])
def test_a_semantic_version_is_taken(source, version):
    made = files(replace(source, version=version))
    assert json.loads(made["plugin.json"])["version"] == version
    assert json.loads(made[".claude-plugin/plugin.json"])["version"] == version


@pytest.mark.parametrize(
    "version", ["", "1", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0 ", f"1.0.0-{'x' * 60}", "1.0.٣"]
)
def test_another_version_is_refused(source, version):
    assert len(faults(replace(source, version=version))) == 1


@pytest.mark.parametrize(
    "base",
    [
        "http://localhost:8000/booking",
        "http://127.0.0.1/booking",
        "http://127.9.9.9/booking",
        "http://[::1]:8000/booking",
    ],
)
def test_a_package_for_trial_lists_no_address(source, base):
    told = interface(replace(source, base=base))
    assert not [name for name in told if name.endswith("URL")]
    assert "homepage" not in json.loads(files(replace(source, base=base))["plugin.json"])


@pytest.mark.parametrize(
    "base",
    ["http://booking.localhost:8000", "http://192.0.2.1/booking", "http://localhost.evil.org"],
)
def test_plain_http_is_for_this_machine_alone(source, base):
    [told] = faults(replace(source, base=base))
    assert "BASE_URL" in told


def test_the_publishers_own_addresses_are_listed(source):
    told = interface(
        published(
            source,
            legal_url="https://example.com/legal",
            support_url="https://example.com/help",
            privacy_url="https://example.com/privacy",
        )
    )
    assert told["supportURL"] == "https://example.com/help"
    assert told["privacyPolicyURL"] == "https://example.com/privacy"
    assert told["termsOfServiceURL"] == "https://example.com/legal"


class TestPrompts:
    EXAMPLES = (
        "Show me\nall times",
        "Tell @ada when I am free",
        "x" * 129,
        "   ",
        "When is the next\u200b massage?",
        "When can I come?",
        "When  can I come？",
        "When can I come?",
        "我想取消明天的按摩预约。",
        "Book for two.",
        "A fourth that fits.",
    )

    @pytest.fixture
    def hostile(self, source):
        return saying(source, examples=self.EXAMPLES)

    def test_the_first_three_that_fit_are_taken(self, hostile):
        assert interface(hostile)["defaultPrompt"] == [
            "When can I come?",
            "我想取消明天的按摩预约。",
            "Book for two.",
        ]

    def test_what_is_left_out_is_told(self, hostile):
        assert left_out(hostile) == [
            'The example "Show me all times" is left out: it has a line break or an invisible'
            " character (U+000A).",
            'The example "Tell @ada when I am free" is left out: it mentions somebody with @.',
            f'The example "{"x" * 129}" is left out: it has 129 characters, more than 128.',
            'The example "" is left out: it is empty.',
            'The example "When is the next massage?" is left out: it has a line break or an'
            " invisible character (U+200B).",
            'The example "When can I come？" is left out: it looks like an earlier one.',
        ]

    def test_of_two_that_look_alike_the_first_is_taken(self, source):
        alike = ("Ｂook  for two.", "Book for two.")
        assert interface(saying(source, examples=alike))["defaultPrompt"] == [alike[0]]

    def test_a_plugin_without_examples_lists_no_prompts(self, source):
        assert "defaultPrompt" not in interface(saying(source, examples=()))


class TestCutting:
    @pytest.mark.parametrize(
        ("text", "cut"),
        [
            ("Short and sweet.", "Short and sweet"),
            ("Scores, stock quotes and sports news; a demo feed.", "Scores, stock quotes"),
            ("Find the very best of the world's harbours", "Find the very best"),
            ("Search (in all the many notes that there are)", "Search (in all the many notes"),
            ("x" * 50, "x" * 30),
            ("天" * 50, "天" * 30),
            ("查询比分、股票行情和体育新闻。演示数据无需网络即可回答，随时可用。", None),
            (
                "a the of to in on at by for from with as a the of to",
                "a the of to in on at by for fr",
            ),
            ("Two  spaces\tand\nlines", "Two spaces and lines"),
        ],
    )
    def test_a_short_description_ends_with_a_whole_word(self, text, cut):
        made = shortened(text, 30)
        assert 0 < len(made) <= 30
        assert cut in (made, None)
        assert " ".join(text.split()).startswith(made)

    def test_a_sentence_has_one_end(self):
        ends = {text: sentence(text, 30) for text in ("Book.", "Book", "Why?", "预约。", "x" * 40)}
        assert [each[-1] for each in ends.values()] == [".", ".", "?", "。", "."]
        assert all(len(each) <= 30 for each in ends.values())

    def test_many_long_operations_stay_inside_the_limits(self, source):
        first = source.declaration.operations[0]
        long = tuple(
            replace(first, name=f"operation_{number}", summary=f"{number} {'very long ' * 25}.")
            for number in range(25)
        )
        told = interface(saying(source, operations=long))
        assert len(told["capabilities"]) == 20
        assert len(told["longDescription"]) <= 4_000

    def test_a_long_docstring_is_cut_in_the_description_of_the_skill(self, source):
        made = files(saying(source, instructions="Use this when it rains. " * 250))
        head = made["skills/booking/SKILL.md"].decode().splitlines()[2]
        assert 700 < len(json.loads(head.removeprefix("description: "))) <= 800


class TestReference:
    def test_a_table_row_for_each_argument(self, source):
        text = files(source)["skills/booking/references/REFERENCE.md"].decode()
        assert (
            "| `service` | string | yes | What is wanted. One of `massage`, `按摩`. |\n"
            "| `after` | string (date-time) | no | From when."
        ) in text
        assert "| `staff` | list of string | no | With whom. One of `ann`, `bo`. At most 5" in text

    def test_a_bar_does_not_break_the_table(self, linked, source):
        field = linked.operation("cancel").takes.fields["booking_id"]
        before = field.metadata["description"]
        field.metadata["description"] = "This | that."
        try:
            text = files(source)["skills/booking/references/REFERENCE.md"].decode()
        finally:
            field.metadata["description"] = before
        assert "| This \\| that. |" in text


def test_an_action_that_is_approved_on_a_page_says_so(source):
    declaration = source.declaration
    operations = tuple(
        replace(each, policy=replace(each.policy, approve="person")) if each.policy else each
        for each in declaration.operations
    )
    text = files(saying(source, operations=operations))["skills/booking/SKILL.md"].decode()
    assert "For `book`, `cancel`: only the user can approve, on the page of `confirm_url`" in text
    assert "A yes in the chat approves\n   nothing." in text
    assert "confirm_action" not in text


def test_the_licence_is_the_authors_own(source):
    assert (
        files(source)["LICENSE"].decode().startswith("Test booking\nPublished by Harbour Physio.")
    )
    assert files(replace(source, licence=b"MIT, by Ada"))["LICENSE"] == b"MIT, by Ada"


def test_the_longest_name_has_a_skill_that_fits(source):
    name = "b" * 32
    longest = replace(saying(source, name=name), base=f"https://{name}.example.com")
    assert len(f"{name}:{longest.skill}") == 64
    assert interface(longest)["websiteURL"] == f"https://{name}.example.com/"


def test_an_archive_knows_no_time_and_no_order(source):
    made = files(source)
    backwards = dict(reversed(made.items()))
    assert archive(made) == archive(backwards)
    assert directory.unpacked(archive(made)) == made
