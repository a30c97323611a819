"""What dispatchers' and drivers' pages and papers say, in the reader's language."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request

from api.pages.customer.words import Words
from api.pages.render import NAV, language_of
from core.money import Money
from routing.tours.paper_words import Say
from routing.tours.plan import Need, Unserved
from routing.tours.problem import Problem
from routing.tours.reasons import LOADS
from tracking.adapters.texts import read_catalogue
from tracking.notices.compose import LANGUAGES, Catalogue

TEXTS = Path(__file__).parent / "texts"
FRAME = {
    "Skip to content": "frame.skip",
    "Lanewise, start page": "frame.start",
    "Main": "frame.main",
    "Sign out": "frame.sign_out",
    "Times in %(zone)s": "frame.times",
}
"""Texts of the page that all pages share, by what they are in English."""


@lru_cache(maxsize=len(LANGUAGES))
def tour_texts(language: str) -> Catalogue:
    """The catalogue of tours' pages and papers in a language."""
    return read_catalogue(language, TEXTS)


def tour_words(request: Request, zone_name: str = "UTC") -> Words:
    """The reader's words: `?lang=`, else the browser's language, else English."""
    return Words(tour_texts(language_of(request).replace("_", "-")), zone_name)


def page_values(words: Words) -> dict[str, Any]:
    """What a template of these pages needs, the frame around it in the same language."""
    told = {english: words.catalogue.texts[key][0] for english, key in FRAME.items()}

    def framed(text: str, **values: Any) -> str:
        return told.get(text, text) % values

    return {
        **words.values(),
        "_": framed,
        "nav": [(href, words.t(f"frame.{label.lower()}")) for href, label in NAV],
    }


def paper_words(request: Request) -> Say:
    """The same for maps, charts and the drivers' sheets."""
    catalogue = tour_texts(language_of(request).replace("_", "-"))

    def say(key: str, /, **values: Any) -> str:
        if key.startswith("reason."):
            return reason_text(catalogue, key.removeprefix("reason."))
        return catalogue.text(key, **values)

    return say


def reason_text(catalogue: Catalogue, code: str) -> str:
    """Why a stop is left out; the code itself where no text is kept for it."""
    return catalogue.texts.get(f"reason.{code}", (code,))[0]


def remedy_text(words: Words, problem: Problem, note: Unserved) -> str:
    """What would free a stop that is left out; nothing where that is not known."""
    if not note.needs:
        return ""
    said = ", ".join(_need(words, problem, need, note.stop) for need in note.needs)
    if note.vehicle is None:
        return said
    return words.t("need.vehicle", vehicle=note.vehicle, needs=said)


def _need(words: Words, problem: Problem, need: Need, own: int) -> str:
    stop = problem.stops[own if need.stop is None else need.stop].number
    key = f"need.{need.rule}"
    if need.rule == "window" and need.stop != own:
        key = "need.window_of"
    values: dict[str, Any] = {
        "stop": stop,
        "minutes": -(-need.amount // 60),
        "km": -(-need.amount // 1000),
        "what": need.what,
        "amount": need.amount,
    }
    if need.dimension is not None:
        _, unit, size = LOADS[need.dimension]
        amount = -(-need.amount // size)
        values["amount"] = words.tn("parcels", amount) if unit == "parcels" else f"{amount} {unit}"
    if need.rule == "not_worth_its_prize":
        money = Money(-(-need.amount // problem.scale), problem.currency)
        values["amount"] = words.money(money.minor, money.currency)
    return words.t(key, **values)
