from django.test import SimpleTestCase, override_settings

from tax.checks import check_countries, check_tax_rate


class TaxCheckTests(SimpleTestCase):
    """tax.checks"""

    def test_the_projects_own_settings_pass(self) -> None:
        self.assertEqual([*check_tax_rate(), *check_countries()], [])

    def test_a_rate_that_is_no_share_is_refused(self) -> None:
        for rate in ("20", "-0.1", "a fifth", "", "NaN", None):
            with self.subTest(rate=rate), override_settings(SHOP_TAX_RATE=rate):
                (error,) = check_tax_rate()
                self.assertEqual(error.id, "tax.E001")

    @override_settings(SHOP_COUNTRIES=["AT", "Germany"], SHOP_HOME_COUNTRY="")
    def test_what_is_no_country_is_named(self) -> None:
        errors = check_countries()
        self.assertEqual([error.id for error in errors], ["tax.E002"] * 2)
        self.assertEqual(
            [error.msg for error in errors],
            ["'' is no country.", "'Germany' is no country."],
        )
