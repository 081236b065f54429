from django.test import SimpleTestCase, override_settings

from basket.checks import check_currency


class CurrencyCheckTests(SimpleTestCase):
    """basket.checks"""

    def test_currencies_with_up_to_three_places_pass(self) -> None:
        for currency in ("JPY", "EUR", "KWD"):
            with override_settings(SHOP_CURRENCY=currency):
                self.assertEqual(check_currency(), [])

    def test_what_is_no_currency_is_refused(self) -> None:
        for currency in ("eur", "", "CLF", None):
            with self.subTest(currency), override_settings(SHOP_CURRENCY=currency):
                (error,) = check_currency()
                self.assertEqual(error.id, "basket.E001")
