"""Accounts, sign-in links, sessions, tokens, confirmations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def account() -> sa.Column[str]:
    """The account that a row belongs to, and goes with."""
    reference = sa.ForeignKey("gateway_accounts.id", ondelete="CASCADE")
    return sa.Column("account_id", sa.String(40), reference, nullable=False)


def upgrade() -> None:
    make_accounts()
    make_confirmations()


def make_accounts() -> None:
    op.create_table(
        "gateway_accounts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("email", sa.String(320), nullable=False, unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "gateway_sign_in_links",
        sa.Column("hash", sa.String(64), primary_key=True),
        account(),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
    op.create_table(
        "gateway_sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        account(),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
    op.create_table(
        "gateway_tokens",
        sa.Column("hash", sa.String(64), primary_key=True),
        account(),
        sa.Column("plugin", sa.String(32), nullable=False),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
    )


def make_confirmations() -> None:
    op.create_table(
        "gateway_confirmations",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("plugin", sa.String(32), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("principal", sa.String(200), nullable=False, index=True),
        sa.Column("client", sa.String(200), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("hash", sa.String(80), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("match_code", sa.String(40), nullable=False),
        sa.Column("natural_key", sa.String(64), nullable=False, index=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("executed_at", INSTANT, nullable=True),
        sa.Column("result", sa.Text, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("waiting_key", sa.String(64), nullable=True, unique=True),
        sa.Column("request_key", sa.String(64), nullable=True, unique=True),
    )


def downgrade() -> None:
    for table in ("confirmations", "tokens", "sessions", "sign_in_links", "accounts"):
        op.drop_table(f"gateway_{table}")
