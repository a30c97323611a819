"""What is wrong with a change told by the form, by key and in the reader's language."""

from typing import Any, Literal

from api.pages.customer.words import Words
from core.errors import Conflict, Fault, InvalidInput, LanewiseError

Wrong = Literal[
    "nothing",
    "missing",
    "place",
    "name",
    "window",
    "number",
    "whole",
    "range",
    "time",
    "vehicle",
    "stop",
    "collected",
]
"""What can be wrong with a field; the catalogues say it under `refused.`."""
OF_A_ROW = ("name", "kind", "lat", "lon", "parcels", "weight", "from", "until", "minutes")
"""Fields of a new stop; `lat_2` is that of the second."""
OF_THE_DAY = {"day": "change.cannot", "stops": "refused.too_many"}
"""Faults that only the day's own rules find, by field."""

OTHER = "refused.other"


class FormFault(InvalidInput):
    """A field of the form is wrong; `key` says why in the catalogues, with `values`."""

    def __init__(self, field: str, key: Wrong, **values: Any) -> None:
        self.key = f"refused.{key}"
        self.values = values
        told = ", ".join([key, *(f"{name} {value}" for name, value in values.items())])
        super().__init__(faults=(Fault(field, told),), code=key)


def faults_said(words: Words, error: LanewiseError) -> dict[str, str]:
    """Texts by field of the form; the field is empty for what concerns the day as a whole."""
    match error:
        case FormFault(faults=(fault,)):
            return {fault.field: words.t(error.key, **error.values)}
        case InvalidInput():
            keys = dict.fromkeys(OF_THE_DAY.get(each.field, OTHER) for each in error.faults)
            return {"": "; ".join(words.t(key) for key in keys or (OTHER,))}
        case Conflict() if f"refused.{error.code}" in words.catalogue.texts:
            return {"": words.t(f"refused.{error.code}")}
        case _:
            return {"": words.t(OTHER)}


def with_labels(words: Words, said: dict[str, str], currency: str) -> list[str]:
    """The same texts, each after the names that its field has on the page."""
    return [
        f"{label}: {text}" if (label := _label(words, field, currency)) else text
        for field, text in said.items()
    ]


def _label(words: Words, field: str, currency: str) -> str:
    name, _, row = field.rpartition("_")
    if name in OF_A_ROW and row.isdigit():
        return f"{words.t('change.new_stop', number=row)}, {words.t(f'change.{name}')}"
    if f"change.{field}" in words.catalogue.texts:
        return words.t(f"change.{field}", currency=currency)
    return ""
