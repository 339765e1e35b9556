"""What the approval of a person needs: versions, the outbox, and the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)
BEGINNING = "0" * 64
APPEND_ONLY = "gateway_audit is append-only"


def upgrade() -> None:
    added = (
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("approve", sa.String(8), nullable=False, server_default="chat"),
        sa.Column("origin", sa.Text, nullable=False, server_default="{}"),
        sa.Column("superseded_by", sa.String(40), nullable=True),
    )
    for column in added:
        op.add_column("gateway_confirmations", column)
    op.create_index(None, "gateway_confirmations", ["status", "expires_at"])
    end_what_was_under_way()
    make_outbox()
    make_audit()
    forbid_changes(op.get_bind().dialect.name)


def end_what_was_under_way() -> None:
    """Older rows do not say how they were asked for, so they cannot be run."""
    op.execute(
        "UPDATE gateway_confirmations SET status = 'expired', waiting_key = NULL"
        " WHERE status = 'confirmation_required'"
    )
    op.execute(
        "UPDATE gateway_confirmations SET status = 'needs_review', waiting_key = NULL"
        " WHERE status IN ('executing', 'outcome_unknown')"
    )


def make_outbox() -> None:
    op.create_table(
        "gateway_outbox",
        sa.Column(
            "confirmation_id",
            sa.String(40),
            sa.ForeignKey("gateway_confirmations.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False, index=True),
        sa.Column("lease_until", INSTANT, nullable=True),
    )


def make_audit() -> None:
    op.create_table(
        "gateway_audit",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("confirmation_id", sa.String(40), nullable=False),
        sa.Column("plugin", sa.String(32), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("edge", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(16), nullable=False),
        sa.Column("principal", sa.String(200), nullable=False, index=True),
        sa.Column("client", sa.String(200), nullable=True),
        sa.Column("approve", sa.String(8), nullable=False),
        sa.Column("account", sa.String(40), nullable=True),
        sa.Column("network", sa.String(64), nullable=True),
        sa.Column("session", sa.String(64), nullable=True),
        sa.Column("action_hash", sa.String(80), nullable=False),
        sa.Column("question_hash", sa.String(80), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    head = op.create_table(
        "gateway_audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": BEGINNING}])


def forbid_changes(dialect: str) -> None:
    """Let nothing change or delete a row of the trail, whatever program is at the ledger."""
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER gateway_audit_no_{verb.lower()} BEFORE {verb} ON gateway_audit"
                f" BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
            )
        # INSERT OR REPLACE takes the place of a row without a word to the triggers above.
        is_there = "EXISTS (SELECT 1 FROM gateway_audit WHERE seq = NEW.seq)"
        op.execute(
            f"CREATE TRIGGER gateway_audit_no_replace BEFORE INSERT ON gateway_audit WHEN {is_there}"
            f" BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION gateway_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER gateway_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON gateway_audit FOR EACH STATEMENT EXECUTE FUNCTION gateway_audit_refuse()"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the ledger from before: what was done must stay on record.")
