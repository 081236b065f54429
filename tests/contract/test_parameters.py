"""Query parameters: those that an address takes are those that its document has."""

from unittest import mock

from rest_framework.request import Request

from catalogue.api.filters import ATTRIBUTE_PARAMETER
from custom.api.problems import QueryParameterError
from custom.api.views import ApiMixin
from tests.contract.checker import PLACEHOLDER, UNDESCRIBED, the_contract
from tests.permissions.cases import MatrixTestCase
from tests.permissions.matrix import read_matrix
from tests.permissions.rows import Place
from tests.permissions.test_matrix import address

READERS = "CPR"  # the first that is let in
ANY = ATTRIBUTE_PARAMETER.name  # stands for those that are named after attributes


class QueryParameterTests(MatrixTestCase):
    """Every method of every address, by the matrix of permissions"""

    def taken(self, method: str, path: str) -> set[str]:
        """Return what a request may carry; it is stopped there, and changes nothing."""
        found: list[frozenset[str]] = []

        def stop(view: ApiMixin, _request: Request) -> None:
            found.append(view.get_query_parameters())
            raise QueryParameterError({"all": ["They are known now."]})

        with mock.patch.object(ApiMixin, "check_query_parameters", stop):
            self.client.generic(method, path)
        self.assertEqual(len(found), 1, f"{method} {path}")
        return {*found[0]}

    def test_they_are_the_same(self) -> None:
        operations = the_contract().operations
        for entry in read_matrix():
            route = PLACEHOLDER.sub("{}", f"/api/{entry.route}")
            if route in UNDESCRIBED:
                continue
            letters = [each for each in READERS if entry.cells[each] == "+"]
            with self.subTest(method=entry.method, route=entry.route):
                user = self.callers[letters[0]].user if letters else None
                self.client.force_authenticate(user)
                place = self.places.get(entry.route, Place((), ()))
                path = address(entry.route, place.there)
                told = {
                    each["name"]
                    for each in operations[entry.method, route]["parameters"]
                    if each.get("in") == "query"
                }
                self.assertEqual(told - {ANY}, self.taken(entry.method, path))
