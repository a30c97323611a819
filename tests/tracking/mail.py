"""A mail server for tests, in this process: keeps what it takes, refuses or drops on demand."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax


class Postman:
    """aiosmtpd's handler; `refuse_rcpt` and `answer_data` are the server's answers."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.refuse_rcpt = ""
        self.answer_data = "250 taken"
        self.hang_up_after_data = False
        self.refuse_data = ""  # instead of 354, before a byte of the message

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.refuse_rcpt:
            return self.refuse_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.answer_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content, policy=default))
        if self.hang_up_after_data:
            server.transport.abort()  # type: ignore[union-attr]
        return self.answer_data


class _Server(SMTP):
    """aiosmtpd's server, which may also refuse the command DATA itself."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        refusal = self.event_handler.refuse_data
        if refusal:
            await self.push(refusal)
        else:
            await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(postman: Postman) -> Iterator[str]:
    """The URL of a running server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = _Controller(postman, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
