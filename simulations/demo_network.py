"""The bundled demo marketplace as import files, made from a seed; the same seed, the same files.

Prices of Royal Mail, PostNL and Colissimo are their published ones; the sandbox carrier, exchange
rates, duties, CO2e factors and transit times are invented and say so.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from simulations.demo_catalogue import DemoSku, skus
from simulations.demo_places import LOCATIONS, PICKUP_POINTS, SELLERS, TOWNS, DemoLocation
from simulations.demo_services import (
    CO2E,
    LANE_LEVELS,
    SERVICES,
    TARIFFS,
    covered,
    lane_minutes,
    transit_rows,
)

Row = Sequence[object]
SOURCE = "illustrative, made for the demo"
EXCHANGE = (("GBP", "1.1490"), ("PLN", "0.2365"), ("DKK", "0.1340"), ("CZK", "0.0409"))
STOCK_DAY = "2026-01-02"
# Standard VAT rates and those on books and food (European Commission, Taxes in Europe database,
# as of January 2026; GB: gov.uk). Illustrative where goods have special rules.
VAT = {
    "GB": ("0.20", "0.00", "0.00"),
    "FR": ("0.20", "0.055", "0.055"),
    "DE": ("0.19", "0.07", "0.07"),
    "NL": ("0.21", "0.09", "0.09"),
    "BE": ("0.21", "0.06", "0.06"),
    "LU": ("0.17", "0.03", "0.03"),
    "ES": ("0.21", "0.04", "0.10"),
    "PT": ("0.23", "0.06", "0.06"),
    "IT": ("0.22", "0.04", "0.10"),
    "IE": ("0.23", "0.00", "0.00"),
    "PL": ("0.23", "0.05", "0.05"),
    "DK": ("0.25", "0.25", "0.25"),
    "SE": ("0.25", "0.06", "0.12"),
    "AT": ("0.20", "0.10", "0.10"),
    "CZ": ("0.21", "0.00", "0.12"),
}
# Cartons: inner sides in mm, tare g, limit g, cost in euro cents; board is 3 mm thick.
BOXES = (
    ("mailer", (340, 240, 18), 40, 1000, 22),
    ("shoebox", (320, 210, 110), 130, 5000, 48),
    ("cube-s", (200, 200, 200), 120, 5000, 45),
    ("small", (440, 340, 150), 260, 10_000, 79),
    ("tube", (880, 64, 64), 180, 3000, 95),
    ("cube-m", (300, 300, 300), 310, 15_000, 92),
    ("flat", (550, 420, 90), 250, 10_000, 99),
    ("medium", (450, 350, 300), 420, 20_000, 115),
    ("long", (700, 200, 150), 330, 12_000, 105),
    ("large", (600, 440, 440), 780, 25_000, 185),
)
WALL_MM = 6


def draw(seed: int, *key: object) -> int:
    """A repeatable number from 0 to 2**32 - 1, the same on every machine and version."""
    text = "/".join(str(part) for part in (seed, *key))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")


def demo_files(seed: int = 1) -> dict[str, str]:
    """Every file of the demo network by name, ready for `lanewise import` or `read_network`."""
    offers = list(_offers(seed))
    files = {
        "marketplace.json": _json(
            {
                "name": "Harbour Market",
                "currency": "EUR",
                "zone": "Europe/Amsterdam",
                "country": "NL",
                "contact": "help@harbour-market.example",
            }
        ),
        "tariffs.json": _json(TARIFFS),
        "policies.json": _json(_policies()),
        "areas.geojson": _json(_areas()),
        "sellers.csv": _csv(
            "seller,name,legal_name,email,country",
            (
                (
                    s.code,
                    s.name,
                    f"{s.name} {_FORM[s.country]}",
                    f"service@{s.code}.example",
                    s.country,
                )
                for s in SELLERS
            ),
        ),
        "skus.csv": _csv(
            "sku,name,length_mm,width_mm,height_mm,weight_g,flags,hazmat_class,nest_mm,category,"
            "tax_category,origin,hs_code",
            (_sku_row(sku) for sku in skus()),
        ),
        "offers.csv": _csv(
            "seller,sku,location,price_minor,currency,stock,lead_min,unit_cost_minor", offers
        ),
        "boxes.csv": _csv(
            "box_set,box,inner_length_mm,inner_width_mm,inner_height_mm,outer_length_mm,"
            "outer_width_mm,outer_height_mm,tare_g,max_g,cost_minor,currency",
            (
                (
                    "standard",
                    code,
                    *inner,
                    *(side + WALL_MM for side in inner),
                    tare,
                    most,
                    cost,
                    "EUR",
                )
                for code, inner, tare, most, cost in BOXES
            ),
        ),
        "postcodes.csv": _csv("country,first,last,region,lat,lon,zone", TOWNS),
        "exchange_rates.csv": _csv(
            "base,quote,rate,date,source",
            ((base, "EUR", rate, STOCK_DAY, SOURCE) for base, rate in EXCHANGE),
        ),
        "taxes.csv": _csv(
            "country,category,rate,included,valid_from",
            (
                (country, category, rate, "yes", "2025-01-01")
                for country, rates in VAT.items()
                for category, rate in zip(("standard", "books", "food"), rates, strict=True)
            ),
        ),
        "customs.csv": _csv(
            "country,territory", ((country, "EU") for country in VAT if country != "GB")
        ),
        "duties.csv": _csv(
            "territory,hs_prefix,rate,free_below_minor,currency,source,valid_from",
            (
                ("GB", "6911", "0.12", 13500, "GBP", SOURCE, "2025-01-01"),
                ("GB", "6912", "0.12", 13500, "GBP", SOURCE, "2025-01-01"),
                ("EU", "6912", "0.12", 15000, "EUR", SOURCE, "2025-01-01"),
                ("EU", "6301", "0.12", 15000, "EUR", SOURCE, "2025-01-01"),
            ),
        ),
    }
    return {**files, **_place_files(), **_service_files(), **_hub_files()}


_FORM = {
    "GB": "Ltd", "NL": "B.V.", "FR": "SARL", "DE": "GmbH", "BE": "BV", "ES": "S.L.", "IT": "S.r.l.",
    "IE": "Ltd", "PL": "sp. z o.o.", "DK": "ApS", "PT": "Lda", "CZ": "s.r.o.", "AT": "GmbH",
}  # fmt: skip


def _csv(header: str, rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _sku_row(sku: DemoSku) -> Row:
    family = sku.family
    origin = next(s.country for s in SELLERS if family.code in s.families)
    flags = "|".join(family.flags)
    tail = (family.category, family.tax_category, origin, family.hs_code)
    return (
        sku.code,
        sku.name,
        *sku.dims_mm,
        sku.weight_g,
        flags,
        family.hazmat_class,
        family.nest_mm,
        *tail,
    )


def _offers(seed: int) -> Iterable[Row]:
    rates = {**{base: float(rate) for base, rate in EXCHANGE}, "EUR": 1.0}
    for seller in SELLERS:
        places = [place for place in LOCATIONS if place.seller == seller.code]
        for sku in skus():
            if sku.family.code not in seller.families:
                continue
            # Resellers differ by up to 4 %; the price ends on a 9 in the seller's currency.
            euro = sku.price_eur_minor * (98 + draw(seed, seller.code, sku.code, "price") % 5) / 100
            price = round(euro / rates[seller.currency] / 10) * 10 - 1
            for index, place in enumerate(places):
                chance = draw(seed, place.code, sku.code, "held") % 100
                if index and chance >= 70:
                    continue  # a second place does not hold everything
                stock = draw(seed, place.code, sku.code, "stock") % (
                    40 if place.kind == "store" else 240
                )
                made_to_order = draw(seed, seller.code, sku.code, "lead") % 100 < 3
                lead = 2880 if made_to_order else 0
                yield (
                    seller.code,
                    sku.code,
                    place.code,
                    price,
                    seller.currency,
                    stock + 2,
                    lead,
                    0,
                )


def _place_files() -> dict[str, str]:
    header = (
        "location,seller,kind,name,street,city,postcode,country,lat,lon,zone,handling_min,"
        "daily_parcels,holidays,box_set"
    )
    names = {seller.code: seller.name for seller in SELLERS} | {"": "Harbour Market"}
    return {
        "locations.csv": _csv(
            header,
            (
                (
                    p.code,
                    p.seller,
                    p.kind,
                    f"{names[p.seller]}, {p.city}",
                    p.street,
                    p.city,
                    p.postcode,
                )
                + (
                    p.country,
                    p.lat,
                    p.lon,
                    p.zone,
                    p.handling_min,
                    _capacity(p),
                    p.holidays,
                    "standard",
                )
                for p in (*LOCATIONS, *PICKUP_POINTS)
            ),
        ),
        "openings.csv": _csv(
            "location,weekdays,opens,closes,cutoff",
            ((p.code, p.weekdays, p.opens, p.closes, p.cutoff) for p in LOCATIONS),
        ),
        "special_days.csv": _csv(
            "location,date,opens,closes,cutoff",
            (
                (p.code, f"{year}-12-24", p.opens, "13:00", "11:00")
                for p in LOCATIONS
                if p.kind == "store"
                for year in (2025, 2026)
            ),
        ),
    }


def _capacity(place: DemoLocation) -> int:
    return {"warehouse": 800, "store": 60, "hub": 4000, "pickup_point": 400}[place.kind]


def _service_files() -> dict[str, str]:
    pickups: list[Row] = []
    for service in SERVICES:
        for place in LOCATIONS:
            if place.country in service.origins:
                late = (place.kind == "hub" and service.hub_pickup) or service.pickup
                pickups.append((service.code, place.code, service.pickup_days, late, ""))
    header = (
        "service,carrier,name,booked_as,tariff,max_weight_g,max_length_mm,max_width_mm,max_height_mm,"
        "max_length_plus_girth_mm,delivery_weekdays,tracked,refused_flags,duties,delivers_to,nominates"
    )
    return {
        "carriers.csv": _csv(
            "carrier,name,adapter,account",
            (
                ("royalmail", "Royal Mail", "table", "DEMO-RM"),
                ("postnl", "PostNL", "table", "DEMO-NL"),
                ("colissimo", "Colissimo", "table", "DEMO-FR"),
                ("sandbox", "Sandbox Carrier", "sandbox", "DEMO-SB"),
            ),
        ),
        "services.csv": _csv(
            header,
            (
                (s.code, s.carrier, s.name, s.booked_as, s.code, s.max_weight_g, *s.max_sides_mm)
                + (
                    s.girth_mm or "",
                    s.delivery_days,
                    "yes" if s.tracked else "no",
                    s.refuses,
                    s.duties,
                    s.delivers_to,
                    "yes" if s.nominates else "no",
                )
                for s in SERVICES
            ),
        ),
        "slots.csv": _csv(
            "service,weekdays,opens,closes",
            ((s.code, s.delivery_days, *slot) for s in SERVICES for slot in s.slots),
        ),
        "coverage.csv": _csv("service,country,first,last,shape,excluded", covered()),
        "pickups.csv": _csv("service,location,weekdays,at,daily_parcels", pickups),
        "transit.csv": _csv("service,origin,country,first,last,level,minutes", transit_rows()),
        "co2e.csv": _csv(
            "service,g_per_parcel,g_per_kg,g_per_tonne_km,method,source,year,illustrative", CO2E
        ),
    }


def _hub_files() -> dict[str, str]:
    hubs = [place for place in LOCATIONS if place.kind == "hub"]
    feeders = [place for place in LOCATIONS if place.kind == "warehouse" and place.country != "GB"]
    lanes: list[Row] = []
    departures: list[Row] = []
    transit: list[Row] = []
    for hub in hubs:
        for place in feeders:
            code = f"{place.code}_{hub.code}"
            minutes, fixed, per_kg, co2 = lane_minutes(place, hub)
            lanes.append((code, place.code, hub.code, fixed, per_kg, "EUR", co2))
            departures.append((code, "mon-fri", "18:30"))
            transit.extend((code, level, minutes + late) for level, late in LANE_LEVELS)
    return {
        "hubs.csv": _csv(
            "hub,dwell_min,parcel_fee_minor,currency,daily_parcels",
            ((hub.code, 90, 35, "EUR", 4000) for hub in hubs),
        ),
        "lanes.csv": _csv("lane,origin,hub,fixed_minor,per_kg_minor,currency,co2_g_per_kg", lanes),
        "departures.csv": _csv("lane,weekdays,at", departures),
        "lane_transit.csv": _csv("lane,level,minutes", transit),
    }


def _policies() -> list[dict[str, Any]]:
    flat = {"kind": "flat", "amount": {"minor": 495, "currency": "EUR"}}
    return [
        {
            "policy": "standard",
            "version": 1,
            "level": "0.95",
            "hold_min": 30,
            "splits": {"max_parcels": 6},
            "charges": {
                "default": {"kind": "pass_through"},
                "by_group": {
                    "club": {**flat, "free_above": {"minor": 7500, "currency": "EUR"}},
                    "staff": {"kind": "pass_through", "markup": "-1"},
                },
                "by_seller": {
                    "elbe-kaffee": {
                        "kind": "per_seller",
                        "amount": {"minor": 390, "currency": "EUR"},
                        "free_above": {"minor": 4000, "currency": "EUR"},
                    }
                },
            },
            "returns": {
                "improvements": [
                    {"goodwill_days": 30},
                    {"categories": ["books"], "goodwill_days": 60},
                ]
            },
            "notices": {"quiet_from": "21:00", "quiet_to": "07:30"},
        }
    ]


def _areas() -> dict[str, Any]:
    """Where the evening courier drives: a polygon around Amsterdam, Utrecht and Rotterdam."""
    ring = [
        [4.20, 51.80],
        [5.30, 51.90],
        [5.25, 52.45],
        [4.55, 52.50],
        [4.10, 52.05],
        [4.20, 51.80],
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"area": "randstad"},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        ],
    }
