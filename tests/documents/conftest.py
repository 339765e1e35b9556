"""Plugins declared as their authors would, one for each kind of auth."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType

import pytest
from marshmallow import Schema, fields, validate

from gateway import OAuth, Plugin, Public, ServiceKey, UserKey
from gateway.declaration import Declaration, Kind, Operation
from gateway.envelope import envelope_of

DOCSTRING = """Find free times and book appointments at Harbour Physio.

Use this when the user wants to see free times, 预约 or cancel.
"""


def described(text, **options):
    return {"metadata": {"description": text}, **options}


def plugin(name, auth):
    """A plugin as if from the module `<name>/__init__.py`."""
    module = ModuleType(f"declared_in_tests.{name}", DOCSTRING)
    module.__file__ = __file__
    sys.modules[module.__name__] = module
    return Plugin(module.__name__, title=f"Test {name}", auth=auth)


class Instant(fields.AwareDateTime):
    """A field class of an author's own."""

    def __init__(self, **options):
        super().__init__(default_timezone=None, **options)


class Place(Schema):
    street = fields.String(required=True)
    map = fields.Url(allow_none=True)


class Appointment(Schema):
    booking_id = fields.String(required=True)
    start = Instant(required=True)
    price = fields.Decimal(as_string=True, places=2, allow_none=True)
    place = fields.Nested(Place, **described("Where it is."))
    second_place = fields.Nested(Place, allow_none=True, **described("Where else, or null."))


class Slots(Schema):
    slots = fields.List(fields.Nested(Appointment), required=True)
    extra = fields.Dict(keys=fields.String(), values=fields.Integer())
    hours = fields.List(fields.Nested({"opens": fields.Time(), "closes": fields.Time()}))


class SlotSearch(Schema):
    service = fields.String(
        required=True, validate=validate.OneOf(["massage", "按摩"]), **described("What is wanted.")
    )
    after = Instant(load_default=datetime(2026, 11, 22, 9, tzinfo=UTC), **described("From when."))
    time_zone = fields.String(
        load_default=None, validate=validate.Length(max=64), **described("An IANA time zone.")
    )
    limit = fields.Integer(
        load_default=20, validate=validate.Range(min=1, max=100), **described("How many.")
    )
    price = fields.Float(
        load_default=1.5, validate=validate.Range(min=0, min_inclusive=False), **described("Below.")
    )
    staff = fields.List(
        fields.String(validate=validate.Length(min=1)),
        load_default=None,
        validate=[validate.Length(max=5), validate.ContainsOnly(["ann", "bo"])],
        **described("With whom."),
    )


class Guest(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1, max=80))
    email = fields.Email(load_default=None)


class Booking(Schema):
    start = Instant(required=True, **described("When."))
    guest = fields.Nested(Guest, required=True, **described("For whom."))
    notes = fields.Dict(**described("Anything else."))


def find_slots(service, after, time_zone, limit, price, staff):
    """List the free times for a service.

    Look for free times first; never invent one.
    """


def get_booking(booking_id):
    """Show one booking."""


def opening_hours():
    """Tell when the practice is open."""


def book(start, guest, notes=None):
    """Book a free time for the user."""


def cancel(booking_id):
    """Cancel a booking."""


def declare_bookings(name, auth):
    """Queries and actions, nested and plain, with arguments everywhere they may travel."""
    made = plugin(name, auth)
    one = {"booking_id": fields.String(required=True, **described("The booking."))}
    chat = {"approve": "chat", "returns": Appointment}
    made.query("/slots", takes=SlotSearch, returns=Slots)(find_slots)
    made.query("/bookings/<booking_id>", takes=one, returns=Appointment)(get_booking)
    made.query("/hours", returns={"hours": fields.String()}, auth=Public())(opening_hours)
    made.action("/bookings", takes=Booking, confirm="Book {start}?", **chat)(book)
    made.action("/bookings/<booking_id>/cancel", takes=one, confirm="Cancel?", **chat)(cancel)
    return with_gateway_operations(made.declaration)


def with_gateway_operations(declaration: Declaration) -> Declaration:
    """The declaration with the two operations that the gateway itself adds for actions."""
    name = {"confirmation_id": fields.String(required=True, **described("The confirmation."))}
    echo = {"hash": fields.String(required=True, **described("The hash of the question."))}
    envelope = envelope_of("Confirmation", None)
    get = Operation(
        plugin=declaration.name,
        name="get_confirmation",
        kind=Kind.QUERY,
        path="/confirmations/<confirmation_id>",
        function=lambda confirmation_id: None,
        summary="Tell where an action stands.",
        description="Tell where an action stands.",
        takes=Schema.from_dict(name, name="GetConfirmationRequest")(),
        returns=envelope,
        auth=declaration.auth,
        scopes=declaration.auth.scopes[:1],
        open_world=False,
        envelope=envelope,
    )
    confirm = replace(
        get,
        name="confirm_action",
        kind=Kind.APPROVAL,
        path="/confirmations/<confirmation_id>/confirm",
        takes=Schema.from_dict({**name, **echo}, name="ConfirmActionRequest")(),
        scopes=declaration.auth.scopes,
    )
    return replace(declaration, operations=(*declaration.operations, get, confirm))


@pytest.fixture(scope="session")
def declarations():
    """The same plugin under each kind of auth, by the word that the manifest has for it."""
    return {
        "none": declare_bookings("open", Public()),
        "service_http": declare_bookings("service", ServiceKey()),
        "user_http": declare_bookings("personal", UserKey()),
        "oauth": declare_bookings("booking", OAuth("bookings:read", "bookings:write")),
    }


@pytest.fixture(params=["none", "service_http", "user_http", "oauth"])
def declaration(request, declarations):
    return declarations[request.param]


@pytest.fixture
def linked(declarations):
    """The plugin with OAuth."""
    return declarations["oauth"]


@pytest.fixture
def declare():
    """Make a plugin of a name, public unless said otherwise."""
    return lambda name, auth=Public(): plugin(name, auth)  # noqa: B008 - it is frozen
