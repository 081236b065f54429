from decimal import Decimal
from typing import ClassVar

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.test import TestCase
from django.urls import reverse

from orders.models import OrderLine
from partner.models import (
    Partner,
    PartnerMember,
    StockLevel,
    StockMovement,
    StockPrice,
    StockRecord,
)
from partner.scoping import partners_shown_to
from tests.pages import save_page
from tests.staff.matrix import BUTTONS
from tests.staff.rows import Shop, make_shop
from tests.users.factories import UserFactory

# Model -> path from a row to its partner.
SCOPED = {
    Partner: "pk",
    StockRecord: "partner",
    StockLevel: "stock_record__partner",
    StockMovement: "stock_record__partner",
    StockPrice: "stock_record__partner",
    OrderLine: "partner_id",
}


def page(model: type, name: str, *args: object) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


class PartnerRowsTests(TestCase):
    """What staff of a partner see of rows that are not theirs: nothing"""

    shop: ClassVar[Shop]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.shop = make_shop()
        cls.reader = cls.shop.readers["P"]
        cls.foreign_id = cls.shop.foreign.partner_id

    def setUp(self) -> None:
        self.client.force_login(self.reader)

    def rows(self, model: type, partner_id: int) -> list[int]:
        found = model._default_manager.filter(**{SCOPED[model]: partner_id})
        pks = list(found.values_list("pk", flat=True))
        self.assertNotEqual(pks, [], model)
        return pks

    def test_lists_show_own_rows_alone(self) -> None:
        for model in SCOPED:
            with self.subTest(model=model):
                response = self.client.get(page(model, "changelist"))
                shown = [row.pk for row in response.context["cl"].result_list]
                own = self.rows(model, self.shop.own.partner_id)
                self.assertEqual(sorted(shown), sorted(own))
                self.assertNotContains(response, "Their Films")

    def test_superusers_see_all(self) -> None:
        self.client.force_login(self.shop.readers["R"])
        for model in SCOPED:
            response = self.client.get(page(model, "changelist"))
            self.assertEqual(
                len(response.context["cl"].result_list),
                model._default_manager.count(),
                model,
            )

    def test_guessed_pages_of_others_lead_to_the_index(self) -> None:
        for model in SCOPED:
            for pk in self.rows(model, self.foreign_id):
                for name in ("change", "history"):
                    with self.subTest(model=model, name=name):
                        response = self.client.get(page(model, name, pk))
                        self.assertRedirects(
                            response,
                            reverse("admin:index"),
                            fetch_redirect_response=False,
                        )

    def test_own_pages_name_no_other_partner(self) -> None:
        for model in SCOPED:
            for pk in self.rows(model, self.shop.own.partner_id):
                for name in ("change", "history"):
                    response = self.client.get(page(model, name, pk))
                    self.assertEqual(response.status_code, 200, model)
                    self.assertNotContains(response, "Their Films")

    def test_buyers_stay_unknown(self) -> None:
        self.assertTrue(StockMovement.objects.filter(actor=self.shop.order.user))
        for model in SCOPED:
            pages = [page(model, "changelist")]
            pages += [
                page(model, "change", pk)
                for pk in self.rows(model, self.shop.own.partner_id)
            ]
            for path in pages:
                self.assertNotContains(
                    self.client.get(path), self.shop.order.user.email, msg_prefix=path
                )

    def test_searches_find_own_rows_alone(self) -> None:
        for model, words in (
            (StockRecord, self.shop.foreign.partner_sku),
            (StockMovement, self.shop.foreign.partner_sku),
            (OrderLine, self.shop.foreign.variant.sku),
            (Partner, "Their"),
        ):
            response = self.client.get(page(model, "changelist"), {"q": words})
            self.assertEqual(list(response.context["cl"].result_list), [], model)

    def test_choices_offer_own_partners_alone(self) -> None:
        add = Permission.objects.get(codename="add_stockrecord")
        self.reader.user_permissions.add(add)
        response = self.client.get(
            reverse("admin:autocomplete"),
            {
                "app_label": "partner",
                "model_name": "stockrecord",
                "field_name": "partner",
            },
        )
        names = [result["text"] for result in response.json()["results"]]
        self.assertEqual(names, ["Our Films"])

    def test_nothing_is_made_for_another_partner(self) -> None:
        add = Permission.objects.get(codename="add_stockrecord")
        self.reader.user_permissions.add(add)
        before = StockRecord.objects.count()
        response = self.client.post(
            page(StockRecord, "add"),
            {
                "variant": self.shop.own.variant_id,
                "partner": self.foreign_id,
                "partner_sku": "NEW",
                "price": "1.00",
                "currency": "EUR",
                "num_in_stock": 1,
            },
        )
        faults = response.context["adminform"].form.errors
        self.assertIn("partner", faults)
        self.assertEqual(StockRecord.objects.count(), before)

    def test_own_prices_are_changed(self) -> None:
        own = self.shop.own
        path = page(StockRecord, "change", own.pk)
        save_page(self.client, path, {"partner_sku": own.partner_sku, "price": "5.00"})
        self.shop.own.refresh_from_db()
        self.assertEqual(self.shop.own.price, Decimal("5.00"))

    def test_prices_of_others_are_not(self) -> None:
        foreign = self.shop.foreign
        path = page(StockRecord, "change", foreign.pk)
        values = {"partner_sku": foreign.partner_sku, "price": "5.00"}
        self.client.post(path, values)
        self.shop.foreign.refresh_from_db()
        self.assertEqual(self.shop.foreign.price, Decimal("9.90"))

    def test_units_of_others_are_not_counted(self) -> None:
        levels = StockLevel.objects.filter(pk=self.shop.foreign.pk)
        before = levels.values().get()
        for button in BUTTONS["partner.stocklevel"]:
            path = page(StockLevel, "press", before["stock_record_id"], button)
            count = {f"{button}-num_in_stock": 99, f"{button}-quantity": 99}
            self.assertEqual(self.client.post(path, count).status_code, 404)
        self.assertEqual(levels.values().get(), before)

    def test_actions_take_own_rows_alone(self) -> None:
        delete = Permission.objects.get(codename="delete_partner")
        self.reader.user_permissions.add(delete)
        response = self.client.post(
            page(Partner, "changelist"),
            {
                "action": "delete_selected",
                ACTION_CHECKBOX_NAME: [self.foreign_id],
                "post": "yes",
            },
        )
        self.assertEqual(response.status_code, 302)
        self.assertTrue(Partner.objects.filter(pk=self.foreign_id).exists())

    def test_filters_name_no_other_partner(self) -> None:
        for model in SCOPED:
            response = self.client.get(page(model, "changelist"))
            choices = [
                str(choice["display"])
                for spec in response.context["cl"].filter_specs
                for choice in spec.choices(response.context["cl"])
            ]
            self.assertNotIn("Their Films", choices)

    def test_who_works_for_several_sees_all_of_these(self) -> None:
        PartnerMember.objects.create(user=self.reader, partner_id=self.foreign_id)
        response = self.client.get(page(Partner, "changelist"))
        self.assertEqual(len(response.context["cl"].result_list), 2)

    def test_staff_who_work_for_none_see_none(self) -> None:
        stranger = UserFactory(is_staff=True)
        self.assertEqual(partners_shown_to(stranger), [])
        stranger.user_permissions.add(
            Permission.objects.get(codename="view_stockrecord")
        )
        self.client.force_login(stranger)
        response = self.client.get(page(StockRecord, "changelist"))
        self.assertEqual(list(response.context["cl"].result_list), [])
