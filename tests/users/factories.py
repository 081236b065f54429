import factory

from users.models import AuthToken, User

PASSWORD = "a-long-way-home-77"


class UserFactory(factory.django.DjangoModelFactory):
    """A customer who may sign in with ``PASSWORD``."""

    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"customer{number}@example.com")
    password = PASSWORD
    first_name = "Ada"
    last_name = "Lovelace"

    @classmethod
    def _create(cls, model_class: type[User], **fields: object) -> User:
        return model_class.objects.create_user(**fields)


def create_token(user: User | None = None, **fields: object) -> tuple[AuthToken, str]:
    """Sign a device in without a password; return the row and its secret."""
    return AuthToken.objects.create(user=user or UserFactory(), **fields)
