"""Texts in an address are read as what they stand for; JSON values must be what they say they are."""

from urllib.parse import quote

import pytest

from tests.kit.apps import running_app
from tests.kit.people import Person
from tests.kit.written import write_plugin

PLUGIN = 'plugin = Plugin(__name__, title="Weather", auth=Public())'
CODE = """
class Guest(Schema):
    age = fields.Integer(required=True)
    name = fields.String()

@plugin.query("/look", returns={"seen": fields.Raw()}, takes={
    "times": fields.Integer(load_default=1, validate=validate.Range(1, 99)),
    "share": fields.Float(load_default=None),
    "loud": fields.Boolean(load_default=False),
    "day": fields.Date(load_default=None),
    "words": fields.List(fields.String(), load_default=list),
    "numbers": fields.List(fields.Integer(), load_default=list),
    "city": fields.String(),
})
def look(times, share, loud, day, words, numbers, city="Bonn"):
    "Look."
    return {"seen": [times, share, loud, day and day.isoformat(), words, numbers, city]}

@plugin.query("/days/<number>", returns={"seen": fields.Raw()}, takes={
    "number": fields.Integer(required=True)})
def count_day(number):
    "Count a day."
    return {"seen": number}

@plugin.action("/act", returns={"given": fields.String()}, confirm="Act?", approve="chat", takes={
    "count": fields.Integer(),
    "share": fields.Float(),
    "sure": fields.Boolean(),
    "name": fields.String(),
    "at": fields.AwareDateTime(default_timezone=None),
    "numbers": fields.List(fields.Integer()),
    "rows": fields.List(fields.List(fields.Integer())),
    "guest": fields.Nested(Guest),
    "guests": fields.List(fields.Nested(Guest)),
    "many": fields.Nested(Guest, many=True),
    "sizes": fields.Dict(keys=fields.String(), values=fields.Integer()),
    "pair": fields.Tuple((fields.Integer(), fields.String())),
})
def act(count=None, share=None, sure=None, name=None, at=None, numbers=None, rows=None,
        guest=None, guests=None, many=None, sizes=None, pair=None):
    "Act."
    given = (count, share, sure, name, at, numbers, rows, guest, guests, many, sizes, pair)
    return {"given": repr(next(each for each in given if each is not None))}

@plugin.action("/days/<number>/act", returns={"given": fields.String()}, confirm="Act?",
               approve="chat", takes={"number": fields.Integer(required=True)})
def act_on_day(number):
    "Act on a day."
    return {"given": repr(number)}
"""
NOTHING = [1, None, False, None, [], [], "Bonn"]


@pytest.fixture(scope="module")
def weather(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    write_plugin(folder, CODE, plugin=PLUGIN)
    with running_app(tmp_path_factory.mktemp("weather"), folders=[folder]) as app:
        yield app.test_client()


@pytest.fixture(scope="module")
def act(weather):
    """Call the action and confirm it; a refusal comes back as it is."""

    def act(body, path="/act"):
        asked = weather.post(f"/weather{path}", json=body)
        if asked.status_code != 202:
            return asked
        path = f"/weather/confirmations/{asked.json['confirmation_id']}/confirm"
        return weather.post(path, json={"hash": asked.json["hash"]})

    return act


def faults(refused):
    """What is told of each field, of a refusal that says the same in one sentence."""
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_arguments")
    assert refused.mimetype == "application/problem+json"
    told = {error["field"]: error["detail"] for error in refused.json["errors"]}
    for field, detail in told.items():
        assert f"{field}: {detail}" in refused.json["detail"]
    return told


@pytest.mark.parametrize(
    ("query", "place", "seen"),
    [
        ("times=5", 0, 5),
        ("share=2.5", 1, 2.5),
        ("share=2", 1, 2.0),
        ("loud=true", 2, True),
        ("loud=false", 2, False),
        ("loud=1", 2, True),
        ("day=2027-02-28", 3, "2027-02-28"),
        ("words=a", 4, ["a"]),
        ("words=a&words=b", 4, ["a", "b"]),
        ("words=a,b", 4, ["a", "b"]),
        ("words=a,b&words=c", 4, ["a", "b", "c"]),
        ("words=a,,b,", 4, ["a", "b"]),
        ("words=", 4, []),
        (f"words={quote('北京,上海')}", 4, ["北京", "上海"]),
        ("numbers=5,6&numbers=7", 5, [5, 6, 7]),
        ("city=a,b", 6, "a,b"),
        ("city=5", 6, "5"),
        ("city=", 6, ""),
        ("city=a%20b+c%2B", 6, "a b c+"),
        ("", 6, "Bonn"),
    ],
)
def test_a_query_string_is_read_as_what_it_stands_for(weather, query, place, seen):
    expected = [*NOTHING]
    expected[place] = seen
    assert weather.get(f"/weather/look?{query}").json == {"seen": expected}


def test_a_path_is_read_as_what_it_stands_for(weather, act):
    assert weather.get("/weather/days/5").json == {"seen": 5}
    assert act({}, "/days/5/act").json["result"] == {"given": "5"}
    assert "number" in faults(weather.get("/weather/days/five"))
    assert "number" in faults(act({}, "/days/five/act"))


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("times=five", "times", "must be a whole number."),
        ("times=2.7", "times", "must be a whole number."),
        ("times=", "times", "must be a whole number."),
        ("times=100", "times", "Must be greater than or equal to 1 and less than or equal to 99."),
        ("times=1&times=1", "times", "is given more than once."),
        ("loud=maybe", "loud", "Not a valid boolean."),
        ("day=yesterday", "day", "Not a valid date."),
        ("share=NaN", "share", "Special numeric values (nan or infinity) are not permitted."),
        ("share=1e999", "share", "Special numeric values (nan or infinity) are not permitted."),
        ("numbers=1,x", "numbers.1", "Not a valid integer."),
        ("city=a%00b", "city", "must not contain the character NUL."),
        ("words=a,b%00", "words", "must not contain the character NUL."),
        (
            "town=Bonn",
            "town",
            "is no argument of look; known: times, share, loud, day, words, numbers, city.",
        ),
        (
            "request_id=k-1",
            "request_id",
            "is no argument of look; known: times, share, loud, day, words, numbers, city.",
        ),
    ],
)
def test_a_query_string_that_does_not_fit_is_refused(weather, query, field, told):
    assert faults(weather.get(f"/weather/look?{query}")) == {field: told}


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [
        ("count", 63, "63"),
        ("count", 63.0, "63"),
        ("count", -1, "-1"),
        ("count", 1e3, "1000"),
        ("share", 2, "2.0"),
        ("share", 2.5, "2.5"),
        ("sure", False, "False"),
        ("name", "5", "'5'"),
        ("name", "", "''"),
        ("numbers", [5, 6.0], "[5, 6]"),
        ("rows", [[1], [2.0]], "[[1], [2]]"),
        ("guest", {"age": 5.0}, "{'age': 5}"),
        ("guests", [{"age": 5}, {"age": 6}], "[{'age': 5}, {'age': 6}]"),
        ("many", [{"age": 5}], "[{'age': 5}]"),
        ("sizes", {"a": 5}, "{'a': 5}"),
        ("pair", [5, "a"], "(5, 'a')"),
    ],
)
def test_a_json_value_of_the_right_type_is_taken(act, name, value, given):
    assert act({name: value}).json["result"] == {"given": given}


WRONG_TYPES = [
    *(("count", value) for value in (2.7, "5", "yes", True, False, [5], {"count": 5})),
    *(("share", value) for value in ("2.5", True, [2.5])),
    *(("sure", value) for value in ("yes", "true", "", 1, 0, 1.0, [True])),
    *(("name", value) for value in (5, 2.5, True, ["a"], {"name": "a"})),
    *(("at", value) for value in (5, 1_800_000_000, True, "tomorrow", "", "2027-01-01")),
    ("at", "2027-01-01T10:00:00"),
    *(("numbers", value) for value in (5, "5", "5,6", {"0": 5}, ["5"], [2.7], [True], [5, "6"])),
    *(("rows", value) for value in ([5], [["5"]], [[1], [2.7]])),
    *(("guest", value) for value in ([], "Ada", {"age": "5"}, {"age": True}, {"name": "Ada"})),
    ("guest", {"age": 5, "town": "Bonn"}),
    *(("guests", value) for value in ({"age": 5}, [{"age": "5"}], [{"age": 5}, {"age": 2.7}])),
    *(("many", value) for value in ({"age": 5}, [{"age": "5"}], [{"age": 5}, {"age": True}])),
    *(("sizes", value) for value in ([5], {"a": "5"}, {"a": 2.7}, {"a": True})),
    *(("pair", value) for value in ([5], ["5", "a"], [2.7, "a"], [True, "a"], [5, 6])),
]


@pytest.mark.parametrize(("name", "value"), WRONG_TYPES)
def test_a_json_value_of_another_type_is_refused(act, name, value):
    told = faults(act({name: value}))
    assert {field.partition(".")[0] for field in told} == {name}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("count", 2.7, "must be a whole number."),
        ("count", True, "must be a whole number."),
        ("share", "2.5", "must be a number."),
        ("sure", "yes", "must be true or false."),
        ("numbers", ["5"], "must be a whole number."),
        ("allow_duplicate", "true", "must be true or false."),
        ("count", None, "Field may not be null."),
    ],
)
def test_a_wrong_type_is_told_as_the_right_one(act, name, value, told):
    assert faults(act({name: value})) == {name: told}


def test_all_faults_are_told_at_once(act):
    body = {"count": "5", "sure": "yes", "numbers": [1, "2"], "town": "Bonn", "name": "a\0b"}
    body |= {"at": "soon", "guest": {"age": 5, "town": "Bonn"}, "request_id": ""}
    told = faults(act(body))
    assert told.keys() == {
        *("count", "sure", "numbers", "town", "name", "at", "guest.town", "request_id")
    }


def test_all_faults_in_an_address_are_told_at_once(weather):
    told = faults(weather.get("/weather/look?times=x&loud=maybe&town=Bonn&day=1&day=2"))
    assert told.keys() == {"times", "loud", "town", "day"}


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a\0b"},
        {"name": "\0"},
        {"guest": {"age": 5, "name": "\0"}},
        {"guests": [{"age": 5, "name": "\0"}]},
        {"request_id": "k\0"},
    ],
)
def test_the_character_nul_is_refused_everywhere(act, body):
    """PostgreSQL keeps no text with it."""
    assert list(faults(act(body)).values()) == ["must not contain the character NUL."]


def test_the_character_nul_is_refused_in_a_path(start, store):
    ada = Person(start(PLUGINS="counter", **store), "ada@example.com", "counter")
    assert "confirmation_id" in faults(ada.get("/confirmations/cnf_%00"))
    assert "count_id" in faults(ada.post("/counts/%00/uncount"))


def test_an_argument_in_the_path_cannot_be_given_in_the_body_too(act):
    told = faults(act({"number": 5}, "/days/5/act"))
    assert told == {"number": "is given twice, in the address and in the body."}


def test_an_argument_in_the_path_cannot_be_given_in_the_query_string_too(weather):
    for query in ("number=6", "number=5", "number="):
        assert "number" in faults(weather.get(f"/weather/days/5?{query}"))


def test_an_action_takes_no_query_string(weather):
    for query in ("count=5", "town=Bonn", "request_id=k-1"):
        refused = weather.post(f"/weather/act?{query}", json={})
        assert (refused.status_code, refused.json["code"]) == (400, "bad_request")
        assert "JSON body" in refused.json["detail"]


def test_what_is_required_is_asked_for(start):
    ada = Person(start(PLUGINS="counter"), "ada@example.com", "counter")
    assert faults(ada.post("/counts")) == {"amount": "Missing data for required field."}


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T24:00:00Z"]
)
def test_a_moment_beyond_the_calendar_is_refused(act, at):
    assert act({"at": at}).status_code == 422


@pytest.mark.parametrize("count", [2**53 + 1, -(2**53) - 1, 2**64, 10**400])
def test_a_number_that_not_every_reader_can_keep_is_refused(act, count):
    assert act({"count": count}).status_code == 422


@pytest.mark.parametrize("share", [1e308, 5e-324, 2.0**53, -0.0])
def test_a_number_at_the_edge_of_what_readers_keep_is_kept(act, share):
    assert float(act({"share": share}).json["result"]["given"]) == share


def test_a_number_beyond_what_readers_keep_is_refused(act):
    assert act({"share": 10**400}).status_code == 422
