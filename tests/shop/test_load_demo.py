import tempfile
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum
from django.test import TestCase, override_settings
from django.utils import timezone
from reversion import get_registered_models
from reversion.models import Version

from basket.models import Basket
from catalogue.models import Category, Product, Variant
from custom.models import VersionMark
from orders.models import Order
from partner.models import Partner, StockLevel, StockMovement, StockRecord
from shop.demo.people import PASSWORD
from stats.models import BasketDay
from stats.services import count_open_baskets
from tests.shop.films import ROWS, write_list
from users.models import User


def load(*rows: str) -> tuple[str, str]:
    """Load a list of films; return what the command wrote to both streams."""
    out, err = StringIO(), StringIO()
    with tempfile.TemporaryDirectory() as folder:
        path = write_list(Path(folder, "films.csv"), *rows)
        call_command("load_demo", films=path, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@override_settings(SHOP_DEMO=True)
class LoadedTests(TestCase):
    """The demo shop once it is loaded"""

    @classmethod
    def setUpTestData(cls) -> None:
        load(*ROWS)

    def test_films_become_products_with_typed_attributes(self) -> None:
        product = Product.objects.get(variants__sku="FILM-0004-DVD")
        self.assertEqual(product.title, "King Kong")
        self.assertEqual(
            product.attributes,
            {
                "director": "Peter Jackson",
                "release_date": "2005-12-14",
                "rating": "PG-13",
                "running_time": 187,
                "score": "7.6",
                "source": "Remake",
            },
        )
        self.assertEqual(
            list(product.variants.values_list("sku", "title", "attributes")),
            [
                ("FILM-0004-DVD", "DVD", {"format": "dvd"}),
                ("FILM-0004-BLU-RAY", "Blu-ray", {"format": "blu-ray"}),
            ],
        )
        self.assertEqual(product.images.count(), 1)
        self.assertEqual(product.summary.price_from, Decimal("7.990"))

    def test_slugs_have_a_letter_and_belong_to_one_film(self) -> None:
        self.assertEqual(
            list(Product.objects.order_by("id").values_list("slug", flat=True)),
            ["product-1776", "king-kong", "king-kong-2", "amelie"],
        )

    def test_genres_and_creative_types_make_a_tree_of_two_levels(self) -> None:
        self.assertEqual(
            list(
                Category.objects.order_by("tree_id", "lft").values_list("level", "slug")
            ),
            [
                (0, "action"),
                (1, "action-fantasy"),
                (0, "drama"),
                (1, "drama-historical-fiction"),
                (0, "unsorted"),
            ],
        )

    def test_baskets_became_orders_or_were_left(self) -> None:
        since = timezone.now() - timedelta(days=settings.BASKET_DAYS)
        recent = Order.objects.filter(placed_at__gte=since)
        ordered = Basket.objects.filter(state="ordered")
        self.assertEqual(
            set(ordered.values_list("order", flat=True)),
            set(recent.values_list("public_id", flat=True)),
        )
        self.assertGreater(ordered.count(), 0)
        left = Basket.objects.filter(state="open")
        self.assertGreaterEqual(left.count(), settings.BASKET_DAYS)
        self.assertFalse(left.filter(user__isnull=False).exists())
        self.assertFalse(Basket.objects.filter(lines__isnull=True).exists())
        count_open_baskets()
        counted = BasketDay.objects.aggregate(
            opened=Sum("opened"), ordered=Sum("ordered"), days=Count("pk")
        )
        self.assertGreaterEqual(counted["days"], 700)
        self.assertGreaterEqual(counted["ordered"], Order.objects.count() - 2)
        self.assertGreater(counted["opened"], 2 * counted["ordered"])
        baskets = Basket.objects.count()
        load(*ROWS)
        self.assertEqual(Basket.objects.count(), baskets)

    def test_a_film_without_a_distributor_belongs_to_the_house(self) -> None:
        record = StockRecord.objects.get(variant__sku="FILM-0005-DVD")
        self.assertEqual(record.partner.name, "House of Film")
        self.assertEqual(record.level.num_in_stock, 87)
        self.assertIs(record.level.backorder, True)

    def test_every_level_is_the_sum_of_its_movements(self) -> None:
        sums = dict(
            StockMovement.objects.order_by()
            .values_list("stock_record")
            .annotate(Sum("in_stock_delta"))
        )
        self.assertEqual(
            sums, dict(StockLevel.objects.values_list("pk", "num_in_stock"))
        )
        self.assertEqual(len(sums), 7)

    def test_fifty_customers_have_ten_orders_each_within_two_years(self) -> None:
        counts = User.objects.annotate(n=Count("orders")).filter(n__gt=0)
        self.assertEqual(list(counts.values_list("n", flat=True)), [10] * 50)
        oldest = Order.objects.order_by("placed_at").values_list("placed_at", flat=True)
        span = oldest.last() - oldest.first()
        self.assertGreater(span.days, 600)
        self.assertLess((timezone.now() - oldest.first()).days, 731)

    def test_a_second_load_changes_nothing(self) -> None:
        before = [model.objects.count() for model in (Product, Order, User, Partner)]
        out, _err = load(*ROWS)
        after = [model.objects.count() for model in (Product, Order, User, Partner)]
        self.assertEqual(before, after)
        self.assertIn("Stored 0 films and 0 orders", out)

    def test_every_row_begins_its_history(self) -> None:
        first = Version.objects.filter(mark__kind=VersionMark.Kind.CREATED)
        for model in {*get_registered_models()} - {Group}:  # of migrations
            with self.subTest(model=model):
                keys = first.filter(
                    content_type=ContentType.objects.get_for_model(model)
                ).values_list("object_id", flat=True)
                rows = model._default_manager.values_list("pk", flat=True)
                self.assertEqual(sorted(map(str, rows)), sorted(keys))

    def test_the_known_accounts_can_sign_in(self) -> None:
        for email in ("customer", "staff", "partner"):
            user = User.objects.with_email(f"{email}@example.com").get()
            self.assertTrue(user.check_password(PASSWORD))
        self.assertEqual(
            list(User.objects.filter(is_superuser=True).values_list("email")),
            [("staff@example.com",)],
        )
        self.assertEqual(
            list(Partner.objects.filter(users__isnull=False).values_list("name")),
            [("House of Film",)],
        )


@override_settings(SHOP_DEMO=True)
class LoadingTests(TestCase):
    """What may come of a load"""

    def test_a_broken_off_load_is_completed(self) -> None:
        load(*ROWS[:2])
        load(*ROWS)
        self.assertEqual(Product.objects.count(), 4)
        self.assertEqual(Variant.objects.count(), 6)
        self.assertEqual(Order.objects.count(), 500)

    def test_a_malformed_row_is_named_and_skipped(self) -> None:
        _out, err = load(ROWS[0], "Bad,1999-99-99,,,,,,,,,,,", ROWS[3])
        self.assertEqual(
            err,
            "films.csv, line 3: release_date is not a date: '1999-99-99'; skipped.\n",
        )
        self.assertEqual(Product.objects.count(), 2)

    def test_a_list_that_cannot_be_read_stores_nothing(self) -> None:
        with self.assertRaisesMessage(CommandError, "No such file"):
            call_command("load_demo", films=Path("/nowhere.csv"), stdout=StringIO())
        self.assertEqual(Product.objects.count(), 0)

    @override_settings(SHOP_DEMO=False)
    def test_without_the_setting_nobody_can_sign_in(self) -> None:
        load(*ROWS)
        self.assertEqual(User.objects.count(), 50)
        self.assertEqual(
            [user.email for user in User.objects.all() if user.has_usable_password()],
            [],
        )
