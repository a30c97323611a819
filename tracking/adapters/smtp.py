"""Sends notices as e-mail over SMTP, with a deadline on every step and no second sending in doubt."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from urllib.parse import unquote, urlsplit

from core.errors import Unavailable, invalid
from tracking.ports import Message, SendingRefused, SendingUncertain

STEP_S = 10.0  # how long any single answer of the server may take


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail leaves, read from `smtp://user:password@host:587` or `smtps://…`."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """Raises InvalidInput for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise invalid("smtp_url", "must be smtp://host:port or smtps://host:port")
        is_tls = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            parts.port or (465 if is_tls else 587),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            is_tls,
        )


class SmtpChannel:
    """E-mail. A reader may see a repeated message twice, so doubt is never answered by repeating."""

    name = "smtp"
    repeats_safely = False

    def __init__(self, server: SmtpServer, sender: str, *, step_s: float = STEP_S) -> None:
        self._server = server
        self._sender = sender
        self._step_s = step_s

    def send(self, message: Message, before_sending: Callable[[], None]) -> None:
        """See `NoticeChannel.send`; the step that cannot be taken back is DATA."""
        mail = _mail(message, self._sender)
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise _not_sent(error) from error
        try:
            self._address(connection, mail, message.to)
            before_sending()
            self._data(connection, mail)
        finally:
            _leave(connection)

    def _connect(self) -> smtplib.SMTP:
        server, tls = self._server, ssl.create_default_context()
        if server.is_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._step_s, context=tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._step_s)
        try:
            connection.ehlo()
            if not server.is_tls and connection.has_extn("starttls"):
                connection.starttls(context=tls)
                connection.ehlo()
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _address(self, connection: smtplib.SMTP, mail: EmailMessage, to: str) -> None:
        try:
            envelope = mail["From"].addresses[0].addr_spec
            for code, answer in (connection.mail(envelope), connection.rcpt(to)):
                if code >= 500:
                    raise SendingRefused(f"the mail server refused: {code}", code="smtp_refused")
                if code >= 300:
                    raise Unavailable(f"the mail server wants a later try: {code} {answer[:80]!r}")
        except (OSError, smtplib.SMTPException) as error:
            raise _not_sent(error) from error

    def _data(self, connection: smtplib.SMTP, mail: EmailMessage) -> None:
        try:
            code, _ = connection.data(mail.as_bytes(policy=SMTP_POLICY))
        except smtplib.SMTPDataError as error:  # refused before a byte of the message
            code = error.smtp_code
        except (OSError, smtplib.SMTPException) as error:
            raise SendingUncertain(
                f"no answer after the message: {type(error).__name__}"
            ) from error
        if code >= 500:
            raise SendingRefused(f"the mail server refused: {code}", code="smtp_refused")
        if code >= 300:
            raise Unavailable(f"the mail server wants a later try: {code}")


def _mail(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP_POLICY)
    try:
        to = Address(addr_spec=message.to)
        mail["From"] = sender
        mail["To"] = to
        mail["Subject"] = message.subject
    except (HeaderParseError, ValueError, IndexError) as error:
        raise SendingRefused("the address is not one of e-mail", code="bad_address") from error
    domain = mail["From"].addresses[0].domain
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _not_sent(error: Exception) -> Unavailable:
    return Unavailable(f"the mail server does not answer: {type(error).__name__}", code="smtp_down")


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()
