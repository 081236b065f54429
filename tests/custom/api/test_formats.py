import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.test import Client, SimpleTestCase, override_settings
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.serializers import ListSerializer

from custom.api.renderers import JSONRenderer, XMLRenderer, dump_json
from custom.api.xml import as_text, dump_xml, load_xml
from tests.custom.api.test_xml import DOCUMENTS, TEXT
from tests.custom.api.views import LineSerializer

SENDABLE = DOCUMENTS.filter(lambda document: document is not None)
WORDS = TEXT.map(str.strip).filter(bool)
LINES = st.fixed_dictionaries(
    {"variant": st.integers(1, 2**31), "quantity": st.integers(1, 99)}
)
BODIES = st.fixed_dictionaries(
    {"name": WORDS.map(lambda text: text[:10].strip())},
    optional={
        "note": st.none() | TEXT,
        "is_gift": st.booleans(),
        "price": st.decimals(0, 10**8, places=3).map(str),
        "weight": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "line": LINES,
        "lines": st.lists(LINES, max_size=3),
        "tags": st.lists(WORDS, max_size=3),
    },
)


def send(method: str, document: object, kind: str, accept: str = "*/*") -> Any:  # noqa: ANN401
    """Send a body to the echo in one of the formats."""
    body = dump_json(document) if kind == "json" else dump_xml(document).encode()
    return Client().generic(
        method,
        "/api/echo/",
        body,
        content_type=f"application/{kind}",
        headers={"accept": accept},
    )


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class EqualFormatsTests(SimpleTestCase):
    """The same document goes through both formats, both ways."""

    @settings(max_examples=100)
    @given(SENDABLE)
    def test_answers_are_equal(self, document: object) -> None:
        from_json = json.loads(JSONRenderer().render(document))
        from_xml = load_xml(XMLRenderer().render(document).encode())
        self.assertEqual(from_json, document)
        self.assertEqual(from_xml, as_text(document))

    @settings(max_examples=60)
    @given(SENDABLE)
    def test_bodies_are_equal(self, document: object) -> None:
        self.assertEqual(send("POST", document, "json").json(), document)
        self.assertEqual(send("POST", document, "xml").json(), as_text(document))

    @settings(max_examples=60)
    @given(BODIES)
    def test_bodies_are_equal_once_read_by_their_serializer(
        self, body: dict[str, Any]
    ) -> None:
        as_json = send("PUT", body, "json")
        as_xml = send("PUT", body, "xml")
        self.assertEqual(as_json.status_code, 200, as_json.content)
        self.assertEqual(as_xml.json(), as_json.json())

    def test_body_in_one_format_answer_in_the_other(self) -> None:
        answer = send("PUT", {"name": "é\U0001f3ac"}, "xml", "text/xml")
        self.assertEqual(answer.headers["Content-Type"], "text/xml; charset=utf-8")
        self.assertEqual(load_xml(answer.content), {"name": "é\U0001f3ac"})


class RendererTests(SimpleTestCase):
    """What DRF hands over is more than JSON's own types."""

    def test_python_values(self) -> None:
        value = {
            "decimal": Decimal("9.90"),
            "lazy": gettext_lazy("No"),
            "moment": datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC),
            "id": UUID(int=1),
            "set": {"b", "a"},
            "rows": ListSerializer([], child=LineSerializer()).data,
            1: (1, 2),
        }
        expected = {
            "decimal": "9.90",
            "lazy": "No",
            "moment": "2026-01-01T00:00:00Z",
            "id": "00000000-0000-0000-0000-000000000001",
            "set": ["a", "b"],
            "rows": [],
            "1": [1, 2],
        }
        self.assertEqual(json.loads(JSONRenderer().render(value)), expected)
        self.assertEqual(
            load_xml(XMLRenderer().render(value).encode()), as_text(expected)
        )

    def test_no_document(self) -> None:
        self.assertEqual(JSONRenderer().render(None), b"")
        self.assertEqual(XMLRenderer().render(None), "")


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class ParserTests(SimpleTestCase):
    """Bodies that are not what they say."""

    def post(self, body: bytes, content_type: str = "application/json") -> HttpResponse:
        return self.client.generic("POST", "/api/echo/", body, content_type)

    def assert_malformed(self, body: bytes, detail: str, kind: str = "json") -> None:
        with self.subTest(body[:40]):
            answer = self.post(body, f"application/{kind}")
            self.assertEqual(answer.status_code, 400)
            problem = answer.json()
            self.assertEqual(problem["code"], "malformed-body")
            self.assertEqual(problem["detail"], detail)
            fault = {"pointer": "#", "code": "malformed-body", "detail": detail}
            self.assertEqual(problem["errors"], [fault])

    def test_a_name_that_is_no_text_can_still_be_pointed_at(self) -> None:
        answer = self.post(b'{"\\ud800": 1}')
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(
            [error["pointer"] for error in answer.json()["errors"]], ["#/%3F"]
        )

    def test_json_is_strict(self) -> None:
        for body, reason in {
            b"{": "Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1)",
            b"[NaN]": "NaN is not a number",
            b"[-Infinity]": "-Infinity is not a number",
            b"[1e400]": "a number is too large",
            b"[9223372036854775808]": "a number is too large",
            b'{"a": 1, "b": 2, "a": 3}': 'member "a" is repeated',
            b'"\xff"': "'utf-8' codec can't decode byte 0xff in position 1: "
            "invalid start byte",
        }.items():
            self.assert_malformed(body, f"The body is not JSON: {reason}.")

    def test_digits_without_end(self) -> None:
        reason = "The body is not JSON: a number is too large."
        self.assert_malformed(b"[" + b"9" * 5000 + b"]", reason)
        self.assert_malformed(b"[-" + b"9" * 5000 + b"]", reason)

    def test_the_largest_numbers(self) -> None:
        for number in (2**63 - 1, -(2**63 - 1)):
            answer = self.post(b"[%d]" % number)
            self.assertEqual(answer.status_code, 200)

    def test_depth(self) -> None:
        reason = "The body is nested deeper than 32 levels."
        deep_xml = b"<a>" * 40 + b"</a>" * 40
        self.assert_malformed(b"[" * 33 + b"0" + b"]" * 33, reason)
        self.assert_malformed(b"[" * 200_000, reason)
        self.assert_malformed(deep_xml, reason, "xml")
        answer = self.post(b"[" * 32 + b"0" + b"]" * 32)
        self.assertEqual(answer.status_code, 200)

    def test_largest_numbers(self) -> None:
        answer = self.post(b"[9223372036854775807, 1e308]")
        self.assertEqual(answer.content, b"[9223372036854775807,1e+308]")

    def test_xml_is_strict(self) -> None:
        self.assert_malformed(
            b"<a><b></a>",
            "Not well-formed XML: mismatched tag: line 1, column 8.",
            "xml",
        )
        self.assert_malformed(
            b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "Document types and entities are not allowed.",
            "xml",
        )

    def test_problem_comes_in_the_format_asked_for(self) -> None:
        answer = self.client.generic(
            "POST", "/api/echo/", b"<a", "text/xml", headers={"accept": "text/xml"}
        )
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(
            answer.headers["Content-Type"], "application/problem+xml; charset=utf-8"
        )
        self.assertEqual(load_xml(answer.content)["code"], "malformed-body")

    def test_control_characters_are_named(self) -> None:
        body = {
            "a": [{"b": "x\x00y"}, "\ud800"],
            "c\x01": "fine",
            "d~/": "\uffff",
            "e": "\t\r\n",
            "f": "\x7f",
        }
        answer = self.post(json.dumps(body).encode())
        self.assertEqual(answer.status_code, 400)
        problem = answer.json()
        self.assertEqual(problem["code"], "invalid-input")
        self.assertEqual(
            [(fault["pointer"], fault["code"]) for fault in problem["errors"]],
            [
                ("#/a/0/b", "invalid-character"),
                ("#/a/1", "invalid-character"),
                ("#/c%01", "invalid-character"),
                ("#/d~0~1", "invalid-character"),
                ("#/f", "invalid-character"),
            ],
        )

    def test_control_characters_in_xml(self) -> None:
        answer = self.post(b"<a><b>\x7f</b></a>", "application/xml")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/b")

    def test_a_text_is_a_document(self) -> None:
        answer = self.post(b'"\x00"'.replace(b"\x00", b"\\u0000"))
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#")

    def test_no_body(self) -> None:
        self.assertEqual(self.post(b"").json(), {})

    def test_unsupported_types(self) -> None:
        for content_type in (
            "text/plain",
            "multipart/form-data; boundary=x",
            "",
            "json",
        ):
            with self.subTest(content_type):
                answer = self.post(b"{}", content_type)
                self.assertEqual(answer.status_code, 415)
                self.assertEqual(answer.json()["code"], "unsupported-media-type")

    def test_charset_outranks_the_declaration(self) -> None:
        body = '<?xml version="1.0" encoding="iso-8859-1"?><a><b>é</b></a>'.encode()
        answer = self.post(body, "application/xml; charset=UTF-8")
        self.assertEqual(answer.json(), {"b": "é"})
