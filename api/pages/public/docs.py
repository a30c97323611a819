"""The API's documentation page: rendered here from the OpenAPI document, readable offline."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.pages.render import render
from api.problems import KINDS

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter or field of a body or an answer."""

    name: str
    place: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: tuple[Parameter, ...]
    answer: tuple[Parameter, ...]
    answer_type: str
    example: str
    statuses: tuple[tuple[str, str], ...]
    curl: str


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """The documentation."""
    document = request.app.openapi()
    groups = [
        (tag["name"], tag["description"], operations)
        for tag in document["tags"]
        if (operations := operations_of(document, tag["name"], str(request.base_url)))
    ]
    return render(
        request,
        "public/docs.html",
        document=document,
        groups=groups,
        kinds=KINDS,
    )


def operations_of(document: dict[str, Any], tag: str, base: str) -> list[Operation]:
    """The operations with this tag, in the order of the document."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation.get("tags", []):
                found.append(_operation(document, path, method, operation, base))
    return found


def _operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], base: str
) -> Operation:
    parameters = tuple(
        Parameter(
            item["name"],
            item["in"],
            type_of(item["schema"]),
            item.get("required", False),
            item.get("description", ""),
        )
        for item in operation.get("parameters", [])
    )
    body_schema = _schema(operation.get("requestBody", {}).get("content", {}))
    example = example_of(document, body_schema)
    success = next((key for key in operation["responses"] if key.startswith("2")), "")
    content = operation["responses"].get(success, {}).get("content", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["operationId"].replace("_", " ").capitalize().replace("api", "API"),
        description=operation.get("description", ""),
        parameters=parameters,
        body=tuple(fields_of(document, body_schema)),
        answer=tuple(fields_of(document, _schema(content))),
        answer_type=", ".join(content),
        example=example,
        statuses=tuple(
            (status, answer["description"]) for status, answer in operation["responses"].items()
        ),
        curl=_curl(base, method, path, operation, example),
    )


def _schema(content: dict[str, Any]) -> dict[str, Any]:
    for media in content.values():
        schema: dict[str, Any] = media.get("schema", {})
        return schema
    return {}


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a reference points at."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def type_of(schema: dict[str, Any]) -> str:
    """A schema's type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            parts = [type_of(part) for part in schema[word] if part.get("type") != "null"]
            return " or ".join(dict.fromkeys(parts))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")


def fields_of(
    document: dict[str, Any], schema: dict[str, Any], prefix: str = "", depth: int = 0
) -> list[Parameter]:
    """The fields of a schema, nested ones with dotted names, three levels deep."""
    whole = resolve(document, schema)
    if whole.get("type") == "array":
        return fields_of(document, whole.get("items", {}), f"{prefix}[].", depth)
    found: list[Parameter] = []
    required = whole.get("required", [])
    for name, part in whole.get("properties", {}).items():
        found.append(
            Parameter(
                f"{prefix}{name}", "", type_of(part), name in required, part.get("description", "")
            )
        )
        inner = _nested(part)
        if inner is not None and depth < 2:
            mark = f"{prefix}{name}[]." if part.get("type") == "array" else f"{prefix}{name}."
            found += fields_of(document, inner, mark, depth + 1)
    return found


def _nested(schema: dict[str, Any]) -> dict[str, Any] | None:
    if "$ref" in schema:
        return schema
    if schema.get("type") == "array":
        return _nested(schema.get("items", {}))
    for part in schema.get("anyOf", []):
        if "$ref" in part:
            return dict(part)
    return None


def example_of(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """The first example of a body, as JSON text; empty when it has none."""
    examples = resolve(document, schema).get("examples", []) if schema else []
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else ""


def _curl(base: str, method: str, path: str, operation: dict[str, Any], example: str) -> str:
    lines = [f"curl {base.rstrip('/')}{path}"]
    if method != "get":
        lines[0] = f"curl -X {method.upper()} {base.rstrip('/')}{path}"
    if "x-scope" in operation:
        lines.append("  -H 'Authorization: Bearer lw_…'")
    names = [item["name"] for item in operation.get("parameters", []) if item["in"] == "header"]
    if "Idempotency-Key" in names:
        lines.append("  -H 'Idempotency-Key: a-fresh-value'")
    if example:
        lines.append("  -H 'Content-Type: application/json'")
        compact = json.dumps(json.loads(example), ensure_ascii=False)
        lines.append(f"  -d '{compact}'")
    return " \\\n".join(lines)
