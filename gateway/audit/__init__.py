"""The audit trail: what became of every action, in rows that only grow and that seal one another."""
