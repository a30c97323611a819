"""Settings from environment variables `LANEWISE_*`: read once, checked whole, documented.

An unknown or invalid variable stops the start with one line. `docs/reference/settings.md` and
`.env.example` are generated from this module.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import Fault, InvalidInput

VERSION = "0.1.0"
PREFIX = "LANEWISE_"
NOT_OURS = ("LANEWISE_TEST_",)  # read by the test runner alone


class Settings(BaseModel):
    """Every setting; the variable's name is the field's in upper case after `LANEWISE_`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(
        "sqlite:///{var}/lanewise.db",
        description="SQLite or PostgreSQL URL; `{var}` stands for the data folder.",
        examples=["postgresql://lanewise:secret@db.example/lanewise"],
    )
    var: Path = Field(
        Path("var"), description="Folder for data, secrets and output of the embedded default."
    )
    secret_key: str | None = Field(
        None,
        description="32 bytes in base64 or hex that wrap the keys of persons and sign links. "
        "Default: made at `init` and kept in `{var}/secret.key`, readable by the owner only.",
    )
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8700, ge=0, le=65535, description="Port that `serve` listens on; 0 = any.")
    public_url: str | None = Field(
        None, description="Base of the links in notices and labels. Default: host and port."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged, to standard error."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="`auto` is console on a terminal and JSON elsewhere."
    )
    worker_in_process: bool = Field(
        True, description="Run background work inside `serve`; off when `worker` runs apart."
    )
    plan_workers: int = Field(
        0, ge=0, le=256, description="Planning processes; 0 = one a core, at most 4."
    )
    plan_queue: int = Field(
        64, ge=1, le=100_000, description="Quotes admitted at once; beyond it 503 at once."
    )
    plan_timeout_s: int = Field(
        10, ge=1, le=600, description="Deadline of any other planning call; then 503."
    )
    quote_budget_ms: int = Field(
        3000,
        ge=100,
        le=60_000,
        description="Time a quote may take to plan; then a degraded one is told, within it.",
    )
    rate_limit_per_minute: int = Field(
        6000, ge=1, description="Requests a minute that one API key may make."
    )
    max_body_bytes: int = Field(
        20_000_000, ge=1024, description="Largest request body; beyond it 413."
    )
    smtp_url: str | None = Field(
        None,
        description="`smtp://user:password@host:587` (STARTTLS when offered) or `smtps://`. "
        "Default: notices are written to `{var}/outbox`.",
    )
    mail_from: str = Field(
        "Lanewise <no-reply@lanewise.example>", description="Sender of e-mail notices."
    )
    sandbox_url: str | None = Field(
        None,
        description="Where the sandbox carrier's server answers. Default: `serve` starts one.",
    )
    sandbox_recovery: Literal["key", "look_up", "neither"] = Field(
        "key",
        description="How the sandbox carrier's lost answers are resolved: by the idempotency key, by "
        "looking up our reference, or by a person.",
    )
    webhook_tolerance_s: int = Field(
        300, ge=1, description="Age at which a signed webhook counts as stale."
    )
    olist: Path | None = Field(
        None, description="Folder with Olist-format orders for the demo and `import-olist`."
    )
    shared: Path | None = Field(
        None, description="Folder with benchmark data and carrier specifications, for `bench`."
    )

    @field_validator("smtp_url")
    @classmethod
    def _smtp_scheme(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("smtp://", "smtps://")):
            raise ValueError("must begin with smtp:// or smtps://")
        return value

    @property
    def resolved_database_url(self) -> str:
        return self.database_url.replace("{var}", str(self.var))


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment; raises InvalidInput naming each bad variable."""
    given: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name.startswith(NOT_OURS):
            continue
        field = name[len(PREFIX) :].lower()
        if field not in Settings.model_fields:
            faults.append(Fault(name, "is not a setting of Lanewise"))
        elif value != "":
            given[field] = value
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        for item in error.errors():
            place = PREFIX + str(item["loc"][0]).upper() if item["loc"] else PREFIX
            faults.append(Fault(place, item["msg"].removeprefix("Value error, ").lower()))
        raise InvalidInput(faults=faults, code="settings") from None
    if faults:
        raise InvalidInput(faults=faults, code="settings")
    return settings


def settings_reference() -> str:
    """The reference page, in Markdown."""
    lines = [
        "# Settings",
        "",
        "Environment variables, read once at the start. An unknown or invalid one stops the start.",
        "Generated by `lanewise settings --write`; do not edit.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "–" if field.default is None else f"`{field.default}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def settings_example() -> str:
    """`.env.example`: every variable, commented out, with its default."""
    lines = ["# Every setting with its default; generated by `lanewise settings --write`.", ""]
    for name, field in Settings.model_fields.items():
        lines.append(f"# {field.description}")
        default = field.default
        if isinstance(default, bool):
            default = str(default).lower()
        lines.append(f"#{PREFIX}{name.upper()}={'' if default is None else default}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
