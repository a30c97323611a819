"""Coverage floors: sellers and lanes whose promises are surely kept too seldom are aimed tighter.

The calibration of destinations moves with each outcome; sellers and lanes have too few for that. They are
judged by interval: only where even its upper end lies below what was stated are their allowed misses
cut, to what the end says. Those with few promises are judged together, as one.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from tracking.calibration import SMALL, SURE, wilson
from tracking.learning.calibration import CalibrationPlan
from tracking.learning.miss_factors import PastPromise

TOGETHER = ""
"""The name under which the small ones of a group stand."""
DIGITS = 5


def coverage_floors(
    promises: Sequence[PastPromise], today: date, plan: CalibrationPlan | None = None
) -> Mapping[str, Mapping[str, float]]:
    """By group (`seller`, `lane`) and name: the share (0..1] of the allowed misses to aim at.

    Names that are fine stand only where the small ones together are not, with 1. Promises over several
    sellers or lanes blame nobody.
    """
    known = [promise for promise in promises if promise.known_on < today]
    tightest = (plan or CalibrationPlan()).tightest
    found = {
        "seller": _floors(known, lambda one: one.seller, tightest),
        "lane": _floors(known, lambda one: one.lane, tightest),
    }
    return {group: floors for group, floors in found.items() if floors}


def _floors(
    known: Sequence[PastPromise], name_of: Callable[[PastPromise], str], tightest: float
) -> dict[str, float]:
    members: dict[str, list[PastPromise]] = {}
    for promise in known:
        if name_of(promise):
            members.setdefault(name_of(promise), []).append(promise)
    large = {name: own for name, own in members.items() if len(own) >= SMALL}
    small = [promise for name, own in members.items() if name not in large for promise in own]
    factors = {name: _factor(own, tightest) for name, own in sorted(large.items())}
    together = _factor(small, tightest) if len(small) >= SMALL else 1.0
    if together < 1:
        return {TOGETHER: together, **factors}
    return {name: factor for name, factor in factors.items() if factor < 1}


def _factor(members: Sequence[PastPromise], tightest: float) -> float:
    """Allowed misses over those that there surely were; 1 where nothing is sure."""
    kept = sum(not promise.is_missed for promise in members)
    allowed = sum(1 - promise.stated for promise in members) / len(members)
    _, high = wilson(kept, len(members), SURE)
    if high >= 1 - allowed:
        return 1.0
    return round(max(allowed / (1 - high), tightest), DIGITS)
