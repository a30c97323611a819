"""Every language has every text with the same values in it; a missing one fails the build."""

import re
from collections.abc import Iterable

import pytest

from tracking.adapters.texts import load_texts
from tracking.eta import Because
from tracking.notices.compose import LANGUAGES, MissingText, compose
from tracking.notices.occasions import Occasion

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
FACTS = {
    "order_reference": "SHOP-1",
    "seller": "Nord <Möbel>",
    "carrier": "sandbox",
    "tracking_number": "SB1",
    "promised_by": "2026-03-05T23:00:00+00:00",
    "likely": "2026-03-06T15:00:00+00:00",
    "latest": "2026-03-07T17:00:00+00:00",
    "at": "2026-03-06T15:30:00+00:00",
    "departs_at": "2026-03-02T12:00:00+00:00",
    "because": "slow_transit",
    "amount_minor": 1999,
    "currency": "EUR",
}


def _placeholders(forms: Iterable[str]) -> set[str]:
    return {name for form in forms for name in PLACEHOLDER.findall(form)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_values(language: str) -> None:
    texts = load_texts()
    english, own = texts.catalogues["en"], texts.catalogues[language]
    assert set(own.texts) == set(english.texts)
    for key, forms in own.texts.items():
        assert all(forms), key
        assert _placeholders(forms) == _placeholders(english.texts[key]), key
        assert not re.search(r"%(?!\()", "".join(forms)), key
    plural_forms = {own.form_of(number) for number in range(200)}
    assert plural_forms == set(range(len(own.texts["delayed.body"])))
    if language != "en":
        same = {key for key in own.texts if own.texts[key] == english.texts[key]}
        assert same == set(), "untranslated"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", Occasion)
def test_every_notice_is_written_whole_in_every_language(language: str, occasion: Occasion) -> None:
    written = compose(
        load_texts(),
        occasion,
        FACTS,
        name="Ana <b>Pop</b>",
        language=language,
        zone_name="Europe/Paris",
        link="https://shop.example/track/abc",
    )
    assert written.language == language
    for part in (written.subject, written.text, written.html):
        assert "%(" not in part
        assert "None" not in part
    assert "\n" not in written.subject
    assert "Ana <b>Pop</b>" in written.text
    assert "Ana &lt;b&gt;Pop&lt;/b&gt;" in written.html
    assert "<b>" not in written.html
    assert "https://shop.example/track/abc" in written.text


def test_every_reason_of_an_estimate_that_can_be_late_has_a_text() -> None:
    told = {Because(key.removeprefix("because.")) for key in _reasons()}
    never_late = {Because.PLAN, Because.DELIVERED, Because.READY_FOR_PICKUP}
    assert told == set(Because) - never_late


def _reasons() -> list[str]:
    return [key for key in load_texts().catalogues["en"].texts if key.startswith("because.")]


def test_days_are_local_and_the_end_of_a_day_is_that_day() -> None:
    def delayed(language: str) -> str:
        return compose(
            load_texts(),
            Occasion.DELAYED,
            FACTS,
            name="",
            language=language,
            zone_name="Europe/Paris",
            link="",
        ).text

    english, french, romanian = delayed("en"), delayed("fr"), delayed("ro")
    assert "promised it by Thursday, March 5" in english
    assert "at the latest on Saturday, March 7: 2 days later" in english
    assert "jeudi 5 mars" in french
    assert "2 jours de retard" in french
    assert "2 zile mai târziu" in romanian
    assert english.startswith("Hello,\n")


def test_languages_fall_back_to_their_base_then_to_english() -> None:
    texts = load_texts()
    assert texts.for_language("pt").language == "pt-BR"
    assert texts.for_language("de-AT").language == "de"
    assert texts.for_language("ja").language == "en"


def test_a_missing_text_is_an_error_not_a_gap() -> None:
    with pytest.raises(MissingText):
        load_texts().catalogues["fr"].text("no.such.key")
