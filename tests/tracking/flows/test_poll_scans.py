"""Asking carriers for scans: one that fails does not keep the others' parcels from being asked for."""

from uuid import UUID

from carriers.adapters.sandbox.local import LocalSandbox
from carriers.ports import Carrier, Recovery
from carriers.sandbox import Sandbox
from carriers.status import EventTime, Scan, Status, TimeBasis
from core.ids import ParcelId, TenantId
from store.session import Sessions
from tests.tracking.plans import DEPARTS, plan
from tracking.flows.follow_parcel import follow_parcel
from tracking.flows.poll_scans import poll_scans


class Told(LocalSandbox):
    """Tells one scan of every parcel, or trips over it."""

    trips = False

    def track(self, tracking_number: str) -> tuple[Scan, ...]:
        if self.trips:
            raise ArithmeticError("12,50")
        return (
            Scan(
                tracking_number,
                "good",
                Status.ACCEPTED,
                EventTime("2026-03-02T12:00:00", "+00:00", DEPARTS, TimeBasis.OFFSET),
            ),
        )


def test_an_adapter_that_fails_is_left_alone_for_the_round(
    sessions: Sessions, tenant: TenantId
) -> None:
    bad = Told(Sandbox(1, Recovery.KEY), sessions.clock)
    bad.trips = True
    carriers: dict[str, Carrier] = {
        "bad": bad,
        "good": Told(Sandbox(1, Recovery.KEY), sessions.clock),
    }
    with sessions(tenant) as session:
        for number, name in ((1, "bad"), (2, "good")):
            parcel = ParcelId(UUID(int=number))
            follow_parcel(session, plan(parcel=parcel, carrier=name, tracking_number=f"X{number}"))
    assert poll_scans(sessions, tenant, carriers) == 1
    assert poll_scans(sessions, tenant, carriers) == 0
