"""Translates between our values and the sandbox carrier's JSON, version 1. Pure.

Its units are its own: kilograms as decimal text, centimetres, decimal prices, local times with a
zone beside them.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from carriers.adapters.answers import money_of
from carriers.ports import (
    Booked,
    BookingOrder,
    LabelFile,
    LabelFormat,
    ManifestRequest,
    PickupRequest,
    Rate,
    RateRequest,
    Receipt,
    ServicePoint,
)
from carriers.sandbox import SandboxParcel
from carriers.sandbox_journeys import SandboxScan
from carriers.status import Reason, Scan, Status, read_event_time
from core.money import Money
from core.places import Address, Destination, GeoPoint
from core.units import Dimensions

Json = Mapping[str, Any]

# Sandbox carrier API 1, codes of scans. Other codes read as UNKNOWN, never as progress.
STATUS_BY_CODE: dict[str, tuple[Status, Reason | None]] = {
    "IR": (Status.PRE_TRANSIT, None),
    "AC": (Status.ACCEPTED, None),
    "DP": (Status.IN_TRANSIT, None),
    "AR": (Status.IN_TRANSIT, None),
    "CU": (Status.EXCEPTION, Reason.CUSTOMS_HOLD),
    "OD": (Status.OUT_FOR_DELIVERY, None),
    "NH": (Status.ATTEMPT_FAILED, Reason.NOBODY_HOME),
    "DL": (Status.DELIVERED, None),
    "DM": (Status.EXCEPTION, Reason.DAMAGED),
    "LO": (Status.LOST, Reason.LOST_BY_CARRIER),
    "RT": (Status.RETURNING, None),
    "RD": (Status.RETURNED, None),
}
_LABELS = {
    LabelFormat.PDF_4X6: "PDF",
    LabelFormat.PDF_A6: "PDF-A6",
    LabelFormat.ZPL_203: "ZPL",
    LabelFormat.ZPL_300: "ZPL-300",
}


def kg_from_g(weight_g: int) -> str:
    """Grams as kilograms with three decimals."""
    return f"{Decimal(weight_g).scaleb(-3):.3f}"


def g_from_kg(text: str) -> int:
    """Kilograms as grams; finer than a gram is rounded up, as scales bill."""
    return -int(-(Decimal(text) * 1000) // 1)


def address_to_json(address: Address) -> dict[str, str]:
    return {name: getattr(address, name) for name in Address.__slots__}


def address_from_json(data: Json) -> Address:
    return Address(**{name: str(data.get(name, "")) for name in Address.__slots__})


def _size_to_json(size: Dimensions) -> list[str]:
    return [
        f"{Decimal(side).scaleb(-1):.1f}"
        for side in (size.length_mm, size.width_mm, size.height_mm)
    ]


def _size_from_json(sides: list[str]) -> Dimensions:
    length, width, height = (-int(-(Decimal(side) * 10) // 1) for side in sides)
    return Dimensions(length, width, height)


def money_to_json(money: Money) -> dict[str, str]:
    return {"amount": f"{money.to_decimal()}", "currency": money.currency}


def money_from_json(data: Json) -> Money:
    return money_of(data["amount"], data["currency"])


def order_to_json(order: BookingOrder) -> dict[str, Any]:
    return {
        "reference": order.reference,
        "service": order.service,
        "account": order.account,
        "from": address_to_json(order.ship_from),
        "to": address_to_json(order.ship_to),
        "weight_kg": kg_from_g(order.weight_g),
        "size_cm": _size_to_json(order.size),
        "mailing_date": order.mailing_date.isoformat(),
        "label": _LABELS[order.label_format],
        "options": dict(order.options),
        "return": order.return_to_sender,
        "rate": order.rate_id,
    }


def order_from_json(data: Json, key: str) -> BookingOrder:
    formats = {text: wanted for wanted, text in _LABELS.items()}
    return BookingOrder(
        key=key or f"no-key-{data['reference']}",
        reference=str(data["reference"]),
        serial=0,
        service=str(data["service"]),
        account=str(data["account"]),
        ship_from=address_from_json(data["from"]),
        ship_to=address_from_json(data["to"]),
        weight_g=g_from_kg(data["weight_kg"]),
        size=_size_from_json(data["size_cm"]),
        mailing_date=date.fromisoformat(data["mailing_date"]),
        label_format=formats[data["label"]],
        options=dict(data.get("options", {})),
        return_to_sender=bool(data.get("return", False)),
        rate_id=str(data.get("rate", "")),
    )


def parcel_to_json(parcel: SandboxParcel) -> dict[str, Any]:
    return {
        "number": parcel.tracking_number,
        "reference": parcel.order.reference,
        "price": money_to_json(parcel.cost),
        "voided": parcel.voided_at is not None,
    }


def booked_from_json(data: Json, label: LabelFile | None = None) -> Booked:
    number = data["number"]
    if not isinstance(number, str) or not number:
        raise ValueError("no number")
    return Booked(
        tracking_number=number,
        carrier_reference=number,
        cost=money_from_json(data["price"]),
        label=label,
    )


def label_from_body(body: bytes, wanted: LabelFormat) -> LabelFile:
    """The label; raises InvalidInput when the bytes are not of the wanted type."""
    return LabelFile(wanted, body)


def label_name(wanted: LabelFormat) -> str:
    return _LABELS[wanted]


def rate_ask_to_json(ask: RateRequest) -> dict[str, Any]:
    return {
        "from": {"country": ask.origin.country, "postcode": ask.origin.postcode},
        "to": {"country": ask.destination.country, "postcode": ask.destination.postcode},
        "weight_kg": kg_from_g(ask.weight_g),
        "size_cm": _size_to_json(ask.size),
        "mailing_date": ask.mailing_date.isoformat(),
        "residential": ask.residential,
    }


def rate_ask_from_json(data: Json) -> RateRequest:
    return RateRequest(
        origin=Destination(data["from"]["country"], data["from"].get("postcode", "")),
        destination=Destination(data["to"]["country"], data["to"].get("postcode", "")),
        weight_g=g_from_kg(data["weight_kg"]),
        size=_size_from_json(data["size_cm"]),
        mailing_date=date.fromisoformat(data["mailing_date"]),
        residential=bool(data.get("residential", False)),
    )


def rate_to_json(rate: Rate) -> dict[str, Any]:
    return {
        "id": rate.rate_id,
        "service": rate.service,
        "price": money_to_json(rate.price),
        "expires": rate.expires_at.isoformat() if rate.expires_at else None,
        "days": rate.transit_days,
    }


def rate_from_json(data: Json) -> Rate:
    return Rate(
        service=data["service"],
        price=money_from_json(data["price"]),
        rate_id=data["id"],
        expires_at=datetime.fromisoformat(data["expires"]) if data.get("expires") else None,
        transit_days=data.get("days"),
    )


def scan_to_json(scan: SandboxScan) -> dict[str, str]:
    return {
        "number": scan.tracking_number,
        "code": scan.code,
        "text": scan.text,
        "local_time": scan.told_local,
        "zone": scan.zone,
        "place": scan.place,
    }


def scan_from_json(data: Json, carrier: str) -> Scan:
    status, reason = STATUS_BY_CODE.get(data["code"], (Status.UNKNOWN, None))
    return Scan(
        tracking_number=data["number"],
        carrier=carrier,
        status=status,
        time=read_event_time(data["local_time"], place_zone=data["zone"]),
        code=data["code"],
        text=data["text"],
        reason=reason,
        place=data["place"],
    )


def manifest_to_json(ask: ManifestRequest) -> dict[str, Any]:
    return {
        "reference": ask.reference,
        "account": ask.account,
        "from": address_to_json(ask.ship_from),
        "mailing_date": ask.mailing_date.isoformat(),
        "numbers": list(ask.tracking_numbers),
    }


def pickup_to_json(ask: PickupRequest) -> dict[str, Any]:
    return {
        "reference": ask.reference,
        "account": ask.account,
        "place": address_to_json(ask.place),
        "earliest": ask.earliest.isoformat(),
        "latest": ask.latest.isoformat(),
        "parcels": ask.parcels,
        "weight_kg": kg_from_g(ask.weight_g),
    }


def receipt_from_json(data: Json) -> Receipt:
    number = data["number"]
    if not isinstance(number, str) or not number:
        raise ValueError("no number")
    return Receipt(number)


def point_to_json(point: ServicePoint) -> dict[str, Any]:
    return {
        "id": point.point_id,
        "name": point.name,
        "lat": point.at.lat,
        "lon": point.at.lon,
        "address": address_to_json(point.address),
    }


def point_from_json(data: Json) -> ServicePoint:
    return ServicePoint(
        point_id=data["id"],
        name=data["name"],
        at=GeoPoint(data["lat"], data["lon"]),
        address=address_from_json(data["address"]),
    )
