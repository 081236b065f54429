from django.http import HttpResponse
from django.test import TestCase
from rest_framework.test import APIClient

from custom.api.xml import MAX_DEPTH
from tests.catalogue.api.admin.editors import LIST, make_editor
from tests.users.factories import UserFactory

DEEP = 100_000
JSON_BODIES = {
    "nothing": b"",
    "arrays without end": b"[" * DEEP,
    "arrays too deep": b"[" * DEEP + b"]" * DEEP,
    "objects too deep": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "one level too deep": b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
    "a huge exponent": b'{"title": 1e999999}',
    "a hugely negative one": b'{"title": -1e999999}',
    "a number of 10,000 digits": b'{"title": ' + b"9" * 10_000 + b"}",
    "a fraction of 10,000 digits": b'{"title": [0.' + b"9" * 10_000 + b"]}",
    "not a number": b'{"title": NaN}',
    "infinity": b'{"title": -Infinity}',
    "a member twice": b'{"title": "a", "title": "b"}',
    "no UTF-8": b'{"title": "\xff\xfe"}',
    "half a surrogate": b'{"title": "\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "NUL in a text": b'{"title": "a\\u0000b"}',
    "NUL in a name": b'{"ti\\u0000tle": "a"}',
    "NUL in the document": b'{"title": "a"}\x00',
    "a text": b'"title"',
    "a number": b"1",
    "a list": b"[1]",
    "null": b"null",
}
BOMB = b"".join(
    b'<!ENTITY e%d "%s">' % (number, b"&e%d;" % (number - 1) * 10)
    for number in range(1, 10)
)
XML_BODIES = {
    "nothing": b"",
    "elements without end": b"<a>" * DEEP,
    "elements too deep": b"<a>" * DEEP + b"</a>" * DEEP,
    "a billion laughs": b'<!DOCTYPE a [<!ENTITY e0 "ha">' + BOMB + b"]><a>&e9;</a>",
    "a file of this machine": (
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>'
    ),
    "another machine": (
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a><title>a</title></a>'
    ),
    "a document type": b"<!DOCTYPE a><a><title>a</title></a>",
    "no UTF-8": b"<a><title>\xff\xfe</title></a>",
    "NUL": b"<a><title>a\x00b</title></a>",
    "NUL by number": b"<a><title>a&#0;b</title></a>",
    "a member twice": b"<a><title>a</title><title>b</title></a>",
    "many attributes": (
        b"<a " + b" ".join(b'x%d="1"' % n for n in range(50_000)) + b"/>"
    ),
    "an instruction to include": (
        b'<a xmlns:x="http://www.w3.org/2001/XInclude">'
        b'<x:include href="file:///etc/hostname" parse="text"/></a>'
    ),
}
MANY = 50_000
MANY_FAULTS = {  # some hundred kilobytes each
    "unknown members": b"{%s}" % b",".join(b'"a%d":1' % n for n in range(MANY)),
    "lines that are none": b'{"lines": [%s]}' % b",".join([b"1"] * MANY),
    "vouchers that are none": b'{"basket": true, "vouchers": [%s]}'
    % b",".join([b"[]"] * MANY),
    "unsafe texts": b"[%s]" % b",".join([b'"\\u0001"'] * MANY),
    "unsafe names": b"{%s}" % b",".join(b'"\\u0001%d":1' % n for n in range(MANY)),
}
PATHS = ("/api/user/login/", "/api/order/quote/", LIST)


class HostileBodyTests(TestCase):
    """Bodies meant to break a reader are a 400, whatever they are sent to"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.editor = make_editor()

    def setUp(self) -> None:
        self.api = APIClient()
        self.api.force_authenticate(self.editor)

    def assert_refused(self, answer: HttpResponse) -> None:
        self.assertEqual(answer.status_code, 400, answer.content[:500])
        self.assertEqual(answer["Content-Type"], "application/problem+json")

    def test_json(self) -> None:
        for path in PATHS:
            for name, body in JSON_BODIES.items():
                with self.subTest(path=path, body=name):
                    answer = self.api.post(path, body, content_type="application/json")
                    self.assert_refused(answer)

    def test_xml(self) -> None:
        for path in PATHS:
            for name, body in XML_BODIES.items():
                with self.subTest(path=path, body=name):
                    answer = self.api.post(path, body, content_type="application/xml")
                    self.assert_refused(answer)

    def test_faults_without_number_are_told_a_few_times(self) -> None:
        """To read and to answer such a body would take a process many seconds."""
        for path in PATHS:
            for name, body in MANY_FAULTS.items():
                with self.subTest(path=path, body=name):
                    answer = self.api.post(path, body, content_type="application/json")
                    self.assert_refused(answer)
                    self.assertLessEqual(len(answer.json().get("errors", ())), 110)

    def test_what_no_reader_is_there_for(self) -> None:
        for kind in (
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain",
            "application/yaml",
        ):
            with self.subTest(kind):
                answer = self.api.post(PATHS[0], b"a=b", content_type=kind)
                self.assertEqual(answer.status_code, 415, answer.content)

    def test_numbers_of_the_address(self) -> None:
        for path in (
            f"/api/admin/product/{'9' * 10_000}/",
            f"/api/product/{'9' * 5_000}/",
            f"/api/order/{'9' * 5_000}/",
            "/api/product/%00/",
            "/api/product/%ff%fe/",
        ):
            with self.subTest(path[:40]):
                self.assertEqual(self.api.get(path).status_code, 404)

    def test_a_form_of_the_admin(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        path = "/admin/catalogue/category/add/"
        fields = "&".join(f"x{number}=1" for number in range(10_001))
        kind = "application/x-www-form-urlencoded"
        with self.assertLogs("django.security", "ERROR"):
            answer = self.client.post(path, fields, content_type=kind)
        self.assertEqual(answer.status_code, 400)
        answer = self.client.post(path, "x=" + "y" * 6_000_000, content_type=kind)
        self.assertIn(answer.status_code, (400, 413))
