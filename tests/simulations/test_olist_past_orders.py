"""Real orders as past orders: nothing published is lost, what is derived fits, times stay known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from carriers.status import Status
from routing.network.network import Network
from simulations.adapters.olist_files import read_olist
from simulations.olist.derived import history
from simulations.olist.network import derive_network
from simulations.olist.orders import OlistData, OlistItem
from simulations.olist.past_orders import past_orders, smallest_box
from tests.simulations.olist_sample import write_sample
from tracking.past_order import PastOrder

AS_OF = datetime(2018, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> OlistData:
    return read_olist(write_sample(tmp_path_factory.mktemp("olist")))


@pytest.fixture(scope="module")
def network(data: OlistData) -> Network:
    return derive_network(data, history(data), as_of=AS_OF, orders=data.orders)


@pytest.fixture(scope="module")
def mapped(data: OlistData, network: Network) -> list[PastOrder]:
    return list(map(past_orders(data, network), data.orders))


def test_goods_prices_and_freight_add_up(data: OlistData, mapped: list[PastOrder]) -> None:
    for order, past in zip(data.orders, mapped, strict=True):
        lines = [line for parcel in past.parcels for line in parcel.lines]
        assert sum(line.qty for line in lines) == len(order.items)
        paid = sum(line.qty * line.price_minor for line in lines)
        assert paid == sum(item.price_minor for item in order.items)
        assert past.freight_minor == order.freight_minor
        assert tuple(parcel.seller for parcel in past.parcels) == order.sellers
        assert past.promise_ends_at.date() == order.promised_on + timedelta(days=1)


def test_pieces_of_one_product_at_one_price_are_one_line(data: OlistData, network: Network) -> None:
    order = data.orders[0]
    item = order.items[0]
    dearer = replace(item, price_minor=item.price_minor + 1)
    past = past_orders(data, network)(replace(order, items=(item, dearer, item)))
    (parcel,) = past.parcels
    assert [(line.line, line.qty) for line in parcel.lines] == [("1", 2), ("2", 1)]


def test_every_service_and_place_is_in_the_network(
    network: Network, mapped: list[PastOrder]
) -> None:
    services = {service.code for service in network.services}
    places = {place.code for place in network.locations}
    for past in mapped:
        for parcel in past.parcels:
            assert parcel.service in services
            assert parcel.origin in places
            assert len(parcel.transit[0]) == len(parcel.transit[1])


def test_a_cancellation_comes_last_and_says_that_its_time_is_unknown(
    data: OlistData, network: Network
) -> None:
    shipped = next(order for order in data.orders if order.delivered_at is None)
    past = past_orders(data, network)(replace(shipped, status="canceled"))
    event = past.parcels[0].events[-1]
    assert past.is_cancelled
    assert event.state is Status.CANCELLED
    assert event.occurred_at == max(e.occurred_at for e in past.parcels[0].events)
    assert "not published" in event.text
    bare = replace(shipped, status="unavailable", approved_at=None, handed_over_at=None)
    (only,) = past_orders(data, network)(bare).parcels[0].events
    assert only.occurred_at == shipped.purchased_at + timedelta(seconds=1)


def test_what_was_delivered_stays_delivered_though_canceled(
    data: OlistData, network: Network
) -> None:
    delivered = next(order for order in data.orders if order.delivered_at is not None)
    past = past_orders(data, network)(replace(delivered, status="canceled"))
    assert past.parcels[0].events[-1].state is Status.DELIVERED


def test_the_box_is_the_smallest_that_fits(network: Network) -> None:
    boxes = sorted(network.boxes, key=lambda box: box.inner.volume_mm3)

    def item(*size: int) -> OlistItem:
        return OlistItem("p", "s", 1, 1, "", 100, (size[0], size[1], size[2]))

    assert smallest_box(boxes, [item(60, 160, 110)]) is boxes[0]
    assert smallest_box(boxes, [item(60, 160, 110)] * 2).inner.volume_mm3 >= 2 * 60 * 160 * 110
    assert smallest_box(boxes, [item(5, 5, 1000)]).inner.longest_mm >= 1000
    assert smallest_box(boxes, [item(5, 5, 5000)]) is boxes[-1]
