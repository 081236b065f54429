import sys
from typing import Any, ClassVar

from django.test import TransactionTestCase

from orders.models import Order
from tests.buying.invariants import find_faults
from tests.clients.generating import HERE, node, python_client, typescript_client
from tests.clients.stories import load_films, tell_story
from users.models import User


class StoryMixin:
    """A shopper's day by a generated client, as it is told and as it is kept"""

    maxDiff = None
    email: ClassVar[str]

    def setUp(self) -> None:
        load_films()
        self.imported = find_faults()  # orders of the past, which no ledger has

    def check(self, told: dict[str, Any]) -> None:
        """Hold what was told against what must be seen, and both against the books."""
        orders = [told["order"], *told["orders"]]
        history = orders[::-1]
        seen = {
            "registered": self.email,
            "taken": [409, "email-taken", "#/email"],
            "faulty": [400, "invalid-input", "#/email"],
            "proved": True,
            "verified": True,
            "prices": ["8.99", "7.99"],
            "kept": 304,
            "missing": [404, "not-found"],
            "quantities": [3],
            "again": orders[0],
            "replayed": "true",
            "reused": [422, "idempotency-key-reused"],
            "pages": [history[:2], history[2:4], history[4:]],
            "throttled": [429, "throttled"],
            "limit": "4",
            "remaining": "0",
            "wait": "1",
            "answers": ["EUR"] * 8,
            "waited": True,
        }
        self.assertEqual(told, told | seen)
        user = User.objects.with_email(self.email).get()
        kept = Order.objects.filter(user=user).order_by("pk")
        self.assertEqual([order.number for order in kept], orders)
        self.assertEqual(find_faults(), self.imported)


class PythonClientTests(StoryMixin, TransactionTestCase):
    """The package that openapi-python-client makes of docs/openapi.yml"""

    email = "zoe.python@example.com"

    def test_it_registers_browses_orders_and_backs_off(self) -> None:
        story = HERE / "python" / "story.py"
        told = tell_story(
            [sys.executable, str(story)], {"PYTHONPATH": str(python_client())}
        )
        self.check(told)
        self.assertRegex(told["xml"], r"<root>.*<currency>EUR</currency>.*</root>")


class TypeScriptClientTests(StoryMixin, TransactionTestCase):
    """The types that openapi-typescript makes of it, and openapi-fetch"""

    email = "zoe.typescript@example.com"

    def test_it_registers_browses_orders_and_backs_off(self) -> None:
        story = typescript_client() / "story.ts"
        self.check(tell_story([str(node()), str(story)], {}))
