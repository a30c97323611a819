"""What a command says on standard output stays data, whoever configured logs in the process before."""

from pathlib import Path

import pytest
import structlog

from api.wiring import from_environment


def test_logs_go_to_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANEWISE_VAR", str(tmp_path))
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory())  # standard output
    try:
        from_environment()
        structlog.get_logger("new").error("said")
    finally:
        structlog.configure(**before)
    said = capsys.readouterr()
    assert said.out == "" and "said" in said.err
