"""What carriers' own event codes mean: state, reason and with it the responsible party. Pure.

The tables (`carriers/data/status_codes.json`) are our reading of the carriers' published code lists:
UPS Tracking API activity, status, freight and mail codes; FedEx status codes; DHL Paket ICE/RIC
codes; DHL Express checkpoints.
A code in no table, or one that says nothing of the parcel, is UNKNOWN, never progress.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from carriers.status import Party, Reason, Status

# UPS tells a status code ("011"), a type ("D") and an activity code; they are asked in this order.
_UPS_ACTIVITY = ("ups.activity", "ups.dials", "ups.uld", "ups.manifest", "ups.updates", "ups.mail")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says."""

    status: Status
    reason: Reason | None = None

    @property
    def party(self) -> Party | None:
        return self.reason.party if self.reason is not None else None


UNKNOWN = Meaning(Status.UNKNOWN)


@lru_cache(maxsize=1)
def code_tables() -> dict[str, dict[str, Meaning]]:
    """Every table by name, e.g. `ups.status`, `fedex.movement`, `dhl_parcel_de`."""
    text = (files("carriers") / "data" / "status_codes.json").read_text("utf-8")
    tables: dict[str, dict[str, Meaning]] = {}
    for name, by_state in json.loads(text).items():
        table = tables[name] = {}
        for state, by_reason in by_state.items():
            for reason, codes in by_reason.items():
                meaning = Meaning(Status(state), None if reason == "-" else Reason(reason))
                table.update(dict.fromkeys(codes.split(), meaning))
    return tables


def meaning_of(table: str, code: str) -> Meaning:
    """The meaning of a code in one table; UNKNOWN for a code (or table) that is not there."""
    return code_tables().get(table, {}).get(code.strip().upper(), UNKNOWN)


def ups_meaning(*, status_code: str = "", activity_code: str = "", type_code: str = "") -> Meaning:
    """The meaning of a UPS activity: by status code, else by activity code, else by type.

    An activity code alone is not believed to mean a delivery against another type.
    """
    found = meaning_of("ups.status", status_code.strip().lstrip("0"))
    if found is not UNKNOWN:
        return found
    for table in _UPS_ACTIVITY:
        found = meaning_of(table, activity_code)
        if found is not UNKNOWN:
            break
    if found.status is Status.DELIVERED and type_code not in ("", "D"):
        found = UNKNOWN
    return found if found is not UNKNOWN else meaning_of("ups.type", type_code)


def dhl_parcel_meaning(ice: str, ric: str, standard: str = "") -> Meaning:
    """The meaning of a DHL Paket event: ICE event, RIC reason, standard event.

    Without the standard event, only what all events of that pair agree on.
    """
    if standard:
        found = meaning_of("dhl_parcel_de", f"{ice}/{ric}/{standard}")
        if found is not UNKNOWN:
            return found
    start = f"{ice}/{ric}/".upper()
    alike = {
        meaning for key, meaning in code_tables()["dhl_parcel_de"].items() if key.startswith(start)
    }
    return alike.pop() if len(alike) == 1 else UNKNOWN


def code_meaning(carrier: str, code: str) -> Meaning:
    """The meaning of a raw code as a webhook or a file tells it, by the carrier's name.

    `ups…`: a status code (`011`), an activity code (`KT`), or `type/activity/status` (`X/48/048`,
    parts may be empty). `fedex…`: a scan event code. `dhl_parcel_de`: `ICE/RIC` or
    `ICE/RIC/standard`. `dhl_express…`: a checkpoint code. Any other carrier's are UNKNOWN here.
    """
    parts = [part.strip() for part in code.split("/")]
    match carrier.replace("-", "_").split("_"):
        case ["ups", *_] if len(parts) == 3:
            return ups_meaning(type_code=parts[0], activity_code=parts[1], status_code=parts[2])
        case ["ups", *_] if len(parts) == 1 and parts[0].isdigit():
            return ups_meaning(status_code=parts[0])
        case ["ups", *_] if len(parts) == 1:
            return ups_meaning(activity_code=parts[0])
        case ["fedex", *_]:
            return fedex_meaning(code)
        case ["dhl", "parcel", "de", *_] if len(parts) in (2, 3):
            return dhl_parcel_meaning(*parts)
        case ["dhl", "express", *_]:
            return meaning_of("dhl_express", code)
    return UNKNOWN


def fedex_meaning(code: str) -> Meaning:
    """The meaning of a FedEx scan event code: movement first, then regulatory."""
    found = meaning_of("fedex.movement", code)
    return found if found is not UNKNOWN else meaning_of("fedex.regulatory", code)
