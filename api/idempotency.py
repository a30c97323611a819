"""`Idempotency-Key`: a retried change is done once and answered alike, even after a kill.

The key is claimed under a short lease in a transaction of its own. The change and its answer are
then written in one transaction: whoever dies before that commit has changed nothing, and a retry
does the work once the lease has run out; whoever dies after it left the answer to be replayed. A
refused request changes nothing and keeps nothing: its key may be used again.

Kept answers are sealed under the installation's key: they may hold a fresh API key.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, Header
from pydantic import BaseModel
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api.callers import Allow, Visit
from api.problems import HttpError
from core.errors import WrongMasterKey
from store.session import add_if_new, new_id, now
from store.tables import IdempotencyRow

LEASE = timedelta(seconds=60)  # longer than any request lives
NONCE_BYTES = 12  # AES-GCM, NIST SP 800-38D

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A fresh value for each change you mean (e.g. a UUID); repeat it on retries. "
        "Required.",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        examples=["7f2c9c0e-58a1-4a55-9d0d-0b8a9f5f6c11"],
    ),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a change answers: a model or bytes, with its status and headers."""

    content: BaseModel | bytes | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def body(self) -> bytes:
        if self.content is None:
            return b""
        if isinstance(self.content, bytes):
            return self.content
        return self.content.model_dump_json(exclude_none=True).encode()


async def _raw_body(request: Request) -> bytes:
    return await request.body()


@dataclass(frozen=True, slots=True)
class Change:
    """One authenticated request that changes something, once."""

    visit: Visit
    key: str
    request_hash: bytes

    def once(self, work: Callable[[Session], Answer]) -> Response:
        """Do `work` in a transaction that also keeps its answer; or replay the kept answer."""
        kept = self._claim()
        if kept is not None:
            return kept
        return self.finish(work)

    def begin(self) -> Response | None:
        """Claim the key; the kept answer if there is one. For changes of several transactions."""
        return self._claim()

    def finish(self, work: Callable[[Session], Answer]) -> Response:
        """Do the last transaction of a claimed change and keep its answer with it."""
        try:
            with self.visit.writing() as session:
                answer = work(session)
                body = answer.body()
                headers = {**answer.headers, "Content-Type": answer.media_type}
                session.flush()
                done = session.execute(
                    update(IdempotencyRow)
                    .where(*self._mine(), IdempotencyRow.status.is_(None))
                    .values(status=answer.status, headers=headers, body=self._seal(body))
                )
                if not done.rowcount:  # type: ignore[attr-defined]
                    raise HttpError("in_progress")  # a twin took over an outlived lease
        except BaseException:
            self.release()
            raise
        return Response(body, answer.status, headers)

    def release(self) -> None:
        """Nothing was changed: let the key be used again."""
        with self.visit.writing() as session:
            session.execute(
                delete(IdempotencyRow).where(*self._mine(), IdempotencyRow.status.is_(None))
            )

    def _cipher(self) -> AESGCM:
        secret = self.visit.lanewise.secret
        return AESGCM(hmac.new(secret, b"lanewise kept answers", hashlib.sha256).digest())

    def _seal(self, body: bytes) -> bytes:
        nonce = self.visit.lanewise.entropy(NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, body, self.request_hash)

    def _open(self, sealed: bytes) -> bytes:
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher().decrypt(nonce, rest, self.request_hash)
        except InvalidTag as error:
            raise WrongMasterKey from error

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (
            IdempotencyRow.api_key_id == self.visit.caller.key_id,
            IdempotencyRow.key == self.key,
            IdempotencyRow.request_hash == self.request_hash,
        )

    def _claim(self) -> Response | None:
        key_id: UUID = self.visit.caller.key_id
        with self.visit.writing() as session:
            instant = now(session)
            fresh = add_if_new(
                session,
                IdempotencyRow,
                {
                    "id": new_id(session),
                    "api_key_id": key_id,
                    "key": self.key,
                    "request_hash": self.request_hash,
                    "headers": {},
                    "created_at": instant,
                    "lease_until": instant + LEASE,
                },
                ["tenant_id", "api_key_id", "key"],
            )
            if fresh:
                return None
            row = session.scalars(
                select(IdempotencyRow)
                .where(IdempotencyRow.api_key_id == key_id, IdempotencyRow.key == self.key)
                .with_for_update()
            ).one_or_none()
            if row is None:
                raise HttpError("in_progress", headers={"Retry-After": "1"})
            if row.request_hash != self.request_hash:
                raise HttpError("key_reused")
            if row.status is not None:
                headers = {**row.headers, "Idempotency-Replayed": "true"}
                return Response(self._open(row.body or b""), row.status, headers)
            if row.lease_until > instant:
                raise HttpError("in_progress", headers={"Retry-After": "1"})
            row.lease_until = instant + LEASE
            return None


def changing(scope: str, *, sellers: bool = False) -> Any:
    """`change: Change = changing("orders:write")` in an endpoint's signature."""
    allow = Allow(scope, sellers=sellers)

    async def change(
        request: Request,
        visit: Annotated[Visit, Depends(allow)],
        body: Annotated[bytes, Depends(_raw_body)],
        key: KeyHeader = None,
    ) -> Change:
        if key is None:
            raise HttpError("idempotency_key_missing")
        material = b"\0".join(
            (request.method.encode(), request.url.path.encode(), request.url.query.encode(), body)
        )
        return Change(visit, key, hashlib.sha256(material).digest())

    return Depends(change)
