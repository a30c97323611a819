"""With what probability a parcel has arrived by each day: whole rows at once, remembered.

The same figures as `Evaluator.chance`, day by day, at a hundredth of its work.
"""

from collections.abc import Sequence

import numpy as np

from routing.checkout.arrivals import FloatArray, latest_inbound, masses, pack_timetables
from routing.checkout.calendar import first_from
from routing.checkout.evaluate import Evaluator
from routing.checkout.exact import SLACK
from routing.checkout.problem import NEVER, IntArray, PlannedParcel, Service


class Likelihoods:
    """Arrival probabilities of parcels of one problem."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.problem = evaluator.problem
        self.days = len(self.problem.day_starts) - 1
        self.need = float(self.problem.q) * (1 - SLACK)
        self._rows: dict[PlannedParcel, FloatArray] = {}
        self._latest: dict[str, IntArray] = {}
        self._mass: dict[str, FloatArray] = {}

    def row(self, parcel: PlannedParcel) -> FloatArray:
        """[days] probability of arrival by the end of each day, ordered now."""
        known = self._rows.get(parcel)
        if known is None:
            known = self._rows[parcel] = self.row_at(parcel, self.evaluator)
        return known

    def by(self, parcel: PlannedParcel, day: int) -> float:
        return float(self.row(parcel)[day]) if day >= 0 else 0.0

    def on_one_day(self, parcels: Sequence[PlannedParcel]) -> float:
        """Probability that all arrive on one and the same day, whichever it is."""
        same = np.ones(self.days, dtype=np.float64)
        for parcel in parcels:
            same *= np.diff(self.row(parcel), prepend=0.0)
        return float(same.sum())

    def own_day(self, parcel: PlannedParcel) -> int:
        """The date of the parcel shown alone, NEVER beyond the horizon."""
        reached = np.flatnonzero(self.row(parcel) >= self.need)
        return int(reached[0]) if len(reached) else NEVER

    def row_at(self, parcel: PlannedParcel, evaluator: Evaluator) -> FloatArray:
        """The same as of another moment of ordering: `evaluator` has another `now`."""
        service = evaluator.services[parcel.service]
        if parcel.node in evaluator.hubs:
            return self._through_hub(parcel, service, evaluator)
        ready = [evaluator.ready(content) for content in parcel.contents]
        pickup = NEVER if NEVER in ready else first_from(service.pickups, max(ready))
        row = np.zeros(self.days, dtype=np.float64)
        if pickup == NEVER:
            return row
        arrivals = pickup + np.array(service.transit.minutes, dtype=np.int64)
        days = np.searchsorted(self.problem.day_starts, arrivals, side="right") - 1
        for day, mass in zip(days, self._masses(service), strict=True):
            delivered = int(service.delivery_day[day]) if day < self.days else NEVER
            if delivered != NEVER:
                row[delivered:] += mass
        return row

    def _through_hub(
        self, parcel: PlannedParcel, service: Service, evaluator: Evaluator
    ) -> FloatArray:
        departures = evaluator.departures(parcel)
        if departures is None:
            return np.zeros(self.days, dtype=np.float64)
        latest = self._latest_inbound(service)
        chance = np.where(latest >= 0, self._masses(service)[:, None], 0.0)
        for location, leaves in departures.items():
            transit = evaluator.lanes[location, parcel.node].transit
            levels = np.array([0.0, *map(float, transit.levels)])
            minutes = np.array(transit.minutes, dtype=np.int64)
            chance = chance * levels[np.searchsorted(minutes, latest - leaves, side="right")]
        summed: FloatArray = chance.sum(axis=0)
        return summed

    def _masses(self, service: Service) -> FloatArray:
        known = self._mass.get(service.id)
        if known is None:
            known = self._mass[service.id] = np.array(masses(service.transit), dtype=np.float64)
        return known

    def _latest_inbound(self, service: Service) -> IntArray:
        """[K, days] latest arrival at the hub from which outcome k makes each day, or -1."""
        known = self._latest.get(service.id)
        if known is None:
            hub = self.evaluator.hubs[service.node]
            tables = pack_timetables(self.problem, (service,))
            known = latest_inbound(
                np.zeros(1, dtype=np.int64),
                np.array([[(w.open, w.close) for w in hub.windows]], dtype=np.int64),
                np.array([hub.dwell_min], dtype=np.int64),
                tables.pickups,
                tables.pickup_start,
                tables.delivery_day,
                tables.day_starts,
                tables.minutes,
                tables.mass,
                self.days,
            )[0]
            self._latest[service.id] = known
        return known
