"""Tests that go by the matrix: its callers, and rows for its addresses."""

from typing import ClassVar

from rest_framework.test import APITestCase

from tests.permissions.rows import Caller, Place, make_callers, make_places


class MatrixTestCase(APITestCase):
    """Has each caller of the matrix, and what each of its routes leads to."""

    callers: ClassVar[dict[str, Caller]]
    places: ClassVar[dict[str, Place]]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.callers = make_callers()
        cls.places = make_places(cls.callers)
