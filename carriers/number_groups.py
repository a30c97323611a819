"""Cuts a tracking number into the groups in which people read it aloud. Pure."""

import re

# UPU S10: service indicator, eight digits, check digit, country of the issuer.
_S10 = re.compile(r"([A-Z]{2})(\d{4})(\d{4})(\d)([A-Z]{2})")
BLOCK = 4


def groups_of(number: str) -> tuple[str, ...]:
    """`CW 0000 0001 4 FR` for a number in the form of UPU S10, else blocks of four."""
    parts = _S10.fullmatch(number)
    if parts is not None:
        return parts.groups()
    return tuple(number[start : start + BLOCK] for start in range(0, len(number), BLOCK))


def spaced(number: str) -> str:
    """The groups with blanks between them, for paper; recognizing a number ignores blanks."""
    return " ".join(groups_of(number))
