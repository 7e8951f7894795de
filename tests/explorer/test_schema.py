"""The API holds to its own description, whatever is asked: schemathesis on the OpenAPI document, few examples each."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from ontogeny.explorer.app import make_app

HOST = {"host": "localhost"}
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance)


@pytest.mark.slow
def test_answers_are_as_described(explorer):
    """Every address below /api but the stream, which never ends (see test_live)."""
    api = schemathesis.openapi.from_asgi("/api/openapi.json", make_app(explorer), headers=HOST)
    asked = []
    for found in api.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def holds(case):
            case.call_and_validate(headers=HOST, checks=CHECKS)

        holds()
        asked.append(operation.label)
    assert len(asked) == len(set(asked)) > 20
