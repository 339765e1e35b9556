"""The tariff, stamps and drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    prefix = op.get_context().config.attributes["prefix"]
    op.create_table(f"{prefix}tariff", sa.Column("price", sa.Integer, primary_key=True))
    op.create_table(
        f"{prefix}stamps",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("price", sa.Integer, nullable=False),
    )
    op.create_table(
        f"{prefix}drafts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
    )


def downgrade():
    prefix = op.get_context().config.attributes["prefix"]
    for name in ("drafts", "stamps", "tariff"):
        op.drop_table(f"{prefix}{name}")
