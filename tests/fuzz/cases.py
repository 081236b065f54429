"""Requests made up by Schemathesis, sent to a running shop and held to its contract."""

import copy
import itertools
import random
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
        known: Name of a path parameter or member -> values that exist.
        turns: How many pairs of a role and a mode, valid or not, each operation has;
            the next operation goes on where the last one stopped.
        examples: Cases of each turn.
        number: Of the run; cases follow from it.
        faults: What was found, with how to send it again.
        sent: How many requests there were, by status.
    """

    url: str
    tokens: Mapping[str, Any]
    known: Mapping[str, Sequence[Any]]
    turns: int
    examples: int
    number: int
    faults: dict[str, str] = field(default_factory=dict)
    sent: dict[int, int] = field(default_factory=dict)

    def run(self, only: str = "") -> None:
        """Send cases of every operation whose id contains a text."""
        schema = schemathesis.openapi.from_dict(copy.deepcopy(build_schema("1")))
        operations = [each.ok() for each in schema.get_all_operations()]
        turns = itertools.cycle(itertools.product(GenerationMode, self.tokens))
        for operation in sorted(operations, key=_is_final):
            if only in operation.definition.raw["operationId"]:
                for mode, role in itertools.islice(turns, self.turns):
                    self._fuzz(operation, role, mode)

    def _fuzz(self, operation: Any, role: str, mode: GenerationMode) -> None:  # noqa: ANN401
        """Send cases of one operation."""
        make = self.tokens[role]
        headers = {"Authorization": f"Token {make()}"} if make else {}

        @seed(self.number)
        @settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode), st.integers(0, 2**32))
        def send(case: Any, chance: int) -> None:  # noqa: ANN401
            dice = random.Random(chance)  # noqa: S311 - no secret
            _point_at(case, self.known, dice)
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
        self.sent[response.status_code] = self.sent.get(response.status_code, 0) + 1
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


def _is_final(operation: Any) -> bool:  # noqa: ANN401
    """Tell what ends accounts and tokens, which others then lack."""
    return "/user/" in operation.path


def _point_at(
    case: Any,  # noqa: ANN401
    known: Mapping[str, Sequence[Any]],
    dice: random.Random,
) -> None:
    """Let most of what a case names be there, and leave parameters out."""
    parameters = dict(case.path_parameters or {})
    for name in parameters:
        place = f"{case.path}:{name}"
        values = known.get(place) or known.get(name)
        if values and dice.random() < 0.7:
            parameters[name] = dice.choice(values)
    case.path_parameters = parameters
    case.query = {  # few texts are what a parameter takes, and one bad one is enough
        name: value for name, value in (case.query or {}).items() if dice.random() < 0.3
    }
    if isinstance(case.body, dict | list):
        case.body = _filled(case.body, known, dice)


def _filled(value: Any, known: Mapping[str, Sequence[Any]], dice: random.Random) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_filled(each, known, dice) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: dice.choice(known[name])
        if known.get(name) and dice.random() < 0.5
        else _filled(member, known, dice)
        for name, member in value.items()
    }
