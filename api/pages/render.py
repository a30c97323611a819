"""Renders pages: templates with autoescape, texts by language, dates and money by locale."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import NullTranslations, Translations
from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.settings import VERSION
from carriers.number_groups import groups_of
from core.money import Money

HERE = Path(__file__).parent
STATIC = HERE / "public" / "static"
TRANSLATIONS = HERE / "translations"
LANGUAGES = ("en", "fr", "id", "ro", "it", "pt_BR", "es", "de")
NAV = (
    ("/checkout", "Checkout"),
    ("/warehouse", "Warehouse"),
    ("/tours", "Tours"),
    ("/docs", "API"),
)


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """The address of a static file, with its content's hash so that it may be cached for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@lru_cache(maxsize=16)
def translations(language: str) -> NullTranslations:
    """The compiled catalogue of a language; the texts in the templates where there is none."""
    return Translations.load(str(TRANSLATIONS), [language], domain="pages")


def language_of(request: Request) -> str:
    """What the visitor reads: `?lang=`, else the browser's languages, else English."""
    asked = request.query_params.get("lang", "").replace("-", "_")
    if asked in LANGUAGES:
        return asked
    accepted = [
        part.split(";")[0].strip().replace("-", "_")
        for part in request.headers.get("accept-language", "")[:200].split(",")
    ]
    try:
        return negotiate_locale([name for name in accepted if name], LANGUAGES) or "en"
    except (UnknownLocaleError, ValueError):
        return "en"


def with_code(text: str) -> Markup:
    """Text in which what stands between backticks is code."""
    parts = text.split("`")
    marked = [Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(parts)]
    return Markup("").join(marked)


def grouped(number: str) -> Markup:
    """A tracking number in groups that are seen, not copied: selected, it has no blanks."""
    parts = [Markup("<span>{}</span>").format(part) for part in groups_of(number)]
    return Markup('<span class="groups">{}</span>').format(Markup("<wbr>").join(parts))


@lru_cache(maxsize=16)
def environment(language: str) -> Environment:
    """The templates of one language, with their filters."""
    env = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    locale = Locale.parse(language)

    def money(amount: Money) -> str:
        return format_currency(amount.to_decimal(), amount.currency, locale=locale)

    def day(value: date, form: str = "EEE d MMM") -> str:
        return format_date(value, form, locale=locale)

    def instant(value: datetime, zone: str = "UTC", form: str = "EEE d MMM, HH:mm") -> str:
        return format_datetime(value.astimezone(ZoneInfo(zone)), form, locale=locale)

    def hour(value: datetime, zone: str = "UTC") -> str:
        return format_time(value.astimezone(ZoneInfo(zone)), "HH:mm", locale=locale)

    def number(value: float) -> str:
        return format_decimal(value, locale=locale)

    def share(value: float) -> str:
        return format_percent(value, "#,##0.0 %", locale=locale)

    def territory(code: str) -> str:
        return str(locale.territories.get(code, code))

    env.filters.update(territory=territory, share=share, grouped=grouped)
    env.filters.update(
        code=with_code, money=money, day=day, instant=instant, hour=hour, number=number
    )
    env.globals.update(asset=asset, version=VERSION)
    return env


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    nav: Sequence[tuple[str, str]] = NAV,
    zone: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page. `template` is a path under `api/pages/`, e.g. `public/start.html`.

    `zone` (IANA name) is said in the footer where the page shows times.
    """
    staff = getattr(request.state, "staff", None)
    csrf = "" if staff is None else staff.csrf

    def csrf_field() -> Markup:
        return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf)

    language = language_of(request)
    html = (
        environment(language)
        .get_template(template)
        .render(
            language=language.replace("_", "-"),
            path=request.url.path,
            nav=nav,
            staff=staff,
            csrf_field=csrf_field,
            zone=zone,
            **values,
        )
    )
    kept = {"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie", **(headers or {})}
    return HTMLResponse(html, status, kept)


def message(
    request: Request, title: str, text: str, *, status: int, href: str = "", action: str = ""
) -> HTMLResponse:
    """A page that says one thing, e.g. that there is nothing here."""
    return render(
        request,
        "public/message.html",
        status=status,
        title=title,
        text=text,
        href=href,
        action=action,
    )
