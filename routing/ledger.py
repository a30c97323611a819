"""The chain that seals the promise ledger: what was promised can't be changed without being found.

Each seal holds the hash of its entries and of the seal before. Entries are hashed over canonical
JSON, so that a corrupted one is named, not only noticed.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.errors import invalid

FIRST = "0" * 64
"""What the first seal has before it."""

NOT_SEALED = 0
"""In the place of a seal's number: the promise is in none yet."""


class LedgerFaultKind(StrEnum):
    """What can be wrong with a ledger."""

    ENTRY_CHANGED = "entry_changed"
    ENTRY_MISSING = "entry_missing"
    SEAL_CHANGED = "seal_changed"
    SEAL_MISSING = "seal_missing"
    HEAD_MISSING = "head_missing"
    """There are seals, and nothing says which is the newest."""
    ORDER_WITHOUT_PROMISE = "order_without_promise"


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """One broken place: the seal's number, and the promise or order where one is to blame."""

    kind: LedgerFaultKind
    seal: int
    promise: str | None = None
    order: str | None = None

    def __str__(self) -> str:
        batch = "not sealed yet" if self.seal == NOT_SEALED else f"seal {self.seal}"
        where = batch + (f", promise {self.promise}" if self.promise else "")
        where = f"order {self.order}" if self.order else where
        return f"{where}: {self.kind.value.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A promise in a seal, with the hash it had when it was sealed."""

    promise: str
    hash: str


@dataclass(frozen=True, slots=True)
class Seal:
    """One batch: numbered from 1, closed at an instant."""

    number: int
    sealed_at: datetime  # UTC
    previous: str
    entries: tuple[SealedEntry, ...]  # ordered by promise
    hash: str


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """The newest seal as somebody noted it: a ledger that lacks it was cut, or rewritten."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


def parse_head(text: str) -> LedgerHead:
    """The head that `str` wrote; raises InvalidInput for anything else."""
    told = re.fullmatch(r"([1-9][0-9]{0,8}):([0-9a-f]{64})", text.strip())
    if told is None:
        raise invalid("head", "a head is a seal's number, a colon and its hash of 64 signs")
    return LedgerHead(int(told[1]), told[2])


def check_head(seals: Sequence[Seal], head: LedgerHead) -> list[LedgerFault]:
    """Whether the ledger still has that seal, as it was; those after it are not asked."""
    found = [seal for seal in seals if seal.number == head.number]
    if not found:
        return [LedgerFault(LedgerFaultKind.SEAL_MISSING, head.number)]
    if any(seal.hash != head.hash for seal in found):
        return [LedgerFault(LedgerFaultKind.SEAL_CHANGED, head.number)]
    return []


def entry_hash(content: Mapping[str, object]) -> str:
    """SHA-256 of the content as JSON with sorted keys; values are strings, numbers, lists."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def seal_hash(
    number: int, sealed_at: datetime, previous: str, entries: Iterable[SealedEntry]
) -> str:
    """SHA-256 over the seal's number, instant, predecessor and entries in order."""
    lines = [str(number), sealed_at.isoformat(), previous]
    lines += [f"{entry.promise} {entry.hash}" for entry in entries]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def next_seal(number: int, sealed_at: datetime, previous: str, hashes: Mapping[str, str]) -> Seal:
    """Close a batch of promises (id to hash) after the seal whose hash is `previous`."""
    entries = tuple(SealedEntry(promise, hashes[promise]) for promise in sorted(hashes))
    return Seal(
        number, sealed_at, previous, entries, seal_hash(number, sealed_at, previous, entries)
    )


def check_chain(seals: Sequence[Seal], present: Mapping[str, str]) -> list[LedgerFault]:
    """Everything that is wrong: `present` has the hash of each promise as it stands now.

    A seal that was changed is named once; the following ones are judged by what they state.
    """
    faults: list[LedgerFault] = []
    previous = FIRST
    for expected, seal in enumerate(sorted(seals, key=lambda seal: seal.number), start=1):
        if seal.number != expected and not any(f.kind == "seal_missing" for f in faults):
            faults.append(LedgerFault(LedgerFaultKind.SEAL_MISSING, expected))
        stated = seal_hash(seal.number, seal.sealed_at, seal.previous, seal.entries)
        broken = stated != seal.hash or (seal.number == expected and seal.previous != previous)
        if broken:
            faults.append(LedgerFault(LedgerFaultKind.SEAL_CHANGED, seal.number))
        for entry in seal.entries:
            found = present.get(entry.promise)
            if found is None:
                faults.append(
                    LedgerFault(LedgerFaultKind.ENTRY_MISSING, seal.number, entry.promise)
                )
            elif found != entry.hash:
                faults.append(
                    LedgerFault(LedgerFaultKind.ENTRY_CHANGED, seal.number, entry.promise)
                )
        previous = seal.hash
    return faults


def written_id(stored: object) -> str:
    """As promises are named, whichever way a database writes ids; what is no id as it stands."""
    try:
        return str(UUID(str(stored)))
    except ValueError:
        return str(stored)
