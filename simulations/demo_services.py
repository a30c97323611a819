"""How the demo marketplace ships: services, their coverage, transit times and tariffs.

Transit times are invented around the carriers' advertised speed, as distributions up to 0.9995.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from core.places import GeoPoint, distance_m
from simulations.demo_places import DemoLocation

Row = Sequence[object]
ILLUSTRATIVE = "illustrative, made for the demo"
EU = ("FR", "DE", "NL", "BE", "LU", "ES", "PT", "IT", "IE", "PL", "DK", "SE", "AT", "CZ")


class DemoService(NamedTuple):
    code: str
    carrier: str
    name: str
    published: str
    """The bundled price list; empty: an invented contract."""
    origins: tuple[str, ...]
    to: tuple[str, ...]
    days: int
    """Days from pickup in the afternoon to delivery before the evening, most of the time."""
    max_weight_g: int
    max_sides_mm: tuple[int, int, int]
    girth_mm: int | None = None
    pickup: str = "17:00"
    hub_pickup: str = "20:30"
    pickup_days: str = "mon-fri"
    delivery_days: str = "mon-sat"
    tracked: bool = True
    refuses: str = ""
    duties: str = "dap"
    shape: str = ""
    sandbox_service: str = ""
    nominates: bool = False
    delivers_to: str = "door"
    slots: tuple[tuple[str, str], ...] = ()
    """Windows by appointment on its delivery days."""

    @property
    def booked_as(self) -> str:
        """The carrier's own name of the service."""
        return self.sandbox_service or self.published.partition("/")[2]


SERVICES: tuple[DemoService, ...] = (
    DemoService("rm-tracked24", "royalmail", "Royal Mail Tracked 24", "royalmail/online/Tracked24", ("GB",), ("GB",), 1, 20_000, (900, 460, 460), pickup_days="mon-sat"),
    DemoService("rm-tracked48", "royalmail", "Royal Mail Tracked 48", "royalmail/online/Tracked48", ("GB",), ("GB",), 2, 20_000, (900, 460, 460), pickup_days="mon-sat"),
    DemoService("rm-special", "royalmail", "Royal Mail Special Delivery by 1pm", "royalmail/online/SpecialDelivery1pm", ("GB",), ("GB",), 1, 20_000, (610, 460, 460), pickup="16:30", refuses="hazmat|battery"),
    DemoService("rm-intl", "royalmail", "Royal Mail International Standard", "royalmail/online/InternationalStandard", ("GB",), EU, 5, 2000, (600, 300, 300), tracked=False, refuses="hazmat|battery|liquid", delivery_days="mon-fri"),
    DemoService("rm-intl-tracked", "royalmail", "Royal Mail International Tracked", "royalmail/online/InternationalTracked", ("GB",), EU, 4, 2000, (600, 300, 300), refuses="hazmat|battery|liquid", delivery_days="mon-fri"),
    DemoService("nl-pakket", "postnl", "PostNL Pakket", "postnl/DomesticPakket", ("NL",), ("NL",), 1, 30_000, (1760, 780, 580), pickup="18:00"),
    DemoService("nl-brievenbus", "postnl", "PostNL Brievenbuspakje", "postnl/DomesticBrievenbuspakje", ("NL",), ("NL",), 1, 2000, (380, 265, 32), pickup="18:00", delivery_days="tue|wed|thu|fri|sat"),
    DemoService("nl-intl", "postnl", "PostNL Pakket Internationaal", "postnl/InternationalPakket", ("NL",), (*(c for c in EU if c != "NL"), "GB"), 3, 30_000, (1000, 500, 500), delivery_days="mon-fri"),
    DemoService("fr-colissimo", "colissimo", "Colissimo France", "colissimo/FrFrance", ("FR",), ("FR",), 2, 30_000, (1000, 990, 990), girth_mm=2000),
    DemoService("fr-europe", "colissimo", "Colissimo Europe", "colissimo/Europe", ("FR",), tuple(c for c in EU if c != "FR"), 4, 30_000, (1000, 990, 990), girth_mm=2000, delivery_days="mon-fri"),
    DemoService("sb-ground", "sandbox", "Sandbox Ground", "", EU, EU, 3, 31_500, (1200, 600, 600), girth_mm=3000, delivery_days="mon-fri", sandbox_service="standard", nominates=True),
    DemoService("sb-point", "sandbox", "Sandbox Pickup Point", "", EU, ("FR", "NL", "DE", "IT"), 3, 15_000, (640, 450, 450), sandbox_service="standard", delivers_to="pickup_point"),
    DemoService("sb-express", "sandbox", "Sandbox Express", "", (*EU, "GB"), (*EU, "GB"), 1, 20_000, (1000, 600, 600), pickup="16:00", duties="ddp", refuses="hazmat", sandbox_service="express", nominates=True, slots=(("09:00", "13:00"), ("13:00", "17:00"), ("17:00", "21:00"))),
    DemoService("sb-evening", "sandbox", "Sandbox Evening, Randstad", "", ("NL",), ("NL",), 0, 15_000, (700, 500, 500), pickup="15:30", hub_pickup="15:30", pickup_days="mon-sat", delivery_days="mon-sat", shape="randstad", sandbox_service="express"),
)  # fmt: skip

# Minutes beside the advertised day, by level: most arrive around noon, the tail takes a week more.
LEVELS: tuple[tuple[str, int], ...] = (
    ("0.5", -330),
    ("0.8", -240),
    ("0.9", -120),
    ("0.95", 60),
    ("0.975", 1200),
    ("0.99", 2640),
    ("0.995", 4080),
    ("0.999", 6960),
    ("0.9995", 11_280),
)
LANE_LEVELS: tuple[tuple[str, int], ...] = (
    ("0.5", 0),
    ("0.9", 90),
    ("0.99", 240),
    ("0.999", 1440),
    ("0.9995", 2880),
)
# Far from the mainland network: a day or more on top.
REMOTE: tuple[tuple[str, str, str, int], ...] = (
    ("GB", "IV1", "IV28", 1),
    ("GB", "BT", "BT", 1),
    ("GB", "ZE", "ZE", 2),
    ("FR", "20", "20", 1),
    ("ES", "35", "35", 4),
    ("ES", "38", "38", 4),
    ("PT", "90", "94", 4),
    ("PT", "95", "99", 5),
)


def covered() -> Iterator[Row]:
    """Rows of `coverage.csv`; island postcodes are outside the express network."""
    for service in SERVICES:
        for country in service.to:
            yield service.code, country, "", "", service.shape, "no"
        if service.code == "sb-express":
            for country, first, last, days in REMOTE:
                if days > 1:
                    yield service.code, country, first, last, "", "yes"


def transit_rows() -> Iterator[Row]:
    """Rows of `transit.csv`: by country, a day faster at home, slower to remote postcodes."""
    for service in SERVICES:
        evening = 390 if service.code == "sb-evening" else 0
        for country in service.to:
            areas = [("", "", 0), *((f, t, d) for c, f, t, d in REMOTE if c == country)]
            origins = [("*", 0)]
            if service.code == "sb-ground":
                origins.append((country, -1))
            for origin, faster in origins:
                for first, last, more in areas:
                    base = (service.days + more + faster) * 1440 + evening
                    for level, late in LEVELS:
                        yield service.code, origin, country, first, last, level, base + late


def lane_minutes(place: DemoLocation, hub: DemoLocation) -> tuple[int, int, int, str]:
    """Minutes, cost per parcel, cost per kg (euro cents) and g CO2e per kg of an inbound lane.

    A lorry at 65 km/h over 1.25 times the geodesic, one stop; costs and CO2e are invented.
    """
    km = distance_m(GeoPoint(place.lat, place.lon), GeoPoint(hub.lat, hub.lon)) * 5 // 4 // 1000
    drive = 90 + km * 60 // 65
    return drive, 140 + km // 5, 12 + km // 20, f"{km * 0.062:.1f}"


_CORE = ["DE", "NL", "BE", "LU", "FR", "DK", "AT", "CZ", "PL"]
_OUTER = ["ES", "IT", "IE", "SE", "PT"]
_ISLANDS = [
    {"country": country, "first": first, "last": last}
    for country, first, last, days in REMOTE
    if days > 1 and country in EU
]
_WEIGHTS_G = (1000, 2000, 5000, 10_000, 20_000, 31_500)
_CONTRACT_PRICES: dict[str, dict[str, tuple[int, ...]]] = {
    "sb-ground": {
        "core": (690, 790, 980, 1290, 1890, 2790),
        "outer": (990, 1190, 1490, 1990, 2990, 4290),
        "islands": (1890, 2290, 2990, 4490, 7490, 11_900),
    },
    "sb-point": {
        "core": (490, 560, 720, 990, 1490),
        "outer": (690, 790, 990, 1390, 2090),
    },
    "sb-express": {
        "core": (1590, 1790, 2290, 2990, 4490),
        "outer": (2190, 2490, 3190, 4290, 6490),
        "gb": (2690, 2990, 3890, 5290, 7990),
    },
    "sb-evening": {"randstad": (890, 890, 1090, 1490, 1990)},
}
_CONTRACT_AREAS: dict[str, list[Any]] = {
    "core": _CORE,
    "outer": _OUTER,
    "islands": _ISLANDS,
    "gb": ["GB"],
    "randstad": ["NL"],
}


def _contract(service: DemoService) -> dict[str, Any]:
    """An invented contract of the sandbox carrier, with the usual surcharges."""
    prices = _CONTRACT_PRICES[service.code]
    bands = [
        {
            "max_weight_g": weight,
            "prices_minor": {z: row[n] for z, row in prices.items() if n < len(row)},
        }
        for n, weight in enumerate(_WEIGHTS_G)
        if any(n < len(row) for row in prices.values())
    ]
    shape = {
        "code": "parcel",
        "max_sides_mm": list(service.max_sides_mm),
        "max_length_plus_girth_mm": service.girth_mm,
        "cover_minor": 50_000,
        "bands": bands,
    }
    return {
        "carrier": service.carrier,
        "service": service.code,
        "name": service.name,
        "currency": "EUR",
        "source": ILLUSTRATIVE,
        "origins": list(service.origins),
        "zones": [{"code": zone, "areas": _CONTRACT_AREAS[zone]} for zone in prices],
        "versions": [{"since": "2025-01-01", "until": None, "formats": [shape]}],
        "volumetric": {"divisor_mm3_per_g": 5000, "above_volume_mm3": 8_000_000},
        "surcharges": [
            {
                "code": "long",
                "label": "Longer than 1 m",
                "flat_minor": 450,
                "over_longest_mm": 1000,
            },
            {
                "code": "peak",
                "label": "Peak season",
                "flat_minor": 60,
                "since": "2026-11-16",
                "until": "2027-01-01",
            },
            {"code": "fuel", "label": "Fuel 6.5 %", "rate": "0.065", "basis": "freight"},
        ],
    }


TARIFFS: list[dict[str, Any]] = [
    {"tariff": service.code, "published": service.published}
    if service.published
    else {"tariff": service.code, "contract": _contract(service)}
    for service in SERVICES
]
CO2E: tuple[Row, ...] = (
    ("rm-tracked24", "180", "45", "95", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("rm-tracked48", "150", "30", "85", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("rm-special", "260", "60", "320", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("rm-intl", "190", "40", "140", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("rm-intl-tracked", "190", "40", "150", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("nl-pakket", "140", "25", "80", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("nl-brievenbus", "60", "20", "80", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("nl-intl", "180", "40", "95", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("fr-colissimo", "160", "30", "85", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("fr-europe", "190", "40", "100", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("sb-ground", "170", "35", "90", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("sb-point", "90", "30", "85", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
    ("sb-evening", "120", "20", "60", "ISO 14083", ILLUSTRATIVE, 2025, "yes"),
)
