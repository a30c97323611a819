"""What customer pages say, in the reader's language, with days and amounts as they are said there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from fastapi import Request

from api.pages.render import language_of
from core.money import Money
from core.places import zone
from tracking.adapters.texts import read_catalogue
from tracking.notices.compose import DAY_PATTERNS, LANGUAGES, Catalogue, day_people_read

TEXTS = Path(__file__).parent / "texts"


@lru_cache(maxsize=len(LANGUAGES))
def page_texts(language: str) -> Catalogue:
    """The catalogue of customer pages in a language."""
    return read_catalogue(language, TEXTS)


@lru_cache(maxsize=len(LANGUAGES))
def notice_texts(language: str) -> Catalogue:
    """The catalogue of notices: a page and a message give the same reason in the same words."""
    return read_catalogue(language)


@dataclass(frozen=True)
class Words:
    """The texts and formats of one reader at one place."""

    catalogue: Catalogue
    zone: str

    @property
    def t(self) -> Callable[..., str]:
        return self.catalogue.text

    @property
    def tn(self) -> Callable[..., str]:
        return self.catalogue.plural

    @property
    def _locale(self) -> Locale:
        return Locale.parse(self.catalogue.language.replace("-", "_"))

    def day(self, at: datetime | date) -> str:
        """The local day; the end of a day is that day, not the next."""
        if isinstance(at, datetime):
            at = day_people_read(at.astimezone(zone(self.zone)))
        return format_date(at, DAY_PATTERNS[self.catalogue.language], self._locale)

    def hour(self, at: datetime) -> str:
        return format_time(at.astimezone(zone(self.zone)), "short", locale=self._locale)

    def money(self, minor: int, currency: str) -> str:
        amount = Money(minor, currency)
        return format_currency(amount.to_decimal(), currency, locale=self._locale)

    def why(self, because: str | None) -> str:
        """What an estimate rests on, in the words of the notices; empty when that is no news."""
        return notice_texts(self.catalogue.language).texts.get(f"because.{because}", ("",))[0]

    def values(self) -> dict[str, Any]:
        """What a template needs."""
        return {
            "t": self.t,
            "tn": self.tn,
            "said_day": self.day,
            "said_hour": self.hour,
            "said_money": self.money,
            "said_why": self.why,
        }


def words_for(request: Request, zone_name: str) -> Words:
    """The reader's words: `?lang=`, else the browser's language, else English."""
    return Words(page_texts(language_of(request).replace("_", "-")), zone_name)
