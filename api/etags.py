"""`ETag` and `If-Match`: who edits something says which version they read."""

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from api.problems import HttpError

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The `ETag` of the version you read; the change is refused when it is older.",
    ),
]


def etag(shown: BaseModel) -> str:
    """The header's value for what a reader was shown."""
    return f'"{hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:32]}"'


def require_match(given: str | None, shown: BaseModel) -> None:
    """Refuse a change without If-Match (428), or one of what has changed since (412)."""
    if given is None:
        raise HttpError("precondition_required")
    wanted = {part.strip().removeprefix("W/") for part in given.split(",")}
    if etag(shown) not in wanted and "*" not in wanted:
        raise HttpError("changed")
