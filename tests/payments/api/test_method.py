from django.test import TestCase, override_settings
from rest_framework.test import APIClient

from tests.payments.stripes import stripe_settings

URL = "/api/payment/method/"


class PaymentMethodTests(TestCase):
    """GET /api/payment/method/"""

    def test_what_is_offered_is_listed_in_order(self) -> None:
        with stripe_settings("http://127.0.0.1:1"), self.assertNumQueries(0):
            answer = APIClient().get(URL)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {
                "count": 3,
                "next": None,
                "previous": None,
                "results": [
                    {"provider": "invoice", "name": "Invoice"},
                    {
                        "provider": "stripe",
                        "name": "Card",
                        "publishable_key": "pk_test_localstripe",
                    },
                    {"provider": "dummy", "name": "Test payment"},
                ],
            },
        )
        self.assertEqual(answer["Cache-Control"], "public, no-cache")

    @override_settings(PAYMENT_METHODS=[])
    def test_nothing_may_be_offered(self) -> None:
        self.assertEqual(APIClient().get(URL).json()["results"], [])

    def test_fields_can_be_picked(self) -> None:
        answer = APIClient().get(URL, {"fields": "provider"})
        self.assertEqual(answer.json()["results"][0], {"provider": "invoice"})
