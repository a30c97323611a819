"""Opens and closes the alarms about promises that are not kept as often as they say."""

from collections.abc import Mapping

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from store.locks import lock_name
from store.session import new_id, now
from tracking.calibration import CalibrationReport
from tracking.tables import DRIFT, CalibrationAlarmRow

log = structlog.get_logger("tracking")

_Key = tuple[str, str]


def watch_calibration(
    session: Session, moved: Mapping[str, float], report: CalibrationReport
) -> tuple[CalibrationAlarmRow, ...]:
    """The alarms that stand now; repeating it without news changes nothing.

    `moved` are destinations whose levels had to move far, with the share of the allowed misses that is
    aimed at there now. A group that is back closes its alarm; the row stays, and counts how often.
    """
    lock_name(session, "calibration_alarms")
    found: dict[_Key, dict[str, str]] = {
        (DRIFT, name): {"aimed": f"{share:.3f}"} for name, share in moved.items()
    }
    rows = {(row.kind, row.group_name): row for row in session.scalars(select(CalibrationAlarmRow))}
    standing = frozenset(key for key, row in rows.items() if row.closed_at is None)
    for kind, group in report.broken_floors(standing):
        found[kind, group.group] = {
            "stated": f"{group.stated:.4f}",
            "kept": f"{group.kept:.4f}",
            "high": f"{group.high:.4f}",
            "promises": str(group.promises),
        }
    for key, facts in sorted(found.items()):
        _open(session, rows, key, facts)
    for key in sorted(standing - found.keys()):
        rows[key].closed_at = now(session)
        log.info("calibration_is_back", kind=key[0], group=key[1])
    session.flush()
    return tuple(rows[key] for key in sorted(found))


def _open(
    session: Session, rows: dict[_Key, CalibrationAlarmRow], key: _Key, facts: dict[str, str]
) -> None:
    row = rows.get(key)
    if row is None:
        row = rows[key] = CalibrationAlarmRow(
            id=new_id(session),
            kind=key[0],
            group_name=key[1],
            opened_at=now(session),
            times=1,
            facts=facts,
        )
        session.add(row)
    elif row.closed_at is not None:
        row.opened_at, row.closed_at = now(session), None
        row.times += 1
    else:
        row.facts = facts
        return
    row.facts = facts
    log.warning("calibration_drifts", kind=key[0], group=key[1], **facts)
