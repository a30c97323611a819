"""How a sandbox parcel travels and how badly that is told: delays, losses, late and odd scans. Pure."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.places import Destination

# Where a scan's local time is written, by country; others write Central European time.
ZONES = {
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "GR": "Europe/Athens",
    "FI": "Europe/Helsinki",
    "US": "America/New_York",
    "BR": "America/Sao_Paulo",
    "ID": "Asia/Jakarta",
    "JP": "Asia/Tokyo",
    "AU": "Australia/Sydney",
}
TEXTS = {
    "IR": "Shipment information received",
    "AC": "Accepted at depot",
    "DP": "Departed facility",
    "AR": "Arrived at facility",
    "CU": "Held by customs",
    "OD": "Out for delivery",
    "NH": "Nobody home, delivery attempted",
    "DL": "Delivered",
    "DM": "Damaged in handling",
    "LO": "Declared lost",
    "RT": "Returning to sender",
    "RD": "Returned to sender",
    "ZZ": "Process code 7 applied",  # means nothing: reads as unknown
}


@dataclass(frozen=True, slots=True)
class Quirks:
    """Shares in parts per million: of parcels first, then of scans."""

    lost_ppm: int = 0
    damaged_ppm: int = 0
    delayed_ppm: int = 100_000
    attempt_failed_ppm: int = 30_000
    returned_ppm: int = 0
    late_scan_ppm: int = 0  # published up to two days late
    duplicate_scan_ppm: int = 0
    wrong_zone_ppm: int = 0  # local time told in UTC's zone by mistake
    unknown_code_ppm: int = 0
    clock_skew_s: int = 0  # the carrier's clock is ahead of ours


@dataclass(frozen=True, slots=True)
class SandboxScan:
    """One scan: true instants for the model, local time and zone as the carrier tells them."""

    tracking_number: str
    code: str
    text: str
    place: str
    country: str
    zone: str
    occurred_at: datetime  # UTC, what really was
    told_local: str  # ISO 8601 without offset, what is told
    published_at: datetime  # UTC


def zone_of(country: str) -> str:
    """The zone in which a depot of that country writes its times."""
    return ZONES.get(country, "Europe/Berlin")


def _unit(seed: int, *parts: object) -> float:
    text = "\x1f".join(str(part) for part in (seed, "journey", *parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64


def journey(
    *,
    seed: int,
    tracking_number: str,
    origin: Destination,
    destination: Destination,
    cities: tuple[str, str],
    transit_days: int,
    booked_at: datetime,
    handed_over_at: datetime | None,
    quirks: Quirks,
) -> tuple[SandboxScan, ...]:
    """All scans of a parcel in order of publication; only its announcement before hand-over."""

    def hits(what: str, ppm: int) -> bool:
        return _unit(seed, tracking_number, what) * 1_000_000 < ppm

    here, there = (origin, cities[0]), (destination, cities[1])
    steps: list[tuple[datetime, str, tuple[Destination, str]]] = [(booked_at, "IR", here)]
    if handed_over_at is not None:
        delay = timedelta()
        if hits("delayed", quirks.delayed_ppm):
            delay = timedelta(days=1 + int(3 * _unit(seed, tracking_number, "days")))
        arrives = handed_over_at + timedelta(days=transit_days) - timedelta(hours=10) + delay
        steps.append((handed_over_at + timedelta(hours=1), "AC", here))
        if not hits("lost", quirks.lost_ppm):
            steps.append((handed_over_at + timedelta(hours=5), "DP", here))
            steps.append((arrives, "AR", there))
            steps += _last_mile(seed, tracking_number, arrives, there, here, quirks)
        else:
            steps.append((handed_over_at + timedelta(days=14), "LO", here))
    scans = [
        _told(seed, tracking_number, index, at, code, where, quirks)
        for index, (at, code, where) in enumerate(steps)
    ]
    again = [
        replace(scan, published_at=scan.published_at + timedelta(hours=3))
        for index, scan in enumerate(scans)
        if _unit(seed, tracking_number, "again", index) * 1_000_000 < quirks.duplicate_scan_ppm
    ]
    return tuple(sorted([*scans, *again], key=lambda scan: (scan.published_at, scan.occurred_at)))


def _last_mile(
    seed: int,
    tracking_number: str,
    arrives: datetime,
    there: tuple[Destination, str],
    here: tuple[Destination, str],
    quirks: Quirks,
) -> list[tuple[datetime, str, tuple[Destination, str]]]:
    def hits(what: str, ppm: int) -> bool:
        return _unit(seed, tracking_number, what) * 1_000_000 < ppm

    out = arrives + timedelta(hours=2)
    steps = [(out, "OD", there)]
    if hits("damaged", quirks.damaged_ppm):
        steps[0] = (out, "DM", there)
        return [
            *steps,
            (out + timedelta(days=1), "RT", there),
            (out + timedelta(days=4), "RD", here),
        ]
    if hits("returned", quirks.returned_ppm):
        away = out + timedelta(days=7)
        return [
            *steps,
            (out + timedelta(hours=3), "NH", there),
            (away, "RT", there),
            (away + timedelta(days=3), "RD", here),
        ]
    if hits("attempt", quirks.attempt_failed_ppm):
        steps += [(out + timedelta(hours=3), "NH", there), (out + timedelta(days=1), "OD", there)]
        out += timedelta(days=1)
    hours = 1 + 6 * _unit(seed, tracking_number, "round")
    return [*steps, (out + timedelta(hours=hours), "DL", there)]


def _told(
    seed: int,
    tracking_number: str,
    index: int,
    at: datetime,
    code: str,
    where: tuple[Destination, str],
    quirks: Quirks,
) -> SandboxScan:
    def hits(what: str, ppm: int) -> bool:
        return _unit(seed, tracking_number, what, index) * 1_000_000 < ppm

    place, city = where
    zone = zone_of(place.country)
    at = at.astimezone(UTC).replace(microsecond=0)
    clock = ZoneInfo("UTC" if hits("zone", quirks.wrong_zone_ppm) else zone)
    told = (at + timedelta(seconds=quirks.clock_skew_s)).astimezone(clock)
    late = timedelta(minutes=5)
    if hits("late", quirks.late_scan_ppm):
        late = timedelta(hours=1 + 47 * _unit(seed, tracking_number, "lateness", index))
    shown = "ZZ" if hits("code", quirks.unknown_code_ppm) and code not in ("DL", "IR") else code
    return SandboxScan(
        tracking_number=tracking_number,
        code=shown,
        text=TEXTS[shown],
        place=f"{city}, {place.country}",
        country=place.country,
        zone=zone,
        occurred_at=at,
        told_local=told.replace(tzinfo=None).isoformat(),
        published_at=at + (late if code != "IR" else timedelta()),
    )
