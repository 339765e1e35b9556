"""Secrets that we hand out and keep only as hashes.

They are 256 random bits, so a plain SHA-256 is enough: there is nothing to guess.
"""

import base64
import hashlib
import hmac
import secrets


def new_secret(prefix: str) -> str:
    """A secret with a prefix that scanners of leaked secrets can recognise."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def derived_secret(prefix: str, key: str, *parts: str) -> str:
    """The secret that belongs to `parts`: always the same, and nobody without `key` can tell it.

    So a reply that was lost can be given again, although only hashes are kept. The parts must not
    hold a colon but in the last.
    """
    digest = hmac.digest(key.encode(), ":".join((prefix, *parts)).encode(), hashlib.sha256)
    return f"{prefix}_{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def hashed(secret: str) -> str:
    """How a secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
