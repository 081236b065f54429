from decimal import Decimal

from django.test import TestCase
from django.urls import reverse
from reversion.models import Version

from tax.models import TaxClass
from tests.pages import save_page
from tests.tax.factories import make_tax_class
from users.models import User


class TaxClassPageTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("s@example.com", "x"))

    def values(self, **changes: object) -> dict[str, object]:
        return {
            "code": "reduced",
            "name": "Reduced",
            "rates-TOTAL_FORMS": 1,
            "rates-INITIAL_FORMS": 0,
            "rates-0-country": "DE",
            "rates-0-region": "",
            "rates-0-percent": "7",
        } | changes

    def test_a_class_is_added_with_its_rates(self) -> None:
        answer = self.client.post(reverse("admin:tax_taxclass_add"), self.values())
        self.assertEqual(answer.status_code, 302)
        made = TaxClass.objects.get()
        self.assertIsNone(made.is_default)
        rate = made.rates.get()
        self.assertEqual((rate.country, rate.percent), ("DE", Decimal(7)))
        self.assertEqual(Version.objects.get_for_object(made).count(), 1)
        self.assertEqual(Version.objects.get_for_object(rate).count(), 1)

    def test_a_class_takes_the_default_over(self) -> None:
        standard = make_tax_class()
        url = reverse("admin:tax_taxclass_add")
        self.client.post(url, self.values(default="on"))
        self.assertEqual(TaxClass.objects.get(is_default=True).code, "reduced")
        standard.refresh_from_db()
        self.assertIsNone(standard.is_default)

    def test_a_default_is_not_just_dropped(self) -> None:
        standard = make_tax_class()
        url = reverse("admin:tax_taxclass_change", args=[standard.pk])
        values = self.values(code="standard", name="Renamed")
        self.assertEqual(save_page(self.client, url, values).status_code, 302)
        standard.refresh_from_db()
        self.assertEqual((standard.name, standard.is_default), ("Renamed", True))

    def test_faults_are_shown(self) -> None:
        url = reverse("admin:tax_taxclass_add")
        for changes, message in (
            ({"rates-0-percent": "101"}, "Give a percentage from 0 to 100."),
            ({"rates-0-country": "XX"}, "Select a valid choice"),
            (
                {"rates-0-country": "", "rates-0-region": "Texas"},
                "A region needs its country.",
            ),
        ):
            with self.subTest(changes=changes):
                answer = self.client.post(url, self.values(**changes))
                self.assertContains(answer, message)
        self.assertEqual(TaxClass.objects.count(), 0)

    def test_a_region_has_one_rate_whatever_it_is_called(self) -> None:
        url = reverse("admin:tax_taxclass_add")
        changes = {
            "rates-TOTAL_FORMS": 2,
            "rates-0-country": "US",
            "rates-0-region": "CA",
            "rates-1-country": "US",
            "rates-1-percent": "8",
        }
        for region in ("California", "ca"):
            answer = self.client.post(
                url, self.values(**changes | {"rates-1-region": region})
            )
            self.assertContains(answer, f"There are two rates of {region} (US).")
        self.assertEqual(TaxClass.objects.count(), 0)
        for others in (
            {"rates-1-region": "Texas"},
            {"rates-1-region": "", "code": "other"},
            {"rates-1-region": "ca", "rates-1-DELETE": "on", "code": "third"},
        ):
            answer = self.client.post(url, self.values(**changes | others))
            self.assertEqual(answer.status_code, 302)

    def test_a_former_version_brings_its_rates_back(self) -> None:
        self.client.post(reverse("admin:tax_taxclass_add"), self.values())
        made = TaxClass.objects.get()
        rate = made.rates.get()
        url = reverse("admin:tax_taxclass_change", args=[made.pk])
        values = self.values(
            **{
                "rates-INITIAL_FORMS": 1,
                "rates-0-id": rate.pk,
                "rates-0-tax_class": made.pk,
                "rates-0-percent": "9",
            }
        )
        save_page(self.client, url, values)
        self.assertEqual(made.rates.get().percent, 9)
        first = Version.objects.get_for_object(made).order_by("pk").first()
        url = reverse("admin:tax_taxclass_revert", args=[made.pk])
        self.client.post(url, {"version": first.pk, "all": "1"})
        self.assertEqual(made.rates.get().percent, 7)
