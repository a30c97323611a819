"""The files of an import, column by column; the reference page is generated from this list."""

from dataclasses import dataclass

from routing.network import cells
from routing.network.cells import Column
from routing.network.goods import FLAGS


@dataclass(frozen=True, slots=True)
class FileShape:
    """One file: `name.csv` or `name.json` (a list of objects with the same fields)."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """Columns that together are unique; empty: rows may repeat."""
    required: bool = True


def _money(prefix: str, about: str, *, default: object = cells.REQUIRED) -> Column:
    return Column(f"{prefix}_minor", f"{about}, in minor units", cells.natural, default)


_VALID = (
    Column("valid_from", "first day it holds; empty: always", cells.day, None),
    Column("valid_to", "last day it holds; empty: no end", cells.day, None),
)
_AREA = (
    Column("country", "ISO country, or `*`", cells.country_or_any),
    Column("first", "first postal prefix of a range; empty: the whole country", cells.text, ""),
    Column("last", "last postal prefix; empty: as `first`", cells.text, ""),
)
_LEVEL = (
    Column("level", "probability, e.g. 0.95; rows of one table rise", cells.level),
    Column("minutes", "transit time at most this long with that probability", cells.natural),
)
_SIDES = ("length", "width", "height")
_LOCATION = Column("location", "code of the location", cells.code, refers="locations.location")
_CURRENCY = Column("currency", "ISO 4217 currency", cells.currency)
_WEEKDAYS = Column("weekdays", "`mon-fri`, `mon|wed|sat`", cells.weekdays)

SHAPES: tuple[FileShape, ...] = (
    FileShape(
        "sellers",
        "Who sells.",
        (
            Column("seller", "code", cells.code),
            Column("name", "name shown to shoppers", cells.text),
            Column("legal_name", "company that the contract is with", cells.text),
            Column("email", "whom shoppers write to", cells.text),
            Column("country", "country of establishment", cells.country),
            Column(
                "returns_to",
                "location that takes returns; empty: the one that shipped",
                cells.code,
                "",
                refers="locations.location",
            ),
        ),
        key=("seller",),
    ),
    FileShape(
        "locations",
        "Warehouses, stores, hubs and pickup points.",
        (
            Column("location", "code", cells.code),
            Column(
                "seller",
                "owner; empty: the marketplace or shared",
                cells.code,
                "",
                "sellers.seller",
            ),
            Column(
                "kind",
                "warehouse, store, hub or pickup_point",
                cells.one_of("warehouse", "store", "hub", "pickup_point"),
            ),
            Column("name", "name on labels", cells.text),
            Column("street", "street and number", cells.text),
            Column("city", "town", cells.text),
            Column("postcode", "postal code", cells.text),
            Column("country", "ISO country", cells.country),
            Column("region", "state or region; empty: none", cells.text, ""),
            Column("lat", "latitude, WGS 84", cells.degrees),
            Column("lon", "longitude, WGS 84", cells.degrees),
            Column("zone", "IANA time zone of its hours", cells.text),
            Column("handling_min", "working minutes from order to ready", cells.natural),
            Column(
                "daily_parcels", "parcels a day it can send; empty: no limit", cells.natural, None
            ),
            Column("holidays", "`FR`, `DE-BE`: public holidays off; empty: none", cells.text, ""),
            Column("box_set", "boxes it packs into", cells.code, "", "boxes.box_set"),
        ),
        key=("location",),
    ),
    FileShape(
        "openings",
        "Weekly local working hours; several rows a day are several windows.",
        (
            _LOCATION,
            _WEEKDAYS,
            Column("opens", "local time HH:MM", cells.clock_min),
            Column("closes", "local time, up to 24:00", cells.clock_min),
            Column(
                "cutoff",
                "orders until then start in this window; empty: as `closes`",
                cells.clock_min,
                None,
            ),
        ),
    ),
    FileShape(
        "special_days",
        "Dates with other hours, or none: they replace the week and the holidays.",
        (
            _LOCATION,
            Column("date", "local date", cells.day),
            Column("opens", "local time; empty: closed that day", cells.clock_min, None),
            Column("closes", "local time", cells.clock_min, None),
            Column("cutoff", "empty: as `closes`", cells.clock_min, None),
        ),
        required=False,
    ),
    FileShape(
        "skus",
        "Things, as they are packed.",
        (
            Column("sku", "code", cells.code),
            Column("name", "name", cells.text),
            *(Column(f"{side}_mm", f"outer {side}", cells.side_mm) for side in _SIDES),
            Column("weight_g", "weight", cells.positive),
            Column(
                "flags",
                f"any of {', '.join(sorted(FLAGS))}, joined by bars",
                cells.words,
                frozenset(),
            ),
            Column("hazmat_class", "UN class, e.g. 9", cells.text, ""),
            Column("nest_mm", "height each further nested piece adds; 0: none", cells.natural, 0),
            Column("category", "category, for policies", cells.text, ""),
            Column("tax_category", "row of `taxes`; empty: standard", cells.code, "standard"),
            Column("origin", "country of origin", cells.country, ""),
            Column("hs_code", "customs tariff number", cells.code, ""),
        ),
        key=("sku",),
    ),
    FileShape(
        "offers",
        "Which seller sells what from where; `stock` is only the opening stock.",
        (
            Column("seller", "code", cells.code, refers="sellers.seller"),
            Column("sku", "code", cells.code, refers="skus.sku"),
            _LOCATION,
            _money("price", "price of one unit, tax as `taxes` says"),
            _CURRENCY,
            Column("stock", "units when first imported; later `PUT /v1/stock`", cells.natural, 0),
            Column("lead_min", "extra working minutes for made-to-order goods", cells.natural, 0),
            _money("unit_cost", "handling cost of one unit", default=0),
            *_VALID,
        ),
        key=("seller", "sku", "location"),
    ),
    FileShape(
        "boxes",
        "Boxes by set; a location packs into one set.",
        (
            Column("box_set", "set", cells.code),
            Column("box", "code", cells.code),
            *(Column(f"inner_{side}_mm", f"inner {side}", cells.side_mm) for side in _SIDES),
            *(Column(f"outer_{side}_mm", f"outer {side}", cells.side_mm) for side in _SIDES),
            Column("tare_g", "weight of the empty box with filling", cells.natural),
            Column("max_g", "heaviest contents", cells.positive),
            _money("cost", "cost of the box"),
            _CURRENCY,
        ),
        key=("box_set", "box"),
    ),
    FileShape(
        "carriers",
        "Who moves parcels.",
        (
            Column("carrier", "code", cells.code),
            Column("name", "name shown to people", cells.text),
            Column("adapter", "how it is booked: table, sandbox, …", cells.code),
            Column("account", "account number", cells.text, ""),
        ),
        key=("carrier",),
    ),
    FileShape(
        "services",
        "Ways to send a parcel.",
        (
            Column("service", "code", cells.code),
            Column("carrier", "code", cells.code, refers="carriers.carrier"),
            Column("name", "name shown to shoppers", cells.text),
            Column("booked_as", "the carrier's name for it; empty: as `service`", cells.text, ""),
            Column("tariff", "price list", cells.code, refers="tariffs.tariff"),
            Column("max_weight_g", "heaviest parcel, box included", cells.positive),
            *(
                Column(f"max_{side}_mm", f"largest outer {side}, any rotation", cells.positive)
                for side in _SIDES
            ),
            Column("max_length_plus_girth_mm", "empty: no such limit", cells.positive, None),
            Column("delivery_weekdays", "days it delivers", cells.weekdays),
            Column("delivers_on_holidays", "yes or no", cells.yes_no, False),
            Column("tracked", "yes or no", cells.yes_no, True),
            Column("refused_flags", "SKU flags it does not carry", cells.words, frozenset()),
            Column("duties", "dap or ddp", cells.one_of("dap", "ddp"), "dap"),
            Column(
                "delivers_to", "door or pickup_point", cells.one_of("door", "pickup_point"), "door"
            ),
            Column(
                "nominates",
                "yes: holds a parcel until the day that is asked for",
                cells.yes_no,
                False,
            ),
            *_VALID,
        ),
        key=("service",),
    ),
    FileShape(
        "coverage",
        "Where a service delivers.",
        (
            Column("service", "code", cells.code, refers="services.service"),
            *_AREA,
            Column("shape", "feature of areas.geojson the address must lie in", cells.code, ""),
            Column("excluded", "yes: not there", cells.yes_no, False),
        ),
    ),
    FileShape(
        "slots",
        "Windows in which a service delivers by appointment, local times at the destination.",
        (
            Column("service", "code", cells.code, refers="services.service"),
            _WEEKDAYS,
            Column("opens", "local time HH:MM", cells.clock_min),
            Column("closes", "local time HH:MM", cells.clock_min),
        ),
        required=False,
    ),
    FileShape(
        "fleets",
        "Own vehicles of a service: how many parcels it takes out on a day. On other days: none.",
        (
            Column("service", "code", cells.code, refers="services.service"),
            _WEEKDAYS,
            Column("vans", "how many equal vehicles", cells.positive),
            Column("van_parcels", "parcels that one loads in a day, all rounds", cells.positive),
            Column("shift_min", "minutes on the road; empty: no limit", cells.positive, None),
            Column("min_per_parcel", "minutes a parcel takes, driving included", cells.natural, 0),
        ),
        required=False,
    ),
    FileShape(
        "pickups",
        "When a service collects at a location, local times there.",
        (
            Column("service", "code", cells.code, refers="services.service"),
            _LOCATION,
            _WEEKDAYS,
            Column("at", "local time HH:MM", cells.clock_min),
            Column("daily_parcels", "parcels a day; empty: no limit", cells.natural, None),
        ),
    ),
    FileShape(
        "transit",
        "Transit times of services as distributions, one row a level.",
        (
            Column("service", "code", cells.code, refers="services.service"),
            Column("origin", "location code, country, or `*`", cells.code),
            *_AREA,
            *_LEVEL,
        ),
        key=("service", "origin", "country", "first", "last", "level"),
    ),
    FileShape(
        "co2e",
        "CO2e of services; one without a row shows *unknown*.",
        (
            Column("service", "code", cells.code, refers="services.service"),
            Column("g_per_parcel", "g CO2e for each parcel", cells.decimal),
            Column("g_per_kg", "g CO2e for each kg", cells.decimal),
            Column("g_per_tonne_km", "g CO2e for each tonne and km", cells.decimal),
            Column("method", "e.g. ISO 14083", cells.text),
            Column("source", "who says so", cells.text),
            Column("year", "year of the figures", cells.positive),
            Column("illustrative", "yes: invented for a demo", cells.yes_no, False),
        ),
        key=("service",),
        required=False,
    ),
    FileShape(
        "hubs",
        "Locations that join parcels of several sellers.",
        (
            Column("hub", "its location", cells.code, refers="locations.location"),
            Column("dwell_min", "working minutes from last arrival to ready", cells.natural),
            _money("parcel_fee", "fee for each feeder location of each parcel"),
            _CURRENCY,
            Column("daily_parcels", "outbound parcels a day; empty: no limit", cells.natural, None),
        ),
        key=("hub",),
        required=False,
    ),
    FileShape(
        "lanes",
        "Fixed connections from a location to a hub.",
        (
            Column("lane", "code", cells.code),
            Column("origin", "location", cells.code, refers="locations.location"),
            Column("hub", "hub", cells.code, refers="hubs.hub"),
            _money("fixed", "cost for each outbound parcel fed from there"),
            _money("per_kg", "cost for each kg"),
            _CURRENCY,
            Column("co2_g_per_kg", "g CO2e for each kg; empty: unknown", cells.decimal, None),
        ),
        key=("lane",),
        required=False,
    ),
    FileShape(
        "departures",
        "When a lane leaves, local times of its origin.",
        (
            Column("lane", "code", cells.code, refers="lanes.lane"),
            _WEEKDAYS,
            Column("at", "local time HH:MM", cells.clock_min),
        ),
        required=False,
    ),
    FileShape(
        "lane_transit",
        "Transit times of lanes, one row a level.",
        (Column("lane", "code", cells.code, refers="lanes.lane"), *_LEVEL),
        key=("lane", "level"),
        required=False,
    ),
    FileShape(
        "postcodes",
        "Destinations: the longest prefix wins, else region, else country.",
        (
            Column("country", "ISO country", cells.country),
            Column("first", "postal prefix; empty: region or whole country", cells.text, ""),
            Column("last", "end of a range; empty: as `first`", cells.text, ""),
            Column("region", "region name", cells.text, ""),
            Column("lat", "latitude of its centre", cells.degrees),
            Column("lon", "longitude of its centre", cells.degrees),
            Column("zone", "IANA time zone", cells.text),
        ),
        key=("country", "first", "last", "region", "zone"),
    ),
    FileShape(
        "exchange_rates",
        "How prices in other currencies become the settlement currency.",
        (
            Column("base", "currency", cells.currency),
            Column("quote", "currency", cells.currency),
            Column("rate", "units of `quote` for one `base`", cells.decimal),
            Column("date", "day of the rate", cells.day),
            Column("source", "who published it", cells.text),
        ),
        key=("base", "quote", "date"),
        required=False,
    ),
    FileShape(
        "taxes",
        "Value added tax by country and category (`standard`, `shipping`, …).",
        (
            Column("country", "country of the consignee", cells.country),
            Column("category", "tax category", cells.code),
            Column("rate", "share, e.g. 0.20", cells.decimal),
            Column("included", "yes: shown prices contain it", cells.yes_no, True),
            Column("valid_from", "first day", cells.day),
            Column("valid_to", "last day; empty: no end", cells.day, None),
        ),
        key=("country", "category", "valid_from"),
        required=False,
    ),
    FileShape(
        "customs",
        "Customs territories; a country without a row is its own.",
        (
            Column("country", "ISO country", cells.country),
            Column("territory", "e.g. EU", cells.code),
        ),
        key=("country",),
        required=False,
    ),
    FileShape(
        "duties",
        "Import duties; without a row the option says *duties not included*.",
        (
            Column("territory", "customs territory or country", cells.code),
            Column("hs_prefix", "beginning of the customs number; empty: all", cells.code, ""),
            Column("rate", "share of the goods' value", cells.decimal),
            _money("free_below", "no duty on consignments worth less"),
            _CURRENCY,
            Column("source", "where the rate is published", cells.text),
            Column("valid_from", "first day", cells.day),
            Column("valid_to", "last day; empty: no end", cells.day, None),
        ),
        key=("territory", "hs_prefix", "valid_from"),
        required=False,
    ),
)
SHAPE_OF = {shape.name: shape for shape in SHAPES}
DOCUMENTS = {
    "marketplace": "One object: `name`, `currency` (settlement), `zone`, `country`, `contact`, and if wished `horizon_days` (35; how far ahead plans look).",
    "tariffs": (
        "A list: `tariff` (code) with `published` (a bundled price list, as "
        "`royalmail/online/Tracked48`) or `contract` (a whole tariff); `surcharges`, "
        "`volumetric` and `tax` replace those of the list."
    ),
    "policies": "A list of policies: level, hold, splits, charges, returns, notices.",
}
