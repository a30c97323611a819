"""What an adapter must make of a carrier that misbehaves: tried on every operation it declares.

The caller provides adapters whose server commits a mishap on demand, and a clock; this module only
asks and judges. Pure but for what it is given.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial

from carriers.conformance import Check, Verdict
from carriers.conformance_samples import Samples
from carriers.ports import Booked, BookedUnread, Capability, Carrier, Receipt, Recovery
from core.errors import CarrierRejected, CarrierUnavailable


class Mishap(StrEnum):
    """What the misbehaving server does with the next request."""

    CLOSED = "closed"  # nothing listens
    HANG = "hang"
    DRIP = "drip"  # 200, one byte at a time
    ERROR = "error"  # 500
    OVERLOADED = "overloaded"  # 503 with Retry-After: a gateway's word, the carrier may have acted
    REDIRECT = "redirect"  # 307 to another host
    HTML = "html"  # 200 text/html
    GARBAGE = "garbage"  # 200, not JSON
    HALF = "half"  # 200, the body breaks off
    HUGE = "huge"  # 200, 100 MB
    PACKED = "packed"  # 200, a little gzip that holds 200 MB
    NESTED = "nested"  # 200, JSON nested 100 000 deep
    SHAPE = "shape"  # 200, JSON of another shape: a list of a text
    EMPTY = "empty"  # 200, `{}`
    VALUES = "values"  # the carrier's own answer, its amounts `12,50` and its times `yesterday`
    UNAUTHORIZED = "unauthorized"  # 401 with a code of the carrier's own
    TIMEOUT = "timeout"  # 408
    CONFLICT = "conflict"  # 409: the same key is under way
    BUSY = "busy"  # 429


class Effect(StrEnum):
    """What has happened, as far as anybody can tell."""

    NOTHING = "nothing happened"
    UNKNOWN = "it may have acted"
    YES = "it said yes, in words nobody can read"
    STRANGE = "it said yes, in words half readable"
    NOT_US = "it refuses our credentials"


EFFECTS: dict[Mishap, Effect] = {
    Mishap.CLOSED: Effect.NOTHING,
    Mishap.BUSY: Effect.NOTHING,
    Mishap.UNAUTHORIZED: Effect.NOT_US,
    Mishap.VALUES: Effect.STRANGE,
    **dict.fromkeys(
        (
            Mishap.HANG,
            Mishap.ERROR,
            Mishap.OVERLOADED,
            Mishap.REDIRECT,
            Mishap.TIMEOUT,
            Mishap.CONFLICT,
        ),
        Effect.UNKNOWN,
    ),
    **dict.fromkeys(
        (
            Mishap.DRIP,
            Mishap.HTML,
            Mishap.GARBAGE,
            Mishap.HALF,
            Mishap.HUGE,
            Mishap.PACKED,
            Mishap.NESTED,
            Mishap.SHAPE,
            Mishap.EMPTY,
        ),
        Effect.YES,
    ),
}
SILENT = frozenset({Mishap.HANG, Mishap.DRIP})
CHANGES = frozenset({"book", "return_label", "void", "manifest", "pickup"})  # the rest only ask
NUMBER = Booked("CF0000000001", "CF0000000001")

Call = Callable[[], object]
Timed = Callable[[Sequence[Call]], Sequence[float]]  # runs the calls, tells how long each took, s


def conform_faults(
    make: Callable[[Mishap], Carrier],
    timed: Timed,
    samples: Samples,
    *,
    booked: Booked = NUMBER,
    mishaps: Sequence[Mishap] = tuple(Mishap),
) -> Iterator[Check]:
    """One check per mishap over all operations; `booked` is a parcel to void, print and track.

    Where silence is measured a fault counts when it is seen twice: a machine under load may not even
    have connected within the deadline.
    """
    for mishap in mishaps:
        calls, wrong = _try(partial(make, mishap), mishap, timed, samples, booked)
        if wrong and mishap in SILENT:
            calls, wrong = _try(partial(make, mishap), mishap, timed, samples, booked)
        effect = EFFECTS[mishap].value
        detail = f"{effect}, but {'; '.join(wrong)}" if wrong else f"{effect}: {calls} calls"
        verdict = Verdict.FAILED if wrong else Verdict.PASSED
        yield Check(f"fault_{mishap.value}", verdict, detail)


def _try(
    make: Callable[[], Carrier], mishap: Mishap, timed: Timed, samples: Samples, booked: Booked
) -> tuple[int, list[str]]:
    """How many calls were made, and what is wrong with which."""
    carriers = {name: make() for name in operations(make(), samples, booked)}
    outcomes: dict[str, object] = {}
    calls = [
        partial(_note, outcomes, name, operations(carrier, samples, booked)[name])
        for name, carrier in carriers.items()
    ]
    wrong = []
    for (name, carrier), seconds in zip(carriers.items(), timed(calls), strict=True):
        most_s = carrier.profile.deadline.total_seconds() + 1
        if seconds > most_s:
            wrong.append(f"{name} took {seconds:.1f} s, {most_s:.0f} s allowed")
        elif fault := judge(name, mishap, outcomes[name]):
            wrong.append(f"{name} {fault}")
    return len(calls), wrong


def operations(carrier: Carrier, samples: Samples, booked: Booked) -> dict[str, Call]:
    """What the adapter declares, ready to be called."""
    number, has = booked.tracking_number, carrier.profile.capabilities
    formats = carrier.profile.label_formats
    found: dict[str, Call] = {}
    if Capability.BOOK in has:
        found["book"] = partial(carrier.book, samples.order())
        if carrier.profile.recovery is Recovery.LOOK_UP:
            found["find"] = partial(carrier.find, "CFX0001")
            if has & {Capability.MANIFEST, Capability.PICKUP}:
                found["find_receipt"] = partial(carrier.find_receipt, "CFX0002")
    asks: dict[Capability, Call] = {
        Capability.RETURN_LABEL: partial(carrier.return_label, samples.way_back()),
        Capability.VOID: partial(carrier.void, samples.void(number, booked.carrier_reference)),
        Capability.MANIFEST: partial(carrier.manifest, samples.manifest((number,))),
        Capability.PICKUP: partial(carrier.pickup, samples.pickup()),
        Capability.RATE: partial(carrier.rate, samples.rate()),
        Capability.TRACK: partial(carrier.track, number),
        Capability.POINTS: partial(carrier.points, samples.home()),
    }
    if formats:
        asks[Capability.LABEL] = partial(carrier.label, number, formats[0])
    found |= {wanted.value: call for wanted, call in asks.items() if wanted in has}
    return found


def _note(outcomes: dict[str, object], name: str, call: Call) -> None:
    try:
        outcomes[name] = call()
    except Exception as error:  # an adapter may raise anything: that is a finding
        outcomes[name] = error


def judge(operation: str, mishap: Mishap, outcome: object) -> str:
    """What is wrong with an outcome (a value, or what was raised); empty when nothing is."""
    effect = EFFECTS[mishap]
    match outcome:
        case CarrierUnavailable():
            loses = operation in CHANGES and not outcome.sent and effect is not Effect.NOTHING
            if effect is Effect.NOT_US:
                return "is told as no answer, not as a refusal of our credentials"
            return "is told as certainly not sent" if loses else ""
        case CarrierRejected():
            return _refusal(operation, effect, outcome)
        case Exception():
            return f"raised {type(outcome).__name__}"
    if effect is Effect.STRANGE:
        return ""
    if effect is not Effect.YES:
        return f"answered {type(outcome).__name__}"
    if isinstance(outcome, BookedUnread):
        return ""
    if isinstance(outcome, Receipt) and mishap is not Mishap.HTML:
        return ""  # a yes whose words the adapter does not need
    if outcome is None:
        return "says that there is nothing, and would be booked again"
    return f"made {type(outcome).__name__} of it"


def _refusal(operation: str, effect: Effect, error: CarrierRejected) -> str:
    if effect is Effect.NOT_US:
        return "" if error.code == "credentials" else f"has the code {error.code}, not credentials"
    if effect is Effect.STRANGE or (effect is Effect.YES and operation == "label"):
        return ""
    return f"is told as a refusal ({error.code})"
