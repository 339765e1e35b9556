"""Why a password cannot be taken, in words."""

from collections.abc import Mapping

from ..auth.passwords import LONGEST, SHORTEST, Fault, fault_of
from .described import Words

IN_WORDS: Mapping[Fault, Words] = {
    Fault.TOO_SHORT: (
        f"Choose a password of {SHORTEST} characters or more.",
        f"密码至少需要 {SHORTEST} 个字符。",
    ),
    Fault.TOO_LONG: (
        f"Choose a password of at most {LONGEST:,} characters.",
        f"密码最多 {LONGEST:,} 个字符。",
    ),
    Fault.COMMON: (
        "Many people use this password, so it is among the first to be guessed. Choose another.",
        "这个密码很常见，容易被猜到，请换一个。",
    ),
    Fault.IS_THE_EMAIL: (
        "This password is your email address. Choose another.",
        "密码与邮箱地址相同，请换一个。",
    ),
}


def password_fault(password: str, email: str) -> Words | None:
    """What is wrong with a new password for the account of `email`; None where it can be taken."""
    fault = fault_of(password, email)
    return IN_WORDS[fault] if fault else None
