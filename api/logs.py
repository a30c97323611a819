"""Structured logs to standard error: JSON for machines, lines for people; ids, never names."""

import io
import logging
import sys
from typing import TextIO, cast

import structlog

from api.settings import Settings


class _StandardError(io.TextIOBase):
    """Standard error as it is at the moment of writing."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def standard_error() -> TextIO:
    """For logs: what a command says on standard output stays data."""
    return cast("TextIO", _StandardError())


def set_up_logs(settings: Settings) -> None:
    """Configure structlog, and the standard library's loggers at warning."""
    level = getattr(logging, settings.log_level.upper())
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    on_terminal = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(standard_error()),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        cache_logger_on_first_use=True,
    )
