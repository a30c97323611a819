"""`lanewise sandbox-carrier`: runs the simulated carrier's HTTP server."""

import socket
import sys
from typing import Annotated

import typer

from core.errors import InvalidInput, Unavailable

app = typer.Typer()


@app.command()
def sandbox_carrier(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8790,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="Seed: the same calls give the same carrier.")] = 1,
    api_key: Annotated[str, typer.Option(help="Key that callers must show.")] = "sandbox",
) -> None:
    """Run the simulated carrier: books, labels, tracks, and fails on demand. Nothing is kept."""
    import uvicorn

    from api.sandbox_carrier import create_app

    if not 0 <= port <= 65535:
        raise InvalidInput(f"--port {port} is not a port (0 to 65535)")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Unavailable(f"cannot listen on {host}:{port}: {error.strerror}") from None
    taken = listener.getsockname()[1]
    print(f"sandbox carrier on http://{host}:{taken} (seed {seed})", file=sys.stderr)  # noqa: T201
    config = uvicorn.Config(create_app(seed, api_key=api_key), log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])
