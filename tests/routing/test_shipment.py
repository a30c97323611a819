"""Where a shipment stands is told from its parcels alone."""

import pytest

from routing.shipment import shipment_state


@pytest.mark.parametrize(
    ("parcels", "state"),
    [
        (["booked", "planned", "handed_over"], "planned"),
        (["handed_over", "booked"], "booked"),
        (["handed_over", "handed_over"], "handed_over"),
        (["handed_over", "refused"], "refused"),
        (["cancelled", "handed_over"], "handed_over"),
        (["cancelled"], "cancelled"),
    ],
)
def test_a_shipment_is_as_far_as_its_least_far_parcel(parcels: list[str], state: str) -> None:
    assert shipment_state(parcels) == state
