"""`lanewise serve`: API and pages, with background work in the same process unless told otherwise."""

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Annotated

import typer
from sqlalchemy import select

from api.commands.api_key import find_tenant
from api.commands.output import progress
from api.demo.house import demo_house
from api.demo.thread import play_thread
from api.logs import set_up_logs
from api.preconditions import check_all
from api.settings import Settings, read_settings
from api.wiring import Lanewise, from_environment
from api.worker import Worker
from core.errors import InvalidInput, Unavailable
from core.executor import PlanExecutor
from store.keys import create_key, revoke_key
from store.tables import ApiKeyRow

app = typer.Typer()
DEMO_KEY = "serve --demo"


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Open the demo's data, and print a key for it.")
    ] = False,
) -> None:
    """Serve API and pages until SIGTERM or Ctrl-C; background work stops after the job at hand."""
    if demo:
        open_demo()
    lanewise = from_environment()

    def tell(address: str) -> None:
        progress(f"Lanewise answers at {address}")
        if demo:
            print_doors(lanewise, address)

    serve_until_told(lanewise, host, port, tell=tell)


def serve_until_told(
    lanewise: Lanewise,
    host: str | None,
    port: int | None,
    *,
    tell: Callable[[str], None],
    plan_apart: bool = True,
) -> None:
    """Answer until a signal ends it; `tell` gets the address once the port is open.

    Carts are planned in processes of their own, unless `plan_apart` says otherwise.
    """
    settings = lanewise.settings
    set_up_logs(settings)
    check_all(lanewise)
    listener = open_port(host or settings.host, settings.port if port is None else port)
    with ending_orderly(), background_work(lanewise) as worker:
        tell(f"http://{listener.getsockname()[0]}:{listener.getsockname()[1]}")
        if not plan_apart:
            run_server(lanewise, listener, worker)
            return
        with planning_processes(settings) as (executor, standby):
            run_server(lanewise, listener, worker, executor, standby)


def open_demo() -> None:
    """Point this process and its children at the demo's folder; plays act one if it is empty."""
    settings = read_settings(os.environ)
    folder = settings.var / "demo"
    if not (folder / "lanewise.db").exists():
        progress("no demo data yet: playing its first act")
        set_up_logs(settings.model_copy(update={"log_level": "error"}))
        with demo_house(settings) as house:
            play_thread(house)
    os.environ["LANEWISE_VAR"] = str(folder)


def print_doors(lanewise: Lanewise, address: str) -> None:
    """The demo's links, and a fresh key that replaces the one of the start before."""
    tenant = find_tenant(lanewise, None)
    with lanewise.sessions(tenant, actor="serve") as session:
        for row in session.scalars(select(ApiKeyRow).where(ApiKeyRow.name == DEMO_KEY)):
            if row.revoked_at is None:
                revoke_key(session, row.id)
        _, key = create_key(session, DEMO_KEY)
    doors = (
        ("checkout playground", "/checkout"),
        ("warehouse", "/warehouse"),
        ("desk", "/desk"),
        ("API documentation", "/docs"),
    )
    for name, path in doors:
        progress(f"  {name:<20} {address}{path}")
    progress(f"  {'key (sign in, API)':<20} {key}")


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket; raises Unavailable with the reason when the port cannot be had."""
    if not 0 <= port <= 65535:
        raise InvalidInput(f"--port {port} is not a port (0 to 65535)")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise Unavailable(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


@contextlib.contextmanager
def ending_orderly() -> Iterator[None]:
    """SIGTERM leaves the block as an exception does, so that all that was opened is closed.

    uvicorn catches the signal, finishes its requests and raises it again: by default that would
    end the process there and then, with a job at hand and the lead not handed over.
    """

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def background_work(lanewise: Lanewise) -> Iterator[Worker | None]:
    """A worker in this process, if the settings say so, stopped gracefully at the end."""
    if not lanewise.settings.worker_in_process:
        yield None
        return
    worker = Worker(lanewise)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


@contextlib.contextmanager
def planning_processes(settings: Settings) -> Iterator[tuple[PlanExecutor, PlanExecutor]]:
    """Processes that plan carts, as many as the settings say, and one that answers degraded."""
    from api.executors.process_pool import ProcessPoolExecutor
    from api.planning import prepare_apart, worker_count

    workers = worker_count(settings.plan_workers)
    executor = ProcessPoolExecutor(
        workers, admitted=settings.plan_queue, deadline_s=settings.plan_timeout_s
    )
    standby = ProcessPoolExecutor(1, admitted=settings.plan_queue)
    executor.prepare(prepare_apart)
    standby.prepare(prepare_apart)
    try:
        yield executor, standby
    finally:
        executor.close()
        standby.close()


def run_server(
    lanewise: Lanewise,
    listener: socket.socket,
    worker: Worker | None,
    executor: PlanExecutor | None = None,
    standby: PlanExecutor | None = None,
) -> None:
    """Run uvicorn on the open socket until a signal ends it."""
    import uvicorn

    from api.main import create_app

    config = uvicorn.Config(
        create_app(lanewise, worker=worker, executor=executor, standby=standby),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[listener])
