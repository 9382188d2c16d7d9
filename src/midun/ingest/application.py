"""The hot path: deposits without Django's request stack, several processes if need be (`workers.py`).

Only the two addresses that deposit are answered here; everything else is the web process's. Tokens are looked up in
the database at most every five seconds each, everything that needs database or log goes to a thread. A plain deposit
by a caller who is believed is handed on and answered without a task of its own: that is what most calls are.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

from django.db import close_old_connections

from midun.evidence.api import answers, auth, bodies, deposits
from midun.evidence.api.answers import Response
from midun.evidence.api.bodies import Bad
from midun.evidence.engine.door import Unavailable
from midun.evidence.engine.place import Place
from midun.evidence.numbers import prefix_from
from midun.evidence.receipts import fresh
from midun.evidence.services.logs import open_log
from midun.evidence.services.tokens import digest_of
from midun.ingest.link import Link
from midun.lib.exchange import ENTRY, Answer, Request
from midun.lib.exchange.singles import KNOWN
from midun.lib.http1 import Connection, Head

SINGLE, BATCH = "/api/v1/deposits", "/api/v1/deposits:batch"
HEADERS = f"content-type: {answers.JSON}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n".encode()
_HTTP_REFUSALS = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "请求不是 HTTP/1.1，请核对客户端"),
    HTTPStatus.REQUEST_TIMEOUT: ("timeout", "请求没有及时传完，请重试"),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("bad_request", "请求头过长"),
}
_T = TypeVar("_T")


class Ingest:
    """One event loop's application (`http1.Application`)."""

    def __init__(self) -> None:
        self._cache = auth.Cache()
        self._link: Link | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def limit(self, head: Head) -> int:
        """How many bytes the body may have."""
        return bodies.MAX_BATCH if head.path == BATCH else bodies.MAX_SINGLE

    def refuse(self, connection: Connection, status: HTTPStatus, head: Head | None) -> None:
        """Answer what is no request, or too large a one."""
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and head is not None:
            respond(connection, answers.refusal(bodies.too_large(self.limit(head))))
            return
        code, message = _HTTP_REFUSALS[status]
        respond(connection, answers.refusal(Bad(status, code, message)))

    def take(self, connection: Connection, head: Head, body: bytes) -> None:
        """Answer a request."""
        if time.monotonic() < head.until or self._believe(head):
            found, link = bodies.plain(body), self._link
            if found is not None and link is not None and link.ready:
                kind, claimed_at, commitment = found
                caller: Any = head.known
                link.single(_Asked(self, connection), caller.tenant, kind, claimed_at, commitment)
                return
        self.start(self._general(connection, head, body))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let work go on by itself."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _believe(self, head: Head) -> bool:
        """Whether the head is that of a plain deposit by a caller who was looked up within five seconds."""
        if head.path != SINGLE or head.method != "POST" or b"idempotency-key" in head.headers:
            return False
        since, caller = self._cache.found(head.get(b"authorization"))
        try:
            head.known = auth.check(caller, now=time.time(), deposits=True)
        except Bad:
            return False
        head.until = since + auth.BELIEVED
        left = head.known.expires_at - time.time()
        head.until = min(head.until, time.monotonic() + left)
        return time.monotonic() < head.until

    async def _general(self, connection: Connection, head: Head, body: bytes) -> None:
        try:
            response = await self._answer(head, body)
        except Bad as bad:
            response = answers.refusal(bad)
        except Exception:
            respond(connection, answers.refusal(answers.unavailable()))
            raise
        respond(connection, response)

    async def _answer(self, head: Head, body: bytes) -> Response:
        if head.path not in (SINGLE, BATCH):
            raise Bad(HTTPStatus.NOT_FOUND, "not_found", "这里只受理存证")
        if head.method != "POST":
            raise Bad(HTTPStatus.METHOD_NOT_ALLOWED, "method", "请用 POST")
        caller = await self._caller(head.get(b"authorization"))
        request, wanted = deposits.request_from(
            caller,
            body,
            batch=head.path == BATCH,
            content_type=head.get(b"content-type"),
            key=head.get(b"idempotency-key"),
        )
        if wanted:
            await _in_thread(lambda: deposits.fill_projects(caller, wanted, auth.projects_named))
        if not self._cache.first_use(caller.token):
            request.token = 0
        return await self._deposited(request, single=head.path == SINGLE)

    async def _deposited(self, request: Request, *, single: bool) -> Response:
        link = self._link or await self._find_log()
        try:
            reply = await link.deposit(request)
        except Unavailable as gone:
            self._link = None
            raise answers.unavailable() from gone
        answers.raise_refused(reply)
        if single:
            found = answers.one_fresh(reply)
            if found is not None:
                return found
            number = reply.answer.placed[0].number
            return await _in_thread(lambda: answers.one_read(number, duplicate=True))
        if not request.proofs:
            return answers.compact(reply)
        return await _in_thread(lambda: answers.many(reply))

    async def read(self, connection: Connection, number: int) -> None:
        """Answer with the receipt of what was deposited before."""
        try:
            response = await _in_thread(lambda: answers.one_read(number, duplicate=True))
        except Exception:
            respond(connection, answers.refusal(answers.unavailable()))
            raise
        respond(connection, response)

    def close(self) -> None:
        """Give up the connection to the process that appends."""
        if self._link is not None:
            self._link.close()

    def lost(self) -> None:
        """The connection to the process that appends is gone: the next call looks for it anew."""
        self._link = None

    async def _caller(self, header: str) -> auth.Caller:
        known, caller = self._cache.known(header)
        if not known:
            digest = digest_of(auth.secret_in(header))
            caller = await _in_thread(lambda: auth.look_up(digest))
            self._cache.keep(header, caller)
        return auth.check(caller, now=time.time(), deposits=True)

    async def _find_log(self) -> Link:
        """The open log's process, asked for again whenever the connection was lost."""
        log = await _in_thread(open_log)
        if log is None:
            raise answers.unavailable()
        self._link = self._link or Link(Place.of(log.number).socket)
        return self._link


class _Asked:
    """A plain deposit that the engine was asked for (`link.Waiter`)."""

    __slots__ = ("_connection", "_ingest")

    def __init__(self, ingest: Ingest, connection: Connection) -> None:
        self._ingest = ingest
        self._connection = connection

    def placed(self, number: int, leaf: bytes, piece: bytes, at: int, checkpoint: bytes) -> None:
        """It is in the log."""
        duplicate = number >= KNOWN
        if duplicate:
            number &= ~KNOWN
            if not piece:
                self._ingest.start(self._ingest.read(self._connection, number))
                return
        receipt = fresh(
            number=number,
            prefix=prefix_from(leaf),
            entry=piece[:ENTRY],
            lines=piece[ENTRY:],
            note=checkpoint,
            at=at,
            duplicate=duplicate,
        )
        self._connection.respond(200 if duplicate else 201, receipt)

    def refused(self, answer: Answer | None) -> None:
        """It was not taken, or nobody knows."""
        if answer is None:
            self._ingest.lost()
        respond(self._connection, answers.refusal(answers.unavailable() if answer is None else answers.refused(answer)))


def respond(connection: Connection, response: Response) -> None:
    """Send a whole answer."""
    lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in response.headers.items())
    connection.respond(response.status, response.body, lines.encode("latin-1"))


async def _in_thread(act: Callable[[], _T]) -> _T:
    def run() -> _T:
        try:
            return act()
        finally:
            close_old_connections()

    return await asyncio.to_thread(run)
