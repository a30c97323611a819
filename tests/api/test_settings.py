"""Settings: every bad variable is named, generated pages are fresh."""

import pytest

from api.commands.settings import settings as settings_command
from api.settings import read_settings
from core.errors import InvalidInput


def test_defaults_need_no_environment() -> None:
    assert read_settings({}).resolved_database_url == "sqlite:///var/lanewise.db"


def test_every_bad_variable_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settings({"LANEWISE_PORT": "x", "LANEWISE_SMTP_URL": "ftp://x", "LANEWISE_FOO": "1"})
    assert {fault.field for fault in caught.value.faults} == {
        "LANEWISE_PORT",
        "LANEWISE_SMTP_URL",
        "LANEWISE_FOO",
    }


def test_the_generated_pages_are_fresh() -> None:
    settings_command(write=False, check=True)
