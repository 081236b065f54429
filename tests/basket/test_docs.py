import doctest
from pathlib import Path
from unittest import TestCase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pricing.md"


class PricingPageTests(TestCase):
    """docs/pricing.md"""

    def test_its_examples_come_to_what_they_say(self) -> None:
        failed, tried = doctest.testfile(str(PAGE), module_relative=False)
        self.assertEqual(failed, 0)
        self.assertGreater(tried, 10)
