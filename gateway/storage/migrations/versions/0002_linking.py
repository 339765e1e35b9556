"""Passwords, invitations, grants with their tokens, clients, authorizations.

A token that was made by hand before becomes a grant with one token, so that people can see and revoke
it like any other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)


def hash_key() -> sa.Column[str]:
    return sa.Column("hash", sa.String(64), primary_key=True)


def owner(column: str, table: str) -> sa.Column[str]:
    """The row that this one belongs to, and goes with."""
    reference = sa.ForeignKey(f"gateway_{table}.id", ondelete="CASCADE")
    return sa.Column(column, sa.String(40), reference, nullable=False, index=True)


def upgrade() -> None:
    op.add_column("gateway_accounts", sa.Column("password_hash", sa.String(200), nullable=True))
    by_link = sa.Column("by_link", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("gateway_sessions", by_link)
    op.create_table(
        "gateway_invitations",
        hash_key(),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
    make_grants()
    make_clients()
    make_authorizations()


def make_grants() -> None:
    op.create_table(
        "gateway_grants",
        sa.Column("id", sa.String(40), primary_key=True),
        owner("account_id", "accounts"),
        sa.Column("plugin", sa.String(32), nullable=False),
        sa.Column("client", sa.String(200), nullable=False, index=True),
        sa.Column("client_name", sa.String(200), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("renewed_at", INSTANT, nullable=False),
    )
    op.create_table(
        "gateway_access_tokens",
        hash_key(),
        owner("grant_id", "grants"),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True, index=True),
    )
    op.create_table(
        "gateway_refresh_tokens",
        hash_key(),
        owner("grant_id", "grants"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.Column("used_at", INSTANT, nullable=True),
    )
    keep_tokens()
    op.drop_table("gateway_tokens")


def keep_tokens() -> None:
    op.execute(
        "INSERT INTO gateway_grants"
        " (id, account_id, plugin, client, client_name, scopes, created_at, renewed_at)"
        " SELECT 'grt_' || substr(hash, 1, 32), account_id, plugin, client, client, scopes,"
        " created_at, created_at FROM gateway_tokens"
    )
    op.execute(
        "INSERT INTO gateway_access_tokens (hash, grant_id, scopes, created_at, expires_at)"
        " SELECT hash, 'grt_' || substr(hash, 1, 32), scopes, created_at, expires_at"
        " FROM gateway_tokens"
    )


def make_clients() -> None:
    op.create_table(
        "gateway_clients",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("plugin", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("redirect_uris", sa.Text, nullable=False),
        sa.Column("auth_method", sa.String(32), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=True),
        sa.Column("refreshes", sa.Boolean, nullable=False),
        sa.Column("needs_pkce", sa.Boolean, nullable=False),
        sa.Column("is_predefined", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False, index=True),
    )


def make_authorizations() -> None:
    op.create_table(
        "gateway_authorizations",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("plugin", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("client_name", sa.String(200), nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=True),
        sa.Column("challenge", sa.String(43), nullable=True),
        sa.Column("resource", sa.String(300), nullable=False),
        sa.Column("refreshes", sa.Boolean, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.Column(
            "account_id",
            sa.String(40),
            sa.ForeignKey("gateway_accounts.id", ondelete="CASCADE"),
            nullable=True,
        ),
        sa.Column("code_hash", sa.String(64), nullable=True, unique=True),
        sa.Column("code_expires_at", INSTANT, nullable=True),
        sa.Column("wrong_verifiers", sa.Integer, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("redeemed_at", INSTANT, nullable=True),
        sa.Column("grant_id", sa.String(40), nullable=True),
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the ledger from before: grants cannot become tokens again.")
