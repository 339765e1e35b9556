"""Places that are held for somebody who is asked about them, and the keys of calendar files."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let a place be held instead of booked, and give every booking a key."""
    prefix = op.get_context().config.attributes["prefix"]
    with op.batch_alter_table(f"{prefix}places") as change:
        change.alter_column("booking_id", existing_type=sa.String(32), nullable=True)
        change.add_column(sa.Column("held_by", sa.String(64)))
        change.add_column(sa.Column("held_until", sa.BigInteger))
        change.create_check_constraint(
            "booked_or_held", "(booking_id IS NULL) = (held_until IS NOT NULL)"
        )
    op.add_column(f"{prefix}bookings", sa.Column("calendar_key", sa.String(32)))
    _make_keys(sa.table(f"{prefix}bookings", sa.column("id"), sa.column("calendar_key")))


def _make_keys(bookings: sa.TableClause) -> None:
    ledger = op.get_bind()
    for booking_id in ledger.scalars(sa.select(bookings.c.id)).all():
        key = secrets.token_urlsafe(24)
        one = sa.update(bookings).where(bookings.c.id == booking_id)
        ledger.execute(one.values(calendar_key=key))


def downgrade() -> None:
    """Give up all holds and keys."""
    prefix = op.get_context().config.attributes["prefix"]
    op.drop_column(f"{prefix}bookings", "calendar_key")
    places = sa.table(f"{prefix}places", sa.column("booking_id"))
    op.execute(sa.delete(places).where(places.c.booking_id.is_(None)))
    with op.batch_alter_table(places.name) as change:
        change.drop_constraint("booked_or_held", type_="check")
        change.drop_column("held_until")
        change.drop_column("held_by")
        change.alter_column("booking_id", existing_type=sa.String(32), nullable=False)
