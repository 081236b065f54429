from typing import Any

from rest_framework.response import Response
from rest_framework.test import APITestCase

from basket.models import Basket


class BasketTestCase(APITestCase):
    """Calls the basket's addresses as one guest, whose token it keeps."""

    token: str | None = None

    def call(
        self, method: str, path: str = "", body: object = None, **headers: str
    ) -> Response:
        """Call an address below ``/api/basket/`` and keep the token it tells."""
        if self.token:
            headers.setdefault("X-Basket-Token", self.token)
        answer = getattr(self.client, method)(
            f"/api/basket/{path}", body, headers=headers
        )
        self.token = answer.headers.get("X-Basket-Token", self.token)
        return answer

    def add(self, variant: int, quantity: int = 1, **fields: object) -> dict[str, Any]:
        body = {"variant": variant, "quantity": quantity} | fields
        answer = self.call("post", "line/", body)
        self.assertEqual(answer.status_code, 201, answer.content)
        return answer.json()

    def assert_problem(
        self, answer: Response, status: int, code: str
    ) -> dict[str, Any]:
        self.assertEqual(answer.status_code, status, answer.content)
        self.assertEqual(answer["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json()["code"], code)
        return answer.json()

    def assert_faults(self, answer: Response, *faults: tuple[str, str]) -> None:
        errors = self.assert_problem(answer, 400, "invalid-input")["errors"]
        found = {(each["pointer"], each["code"]) for each in errors}
        self.assertEqual(found, set(faults))

    def assert_untouched(self, version: int) -> None:
        self.assertEqual(Basket.objects.get().version, version)
