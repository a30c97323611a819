"""Runs the sandbox carrier's real HTTP server in a thread: for tests and the conformance kit."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.sandbox_carrier import create_app
from core.clock import Clock


@contextmanager
def running_sandbox(
    clock: Clock | None = None, *, hang_s: float = 5.0
) -> Iterator[tuple[str, object]]:
    """(base URL, the FastAPI app) of a server on a free port; `hang_s` is a time-out's length."""
    app = create_app(7, clock=clock, hang_s=hang_s)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    started = threading.Event()
    original = server.startup

    async def startup(*args: object, **kwargs: object) -> None:
        await original(*args, **kwargs)  # type: ignore[arg-type]
        started.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", app
    finally:
        server.force_exit = True
        server.should_exit = True
        thread.join(10)
