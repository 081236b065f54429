"""Order numbers: short enough to read out, too many to guess."""

import secrets

PREFIX = "SO-"
LENGTH = 13  # 65 bits
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U


def new_number() -> str:
    """Return a number no order has; the prefix makes it differ from an id."""
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
