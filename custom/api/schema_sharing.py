"""Names choices of parameters once, so that generated clients have one type of each."""

from collections import Counter
from collections.abc import Iterator
from typing import Any


def name_choices(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Refer to an enum by name where a body, or another operation, has the same."""
    schemas = result["components"]["schemas"]
    found = [
        (name, tuple(owner[key]["enum"]), owner, key)
        for name, owner, key in _parameters(result)
        if "enum" in owner[key]
    ]
    names = {
        tuple(schema["enum"]): name
        for name, schema in schemas.items()
        if "enum" in schema
    }
    for (name, choices), times in Counter(each[:2] for each in found).items():
        if times > 1 and choices not in names:
            names[choices] = f"{name.title().replace('_', '')}Enum"
            schemas[names[choices]] = {"type": "string", "enum": list(choices)}
    for _, choices, owner, key in found:
        if choices in names:
            owner[key] = {"$ref": f"#/components/schemas/{names[choices]}"}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _parameters(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a parameter's name, and where the schema of its value, or values, is."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for each in operation.get("parameters", ()):
                schema = each.get("schema")
                if schema is None:  # a reference itself
                    continue
                is_list = schema.get("type") == "array"
                yield (
                    each["name"],
                    *((schema, "items") if is_list else (each, "schema")),
                )
