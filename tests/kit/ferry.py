"""A plugin on whose questions a person decides, with everything that can be on the page about one."""

from pathlib import Path

from tests.kit.written import write_plugin

DOCSTRING = "Trips across the bay.\n\nUse this when the tests want a person to decide."
PLUGIN = 'plugin = Plugin(__name__, title="Ferry", auth=OAuth("trips:read", "trips:write"))'
CODE = '''
class Full(Conflict):
    problem = {"code": "full", "alternatives": ["2027-07-01T10:00:00+02:00", "the night boat"]}


def ask_to_book(name, at, note, tags, email=None, more=None):
    """The price rests on a file, which a test may change."""
    file = plugin.data_dir / "price"
    price = file.read_text() if file.exists() else "12.00 EUR"
    if name == "early":
        raise Full("The boat is full.")
    question = {"en": f"Book a trip for “{name}”? It costs {price}.",
                "zh": f"为“{name}”订一张船票吗？价格 {price}。"}
    local = at.astimezone(ZoneInfo("Europe/Berlin")).isoformat()
    return question, {"at": local, "time_zone": "Europe/Berlin", "price": price,
                      **({"tags": [each.lower() for each in tags]} if tags else {}),
                      "terms": {"en": "No refunds.", "zh": "不可退款。"}}


TAKES = {
    "name": fields.String(required=True),
    "at": fields.AwareDateTime(required=True),
    "email": fields.String(),
    "note": fields.String(load_default=""),
    "tags": fields.List(fields.String(), load_default=list),
    "more": fields.Dict(),
}


GIVES = "trip at at_local time_zone price url".split()


@plugin.query("/trips/<trip>", takes={"trip": fields.String(required=True)},
              returns={"trip": fields.String()})
def read_trip(trip):
    "Read a trip."
    return {"trip": trip}


@plugin.action("/trips", takes=TAKES, confirm=ask_to_book, undoable=True,
               returns={name: fields.Raw() for name in GIVES})
def book(name, at, note, tags, email=None, more=None):
    "Book a trip."
    if name == "late":
        raise Full("The boat is full.")
    if name == "busy":
        abort(503, "The harbour sleeps.")
    if name == "often":
        raise TooManyRequests("The harbour is asked too often.", retry_after=7)
    if name == "broken":
        raise RuntimeError("a mistake of the author's")
    return {"trip": "T-1", "at": at.isoformat(), "at_local": "in the morning",
            "time_zone": "Europe/Berlin", "price": {"amount": 1200, "text": "12.00 EUR"},
            "url": plugin.url_for("trip_page", trip="T-1")}


@plugin.action("/cards", takes={"text": fields.String(required=True)}, effect="external",
               confirm="Send “{text}”?", returns={"sent": fields.Boolean()})
def send_card(text):
    "Send a card."
    raise TimeoutError("the post did not answer")


@plugin.action("/reminders", takes={"text": fields.String(required=True)}, approve="chat",
               confirm="Remember “{text}”?", returns={"text": fields.String()})
def remind(text):
    "Remember something."
    return {"text": text}


@plugin.get("/pages/trips/<trip>")
def trip_page(trip):
    if caller.id is None:
        abort(401)
    return f"<title>Trip</title><h1>Trip {trip}</h1>"
'''
IMPORTS = """
from zoneinfo import ZoneInfo
from werkzeug.exceptions import Conflict, TooManyRequests
"""


def write_ferry(folder: Path) -> Path:
    """Write the plugin "ferry" into a folder of plugins."""
    return write_plugin(folder, IMPORTS + CODE, name="ferry", docstring=DOCSTRING, plugin=PLUGIN)
