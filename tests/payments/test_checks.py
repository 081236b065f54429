from django.test import SimpleTestCase, override_settings

from payments.checks import check_methods, check_providers, check_stripe
from tests.payments.stripes import stripe_settings
from tests.processes import run_python

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "shop.settings.prod",
    "DJANGO_SECRET_KEY": "0123456789" * 6,
    "DJANGO_ALLOWED_HOSTS": "shop.example.com",
    "PAYMENT_METHODS": "invoice,dummy",
}


class CheckTests(SimpleTestCase):
    """payments.checks"""

    def test_the_settings_of_tests_are_good(self) -> None:
        self.assertEqual([*check_providers(), *check_methods(), *check_stripe()], [])

    def test_every_provider_is_what_it_is_called(self) -> None:
        manual = "payments.providers.manual"
        for path, told in (
            ("nowhere.Provider", "No module named 'nowhere'"),
            (f"{manual}.Charge", "not a subclass"),
            (f"{manual}.InvoiceProvider", 'called "invoice"'),
        ):
            with self.subTest(path), override_settings(PAYMENT_PROVIDERS={"x": path}):
                (error,) = check_providers()
                self.assertEqual(error.id, "payments.E001")
                self.assertIn(told, error.msg)
                self.assertEqual(error.hint, f"PAYMENT_PROVIDERS['x'] = {path!r}")

    @override_settings(PAYMENT_METHODS=["invoice", "barter"])
    def test_what_is_offered_is_known(self) -> None:
        (error,) = check_methods()
        self.assertEqual(error.id, "payments.E002")
        self.assertIn("barter", error.msg)

    def test_stripe_needs_its_keys(self) -> None:
        with stripe_settings("http://127.0.0.1:1"):
            self.assertEqual(check_stripe(), [])
            with self.settings(
                STRIPE_SECRET_KEY="", STRIPE_WEBHOOK_SECRETS=[], STRIPE_CAPTURE="later"
            ):
                errors = check_stripe()
        self.assertEqual([error.id for error in errors], ["payments.E003"] * 3)

    def test_production_refuses_the_dummy(self) -> None:
        command = ("-m", "django", "diffsettings")
        refused = run_python(*command, extra=PRODUCTION)
        self.assertIn("anyone could buy without paying", refused.stderr)
        self.assertNotEqual(refused.returncode, 0)
        allowed = run_python(*command, extra=PRODUCTION | {"PAYMENT_ALLOW_DUMMY": "1"})
        self.assertEqual(allowed.returncode, 0, allowed.stderr)
