"""Numbers that are ours to print: each once in the installation, over carriers, tenants and tries."""

from carriers.adapters.table.client import TableCarrier
from carriers.adapters.table.published import published_tariffs
from carriers.booking import Booking
from carriers.flows.book import book as book_once
from carriers.number_ranges import NumberRange
from carriers.ports import Booked, BookingOrder, Carrier
from carriers.tables import find_booking, read_booking
from core.errors import CarrierUnavailable
from core.ids import TenantId
from core.places import Address
from store.keys import create_tenant
from store.session import Sessions
from tests.carriers.bookings import ask_booking, run_until_quiet

HERE = Address("Jan Jansen", "Dorpsstraat 1", "Utrecht", "3511 AA", "NL")
TARIFFS = {s: t for (c, s), t in published_tariffs().items() if c == "postnl"}


def table(name: str, numbers: NumberRange) -> Carrier:
    return TableCarrier(name, TARIFFS, numbers)


def book(
    sessions: Sessions, tenant: TenantId, carriers: dict[str, Carrier], name: str, number: int
) -> Booking:
    booking_id = ask_booking(
        sessions, tenant, number, to=HERE, carrier=name, service="DomesticPakket"
    )
    run_until_quiet(sessions, carriers)
    with sessions(tenant, read_only=True) as session:
        return read_booking(session, booking_id)


def test_carriers_and_tenants_under_one_prefix_never_print_the_same_number(
    sessions: Sessions, tenant: TenantId
) -> None:
    with sessions.system() as session:
        other = create_tenant(session, "other")
    carriers = {name: table(name, NumberRange("4012345")) for name in ("acme", "bolt")}
    seen = []
    for number, (whose, name) in enumerate(
        [(tenant, "acme"), (tenant, "bolt"), (other, "acme"), (other, "bolt"), (tenant, "acme")]
    ):
        seen.append(book(sessions, whose, carriers, name, number).tracking_number)
    assert len(set(seen)) == 5 and all(one and one.startswith("14012345") for one in seen)
    with sessions(tenant, read_only=True) as session:
        assert len(find_booking(session, str(seen[0]))) == 1


def test_a_range_that_is_used_up_refuses_and_a_longer_one_goes_on(
    sessions: Sessions, tenant: TenantId
) -> None:
    short = NumberRange(s10_indicator="CX", s10_country="NL", first=500, last=501)
    carriers = {"acme": table("acme", short)}
    made = [book(sessions, tenant, carriers, "acme", number) for number in range(3)]
    assert [one.tracking_number for one in made[:2]] == ["CX000005008NL", "CX000005011NL"]
    assert made[2].state == "refused"
    assert made[2].reason == ("numbers_used_up: the numbers 500 to 501 of s10:CX:NL are used up")
    carriers["acme"] = table(
        "acme", NumberRange(s10_indicator="CX", s10_country="NL", first=499, last=502)
    )
    again = [book(sessions, tenant, carriers, "acme", number) for number in (2, 3, 4)]
    assert [one.tracking_number for one in again] == ["CX000004991NL", "CX000005025NL", None]


class Deaf(TableCarrier):
    """Acts on every try; the first two answers are lost."""

    def __init__(self, numbers: NumberRange) -> None:
        super().__init__("acme", TARIFFS, numbers)
        self.serials: list[int] = []

    def book(self, order: BookingOrder) -> Booked:
        self.serials.append(order.serial)
        if len(self.serials) < 3:
            raise CarrierUnavailable("no answer", sent=True)
        answer = super().book(order)
        assert isinstance(answer, Booked)
        return answer


def test_a_try_under_another_series_takes_its_number_from_that_one(
    sessions: Sessions, tenant: TenantId
) -> None:
    old, new = Deaf(NumberRange("4012345", first=70)), Deaf(NumberRange("4099999", first=5))
    booking_id = ask_booking(sessions, tenant, 1, to=HERE, carrier="acme", service="DomesticPakket")
    book_once(sessions, tenant, {"acme": old}, booking_id)
    run_until_quiet(sessions, {"acme": new})
    assert old.serials == [70] and new.serials == [5, 5, 5]


def test_every_try_of_a_booking_has_the_same_number(sessions: Sessions, tenant: TenantId) -> None:
    deaf = Deaf(NumberRange("4012345", first=70))
    booking = book(sessions, tenant, {"acme": deaf}, "acme", 1)
    assert booking.state == "booked" and deaf.serials == [70, 70, 70]
