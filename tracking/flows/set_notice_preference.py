"""Keeps what a person wants to hear of, and when they want their quiet."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import invalid
from core.ids import SubjectId
from store.audit import audit
from store.session import new_id, now
from tracking.notices.occasions import Occasion, QuietHours
from tracking.tables import NoticePreferenceRow

ALL = "*"


def set_notice_preference(
    session: Session,
    person: SubjectId,
    occasion: Occasion | None,
    *,
    is_wanted: bool,
    quiet: QuietHours | None = None,
) -> None:
    """Set it for one occasion, or with None for all; each change leaves a line in the audit."""
    if quiet and not (0 <= quiet.from_min < 1440 and 0 <= quiet.to_min < 1440):
        raise invalid("quiet", "quiet hours are minutes of the day (0..1439)")
    name = occasion.value if occasion else ALL
    row = session.scalar(
        select(NoticePreferenceRow).where(
            NoticePreferenceRow.person_id == person, NoticePreferenceRow.occasion == name
        )
    )
    if row is None:
        row = NoticePreferenceRow(id=new_id(session), person_id=person, occasion=name)
        session.add(row)
    row.is_wanted = is_wanted
    row.quiet_from_min = quiet.from_min if quiet else None
    row.quiet_to_min = quiet.to_min if quiet else None
    row.changed_at = now(session)
    audit(session, "notice_preference.set", "person", person, {"for": name, "wanted": is_wanted})
    session.flush()
