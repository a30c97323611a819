"""The start page: what this is, and the way to each door."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.pages.render import render

router = APIRouter()


@router.get("/")
def start(request: Request) -> HTMLResponse:
    """The front door."""
    return render(request, "public/start.html")
