"""`ETag` and `If-Match`: who edits something says which version they read."""

from typing import Annotated

from fastapi import Header

from api.problems import HttpError

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The `ETag` of the version you read; the change is refused when it is older.",
    ),
]


def etag(version: object) -> str:
    """The header's value for a version."""
    return f'"{version}"'


def require_match(given: str | None, version: object) -> None:
    """Refuse a change without If-Match (428), or one against another version (412)."""
    if given is None:
        raise HttpError("precondition_required")
    wanted = {part.strip().removeprefix("W/") for part in given.split(",")}
    if etag(version) not in wanted and "*" not in wanted:
        raise HttpError("changed")
