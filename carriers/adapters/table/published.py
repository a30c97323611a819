"""Loads the published price lists that come with the product."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from carriers.rate_files import colissimo_tariffs, postnl_tariffs, royal_mail_tariffs
from carriers.tariffs import Tariff

_READERS: dict[str, Callable[[Mapping[str, Any]], tuple[Tariff, ...]]] = {
    "royalmail": royal_mail_tariffs,
    "postnl": postnl_tariffs,
    "colissimo": colissimo_tariffs,
}


@lru_cache(maxsize=1)
def published_tariffs() -> dict[tuple[str, str], Tariff]:
    """All bundled tariffs by (carrier, service); prices in force by date, see `Tariff.source`."""
    tariffs = {}
    for name, read in _READERS.items():
        text = (files("carriers") / "data" / "rates" / f"{name}.json").read_text("utf-8")
        for tariff in read(json.loads(text)):
            tariffs[(tariff.carrier, tariff.service)] = tariff
    return tariffs
