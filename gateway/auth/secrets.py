"""Secrets that we hand out and keep only as hashes.

They are 256 random bits, so a plain SHA-256 is enough: there is nothing to guess.
"""

import hashlib
import secrets


def new_secret(prefix: str) -> str:
    """A secret with a prefix that scanners of leaked secrets can recognise."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hashed(secret: str) -> str:
    """How a secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
