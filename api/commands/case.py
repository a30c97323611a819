"""`lanewise case`: solve planning cases from files, and verify answers to them."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from core.errors import Fault, InvalidInput, invalid
from core.ids import QuoteId
from routing.checkout.answer import answer_as_json, plan_as_json
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer
from routing.checkout.problem import OBJECTIVES, Objective
from routing.checkout.solve import check_objectives, solve
from routing.waves.check import check_wave
from routing.waves.plan import plan_wave
from routing.waves.wave import SCHEMA as WAVE_SCHEMA
from routing.waves.wave import wave_from_case

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Solve planning cases, verify answers, write quotes as cases.",
)


@app.command("solve")
def solve_cases(
    files: Annotated[list[str], typer.Argument(help="JSON or JSON Lines files; - for stdin.")],
    objectives: Annotated[
        str, typer.Option(help="What the frontier trades off, of: cost,date,parcels,co2.")
    ] = ",".join(OBJECTIVES),
    timing: Annotated[
        bool, typer.Option("--timing", help="Add the CPU ms of solving, kernels warm.")
    ] = False,
) -> None:
    """Print one answer per case, one JSON object a line, in input order."""
    wanted = tuple(word.strip() for word in objectives.split(","))
    check_objectives(wanted)
    for file in files:
        for row, case in read_documents(file):
            try:
                answer = _solve_one(case, wanted, timing=timing)  # type: ignore[arg-type]
            except InvalidInput as error:
                raise placed(error, file, row) from None
            typer.echo(json.dumps(answer, separators=(",", ":")))


def _solve_one(case: object, objectives: tuple[Objective, ...], *, timing: bool) -> dict[str, Any]:
    if isinstance(case, dict) and case.get("schema") == WAVE_SCHEMA:
        return _solve_wave(case, timing=timing)
    problem = problem_from_case(case)
    if timing:
        solve(problem, objectives)  # compiles or loads every kernel this case needs
    start = time.process_time()
    answer = solve(problem, objectives)
    spent_ms = (time.process_time() - start) * 1000
    result = answer_as_json(problem.id, answer)
    if timing:
        result["timing"] = {"cpu_ms": round(spent_ms, 3)}
    return result


def _solve_wave(case: dict[str, Any], *, timing: bool) -> dict[str, Any]:
    wave = wave_from_case(case)
    start = time.process_time()
    answer = plan_wave(wave)
    spent_ms = (time.process_time() - start) * 1000
    plans = {
        name: {"parcels": plan_as_json(plan)["parcels"]} for name, plan in answer.plans.items()
    }
    result = {"id": wave.id, "plans": plans, "cost": answer.cost, "bound": answer.bound}
    return result | ({"timing": {"cpu_ms": round(spent_ms, 3)}} if timing else {})


@app.command("export")
def export(
    quote: Annotated[str, typer.Argument(help="Id of a quote.")],
    tenant: Annotated[str | None, typer.Option(help="Tenant; needed when several.")] = None,
) -> None:
    """Print the planning case behind a quote, which `case solve` solves to the same plans."""
    from api.commands.api_key import find_tenant
    from api.wiring import from_environment
    from routing.flows.export_case import export_case

    try:
        quote_id = QuoteId(UUID(quote))
    except ValueError:
        raise invalid("QUOTE", f"{quote!r} is not an id") from None
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), read_only=True) as session:
        case = export_case(session, quote_id)
    typer.echo(json.dumps(case, separators=(",", ":")))


@app.command("check")
def check(
    case: Annotated[str, typer.Argument(help="JSON or JSON Lines file of cases.")],
    answer: Annotated[str, typer.Argument(help="File of answers, in the same order.")],
) -> None:
    """Verify answers independently of the solver: exit 0 when right, 1 when not."""
    cases = []
    for row, document in read_documents(case):
        try:
            _refuse_malformed(document)
        except InvalidInput as error:
            raise placed(error, case, row) from None
        cases.append(document)
    try:
        answers = [document for _, document in read_documents(answer)]
    except InvalidInput as error:
        errors = [f"answer: {error.message}"]
    else:
        errors = []
        if len(answers) != len(cases):
            errors.append(f"{len(answers)} answers to {len(cases)} cases")
        for one, reply in zip(cases, answers, strict=False):
            is_wave = one["schema"] == WAVE_SCHEMA
            found = check_wave(one, reply) if is_wave else check_answer(one, reply)
            errors += [f"{one['id']}: {text}" for text in found] if len(cases) > 1 else found
    typer.echo(json.dumps({"ok": not errors} | ({"errors": errors} if errors else {})))
    if errors:
        raise typer.Exit(1)


def _refuse_malformed(document: object) -> None:
    if isinstance(document, dict) and document.get("schema") == WAVE_SCHEMA:
        wave_from_case(document)
    else:
        problem_from_case(document)


def placed(error: InvalidInput, file: str, row: int | None) -> InvalidInput:
    """The same faults with the file (and line, if several) they are in."""
    name = "-" if file == "-" else Path(file).name
    faults = error.faults or (Fault("case", error.message),)
    return InvalidInput(
        "; ".join(str(Fault(one.field, one.reason, name, row)) for one in faults[:3])
    )


def read_documents(file: str) -> Iterator[tuple[int | None, Any]]:
    """(line number, document) of a JSON file (line None) or of each line of a JSON Lines file.

    A row of the samples, `{"case": …, "frontier": …}`, stands for its case.
    """
    if file == "-":
        text = sys.stdin.read()
    else:
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{file}: can't be read ({type(error).__name__})") from None
    whole = text.strip()
    if not whole:
        raise InvalidInput(f"{file}: is empty")
    lines = [(n, one) for n, one in enumerate(whole.split("\n"), 1) if one.strip()]
    if len(lines) > 1 and _is_json(lines[0][1]):
        for number, line in lines:
            yield number, _unwrap(_parse(line, f"{file}:{number}"))
    else:
        yield None, _unwrap(_parse(whole, file))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parse(text: str, place: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if isinstance(error, ValueError) else "nested too deep"
        raise InvalidInput(f"{place}: is not JSON: {reason}") from None


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _unwrap(document: Any) -> Any:
    if isinstance(document, dict) and "schema" not in document:
        for key in ("case", "wave"):
            if isinstance(document.get(key), dict):
                return document[key]
    return document
