import hashlib
import hmac
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from django.test import TestCase, override_settings
from rest_framework.test import APIClient

from payments.checks import check_methods, check_providers
from payments.services import cancel_payments, refund_payments
from tests.payments.calls import AMOUNT, deliver, fresh, new_payment, paid, start
from tests.payments.stripes import Call, faulty_stripe

PAGE = Path(__file__).resolve().parents[2] / "docs" / "payments.md"


class Acme:
    """Acme's own side of its interface, for one charge."""

    def __init__(self) -> None:
        self.charge: dict[str, Any] = {
            "id": "charge-1",
            "status": "pending",
            "paid": "0",
            "refunds": [],
        }

    def __call__(self, call: Call) -> tuple[int, dict[str, Any]] | None:
        fields = json.loads(call.body)
        step = call.path.split("/")[3:]
        if step[:1] == ["pay"]:
            if fields["account"] == "empty":
                return 402, {}
            self.charge |= {"status": "captured", "paid": "100.00"}
            if fields["account"] == "slow":
                return None
        elif step[:1] == ["close"] and self.charge["status"] == "pending":
            self.charge["status"] = "cancelled"
        elif step[:1] == ["refunds"]:
            refund = {"id": f"at-{step[1]}", "key": step[1], "amount": fields["amount"]}
            if refund not in self.charge["refunds"]:
                self.charge["refunds"].append(refund)
            return 200, refund
        return 200, self.charge


class ExampleTests(TestCase):
    """The provider that docs/payments.md shows"""

    def setUp(self) -> None:
        (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        module = ModuleType("acme_of_the_docs")
        exec(compile(source, str(PAGE), "exec"), module.__dict__)  # noqa: S102 - ours
        sys.modules[module.__name__] = module
        self.addCleanup(sys.modules.pop, module.__name__)
        url, _ = self.enterContext(faulty_stripe(Acme()))
        self.enterContext(
            override_settings(
                PAYMENT_PROVIDERS={"acme": f"{module.__name__}.AcmeProvider"},
                PAYMENT_METHODS=["acme"],
                ACME_URL=url,
                ACME_SECRET="secret",
            )
        )

    def test_the_checks_accept_it(self) -> None:
        self.assertEqual([*check_providers(), *check_methods()], [])

    def test_it_pays_and_pays_back(self) -> None:
        payment = paid("acme", "full")
        self.assertEqual((payment.status, payment.reference), ("paid", "charge-1"))
        refund_payments(
            order=payment.order, amount=Decimal(10), reason="", source="return:1"
        )
        deliver("payment.refund")
        self.assertEqual(fresh(payment).refunded_amount, 10)

    def test_it_refuses_and_pays_later(self) -> None:
        payment = paid("acme", "empty")
        self.assertEqual((payment.status, payment.error), ("failed", "acme-402"))
        self.assertEqual(start(payment, "full").payment.status, "paid")

    def test_it_lets_go(self) -> None:
        payment = paid("acme", "empty")
        cancel_payments(payment.order)
        self.assertEqual(deliver("payment.void"), 1)
        self.assertEqual(fresh(payment).status, "cancelled")

    def test_its_webhook_brings_a_lost_answer(self) -> None:
        payment = start(new_payment("acme"), "slow").payment
        self.assertEqual(payment.error, "provider-unavailable")
        body = json.dumps({"event": "1", "type": "paid", "charge": "charge-1"}).encode()
        signature = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        for header, status in (("forged", 400), (signature, 200)):
            answer = APIClient().post(
                "/payment/webhook/acme/",
                body,
                content_type="application/json",
                headers={"Acme-Signature": header},
            )
            self.assertEqual(answer.status_code, status)
        self.assertEqual(fresh(payment).captured_amount, AMOUNT)
