"""What an assistant says of its user reaches `caller`, and opens nothing."""

import pytest

from tests.kit.apps import running_app
from tests.kit.mcp_client import Assistant, InProcess
from tests.kit.people import Person
from tests.kit.written import write_plugin

CODE = """
NAMES = "region time_zone locale conversation id".split()

@plugin.query("/told", returns={name: fields.String() for name in NAMES}, auth=Public())
def tell():
    '''Tell what is known of the caller.'''
    return {name: getattr(caller, name) for name in NAMES}

@plugin.query("/own", returns={"id": fields.String()})
def tell_own():
    '''Tell who calls.'''
    return {"id": caller.id}
"""
PLACE = {"country": "US", "region": "CA", "timezone": "America/Los_Angeles"}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hints")
    write_plugin(folder / "plugins", CODE)
    with running_app(folder, folders=[folder / "plugins"]) as app:
        yield app


@pytest.fixture(scope="module")
def told(app):
    """What the plugin is told of a caller, by `_meta` and headers."""
    assistant = Assistant(InProcess(app), "weather")

    def told(meta=None, version="2026-07-28", **headers):
        params = {"name": "tell", "arguments": {}}
        result = assistant.result("tools/call", params, meta=meta, version=version, **headers)
        return result["structuredContent"]

    return told


NOTHING = dict.fromkeys("region time_zone locale conversation id".split())


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25", None])
def test_a_place_reaches_the_caller(told, version):
    meta = {"openai/userLocation": {**PLACE, "city": "Oakland", "latitude": "37.8"}}
    expected = {"region": "US-CA", "time_zone": "America/Los_Angeles"}
    assert told(meta, version) == {**NOTHING, **expected}


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
def test_a_language_and_a_conversation_reach_the_caller(told, version):
    meta = {"openai/locale": "zh-Hant-TW", "openai/session": "v1/abc", "openai/subject": "v1/ada"}
    assert told(meta, version) == {**NOTHING, "locale": "zh-Hant-TW", "conversation": "v1/abc"}


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ({"country": "us", "region": "ca"}, "US-CA"),
        ({"country": "GB", "region": "LND"}, "GB-LND"),
        ({"country": "FR", "region": "75"}, "FR-75"),
        ({"country": "United States", "region": "California"}, None),
        ({"country": "US", "region": "California"}, None),
        ({"country": "US"}, None),
        ({"region": "CA"}, None),
        ({"country": "US", "region": None}, None),
        ({"country": 5, "region": ["CA"]}, None),
        ({"country": "US\n", "region": "CA"}, None),
        ({"country": "ÜS", "region": "CA"}, None),
        ({"country": "US", "region": "CA" * 5_000}, None),
    ],
)
def test_a_region_has_a_code(told, place, region):
    assert told({"openai/userLocation": place})["region"] == region


@pytest.mark.parametrize(
    ("zone", "known"),
    [
        ("Asia/Shanghai", True),
        ("Etc/GMT+5", True),
        ("UTC", True),
        *(
            (zone, False)
            for zone in ("Mars/Olympus", "PST8", "America", "", ".", "..", "../../etc/passwd")
        ),
        *(
            (zone, False)
            for zone in ("/etc/localtime", "UTC\0", "Asia/上海", "zone.tab", "x" * 5_000, "+08:00")
        ),
        *((zone, False) for zone in (5, None, True, [], {}, ["UTC"])),
    ],
)
def test_a_time_zone_is_one_of_the_data_base(told, zone, known):
    assert told({"openai/userLocation": {"timezone": zone}})["time_zone"] == (
        zone if known else None
    )


@pytest.mark.parametrize(
    "value", [5, None, True, [], {}, ["zh"], "", "中文", "zh_CN.UTF-8", "e", "en;q=1", "x" * 5_000]
)
def test_a_locale_that_is_none_is_left_out(told, value):
    assert told({"openai/locale": value})["locale"] is None


@pytest.mark.parametrize("value", [5, None, True, [], {}, "here", ["US", "CA"], [PLACE]])
def test_a_place_that_is_none_is_left_out(told, value):
    assert told({"openai/userLocation": value}) == NOTHING


@pytest.mark.parametrize("value", [5, None, True, [], {}, ""])
def test_an_opaque_name_is_a_text(told, value):
    meta = {"openai/session": value, "openai/subject": value}
    assert told(meta)["conversation"] is None
    assert len(told({"openai/session": "x" * 5_000})["conversation"]) == 500


def test_headers_still_work_and_meta_goes_before_them(told):
    headers = {
        "openai_subdivision_1_iso_code": "US-NY",
        "openai_conversation_id": "from-a-header",
        "Accept_Language": "fr-CA,en;q=0.5",
    }
    expected = {"region": "US-NY", "conversation": "from-a-header", "locale": "fr-CA"}
    assert told(**headers) == {**NOTHING, **expected}
    told_both = told({"openai/userLocation": PLACE, "openai/locale": "zh"}, **headers)
    assert told_both["region"] == "US-CA"
    assert told_both["locale"] == "zh"
    assert told_both["conversation"] == "from-a-header"
    assert told({"openai/userLocation": {"country": "Utopia"}}, **headers)["region"] == "US-NY"


def test_what_codex_says_does_no_harm(told):
    meta = {"callId": "1", "threadId": "2", "progressToken": 5, "x-codex-turn-metadata": {"a": [1]}}
    assert told(meta) == NOTHING


def test_a_hint_opens_nothing(app):
    """Whoever an assistant says that its user is: who calls is said by a token alone."""
    ada, eve = (Person(app, f"{name}@example.com", "weather") for name in ("ada", "eve"))
    forged = {"openai/subject": ada.account.id, "openai/session": ada.account.id}
    forged_headers = {"openai_ephemeral_user_id": ada.account.id}
    params = {"name": "tell_own", "arguments": {}}
    anybody = Assistant(InProcess(app), "weather")
    refused = anybody.result("tools/call", params, meta=forged, **forged_headers)
    assert refused["isError"] is True
    assert "token_required" in refused["content"][0]["text"]
    as_eve = Assistant(InProcess(app), "weather", eve.token)
    answered = as_eve.result("tools/call", params, meta=forged, **forged_headers)
    assert answered["structuredContent"] == {"id": eve.account.id}


def test_an_invented_user_is_not_counted_with_others(start):
    app = start(PLUGINS="counter", RATE_LIMIT="2/minute")
    anybody = Assistant(InProcess(app), "counter")

    def is_let_in(subject):
        params = {"name": "echo", "arguments": {}}
        result = anybody.result("tools/call", params, meta={"openai/subject": subject})
        return not result["isError"]

    assert [is_let_in("ada") for _ in range(3)] == [True, True, False]
    assert [is_let_in("bob") for _ in range(3)] == [True, True, False]


def test_whoever_invents_many_users_meets_the_cap_of_the_address(start):
    """Ten times the limit is what all users behind one address have together."""
    app = start(PLUGINS="counter", RATE_LIMIT="2/minute")
    anybody = Assistant(InProcess(app), "counter")
    let_in = 0
    for number in range(40):
        params = {"name": "echo", "arguments": {}}
        meta = {"openai/subject": f"user {number}", "openai/session": f"chat {number}"}
        result = anybody.result("tools/call", params, meta=meta)
        let_in += not result["isError"]
    assert let_in == 20
    assert "rate_limited" in result["content"][0]["text"]


def test_a_person_is_counted_by_the_token_whatever_is_said(start):
    app = start(PLUGINS="counter", RATE_LIMIT="2/minute")
    ada = Person(app, "ada@example.com", "counter")
    assistant = Assistant(InProcess(app), "counter", ada.token)
    errors = [
        assistant.result("tools/call", {"name": "get_total"}, meta={"openai/subject": str(number)})[
            "isError"
        ]
        for number in range(3)
    ]
    assert errors == [False, False, True]


def test_lists_of_a_protected_plugin_are_counted(start):
    """There HTTP itself refuses, and says how long to wait."""
    app = start(PLUGINS="personal", RATE_LIMIT="2/minute")
    ada = Person(app, "ada@example.com", "personal")
    assistant = Assistant(InProcess(app), "personal", ada.token)
    replies = [assistant.ask("tools/list") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert int(replies[-1].headers["Retry-After"]) > 0
