"""Writes notices into a folder instead of sending them: for the demo, tests and a first try."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from core.errors import Unavailable
from tracking.ports import Message


class SinkChannel:
    """One `.txt`, `.html` and `.json` a notice, named by its key: writing it again changes nothing."""

    name = "sink"
    repeats_safely = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message, before_sending: Callable[[], None]) -> None:
        """See `NoticeChannel.send`; a file is whole or not there."""
        before_sending()
        about = {
            "key": message.key,
            "to": message.to,
            "language": message.language,
            "subject": message.subject,
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(f"{message.key}.txt", message.text)
            self._write(f"{message.key}.html", message.html)
            self._write(f"{message.key}.json", json.dumps(about, ensure_ascii=False) + "\n")
        except OSError as error:
            raise Unavailable(f"cannot write a notice: {error.strerror}") from error

    def _write(self, name: str, content: str) -> None:
        unfinished = self._folder / f".{name}.{os.getpid()}"
        unfinished.write_text(content, encoding="utf-8")
        unfinished.replace(self._folder / name)
