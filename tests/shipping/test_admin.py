from decimal import Decimal

from django.test import TestCase
from django.urls import reverse
from reversion.models import Version

from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from tests.shipping.factories import make_method, make_rate, make_zone
from users.models import User


class ShippingPageTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("s@example.com", "x"))
        self.method = make_method()

    def values(self, **changes: object) -> dict[str, object]:
        return {
            "name": "Alps",
            "position": 0,
            "countries": ["CH", "AT"],
            "postcodes": "",
            "rates-TOTAL_FORMS": 1,
            "rates-INITIAL_FORMS": 0,
            "rates-0-method": self.method.pk,
            "rates-0-price": "4.90",
            "rates-0-currency": "EUR",
            "rates-0-min_weight_grams": "0",
            "rates-0-min_value": "0",
        } | changes

    def test_a_zone_is_added_with_its_rates(self) -> None:
        url = reverse("admin:shipping_shippingzone_add")
        self.assertEqual(self.client.post(url, self.values()).status_code, 302)
        zone = ShippingZone.objects.get()
        self.assertEqual(zone.countries, ["CH", "AT"])
        rate = zone.rates.get()
        self.assertEqual((rate.method, rate.price), (self.method, Decimal("4.90")))
        self.assertEqual(Version.objects.get_for_object(zone).count(), 1)
        self.assertEqual(Version.objects.get_for_object(rate).count(), 1)
        page = self.client.get(reverse("admin:shipping_shippingzone_changelist"))
        self.assertContains(page, "CH, AT")

    def test_faults_are_shown_and_nothing_is_stored(self) -> None:
        url = reverse("admin:shipping_shippingzone_add")
        for changes, message in (
            ({"countries": ["XX"]}, "Select a valid choice"),
            ({"rates-0-price": "4.905"}, "Too many places for EUR."),
            ({"rates-0-price": "-1"}, "No amount may be below 0."),
            ({"rates-0-currency": "eur"}, "is not a currency"),
            ({"rates-0-max_value": "-1"}, "The values are not in order."),
            (
                {"rates-0-min_weight_grams": "2", "rates-0-max_weight_grams": "1"},
                "The weights are not in order.",
            ),
        ):
            with self.subTest(changes=changes):
                answer = self.client.post(url, self.values(**changes))
                self.assertContains(answer, message)
        self.assertEqual(ShippingZone.objects.count(), 0)
        self.assertEqual(ShippingRate.objects.count(), 0)

    def test_a_method_needs_both_numbers_of_days(self) -> None:
        url = reverse("admin:shipping_shippingmethod_add")
        values = {"code": "slow", "name": "Slow", "min_days": 3, "position": 0}
        answer = self.client.post(url, values)
        self.assertContains(answer, "Give both numbers of days, lowest first.")
        self.client.post(url, values | {"max_days": 5})
        self.assertEqual(ShippingMethod.objects.get(code="slow").max_days, 5)

    def test_pages_have_a_fixed_number_of_queries(self) -> None:
        zone = make_zone("AT")
        make_rate(zone, self.method)
        url = reverse("admin:shipping_shippingzone_change", args=[zone.pk])
        self.client.get(url)  # the process remembers content types
        for more in (4, 20, 0):
            # user, savepoint and release, zone and rates, twice: their digests first
            with self.assertNumQueries(9):
                self.assertEqual(self.client.get(url).status_code, 200)
            for number in range(more):
                make_rate(zone, make_method(f"method-{more}-{number}"))
