"""The chain over the promise ledger finds and names every change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from routing.ledger import (
    FIRST,
    LedgerFaultKind,
    LedgerHead,
    Seal,
    SealedEntry,
    check_chain,
    check_head,
    entry_hash,
    next_seal,
    parse_head,
)

START = datetime(2026, 3, 2, tzinfo=UTC)


def _chain(batches: int = 3) -> tuple[list[Seal], dict[str, str]]:
    seals: list[Seal] = []
    present: dict[str, str] = {}
    previous = FIRST
    for number in range(1, batches + 1):
        batch = {f"p{number}{k}": entry_hash({"id": number * 10 + k}) for k in range(2)}
        seals.append(next_seal(number, START + timedelta(minutes=number), previous, batch))
        present |= batch
        previous = seals[-1].hash
    return seals, present


def test_an_untouched_chain_has_no_faults() -> None:
    seals, present = _chain()
    assert check_chain(seals, present | {"not sealed yet": "x"}) == []
    assert check_chain([], {}) == []


def test_a_changed_promise_is_named() -> None:
    seals, present = _chain()
    faults = check_chain(seals, present | {"p21": "0" * 64})
    assert [(f.kind, f.seal, f.promise) for f in faults] == [
        (LedgerFaultKind.ENTRY_CHANGED, 2, "p21")
    ]
    assert str(faults[0]) == "seal 2, promise p21: entry changed"


def test_a_deleted_promise_is_named() -> None:
    seals, present = _chain()
    del present["p10"]
    assert [(f.kind, f.promise) for f in check_chain(seals, present)] == [
        (LedgerFaultKind.ENTRY_MISSING, "p10")
    ]


def test_a_removed_seal_is_found() -> None:
    seals, present = _chain()
    kinds = [fault.kind for fault in check_chain([seals[0], seals[2]], present)]
    assert LedgerFaultKind.SEAL_MISSING in kinds


@given(st.sampled_from(["entries", "sealed_at", "previous", "hash", "entry hash"]))
def test_a_changed_seal_is_found_whatever_was_changed(what: str) -> None:
    seals, present = _chain()
    second = seals[1]
    match what:
        case "entries":
            changed = replace(second, entries=second.entries[:1])
        case "sealed_at":
            changed = replace(second, sealed_at=second.sealed_at + timedelta(days=1))
        case "previous":
            changed = replace(second, previous=FIRST)
        case "hash":
            changed = replace(second, hash="f" * 64)
        case _:
            entry = SealedEntry("p20", "0" * 64)
            changed = replace(second, entries=(entry, second.entries[1]))
    faults = check_chain([seals[0], changed, seals[2]], present)
    assert LedgerFaultKind.SEAL_CHANGED in {fault.kind for fault in faults}
    assert 2 in {fault.seal for fault in faults}


def test_a_batch_rewritten_with_its_own_seal_breaks_the_next() -> None:
    seals, present = _chain()
    forged = next_seal(2, seals[1].sealed_at, seals[0].hash, {"p20": "0" * 64})
    faults = check_chain([seals[0], forged, seals[2]], present | {"p20": "0" * 64})
    assert (LedgerFaultKind.SEAL_CHANGED, 3) in {(fault.kind, fault.seal) for fault in faults}


def test_the_order_of_columns_does_not_matter_to_a_hash() -> None:
    assert entry_hash({"a": 1, "b": "x"}) == entry_hash({"b": "x", "a": 1})
    assert entry_hash({"a": 1}) != entry_hash({"a": 2})
    assert len(entry_hash({})) == 64


def test_a_head_reads_back_and_anything_else_is_refused() -> None:
    seals, _ = _chain()
    head = LedgerHead(3, seals[-1].hash)
    assert parse_head(f" {head}\n") == head
    assert check_head(seals, head) == []
    for text in ("", "3", "0:" + "a" * 64, f"3:{'A' * 64}", f"x:{seals[-1].hash}"):
        with pytest.raises(InvalidInput):
            parse_head(text)
