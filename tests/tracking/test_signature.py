"""A webhook is believed only when its bytes, id and time are signed, and it is fresh."""

from datetime import UTC, datetime, timedelta

import pytest

from tracking.signature import Refusal, check_signature, read_secret, secret_text, signed_headers

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = b"s" * 32
RAW = b'{"scans": []}'


def _check(headers: dict[str, str], raw: bytes = RAW, at: datetime = NOW) -> Refusal | None:
    return check_signature(headers, raw, secret=SECRET, now=at, tolerance=timedelta(minutes=5))


def test_the_right_bytes_at_the_right_time_are_believed() -> None:
    assert _check(signed_headers(SECRET, "m1", NOW, RAW)) is None


def test_the_published_example_of_the_standard_verifies() -> None:
    # Standard Webhooks 1.0.0, reference libraries' test vector.
    secret = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert secret is not None
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    raw = b'{"test": 2432232314}'
    assert check_signature(headers, raw, secret=secret, now=at, tolerance=timedelta(1)) is None


def test_one_of_two_signatures_suffices_while_a_secret_changes() -> None:
    headers = signed_headers(SECRET, "m1", NOW, RAW)
    headers["webhook-signature"] = "v1,b2xk " + headers["webhook-signature"]
    assert _check(headers) is None


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"webhook-signature": ""}, Refusal.NO_SIGNATURE),
        ({"webhook-id": "m2"}, Refusal.FORGED),
        ({"webhook-signature": "v1,AAAA"}, Refusal.FORGED),
        ({"webhook-signature": "v1,é"}, Refusal.FORGED),
        ({"webhook-timestamp": "soon"}, Refusal.BAD_TIMESTAMP),
        ({"webhook-timestamp": "²"}, Refusal.BAD_TIMESTAMP),
    ],
)
def test_a_changed_header_is_refused(change: dict[str, str], refusal: Refusal) -> None:
    assert _check(signed_headers(SECRET, "m1", NOW, RAW) | change) is refusal


def test_changed_bytes_are_forged_and_old_ones_stale() -> None:
    headers = signed_headers(SECRET, "m1", NOW, RAW)
    assert _check(headers, RAW + b" ") is Refusal.FORGED
    assert _check(headers, at=NOW + timedelta(minutes=6)) is Refusal.STALE
    assert _check(headers, at=NOW - timedelta(minutes=6)) is Refusal.STALE


def test_a_secret_reads_back() -> None:
    assert read_secret(secret_text(SECRET)) == SECRET
    assert read_secret("whsec_%%%") is None
