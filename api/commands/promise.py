"""`lanewise promise`: learned lead times: refit them, look at them, take them back."""

import resource
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.api_key import Json, Tenant, find_tenant
from api.commands.output import emit, progress
from api.settings import VERSION
from api.wiring import from_environment
from core.errors import invalid
from routing.flows.broken_lead_times import broken_lead_times
from routing.flows.list_models import Models, list_models
from routing.flows.roll_back_model import roll_back_model

if TYPE_CHECKING:
    from tracking.learning.judging import Shadow

app = typer.Typer(help="Learned lead times: the models behind the promised dates.")
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="Learn as of this instant (2018-05-01 or with time), not as of now."
    ),
]
LOOKS = {"too_little": "too little to learn from", "active": "in service", "refused": "refused"}


@app.command()
def refit(as_of: AsOf = None, tenant: Tenant = None, json: Json = False) -> None:
    """Learn from the stored history; judged on an unseen week before it takes over.

    Exits with 1 when the new model was refused: what served before goes on.
    """
    from tracking.flows.refit_lead_times import refit_lead_times

    lanewise, instant = from_environment(), _instant(as_of)
    started = time.process_time()
    found = refit_lead_times(
        lanewise.sessions,
        find_tenant(lanewise, tenant),
        as_of=instant,
        code_version=VERSION,
        say=progress,
    )
    spent_s = time.process_time() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    shadow = found.shadow
    said = [f"{found.deliveries} deliveries of {found.orders} parcels: {LOOKS[found.outcome]}"]
    if shadow is not None:
        said.append(
            f"shadow week: log loss {shadow.challenger:.4f} on {shadow.order_days} open days, "
            f"{shadow.champion_is} {shadow.champion:.4f}"
        )
    if found.hand_over is not None:
        said.append(
            f"  after hand-over: {found.hand_over.challenger:.4f} on {found.hand_over.order_days} "
            f"open days, {found.hand_over.champion_is} {found.hand_over.champion:.4f}"
        )
    said.append(f"{spent_s:.1f} s CPU, at most {peak_mb} MB")
    emit(
        {
            "outcome": found.outcome,
            "model": found.number,
            "parcels": found.orders,
            "deliveries": found.deliveries,
            "passed_over": found.passed_over,
            "repaired": found.repaired,
            **_losses(shadow, ""),
            **_losses(found.hand_over, "_after_hand_over"),
            "judged_against": None if shadow is None else shadow.champion_is,
            "cpu_s": round(spent_s, 2),
            "peak_mb": peak_mb,
        },
        as_json=json,
        text="\n".join(said),
    )
    if found.outcome == "refused":
        raise typer.Exit(1)


def _losses(shadow: "Shadow | None", which: str) -> dict[str, float | None]:
    """Of what was learned and of what serves, named with `which` behind."""
    names = (f"loss{which}", f"loss_of_the_other{which}")
    if shadow is None:
        return dict.fromkeys(names)
    return dict(zip(names, (round(shadow.challenger, 5), round(shadow.champion, 5)), strict=True))


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("as_of", f"{text!r} is no date or instant") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@app.command()
def rollback(tenant: Tenant = None, json: Json = False) -> None:
    """Withdraw the active model; the one before it serves again, from the next quote on."""
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        done = roll_back_model(session)
    serves = "counts and published quantiles" if done.active is None else f"model {done.active}"
    emit(
        {"withdrawn": done.withdrawn, "active": done.active},
        as_json=json,
        text=f"model {done.withdrawn} withdrawn, {serves} serves again",
    )


@app.command()
def show(tenant: Tenant = None, json: Json = False) -> None:
    """The models with what taught them and how they were judged; and what does not work."""
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), read_only=True) as session:
        models = list_models(session)
        broken = [each.what for each in broken_lead_times(session)]
    emit(
        {
            "state_day": models.state_day,
            "broken": broken,
            "models": [_plain(model) for model in models.versions],
        },
        as_json=json,
        text="\n".join(_lines(models, broken)),
    )


def _plain(model: Any) -> dict[str, Any]:
    names = "number state fitted_at data_from data_to orders seed code_version metrics".split()
    return {name: getattr(model, name) for name in names}


def _lines(models: Models, broken: list[str]) -> list[str]:
    lines = [
        f"model {one.number}  {one.state:<9}  events {one.data_from} to {one.data_to}, "
        f"{one.orders} parcels, seed {one.seed}, code {one.code_version or '-'}; "
        + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in one.metrics.items())
        for one in models.versions
    ] or ["no model yet: published quantiles serve"]
    day = models.state_day
    lines.append(f"state of the network: {'none' if day is None else f'morning of {day}'}")
    return [*lines, *(f"BROKEN: {what}; quotes fall back" for what in broken)]
