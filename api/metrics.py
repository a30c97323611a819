"""Prometheus metrics of one app: requests, refusals, and the depth of queues when asked."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import func, select

from api.planning import Planner
from api.wiring import Lanewise
from routing.flows.broken_lead_times import broken_lead_times
from store.tables import JobRow, OutboxRow
from tracking.tables import ALARM_KINDS, CalibrationAlarmRow

BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What is counted; each app has its own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "lanewise_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "lanewise_request_seconds",
            "Time from the first byte in to the last byte out.",
            ["route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.refused = Counter(
            "lanewise_refused",
            "Requests refused before any work.",
            ["reason"],
            registry=self.registry,
        )

    def watch_queues(self, lanewise: Lanewise) -> None:
        """Count jobs and undelivered events in the database at each scrape."""
        self.registry.register(_Queues(lanewise))

    def watch_planner(self, planner: Planner) -> None:
        """What the planning processes told last of their networks and memory."""
        self.registry.register(_Planning(planner))

    def text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self.registry)


class _Queues:
    """Reads the depth of the queues; over all tenants, so without their names."""

    def __init__(self, lanewise: Lanewise) -> None:
        self._lanewise = lanewise

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        jobs = GaugeMetricFamily("lanewise_jobs", "Jobs by state.", labels=["state"])
        with self._lanewise.sessions.system(read_only=True) as session:
            for state, count in session.execute(
                select(JobRow.state, func.count())
                .where(JobRow.state.in_(("queued", "running", "dead")))
                .group_by("state")
            ):
                jobs.add_metric([state], count)
            broken = len(broken_lead_times(session))
            alarms = session.execute(
                select(CalibrationAlarmRow.kind, func.count())
                .where(CalibrationAlarmRow.closed_at.is_(None))
                .group_by(CalibrationAlarmRow.kind)
            ).all()
            waiting = session.scalar(
                select(func.count()).select_from(OutboxRow).where(OutboxRow.delivered_at.is_(None))
            )
        yield jobs
        drifts = GaugeMetricFamily(
            "lanewise_calibration_alarms",
            "Groups whose promises are not kept as stated, by kind.",
            labels=["kind"],
        )
        counted = {kind: count for kind, count in alarms}  # noqa: C416 - rows are no pairs to mypy
        for kind in ALARM_KINDS:
            drifts.add_metric([kind], counted.get(kind, 0))
        yield drifts
        yield GaugeMetricFamily(
            "lanewise_outbox_waiting", "Events not yet delivered.", value=waiting or 0
        )
        yield GaugeMetricFamily(
            "lanewise_lead_times_broken",
            "Learned models or states that do not load or are stale: quotes fall back.",
            value=broken,
        )


class _Planning:
    """Degraded quotes, and each planning process by its number; in process there are none."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        yield CounterMetricFamily(
            "lanewise_quotes_degraded",
            "Quotes told degraded because planning overran its time.",
            value=self._planner.degraded,
        )
        memory = GaugeMetricFamily(
            "lanewise_planner_memory_bytes", "Resident memory.", labels=["planner"]
        )
        compiling = GaugeMetricFamily(
            "lanewise_snapshot_compile_seconds",
            "CPU of compiling the latest network version.",
            labels=["planner"],
        )
        held = GaugeMetricFamily(
            "lanewise_snapshots", "Network versions compiled.", labels=["planner"]
        )
        broken = GaugeMetricFamily(
            "lanewise_networks_broken",
            "Network versions that do not compile: the one before serves.",
            labels=["planner"],
        )
        for number, facts in enumerate(sorted(self._planner.facts, key=lambda one: one.process)):
            name = [str(number)]
            memory.add_metric(name, facts.memory_bytes)
            compiling.add_metric(name, facts.compile_ms / 1000)
            held.add_metric(name, facts.versions)
            broken.add_metric(name, len(facts.broken))
        yield from (memory, compiling, held, broken)
