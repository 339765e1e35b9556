"""The gateway's own tables in the ledger. Secrets are kept as SHA-256 hashes only."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from .naming import NAMING
from .types import Instant, Json

metadata = MetaData(naming_convention=NAMING)

accounts = Table(
    "gateway_accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    # Null for whoever has only ever signed in with a link.
    Column("password_hash", String(200), nullable=True),
)

sign_in_links = Table(
    "gateway_sign_in_links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    Column("expires_at", Instant, nullable=False),
)

invitations = Table(
    "gateway_invitations",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("expires_at", Instant, nullable=False),
)

sessions = Table(
    "gateway_sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    # Begun with a link, which stands in for a password that was forgotten.
    Column("by_link", Boolean, nullable=False, server_default=false()),
)

# What a person allowed an assistant to do with one plugin. Its tokens go with it.
grants = Table(
    "gateway_grants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("plugin", String(32), nullable=False),
    Column("client", String(200), nullable=False, index=True),
    Column("client_name", String(200), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("renewed_at", Instant, nullable=False),
)

access_tokens = Table(
    "gateway_access_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("grant_id", ForeignKey(grants.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=True, index=True),
)

refresh_tokens = Table(
    "gateway_refresh_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("grant_id", ForeignKey(grants.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    # Set when it was exchanged; it stays, so that a second use is noticed.
    Column("used_at", Instant, nullable=True),
)

# Programs that registered themselves, or that whoever runs the gateway added.
clients = Table(
    "gateway_clients",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("plugin", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("redirect_uris", Json, nullable=False),
    Column("auth_method", String(32), nullable=False),
    Column("secret_hash", String(64), nullable=True),
    Column("refreshes", Boolean, nullable=False),
    Column("needs_pkce", Boolean, nullable=False),
    Column("is_predefined", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False, index=True),
)

# What an assistant asks a person to allow, as it stood when it was asked; then the answer, and the
# code that is exchanged once.
authorizations = Table(
    "gateway_authorizations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("plugin", String(32), nullable=False),
    Column("issuer", String(300), nullable=False),
    Column("client", String(200), nullable=False),
    Column("client_name", String(200), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("state", Text, nullable=True),
    # Null for clients of 2023, which know no PKCE.
    Column("challenge", String(43), nullable=True),
    Column("resource", String(300), nullable=False),
    Column("refreshes", Boolean, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    # From here on: the answer.
    Column("account_id", ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=True),
    Column("code_hash", String(64), nullable=True, unique=True),
    Column("code_expires_at", Instant, nullable=True),
    Column("wrong_verifiers", Integer, nullable=False),
    Column("decided_at", Instant, nullable=True),
    Column("redeemed_at", Instant, nullable=True),
    # No foreign key: ending a grant would lock this row after the grant's, and codes lock it before.
    Column("grant_id", String(40), nullable=True),
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
    # Grows with every edge, which names the one it leaves: of two that move it, one finds nothing.
    Column("version", Integer, nullable=False, server_default="0"),
    # The default is for rows from before there was a page; every new one says it.
    Column("approve", String(8), nullable=False, server_default="chat"),
    # By which door, assistant and language it was asked for: in these it runs, and its links are made.
    Column("origin", Json, nullable=False, server_default="{}"),
    Column("superseded_by", String(40), nullable=True),
    # At most one confirmation waits for the same call without a key: set while it waits, else null.
    Column("waiting_key", String(64), nullable=True, unique=True),
    # Stands for the caller's own key, for 24 hours.
    Column("request_key", String(64), nullable=True, unique=True),
    Index(None, "status", "expires_at"),
)

# Effects elsewhere that a person has approved and that are not settled: made, refused or handed to a
# person. Whoever makes one holds its lease, and its outcome counts only under the fence it took.
outbox = Table(
    "gateway_outbox",
    metadata,
    Column("confirmation_id", ForeignKey(confirmations.c.id, ondelete="CASCADE"), primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    # Null while nobody is at it.
    Column("lease_until", Instant, nullable=True),
)

# What became of every action, one row an edge, each sealed with the hash of the one before. Nothing in
# here is free text or a secret, and no row is ever changed: triggers refuse it.
audit = Table(
    "gateway_audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("confirmation_id", String(40), nullable=False),
    Column("plugin", String(32), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("actor", String(16), nullable=False),
    Column("principal", String(200), nullable=False, index=True),
    Column("client", String(200), nullable=True),
    Column("approve", String(8), nullable=False),
    # Of whoever moved it on the page; null for the others.
    Column("account", String(40), nullable=True),
    # The network, not the address: /24 or /64.
    Column("network", String(64), nullable=True),
    # Of the signed-in browser: a hash of its hash, which opens nothing.
    Column("session", String(64), nullable=True),
    Column("action_hash", String(80), nullable=False),
    Column("question_hash", String(80), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# The last row of the trail, so that one that is cut off is missed; and the turn of whoever appends.
audit_head = Table(
    "gateway_audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
