"""Identifiers that may leave the system."""

import uuid

import uuid6


def new_public_id() -> uuid.UUID:
    """Return a UUIDv7: unguessable in part, ordered by time of creation."""
    return uuid.UUID(bytes=uuid6.uuid7().bytes)
