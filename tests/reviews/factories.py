import factory

from reviews.models import Review
from tests.catalogue.factories import ProductFactory
from tests.users.factories import UserFactory


class ReviewFactory(factory.django.DjangoModelFactory):
    """A review of a product of its own that waits for a decision."""

    class Meta:
        model = Review

    product = factory.SubFactory(ProductFactory)
    author = factory.SubFactory(UserFactory)
    rating = 4
    title = "Worth seeing"
    text = "Twice, even."
    is_verified_buyer = False
