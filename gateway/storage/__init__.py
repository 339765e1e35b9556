"""Two kinds of storage, never mixed: the ledger must never lose anything, the cache may vanish."""
