"""Sends one notice, once: checks that it is still true and wanted, and never repeats in doubt."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.status import Status
from core.errors import LanewiseError, Unavailable
from core.ids import SubjectId, TenantId
from routing.tables import OrderRow
from store.audit import audit
from store.jobs import Retry
from store.persons import Erased, read_person
from store.session import Sessions, lock, now
from tracking.flows.open_link import RETURN, TRACK, open_link
from tracking.notices.compose import OF_RETURNS, Texts, compose
from tracking.notices.occasions import (
    WAVERING,
    Occasion,
    QuietHours,
    earliest_sending,
    is_news,
    is_useful,
)
from tracking.notices.rules import ALWAYS_TOLD, NoticeRules, read_notice_rules
from tracking.ports import Message, NoticeChannel, SendingRefused, SendingUncertain
from tracking.tables import NoticePreferenceRow, NoticeRow, TrackedParcelRow, told_of

PATHS = {TRACK: "/track/", RETURN: "/returns/"}


class Overtaken(LanewiseError):
    """Another worker is sending or has sent this notice."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """How notices leave: the channel, the texts, and the address that links begin with."""

    channel: NoticeChannel
    texts: Texts
    public_url: str


def send_notice(sessions: Sessions, tenant: TenantId, notice_id: UUID, outlet: Outlet) -> str:
    """Send it if it still should be; returns its state afterwards. Repeats safely.

    A worker killed before the irrevocable step leaves the notice `intended`: it is sent later.
    Killed after it, the notice is found `sending`: a channel that repeats safely sends again, any
    other leaves it `unknown` for a person to decide. Raises Unavailable while the channel is down
    and Retry in quiet hours; the job loop then comes back.
    """
    with sessions(tenant, actor="notices") as session:
        message = _prepare(session, notice_id, outlet)
        if isinstance(message, str):
            return message
        if isinstance(message, datetime):
            raise Retry(message, "quiet hours")

    is_mine = False  # whether it is this worker who is sending

    def before_sending() -> None:
        nonlocal is_mine
        with sessions(tenant, actor="notices") as session:
            row = lock(session, NoticeRow, notice_id)
            again = row.state == "sending" and outlet.channel.repeats_safely
            if row.state != "intended" and not again:
                raise Overtaken
            row.state = "sending"
        is_mine = True

    def end(state: str, why: str | None = None) -> str:
        return _end(sessions, tenant, notice_id, "sending" if is_mine else "intended", state, why)

    try:
        outlet.channel.send(message, before_sending)
    except Overtaken:
        return "overtaken"
    except SendingRefused as error:
        return end("failed", error.message)
    except SendingUncertain as error:
        return end("unknown", error.message)
    except Unavailable as error:
        end("intended", error.message)
        raise
    return end("sent")


def _prepare(session: Session, notice_id: UUID, outlet: Outlet) -> Message | str | datetime:
    """The message; or the state of a notice that is not sent now; or when to come back."""
    row = lock(session, NoticeRow, notice_id)
    if row.state == "sending" and not outlet.channel.repeats_safely:
        return _leave_in_doubt(session, row, "the worker died while sending")
    if row.state not in ("intended", "sending"):
        return row.state
    occasion, instant = Occasion(row.occasion), now(session)
    reason = _why_not(session, row, occasion)
    if reason is not None:
        return _drop(session, row, reason)
    later = earliest_sending(instant, row.zone, _quiet_hours(session, row))
    if later > instant and occasion is not Occasion.HAND_OVER_DUE:
        return later
    person = read_person(session, SubjectId(row.person_id)) if row.person_id else Erased()
    if isinstance(person, Erased) or not person.address.email:
        return _drop(session, row, "nobody to write to")
    row.attempts += 1
    row.channel = outlet.channel.name
    purpose = RETURN if occasion in OF_RETURNS else TRACK
    link = ""
    if occasion is not Occasion.HAND_OVER_DUE:
        token = open_link(session, row.order_id, purpose)
        link = outlet.public_url.rstrip("/") + PATHS[purpose] + token
    written = compose(
        outlet.texts,
        occasion,
        row.facts,
        name=person.address.name,
        language=row.language,
        zone_name=row.zone,
        link=link,
    )
    return Message(
        str(row.id),
        person.address.email,
        written.language,
        written.subject,
        written.text,
        written.html,
    )


def _drop(session: Session, row: NoticeRow, reason: str) -> str:
    """It is not sent; but of one that may have gone out already nobody can say so."""
    if row.state == "sending":
        return _leave_in_doubt(session, row, f"the worker died while sending; now {reason}")
    row.state, row.why = "dropped", reason
    return row.state


def _leave_in_doubt(session: Session, row: NoticeRow, why: str) -> str:
    """A person decides: see `settle_notice`."""
    row.state, row.why = "unknown", why
    audit(session, "notice.unknown", "notice", row.id)
    return row.state


def _why_not(session: Session, row: NoticeRow, occasion: Occasion) -> str | None:
    """Why it should not be sent any more."""
    unwanted = session.scalars(
        select(NoticePreferenceRow.is_wanted)
        .where(
            NoticePreferenceRow.person_id == row.person_id,
            NoticePreferenceRow.occasion.in_((occasion.value, "*")),
        )
        .order_by(NoticePreferenceRow.occasion.desc())  # the named occasion before `*`
    ).first()
    if unwanted is False and occasion not in ALWAYS_TOLD:
        return "not wanted"
    if occasion in _rules(session, row).not_told:
        return "not told by this marketplace"
    order = session.get(OrderRow, row.order_id)
    if order is not None and order.state == "cancelled" and occasion not in OF_RETURNS:
        return "the order is cancelled"
    parcel = session.get(TrackedParcelRow, row.parcel_id) if row.parcel_id else None
    if parcel is not None and not is_useful(
        occasion,
        row.facts.get("detail", ""),
        told=told_of(parcel),
        state=Status(parcel.state),
        intended_at=row.created_at,
        now=now(session),
    ):
        return "no longer useful"
    if occasion in WAVERING and not is_news(
        occasion, row.facts.get("detail", ""), _last_heard(session, row)
    ):
        return "nothing new to the reader"
    return None


def _last_heard(session: Session, row: NoticeRow) -> tuple[Occasion, str] | None:
    """The last delay, or end of one, that went out (perhaps) of this notice's parcel."""
    last = session.scalars(
        select(NoticeRow)
        .where(
            NoticeRow.order_id == row.order_id,
            NoticeRow.parcel_id == row.parcel_id,
            NoticeRow.id != row.id,
            NoticeRow.occasion.in_([each.value for each in WAVERING]),
            NoticeRow.state.in_(("sending", "sent", "unknown")),
        )
        .order_by(NoticeRow.created_at.desc(), NoticeRow.id.desc())
        .limit(1)
    ).first()
    return None if last is None else (Occasion(last.occasion), last.facts.get("detail", ""))


def _rules(session: Session, row: NoticeRow) -> NoticeRules:
    """The marketplace's rules when the parcel was ordered."""
    parcel = session.get(TrackedParcelRow, row.parcel_id) if row.parcel_id else None
    return read_notice_rules(parcel.notices) if parcel is not None else NoticeRules()


def _quiet_hours(session: Session, row: NoticeRow) -> QuietHours:
    own = session.scalars(
        select(NoticePreferenceRow).where(
            NoticePreferenceRow.person_id == row.person_id,
            NoticePreferenceRow.quiet_from_min.is_not(None),
        )
    ).first()
    if own is None or own.quiet_from_min is None or own.quiet_to_min is None:
        return _rules(session, row).quiet
    return QuietHours(own.quiet_from_min, own.quiet_to_min)


def _end(
    sessions: Sessions,
    tenant: TenantId,
    notice_id: UUID,
    before: str,
    state: str,
    why: str | None,
) -> str:
    """From `before` to `state`; what another worker has made of it meanwhile stands."""
    with sessions(tenant, actor="notices") as session:
        row = lock(session, NoticeRow, notice_id)
        if row.state == before:
            row.state, row.why = state, why[:200] if why else None
            if state == "sent":
                row.sent_at = now(session)
        return row.state
