from typing import Any

from django.test import SimpleTestCase
from rest_framework.exceptions import ValidationError

from custom.api.problems import describe
from tests.custom.api.views import BodySerializer


class StrictSerializerTests(SimpleTestCase):
    """What a body may hold."""

    def list_faults(self, body: object, **options: Any) -> list[tuple[str, str]]:  # noqa: ANN401
        serializer = BodySerializer(data=body, **options)
        with self.assertRaises(ValidationError) as caught:
            serializer.is_valid(raise_exception=True)
        problem = describe(caught.exception)
        assert problem is not None
        faults: Any = problem.extra["errors"]
        return [(fault["pointer"], fault["code"]) for fault in faults]

    def test_known_fields(self) -> None:
        serializer = BodySerializer(data={"name": "a", "lines": []})
        self.assertTrue(serializer.is_valid())
        self.assertEqual(serializer.validated_data, {"name": "a", "lines": []})

    def test_unknown_fields_beside_other_faults(self) -> None:
        self.assertEqual(
            self.list_faults({"label": "a", "note": "b"}),
            [("#/name", "required"), ("#/label", "unknown-field")],
        )

    def test_read_only_fields_cannot_be_sent(self) -> None:
        self.assertEqual(
            self.list_faults({"name": "a", "id": 1}), [("#/id", "unknown-field")]
        )

    def test_nested(self) -> None:
        line = {"variant": 1, "quantity": 0, "offer": 2}
        faults = [("quantity", "min-value"), ("offer", "unknown-field")]
        self.assertEqual(
            self.list_faults({"name": "a", "line": line, "lines": [line]}),
            [(f"#/line/{name}", code) for name, code in faults]
            + [(f"#/lines/0/{name}", code) for name, code in faults],
        )

    def test_numbers_in_texts_are_plain(self) -> None:
        for text in ("1_0", "\u0663", "\uff11", "1e1", "+1", "0x1", ".5", "", " "):
            with self.subTest(text):
                line = {"variant": 1, "quantity": text}
                body = {"name": "a", "price": text, "line": line}
                self.assertEqual(
                    self.list_faults(body),
                    [("#/price", "invalid"), ("#/line/quantity", "invalid")],
                )
        body = {
            "name": "a",
            "price": "9.90",
            "line": {"variant": " 7", "quantity": "1.0"},
        }
        serializer = BodySerializer(data=body)
        self.assertTrue(serializer.is_valid())
        self.assertEqual(
            serializer.validated_data["line"], {"variant": 7, "quantity": 1}
        )

    def test_partial(self) -> None:
        self.assertEqual(
            self.list_faults({"label": "a"}, partial=True),
            [("#/label", "unknown-field")],
        )

    def test_no_object_at_all(self) -> None:
        for body in ([], "text", 5, None):
            with self.subTest(body):
                ((pointer, _code),) = self.list_faults(body)
                self.assertEqual(pointer, "#")

    def test_fault_of_the_whole_body(self) -> None:
        self.assertEqual(self.list_faults({"name": "nobody"}), [("#", "no-body")])
