import re
from collections.abc import Callable, Iterator
from typing import Any

from django.test import SimpleTestCase
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from tests.permissions.cases import MatrixTestCase
from tests.permissions.matrix import CALLERS, ELSEWHERE, Entry, read_matrix
from tests.permissions.rows import Place
from tests.search.index import fresh_index
from tests.users.factories import create_key, create_token

MATRIX = read_matrix()
METHODS = ("get", "post", "put", "patch", "delete")
SAME = {"X-Request-ID": "the-same"}  # so that two refusals are equal byte for byte
REFUSALS = {401: "1", 403: "3", 404: "4"}
NOWHERE = Place((), ())
# What is read before the row is looked for, and so has to be good.
BODIES = {"basket/line/<int:line>/": {"quantity": 2}}
PARAMETER = re.compile(r"<[^>]+>")


def routes(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield the route and the view of every address below a resolver."""
    for each in patterns:
        route = f"{prefix}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            yield route, each.callback


def methods_of(view: Any) -> set[str]:  # noqa: ANN401
    """Return the methods a view of the API answers."""
    if issubclass(view.cls, ViewSetMixin):
        return {method.upper() for method in view.actions} - {"HEAD"}
    return {name.upper() for name in METHODS if hasattr(view.cls, name)}


def address(route: str, parts: tuple[object, ...]) -> str:
    """Return the path of a route with these parts in place of its parameters."""
    values = iter(parts)
    return "/api/" + PARAMETER.sub(lambda _match: str(next(values)), route)


class CompletenessTests(SimpleTestCase):
    """The matrix, held against the addresses there are"""

    def test_it_knows_every_method_of_every_address(self) -> None:
        found = {
            (method, route.removeprefix("api/"))
            for route, view in routes(get_resolver().url_patterns)
            if route.startswith("api/")
            for method in methods_of(view)
        }
        known = [(entry.method, entry.route) for entry in MATRIX]
        self.assertEqual(sorted(found), sorted(known))

    def test_it_knows_every_address_beside_the_api(self) -> None:
        for route, _view in routes(get_resolver().url_patterns):
            known = route.startswith(("api/", *ELSEWHERE))
            self.assertTrue(known, f"tests.permissions.matrix does not know {route}")

    def test_it_knows_every_caller(self) -> None:
        for entry in MATRIX:
            self.assertEqual(entry.cells.keys(), CALLERS.keys(), entry)


class CallerTests(MatrixTestCase):
    """Every request of the matrix, made by every caller"""

    def setUp(self) -> None:
        fresh_index()

    def call(self, entry: Entry, letter: str, *, missing: bool = False) -> Response:
        """Make a request; but for deletions it does nothing where it is let in."""
        caller = self.callers[letter]
        headers = {**SAME, "Idempotency-Key": "k"}
        if entry.method != "GET":
            headers["If-Match"] = '"stale"'
        if caller.user is not None:
            make = create_token if caller.scopes is None else create_key
            _row, secret = make(caller.user, *(caller.scopes or ()))
            headers["Authorization"] = f"Token {secret}"
        place = self.places.get(entry.route, NOWHERE)
        path = address(entry.route, place.missing if missing else place.there)
        body = BODIES.get(entry.route, {"no_such_field": 1})
        sent = () if entry.method in ("GET", "DELETE") else (body,)
        return getattr(self.client, entry.method.lower())(path, *sent, headers=headers)

    def test_no_other_method_is_answered(self) -> None:
        known = {(entry.method, entry.route) for entry in MATRIX}
        for route in {entry.route for entry in MATRIX}:
            for method in {name.upper() for name in METHODS}:
                if (method, route) not in known:
                    with self.subTest(f"{method} {route}"):
                        answer = self.call(Entry(method, route, {}), "R")
                        self.assertEqual(answer.status_code, 405, answer.content)

    def walk(self, letter: str) -> None:
        """Deletions come last: where they are let in, the row is gone."""
        for entry in sorted(MATRIX, key=lambda one: one.method == "DELETE"):
            with self.subTest(f"{entry.method} {entry.route}", caller=letter):
                answer = self.call(entry, letter)
                found = REFUSALS.get(answer.status_code, "+")
                told = b"" if answer.streaming else answer.content
                self.assertEqual(found, entry.cells[letter], told)
                self.assertLess(answer.status_code, 500)
                if found == "1":
                    self.assertEqual(answer["WWW-Authenticate"], "Token")
                if found == "4":
                    again = self.call(entry, letter, missing=True)
                    self.assertEqual(again.content, answer.content)
                    self.assertEqual(again.status_code, 404)


def _test_of(letter: str) -> Callable[[CallerTests], None]:
    def test(self: CallerTests) -> None:
        self.walk(letter)

    return test


for _letter, _name in CALLERS.items():
    _words = re.sub(r"\W+", "_", _name)
    setattr(CallerTests, f"test_{_words}", _test_of(_letter))
