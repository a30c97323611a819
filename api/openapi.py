"""The OpenAPI 3.1 document: scopes, problems and examples on every operation."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.callers import SCOPES, Allow
from api.problems import Problem

DESCRIPTION = """Plans, ships, tells, takes back: delivery for multi-seller marketplaces.

Every request carries an API key as a bearer token. Every POST that changes something carries an
`Idempotency-Key`; repeat it to retry safely. Times are ISO 8601 with an offset, money is whole
minor units with an ISO 4217 currency, weights are grams and lengths millimetres. Errors are
problem documents (RFC 9457). Lists come in pages by cursor."""

TAGS = [
    {"name": "checkout", "description": "Options for a cart, and committing one."},
    {"name": "shipments", "description": "Parcels, labels, manifests, hand-over."},
    {"name": "tracking", "description": "Events, journeys, notices."},
    {"name": "returns", "description": "Bring goods back."},
    {"name": "tours", "description": "Plan collection rounds and deliveries; follow and cancel."},
    {"name": "network", "description": "Sellers, places, services, tariffs; stock and offers."},
    {"name": "operations", "description": "API keys, jobs, the audit trail, health."},
]


def scope_of(route: APIRoute) -> Allow | None:
    """What a caller needs for this route, found among its dependencies."""
    waiting = list(route.dependant.dependencies)
    while waiting:
        dependency = waiting.pop()
        if isinstance(dependency.call, Allow):
            return dependency.call
        waiting.extend(dependency.dependencies)
    return None


def describe(
    app: FastAPI, routers: Iterable[APIRouter], models: Iterable[type[BaseModel]] = ()
) -> None:
    """Give the app its document, made once when it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app, operations_of(routers), (Problem, *models))
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _build(
    app: FastAPI, routes: list[APIRoute], models: Iterable[type[BaseModel]]
) -> dict[str, Any]:
    whole = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        license_info=app.license_info,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    for model in models:
        schema = model.model_json_schema(
            mode="serialization", ref_template="#/components/schemas/{model}"
        )
        for name, part in schema.pop("$defs", {}).items():
            schemas.setdefault(name, part)
        schemas[model.__name__] = schema
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for route in routes:
        allow = scope_of(route)
        if allow is None:
            continue
        note = f"Scope `{allow.scope}`: {SCOPES[allow.scope]}."
        if allow.sellers:
            note += " A seller's key sees its own only."
        for method in route.methods or ():
            operation = whole["paths"][route.path_format][method.lower()]
            operation["description"] = f"{operation.get('description', '')}\n\n{note}".strip()
            operation["x-scope"] = allow.scope
    return whole


def operations_of(routers: Iterable[APIRouter]) -> list[APIRoute]:
    """Every operation of these routers; a router's prefix holds its whole path."""
    return [
        route
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    ]
