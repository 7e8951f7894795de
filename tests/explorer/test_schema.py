"""The API holds to its own description, whatever is asked: schemathesis on the OpenAPI document, few examples each.

`benchmarks/trust/api.py` asks for more of them, and counts the requests.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from ontogeny.explorer.app import make_app

HOST = {"host": "localhost"}
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance)
EXAMPLES = int(os.environ.get("ONTOGENY_API_EXAMPLES", "5"))
"""For each address, each kind of data, and names both made up and known."""


@pytest.mark.slow
@pytest.mark.parametrize("names", ["made up", "known"])
@pytest.mark.parametrize("kind", GenerationMode)
def test_answers_are_as_described(explorer, folder, record_property, names, kind):
    """Every address below /api but the stream, which never ends (see test_live); data that fit the description and
    data that do not; names that were made up, and those of what the store holds."""
    api = schemathesis.openapi.from_asgi("/api/openapi.json", make_app(explorer), headers=HOST)
    known = {"name": "karel", "hash": folder.name, "study": "toy_study", "table": "sizes", "figure": "sizes"}
    asked, requests = [], 0
    for found in api.get_all_operations():
        operation = found.ok()
        fixed = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
        if names == "known" and not fixed:
            continue

        @given(case=operation.as_strategy(generation_mode=kind, path_parameters=fixed if names == "known" else None))
        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def holds(case):
            nonlocal requests
            requests += 1
            case.call_and_validate(headers=HOST, checks=CHECKS)

        try:
            holds()
        except Unsatisfiable:  # it takes nothing, so that nothing can be wrong
            assert kind is GenerationMode.NEGATIVE
            continue
        asked.append(operation.label)
    record_property("requests", requests)
    assert len(asked) == len(set(asked)) > 10
