"""Errors on pages are pages: people get words and a way on, machines under `/v1` get problems."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.pages.render import message
from api.pages.staff import SignInNeeded
from api.problems import response_for, response_for_http
from core.errors import LanewiseError, NotAllowed, NotFound, Unavailable


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asked."""
    path = request.url.path
    machine = path.startswith(("/v1/", "/easypost/", "/openapi.json"))
    return not machine and "text/html" in request.headers.get("accept", "")


def answer_with_pages(app: FastAPI) -> None:
    """Answer people with pages, everybody else with problems; call after `answer_with_problems`."""

    @app.exception_handler(SignInNeeded)
    def to_sign_in(request: Request, error: Exception) -> Response:
        assert isinstance(error, SignInNeeded)
        back = quote(request.url.path) if request.method == "GET" else ""
        return RedirectResponse(f"/login?next={back}", 303)

    @app.exception_handler(LanewiseError)
    def of_lanewise(request: Request, error: Exception) -> Response:
        assert isinstance(error, LanewiseError)
        if not wants_page(request):
            return response_for(error, str(getattr(request.state, "request_id", "")))
        return error_page(request, error)

    @app.exception_handler(HTTPException)
    def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if not wants_page(request):
            return response_for_http(request, error)
        if error.status_code == 404:
            return error_page(request, NotFound())
        return message(
            request,
            "That did not work",
            str(error.detail),
            status=error.status_code,
            href="/",
            action="Start page",
        )


def error_page(request: Request, error: LanewiseError) -> Response:
    """The page for an error of any room."""
    status = response_for(error).status_code
    match error:
        case NotFound():
            title, text = "Nothing here", "There is no such thing, or the link has ended."
        case NotAllowed():
            title, text = "Not permitted", error.message
        case Unavailable():
            title, text = "One moment", "Something this page needs is away. Try again shortly."
        case _:
            title, text = "That did not work", error.message
    return message(request, title, text, status=status, href="/", action="Start page")
