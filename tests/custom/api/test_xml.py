from typing import Any
from unittest import TestCase

from hypothesis import example, given, settings
from hypothesis import strategies as st

from custom.api.xml import MalformedXmlError, as_text, dump_xml, load_xml

# Everything XML 1.0 can carry, and so everything the API takes.
CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"],
    exclude_characters="\ufffe\uffff",
    include_characters="\t\n\r",
).filter(lambda character: ord(character) & 0xFFFE != 0xFFFE)
TEXT = st.text(CHARACTERS)
NAMES = st.one_of(
    st.sampled_from(["id", "list-item", "item", "root", "xml", "key", "", "a b", "0"]),
    TEXT,
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=20,
)
NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


def load(text: str) -> Any:  # noqa: ANN401
    return load_xml(text.encode())


class RoundTripTests(TestCase):
    """A JSON document comes back from XML as it was, its scalars as text."""

    @settings(max_examples=400)
    @given(DOCUMENTS)
    @example({"zip": "01234", "empty": [], "blank": "", "none": None, "object": {}})
    @example([[], [[]], {"": {}}, [None], " ", "\r\n\t", "]]>", "\U0001f3ac"])
    def test_nothing_is_lost(self, document: object) -> None:
        self.assertEqual(load(dump_xml(document)), as_text(document))

    @settings(max_examples=200)
    @given(st.text())
    def test_any_text_at_all_makes_readable_xml(self, text: str) -> None:
        read = load(dump_xml({"text": text}))["text"]
        self.assertEqual(len(read), len(text))

    def test_text_form_keeps_what_is_no_scalar(self) -> None:
        document = {"a": [1, True, None], "b": {}, "c": 1.5, "d": "x"}
        self.assertEqual(
            as_text(document), {"a": ["1", "true", None], "b": {}, "c": "1.5", "d": "x"}
        )


class DumpTests(TestCase):
    """The form clients know."""

    def assert_root(self, document: object, expected: str) -> None:
        declaration = '<?xml version="1.0" encoding="utf-8"?>\n'
        self.assertEqual(dump_xml(document), declaration + expected)

    def test_object_with_list_and_scalars(self) -> None:
        self.assert_root(
            {"id": 7, "is_public": True, "tags": ["a", False], "price": "9.90"},
            "<root><id>7</id><is_public>true</is_public><tags><list-item>a</list-item>"
            "<list-item>false</list-item></tags><price>9.90</price></root>",
        )

    def test_empty_values_differ(self) -> None:
        self.assert_root(
            {"null": None, "list": [], "object": {}, "text": ""},
            '<root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            '<null xsi:nil="true"/><list type="list"/><object type="object"/>'
            "<text></text></root>",
        )

    def test_empty_root(self) -> None:
        self.assert_root(None, f"<root {NIL}/>")
        self.assert_root([], '<root type="list"/>')
        self.assert_root({}, '<root type="object"/>')

    def test_text_that_looks_like_markup_is_text(self) -> None:
        self.assert_root('xsi:nil="<&>\r', '<root>xsi:nil="&lt;&amp;&gt;&#13;</root>')

    def test_names_xml_does_not_allow(self) -> None:
        self.assert_root(
            {"a b": 1, "list-item": 2, 'q"\t<': None},
            '<root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            '<item key="a b">1</item><item key="list-item">2</item>'
            '<item key="q&quot;&#9;&lt;" xsi:nil="true"/></root>',
        )

    def test_illegal_character_is_replaced(self) -> None:
        self.assert_root("a\x00b\ud800\uffff", "<root>a\ufffdb\ufffd\ufffd</root>")


class LoadTests(TestCase):
    """What people write by hand."""

    def test_strings_stay_strings(self) -> None:
        document = load("<root><zip>01234</zip><at>2026-01-01 00:00:00</at></root>")
        self.assertEqual(document, {"zip": "01234", "at": "2026-01-01 00:00:00"})

    def test_white_space_between_elements_is_layout(self) -> None:
        document = load("<root>\n <a>\n  <list-item> x </list-item>\n </a>\n</root>")
        self.assertEqual(document, {"a": [" x "]})

    def test_comments_and_sections_are_no_values(self) -> None:
        document = load("<root><!-- a --><a>0<!-- b -->1<![CDATA[<2]]></a></root>")
        self.assertEqual(document, {"a": "01<2"})

    def test_any_root_name_and_schema_hint(self) -> None:
        hint = f'{NIL.split(maxsplit=1)[0]} xsi:noNamespaceSchemaLocation="a.xsd"'
        self.assertEqual(load(f"<order {hint}><a>1</a></order>"), {"a": "1"})

    def test_marks(self) -> None:
        self.assertIsNone(load(f"<root {NIL}> </root>"))
        self.assertIsNone(load(f"<root {NIL.replace('true', '1')}/>"))
        self.assertEqual(load(f"<root {NIL.replace('true', 'false')}/>"), "")
        self.assertEqual(load('<root type="list"> </root>'), [])
        self.assertEqual(load('<root type="object"/>'), {})
        self.assertEqual(load('<a type="list"><list-item>1</list-item></a>'), ["1"])

    def test_declared_encodings(self) -> None:
        for encoding in ("utf-8", "utf-16", "iso-8859-1", "cp1252"):
            with self.subTest(encoding):
                text = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'
                self.assertEqual(load_xml(text.encode(encoding)), "é")

    def test_transport_outranks_the_declaration(self) -> None:
        text = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'
        self.assertEqual(load_xml(text.encode(), "utf-8"), "é")


class MalformedTests(TestCase):
    """What no JSON document stands behind, and attacks."""

    CASES = {
        "": "Not well-formed XML: no element found: line 1, column 0.",
        "<a>": "Not well-formed XML: no element found: line 1, column 3.",
        "<a/><b/>": "Not well-formed XML: junk after document element: "
        "line 1, column 4.",
        "<a>&#1;</a>": "Not well-formed XML: reference to invalid character number: "
        "line 1, column 3.",
        "<a>&b;</a>": "Not well-formed XML: undefined entity: line 1, column 3.",
        "<!DOCTYPE a><a/>": "Document types and entities are not allowed.",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>': "Document types and entities are "
        "not allowed.",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>': "Document "
        "types and entities are not allowed.",
        '<?xml version="1.0" encoding="zip"?><a/>': "The encoding of the document "
        "cannot be read.",
        '<?xml version="1.0" encoding="big5"?><a/>': "The encoding of the document "
        "cannot be read.",
        "<a><b/><b/></a>": 'The element "b" is repeated; the items of a list are '
        "list-item elements.",
        '<a><b/><c key="b"/></a>': 'The element "c" is repeated; the items of a list '
        "are list-item elements.",
        "<a><list-item/><b/></a>": 'The element "a" mixes list-item elements with '
        "others.",
        "<a>text<b/></a>": 'The element "a" has text where none belongs.',
        '<a type="list">text</a>': 'The element "a" has text where none belongs.',
        f"<a {NIL}>text</a>": 'The element "a" has text where none belongs.',
        f'<a {NIL} type="list"/>': 'The element "a" is nil and has contents.',
        f"<a {NIL}><b/></a>": 'The element "a" is nil and has contents.',
        '<a type="list"><b/></a>': 'The element "a" contradicts its type.',
        '<a type="object"><list-item/></a>': 'The element "a" contradicts its type.',
        '<a type="integer">1</a>': 'The element "a" has an unknown type.',
        '<a unit="kg">1</a>': 'The element "a" has an unknown attribute.',
        '<a xmlns="urn:b"/>': 'The element "a" has a namespace.',
    }

    def test_each_is_refused_with_a_reason(self) -> None:
        for text, reason in self.CASES.items():
            with self.subTest(text), self.assertRaises(MalformedXmlError) as caught:
                load(text)
            self.assertEqual(str(caught.exception), reason)

    def test_bytes_that_are_no_text(self) -> None:
        with self.assertRaises(MalformedXmlError):
            load_xml(b"<a>\xff\xfe</a>")

    def test_depth_is_refused_where_it_is_met(self) -> None:
        """What follows is not read: the document does not even end."""
        with self.assertRaisesRegex(MalformedXmlError, "deeper than 32 levels"):
            load_xml(b"<a>" * 34)
