import uuid
from decimal import Decimal

from django.test import TestCase
from django.urls import reverse
from reversion.models import Version

from promotions.discounts import VoucherDiscount
from promotions.models import Voucher, VoucherCounter, VoucherRedemption
from promotions.services import redeem_vouchers
from tests.pages import save_page
from tests.promotions.factories import make_voucher
from users.models import User


class VoucherPageTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("s@example.com", "x"))

    def values(self, **changes: object) -> dict[str, object]:
        return {
            "code": "Spring-10",
            "name": "Spring",
            "kind": "percent",
            "percent": "10",
            "minimum_subtotal": "0",
            "currency": "EUR",
            "max_uses": "5",
            "is_active": "on",
        } | changes

    def test_a_voucher_is_added_with_its_counter(self) -> None:
        url = reverse("admin:promotions_voucher_add")
        self.assertEqual(self.client.post(url, self.values()).status_code, 302)
        voucher = Voucher.objects.get()
        self.assertEqual((voucher.code, voucher.percent), ("SPRING-10", Decimal(10)))
        self.assertEqual(voucher.counter.num_used, 0)
        self.assertEqual(Version.objects.get_for_object(voucher).count(), 1)

    def test_faults_are_shown_and_nothing_is_stored(self) -> None:
        make_voucher("TAKEN")
        url = reverse("admin:promotions_voucher_add")
        for changes, message in (
            ({"code": "Spring sale"}, "Capitals, digits, - and _ only."),
            ({"code": "taken"}, "already exists"),
            ({"percent": ""}, "A percentage needs a percent from 0 to 100"),
            ({"percent": "100.01"}, "A percentage needs a percent from 0 to 100"),
            ({"kind": "fixed"}, "A percentage needs a percent from 0 to 100"),
            ({"kind": "fixed", "percent": "", "amount": "1.005"}, "Too many places"),
            ({"minimum_subtotal": "-1"}, "A minimum cannot be below 0."),
            ({"currency": "EURO"}, "at most 3 characters"),
            ({"currency": "eur"}, "is not a currency"),
            (
                {
                    "starts_at_0": "2026-05-02",
                    "starts_at_1": "00:00",
                    "ends_at_0": "2026-05-01",
                    "ends_at_1": "00:00",
                },
                "A voucher ends after it starts.",
            ),
        ):
            with self.subTest(changes=changes):
                answer = self.client.post(url, self.values(**changes))
                self.assertContains(answer, message)
        self.assertEqual(Voucher.objects.count(), 1)

    def test_a_change_and_a_former_version_leave_the_uses_alone(self) -> None:
        self.client.post(reverse("admin:promotions_voucher_add"), self.values())
        voucher = Voucher.objects.get()
        redeem_vouchers(
            [VoucherDiscount(voucher.pk, voucher.code, voucher.kind, Decimal(1))],
            order=uuid.uuid4(),
            customer="user:1",
        )
        url = reverse("admin:promotions_voucher_change", args=[voucher.pk])
        self.assertContains(self.client.get(url), "1 of 5")
        save_page(self.client, url, self.values(name="Summer", num_used="0"))
        self.assertEqual(Voucher.objects.get().name, "Summer")
        first = Version.objects.get_for_object(voucher).order_by("pk").first()
        url = reverse("admin:promotions_voucher_revert", args=[voucher.pk])
        self.client.post(url, {"version": first.pk, "all": "1"})
        self.assertEqual(Voucher.objects.get().name, "Spring")
        self.assertEqual(VoucherCounter.objects.get().num_used, 1)

    def test_a_voucher_is_switched_off_and_never_deleted(self) -> None:
        voucher = make_voucher()
        url = reverse("admin:promotions_voucher_delete", args=[voucher.pk])
        self.assertEqual(self.client.post(url, {"post": "yes"}).status_code, 403)
        url = reverse("admin:promotions_voucher_change", args=[voucher.pk])
        save_page(self.client, url, self.values(is_active=""))
        self.assertIs(Voucher.objects.get().is_active, False)

    def test_uses_are_a_ledger(self) -> None:
        voucher = make_voucher()
        redeem_vouchers(
            [VoucherDiscount(voucher.pk, voucher.code, voucher.kind, Decimal(1))],
            order=uuid.uuid4(),
            customer="user:1",
        )
        use = VoucherRedemption.objects.get()
        url = reverse("admin:promotions_voucherredemption_change", args=[use.pk])
        self.assertEqual(self.client.post(url, {}).status_code, 403)
        url = reverse("admin:promotions_voucherredemption_changelist")
        self.assertContains(self.client.get(url), "user:1")
