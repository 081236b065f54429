from unittest import mock

from basket.models import Basket
from custom.transactions import DatabaseBusyError
from tests.basket.api.calls import BasketTestCase
from tests.orders.factories import make_offer
from tests.users.factories import PASSWORD, UserFactory


class SignInTests(BasketTestCase):
    """POST /api/user/login/ with a guest's basket"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.variant = make_offer().variant_id
        cls.user = UserFactory()

    def sign_in(self, **headers: str) -> str:
        body = {"email": self.user.email, "password": PASSWORD}
        answer = self.client.post("/api/user/login/", body, headers=headers)
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()["token"]

    def test_the_guests_basket_comes_along(self) -> None:
        self.add(self.variant, 2)
        key = self.sign_in(**{"X-Basket-Token": self.token})
        basket = self.call("get", Authorization=f"Token {key}").json()
        self.assertEqual([line["quantity"] for line in basket["lines"]], [2])
        self.assertEqual(self.call("get").json()["lines"], [])

    def test_without_a_good_token_nothing_moves(self) -> None:
        self.add(self.variant, 2)
        for headers in ({}, {"X-Basket-Token": self.token[:-1] + "x"}):
            self.sign_in(**headers)
        self.assertEqual(len(self.call("get").json()["lines"]), 1)

    def test_a_wrong_password_moves_nothing(self) -> None:
        self.add(self.variant, 2)
        body = {"email": self.user.email, "password": "wrong"}
        headers = {"X-Basket-Token": self.token}
        answer = self.client.post("/api/user/login/", body, headers=headers)
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(Basket.objects.get().state, "open")

    def test_a_busy_database_keeps_nobody_out(self) -> None:
        self.add(self.variant, 2)
        with mock.patch(
            "basket.api.callers.merge_baskets", side_effect=DatabaseBusyError("Busy.")
        ):
            self.sign_in(**{"X-Basket-Token": self.token})
        self.assertEqual(len(self.call("get").json()["lines"]), 1)
