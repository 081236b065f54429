"""What every test of an endpoint asks of a refusal."""

from typing import Any

from django.test import SimpleTestCase
from rest_framework.response import Response


class ProblemAssertions(SimpleTestCase):
    """For test cases of endpoints."""

    def assert_problem(
        self, response: Response, status: int, code: str
    ) -> dict[str, Any]:
        """The answer is a problem of this status and code; return its body."""
        self.assertEqual(response.status_code, status, response.content)
        self.assertEqual(response["Content-Type"], "application/problem+json")
        problem: dict[str, Any] = response.json()
        self.assertEqual((problem["status"], problem["code"]), (status, code))
        return problem
