from django.test import SimpleTestCase
from rest_framework.exceptions import NotAcceptable
from rest_framework.renderers import BaseRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from custom.api.negotiation import QualityNegotiation
from custom.api.problems import QueryParameterError
from custom.api.renderers import JSONRenderer, TextXMLRenderer, XMLRenderer

CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
JSON, XML, TEXT_XML = "application/json", "application/xml", "text/xml"


def choose(
    accept: str | None, query: str = "", *more: type[BaseRenderer]
) -> tuple[str, str]:
    """Return the media type written and the one the version is read from."""
    headers = {} if accept is None else {"accept": accept}
    request = Request(APIRequestFactory().get(f"/{query}", headers=headers))
    renderers = [kind() for kind in (JSONRenderer, XMLRenderer, TextXMLRenderer, *more)]
    renderer, accepted = QualityNegotiation().select_renderer(request, renderers)
    return renderer.media_type, accepted


class QualityTests(SimpleTestCase):
    """The format the client likes best."""

    CASES = {
        None: JSON,
        "": JSON,
        "*/*": JSON,
        "application/xml": XML,
        "text/xml": TEXT_XML,
        "text/*": TEXT_XML,
        "APPLICATION/XML": XML,
        "application/json, application/xml": JSON,
        "application/xml, application/json": JSON,
        "application/json;q=0.5, application/xml": XML,
        "application/json;q=0.9, application/xml;q=0.8": JSON,
        "application/json;q=0, */*": XML,
        "application/*;q=0.2, application/xml;q=0.1, text/xml;q=0.3": TEXT_XML,
        "image/png, application/xml;q=0.1": XML,
        "application/json;q=nan, application/xml": JSON,
        "application/json;q=-1, application/xml;q=0.9": JSON,
        "application/xml;q=2, application/json;q=0.9": XML,
        "application/json;q*=foo''1, application/xml;q=0.1": XML,
        CHROME: JSON,
        "text/html, application/xml;q=0.9": XML,
        "text/html;q=0.1, application/xml, */*;q=0.5": XML,
        ",".join(["image/png"] * 20 + ["application/xml"]): XML,
    }

    def test_each_header(self) -> None:
        for accept, expected in self.CASES.items():
            with self.subTest(accept):
                self.assertEqual(choose(accept)[0], expected)

    def test_browser_gets_html_where_there_is_some(self) -> None:
        self.assertEqual(choose(CHROME, "", TemplateHTMLRenderer)[0], "text/html")

    def test_nothing_acceptable(self) -> None:
        for accept in ("text/csv", "*/*;q=0", "application/json;q=0.0", "rubbish"):
            with self.subTest(accept), self.assertRaises(NotAcceptable):
                choose(accept)


class FormatTests(SimpleTestCase):
    """``?format=`` outranks the header."""

    def test_format_names_the_renderer(self) -> None:
        self.assertEqual(choose("application/json", "?format=xml")[0], XML)
        self.assertEqual(choose("text/xml", "?format=xml")[0], TEXT_XML)
        self.assertEqual(choose("application/xml", "?format=json")[0], JSON)
        self.assertEqual(choose("text/csv", "?format=json")[0], JSON)

    def test_unknown_format(self) -> None:
        for query in ("?format=csv", "?format="):
            with self.subTest(query), self.assertRaises(QueryParameterError) as caught:
                choose(None, query)
            self.assertEqual(
                caught.exception.get_codes(), {"format": ["invalid-choice"]}
            )


class VersionTests(SimpleTestCase):
    """The version travels on with the media type."""

    CASES = {
        ("application/json", ""): JSON,
        ("application/json; version=1", ""): f"{JSON}; version=1",
        ("application/xml;version=2;q=0.5", ""): f"{XML}; version=2",
        ("*/*; version=2", ""): f"{JSON}; version=2",
        ("application/json;version=2, application/json;version=1", ""): (
            f"{JSON}; version=1"
        ),
        ("application/json;version=2", "?format=xml"): f"{XML}; version=2",
    }

    def test_each_header(self) -> None:
        for (accept, query), expected in self.CASES.items():
            with self.subTest(accept):
                self.assertEqual(choose(accept, query)[1], expected)
