"""Names what in one OpenAPI document would break clients of an earlier one.

Clients send what they always sent, and rely on what they were told: a request may take
more than it did and never less; an answer may hold more and never less. New codes of
problems and new values of enums in answers are no break: clients are told to expect
them. A code that nothing is refused with any more was renamed, as far as clients can
tell; an operation that has one less is none the worse, but a code keeps its status.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
PROBLEM = "application/problem+json"
PLACEHOLDER = re.compile(r"\{[^}]*\}")
# Keyword -> whether a smaller number takes less.
LIMITS = {
    "maxLength": True,
    "maximum": True,
    "maxItems": True,
    "minLength": False,
    "minimum": False,
    "minItems": False,
}
COMPARED = ("format", "pattern", "const")


def find_breaks(old: Document, new: Document) -> list[str]:
    """Return every break, each in a sentence that stays the same while it lasts."""
    before, after = _operations(old), _operations(new)
    found = []
    for key, (path, operation) in before.items():
        if key not in after:
            found.append(f"{key[0]} {path}: the operation is gone")
            continue
        pair = _Operations(operation, after[key][1], old, new)
        found += [f"{key[0]} {path}: {told}" for told in pair.breaks()]
    lost = _all_codes(old) - _all_codes(new)
    found += [f"any operation: the code {code} is gone" for code in sorted(lost)]
    return list(dict.fromkeys(found))


def is_meant(told: str, accepted: Iterable[str]) -> bool:
    """Tell whether a break is among those that are meant so; `*` is any text."""
    return any(
        re.fullmatch(re.escape(each).replace(r"\*", ".*"), told) for each in accepted
    )


def _operations(document: Document) -> dict[tuple[str, str], tuple[str, Any]]:
    """Return method and path, whatever its parameters are called -> both."""
    return {
        (method.upper(), PLACEHOLDER.sub("{}", path)): (path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _all_codes(document: Document) -> set[str]:
    """Return every code that some operation declares."""
    operations = (operation for _path, operation in _operations(document).values())
    return {code for each in operations for code in _codes(each, document)}


def _codes(operation: Any, document: Document) -> dict[str, set[str]]:  # noqa: ANN401
    """Return the code of each problem an operation declares -> its statuses."""
    found: dict[str, set[str]] = {}
    for status, told in operation["responses"].items():
        content = resolve(told, document).get("content", {})
        members = content.get(PROBLEM, {}).get("schema", {}).get("properties", {})
        for code in members.get("code", {}).get("enum", ()):
            found.setdefault(code, set()).add(status)
    return found


def resolve(part: Any, document: Document) -> Any:  # noqa: ANN401
    """Follow a reference; what stands beside it outranks what it leads to."""
    while isinstance(part, Mapping) and "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = {**found, **{k: v for k, v in part.items() if k != "$ref"}}
    return part


@dataclass(frozen=True)
class _Operations:
    """One operation as it was and as it is."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    old_document: Document
    new_document: Document

    def breaks(self) -> Iterator[str]:
        """Yield what is less than it was."""
        if self.old.get("operationId") != self.new.get("operationId"):
            yield f"it was called {self.old.get('operationId')}"
        if {} in self.old.get("security", [{}]) and {} not in self.new.get(
            "security", [{}]
        ):
            yield "it asks for credentials"
        yield from self._of_parameters()
        yield from self._of_request()
        yield from self._of_responses()
        yield from self._of_codes()

    def _of_codes(self) -> Iterator[str]:
        after = _codes(self.new, self.new_document)
        for code, statuses in _codes(self.old, self.old_document).items():
            for status in sorted(statuses - after.get(code, statuses)):
                yield f"{code} is not {status}"

    def _parameters(self, side: str) -> dict[tuple[str, str], Any]:
        operation = getattr(self, side)
        document = getattr(self, f"{side}_document")
        found = [resolve(each, document) for each in operation.get("parameters", ())]
        return {
            (each["in"], each["name"]): each for each in found if each["in"] != "path"
        }

    def _of_parameters(self) -> Iterator[str]:
        before, after = self._parameters("old"), self._parameters("new")
        for (place, name), each in after.items():
            was_required = before.get((place, name), {}).get("required")
            if each.get("required") and not was_required:
                yield f"{place} {name} is required"
        for (place, name), each in before.items():
            if (place, name) not in after:
                yield f"{place} {name} is gone"
                continue
            schemas = each["schema"], after[place, name]["schema"]
            yield from self._of_schemas(*schemas, f"{place} {name}", is_sent=True)

    def _of_request(self) -> Iterator[str]:
        before, after = self.old.get("requestBody"), self.new.get("requestBody")
        if after and after.get("required") and not (before or {}).get("required"):
            yield "a body is required"
        if before and not after:
            yield "it takes no body"
        elif before and after:
            yield from self._of_media(before, after, "the body", is_sent=True)

    def _of_responses(self) -> Iterator[str]:
        for status, told in self.old["responses"].items():
            if not status.startswith("2"):
                continue
            if status not in self.new["responses"]:
                yield f"it does not answer {status}"
                continue
            before = resolve(told, self.old_document)
            after = resolve(self.new["responses"][status], self.new_document)
            for name in before.get("headers", {}):
                if name not in after.get("headers", {}):
                    yield f"{status} has no header {name}"
            yield from self._of_media(before, after, status, is_sent=False)

    def _of_media(
        self,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        place: str,
        *,
        is_sent: bool,
    ) -> Iterator[str]:
        """Compare bodies; those of one schema are told of once."""
        told: dict[str, None] = {}
        for kind, media in before.get("content", {}).items():
            if kind not in after.get("content", {}):
                yield f"{place} is not {kind}"
                continue
            schemas = media.get("schema", {}), after["content"][kind].get("schema", {})
            told |= dict.fromkeys(self._of_schemas(*schemas, place, is_sent=is_sent))
        yield from told

    def _of_schemas(
        self,
        old: Any,  # noqa: ANN401
        new: Any,  # noqa: ANN401
        place: str,
        *,
        is_sent: bool,
        seen: frozenset[tuple[str, str]] = frozenset(),
    ) -> Iterator[str]:
        """Yield how a value may be less, or more, than it might."""
        pair = (str(old.get("$ref")), str(new.get("$ref")))
        if "$ref" in old and "$ref" in new:
            if pair in seen:
                return
            seen |= {pair}
        old, new = resolve(old, self.old_document), resolve(new, self.new_document)
        yield from _of_types(old, new, place, is_sent=is_sent)
        if is_sent:
            yield from _of_limits(old, new, place)
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            inside = f"{place}, {name}"
            if name not in after:
                if before[name].get("readOnly" if is_sent else "writeOnly"):
                    continue
                yield f"{inside} is gone"
                continue
            yield from self._of_schemas(
                before[name], after[name], inside, is_sent=is_sent, seen=seen
            )
        yield from _of_required(old, new, place, is_sent=is_sent)
        if "items" in old and "items" in new:
            yield from self._of_schemas(
                old["items"], new["items"], f"{place}[]", is_sent=is_sent, seen=seen
            )


def _of_required(old: Any, new: Any, place: str, *, is_sent: bool) -> Iterator[str]:  # noqa: ANN401
    """Yield what must be sent now, or may be missing now."""
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    if is_sent:
        for name in sorted(after - before):
            yield f"{place}, {name} is required"
    else:
        for name in sorted((before - after) & set(new.get("properties", ()))):
            yield f"{place}, {name} may be missing"


def _of_types(old: Any, new: Any, place: str, *, is_sent: bool) -> Iterator[str]:  # noqa: ANN401
    """Yield types that may not be sent any more, or may be answered now."""
    before, after = _types(old), _types(new)
    if not before or not after:
        return
    lost = before - after if is_sent else after - before
    if "number" in (after if is_sent else before):
        lost -= {"integer"}  # it is a number
    for kind in sorted(lost):
        yield f"{place} is not {kind}" if is_sent else f"{place} may be {kind}"


def _of_limits(old: Any, new: Any, place: str) -> Iterator[str]:  # noqa: ANN401
    """Yield values that may not be sent any more."""
    for value in old.get("enum", ["anything"]):
        if value not in new.get("enum", [value]):
            yield f"{place} is not {value}"
    for keyword, is_upper in LIMITS.items():
        if keyword in new:
            was, now = old.get(keyword), new[keyword]
            if was is None or (now < was if is_upper else now > was):
                yield f"{place} has {keyword} {now}"
    for keyword in COMPARED:
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"{place} has {keyword} {new[keyword]}"


def _types(schema: Mapping[str, Any]) -> set[str]:
    """Return the types a schema names; none if it leaves them open."""
    found = schema.get("type", ())
    return {found} if isinstance(found, str) else set(found)
