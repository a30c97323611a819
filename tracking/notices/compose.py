"""Writes a notice: subject, text and HTML, in the reader's language, with days as they say them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from jinja2 import DictLoader, Environment, StrictUndefined

from core.errors import LanewiseError
from core.money import Money
from core.places import zone
from tracking.notices.occasions import Occasion

LANGUAGES = ("en", "fr", "id", "ro", "it", "pt-BR", "es", "de")
# A weekday with day and month, as CLDR's full date without the year.
DAY_PATTERNS = {
    "en": "EEEE, MMMM d",
    "fr": "EEEE d MMMM",
    "id": "EEEE, d MMMM",
    "ro": "EEEE, d MMMM",
    "it": "EEEE d MMMM",
    "pt-BR": "EEEE, d 'de' MMMM",
    "es": "EEEE, d 'de' MMMM",
    "de": "EEEE, d. MMMM",
}
OF_RETURNS = frozenset(
    {Occasion.RETURN_AUTHORIZED, Occasion.RETURN_RECEIVED, Occasion.REFUND_PROMISED}
)


class MissingText(LanewiseError):
    """A catalogue lacks a text."""


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language by key; a plural has several forms, chosen by `form_of`."""

    language: str
    texts: Mapping[str, tuple[str, ...]]
    form_of: Callable[[int], int]

    def text(self, key: str, /, **values: Any) -> str:
        """The text with its values filled in; raises MissingText for an absent or empty one."""
        return self._form(key, 0) % values

    def plural(self, key: str, number: int, /, **values: Any) -> str:
        """The form for `number` (also the value `days`)."""
        return self._form(key, self.form_of(number)) % {"days": number, **values}

    def _form(self, key: str, index: int) -> str:
        forms = self.texts.get(key, ())
        if index >= len(forms) or not forms[index]:
            raise MissingText(f"{self.language} lacks the text {key!r}")
        return forms[index]


@dataclass(frozen=True)
class Texts:
    """All catalogues and the two templates."""

    catalogues: Mapping[str, Catalogue]
    html: str
    plain: str

    def for_language(self, language: str) -> Catalogue:
        """The catalogue of a language tag, of its base language, else English."""
        base = language.split("-")[0].split("_")[0]
        by_base = {tag.split("-")[0]: tag for tag in self.catalogues}
        return self.catalogues.get(language) or self.catalogues[by_base.get(base, "en")]


@dataclass(frozen=True, slots=True)
class Written:
    """A notice ready to be sent."""

    language: str
    subject: str
    text: str
    html: str


def compose(
    texts: Texts,
    occasion: Occasion,
    facts: Mapping[str, Any],
    *,
    name: str,
    language: str,
    zone_name: str,
    link: str,
) -> Written:
    """Write the notice of `occasion` for one reader.

    `facts` are those of the notice's row: instants in ISO 8601, `amount_minor` with `currency`.
    Days and hours are local ones in `zone_name`. The name is data: it is escaped in HTML, and
    no value can add a line to the subject.
    """
    catalogue = texts.for_language(language)
    values = _values(facts, catalogue.language, zone_name)
    base = f"{occasion.value}."
    page = {
        "language": catalogue.language,
        "subject": _one_line(catalogue.text(base + "subject", **values)),
        "greeting": catalogue.text("greeting", name=_one_line(name))
        if name.strip()
        else catalogue.text("greeting_nameless"),
        "headline": catalogue.text(base + "headline", **values),
        "body": _body(catalogue, occasion, values),
        "because": _because(catalogue, occasion, facts),
        "action": catalogue.text("see_return" if occasion in OF_RETURNS else "see"),
        "link": link,
        "order": catalogue.text("order", **values),
        "carrier": catalogue.text("carrier", **values) if values["number"] else "",
        "footer": catalogue.text("footer"),
        "preferences": catalogue.text("preferences"),
    }
    sources = {"notice.html": texts.html, "notice.txt": texts.plain}
    html = _environment(sources, autoescape=True).get_template("notice.html").render(page)
    plain = _environment(sources, autoescape=False).get_template("notice.txt").render(page)
    return Written(catalogue.language, page["subject"], plain, html)


def _environment(sources: dict[str, str], *, autoescape: bool) -> Environment:
    return Environment(
        loader=DictLoader(sources),
        autoescape=autoescape,  # noqa: S701  (plain text is not markup)
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def _body(catalogue: Catalogue, occasion: Occasion, values: Mapping[str, Any]) -> str:
    key = f"{occasion.value}.body"
    if occasion is Occasion.DELAYED:
        return catalogue.plural(key, values["days_late"], **values)
    return catalogue.text(key, **values)


def _because(catalogue: Catalogue, occasion: Occasion, facts: Mapping[str, Any]) -> str:
    key = f"because.{facts.get('because')}"
    if occasion is not Occasion.DELAYED or key not in catalogue.texts:
        return ""
    return catalogue.text(key)


def _values(facts: Mapping[str, Any], language: str, zone_name: str) -> dict[str, Any]:
    locale = Locale.parse(language.replace("-", "_"))
    pattern, tz = DAY_PATTERNS[language], zone(zone_name)

    def local(name: str) -> datetime | None:
        written = facts.get(name)
        return datetime.fromisoformat(written).astimezone(tz) if written else None

    def day(name: str) -> str:
        at = local(name)
        # The end of a day is the first instant of the next: what people read is the day before.
        return format_date(day_people_read(at), pattern, locale) if at else ""

    moment = local("at") or local("departs_at")
    promised, latest = local("promised_by"), local("latest")
    late = (
        (day_people_read(latest).date() - day_people_read(promised).date()).days
        if latest and promised
        else 0
    )
    amount = ""
    if "amount_minor" in facts:
        money = Money(facts["amount_minor"], facts["currency"])
        amount = format_currency(money.to_decimal(), money.currency, locale=locale)
    return {
        "order": facts["order_reference"],
        "seller": facts["seller"],
        "carrier": facts.get("carrier", ""),
        "number": facts.get("tracking_number", ""),
        "promised": day("promised_by"),
        "likely": day("likely"),
        "latest": day("latest"),
        "day": format_date(moment, pattern, locale) if moment else "",
        "time": format_time(moment, "short", locale=locale) if moment else "",
        "days_late": max(1, late),
        "amount": amount,
    }


def day_people_read(at: datetime) -> datetime:
    """The instant, or the last second of the day before when it is the stroke of midnight."""
    midnight = (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
    return at.fromordinal(at.toordinal() - 1) if midnight else at


def _one_line(text: str) -> str:
    return " ".join(text.split())
