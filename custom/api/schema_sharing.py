"""Names choices of parameters, so that generated clients have one type of each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

VALUE_NAMES = "x-enum-varnames"  # read by generators of clients
REVERSED = "-"  # before what a list is ordered by


def name_choices(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Refer to an enum by name where a body, or another operation, has the same."""
    schemas = result["components"]["schemas"]
    found = [
        (name, owner, key, _choices(owner[key]))
        for name, owner, key in _parameters(result)
        if "enum" in owner[key]
    ]
    names = {
        _choices(schema): name for name, schema in schemas.items() if "enum" in schema
    }
    times = Counter(choices for *_, choices in found)
    for name, owner, key, choices in found:
        if times[choices] > 1 and choices not in names:
            names[choices] = f"{name.title().replace('_', '')}Enum"
            schemas[names[choices]] = owner[key]
        if choices in names:
            owner[key] = {"$ref": f"#/components/schemas/{names[choices]}"}
        else:
            owner[key] |= _value_names(owner[key]["enum"])
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _choices(schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the values of an enum, in whatever order they were written."""
    return tuple(sorted(str(each) for each in schema["enum"]))


def _value_names(values: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Name values that would make no name of a constant: ``-price``."""
    if not any(value.startswith(REVERSED) for value in values):
        return {}
    return {
        VALUE_NAMES: [
            f"{value.removeprefix(REVERSED)}_reversed".upper()
            if value.startswith(REVERSED)
            else value.upper()
            for value in values
        ]
    }


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
