from django.test import SimpleTestCase
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from custom.api.conditional import (
    ConditionInvalidError,
    entity_tag,
    expected_states,
    has_condition,
)
from custom.api.problems import describe
from custom.api.renderers import JSONRenderer, XMLRenderer
from custom.errors import StaleError


def request_with(*, renderer: object = JSONRenderer, **headers: str) -> Request:
    request = Request(APIRequestFactory().get("/", headers=headers))
    request.accepted_renderer = renderer()
    return request


class EntityTagTests(SimpleTestCase):
    """custom.api.conditional.entity_tag"""

    def test_the_tag_tells_state_body_and_format(self) -> None:
        tag = entity_tag(request_with(), "abc.7", {"price": "9.90"})
        self.assertRegex(tag, r'^"abc\.7\.[0-9a-f]{16}"$')
        others = {
            entity_tag(request_with(), "abc.8", {"price": "9.90"}),
            entity_tag(request_with(), "abc.7", {"price": "9.80"}),
            entity_tag(request_with(renderer=XMLRenderer), "abc.7", {"price": "9.90"}),
        }
        self.assertEqual(len(others | {tag}), 4)


class ExpectedStatesTests(SimpleTestCase):
    """custom.api.conditional.expected_states"""

    def test_nothing_is_expected_without_a_tag(self) -> None:
        self.assertIsNone(expected_states(request_with()))
        for header in ("*", " ", ""):
            with self.subTest(header):
                self.assertIsNone(expected_states(request_with(**{"If-Match": header})))

    def test_an_empty_one_is_no_condition(self) -> None:
        self.assertFalse(has_condition(request_with()))
        for header, is_one in {"": False, " ": False, "*": True, "x": True}.items():
            with self.subTest(header):
                found = has_condition(request_with(**{"If-Match": header}))
                self.assertIs(found, is_one)

    def test_states_are_read_from_tags(self) -> None:
        tag = entity_tag(request_with(), "abc.7", {})
        for header, states in {
            tag: {"abc.7"},
            f"W/{tag}": {"abc.7"},
            tag[:-1] + '-gzip"': {"abc.7"},
            f'"x.1.ff", {tag}': {"x.1", "abc.7"},
            '"nonsense"': {""},
        }.items():
            with self.subTest(header):
                request = request_with(**{"If-Match": header})
                self.assertEqual(expected_states(request), states)

    def test_what_is_no_tag_is_refused(self) -> None:
        for header in ("nonsense", '"open', '"a" "b"'):
            with self.subTest(header), self.assertRaises(ConditionInvalidError):
                expected_states(request_with(**{"If-Match": header}))


class StaleTests(SimpleTestCase):
    """What a stale client is told."""

    def test_a_stale_state_is_412(self) -> None:
        self.assertEqual(describe(StaleError("Changed.")).status, 412)
