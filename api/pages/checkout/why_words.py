"""The reasons behind an option as sentences, in the reader's language, with days as said there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_percent

from api.pages.checkout.words import Names
from core.money import Money
from core.places import zone
from routing.quote import Alternative, DeliveryOption, Quote, Sentence, WhyNot
from tracking.adapters.texts import read_catalogue
from tracking.notices.compose import DAY_PATTERNS, LANGUAGES, Catalogue

TEXTS = Path(__file__).parent / "texts"
COUNTED = {
    "why.earlier_costs": "days",
    "why.split_faster": "days",
    "why.origin_among": "others",
    "why.through_hub": "locations",
    "what_if.ordered_earlier": "hours",
    "what_if.fewer_parcels": "parcels",
}
"""The parameter by which a text has plural forms."""
PLACES = frozenset({"location", "hub"})
SHARES = frozenset({"share", "level", "q", "reachable"})


@lru_cache(maxsize=len(LANGUAGES))
def why_texts(language: str) -> Catalogue:
    """The catalogue of reasons in a language."""
    return read_catalogue(language, TEXTS)


@dataclass(frozen=True, slots=True)
class WhyWords:
    """What one reader is told about one option."""

    catalogue: Catalogue
    names: Names
    zone: str
    currency: str
    articles: Mapping[str, str]
    """Names of articles by line."""

    @classmethod
    def of(cls, language: str, names: Names, zone_name: str, option: DeliveryOption) -> "WhyWords":
        """For a language tag and the zone in which times are said."""
        contents = [content for parcel in option.parcels for content in parcel.contents]
        articles = {content.line: content.name for content in contents}
        currency = option.cost.currency
        return cls(why_texts(language), names, zone_name, currency, articles)

    @classmethod
    def of_refusal(cls, language: str, names: Names, zone_name: str, quote: Quote) -> "WhyWords":
        """For a quote without options."""
        articles = {line.id: names.article(line.sku) for line in quote.lines}
        return cls(why_texts(language), names, zone_name, quote.currency, articles)

    def why(self, sentence: Sentence) -> str:
        """One reason."""
        key = f"why.{sentence.code}"
        if sentence.code == "earlier_costs" and "charge_minor" not in dict(sentence.parameters):
            key = "why.earlier_exists"
        return self._filled(key, sentence)

    def what_if(self, alternative: Alternative) -> str:
        """What a change would bring: the day, and how the charge would differ."""
        question = self._filled(f"what_if.{alternative.question.code}", alternative.question)
        if alternative.date is None or alternative.charge is None:
            return self.catalogue.text("what_if.impossible", question=question)
        return self.catalogue.text(
            "what_if.answer",
            question=question,
            day=self._day(alternative.date),
            charge=self._change(alternative.charge.minor),
        )

    def why_not(self, reason: WhyNot) -> str:
        """Why there is no option, or what could be had instead."""
        details = reason.details
        if reason.line is not None:
            details = (("line", reason.line), *details)
        key = f"why_not.{reason.code}"
        values = {
            "what": self.catalogue.text("why_not.the_cart"),
            **dict(self._said(name, value) for name, value in details),
        }
        values["what"] = values.get("article", values["what"])
        values |= self._rule(dict(reason.details))
        text = self.catalogue.text(key, **values)
        if key == "why_not.rule_excludes" and "earliest_on" in values:
            text += " " + self.catalogue.text("why_not.without_rule", **values)
        if key == "why_not.rule_excludes" and "needed" in values:
            needed = int(dict(reason.details)["needed"])
            text += " " + self.catalogue.plural("why_not.rule_needs", needed, needed=needed)
        if "nearest_on" in values:
            text += " " + self.catalogue.text("why_not.day_nearest", **values)
        return text

    def _filled(self, key: str, sentence: Sentence) -> str:
        values = {}
        for name, value in sentence.parameters:
            place, said = self._said(name, value)
            values[place] = said
        values |= self._rule(dict(sentence.parameters))
        counted = COUNTED.get(key)
        if counted is None:
            return self.catalogue.text(key, **values)
        number = int(dict(sentence.parameters)[counted])
        values.pop("days", None)  # `plural` gives it itself
        return self.catalogue.plural(key, number, **values)

    def _rule(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """`rule`: what the rule asks for, with the reason its maker gave; nothing without one."""
        kind = parameters.get("rule")
        if kind is None:
            return {}
        values = dict(self._said(name, value) for name, value in parameters.items())
        if "most" in parameters:
            text = self.catalogue.plural(f"rule.{kind}", int(parameters["most"]), **values)
        else:
            text = self.catalogue.text(f"rule.{kind}", **values)
        reason = parameters.get("reason")
        return {"rule": f"{text} ({reason})" if reason else text}

    def _said(self, name: str, value: str) -> tuple[str, str]:
        """(name in the text, what is said) of a parameter, by what its name says it is."""
        if name == "line":
            return "article", self.articles.get(value, value)
        if name == "lines":
            return "articles", ", ".join(self.articles.get(line, line) for line in value.split(","))
        if name == "seller":
            return name, self.names.seller(value)
        if name == "charge_minor":
            return "charge", self._change(int(value))
        if name == "price_minor":
            amount = Money(int(value), self.currency)
            said = format_currency(amount.to_decimal(), self.currency, locale=self._locale)
            return "price", said
        if name.endswith("_at"):
            return name, self._instant(datetime.fromisoformat(value))
        if name.endswith("_on"):
            return name, self._day(date.fromisoformat(value))
        if name in PLACES:
            return name, self.names.place(value)
        if name in SHARES:
            return name, format_percent(float(value), "#,##0.##%", locale=self._locale)
        return name, value

    @property
    def _locale(self) -> Locale:
        return Locale.parse(self.catalogue.language.replace("-", "_"))

    def _day(self, day: date) -> str:
        return format_date(day, DAY_PATTERNS[self.catalogue.language], self._locale)

    def _instant(self, at: datetime) -> str:
        local = at.astimezone(zone(self.zone))
        return format_datetime(local, "EEE d MMM, HH:mm", locale=self._locale)

    def _change(self, minor: int) -> str:
        if not minor:
            return self.catalogue.text("what_if.same_charge")
        amount = Money(abs(minor), self.currency)
        sign = "+" if minor > 0 else "−"
        return sign + format_currency(amount.to_decimal(), self.currency, locale=self._locale)
