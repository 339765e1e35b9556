"""The bookings, and the places they take."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make both tables."""
    prefix = op.get_context().config.attributes["prefix"]
    op.create_table(
        f"{prefix}bookings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("service", sa.String(32), nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("party_size", sa.Integer, nullable=False),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
    )
    op.create_index(None, f"{prefix}bookings", ["owner", "start", "id"])
    booking = sa.ForeignKey(f"{prefix}bookings.id")
    op.create_table(
        f"{prefix}places",
        sa.Column("service", sa.String(32), primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("booking_id", sa.String(32), booking, nullable=False),
    )
    op.create_index(None, f"{prefix}places", ["booking_id"])


def downgrade() -> None:
    """Remove both tables, and every booking with them."""
    prefix = op.get_context().config.attributes["prefix"]
    op.drop_table(f"{prefix}places")
    op.drop_table(f"{prefix}bookings")
