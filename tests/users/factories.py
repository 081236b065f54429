import secrets

import factory
from knox.crypto import hash_token

from users.models import ApiKey, AuthToken, User

PASSWORD = "a-long-way-home-77"


class UserFactory(factory.django.DjangoModelFactory):
    """A customer who may sign in with ``PASSWORD``."""

    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    password = PASSWORD
    first_name = "Ada"
    last_name = "Lovelace"

    @classmethod
    def _create(cls, model_class: type[User], **fields: object) -> User:
        return model_class.objects.create_user(**fields)


def create_token(user: User | None = None, **fields: object) -> tuple[AuthToken, str]:
    """Sign a device in without a password; return the row and its secret."""
    return AuthToken.objects.create(user=user or UserFactory(), **fields)


def create_key(
    user: User | None = None, *scopes: str, **fields: object
) -> tuple[ApiKey, str]:
    """Store a key, whatever its owner may do; return the row and its secret."""
    secret = f"shop_live_{secrets.token_hex(32)}"
    key = ApiKey.objects.create(
        user=user or UserFactory(),
        digest=hash_token(secret),
        hint=secret[:18],
        scopes=[*scopes],
        **{"name": "Warehouse"} | fields,
    )
    return key, secret
