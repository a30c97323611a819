"""What a carrier charges: zones, weight bands by format, surcharges, tax; each price explains itself.

Pure: the same tariff, parcel, lane and date give the same price, whose lines sum to its total.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from carriers.areas import Area, best_match
from core.errors import invalid
from core.money import Money, Rounding
from core.places import Destination
from core.units import Dimensions, volumetric_weight_g


@dataclass(frozen=True, slots=True)
class MeasuredParcel:
    """What is weighed and measured at the counter; `cover` is the compensation wanted, if any."""

    weight_g: int
    size: Dimensions
    cover: Money | None = None

    def __post_init__(self) -> None:
        if self.weight_g <= 0:
            raise invalid("weight_g", "must be a positive whole number of grams")


@dataclass(frozen=True, slots=True)
class RateLane:
    """From where to where a parcel is priced; residential deliveries may cost more."""

    origin: Destination
    destination: Destination
    residential: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """A price zone: a code and the areas that belong to it."""

    code: str
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """A shape with limits: sides in mm (any rotation), compensation included in minor units."""

    code: str
    max_sides_mm: tuple[int, int, int]  # longest first
    max_length_plus_girth_mm: int | None = None
    cover_minor: int | None = None

    def __post_init__(self) -> None:
        if tuple(sorted(self.max_sides_mm, reverse=True)) != self.max_sides_mm:
            raise invalid("max_sides_mm", "sides are written longest first")

    def holds(self, size: Dimensions) -> bool:
        """Whether a cuboid of that size is within the limits, turned as needed."""
        fits = all(
            side <= limit for side, limit in zip(size.sorted_mm(), self.max_sides_mm, strict=True)
        )
        if fits and self.max_length_plus_girth_mm is not None:
            return size.longest_mm + size.girth_mm <= self.max_length_plus_girth_mm
        return fits


@dataclass(frozen=True, slots=True)
class Band:
    """Prices by zone code, in minor units, up to and including `max_weight_g`."""

    max_weight_g: int
    prices_minor: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FormatRates:
    """The bands of one format, lightest first."""

    format: Format
    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        weights = [band.max_weight_g for band in self.bands]
        if weights != sorted(set(weights)) or not weights:
            raise invalid("bands", f"{self.format.code}: bands must rise in weight")


@dataclass(frozen=True, slots=True)
class Volumetric:
    """Volume billed as weight: mm3 per g (5000 cm3/kg is 5000), above a side or volume."""

    divisor_mm3_per_g: int
    above_volume_mm3: int = 0
    above_longest_mm: int = 0

    def weight_g(self, size: Dimensions) -> int:
        """The volumetric weight in g, 0 where the threshold is not passed."""
        if size.volume_mm3 <= self.above_volume_mm3 or size.longest_mm <= self.above_longest_mm:
            return 0
        return volumetric_weight_g(size.volume_mm3, self.divisor_mm3_per_g)


class Basis(StrEnum):
    """What a percentage is taken of."""

    FREIGHT = "freight"  # the band's price alone
    SUBTOTAL = "subtotal"  # freight and the surcharges listed before


@dataclass(frozen=True, slots=True)
class Surcharge:
    """An amount added where every stated condition holds; listed order is the order applied.

    Amounts: `flat_minor`, `per_kg_minor` (per started kg of chargeable weight) and `rate` (of
    `basis`) add up, each rounded once. Dates: `since` inclusive, `until` exclusive.
    """

    code: str
    label: str
    flat_minor: int = 0
    per_kg_minor: int = 0
    rate: Decimal = Decimal(0)
    basis: Basis = Basis.FREIGHT
    rounding: Rounding = Rounding.HALF_UP
    since: date | None = None
    until: date | None = None
    residential_only: bool = False
    areas: tuple[Area, ...] = ()
    over_longest_mm: int | None = None
    over_length_plus_girth_mm: int | None = None
    over_weight_g: int | None = None

    def applies(self, parcel: MeasuredParcel, chargeable_g: int, lane: RateLane, day: date) -> bool:
        """Whether all conditions hold; an oversize condition is met by any one of its limits."""
        if self.since is not None and day < self.since:
            return False
        if self.until is not None and day >= self.until:
            return False
        if self.residential_only and not lane.residential:
            return False
        if self.areas and best_match(self.areas, lane.destination) is None:
            return False
        limits = (
            (self.over_longest_mm, parcel.size.longest_mm),
            (self.over_length_plus_girth_mm, parcel.size.longest_mm + parcel.size.girth_mm),
            (self.over_weight_g, chargeable_g),
        )
        stated = [(limit, seen) for limit, seen in limits if limit is not None]
        return not stated or any(seen > limit for limit, seen in stated)


@dataclass(frozen=True, slots=True)
class TariffTax:
    """Value added tax: `included` in the listed prices or added as a last line."""

    rate: Decimal
    included: bool
    label: str = "VAT"


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """The price table from `since` (inclusive) to `until` (exclusive, None: open)."""

    since: date
    formats: tuple[FormatRates, ...]
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """One service's price list of one carrier, through time."""

    carrier: str
    service: str
    name: str
    currency: str
    origins: tuple[Area, ...]
    zones: tuple[Zone, ...]
    versions: tuple[TariffVersion, ...]
    excluded: tuple[Area, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    volumetric: Volumetric | None = None
    tax: TariffTax | None = None
    source: str = ""
    _zone_of: dict[str, tuple[tuple[Area, str], ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        starts = [version.since for version in self.versions]
        if not starts or starts != sorted(set(starts)):
            raise invalid("versions", f"{self.service}: versions must rise in date")
        by_country: dict[str, list[tuple[Area, str]]] = {}
        for zone in self.zones:
            for area in zone.areas:
                by_country.setdefault(area.country, []).append((area, zone.code))
        self._zone_of.update({country: tuple(rows) for country, rows in by_country.items()})

    def version_on(self, day: date) -> TariffVersion | None:
        """The price table in force on that day: the last one begun, unless it has ended."""
        latest = None
        for version in self.versions:
            if version.since > day:
                break
            latest = version
        if latest is None or (latest.until is not None and day >= latest.until):
            return None
        return latest

    def zone_for(self, destination: Destination) -> str | None:
        """The zone of a destination: its most specific area wins (postal range, country, rest)."""
        rows = self._zone_of.get(destination.country, ()) + self._zone_of.get("*", ())
        area = best_match(tuple(row[0] for row in rows), destination)
        if area is None or best_match(self.excluded, destination) is not None:
            return None
        return next(code for candidate, code in rows if candidate == area)


class NoRateReason(StrEnum):
    """Why there is no price."""

    NOT_IN_FORCE = "not_in_force"
    ORIGIN_NOT_SERVED = "origin_not_served"
    DESTINATION_NOT_SERVED = "destination_not_served"
    TOO_LARGE = "too_large"
    TOO_HEAVY = "too_heavy"
    COVER_TOO_HIGH = "cover_too_high"
    COVER_CURRENCY = "cover_currency"


@dataclass(frozen=True, slots=True)
class NoRate:
    """No price, and why; `detail` names the limit that was passed."""

    reason: NoRateReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of a price: `code` for machines, `label` for people."""

    code: str
    label: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Price:
    """A price that sums to the cent from its lines; `tax` is the share of it that is tax."""

    total: Money
    lines: tuple[PriceLine, ...]
    tax: Money
    zone: str
    format: str
    chargeable_weight_g: int
    band_max_weight_g: int
    in_force_since: date

    def __post_init__(self) -> None:
        if sum(line.amount.minor for line in self.lines) != self.total.minor:
            raise invalid("lines", "a price's lines must sum to its total")


def price_parcel(
    tariff: Tariff, parcel: MeasuredParcel, lane: RateLane, day: date
) -> Price | NoRate:
    """Price one parcel on one day: the cheapest format that holds it, then surcharges and tax."""
    version = tariff.version_on(day)
    if version is None:
        return NoRate(NoRateReason.NOT_IN_FORCE, f"no prices on {day.isoformat()}")
    if best_match(tariff.origins, lane.origin) is None:
        return NoRate(NoRateReason.ORIGIN_NOT_SERVED, lane.origin.country)
    zone = tariff.zone_for(lane.destination)
    if zone is None:
        return NoRate(NoRateReason.DESTINATION_NOT_SERVED, lane.destination.country)
    found = _cheapest(tariff, version, parcel, zone)
    if isinstance(found, NoRate):
        return found
    freight_minor, rates, band, chargeable_g = found
    freight = Money(freight_minor, tariff.currency)
    label = f"{tariff.name}, zone {zone}, {rates.format.code} to {band.max_weight_g} g"
    lines = [PriceLine("freight", label, freight)]
    subtotal = freight
    for surcharge in tariff.surcharges:
        if surcharge.applies(parcel, chargeable_g, lane, day):
            amount = _amount(surcharge, freight, subtotal, chargeable_g)
            lines.append(PriceLine(surcharge.code, surcharge.label, amount))
            subtotal = subtotal + amount
    tax = _tax(tariff, subtotal)
    if tariff.tax is not None and not tariff.tax.included:
        lines.append(PriceLine("tax", f"{tariff.tax.label} {tariff.tax.rate:%}", tax))
        subtotal = subtotal + tax
    return Price(
        total=subtotal,
        lines=tuple(lines),
        tax=tax,
        zone=zone,
        format=rates.format.code,
        chargeable_weight_g=chargeable_g,
        band_max_weight_g=band.max_weight_g,
        in_force_since=version.since,
    )


def chargeable_weight_g(tariff: Tariff, parcel: MeasuredParcel) -> int:
    """The larger of actual and volumetric weight, in g, by the tariff's divisor and threshold."""
    if tariff.volumetric is None:
        return parcel.weight_g
    return max(parcel.weight_g, tariff.volumetric.weight_g(parcel.size))


def _cheapest(
    tariff: Tariff, version: TariffVersion, parcel: MeasuredParcel, zone: str
) -> tuple[int, FormatRates, Band, int] | NoRate:
    if parcel.cover is not None and parcel.cover.currency != tariff.currency:
        return NoRate(NoRateReason.COVER_CURRENCY, f"cover is stated in {tariff.currency}")
    wanted = parcel.cover.minor if parcel.cover is not None else 0
    chargeable_g = chargeable_weight_g(tariff, parcel)
    best: tuple[int, FormatRates, Band, int] | None = None
    missed, zone_priced = NoRateReason.TOO_LARGE, False
    heaviest_g = 0
    for rates in version.formats:
        priced = [band for band in rates.bands if zone in band.prices_minor]
        if not priced:
            continue
        zone_priced = True
        if not rates.format.holds(parcel.size):
            continue
        if wanted > (rates.format.cover_minor or 0):
            missed = NoRateReason.COVER_TOO_HIGH
            continue
        heaviest_g = max(heaviest_g, priced[-1].max_weight_g)
        band = next((band for band in priced if chargeable_g <= band.max_weight_g), None)
        if band is None:
            continue
        price = band.prices_minor[zone]
        if best is None or price < best[0]:
            best = (price, rates, band, chargeable_g)
    if best is not None:
        return best
    if not zone_priced:
        return NoRate(NoRateReason.DESTINATION_NOT_SERVED, f"no price for zone {zone}")
    if heaviest_g:
        return NoRate(
            NoRateReason.TOO_HEAVY, f"{chargeable_g} g is over the limit of {heaviest_g} g"
        )
    size = parcel.size
    detail = f"{size.length_mm} x {size.width_mm} x {size.height_mm} mm"
    return NoRate(missed, str(parcel.cover) if missed is NoRateReason.COVER_TOO_HIGH else detail)


def _amount(surcharge: Surcharge, freight: Money, subtotal: Money, chargeable_g: int) -> Money:
    base = freight if surcharge.basis is Basis.FREIGHT else subtotal
    share = base.times(surcharge.rate, surcharge.rounding)
    by_weight = surcharge.per_kg_minor * -(-chargeable_g // 1000)
    return share + Money(surcharge.flat_minor + by_weight, freight.currency)


def _tax(tariff: Tariff, subtotal: Money) -> Money:
    if tariff.tax is None:
        return Money.zero(subtotal.currency)
    if tariff.tax.included:
        return subtotal - subtotal.times(Decimal(1) / (1 + tariff.tax.rate))
    return subtotal.times(tariff.tax.rate)
