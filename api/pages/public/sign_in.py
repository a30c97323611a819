"""Sign-in of staff with an API key, and sign-out."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.callers import CallerBook, lanewise_of
from api.pages.render import render
from api.pages.staff import COOKIE, set_cookie

router = APIRouter()


def _safe(target: str) -> str:
    """Only addresses of this site: one slash, no host, no backslash tricks."""
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if plain and target.isprintable() else "/warehouse"


@router.get("/login")
def ask(
    request: Request, next_page: Annotated[str, Query(alias="next", max_length=500)] = ""
) -> HTMLResponse:
    """The form."""
    return render(request, "public/sign_in.html", next_page=_safe(next_page), fault="")


@router.post("/login")
def sign_in(
    request: Request,
    key: Annotated[str, Form(max_length=200)] = "",
    next_page: Annotated[str, Form(alias="next", max_length=500)] = "",
) -> Response:
    """Check the key and hand out the cookie."""
    book: CallerBook = request.app.state.callers
    caller = book.find(key.strip())
    if caller is None:
        return render(
            request,
            "public/sign_in.html",
            status=401,
            next_page=_safe(next_page),
            fault="This key is unknown or was revoked.",
        )
    answer = RedirectResponse(_safe(next_page), 303)
    set_cookie(answer, lanewise_of(request), caller.key_id)
    return answer


@router.post("/logout")
def sign_out(request: Request) -> Response:
    """Forget the cookie."""
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer
