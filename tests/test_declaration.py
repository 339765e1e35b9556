"""A plugin that is wrong stops the boot with one sentence: which plugin, what is wrong, what to do."""

import inspect
import os
import re
import shutil
import subprocess
import sys

import pytest

from gateway import Plugin, discovery
from gateway.app import SAMPLES
from gateway.checks import arguments, forgetting, operations, plugins, questions, resources
from gateway.config import SettingError
from gateway.declaration import DeclarationError
from tests.kit.server import ROOT, free_port
from tests.kit.written import PLUGIN, write_plugin

ANSWER = "returns={'sky': fields.String()}"
OK = "\n    '''Tell the weather.'''\n    return {'sky': 'blue'}\n"


def query(signature="tell()", more="", path="/tell"):
    """The source of a query that is right but for what is given."""
    return f"@plugin.query('{path}', {ANSWER}, {more})\ndef {signature}:{OK}"


def action(confirm, more="approve='chat',"):
    """The source of an action on a `city` that is right but for what is given."""
    takes = "takes={'city': fields.String(required=True)}"
    return (
        f"@plugin.action('/act', {takes}, {ANSWER}, confirm={confirm}, {more})\ndef act(city):{OK}"
    )


def resource(signature="read()", path="/report", mime_type="text/plain", docstring="A report."):
    """The source of something to read that is right but for what is given."""
    declared = f"@plugin.resource('{path}', mime_type='{mime_type}')\ndef {signature}:"
    return f"{declared}\n    {docstring!r}\n    return 'blue'\n"


def declared_with(auth):
    return f'plugin = Plugin(__name__, title="Weather", auth={auth})'


# What is wrong with a plugin as a whole: the rule, what is written, what is told.
PLUGIN_FAULTS = [
    (
        "_has_a_docstring",
        {"docstring": ""},
        "the module has no docstring. Write one: its first line is for people, the rest tells the"
        " model when to use the plugin.",
    ),
    (
        "_tells_the_model",
        {"docstring": "Tell the weather."},
        "the module's docstring has one line only. Add a blank line and tell the model when to use"
        " the plugin.",
    ),
    (
        "_texts_fit",
        {"plugin": PLUGIN.replace("Weather", "The weather at home!!")},
        "the title has 21 characters. Write 1 to 20.",
    ),
    (
        "_texts_fit",
        {"plugin": PLUGIN.replace("Weather", "")},
        "the title has 0 characters. Write 1 to 20.",
    ),
    (
        "_texts_fit",
        {"docstring": f"{'天' * 101}\n\nUse this always."},
        "the first line of the docstring has 101 characters. Write 1 to 100.",
    ),
    (
        "_texts_fit",
        {"docstring": f"Tell the weather.\n\n{'x' * 8_001}"},
        "the text of the docstring has 8001 characters. Write 1 to 8000.",
    ),
    *(
        (
            "_auth_is_known",
            {"plugin": declared_with(auth)},
            "the auth is not one of the known kinds. Write Public(), ServiceKey(), UserKey() or"
            " OAuth(...).",
        )
        for auth in ("Public", "'oauth'", "None")
    ),
    (
        "_scopes_are_words",
        {"plugin": declared_with("OAuth('read all')")},
        '"read all" cannot be a scope. Write one word such as "notes:read".',
    ),
    (
        "_scopes_are_free",
        {"plugin": declared_with("OAuth('read', 'offline_access')")},
        '"offline_access" is a scope of the gateway\'s own. Leave it out, or name it otherwise.',
    ),
    (
        "_oauth_names_a_scope",
        {"plugin": declared_with("OAuth()")},
        'OAuth() names no scope. Name at least one, such as OAuth("notes:read").',
    ),
    *(
        (
            "_category_is_known",
            {"plugin": PLUGIN.replace("auth=", f'category="{category}", auth=')},
            f'"{category}" is no category of a directory. Write one of: Productivity, Creativity,'
            " Developer Tools, Business & Operations, Data & Analytics, Communication, Education &"
            " Research, Security, Finance, Healthcare, Travel, Entertainment, Other.",
        )
        for category in ("Weather", "productivity", "")
    ),
]

SETTING_FAULTS = [
    (
        "plugin.setting('feed_url', '', 'Where from.')",
        'the setting "feed_url" is not an environment name. Write it like FEED_URL.',
    ),
    (
        "plugin.setting('SERVICE_KEYS', '', 'Keys.')",
        "the setting SERVICE_KEYS is there already. Choose another name.",
    ),
    (
        "plugin.setting('CITY', '', 'Where.')\nplugin.setting('CITY', '', 'Where else.')",
        "the setting CITY is there already. Choose another name.",
    ),
    (
        "plugin.setting('CITY', '', '')",
        "the setting CITY has no help. Say in a sentence what it does.",
    ),
    (
        "plugin.setting('CITY', None, 'Where.')",
        "the setting CITY has a default that is not a text, number, path or bool.",
    ),
]

# What is wrong with an operation: the rule, the code, the operation, what is told.
OPERATION_FAULTS = [
    (
        "_name_is_legal",
        query("Tell()"),
        "Tell",
        "is not a valid operation name. Use small letters, digits and underscores, at most 64.",
    ),
    (
        "_name_is_legal",
        query(f"{'t' * 65}()"),
        "t" * 65,
        "is not a valid operation name. Use small letters, digits and underscores, at most 64.",
    ),
    (
        "_name_is_free",
        query("get_confirmation()"),
        "get_confirmation",
        "is an operation of the gateway itself. Rename the function.",
    ),
    (
        "_name_is_free",
        query("confirm_action()"),
        "confirm_action",
        "is an operation of the gateway itself. Rename the function.",
    ),
    (
        "_declared_once",
        query() + query(path="/other"),
        "tell",
        "is declared twice. Rename one of the functions.",
    ),
    (
        "_not_too_many",
        "".join(query(f"tell_{n}()", path=f"/tell/{n}") for n in range(31)),
        "tell_30",
        "is one operation more than the 30 that assistants read. Split the plugin in two.",
    ),
    (
        "_has_a_docstring",
        query().replace("'''Tell the weather.'''", "pass"),
        "tell",
        "has no docstring. Write one: it is what the model is told.",
    ),
    (
        "_docstring_fits",
        query().replace("Tell the weather.", f"Tell.\n\n{'x' * 300}"),
        "tell",
        "has a docstring of 306 characters. Assistants read 300: shorten it.",
    ),
    (
        "_path_is_legal",
        query(path="tell"),
        "tell",
        'has the path "tell". Write it like /slots or /bookings/<booking_id>.',
    ),
    (
        "_path_is_legal",
        query(path="/tell/"),
        "tell",
        'has the path "/tell/". Write it like /slots or /bookings/<booking_id>.',
    ),
    (
        "_path_is_legal",
        query(path="/tell/<int:day>"),
        "tell",
        'has the path "/tell/<int:day>". Write it like /slots or /bookings/<booking_id>.',
    ),
    (
        "_path_is_free",
        query(path="/pages/tell"),
        "tell",
        'has the path "/pages/tell", which is an address of the gateway. Choose another.',
    ),
    (
        "_path_is_free",
        query(path="/known-host"),
        "tell",
        'has the path "/known-host", which is an address of the gateway. Choose another.',
    ),
    (
        "_path_is_free",
        query(path="/.well-known"),
        "tell",
        'has the path "/.well-known", which is an address of the gateway. Choose another.',
    ),
    (
        "_path_is_used_once",
        query() + query("tell_again()"),
        "tell_again",
        "has the address of `tell`, GET /tell. Change one path.",
    ),
    (
        "_path_names_agree",
        query("tell(city)", "takes={'city': fields.String(required=True)}", "/<city>")
        + action("'{place}?'").replace("/act", "/<place>").replace("city", "place"),
        "act",
        "has another name in its path than `tell`, /<city>. Name it alike.",
    ),
    (
        "_scopes_are_declared",
        query(more="scopes=['admin']"),
        "tell",
        'needs the scope "admin", which the auth does not name. Add it there.',
    ),
    (
        "_path_names_are_fields",
        query(path="/tell/<city>"),
        "tell",
        "has <city> in its path, but `takes` has no such field. Add it.",
    ),
    (
        "_path_names_are_fields",
        query("tell(city=None)", "takes={'city': fields.String()}", "/tell/<city>"),
        "tell",
        "has <city> in its path, but the field is optional. Say required=True.",
    ),
    *(
        (
            "_names_are_free",
            query(f"tell({name})", f"takes={{'{name}': fields.String(required=True)}}"),
            "tell",
            f"takes `{name}`, which is the gateway's own argument. Rename the field.",
        )
        for name in ("confirmation", "request_id", "allow_duplicate")
    ),
    (
        "_fields_keep_their_names",
        query("tell(city)", "takes={'city': fields.String(required=True, data_key='town')}"),
        "tell",
        "renames the field `city` by data_key or attribute. Use one name everywhere.",
    ),
    (
        "_descriptions_fit",
        query(
            "tell(city)",
            "takes={'city': fields.String(required=True, metadata={'description': 'x' * 701})}",
        ),
        "tell",
        "describes `city` in 701 characters. Assistants read 700: shorten it.",
    ),
    (
        "_an_object_goes_each_way",
        query().replace(ANSWER, "returns=Schema.from_dict({})(many=True)"),
        "tell",
        "has a schema with many=True. Arguments and answers are objects: put the list in a field.",
    ),
    *(
        (
            "_numbers_are_json",
            query(*taken).replace(ANSWER, f"returns={returned}"),
            "tell",
            "has the decimal `rain`, which JSON cannot hold. Say as_string=True.",
        )
        for taken, returned in (
            ((), "{'rain': fields.Decimal()}"),
            (("tell(rain)", "takes={'rain': fields.Decimal(required=True)}"), "{}"),
        )
    ),
    (
        "_schemas_end",
        query().replace(ANSWER, "returns={'next': fields.Nested('Weather')}"),
        "tell",
        "nests `next` by a string. Name the schema class itself.",
    ),
    (
        "_schemas_end",
        "class Day(Schema):\n    next = fields.List(fields.Nested(lambda: Day()))\n"
        + query().replace(ANSWER, "returns=Day"),
        "tell",
        "nests `next` in itself, which assistants cannot read. Flatten the schema.",
    ),
    *(
        (
            "_queries_are_flat",
            query("tell(at)", f"takes={{'at': {nested}}}"),
            "tell",
            "is a query and takes the nested `at`. A query string is flat: use plain fields.",
        )
        for nested in (
            "fields.Nested({'x': fields.String()}, required=True)",
            "fields.Dict(required=True)",
            "fields.List(fields.List(fields.String()), required=True)",
        )
    ),
    (
        "_function_is_plain",
        query().replace("return {", "yield {"),
        "tell",
        "is a coroutine or a generator. Write a plain function: each call has its thread.",
    ),
    (
        "_function_takes_the_fields",
        query("tell()", "takes={'city': fields.String(required=True)}"),
        "tell",
        "does not take the field `city`. The function and `takes` must name the same.",
    ),
    (
        "_function_takes_the_fields",
        query("tell(city)"),
        "tell",
        "takes `city`, but there is no such field. The function and `takes` must name the same.",
    ),
    (
        "_function_takes_the_fields",
        query("tell(city)", "takes={'city': fields.String()}"),
        "tell",
        "needs `city`, but the field is optional: give the parameter a default. The function and"
        " `takes` must name the same.",
    ),
    (
        "_function_takes_the_fields",
        query("tell(city, /)", "takes={'city': fields.String(required=True)}"),
        "tell",
        "takes `city` by position only: remove the slash. The function and `takes` must name the"
        " same.",
    ),
    (
        "_approval_is_known",
        action("'{city}?'", "approve='nobody'"),
        "act",
        'says approve="nobody". Write "person" or "chat".',
    ),
    (
        "_effect_is_known",
        action("'{city}?'", "approve='chat', effect='elsewhere'"),
        "act",
        'says effect="elsewhere". Write "ledger" or "external".',
    ),
    (
        "_a_person_can_approve",
        declared_with("Public()") + "\n" + action("'{city}?'", ""),
        "act",
        'needs a person\'s approval, but its auth does not identify a person. Write approve="chat", or'
        " use OAuth or UserKey.",
    ),
    (
        "_lookup_fits",
        action("'{city}?'", "lookup=print"),
        "act",
        'has a `lookup`, but its effect is in the ledger, which knows. Write effect="external", or'
        " remove `lookup`.",
    ),
    (
        "_lookup_fits",
        action("'{city}?'", "effect='external', lookup=lambda: None"),
        "act",
        "has a `lookup` that does not take the field `city`. It takes the same arguments as the"
        " operation.",
    ),
    (
        "_question_takes_the_fields",
        action("lambda: ('Act?', {})"),
        "act",
        "has a `confirm` that does not take the field `city`. It takes the same arguments as the"
        " operation.",
    ),
    (
        "_question_takes_the_fields",
        action("lambda city, day: ('Act?', {})"),
        "act",
        "has a `confirm` that takes `day`, but there is no such field. It takes the same arguments"
        " as the operation.",
    ),
    (
        "_question_is_a_template",
        action("' '"),
        "act",
        "asks an empty question. Say what will happen, with the arguments in braces.",
    ),
    (
        "_question_is_a_template",
        action("'Act in {city?'"),
        "act",
        "has a question that is not a format string: expected '}' before end of string. Correct its"
        " braces.",
    ),
    (
        "_question_names_are_fields",
        action("'Act on {day:%A}?'"),
        "act",
        "asks about {day}, but `takes` has no such field. Correct the question.",
    ),
    (
        "_question_names_are_fields",
        action("{'en': 'Act in {city}?', 'zh': '在 {town} 行动?'}"),
        "act",
        "asks about {town}, but `takes` has no such field. Correct the question.",
    ),
    (
        "_question_names_are_fields",
        action("'Act in {}?'"),
        "act",
        "asks about {}, but `takes` has no such field. Correct the question.",
    ),
    (
        "_question_can_be_written",
        action("'Act in {city} on {day:%A}?'")
        .replace("takes={", "takes={'day': fields.Date(load_default=None), ")
        .replace("act(city)", "act(city, day)"),
        "act",
        "asks a question that cannot be written for all arguments (TypeError('unsupported format"
        " string passed to NoneType.__format__')). Correct it, or use a function for the question.",
    ),
    (
        "_question_has_english",
        action("{'zh': '在 {city} 行动?'}"),
        "act",
        'has no English question. Add the key "en": it is asked where no other language fits.',
    ),
]

# Python itself refuses what is left out; so nobody can forget to say it.
LEFT_OUT = [
    ({"plugin": "plugin = Plugin(__name__, auth=Public())"}, "title"),
    ({"plugin": "plugin = Plugin(__name__, title='Weather')"}, "auth"),
    ({"code": query().replace(f"{ANSWER}, ", "")}, "returns"),
    ({"code": action("'{city}?'").replace(f"{ANSWER}, ", "")}, "returns"),
    ({"code": action("'{city}?'").replace("confirm='{city}?', ", "")}, "confirm"),
]


def rules_of(faults):
    return [fault[0].removeprefix("_") for fault in faults]


# What is wrong with something to read: the rule, the code, the function, what is told.
RESOURCE_FAULTS = [
    *(
        (
            "_path_is_legal",
            resource(path=path),
            "read",
            f'has the path "{path}". Write it like /notes/<id>.',
        )
        for path in ("", "/", "report", "/report/", "//report", "/a b", "/天气", "weather://report")
    ),
    *(
        (
            "_path_is_legal",
            resource(f"read({name})", path=f"/notes/<{name}>"),
            "read",
            f'has the path "/notes/<{name}>". Write it like /notes/<id>.',
        )
        for name in ("Id", "_id")
    ),
    *(
        (
            "_function_takes_the_variables",
            resource(signature, path="/notes/<folder>/<id>"),
            "read",
            "must take exactly the variables of its path, in their order: folder, id.",
        )
        for signature in (
            "read()",
            "read(id)",
            "read(id, folder)",
            "read(folder, id, more)",
            "read(folder, id, /)",
            "read(folder, *id)",
        )
    ),
    *(
        (
            "_function_is_plain",
            code,
            "read",
            "is a coroutine or a generator. Write a plain function: each call has its thread.",
        )
        for code in (
            resource().replace("def read", "async def read"),
            resource().replace("return 'blue'", "yield 'blue'"),
        )
    ),
    (
        "_function_takes_the_variables",
        resource("read(id)"),
        "read",
        "must take exactly the variables of its path, in their order: none.",
    ),
    (
        "_listing_can_be_called",
        resource().replace("mime_type=", "listing=[], mime_type="),
        "read",
        "has a listing that is no function. Give a function without arguments, or none.",
    ),
    (
        "_address_is_free",
        resource("read(id)", path="/notes/<id>")
        + resource("other(key)", path="/notes/<key>").replace("def read", "def other"),
        "other",
        "has the address of `read`, weather://notes/{id}. Change one path.",
    ),
    (
        "_has_a_docstring",
        resource(docstring=""),
        "read",
        "has no docstring. Write one: it is what people and models are told of it.",
    ),
    (
        "_docstring_fits",
        resource(docstring="x" * 301),
        "read",
        "has a docstring of 301 characters. Shorten it to 300.",
    ),
    *(
        (
            "_type_is_legal",
            resource(mime_type=mime_type),
            "read",
            f'has the type "{mime_type}". Write it like text/markdown or image/png.',
        )
        for mime_type in ("", "text", "Text/Plain", "text/", "text/plain;", "text/*", "文本/纯")
    ),
    (
        "_name_is_free",
        resource() + resource(path="/other"),
        "read",
        "is declared twice. Rename one of the functions.",
    ),
    (
        "_name_is_free",
        query("read()") + resource(),
        "read",
        "is declared twice. Rename one of the functions.",
    ),
    (
        "_address_is_free",
        resource() + resource("read_again()"),
        "read_again",
        "has the address of `read`, weather://report. Change one path.",
    ),
]


FORGET = "@plugin.forget\ndef forget(person):\n    pass\n"
FORGET_FAULTS = [
    (
        "_is_plain",
        FORGET.replace("def", "async def"),
        "is a coroutine or a generator, and would never run. Write a plain function.",
    ),
    (
        "_is_plain",
        FORGET.replace("pass", "yield"),
        "is a coroutine or a generator, and would never run. Write a plain function.",
    ),
    *(
        (
            "_takes_the_person",
            FORGET.replace("(person)", arguments),
            "must take one argument: the id of the person to forget, as in caller.id.",
        )
        for arguments in ("()", "(person, plugin)", "(*persons)", "(*, person)")
    ),
    (
        "_is_declared_once",
        FORGET * 2,
        "is the second with @plugin.forget. Delete everything in one function.",
    ),
]
NOBODY_TO_FORGET = (
    "has nobody to forget: neither the plugin's auth nor that of an operation above it identifies a"
    " person. Move it below them, or leave it out."
)


@pytest.fixture
def refusal(start, tmp_path):
    """What is told when a gateway starts with a plugin that is written with these parts."""

    def refusal(code="", **parts):
        write_plugin(tmp_path, code, **parts)
        with pytest.raises(DeclarationError) as refused:
            start(folders=[tmp_path])
        return str(refused.value)

    return refusal


@pytest.mark.parametrize(("rule", "parts", "told"), PLUGIN_FAULTS, ids=rules_of(PLUGIN_FAULTS))
def test_a_wrong_plugin_is_refused(refusal, rule, parts, told):
    assert refusal(**parts) == f"weather: {told}"


@pytest.mark.parametrize(("code", "told"), SETTING_FAULTS)
def test_a_wrong_setting_is_refused(refusal, code, told):
    assert refusal(code) == f"weather: {told}"


@pytest.mark.parametrize(
    ("rule", "code", "operation", "told"), OPERATION_FAULTS, ids=rules_of(OPERATION_FAULTS)
)
def test_a_wrong_operation_is_refused(refusal, rule, code, operation, told):
    assert refusal(code) == f"weather: `{operation}` {told}"


@pytest.mark.parametrize(
    ("rule", "code", "function", "told"), RESOURCE_FAULTS, ids=rules_of(RESOURCE_FAULTS)
)
def test_something_wrong_to_read_is_refused(refusal, rule, code, function, told):
    assert refusal(code) == f"weather: `{function}` {told}"


@pytest.mark.parametrize("rule", plugins.AUTH_RULES[1:], ids=lambda rule: rule.__name__)
def test_an_auth_of_an_operation_keeps_the_same_rules(refusal, rule):
    [(fault, told)] = [each[1:] for each in PLUGIN_FAULTS if each[0] == rule.__name__]
    auth = re.search(r"auth=(OAuth\(.*\))\)", fault["plugin"])[1]
    assert refusal(query(more=f"auth={auth}")) == f"weather: {told}"


@pytest.mark.parametrize(("rule", "code", "told"), FORGET_FAULTS)
def test_a_wrong_way_to_forget_is_refused(refusal, rule, code, told):
    assert refusal(query() + code) == f"weather: `forget` {told}"


@pytest.mark.parametrize("auth", ["Public()", "ServiceKey()"])
def test_nobody_is_forgotten_where_nobody_is_known(refusal, auth):
    told = f"weather: `forget` {NOBODY_TO_FORGET}"
    assert refusal(query() + FORGET, plugin=declared_with(auth)) == told


@pytest.mark.parametrize("auth", ["Public", "'public'"])
def test_an_operation_with_an_unknown_auth_is_refused(refusal, auth):
    assert refusal(query(more=f"auth={auth}")) == (
        "weather: the auth is not one of the known kinds. Write Public(), ServiceKey(), UserKey() or"
        " OAuth(...)."
    )


@pytest.mark.parametrize("path", ["/tell", "/openapi.json", "/legal"])
def test_a_page_may_not_hide_an_operation_or_a_document(refusal, path):
    page = f"@plugin.get('{path}')\ndef page():\n    return 'hello'\n"
    assert refusal(query() + page) == (
        f"weather: its page /weather{path} has the address of an operation or of the gateway."
        " Choose another path for the page."
    )


def test_a_folder_may_be_a_link(start, tmp_path):
    code = query(more="auth=Public()")
    plugin = write_plugin(tmp_path / "elsewhere", code, name="climate")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "weather").symlink_to(plugin)
    client = start(folders=[tmp_path / "plugins"]).test_client()
    assert client.get("/weather/tell").json == {"sky": "blue"}


@pytest.mark.parametrize("auth", ["Public()", "ServiceKey()"])
def test_nobody_can_approve_where_nobody_is_known(refusal, auth):
    assert refusal(action("'{city}?'", ""), plugin=declared_with(auth)) == (
        "weather: `act` needs a person's approval, but its auth does not identify a person. Write"
        ' approve="chat", or use OAuth or UserKey.'
    )


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        (
            action("'Act in {city}?'")
            .replace("String(required=True)", "String()")
            .replace("act(city)", "act(city=None)"),
            "act",
        ),
        (action("'Act in {city:%H:%M}?'"), "act"),
        (action("'Act in {city:.2f}?'"), "act"),
        (action("'Act in {city.name}?'"), "act"),
        (query().replace(ANSWER, "returns={'rain': fields.List(fields.Decimal())}"), "tell"),
        (query().replace(ANSWER, "returns={'a': fields.Nested({'b': fields.Decimal()})}"), "tell"),
        (query().replace("def tell", "async def tell"), "tell"),
    ],
    ids=[
        "a question about what may be left out",
        "a text formatted as a time",
        "a text formatted as a number",
        "a part that texts have not",
        "a list of decimals",
        "a decimal inside",
        "a coroutine",
    ],
)
def test_what_would_fail_at_every_call_is_refused_at_import(refusal, code, operation):
    assert refusal(code).startswith(f"weather: `{operation}` ")


def test_examples_are_a_list(refusal):
    """A text alone would become one example for each of its letters."""
    one = PLUGIN.replace("auth=", "examples='Will it rain?', auth=")
    assert refusal(plugin=one).startswith("weather: ")


def test_a_schema_of_another_kind_is_refused(refusal):
    assert refusal(query().replace(ANSWER, "returns=[1]")) == (
        "weather: `tell` has list for a schema. Give a marshmallow Schema class, an instance, or a"
        " dict of fields."
    )


@pytest.mark.parametrize(("parts", "left_out"), LEFT_OUT, ids=[each[1] for each in LEFT_OUT])
def test_what_must_be_said_cannot_be_left_out(refusal, parts, left_out):
    told = refusal(**parts)
    assert told.startswith("weather: it cannot be imported (TypeError: ")
    place = r"__init__\.py line \d+"
    assert re.search(rf"keyword-only argument: '{left_out}', {place}\)\. Correct the code\.$", told)


def test_every_rule_has_a_test():
    rules = {
        *plugins.RULES,
        *plugins.AUTH_RULES,
        *operations.RULES,
        *arguments.RULES,
        *questions.RULES,
    }
    tested = {fault[0] for fault in (*PLUGIN_FAULTS, *OPERATION_FAULTS)}
    assert {rule.__name__ for rule in rules} - {"<lambda>"} == tested
    rules = {*resources.RULES, *resources.FUNCTION_RULES}
    assert {rule.__name__ for rule in rules} == {fault[0] for fault in RESOURCE_FAULTS}
    rules = {rule.__name__ for rule in forgetting.RULES}
    assert rules == {fault[0] for fault in FORGET_FAULTS} | {"_persons_are_known"}


@pytest.mark.parametrize("name", ["Weather", "my-weather", "my_weather", "2day", "w" * 33, "天气"])
def test_a_folder_that_cannot_be_a_name_is_refused(refusal, name):
    assert refusal(name=name) == (
        f"{name}: a plugin's folder is its name: a small letter, then small letters and digits, at"
        " most 32 in all. Rename the folder."
    )


@pytest.mark.parametrize("name", ["gateway", "static", "www", "login", "healthz", "confirm"])
def test_a_folder_with_a_name_of_the_gateways_own_is_refused(refusal, name):
    told = "this name is an address of the gateway itself. Rename the folder."
    assert refusal(name=name) == f"{name}: {told}"


def test_every_address_at_the_root_is_a_reserved_name(start):
    app = start(PLUGINS="keyed")
    firsts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    addresses = {first for first in firsts if first.isalnum()} - {"keyed"}
    assert {"healthz", "login", "static"} <= addresses <= plugins.RESERVED_PLUGINS


def test_a_plugin_that_fails_at_import_is_refused(refusal):
    assert refusal("1 / 0") == (
        "weather: it cannot be imported (ZeroDivisionError: division by zero, __init__.py line 9)."
        " Correct the code."
    )


def test_a_folder_without_a_plugin_is_refused(refusal):
    told = "its __init__.py has no `plugin`. Write: plugin = Plugin(__name__, ...)"
    assert refusal(plugin="") == f"weather: {told}"


def test_the_plugin_of_another_folder_is_refused(start, tmp_path):
    write_plugin(tmp_path, name="climate")
    write_plugin(tmp_path, plugin="from plugins.climate import plugin")
    with pytest.raises(DeclarationError, match=r"^weather: "):
        start(folders=[tmp_path])


def test_a_folder_of_plugins_that_is_not_there_is_refused(start, tmp_path):
    with pytest.raises(
        SettingError, match=r"PLUGINS_DIR is .*/nowhere, and there is no such folder"
    ):
        start(PLUGINS_DIR=str(tmp_path / "nowhere"))


def test_two_folders_with_the_same_name_are_refused(start, tmp_path):
    first, second = (write_plugin(tmp_path / each) for each in ("here", "there"))
    with pytest.raises(DeclarationError) as refused:
        start(folders=[first.parent, second.parent])
    assert str(refused.value) == (
        f"weather: two folders have this name, {first} and {second}. Rename one."
    )


def test_a_plugin_that_is_asked_for_and_not_there_is_refused(start, tmp_path):
    write_plugin(tmp_path)
    with pytest.raises(DeclarationError) as refused:
        start(folders=[tmp_path], PLUGINS="weather,climate")
    assert str(refused.value) == (
        "climate: PLUGINS asks for it, and there is no such folder. There are: weather."
    )


def test_only_the_plugins_that_are_asked_for_are_loaded(start, tmp_path):
    write_plugin(tmp_path, query(more="auth=Public()"))
    write_plugin(tmp_path, "1 / 0", name="broken")
    client = start(folders=[tmp_path], PLUGINS="weather").test_client()
    assert client.get("/weather/tell").json == {"sky": "blue"}
    assert client.get("/broken/tell").status_code == 404


def test_one_wrong_plugin_stops_those_that_are_right(start, tmp_path):
    write_plugin(tmp_path, query(more="auth=Public()"))
    write_plugin(tmp_path, query("Tell()"), name="zzz")
    with pytest.raises(DeclarationError, match=r"^zzz: `Tell` "):
        start(folders=[tmp_path])


@pytest.mark.parametrize("command", ["gunicorn", "flask"])
def test_a_boot_that_is_stopped_says_one_sentence(tmp_path, command):
    write_plugin(tmp_path, query("Tell()"), name="mistaken")
    environ = {"PATH": os.environ["PATH"], "PLUGINS": "mistaken", "PLUGINS_DIR": str(tmp_path)}
    environ |= {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())}
    done = subprocess.run(
        [sys.executable, "-m", command, *(["routes"] if command == "flask" else [])],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0
    assert "mistaken: `Tell` is not a valid operation name." in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_plugin_that_has_been_corrected_is_read_anew(start, tmp_path):
    path = write_plugin(tmp_path, "1 / 0") / "__init__.py"
    with pytest.raises(DeclarationError):
        start(folders=[tmp_path])
    path.write_text(path.read_text().replace("1 / 0", query(more="auth=Public()")))
    client = start(folders=[tmp_path]).test_client()
    assert client.get("/weather/tell").json == {"sky": "blue"}


def test_what_is_no_plugin_is_left_alone(start, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "README.md").write_text("Plugins live here.")
    write_plugin(tmp_path, "1 / 0", name="__pycache__")
    write_plugin(tmp_path, "1 / 0", name=".hidden")
    assert start(folders=[tmp_path]).extensions["gateway"].plugins == {}


def test_decorators_return_the_function_unchanged(tmp_path):
    write_plugin(tmp_path, query() + action("'Act in {city}?'"))
    (found,) = discovery.find([tmp_path])
    module = sys.modules["plugins.weather"]
    assert module.tell() == module.act("Bonn") == {"sky": "blue"}
    assert isinstance(found, Plugin)
    for function in (module.tell, module.act):
        assert inspect.isfunction(function)
        assert vars(function) == {}
        assert found.declaration.operation(function.__name__).function is function


def test_a_question_may_format_its_arguments(start, tmp_path):
    takes = "takes={'at': fields.AwareDateTime(required=True), 'cost': fields.Float(required=True)}"
    code = action("{'en': 'Act at {at:%H:%M on %A %d %B %Y} for {cost:.2f} {{euros}}?'}")
    code = code.replace("takes={'city': fields.String(required=True)}", takes)
    write_plugin(
        tmp_path, code.replace("act(city)", "act(at, cost)"), plugin=declared_with("Public()")
    )
    client = start(folders=[tmp_path]).test_client()
    asked = client.post("/weather/act", json={"at": "2027-01-01T18:30:00+01:00", "cost": 2.5})
    assert asked.json["question"] == "Act at 18:30 on Friday 01 January 2027 for 2.50 {euros}?"


@pytest.mark.parametrize(
    "sample", sorted(path.parent.name for path in SAMPLES.glob("*/__init__.py"))
)
def test_a_copy_of_a_sample_is_a_plugin_of_its_own(start, tmp_path, sample):
    shutil.copytree(SAMPLES / sample, tmp_path / "acopy")
    app = start(folders=(SAMPLES, tmp_path), PLUGINS=f"{sample},acopy")
    client = app.test_client()
    original, copy = (client.get(f"/{name}/openapi.json") for name in (sample, "acopy"))
    assert copy.json["servers"] == [{"url": "http://localhost/acopy"}]
    assert copy.json["paths"].keys() == original.json["paths"].keys()
    plugins_found = app.extensions["gateway"].plugins
    assert (
        not plugins_found[sample].metadata.tables.keys()
        & plugins_found["acopy"].metadata.tables.keys()
    )


def test_a_copy_of_sports_answers(start, tmp_path):
    shutil.copytree(SAMPLES / "sports", tmp_path / "acopy")
    client = start(folders=(SAMPLES, tmp_path), PLUGINS="sports,acopy").test_client()
    answers = [client.get(f"/{name}/scores?league=demo") for name in ("sports", "acopy")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json.keys() == answers[1].json.keys()
    assert all(answer.json["games"] for answer in answers)
