"""Count things, one at a time, and take counts back.

Use this when the tests want an action whose every effect can be counted.
"""

import time

from flask import abort
from marshmallow import Schema, fields, validate
from sqlalchemy import Column, Integer, String, delete, func, insert, select

from gateway import OAuth, Plugin, Public, caller, ledger

plugin = Plugin(__name__, title="Counter", auth=OAuth("counts:read", "counts:write"))

counts = plugin.table(
    "counts",
    Column("id", String(40), primary_key=True),
    Column("person", String(40), nullable=False),
    Column("amount", Integer, nullable=False),
)


class Count(Schema):
    """One thing counted."""

    count_id = fields.String(required=True, metadata={"description": "Its name."})
    amount = fields.Integer(required=True, metadata={"description": "How much."})


AMOUNT = fields.Integer(
    required=True, validate=validate.Range(1, 1000), metadata={"description": "How much to count."}
)
NOTE = fields.String(load_default="", metadata={"description": "What for."})
AT = fields.AwareDateTime(load_default=None, metadata={"description": "When it happened."})
COUNT_ID = fields.String(required=True, metadata={"description": "Which count."})


@plugin.query("/total", returns={"total": fields.Integer(), "rows": fields.Integer()})
def get_total():
    """Tell the total of your own counts."""
    query = select(func.coalesce(func.sum(counts.c.amount), 0), func.count())
    total, rows = ledger.execute(query.where(counts.c.person == caller.id)).one()
    return {"total": total, "rows": rows}


@plugin.query("/hints", returns={"region": fields.String(), "id": fields.String()}, auth=Public())
def tell_hints():
    """Tell what is known of the caller."""
    return {"region": caller.region, "id": caller.id}


@plugin.query(
    "/echo",
    takes={
        "words": fields.List(fields.String(), load_default=list),
        "times": fields.Integer(load_default=1, validate=validate.Range(1, 9)),
        "loud": fields.Boolean(load_default=False),
    },
    returns={"words": fields.List(fields.String())},
    auth=Public(),
)
def echo(words, times, loud):
    """Say words again."""
    return {"words": [word.upper() if loud else word for word in words] * times}


@plugin.action(
    "/counts",
    takes={"amount": AMOUNT, "note": NOTE, "at": AT},
    returns=Count,
    confirm={"en": "Count {amount} for “{note}”?", "zh": "为“{note}”计数 {amount} 吗?"},
    approve="chat",
)
def count(amount, note, at):
    """Count something."""
    if amount == 409:
        abort(409, "There is no room for 409.")
    if amount == 503:
        abort(503, "Counting is closed for a minute.")
    ledger.execute(
        insert(counts).values(id=caller.confirmation_id, person=caller.id, amount=amount)
    )
    if amount == 500:
        raise RuntimeError("a mistake of the author's")
    return {"count_id": caller.confirmation_id, "amount": amount}


def ask_to_uncount(count_id):
    """The question, with what is taken back."""
    row = ledger.execute(select(counts).where(counts.c.id == count_id)).one_or_none()
    if row is None or row.person != caller.id:
        abort(404, "You have no such count.")
    return f"Take back the count of {row.amount}?", {"amount": row.amount}


@plugin.action(
    "/counts/<count_id>/uncount",
    takes={"count_id": COUNT_ID},
    returns=Count,
    confirm=ask_to_uncount,
    approve="chat",
)
def uncount(count_id):
    """Take a count back."""
    gone = delete(counts).where(counts.c.id == count_id).returning(counts.c.amount)
    return {"count_id": count_id, "amount": ledger.execute(gone).scalar_one()}


def ask_to_settle():
    """The question, which rests on the total of the moment."""
    total = get_total()["total"]
    return f"Settle all {total}?", {"total": total}


@plugin.action("/settle", returns=Count, confirm=ask_to_settle, approve="chat")
def settle():
    """Settle everything counted."""
    return {"count_id": caller.confirmation_id, "amount": get_total()["total"]}


@plugin.action(
    "/bells",
    takes={"tone": fields.String(required=True, metadata={"description": "How it sounds."})},
    returns={"rung": fields.Integer(metadata={"description": "How often it has rung."})},
    confirm="Ring {tone}?",
    approve="chat",
    effect="external",
)
def ring(tone):
    """Ring a bell, which is an effect outside the ledger."""
    if tone == "busy":
        abort(503, "The bell is busy.")
    if tone == "none":
        abort(409, "There is no such bell.")
    file = plugin.data_dir / f"{caller.confirmation_id}.rung"
    with file.open("a") as bell:
        bell.write(f"{tone}\n")
    if tone == "broken" and len(file.read_text().splitlines()) == 1:
        raise TimeoutError("the bell did not answer")
    if tone == "slow":
        time.sleep(1.5)
    return {"rung": len(file.read_text().splitlines())}


def find_chime(tone):
    """Whether the chime has rung under this confirmation."""
    file = plugin.data_dir / f"{caller.confirmation_id}.rung"
    return {"rung": len(file.read_text().splitlines())} if file.exists() else None


@plugin.action(
    "/chimes",
    takes={"tone": fields.String(required=True, metadata={"description": "How it sounds."})},
    returns={"rung": fields.Integer(metadata={"description": "How often it has rung."})},
    confirm="Chime {tone}?",
    approve="chat",
    effect="external",
    lookup=find_chime,
)
def chime(tone):
    """Ring a chime, of which one can tell whether it has rung."""
    tried = plugin.data_dir / f"{caller.confirmation_id}.tried"
    if tone == "lost" and not tried.exists():
        tried.touch()
        raise TimeoutError("the chime was not reached")
    return ring(tone)


@plugin.get("/pages/total")
def total_page():
    """A private page."""
    if caller.id is None:
        abort(401)
    return f"<p>The secret total of {caller.id} is {get_total()['total']}</p>"
