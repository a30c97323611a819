"""What a label says, and the texts and numbers made safe for printing. Pure."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from core.errors import Fault, InvalidInput, invalid
from core.places import Address

MAX_TEXT = 80  # characters of one address field; carriers take 35 to 60, no street needs more


@dataclass(frozen=True, slots=True)
class LabelContent:
    """Everything on one label; `barcode` is printed as GS1-128 when it is an SSCC, else Code 128."""

    carrier: str
    service: str
    barcode: str
    reference: str
    ship_from: Address
    ship_to: Address
    weight_g: int
    mailing_date: date
    sscc: str = ""  # 18 digits, of the handling unit
    qr: str = ""  # a link for people
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.barcode.isascii() or not self.barcode.isalnum() or len(self.barcode) > 40:
            raise invalid("barcode", "a label's number has 1 to 40 letters and digits")
        if self.sscc:
            check_sscc(self.sscc)


def gs1_check_digit(digits: str) -> int:
    """The GS1 modulo-10 check digit (General Specifications, section 7.9.1)."""
    weighted = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))
    )
    return -weighted % 10


def make_sscc(extension: int, company_prefix: str, serial: int) -> str:
    """An SSCC-18: extension digit, GS1 company prefix, serial, check digit."""
    room = 16 - len(company_prefix)
    if (
        not 0 <= extension <= 9
        or not company_prefix.isdigit()
        or not 7 <= len(company_prefix) <= 10
    ):
        raise invalid("company_prefix", "a GS1 company prefix has 7 to 10 digits here")
    if not 0 <= serial < 10**room:
        raise invalid("serial", f"the number range of prefix {company_prefix} is used up")
    body = f"{extension}{company_prefix}{serial:0{room}d}"
    return f"{body}{gs1_check_digit(body)}"


def check_sscc(sscc: str) -> str:
    """The SSCC itself; raises InvalidInput when it is not 18 digits with the right check digit."""
    if len(sscc) != 18 or not sscc.isdigit() or not sscc.isascii():
        raise invalid("sscc", "an SSCC has 18 digits")
    if gs1_check_digit(sscc[:17]) != int(sscc[17]):
        raise invalid("sscc", "the check digit is wrong")
    return sscc


def check_printable(address: Address, field: str) -> Address:
    """The address itself; raises InvalidInput naming every field that no label could carry."""
    faults = []
    for name in ("name", "company", "street", "street2", "city", "postcode", "region"):
        text = getattr(address, name)
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") for letter in text):
            faults.append(Fault(f"{field}.{name}", "has characters that cannot be printed"))
        elif len(text) > MAX_TEXT:
            faults.append(Fault(f"{field}.{name}", f"is longer than {MAX_TEXT} characters"))
    faults.extend(
        Fault(f"{field}.{name}", "is missing")
        for name in ("street", "city")
        if not getattr(address, name).strip()
    )
    if not address.name.strip() and not address.company.strip():
        faults.append(Fault(f"{field}.name", "is missing"))
    if faults:
        raise InvalidInput(faults=faults)
    return address


def plain(text: str) -> str:
    """Text without control, format or private characters, runs of blanks made one."""
    kept = (
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text
        if unicodedata.category(letter) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join("".join(kept).split())


def address_lines(address: Address) -> tuple[str, ...]:
    """The lines of an address as printed: who, street, postcode and city, country code."""
    return tuple(line for line in map(plain, _lines(address)) if line)


def _lines(address: Address) -> Iterator[str]:
    yield address.name
    yield address.company
    yield address.street
    yield address.street2
    if address.country in ("GB", "US", "CA", "AU", "IE", "IN"):
        yield " ".join(part for part in (address.city, address.region) if part)
        yield address.postcode
    else:
        yield " ".join(part for part in (address.postcode, address.city) if part)
        yield address.region
    yield address.country


def weight_text(weight_g: int) -> str:
    """The weight in kg with three decimals, exact."""
    return f"{weight_g // 1000}.{weight_g % 1000:03d} kg"
