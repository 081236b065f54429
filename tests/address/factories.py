import factory

from address.models import Address
from tests.users.factories import UserFactory


class AddressFactory(factory.django.DjangoModelFactory):
    """An address of an account of its own; no default."""

    class Meta:
        model = Address

    user = factory.SubFactory(UserFactory)
    first_name = "Ada"
    last_name = "Lovelace"
    line1 = "Stephansplatz 1"
    city = "Wien"
    postcode = "1010"
    country = "AT"
