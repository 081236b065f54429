from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase
from structlog.testing import capture_logs

from custom.caching import versions
from tests.catalogue.factories import ProductFactory
from tests.custom.caching.kept import KeptPages, forget_processes_memory
from tests.custom.throttling.limits import own_limits


class CacheCommandTests(KeptPages, TestCase):
    """manage.py cache"""

    def run_command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("cache", *arguments, stdout=out)
        return out.getvalue()

    def test_show(self) -> None:
        versions.get_versions().raise_tags(["products"])
        page = f"/api/product/{ProductFactory().pk}/"
        size = len(self.client.get(page).content)
        told = self.run_command("show")
        self.assertRegex(told, r"^1 changes so far; [\d,]+ of 67,108,864 bytes added")
        used = int(told.split(";")[1].split(" of ")[0].replace(",", ""))
        self.assertGreater(used, size)

    def test_raise(self) -> None:
        product = ProductFactory()
        page = f"/api/product/{product.pk}/"
        for arguments, is_raised in (
            (["products"], False),
            ([f"product-{product.pk}", "shop"], True),
            ([], True),
        ):
            self.client.get(page)
            told = self.run_command("raise", *arguments)
            self.assertEqual(
                told, f"Raised: {', '.join(arguments or ['everything'])}.\n"
            )
            type(product).objects.update(
                title=f"After {arguments}"
            )  # announced by none
            title = self.client.get(page).json()["title"]
            self.assertEqual(title == f"After {arguments}", is_raised)

    def test_without_redis(self) -> None:
        with own_limits("unix:///nowhere/redis.sock?db=0"), capture_logs():
            forget_processes_memory()
            for action in ("show", "raise"):
                with self.assertRaisesMessage(CommandError, "Redis does not answer"):
                    self.run_command(action)
