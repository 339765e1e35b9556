"""The counts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    prefix = op.get_context().config.attributes["prefix"]
    op.create_table(
        f"{prefix}counts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
    )


def downgrade():
    op.drop_table(op.get_context().config.attributes["prefix"] + "counts")
