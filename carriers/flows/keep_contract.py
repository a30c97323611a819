"""Keeps a tenant's own tariff of one service, in place of what stood for it."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from carriers.contract_files import tariff_to_json
from carriers.tables import ContractRow, RateRow
from carriers.tariffs import Tariff
from store.session import new_id, now


def keep_contract(session: Session, tariff: Tariff) -> None:
    """Priced and booked from the commit on; rates that the carrier told before are forgotten."""
    session.execute(
        delete(ContractRow).where(
            ContractRow.carrier == tariff.carrier, ContractRow.service == tariff.service
        )
    )
    session.execute(delete(RateRow).where(RateRow.carrier == tariff.carrier))
    session.add(
        ContractRow(
            id=new_id(session),
            carrier=tariff.carrier,
            service=tariff.service,
            tariff=tariff_to_json(tariff),
            kept_at=now(session),
        )
    )
    session.flush()
