"""Builds a running Lanewise from its settings: the only place that picks adapters."""

import base64
import binascii
import contextlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from api.logs import standard_error
from api.settings import Settings, read_settings
from core.clock import Clock, SystemClock
from core.errors import InvalidInput, Unavailable, invalid
from core.ids import Entropy, TenantId
from store.session import Sessions, open_engine

if TYPE_CHECKING:
    from api.carrier_adapters import TenantCarriers
    from carriers.ports import Carrier

KEY_BYTES = 32


@dataclass
class Lanewise:
    """Everything that doors and workers are given; adapters are made when first asked for."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    entropy: Entropy = os.urandom
    durable: bool = True
    """False for rehearsals: their database can be made again, so SQLite need not wait for disks."""

    @cached_property
    def secret(self) -> bytes:
        """The installation's key: from the setting, else from the file that `init` made."""
        if self.settings.secret_key is not None:
            return decode_key(self.settings.secret_key)
        path = self.settings.var / "secret.key"
        try:
            text = path.read_bytes().decode(errors="replace").strip()
        except FileNotFoundError:
            raise InvalidInput(
                f"no secret key: run `lanewise init`, or set LANEWISE_SECRET_KEY ({path} is absent)",
                code="not_initialized",
            ) from None
        except OSError as error:
            raise Unavailable(f"cannot read {path}: {error.strerror}") from None
        return decode_key(text, str(path))

    @cached_property
    def sessions(self) -> Sessions:
        engine = open_engine(self.settings.resolved_database_url, durable=self.durable)
        return Sessions(engine, self.clock, self.entropy, self.secret)

    @cached_property
    def carriers(self) -> "dict[str, Carrier]":
        """Every shared carrier by name; imported when first asked for."""
        from api.carrier_adapters import make_carriers
        from carriers.ports import Recovery

        return make_carriers(
            self.settings.sandbox_url, self.clock, Recovery(self.settings.sandbox_recovery)
        )

    def carriers_of(self, tenant: TenantId) -> "dict[str, Carrier]":
        """The carriers of a tenant by name: the shared ones, and its own contracts as they stand now."""
        return self._tenant_carriers.of(tenant, self.carriers)

    @cached_property
    def _tenant_carriers(self) -> "TenantCarriers":
        from api.carrier_adapters import TenantCarriers

        return TenantCarriers(self.sessions)


def decode_key(text: str, where: str = "LANEWISE_SECRET_KEY") -> bytes:
    """32 bytes from base64 or hex; raises InvalidInput, saying where it stood, otherwise."""
    for decode in (bytes.fromhex, base64.b64decode):
        try:
            key = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise invalid(where, "needs 32 bytes in base64 or hex")


def make_var(settings: Settings) -> None:
    """Make the data folder, and the secret key in it unless one is set or there."""
    try:
        settings.var.mkdir(parents=True, exist_ok=True)
        path = settings.var / "secret.key"
        if settings.secret_key is None and not path.exists():
            _write_private(path, base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n")
    except OSError as error:
        where = error.filename or settings.var
        raise Unavailable(f"cannot write {where}: {error.strerror}") from None


def _write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, for its owner only; one that is there already stays."""
    draft = path.with_suffix(f".{os.urandom(8).hex()}")  # nobody else writes this one
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):  # two first starts at once
            os.link(draft, path)
    finally:
        draft.unlink()


def from_environment(clock: Clock | None = None) -> Lanewise:
    """A Lanewise as the process's environment describes it; logs go to standard error."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(standard_error()))
    return Lanewise(read_settings(os.environ), clock or SystemClock())
