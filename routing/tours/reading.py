"""Tell which format a tours file is in and read it."""

import json

from core.errors import InvalidInput, invalid
from routing.tours.academic import read_li_lim, read_solomon
from routing.tours.day_file import read_day
from routing.tours.problem import Problem
from routing.tours.vrplib_format import read_vrplib


def read_tours_file(text: str, *, file: str = "") -> Problem:
    """A problem from Lanewise JSON, Solomon, Li & Lim or VRPLIB text; raises InvalidInput."""
    head = text.lstrip("\ufeff \t\r\n")
    if not head:
        raise invalid(file or "file", "is empty")
    if head[0] in "{[":
        try:
            document = json.loads(head)
        except (ValueError, RecursionError) as error:
            raise invalid(file or "file", f"is not JSON: {error}") from error
        return read_day(document, file=file)
    first = head.splitlines()[0].split()
    try:
        if "DIMENSION" in text and "_SECTION" in text:
            return read_vrplib(text, file=file)
        if "CUST" in text.upper() and "VEHICLE" in text.upper():
            return read_solomon(text, file=file)
        if len(first) == 3 and all(word.replace(".", "", 1).isdigit() for word in first):
            return read_li_lim(text, file=file)
    except (OverflowError, ValueError, IndexError) as error:
        raise invalid(file or "file", f"cannot be read: {error}") from error
    raise InvalidInput(f"{file or 'file'}: not Lanewise JSON, Solomon, Li & Lim or VRPLIB")
