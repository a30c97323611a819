"""`lanewise worker`: background work in a process of its own."""

import signal
import threading

import typer

from api.commands.output import progress
from api.logs import set_up_logs
from api.preconditions import check_all
from api.wiring import from_environment
from api.worker import Worker

app = typer.Typer()


@app.command()
def worker() -> None:
    """Run background work until SIGTERM or Ctrl-C; the job at hand is finished first."""
    lanewise = from_environment()
    set_up_logs(lanewise.settings)
    check_all(lanewise)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    running = Worker(lanewise)
    running.start()
    progress(f"worker {running.name} runs; Ctrl-C stops it")
    stop.wait()
    progress("stopping after the job at hand")
    running.stop()
