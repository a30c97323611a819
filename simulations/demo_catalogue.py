"""What the demo marketplace sells: product families with believable sizes, in colours and sizes."""

from typing import NamedTuple


class Family(NamedTuple):
    """A kind of product; sizes in mm and g are those of the packed article of size 100 %."""

    code: str
    name: str
    category: str
    hs_code: str
    dims_mm: tuple[int, int, int]
    weight_g: int
    price_eur_minor: int
    variants: tuple[str, ...]
    sizes: tuple[tuple[str, int], ...]
    """Name and scale of each side in percent."""
    flags: tuple[str, ...] = ()
    tax_category: str = "standard"
    nest_mm: int = 0
    hazmat_class: str = ""


_COLOURS = ("slate", "oat", "rust", "moss", "ink", "chalk")
_GLAZES = ("white", "sand", "cobalt", "celadon", "black")
_SML = (("small", 85), ("medium", 100), ("large", 115))
_ONE = (("", 100),)

FAMILIES: tuple[Family, ...] = (
    Family("mug", "Stoneware mug", "kitchen", "691200", (125, 95, 105), 380, 1490, _GLAZES, (("250 ml", 90), ("350 ml", 100), ("450 ml", 108)), ("fragile",)),
    Family("plate", "Dinner plate", "kitchen", "691110", (275, 275, 32), 720, 1890, _GLAZES, (("21 cm", 78), ("27 cm", 100), ("31 cm", 114)), (), nest_mm=12),
    Family("glass", "Crystal tumblers, pair", "kitchen", "701337", (190, 100, 105), 640, 3490, ("clear", "smoke", "amber", "olive"), _SML, ("fragile",)),
    Family("vase", "Vase", "home", "691390", (150, 150, 260), 1150, 3990, _GLAZES, _SML, ("fragile", "upright")),
    Family("pan", "Iron frying pan", "kitchen", "732310", (430, 260, 65), 1650, 4490, ("bare", "enamel red", "enamel blue"), (("20 cm", 80), ("24 cm", 92), ("28 cm", 106))),
    Family("knife", "Kitchen knife", "kitchen", "821192", (360, 70, 30), 260, 5900, ("olive wood", "walnut", "black"), (("paring", 65), ("utility", 82), ("chef", 100))),
    Family("apron", "Linen apron", "kitchen", "621142", (300, 230, 35), 320, 3290, _COLOURS, (("short", 92), ("long", 106))),
    Family("towel", "Bath towel", "home", "630260", (340, 240, 70), 610, 2490, _COLOURS, (("50x100", 80), ("70x140", 100), ("100x150", 118))),
    Family("cushion", "Cushion", "home", "940490", (380, 310, 90), 640, 2990, _COLOURS, (("40x40", 95), ("50x50", 112))),
    Family("throw", "Wool throw", "home", "630120", (390, 300, 90), 980, 7900, _COLOURS, (("130x170", 100), ("140x200", 110))),
    Family("scarf", "Lambswool scarf", "clothing", "621420", (280, 200, 45), 190, 4500, _COLOURS, (("narrow", 92), ("wide", 108))),
    Family("socks", "Walking socks", "clothing", "611594", (220, 110, 35), 95, 1690, _COLOURS, (("36-39", 95), ("40-43", 100), ("44-47", 105))),
    Family("lamp", "Table lamp", "lighting", "940521", (320, 230, 230), 1750, 7900, ("brass", "black", "white", "copper"), _SML, ("fragile",)),
    Family("bulb", "Filament LED bulb", "lighting", "853952", (95, 65, 65), 70, 890, ("clear", "amber", "opal"), (("4 W", 90), ("6 W", 100), ("9 W", 110)), ("fragile",)),
    Family("lantern", "Rechargeable lantern", "outdoor", "851310", (180, 110, 110), 540, 4290, ("green", "sand", "red", "grey"), (("compact", 85), ("camp", 105)), ("battery",), hazmat_class="9"),
    Family("bottle", "Steel bottle", "outdoor", "961700", (265, 75, 75), 330, 2390, _COLOURS, (("0.5 l", 88), ("0.75 l", 100), ("1 l", 110))),
    Family("rucksack", "Rucksack", "outdoor", "420292", (480, 300, 140), 950, 8900, ("moss", "ink", "rust", "black"), (("15 l", 85), ("22 l", 100), ("30 l", 112))),
    Family("pannier", "Bicycle pannier", "cycling", "420292", (400, 330, 110), 880, 6490, ("black", "yellow", "blue", "grey"), (("single", 100), ("pair", 118))),
    Family("bell", "Bicycle bell", "cycling", "830610", (75, 65, 60), 110, 1290, ("brass", "black", "silver", "copper"), (("55 mm", 92), ("60 mm", 104))),
    Family("lock", "Folding lock", "cycling", "830110", (205, 85, 60), 1250, 6990, ("black", "orange", "white"), (("75 cm", 92), ("90 cm", 104))),
    Family("headphones", "Headphones", "audio", "851830", (215, 185, 85), 430, 14900, ("black", "silver", "blue", "sand"), (("on-ear", 92), ("over-ear", 106)), ("battery",), hazmat_class="9"),
    Family("speaker", "Bookshelf speaker", "audio", "851822", (310, 240, 195), 3900, 18900, ("walnut", "black", "white"), (("4 inch", 85), ("5 inch", 100), ("6 inch", 115)), ("fragile",)),
    Family("cable", "Audio cable", "audio", "854442", (160, 120, 25), 85, 1290, ("jack", "RCA", "USB-C", "XLR"), (("1 m", 90), ("2 m", 100), ("3 m", 110))),
    Family("coffee", "Coffee beans", "food", "090121", (230, 120, 75), 520, 1190, ("Ethiopia", "Colombia", "Sumatra", "Brazil", "house blend"), (("250 g", 79), ("500 g", 100), ("1 kg", 126)), (), "food"),
    Family("grinder", "Hand coffee grinder", "kitchen", "821000", (215, 95, 85), 720, 6900, ("steel", "black", "wood"), (("travel", 85), ("home", 105))),
    Family("book", "Picture book", "books", "490300", (285, 235, 14), 560, 1890, ("harbours", "rivers", "bridges", "trains", "lighthouses", "markets"), (("small", 80), ("large", 108)), (), "books"),
    Family("notebook", "Notebook", "stationery", "482010", (215, 150, 16), 290, 1390, ("ruled", "dotted", "plain", "squared"), (("A6", 70), ("A5", 100), ("B5", 118))),
    Family("poster", "Art print in a tube", "stationery", "491191", (520, 70, 70), 210, 2490, ("tram map", "tide table", "star chart", "city plan"), (("A3", 65), ("A2", 90), ("A1", 125))),
    Family("oil", "Olive oil", "food", "150920", (270, 80, 80), 930, 1590, ("mild", "fruity", "peppery"), (("0.25 l", 80), ("0.5 l", 100), ("0.75 l", 113)), ("liquid", "upright", "fragile"), "food"),
    Family("puzzle", "Wooden puzzle", "toys", "950300", (300, 220, 45), 480, 1990, ("fox", "ferry", "forest", "farm"), (("48 pieces", 85), ("100 pieces", 100), ("500 pieces", 120))),
    Family("blocks", "Building blocks", "toys", "950300", (340, 250, 110), 1800, 3990, ("natural", "coloured", "pastel"), (("30", 80), ("60", 100), ("100", 120))),
    Family("plush", "Plush animal", "toys", "950300", (270, 180, 150), 240, 2290, ("bear", "hare", "otter", "owl", "hedgehog"), (("small", 75), ("large", 110))),
    Family("stool", "Oak step stool", "furniture", "940161", (420, 340, 300), 4200, 11900, ("oiled", "black", "white"), _ONE, ("alone",)),
    Family("corkbag", "Cork shoulder bag", "clothing", "420222", (320, 260, 80), 450, 5490, ("natural", "black", "patterned"), (("small", 85), ("large", 108))),
    Family("seeds", "Wildflower seeds", "garden", "120930", (135, 90, 8), 22, 390, ("meadow", "bees", "shade", "dry wall", "herbs"), (("2 m2", 90), ("10 m2", 115)), (), "food"),
    Family("planter", "Zinc planter", "garden", "732690", (330, 180, 170), 1250, 2790, ("raw", "black", "olive"), _SML, (), nest_mm=45),
    Family("shears", "Garden shears", "garden", "820150", (260, 90, 35), 340, 3690, ("bypass", "anvil", "topiary"), (("small", 88), ("large", 108))),
    Family("teapot", "Teapot", "kitchen", "691200", (250, 160, 165), 890, 4290, _GLAZES, (("0.6 l", 82), ("1 l", 100), ("1.4 l", 112)), ("fragile",)),
    Family("tray", "Serving tray", "kitchen", "441990", (430, 310, 40), 950, 3490, ("oak", "walnut", "ash", "birch"), _SML),
    Family("candle", "Beeswax candles, set", "home", "340600", (240, 120, 60), 620, 1990, _COLOURS, (("short", 80), ("tall", 105))),
    Family("umbrella", "Umbrella", "clothing", "660191", (620, 70, 70), 480, 3990, _COLOURS, (("folding", 55), ("stick", 105))),
    Family("gloves", "Leather gloves", "clothing", "420329", (270, 130, 35), 130, 5990, ("black", "cognac", "navy"), (("7", 92), ("8", 97), ("9", 103), ("10", 108))),
    Family("helmet", "Bicycle helmet", "cycling", "650610", (310, 240, 180), 390, 7490, ("black", "white", "yellow", "mint"), (("S", 94), ("M", 100), ("L", 106))),
    Family("board", "Chopping board", "kitchen", "441912", (400, 280, 32), 1450, 3290, ("oak", "walnut", "maple"), (("small", 72), ("medium", 90), ("large", 108))),
    Family("kite", "Kite", "toys", "950300", (640, 110, 60), 320, 2690, ("delta", "diamond", "sled"), (("beginner", 85), ("sport", 105))),
    Family("clock", "Wall clock", "home", "910521", (330, 320, 70), 880, 5490, ("oak", "black", "white", "red"), _SML, ("fragile",)),
)  # fmt: skip
FAMILY_OF = {family.code: family for family in FAMILIES}


class DemoSku(NamedTuple):
    code: str
    name: str
    family: Family
    dims_mm: tuple[int, int, int]
    weight_g: int
    price_eur_minor: int


def skus() -> tuple[DemoSku, ...]:
    """Every article: sides scale with the size, weight and price with them."""
    made = []
    for family in FAMILIES:
        number = 0
        for variant in family.variants:
            for size, percent in family.sizes:
                number += 1
                length, width, height = (max(5, side * percent // 100) for side in family.dims_mm)
                made.append(
                    DemoSku(
                        code=f"{family.code.upper()}-{number:02d}",
                        name=", ".join(part for part in (family.name, variant, size) if part),
                        family=family,
                        dims_mm=(length, width, height),
                        weight_g=max(5, family.weight_g * percent * percent // 10_000),
                        price_eur_minor=family.price_eur_minor * percent // 1000 * 10 - 1,
                    )
                )
    return tuple(made)
