"""Requests made up by Schemathesis, sent to a running shop and held to its contract."""

import copy
import itertools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict
from schemathesis.generation import GenerationMode

from custom.api.xml import dump_xml
from shop.api.views import build_schema
from tests.contract.checker import Answer, the_contract

XML_TYPES = ("application/xml", "text/xml")
SECONDS = 30  # for one answer
MIN_REFUSAL = 400
SERVER_FAULT = 500
# What is made up of these names nothing but a refusal.
FOREIGN_HEADERS = ("If-None-Match", "X-Basket-Token", "X-Order-Token")


@schemathesis.serializer(*XML_TYPES)
def write_xml(_context: schemathesis.SerializationContext, value: Any) -> bytes:  # noqa: ANN401
    """Write a body as the shop's XML; one that is a text is sent as it is."""
    return value.encode() if isinstance(value, str) else dump_xml(value).encode()


@dataclass
class Fuzz:
    """One run over operations, as callers of several roles.

    Attributes:
        url: Of the running shop.
        tokens: Role -> makes a token; None for nobody's.
        known: Name of a path parameter or member -> values that exist; at one address
            by ``path:name``, of parameters of the query by ``?name``.
        left_out: Members that are mostly left out, named alike: they state what was
            read before, or take what nobody can make up.
        turns: How many pairs of a mode, valid or not, and a role each operation has:
            the first is valid, by who may do it; of the others the next operation goes
            on where the last one stopped.
        examples: Cases of each turn; the first of them is as simple as can be.
        number: Of the run; cases follow from it.
        faults: What was found, with how to send it again.
        seen: Operation -> how often each status was its answer.
    """

    url: str
    tokens: Mapping[str, Any]
    known: Mapping[str, Sequence[Any]]
    left_out: frozenset[str]
    turns: int
    examples: int
    number: int
    faults: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Counter[int]] = field(default_factory=dict)

    def run(self, only: str = "") -> None:
        """Send cases of every operation whose id contains a text."""
        schema = schemathesis.openapi.from_dict(_closed(build_schema("1")))
        operations = [each.ok() for each in schema.get_all_operations()]
        others = itertools.cycle(itertools.product(self.tokens, GenerationMode))
        for operation in sorted(operations, key=_order):
            if only in operation.definition.raw["operationId"]:
                self._fuzz(operation, _able(operation.path), GenerationMode.POSITIVE)
                for role, mode in itertools.islice(others, self.turns - 1):
                    self._fuzz(operation, role, mode)

    @property
    def sent(self) -> Counter[int]:
        """Return how many requests there were, by status."""
        return sum(self.seen.values(), Counter())

    def table(self) -> str:
        """Return a line an operation, with the statuses it answered by."""
        return "\n".join(
            f"{name:50}" + " ".join(f"{s}:{n}" for s, n in sorted(counts.items()))
            for name, counts in sorted(self.seen.items())
        )

    def unseen(self) -> list[str]:
        """Return the operations that never did what they are for."""
        return sorted(
            name
            for name, counts in self.seen.items()
            if not any(status < MIN_REFUSAL for status in counts)
        )

    def _fuzz(self, operation: Any, role: str, mode: GenerationMode) -> None:  # noqa: ANN401
        """Send cases of one operation."""
        make = self.tokens[role]
        headers = {"Authorization": f"Token {make()}"} if make else {}
        example = _example_of(operation)

        @seed(self.number)
        @settings(
            max_examples=self.examples,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode), st.integers(0, 2**32))
        def send(case: Any, chance: int) -> None:  # noqa: ANN401
            dice = random.Random(chance)  # noqa: S311 - no secret
            if mode is GenerationMode.POSITIVE:
                _take_example(case, example, dice)
            _point_at(case, self.known, self.left_out, dice)
            self._send(case, role, headers)

        with requests.Session() as session:
            self._session = session
            send()

    def _send(self, case: Any, role: str, headers: dict[str, str]) -> None:  # noqa: ANN401
        """Send a case, and note what is wrong with its answer."""
        response = case.call(
            base_url=self.url,
            session=self._session,
            headers=headers,
            timeout=SECONDS,
            allow_redirects=False,
        )
        name = case.operation.definition.raw["operationId"]
        self.seen.setdefault(name, Counter())[response.status_code] += 1
        query = parse_qs(urlsplit(response.request.url).query, keep_blank_values=True)
        answer = Answer(
            method=case.method.upper(),
            route=case.path,
            status=response.status_code,
            headers=CaseInsensitiveDict(
                {name: values[0] for name, values in response.headers.items()}
            ),
            content=response.content or b"",
            is_partial="fields" in query,
        )
        found = the_contract().find_faults(answer)
        if response.status_code == SERVER_FAULT:
            found = [f"a bug: {response.text[:200]}"]
        security = case.operation.definition.raw.get("security", [{}])
        if not headers and {} not in security and answer.status < MIN_REFUSAL:
            found.append("nobody may do what needs credentials")
        for fault in found:
            key = f"{answer.method} {case.path} {answer.status}: {fault[:160]}"
            if key not in self.faults:
                sent = response.request
                told = f"{role}: {sent.url} {str(sent.body)[:500]} -> {fault}"
                self.faults[key] = told


def _order(operation: Any) -> tuple[bool, bool, int]:  # noqa: ANN401
    """Sort last what takes away what others need: rows, the deepest first; accounts."""
    is_account = "/user/" in operation.path
    is_deleting = operation.method == "delete"
    return is_account, is_deleting, -operation.path.count("/") * is_deleting


def _closed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document in which bodies hold what is named alone, as the shop has it.

    Else most of what is made up as valid would have a member that is not.
    """
    closed = copy.deepcopy(dict(document))
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return closed


def _able(path: str) -> str:
    """Name who may do most of what an address is for."""
    parts = {"admin": "staff", "partner": "partner"}
    holds_scopes = path.startswith("/api/user/key/")
    return "partner" if holds_scopes else parts.get(path.split("/")[2], "customer")


def _example_of(operation: Any) -> Any:  # noqa: ANN401
    """Return the body that the document gives as an example, if there is one."""
    body = operation.definition.raw.get("requestBody", {"content": {}})
    media = body["content"].get("application/json")
    if media is None:
        return None
    document = build_schema("1")
    ((_name, told),) = media["examples"].items()
    return document["components"]["examples"][told["$ref"].rpartition("/")[2]]["value"]


def _take_example(case: Any, example: Any, dice: random.Random) -> None:  # noqa: ANN401
    """Make most of a body as people would, and keep some of what was made up.

    Few texts at random are an address, or the body of a product that can be sold.
    """
    if (
        isinstance(example, dict)
        and isinstance(case.body, dict)
        and dice.random() < 0.8
    ):
        share = dice.choice((0, 0, 0.2))
        odd = {name: each for name, each in case.body.items() if dice.random() < share}
        case.body = copy.deepcopy(example) | odd


def _point_at(
    case: Any,  # noqa: ANN401
    known: Mapping[str, Sequence[Any]],
    left_out: frozenset[str],
    dice: random.Random,
) -> None:
    """Let most of what a case names be there, and leave parameters out."""
    parameters = dict(case.path_parameters or {})
    for name in parameters:
        place = f"{case.path}:{name}"
        values = known.get(place) or known.get(name)
        if values and dice.random() < 0.8:
            parameters[name] = dice.choice(values)
    case.path_parameters = parameters
    told = {each.name: each.definition for each in case.operation.query}
    case.query = {  # few texts are what a parameter takes, and one bad one is enough
        name: _query_value(name, value, told.get(name, {}), known, dice)
        for name, value in (case.query or {}).items()
        if told.get(name, {}).get("required") or dice.random() < 0.3
    }
    headers = case.headers = case.headers or CaseInsensitiveDict()
    if "If-Match" in {each.name for each in case.operation.headers} and (
        dice.random() < 0.7
    ):
        headers["If-Match"] = "*"  # what is there, whatever its state
    for name in FOREIGN_HEADERS:
        if name in headers and dice.random() < 0.8:
            del headers[name]
    own = {
        key.rpartition(":")[2]: values
        for key, values in known.items()
        if key.startswith(f"{case.path}:")
    }
    if isinstance(case.body, dict):
        case.body = {
            name: each
            for name, each in _filled(case.body, {**known, **own}, dice).items()
            if left_out.isdisjoint((name, f"{case.path}:{name}")) or dice.random() < 0.2
        }


def _query_value(
    name: str,
    value: Any,  # noqa: ANN401
    told: Mapping[str, Any],
    known: Mapping[str, Sequence[Any]],
    dice: random.Random,
) -> Any:  # noqa: ANN401
    """Return what a parameter takes, now and then what was made up."""
    values = known.get(f"?{name}") or [told.get("schema", {}).get("example", value)]
    return dice.choice(values) if dice.random() < 0.7 else value


def _filled(value: Any, known: Mapping[str, Sequence[Any]], dice: random.Random) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_filled(each, known, dice) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: dice.choice(known[name])
        if known.get(name) and dice.random() < 0.8
        else _filled(member, known, dice)
        for name, member in value.items()
    }
