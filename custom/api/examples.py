"""Examples for every body of the OpenAPI document, made of its schemas.

A value is what its schema gives as example, else what its name suggests, else what its
type and limits allow. The names are those of one order, so that its sums are right.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from custom.api.problems import TITLE_BY_CODE, Problem
from custom.api.schema_parts import merged
from custom.api.xml import dump_xml

MAX_DEPTH = 8  # of objects in objects, the same kind again included
UUID = "0197f3a2-5c1e-7a40-9b8d-3f6f0c2d1e55"
MOMENT = "2026-01-01T00:00:00Z"
BY_FORMAT: Mapping[str, object] = {
    "date": "2026-01-01",
    "date-time": MOMENT,
    "decimal": "9.90",
    "email": "zoe@example.com",
    "uri": "https://shop.example.com/api/",
    "uuid": UUID,
}
BY_NAME: Mapping[str, object] = {
    "action": "cancel",
    "additional_tax": "0.00",
    "alt": "The cover of the disc",
    "author": "Zoë",
    "cancelled_quantity": 0,
    "amount": "24.70",
    "backorder": False,
    "barcode": "4006381333931",
    "carrier": "Post",
    "category": "drama",
    "city": "Vienna",
    "client_secret": "pi_3Rk2_secret_8Xw",
    "code": "dvd",
    "company": "",
    "compare_at_price": "12.90",
    "country": "AT",
    "credited_amount": "0.00",
    "currency": "EUR",
    "current_password": "correct horse battery",
    "delivered_at": None,
    "description": "A waitress in Montmartre mends other people's lives.",
    "detail": "A sentence for people.",
    "device": "Zoë's phone",
    "discount": "0.00",
    "discount_amount": "0.00",
    "discounted_amount": "0.00",
    "email": "zoe@example.com",
    "error": None,
    "estimate": "2-3 days",
    "expires_at": "2026-01-31T00:00:00Z",
    "expected_total": "24.70",
    "external_id": "erp-4711",
    "first_name": "Zoë",
    "fulfilled_quantity": 0,
    "guest_token": "0197f3a2:1tQ0Zk:mF2",
    "height": 1200,
    "image": None,
    "included_tax": "4.12",
    "label": "DVD",
    "language": "en",
    "last_name": "Çelik",
    "line1": "Neubaugasse 1",
    "line2": "",
    "line_count": 1,
    "line_total": "19.80",
    "name": "Drama",
    "new_price": "9.90",
    "next": None,
    "next_action": None,
    "note": "Please ring twice.",
    "num_allocated": 2,
    "num_available": 10,
    "num_in_stock": 12,
    "number": "K7Q2M9XW4T",
    "old_price": "10.90",
    "partner_sku": "DVD-0005",
    "otp": "123456",
    "password": "a tide of seven lanterns",
    "path": "films/drama",
    "phone": "+43 1 5332244",
    "postcode": "1070",
    "previous": None,
    "price": "9.90",
    "price_from": "9.90",
    "product_type": "film",
    "provider": "invoice",
    "publish_until": None,
    "quantity": 2,
    "rating": 5,
    "reason": "It came too late.",
    "refunded_amount": "0.00",
    "region": "",
    "returned_quantity": 0,
    "scope": "stock:read",
    "shipping_amount": "4.90",
    "shipping_method": "standard",
    "sku": "FILM-0005-DVD",
    "slug": "amelie",
    "subtotal": "19.80",
    "tax_amount": "3.30",
    "tax_class": "standard",
    "text": "I have seen it four times.",
    "time_zone": "Europe/Vienna",
    "title": "Amélie",
    "total_amount": "24.70",
    "token": "3f9c1a7be2d84c55",
    "tracking_number": "00340434161094015902",
    "tracking_url": "https://post.example.com/00340434161094015902",
    "unit_price": "9.90",
    "value": "dvd",
    "vat_id": "ATU13585627",
    "voucher": "SPRING",
    "width": 800,
}


def add_examples(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Give every body an example, once by the name of its schema and format."""
    schemas = result["components"]["schemas"]
    kept = result["components"].setdefault("examples", {})
    kept.update(_of_problems(result))
    for name, schema, media, kind, is_request in _bodies(result):
        if "example" in media or "examples" in media:
            continue
        value = example_of(schema, schemas, is_request=is_request)
        is_xml = kind.endswith("xml")
        is_written = not is_xml or isinstance(value, str)
        key = f"{name}.{'xml' if is_xml else 'json'}"
        kept[key] = {"value": value if is_written else dump_xml(value)}
        media["examples"] = {name: {"$ref": f"#/components/examples/{key}"}}
    result["components"]["examples"] = dict(sorted(kept.items()))
    return result


def _of_problems(result: dict[str, Any]) -> dict[str, Any]:
    """Return the examples of problems, to which their responses refer already."""
    made = {}
    for response in _responses(result):
        for kind, media in response.get("content", {}).items():
            for code, reference in media.get("examples", {}).items():
                key = reference["$ref"].rpartition("/")[2]
                value = _problem(int(key.partition("_")[0]), code)
                is_xml = kind.endswith("xml")
                made[key] = {"value": dump_xml(value) if is_xml else value}
    return made


def _responses(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from result["components"].get("responses", {}).values()
    for operations in result["paths"].values():
        for operation in operations.values():
            yield from operation["responses"].values()


def _problem(status: int, code: str) -> dict[str, object]:
    """Return a problem document as a client may get it."""
    title = TITLE_BY_CODE.get(code, code.replace("-", " ").capitalize())
    problem = Problem(status=status, code=code, title=title, detail=f"{title}.")
    return problem.document(UUID)


def _bodies(
    result: dict[str, Any],
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], str, bool]]:
    """Yield name, schema, media object, media type of each body, and if it is sent."""
    for operations in result["paths"].values():
        for operation in operations.values():
            named = operation["operationId"]
            bodies = [(f"{named}_request", operation.get("requestBody", {}), True)]
            bodies += [
                (f"{named}_{status}", response, False)
                for status, response in operation["responses"].items()
            ]
            yield from _media(bodies)
    shared = result["components"].get("responses", {})
    yield from _media([(name, response, False) for name, response in shared.items()])


def _media(
    bodies: list[tuple[str, dict[str, Any], bool]],
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], str, bool]]:
    for name, body, is_request in bodies:
        for kind, media in body.get("content", {}).items():
            schema = media.get("schema")
            if not schema:  # nobody knows what is in it
                continue
            told = schema.get("$ref", "").rpartition("/")[2]
            is_own = not told or len(schema) > 1
            key = name if is_own else f"{told}.request" if is_request else told
            yield key, schema, media, kind, is_request


def example_of(
    schema: Mapping[str, Any],
    schemas: Mapping[str, Any],
    *,
    name: str = "",
    is_request: bool = False,
) -> Any:  # noqa: ANN401 - a JSON document
    """Return a value that a schema takes.

    Args:
        schema: Of the OpenAPI document.
        schemas: What it may refer to, by name.
        name: Of the member that holds the value.
        is_request: It is sent, and not answered.
    """
    return _Maker(schemas, is_request=is_request).make(schema, name, 0)


class _Maker:
    """Makes values, down to a depth."""

    def __init__(self, schemas: Mapping[str, Any], *, is_request: bool) -> None:
        self.schemas = schemas
        self.hidden = "readOnly" if is_request else "writeOnly"

    def make(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:  # noqa: ANN401
        """Return a value for a member of this name."""
        schema = merged(schema, self.schemas)
        for told in ("const", "example"):
            if told in schema:
                return schema[told]
        if options := schema.get("oneOf") or schema.get("anyOf"):
            return self.make(_first(options), name, depth)
        return self._typed(schema, name, depth)

    def _typed(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:  # noqa: ANN401
        """Return a value of the first type that is named."""
        kinds = schema.get("type", "object" if "properties" in schema else None)
        kind = kinds if isinstance(kinds, str) or kinds is None else kinds[0]
        is_nullable = kinds is not None and "null" in kinds and kinds != kind
        if is_nullable and BY_NAME.get(name, name) is None:
            return None
        if "enum" in schema:
            return next(each for each in schema["enum"] if each not in ("", None))
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        return _scalar(schema, kind, name)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        members = schema.get("properties", {})
        required = schema.get("required", ())
        if not members and isinstance(
            values := schema.get("additionalProperties"), dict
        ):
            return {"key": self.make(values, "", depth + 1)}
        return {
            name: self.make(member, name, depth + 1)
            for name, member in members.items()
            if not member.get(self.hidden) and (depth < MAX_DEPTH or name in required)
        }

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        items = schema.get("items", {})
        reference = items.get("$ref")
        is_deep = reference is not None and depth > MAX_DEPTH
        if is_deep or (name == "children" and depth > 1):
            return []
        return [self.make(items, _singular(name), depth + 1)]


def _singular(name: str) -> str:
    """Return what one of a list's values is called."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name.removesuffix("s")


def _first(options: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first choice that is a value."""
    return next(each for each in options if each.get("type") != "null")


def _scalar(schema: Mapping[str, Any], kind: str | None, name: str) -> Any:  # noqa: ANN401
    """Return a text, a number or a truth."""
    named = BY_NAME.get(name)
    if kind == "boolean":
        return named if isinstance(named, bool) else True
    if kind in ("integer", "number"):
        fits = isinstance(named, int) and not isinstance(named, bool)
        return named if fits else max(1, schema.get("minimum", 1))
    if kind == "null":
        return None
    made = BY_FORMAT.get(schema.get("format", ""))
    if isinstance(named, str) and (made is None or schema["format"] == "decimal"):
        made = named
    text = str(name.replace("_", " ") or "text") if made is None else str(made)
    return text[: schema.get("maxLength", len(text))]
