"""Which day's capacity the parcels of an option use up, and where an option alone asks for too much.

A slot is a name and a local day: a place (`LOCATION`), a service's collection there
(`SERVICE@LOCATION`), or a service's own fleet (`SERVICE@`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from core.calendars import local_day
from routing.quote import OptionParcel
from routing.snapshot import Snapshot

Slot = tuple[str, date]


def capacity_wanted(
    snapshot: Snapshot, parcels: Iterable[OptionParcel]
) -> dict[Slot, tuple[int, int | None]]:
    """Parcels by slot, and how many it takes in all (None: any number)."""
    wanted: dict[Slot, tuple[int, int | None]] = {}
    for parcel in parcels:
        place = snapshot.network.location(parcel.origin)
        day = local_day(place.calendar.zone, parcel.leaves_at)
        hub = snapshot.hubs.get(parcel.origin)
        limits = [place.daily_parcels, hub.daily_parcels if hub is not None else None]
        collections = [
            each
            for each in snapshot.collections_at.get(parcel.origin, ())
            if each.service.code == parcel.service
        ]
        slots = [
            (parcel.origin, _least(limits)),
            (
                f"{parcel.service}@{parcel.origin}",
                _least([each.pickup.daily_parcels for each in collections]),
            ),
        ]
        if collections and collections[0].service.fleet:
            service = collections[0].service
            slots.append((service.fleet_slot, service.fleet_parcels(day)))
        for name, limit in slots:
            count, _ = wanted.get((name, day), (0, None))
            wanted[name, day] = (count + 1, limit)
    return wanted


def crowded(
    snapshot: Snapshot, parcels: Sequence[OptionParcel], used: Mapping[Slot, int]
) -> dict[Slot, int]:
    """Slots without room for all of these, and what they take in all; for plans just searched.

    Parcels of different places and services share no slot, and one alone crowds nothing: what has
    no room for it was never looked at.
    """
    apart = len({parcel.origin for parcel in parcels}) == len(parcels)
    if apart and len({parcel.service for parcel in parcels}) == len(parcels):
        return {}
    return overfull(snapshot, parcels, used)


def overfull(
    snapshot: Snapshot, parcels: Iterable[OptionParcel], used: Mapping[Slot, int]
) -> dict[Slot, int]:
    """Slots that these parcels, be it one alone, would overfill, and what they take in all."""
    return {
        slot: limit
        for slot, (count, limit) in capacity_wanted(snapshot, parcels).items()
        if limit is not None and used.get(slot, 0) + count > limit
    }


def _least(limits: list[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
