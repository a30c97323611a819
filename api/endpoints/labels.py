"""A label as an answer: its media type, its file name, and what the document says of it."""

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from carriers.ports import LabelFile, LabelFormat

MEDIA = {"pdf": "application/pdf", "zpl": "application/zpl"}
LABEL_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The label's file.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()
        },
    }
}
LabelQuery = Annotated[
    LabelFormat | None,
    Query(alias="format", description="Default: the one it was booked with."),
]


def label_response(label: LabelFile, name: str) -> Response:
    """The label, to be shown and never cached."""
    kind = label.format.value.split("_")[0]
    disposition = f'inline; filename="label-{name}.{kind}"'
    return Response(
        label.content,
        media_type=MEDIA[kind],
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
