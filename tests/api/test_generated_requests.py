"""Schemathesis over every operation: no server error, nothing that the document does not say."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from api.main import create_app
from core.clock import ManualClock
from routing.flows.import_network import import_network
from store.keys import create_key, create_tenant
from tests.api.conftest import make_lanewise

EXAMPLES = int(os.environ.get("LANEWISE_TEST_EXAMPLES", "4"))  # requests per operation and mode
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def probe(operation: Any, mode: GenerationMode, secret: str) -> None:
    """Send generated requests to one operation and check each answer."""

    @seed(20260302)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def send(case: Any) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS, headers=headers)

    send()


@pytest.mark.filterwarnings("ignore")
def test_no_generated_request_breaks_the_server_or_the_document(
    sqlite_engine: Engine, clock: ManualClock, network_files: dict[str, str]
) -> None:
    load_all_checks()
    lanewise = make_lanewise(sqlite_engine, clock, rate_limit_per_minute=10_000_000)
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "test")
    with lanewise.sessions(tenant) as session:
        _, secret = create_key(session, "k")
        import_network(session, network_files)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(lanewise))
    failures: list[str] = []
    visited = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        visited += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                probe(operation, mode, secret)
            except Unsatisfiable:  # an operation that takes nothing cannot be asked wrongly
                assert mode is GenerationMode.NEGATIVE, operation.label
            except Exception as error:
                failures.append(f"{operation.label} ({mode.value}): {error}")
    assert visited > 5
    assert not failures, "\n\n".join(failures)
