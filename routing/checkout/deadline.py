"""Until when an option may be ordered and still keeps its date: exact, found on the calendars."""

from collections.abc import Sequence

from routing.checkout.calendar import first_from, latest_start
from routing.checkout.evaluate import Evaluator
from routing.checkout.likelihood import Likelihoods
from routing.checkout.problem import NEVER, Content, PlannedParcel, Window

MOST_STEPS = 40


def latest_order(likelihoods: Likelihoods, parcels: Sequence[PlannedParcel], day: int) -> int:
    """The last minute at which these parcels, ordered together, still make `day`.

    NEVER when they keep it as far as the calendars reach.
    """
    held = {parcel: likelihoods.by(parcel, day) for parcel in parcels}
    current = likelihoods.evaluator
    for _ in range(MOST_STEPS):
        ends = {parcel: _next_change(current, parcel) for parcel in parcels}
        known = [end for end in ends.values() if end != NEVER]
        if not known:
            return NEVER
        end = min(known)
        current = current.at(end + 1)
        together = 1.0
        for parcel in parcels:
            if ends[parcel] == end:
                held[parcel] = float(likelihoods.row_at(parcel, current)[day])
            together *= held[parcel]
        if together < likelihoods.need:
            return end
    return NEVER


def _next_change(evaluator: Evaluator, parcel: PlannedParcel) -> int:
    """The last minute at which every content still makes the departure it makes now."""
    ends = []
    through_hub = parcel.node in evaluator.hubs
    for content in parcel.contents:
        timetable = (
            evaluator.lanes[content.location, parcel.node].departures
            if through_hub
            else evaluator.services[parcel.service].pickups
        )
        ready = evaluator.ready(content)
        leaves = NEVER if ready == NEVER else first_from(timetable, ready)
        if leaves == NEVER:
            return NEVER
        ends.append(_latest_now(evaluator, content, leaves))
    return min(ends)


def _latest_now(evaluator: Evaluator, content: Content, by: int) -> int:
    """The last minute of ordering from which a content is ready at `by`."""
    place = evaluator.locations[content.location]
    work = place.handling_min + evaluator.offer(content).lead_min
    start = latest_start(place.windows, work, by)
    window = _window_of(place.windows, start)
    return max(evaluator.now, start if window is None else min(start, window.cutoff))


def _window_of(windows: Sequence[Window], start: int) -> Window | None:
    found = None
    for window in windows:
        if window.open > start:
            break
        found = window
    return found
