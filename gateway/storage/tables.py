"""The gateway's own tables in the ledger. Secrets are kept as SHA-256 hashes only."""

from sqlalchemy import Column, ForeignKey, MetaData, String, Table

from .naming import NAMING
from .types import Instant, Json

metadata = MetaData(naming_convention=NAMING)

accounts = Table(
    "gateway_accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
)

sign_in_links = Table(
    "gateway_sign_in_links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    Column("expires_at", Instant, nullable=False),
)

sessions = Table(
    "gateway_sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

tokens = Table(
    "gateway_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    Column("plugin", String(32), nullable=False),
    Column("client", String(200), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=True),
)

confirmations = Table(
    "gateway_confirmations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("plugin", String(32), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("principal", String(200), nullable=False, index=True),
    Column("client", String(200), nullable=True),
    Column("status", String(32), nullable=False),
    Column("arguments", Json, nullable=False),
    Column("quote", Json, nullable=False),
    Column("hash", String(80), nullable=False),
    Column("question", Json, nullable=False),
    Column("match_code", String(40), nullable=False),
    Column("natural_key", String(64), nullable=False, index=True),
    Column("subject", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("executed_at", Instant, nullable=True),
    Column("result", Json, nullable=True),
    Column("error", Json, nullable=True),
    # At most one confirmation waits for the same call without a key: set while it waits, else null.
    Column("waiting_key", String(64), nullable=True, unique=True),
    # Stands for the caller's own key, for 24 hours.
    Column("request_key", String(64), nullable=True, unique=True),
)
