"""Who takes part in the demo marketplace and where: invented companies at real places.

Coordinates are those of the towns (WGS 84, to about a kilometre); streets exist, numbers may not.
"""

from typing import NamedTuple


class DemoSeller(NamedTuple):
    code: str
    name: str
    country: str
    currency: str
    families: tuple[str, ...]
    """Product families of `demo_catalogue` that it sells."""


class DemoLocation(NamedTuple):
    code: str
    seller: str
    kind: str
    street: str
    city: str
    postcode: str
    country: str
    holidays: str
    lat: float
    lon: float
    zone: str
    opens: str
    closes: str
    cutoff: str
    weekdays: str
    handling_min: int


class DemoTown(NamedTuple):
    """A postal area: country, prefix or range, region, centre, zone."""

    country: str
    first: str
    last: str
    region: str
    lat: float
    lon: float
    zone: str


SELLERS: tuple[DemoSeller, ...] = (
    DemoSeller(
        "thames-home",
        "Thames Homeware",
        "GB",
        "GBP",
        ("mug", "towel", "lamp", "cushion", "teapot", "umbrella"),
    ),
    DemoSeller("severn-outdoor", "Severn Outdoor", "GB", "GBP", ("bottle", "rucksack", "lantern")),
    DemoSeller("firth-wool", "Firth Wool", "GB", "GBP", ("throw", "scarf", "socks", "gloves")),
    DemoSeller(
        "maas-fietsen", "Maas Fietsen", "NL", "EUR", ("pannier", "bell", "lock", "bottle", "helmet")
    ),
    DemoSeller("brabant-licht", "Brabant Licht", "NL", "EUR", ("lamp", "bulb", "lantern")),
    DemoSeller(
        "rhone-atelier", "Atelier du Rhône", "FR", "EUR", ("apron", "towel", "cushion", "candle")
    ),
    DemoSeller("garonne-table", "Garonne Table", "FR", "EUR", ("plate", "glass", "knife", "board")),
    DemoSeller("spree-audio", "Spree Audio", "DE", "EUR", ("headphones", "speaker", "cable")),
    DemoSeller("elbe-kaffee", "Elbe Kaffeekontor", "DE", "EUR", ("coffee", "mug", "grinder")),
    DemoSeller("schelde-boeken", "Schelde Boeken", "BE", "EUR", ("book", "notebook", "poster")),
    DemoSeller("turia-ceramica", "Turia Cerámica", "ES", "EUR", ("plate", "vase", "mug")),
    DemoSeller(
        "navigli-cucina", "Navigli Cucina", "IT", "EUR", ("pan", "knife", "apron", "oil", "gloves")
    ),
    DemoSeller("liffey-paper", "Liffey Paper", "IE", "EUR", ("notebook", "poster", "book")),
    DemoSeller("warta-toys", "Warta Toys", "PL", "PLN", ("puzzle", "blocks", "plush", "kite")),
    DemoSeller(
        "aarhus-interior",
        "Aarhus Interior",
        "DK",
        "DKK",
        ("throw", "vase", "stool", "candle", "clock", "tray"),
    ),
    DemoSeller("douro-cork", "Douro Cork", "PT", "EUR", ("corkbag", "notebook", "oil")),
    DemoSeller("morava-glass", "Morava Glass", "CZ", "CZK", ("glass", "vase", "lamp")),
    DemoSeller(
        "donau-garten", "Donau Garten", "AT", "EUR", ("seeds", "planter", "shears", "board")
    ),
)

_OFFICE = ("09:00", "17:00", "14:00", "mon-fri")
_LATE = ("08:00", "20:00", "16:00", "mon-sat")
_SHOP = ("10:00", "18:00", "15:00", "mon-sat")

LOCATIONS: tuple[DemoLocation, ...] = (
    DemoLocation("london-bow", "thames-home", "warehouse", "Fish Island 12", "London", "E3 2NQ", "GB", "GB-ENG", 51.536, -0.025, "Europe/London", *_LATE, 120),
    DemoLocation("manchester", "thames-home", "warehouse", "Trafford Wharf 4", "Manchester", "M17 1AB", "GB", "GB-ENG", 53.467, -2.284, "Europe/London", *_OFFICE, 180),
    DemoLocation("bristol", "severn-outdoor", "store", "Gloucester Road 210", "Bristol", "BS7 8NU", "GB", "GB-ENG", 51.474, -2.589, "Europe/London", *_SHOP, 240),
    DemoLocation("edinburgh", "firth-wool", "warehouse", "Leith Walk 88", "Edinburgh", "EH6 5DT", "GB", "GB-SCT", 55.968, -3.173, "Europe/London", *_OFFICE, 180),
    DemoLocation("rotterdam", "maas-fietsen", "warehouse", "Keileweg 20", "Rotterdam", "3029 BS", "NL", "NL", 51.909, 4.439, "Europe/Amsterdam", *_LATE, 90),
    DemoLocation("utrecht", "maas-fietsen", "store", "Amsterdamsestraatweg 150", "Utrecht", "3513 AM", "NL", "NL", 52.101, 5.108, "Europe/Amsterdam", *_SHOP, 240),
    DemoLocation("eindhoven", "brabant-licht", "warehouse", "Strijp 31", "Eindhoven", "5616 NH", "NL", "NL", 51.449, 5.456, "Europe/Amsterdam", *_OFFICE, 120),
    DemoLocation("lyon", "rhone-atelier", "warehouse", "Rue de Gerland 55", "Lyon", "69007", "FR", "FR", 45.733, 4.834, "Europe/Paris", *_OFFICE, 180),
    DemoLocation("paris-marais", "rhone-atelier", "store", "Rue de Turenne 14", "Paris", "75004", "FR", "FR", 48.856, 2.364, "Europe/Paris", *_SHOP, 240),
    DemoLocation("bordeaux", "garonne-table", "warehouse", "Quai de Bacalan 70", "Bordeaux", "33300", "FR", "FR", 44.864, -0.555, "Europe/Paris", *_OFFICE, 180),
    DemoLocation("strasbourg", "garonne-table", "store", "Rue des Orfèvres 9", "Strasbourg", "67000", "FR", "FR", 48.582, 7.750, "Europe/Paris", *_SHOP, 240),
    DemoLocation("berlin", "spree-audio", "warehouse", "Köpenicker Straße 40", "Berlin", "10179", "DE", "DE-BE", 52.510, 13.422, "Europe/Berlin", *_LATE, 120),
    DemoLocation("muenchen", "spree-audio", "store", "Sendlinger Straße 22", "München", "80331", "DE", "DE-BY", 48.135, 11.570, "Europe/Berlin", *_SHOP, 240),
    DemoLocation("hamburg", "elbe-kaffee", "warehouse", "Am Sandtorkai 30", "Hamburg", "20457", "DE", "DE-HH", 53.544, 9.995, "Europe/Berlin", *_OFFICE, 120),
    DemoLocation("antwerpen", "schelde-boeken", "warehouse", "Noorderlaan 96", "Antwerpen", "2030", "BE", "BE", 51.260, 4.410, "Europe/Brussels", *_OFFICE, 120),
    DemoLocation("gent", "schelde-boeken", "store", "Veldstraat 40", "Gent", "9000", "BE", "BE", 51.052, 3.723, "Europe/Brussels", *_SHOP, 240),
    DemoLocation("valencia", "turia-ceramica", "warehouse", "Carrer de la Serradora 8", "València", "46024", "ES", "ES-VC", 39.459, -0.338, "Europe/Madrid", *_OFFICE, 240),
    DemoLocation("milano", "navigli-cucina", "warehouse", "Via Tortona 30", "Milano", "20144", "IT", "IT", 45.452, 9.163, "Europe/Rome", *_OFFICE, 180),
    DemoLocation("bologna", "navigli-cucina", "store", "Via San Felice 12", "Bologna", "40122", "IT", "IT", 44.497, 11.333, "Europe/Rome", *_SHOP, 240),
    DemoLocation("dublin", "liffey-paper", "warehouse", "Francis Street 70", "Dublin", "D08 X2A3", "IE", "IE", 53.342, -6.275, "Europe/Dublin", *_OFFICE, 180),
    DemoLocation("poznan", "warta-toys", "warehouse", "Głogowska 218", "Poznań", "60-104", "PL", "PL", 52.386, 16.875, "Europe/Warsaw", *_LATE, 120),
    DemoLocation("aarhus", "aarhus-interior", "warehouse", "Sydhavnsgade 15", "Aarhus", "8000", "DK", "DK", 56.148, 10.212, "Europe/Copenhagen", *_OFFICE, 240),
    DemoLocation("porto", "douro-cork", "warehouse", "Rua do Freixo 1071", "Porto", "4300-219", "PT", "PT", 41.147, -8.579, "Europe/Lisbon", *_OFFICE, 240),
    DemoLocation("brno", "morava-glass", "warehouse", "Křenová 60", "Brno", "602 00", "CZ", "CZ", 49.192, 16.625, "Europe/Prague", *_OFFICE, 240),
    DemoLocation("graz", "donau-garten", "warehouse", "Puchstraße 85", "Graz", "8020", "AT", "AT-6", 47.043, 15.424, "Europe/Vienna", *_OFFICE, 180),
    DemoLocation("hub-venlo", "", "hub", "Columbusweg 10", "Venlo", "5928 LC", "NL", "NL", 51.399, 6.102, "Europe/Amsterdam", "06:00", "22:00", "22:00", "mon-sat", 0),
    DemoLocation("hub-lille", "", "hub", "Rue de la Haie Plouvier 1", "Lille", "59273", "FR", "FR", 50.588, 3.151, "Europe/Paris", "06:00", "22:00", "22:00", "mon-sat", 0),
)  # fmt: skip

_KIOSK = ("08:00", "20:00", "20:00", "mon-sat", 0)

PICKUP_POINTS: tuple[DemoLocation, ...] = (
    DemoLocation("point-paris-11", "", "pickup_point", "Rue Oberkampf 60", "Paris", "75011", "FR", "FR", 48.864, 2.374, "Europe/Paris", *_KIOSK),
    DemoLocation("point-paris-nord", "", "pickup_point", "Rue de Dunkerque 18", "Paris", "75010", "FR", "FR", 48.880, 2.355, "Europe/Paris", *_KIOSK),
    DemoLocation("point-lyon", "", "pickup_point", "Place Charles Béraudier 5", "Lyon", "69003", "FR", "FR", 45.760, 4.860, "Europe/Paris", *_KIOSK),
    DemoLocation("point-amsterdam", "", "pickup_point", "Stationsplein 9", "Amsterdam", "1012 AB", "NL", "NL", 52.378, 4.900, "Europe/Amsterdam", *_KIOSK),
    DemoLocation("point-berlin", "", "pickup_point", "Invalidenstraße 50", "Berlin", "10115", "DE", "DE-BE", 52.530, 13.370, "Europe/Berlin", *_KIOSK),
    DemoLocation("point-muenchen", "", "pickup_point", "Bayerstraße 10", "München", "80331", "DE", "DE-BY", 48.140, 11.560, "Europe/Berlin", *_KIOSK),
    DemoLocation("point-milano", "", "pickup_point", "Piazza Duca d'Aosta 1", "Milano", "20124", "IT", "IT", 45.486, 9.204, "Europe/Rome", *_KIOSK),
)  # fmt: skip

# Whole countries (one row a zone), regions, then the first signs of postal codes.
TOWNS: tuple[DemoTown, ...] = (
    DemoTown("GB", "", "", "", 52.56, -1.46, "Europe/London"),
    DemoTown("FR", "", "", "", 46.60, 2.45, "Europe/Paris"),
    DemoTown("DE", "", "", "", 51.16, 10.45, "Europe/Berlin"),
    DemoTown("NL", "", "", "", 52.13, 5.29, "Europe/Amsterdam"),
    DemoTown("BE", "", "", "", 50.64, 4.67, "Europe/Brussels"),
    DemoTown("LU", "", "", "", 49.78, 6.09, "Europe/Luxembourg"),
    DemoTown("ES", "", "", "", 40.24, -3.65, "Europe/Madrid"),
    DemoTown("ES", "", "", "", 28.29, -16.63, "Atlantic/Canary"),
    DemoTown("PT", "", "", "", 39.69, -8.13, "Europe/Lisbon"),
    DemoTown("PT", "", "", "", 32.76, -16.96, "Atlantic/Madeira"),
    DemoTown("PT", "", "", "", 37.78, -25.50, "Atlantic/Azores"),
    DemoTown("IT", "", "", "", 42.80, 12.07, "Europe/Rome"),
    DemoTown("IE", "", "", "", 53.18, -8.14, "Europe/Dublin"),
    DemoTown("PL", "", "", "", 52.13, 19.39, "Europe/Warsaw"),
    DemoTown("DK", "", "", "", 55.98, 10.03, "Europe/Copenhagen"),
    DemoTown("SE", "", "", "", 62.78, 16.74, "Europe/Stockholm"),
    DemoTown("AT", "", "", "", 47.59, 14.14, "Europe/Vienna"),
    DemoTown("CZ", "", "", "", 49.74, 15.33, "Europe/Prague"),
    DemoTown("GB", "", "", "Scotland", 56.82, -4.18, "Europe/London"),
    DemoTown("GB", "", "", "Northern Ireland", 54.61, -6.69, "Europe/London"),
    DemoTown("DE", "", "", "Bayern", 48.95, 11.40, "Europe/Berlin"),
    DemoTown("FR", "", "", "Bretagne", 48.18, -2.84, "Europe/Paris"),
    DemoTown("ES", "", "", "Canarias", 28.29, -16.63, "Atlantic/Canary"),
    DemoTown("PT", "", "", "Açores", 37.78, -25.50, "Atlantic/Azores"),
    DemoTown("GB", "E", "E", "London", 51.54, -0.02, "Europe/London"),
    DemoTown("GB", "N", "N", "London", 51.59, -0.11, "Europe/London"),
    DemoTown("GB", "NW", "NW", "London", 51.56, -0.19, "Europe/London"),
    DemoTown("GB", "SE", "SE", "London", 51.46, -0.03, "Europe/London"),
    DemoTown("GB", "SW", "SW", "London", 51.46, -0.17, "Europe/London"),
    DemoTown("GB", "W", "W", "London", 51.51, -0.21, "Europe/London"),
    DemoTown("GB", "M", "M", "Greater Manchester", 53.48, -2.24, "Europe/London"),
    DemoTown("GB", "L", "L", "Merseyside", 53.41, -2.98, "Europe/London"),
    DemoTown("GB", "LS", "LS", "West Yorkshire", 53.80, -1.55, "Europe/London"),
    DemoTown("GB", "B", "B", "West Midlands", 52.48, -1.90, "Europe/London"),
    DemoTown("GB", "BS", "BS", "Bristol", 51.45, -2.59, "Europe/London"),
    DemoTown("GB", "CF", "CF", "Cardiff", 51.48, -3.18, "Europe/London"),
    DemoTown("GB", "NE", "NE", "Tyne and Wear", 54.98, -1.61, "Europe/London"),
    DemoTown("GB", "EH", "EH", "Edinburgh", 55.95, -3.19, "Europe/London"),
    DemoTown("GB", "G", "G", "Glasgow", 55.86, -4.25, "Europe/London"),
    DemoTown("GB", "AB", "AB", "Aberdeen", 57.15, -2.10, "Europe/London"),
    DemoTown("GB", "IV1", "IV28", "Highland", 57.48, -4.22, "Europe/London"),
    DemoTown("GB", "BT", "BT", "Belfast", 54.60, -5.93, "Europe/London"),
    DemoTown("FR", "75", "75", "Paris", 48.86, 2.35, "Europe/Paris"),
    DemoTown("FR", "92", "95", "Île-de-France", 48.88, 2.33, "Europe/Paris"),
    DemoTown("FR", "69", "69", "Rhône", 45.76, 4.84, "Europe/Paris"),
    DemoTown("FR", "13", "13", "Bouches-du-Rhône", 43.30, 5.37, "Europe/Paris"),
    DemoTown("FR", "31", "31", "Haute-Garonne", 43.60, 1.44, "Europe/Paris"),
    DemoTown("FR", "33", "33", "Gironde", 44.84, -0.58, "Europe/Paris"),
    DemoTown("FR", "44", "44", "Loire-Atlantique", 47.22, -1.55, "Europe/Paris"),
    DemoTown("FR", "59", "59", "Nord", 50.63, 3.06, "Europe/Paris"),
    DemoTown("FR", "67", "67", "Bas-Rhin", 48.58, 7.75, "Europe/Paris"),
    DemoTown("FR", "06", "06", "Alpes-Maritimes", 43.70, 7.27, "Europe/Paris"),
    DemoTown("DE", "10", "14", "Berlin", 52.52, 13.40, "Europe/Berlin"),
    DemoTown("DE", "20", "22", "Hamburg", 53.55, 9.99, "Europe/Berlin"),
    DemoTown("DE", "40", "41", "Düsseldorf", 51.23, 6.78, "Europe/Berlin"),
    DemoTown("DE", "50", "51", "Köln", 50.94, 6.96, "Europe/Berlin"),
    DemoTown("DE", "60", "65", "Frankfurt", 50.11, 8.68, "Europe/Berlin"),
    DemoTown("DE", "70", "73", "Stuttgart", 48.78, 9.18, "Europe/Berlin"),
    DemoTown("DE", "80", "81", "München", 48.14, 11.58, "Europe/Berlin"),
    DemoTown("DE", "01", "01", "Dresden", 51.05, 13.74, "Europe/Berlin"),
    DemoTown("NL", "10", "11", "Amsterdam", 52.37, 4.90, "Europe/Amsterdam"),
    DemoTown("NL", "25", "25", "Den Haag", 52.07, 4.30, "Europe/Amsterdam"),
    DemoTown("NL", "30", "30", "Rotterdam", 51.92, 4.48, "Europe/Amsterdam"),
    DemoTown("NL", "35", "35", "Utrecht", 52.09, 5.12, "Europe/Amsterdam"),
    DemoTown("NL", "56", "56", "Eindhoven", 51.44, 5.47, "Europe/Amsterdam"),
    DemoTown("NL", "97", "97", "Groningen", 53.22, 6.57, "Europe/Amsterdam"),
    DemoTown("BE", "10", "12", "Brussel", 50.85, 4.35, "Europe/Brussels"),
    DemoTown("BE", "20", "20", "Antwerpen", 51.22, 4.40, "Europe/Brussels"),
    DemoTown("BE", "40", "40", "Liège", 50.63, 5.57, "Europe/Brussels"),
    DemoTown("ES", "28", "28", "Madrid", 40.42, -3.70, "Europe/Madrid"),
    DemoTown("ES", "08", "08", "Barcelona", 41.39, 2.17, "Europe/Madrid"),
    DemoTown("ES", "46", "46", "València", 39.47, -0.38, "Europe/Madrid"),
    DemoTown("ES", "41", "41", "Sevilla", 37.39, -5.99, "Europe/Madrid"),
    DemoTown("ES", "35", "35", "Canarias", 28.12, -15.43, "Atlantic/Canary"),
    DemoTown("ES", "38", "38", "Canarias", 28.46, -16.25, "Atlantic/Canary"),
    DemoTown("PT", "1", "1", "Lisboa", 38.72, -9.14, "Europe/Lisbon"),
    DemoTown("PT", "4", "4", "Porto", 41.15, -8.61, "Europe/Lisbon"),
    DemoTown("PT", "90", "94", "Madeira", 32.65, -16.91, "Atlantic/Madeira"),
    DemoTown("PT", "95", "99", "Açores", 37.74, -25.67, "Atlantic/Azores"),
    DemoTown("IT", "00", "00", "Roma", 41.90, 12.50, "Europe/Rome"),
    DemoTown("IT", "20", "20", "Milano", 45.46, 9.19, "Europe/Rome"),
    DemoTown("IT", "40", "40", "Bologna", 44.49, 11.34, "Europe/Rome"),
    DemoTown("IT", "80", "80", "Napoli", 40.85, 14.27, "Europe/Rome"),
    DemoTown("IE", "D", "D", "Dublin", 53.35, -6.26, "Europe/Dublin"),
    DemoTown("IE", "T12", "T12", "Cork", 51.90, -8.47, "Europe/Dublin"),
    DemoTown("PL", "00", "04", "Warszawa", 52.23, 21.01, "Europe/Warsaw"),
    DemoTown("PL", "30", "31", "Kraków", 50.06, 19.94, "Europe/Warsaw"),
    DemoTown("PL", "60", "61", "Poznań", 52.41, 16.93, "Europe/Warsaw"),
    DemoTown("DK", "1", "2", "København", 55.68, 12.57, "Europe/Copenhagen"),
    DemoTown("DK", "80", "82", "Aarhus", 56.16, 10.20, "Europe/Copenhagen"),
    DemoTown("SE", "1", "1", "Stockholm", 59.33, 18.07, "Europe/Stockholm"),
    DemoTown("SE", "41", "41", "Göteborg", 57.71, 11.97, "Europe/Stockholm"),
    DemoTown("AT", "1", "1", "Wien", 48.21, 16.37, "Europe/Vienna"),
    DemoTown("AT", "80", "80", "Graz", 47.07, 15.44, "Europe/Vienna"),
    DemoTown("CZ", "1", "1", "Praha", 50.08, 14.44, "Europe/Prague"),
    DemoTown("CZ", "60", "60", "Brno", 49.20, 16.61, "Europe/Prague"),
)  # fmt: skip
