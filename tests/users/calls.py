"""What tests run in processes of their own."""

from users.models import User
from users.services import log_in, register_user


def register(email: str) -> str:
    """Register an address; return the account's public id."""
    return str(
        register_user(email=email, password="quite-unguessable-1").user.public_id
    )


def sign_in(email: str, password: str) -> list[str]:
    """Sign one account in twenty times; return the secrets."""
    return [log_in(email=email, password=password).secret for _ in range(20)]


def count_users() -> int:
    """Return how many accounts this process sees."""
    return User.objects.count()
