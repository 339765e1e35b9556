"""Buy stamps, and send parcels and telegrams through a courier.

Use this when the tests want actions that only a person may approve, in the ledger and elsewhere.
"""

import json
import urllib.error
import urllib.request

from flask import abort
from marshmallow import fields, validate
from sqlalchemy import Column, Integer, String, delete, func, insert, select
from sqlalchemy.exc import OperationalError

from gateway import OAuth, Plugin, caller, ledger

plugin = Plugin(__name__, title="Courier", auth=OAuth("courier:read", "courier:send"))
provider = plugin.setting("PROVIDER", "http://127.0.0.1:9", "Where the courier's own service is.")
timeout = plugin.setting("TIMEOUT", 5.0, "Seconds to wait for the courier's own service.")

# The price of a stamp: one row at most, else PRICE.
tariff = plugin.table("tariff", Column("price", Integer, primary_key=True))
stamps = plugin.table(
    "stamps",
    Column("id", String(40), primary_key=True),
    Column("person", String(40), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("price", Integer, nullable=False),
)
drafts = plugin.table(
    "drafts",
    Column("id", String(40), primary_key=True),
    Column("person", String(40), nullable=False),
    Column("words", String(200), nullable=False),
)
PRICE, SOLD_OUT = 90, 0


def text(description):
    return fields.String(
        required=True, validate=validate.Length(1, 100), metadata={"description": description}
    )


def number(description):
    return fields.Integer(required=True, metadata={"description": description})


AMOUNT = fields.Integer(
    required=True, validate=validate.Range(1, 1000), metadata={"description": "How many."}
)
STAMPS = {"stamp_id": text("Which."), "amount": number("How many."), "price": number("Of each.")}
SENT = {"number": text("How the courier calls it.")}


@plugin.query("/stamps", returns={"amount": number("How many in all.")})
def count_stamps():
    """Tell how many stamps you have."""
    own = select(func.coalesce(func.sum(stamps.c.amount), 0)).where(stamps.c.person == caller.id)
    return {"amount": ledger.execute(own).scalar_one()}


def ask_to_buy(amount):
    price = ledger.execute(select(tariff.c.price)).scalar()
    if price == SOLD_OUT:
        abort(409, "There are no stamps any more.")
    price = PRICE if price is None else price
    return f"Buy {amount} stamps for {price} each?", {"price": price}


@plugin.action("/stamps", takes={"amount": AMOUNT}, returns=STAMPS, confirm=ask_to_buy)
def buy_stamps(amount):
    """Buy stamps."""
    _, quote = ask_to_buy(amount)
    made = {"id": caller.confirmation_id, "person": caller.id, "amount": amount, **quote}
    ledger.execute(insert(stamps).values(made))
    if amount == 500:
        raise RuntimeError("a mistake of the author's")
    return {"stamp_id": caller.confirmation_id, "amount": amount, **quote}


def ask_to_return(stamp_id):
    own = (stamps.c.id == stamp_id) & (stamps.c.person == caller.id)
    row = ledger.execute(select(stamps).where(own)).one_or_none()
    if row is None:
        abort(404, "You have no such stamps.")
    return f"Return {row.amount} stamps?", {"amount": row.amount, "price": row.price}


@plugin.action(
    "/stamps/<stamp_id>/return",
    takes={"stamp_id": text("Which.")},
    returns=STAMPS,
    confirm=ask_to_return,
)
def return_stamps(stamp_id):
    """Return stamps."""
    _, quote = ask_to_return(stamp_id)
    ledger.execute(delete(stamps).where(stamps.c.id == stamp_id))
    return {"stamp_id": stamp_id, **quote}


@plugin.action(
    "/drafts",
    takes={"words": text("What to keep.")},
    returns={"draft_id": text("Its name.")},
    confirm="Keep “{words}”?",
    approve="chat",
)
def keep_draft(words):
    """Keep a draft of a telegram."""
    made = {"id": caller.confirmation_id, "person": caller.id, "words": words}
    ledger.execute(insert(drafts).values(made))
    return {"draft_id": caller.confirmation_id}


def find_parcel(to):
    """What the courier knows of it by our own key."""
    return told(f"/sent/{caller.confirmation_id}") or None


@plugin.action(
    "/parcels",
    takes={"to": text("Who gets it.")},
    returns=SENT,
    confirm="Send a parcel to {to}?",
    effect="external",
    lookup=find_parcel,
)
def send_parcel(to):
    """Send a parcel."""
    return send("parcel", to)


@plugin.action(
    "/telegrams",
    takes={"to": text("Who gets it.")},
    returns=SENT,
    confirm="Send a telegram to {to}?",
    effect="external",
)
def send_telegram(to):
    """Send a telegram, of which the courier cannot tell later whether it was sent."""
    return send("telegram", to)


def send(kind, to):
    ledger.execute(select(tariff)).all()
    sent = told("/sent", {"key": caller.confirmation_id, "kind": kind, "to": to})
    if to.startswith("who was there when the ledger went"):
        raise OperationalError("SELECT", None, TimeoutError("the connection is gone"))
    return sent


def told(path, body=None):
    """What the courier answers; its refusals in the words of the gateway."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(provider.value + path, data)
    try:
        with urllib.request.urlopen(asked, timeout=timeout.value) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            abort(error.code, "The courier does not take it.")
