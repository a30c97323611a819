"""`lanewise pack`: pack the orders of a file and say where every piece goes.

The file is read and judged before the packer is imported: loading its kernels takes most of a
second, which a file with faults should not cost.
"""

import json
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from api.commands.output import emit, progress
from core.errors import Fault, InvalidInput
from routing.packing.goods import CannotPack, Packing, Preset
from routing.packing.orders import PackFile, read_bins, read_orders, write_bins, write_packing
from routing.packing.picture import draw, frames

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise InvalidInput(f"{path}: not JSON: {error}") from None
    except RecursionError:
        raise InvalidInput(f"{path}: nested too deeply") from None


def _draw(order_id: str, packing: Packing, folder: Path, *, steps: bool) -> None:
    """Write the pictures of an order: `ORDER-1.svg`, and `ORDER-1.step-1.svg` … with steps."""
    # Escaped as in a URL, the dot too, so that no two orders share a name and none leaves the folder.
    name = quote(order_id, safe="").replace(".", "%2E")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, parcel in enumerate(packing.parcels, start=1):
            box_id = parcel.box.id if parcel.box else "-"
            title = f"{order_id}, {number}/{len(packing.parcels)}: {box_id}"
            path = folder / f"{name}-{number}.svg"
            path.write_text(draw(parcel, title=title), encoding="utf-8")
            if steps:
                for step, picture in enumerate(frames(parcel, title=title), start=1):
                    path = folder / f"{name}-{number}.step-{step}.svg"
                    path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{folder}: {error.strerror}") from None


def _fill_bins(document: dict[str, Any], out: Path | None, *, as_json: bool) -> None:
    file = read_bins(document)
    from routing.packing.bins import pack_bins
    from routing.packing.fit import warm

    if file.instances:
        warm()
    answers: dict[str, Any] = {}
    for name, (bin_mm, pieces) in file.instances.items():
        started = time.process_time_ns()
        try:
            binned = pack_bins(pieces, bin_mm, turn=file.turn)
        except InvalidInput as error:
            faults = [Fault(f"{name}.{fault.field}", fault.reason) for fault in error.faults]
            raise InvalidInput(faults=faults) from None
        cpu_ms = round((time.process_time_ns() - started) / 1e6, 3)
        answers[name] = {**write_bins(binned), "cpu_ms": cpu_ms}
        progress(f"{name}: {len(binned.bins)} bins")
    summary = {
        "instances": len(answers),
        "bins": sum(len(answer["bins"]) for answer in answers.values()),
        "lower_bound": sum(answer["lower_bound"] for answer in answers.values()),
    }
    text = (
        f"{summary['instances']} instances, {summary['bins']} bins (bound {summary['lower_bound']})"
    )
    _deliver({"instances": answers}, out, summary, text, as_json=as_json)


def _deliver(
    answer: dict[str, Any],
    out: Path | None,
    summary: dict[str, Any],
    text: str,
    *,
    as_json: bool,
) -> None:
    """Placements to the file and the summary to standard output; without a file, placements."""
    document = json.dumps(answer, separators=(",", ":"))
    if out is None:
        typer.echo(document)
        return
    try:
        out.write_text(document + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{out}: {error.strerror}") from None
    emit(summary, as_json=as_json, text=text)


def _pack_orders(
    file: PackFile,
    preset: Preset,
    *,
    geometric: bool,
    unboxed: bool,
    pictures: Path | None,
    steps: bool,
) -> dict[str, Any]:
    """The answers by order id; what has no parcel is told as it is found."""
    from routing.packing.catalogue import prepare
    from routing.packing.fit import warm
    from routing.packing.pack import pack_from

    catalogue = prepare(file.boxes, file.tariff, support_pct=-1 if geometric else file.support_pct)
    if any(file.orders.values()):
        warm()  # so that no order is billed for loading
    answers: dict[str, Any] = {}
    for order_id, items in file.orders.items():
        started = time.process_time_ns()
        packing = pack_from(items, catalogue, preset, unboxed=unboxed)
        cpu_ms = (time.process_time_ns() - started) / 1e6
        answers[order_id] = {**write_packing(packing), "cpu_ms": round(cpu_ms, 3)}
        if isinstance(packing, CannotPack):
            for lack in packing.items:
                progress(f"{order_id}: {lack}")
        elif pictures is not None:
            _draw(order_id, packing, pictures, steps=steps)
    return answers


def _summary(answers: dict[str, Any]) -> dict[str, Any]:
    from core.kernels import compiled

    packed = [answer for answer in answers.values() if answer["cost"] is not None]
    spent_ms = sorted(answer["cpu_ms"] for answer in answers.values())
    return {
        "orders": len(answers),
        "unpackable": len(answers) - len(packed),
        "parcels": sum(len(answer["parcels"]) for answer in packed),
        "cost": sum(answer["cost"] for answer in packed),
        "lower_bound": sum(answer["lower_bound"] for answer in packed),
        "proven": sum(answer["proven"] for answer in packed),
        "cpu_ms_p50": spent_ms[len(spent_ms) // 2] if spent_ms else 0,
        "cpu_ms_p99": spent_ms[len(spent_ms) * 99 // 100] if spent_ms else 0,
        "compiled": compiled(),
    }


@app.command()
def pack(
    file: Annotated[Path, typer.Argument(help="Boxes, tariff and orders as JSON.")],
    preset: Annotated[
        Preset, typer.Option(help="How much counted work an order may cost.")
    ] = Preset.CHECKOUT,
    out: Annotated[
        Path | None, typer.Option(help="Where placements go; standard output without it.")
    ] = None,
    geometric: Annotated[
        bool, typer.Option("--geometric", help="Ignore support and fragility.")
    ] = False,
    unboxed: Annotated[
        bool, typer.Option("--unboxed", help="What fits no box ships as its own parcel.")
    ] = False,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for an SVG per parcel with step numbers.")
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="With --pictures: one picture per step as well.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Pack every order into the cheapest parcels: exit code 1 when one cannot be packed.

    A file of instances with equal bins and no prices is packed into as few bins as found.
    """
    if steps and pictures is None:
        raise InvalidInput("--steps needs --pictures")
    if as_json and out is None:
        raise InvalidInput("--json needs --out: placements go to standard output without it")
    document = _read(file)
    if isinstance(document, dict) and "instances" in document:
        if pictures is not None:
            raise InvalidInput("--pictures is for orders, not for instances")
        _fill_bins(document, out, as_json=as_json)
        return
    answers = _pack_orders(
        read_orders(document),
        preset,
        geometric=geometric,
        unboxed=unboxed,
        pictures=pictures,
        steps=steps,
    )
    summary = _summary(answers)
    text = (
        f"{summary['orders']} orders, {summary['parcels']} parcels, cost {summary['cost']} "
        f"(bound {summary['lower_bound']}, {summary['proven']} proven), CPU per order "
        f"{summary['cpu_ms_p50']} ms at the median, {summary['cpu_ms_p99']} ms at p99"
    )
    _deliver({"orders": answers}, out, summary, text, as_json=as_json)
    if summary["unpackable"]:
        raise typer.Exit(1)
