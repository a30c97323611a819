"""The background work of tracking: reads webhooks, watches parcels, sends notices."""

from datetime import UTC, datetime
from uuid import UUID

from api.wiring import Lanewise
from carriers.booking import Direction
from carriers.status import Reason, Status
from core.ids import BookingId
from store.jobs import Handler, Job, enqueue
from store.session import Sessions
from tracking.flows.watch_parcels import BATCH

WATCH_EVERY_S = 300
POLL_EVERY_S = 900
PURGE_EVERY_S = 86_400


def meaning_of_code(carrier: str, code: str) -> tuple[Status, Reason | None]:
    """A carrier's raw code in our words: by its own table, else as our words; else UNKNOWN."""
    from carriers.adapters.sandbox.wire import STATUS_BY_CODE
    from carriers.status_codes import code_meaning
    from tracking.webhook_body import plain_meaning

    if carrier.startswith("sandbox") and code in STATUS_BY_CODE:
        return STATUS_BY_CODE[code]
    found = code_meaning(carrier, code)
    if found.status is not Status.UNKNOWN:
        return found.status, found.reason
    return plain_meaning(carrier, code)


def webhook_reader(_lanewise: Lanewise) -> Handler:
    """Reads one stored webhook."""
    from tracking.flows.read_webhook import read_webhook

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions(job.tenant) as session:
            read_webhook(session, UUID(job.payload["webhook_id"]), meaning_of_code)

    return handle


def parcel_watcher(_lanewise: Lanewise) -> Handler:
    """Looks at parcels on their way, a batch a transaction, until each was seen in this slot."""
    from tracking.flows.watch_parcels import watch_parcels

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions(job.tenant) as session:
            since = datetime.fromtimestamp(int(job.payload["slot"]), UTC)
            if watch_parcels(session, unseen_since=since) == BATCH:
                part = int(job.payload.get("part", 0)) + 1
                payload = {**job.payload, "part": part}
                enqueue(session, job.kind, payload, key=f"slot-{job.payload['slot']}-{part}")

    return handle


def booking_follower(_lanewise: Lanewise) -> Handler:
    """Follows a parcel that a carrier has accepted, to a customer or back."""
    from returns.flows.follow_return import follow_return
    from tracking.flows.follow_booking import follow_booking

    def handle(sessions: Sessions, job: Job) -> None:
        is_return = job.payload["direction"] == Direction.RETURN.value
        follow = follow_return if is_return else follow_booking
        with sessions(job.tenant) as session:
            follow(session, BookingId(UUID(job.payload["booking_id"])))

    return handle


def cancelled_ender(_lanewise: Lanewise) -> Handler:
    """Ends the journeys of what was called off: an order's parcels, or the one of a booking."""
    from tracking.flows.end_cancelled import end_cancelled

    def handle(sessions: Sessions, job: Job) -> None:
        payload = job.payload
        parcels = payload["parcel_ids"] if "parcel_ids" in payload else [payload["parcel_id"]]
        with sessions(job.tenant) as session:
            for parcel in sorted(parcels):
                end_cancelled(session, UUID(parcel))

    return handle


def scan_poller(lanewise: Lanewise) -> Handler:
    """Asks carriers for the scans of parcels on their way, for those that send no webhooks."""
    from tracking.flows.poll_scans import poll_scans

    def handle(sessions: Sessions, job: Job) -> None:
        poll_scans(sessions, job.tenant, lanewise.carriers_of(job.tenant))

    return handle


def webhook_purger(_lanewise: Lanewise) -> Handler:
    """Erases raw webhook bodies past their retention."""
    from tracking.flows.purge_webhooks import purge_webhooks

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions(job.tenant) as session:
            purge_webhooks(session)

    return handle


def notice_sender(lanewise: Lanewise) -> Handler:
    """Sends one notice by SMTP when a server is set, else into `{var}/outbox`."""
    from tracking.adapters.sink import SinkChannel
    from tracking.adapters.smtp import SmtpChannel, SmtpServer
    from tracking.adapters.texts import load_texts
    from tracking.flows.send_notice import Outlet, send_notice
    from tracking.ports import NoticeChannel

    settings = lanewise.settings
    channel: NoticeChannel = SinkChannel(settings.var / "outbox")
    if settings.smtp_url is not None:
        channel = SmtpChannel(SmtpServer.from_url(settings.smtp_url), settings.mail_from)
    outlet = Outlet(channel, load_texts(), public_url(lanewise))

    def handle(sessions: Sessions, job: Job) -> None:
        send_notice(sessions, job.tenant, UUID(job.payload["notice_id"]), outlet)

    return handle


def public_url(lanewise: Lanewise) -> str:
    """What links in notices and labels begin with."""
    settings = lanewise.settings
    return settings.public_url or f"http://{settings.host}:{settings.port}"
