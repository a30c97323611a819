"""The network behind real orders: sellers' places, goods as sold, and the one derived carrier.

What nobody published is derived from the history up to an instant and marked `derived`: handling
times, transit times, the tariff. Boxes are common sizes. Opening hours are unknown, so every place
works around the clock and the derived times hold the nights and weekends.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from carriers.areas import Area
from carriers.tariffs import Band, Format, FormatRates, Tariff, TariffVersion, Zone
from core.calendars import Hours, Moments, WorkCalendar
from core.money import Money
from core.places import Address, GeoPoint
from core.units import Dimensions
from routing.network.destinations import PostalRow
from routing.network.goods import Box, Offer, Sku
from routing.network.network import Marketplace, Network
from routing.network.places import Location, LocationKind, Seller, TransitTable
from routing.network.policies import ChargeKind, ChargePolicy, ChargeRule, Policy, SplitRules
from routing.network.services import Carrier, CoverageRule, Pickup, Service, TransitRow
from routing.network.trade import Customs
from simulations.olist.derived import (
    LEVELS,
    WEIGHT_G,
    FittedTariff,
    History,
    LeadTimes,
    fit_tariff,
    lead_times,
)
from simulations.olist.orders import (
    COUNTRY,
    CURRENCY,
    OlistData,
    OlistItem,
    OlistOrder,
    OlistSeller,
)
from simulations.olist.regions import STATES, areas_of, state_of

ZONE_NAME = "America/Sao_Paulo"
BOX_SET = "common"
CARRIER = "derived"
STOCK = 1000  # unknown, so never the reason for a refusal
PLAIN_SIZE = (160, 110, 60)  # mm, for the few products without a published size
PLAIN_WEIGHT_G = 300
# Common carton sizes (inner, mm): from an envelope to the largest product of the data set.
CARTONS = (
    (160, 110, 60),
    (240, 160, 90),
    (270, 180, 130),
    (360, 270, 180),
    (360, 280, 270),
    (540, 360, 270),
    (600, 400, 400),
    (700, 500, 500),
    (800, 600, 600),
    (1060, 700, 700),
    (1060, 1060, 1060),
    (1190, 1190, 1190),
)
MOST_WEIGHT_G = WEIGHT_G[-1]
AROUND_THE_CLOCK = WorkCalendar(ZONE_NAME, ((Hours(0, 1440, 1440),),) * 7)
HOURLY = Moments(ZONE_NAME, (tuple(range(0, 1440, 60)),) * 7)


def location_code(seller: str) -> str:
    """The code of the one place of a seller."""
    return f"at-{seller}"


def sku_of(product: str, item: OlistItem) -> Sku:
    """A product as packed; sides and mass that were not published are small ones."""
    return Sku(
        code=product,
        name=item.category or "unnamed",
        size=Dimensions(*(item.size_mm or PLAIN_SIZE)),
        weight_g=item.weight_g or PLAIN_WEIGHT_G,
        category=item.category,
    )


def derive_network(
    data: OlistData, past: History, *, as_of: datetime, orders: Sequence[OlistOrder]
) -> Network:
    """The network for the goods and sellers of `orders`, as it could be known at `as_of`."""
    times, tariff = lead_times(past, as_of), fit_tariff(past, as_of)
    items = [item for order in orders for item in order.items]
    sellers = [data.sellers[name] for name in dict.fromkeys(item.seller for item in items)]
    prefixes = dict.fromkeys(order.zip_prefix for order in orders)
    since = date(2016, 1, 1)
    services = tuple(_service(state, times) for state in STATES)
    return Network(
        marketplace=Marketplace(
            "Olist-format orders",
            CURRENCY,
            ZONE_NAME,
            COUNTRY,
            "derived from published orders",
            horizon_days=120,
        ),
        sellers=tuple(_seller(seller) for seller in sellers),
        locations=tuple(_location(seller, data, times) for seller in sellers),
        skus=_skus(items),
        offers=_offers(items),
        boxes=_boxes(),
        carriers=(Carrier(CARRIER, "Derived carrier", "table", "derived"),),
        services=services,
        tariffs=tuple((f"derived-{state}", _tariff(state, tariff, since)) for state in STATES),
        pickups=tuple(
            Pickup(f"derived-{home_state(seller)}", location_code(seller.seller), HOURLY)
            for seller in sellers
        ),
        transit=tuple(_transit(times)),
        hubs=(),
        lanes=(),
        postcodes=tuple(_postcodes(data, prefixes)),
        exchange_rates=(),
        taxes=(),
        customs=Customs(),
        policies=(
            Policy(
                "standard",
                1,
                ChargePolicy(ChargeRule(ChargeKind.PASS_THROUGH)),
                level=Decimal("0.95"),
                splits=SplitRules(max_parcels=12, hubs=False),
            ),
        ),
    )


def home_state(seller: OlistSeller) -> str:
    """The state that a seller sends from; its derived service is named for it."""
    if seller.state in STATES:
        return seller.state
    return state_of(seller.zip_prefix) or "SP"


def _seller(seller: OlistSeller) -> Seller:
    name = f"Seller {seller.seller[:6]}"
    return Seller(seller.seller, name, name, f"{seller.seller[:12]}@sellers.example", COUNTRY)


def _location(seller: OlistSeller, data: OlistData, times: LeadTimes) -> Location:
    found = data.places.get(seller.zip_prefix)
    return Location(
        code=location_code(seller.seller),
        seller=seller.seller,
        kind=LocationKind.WAREHOUSE,
        address=Address(
            name=f"Seller {seller.seller[:6]}",
            street="not published",
            city=seller.city,
            postcode=f"{seller.zip_prefix:05d}-000",
            country=COUNTRY,
            region=home_state(seller),
        ),
        point=found[0] if found else GeoPoint(-23.55, -46.63),
        calendar=AROUND_THE_CLOCK,
        handling_min=times.handling_min.get(seller.seller, times.handling_min[""]),
        box_set=BOX_SET,
    )


def _skus(items: Iterable[OlistItem]) -> tuple[Sku, ...]:
    found: dict[str, Sku] = {}
    for item in items:
        if item.product not in found:
            found[item.product] = sku_of(item.product, item)
    return tuple(found.values())


def _offers(items: Iterable[OlistItem]) -> tuple[Offer, ...]:
    """One offer for each seller and product, at the price last seen."""
    last = {(item.seller, item.product): item for item in items}
    return tuple(
        Offer(seller, product, location_code(seller), Money(item.price_minor, CURRENCY), STOCK)
        for (seller, product), item in last.items()
    )


def _boxes() -> tuple[Box, ...]:
    boxes = []
    for number, inner in enumerate(CARTONS, start=1):
        length, width, height = inner
        outer = Dimensions(length + 8, width + 8, height + 12)
        tare_g = outer.length_mm * outer.width_mm * 6 // 1000 // 10 + 20
        boxes.append(
            Box(
                BOX_SET,
                f"C{number:02d}",
                Dimensions(*inner),
                outer,
                tare_g,
                MOST_WEIGHT_G,
                Money(0, CURRENCY),  # the freight charged in the data holds the packaging
            )
        )
    return tuple(boxes)


def _service(state: str, times: LeadTimes) -> Service:
    return Service(
        code=f"derived-{state}",
        carrier=CARRIER,
        name=f"Derived carrier from {state} ({times.deliveries} deliveries)",
        tariff=f"derived-{state}",
        max_weight_g=MOST_WEIGHT_G,
        max_sides_mm=Dimensions(1300, 1300, 1300),
        coverage=(CoverageRule(Area(COUNTRY)),),
        delivery_weekdays=frozenset(range(7)),
        delivers_on_holidays=True,
    )


def _tariff(state: str, fitted: FittedTariff, since: date) -> Tariff:
    """Zones are distance bands from this state; bands are the fitted cells."""
    members: dict[int, list[Area]] = {}
    for to in STATES:
        members.setdefault(fitted.band_of_pair[state, to], []).extend(areas_of(to))
    bands = tuple(
        Band(
            weight_g,
            {f"d{zone}": int(fitted.prices_minor[zone, column]) for zone in sorted(members)},
        )
        for column, weight_g in enumerate(WEIGHT_G)
    )
    return Tariff(
        carrier=CARRIER,
        service=f"derived-{state}",
        name=f"Derived from the freight charged on {fitted.items} items",
        currency=CURRENCY,
        origins=(Area(COUNTRY),),  # some published postcodes lie outside their state
        zones=tuple(Zone(f"d{zone}", tuple(areas)) for zone, areas in sorted(members.items())),
        versions=(
            TariffVersion(since, (FormatRates(Format("parcel", (1300, 1300, 1300)), bands),)),
        ),
        source="derived",
    )


def _transit(times: LeadTimes) -> Iterable[TransitRow]:
    for (start, to), minutes in times.minutes.items():
        table = TransitTable(LEVELS, minutes)
        for area in areas_of(to):
            yield TransitRow(f"derived-{start}", "*", area, table)


def _postcodes(data: OlistData, prefixes: Iterable[int]) -> Iterable[PostalRow]:
    for prefix in prefixes:
        found = data.places.get(prefix)
        if found is not None:
            code = f"{prefix:05d}"
            yield PostalRow(Area(COUNTRY, code, code), found[0], ZONE_NAME, found[1])
    for state in STATES:  # a prefix that was not published lies somewhere in its state
        points = [point for point, at in data.places.values() if at == state]
        if not points:
            continue
        centre = GeoPoint(
            sum(point.lat for point in points) / len(points),
            sum(point.lon for point in points) / len(points),
        )
        for area in areas_of(state):
            yield PostalRow(area, centre, ZONE_NAME, state)
