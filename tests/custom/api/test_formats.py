from decimal import Decimal
from typing import Any

from django.test import Client, SimpleTestCase, override_settings
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from custom.api.parsers import MAX_DEPTH
from custom.api.renderers import JSONRenderer, XMLRenderer, dump_json
from custom.api.xml import as_text, load_xml
from tests.custom.api.test_xml import DOCUMENTS, TEXT
from tests.custom.api.views import BodySerializer

DEEPEST = 512  # what Hypothesis never reaches and the API never takes

LINES = st.fixed_dictionaries(
    {"variant": st.integers(1, 2**31), "quantity": st.integers(1, 99)}
)
BODIES = st.fixed_dictionaries(
    {"name": TEXT.map(str.strip).filter(bool).map(lambda text: text[:10].strip())},
    optional={
        "note": st.none() | TEXT,
        "is_gift": st.booleans(),
        "price": st.decimals(0, 10**8, places=3).map(str),
        "weight": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "line": LINES,
        "lines": st.lists(LINES, max_size=3),
        "tags": st.lists(TEXT.map(str.strip).filter(bool), max_size=3),
    },
).filter(lambda body: body["name"] not in ("", "nobody"))


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class EqualFormatsTests(SimpleTestCase):
    """The same document goes through both formats, both ways."""

    @settings(max_examples=100, deadline=None)
    @given(DOCUMENTS.filter(lambda document: document is not None))
    def test_answers_are_equal(self, document: Any) -> None:
        from_json = JSONRenderer().render(document)
        from_xml = XMLRenderer().render(document)
        self.assertEqual(
            load_xml(from_xml.encode()), as_text(read_json(from_json))
        )

    @settings(max_examples=60, deadline=None)
    @given(DOCUMENTS.filter(is_sendable))
    def test_bodies_are_equal(self, document: Any) -> None:
        client = APIClient()
        as_json = client.post("/api/echo/", document, format="json")
        as_xml = client.post("/api/echo/", document, format="xml")
        self.assertEqual(as_json.status_code, 200)
        self.assertEqual(as_json.json(), document)
        self.assertEqual(as_xml.json(), as_text(document))

    @settings(max_examples=100, deadline=None)
    @given(BODIES)
    def test_bodies_are_equal_once_read_by_their_serializer(
        self, body: dict[str, Any]
    ) -> None:
        client = APIClient()
        as_json = client.put("/api/echo/", body, format="json")
        as_xml = client.put("/api/echo/", body, format="xml")
        self.assertEqual(as_json.status_code, 200, as_json.content)
        self.assertEqual(as_xml.json(), as_json.json())

    def test_body_in_one_format_answer_in_the_other(self) -> None:
        answer = APIClient().put(
            "/api/echo/", {"name": "é"}, format="xml", HTTP_ACCEPT="text/xml"
        )
        self.assertEqual(answer.headers["Content-Type"], "text/xml; charset=utf-8")
        self.assertEqual(load_xml(answer.content), {"name": "é"})
