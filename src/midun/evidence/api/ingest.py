"""The hot path: deposits without Django's request stack, on Granian's RSGI, several processes if need be.

Only the two addresses that deposit are answered here; everything else is the web process's. Tokens are looked up in
the database at most every five seconds each, everything that needs database or log goes to a thread.
"""

import asyncio
import gc
import os
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "midun.config.settings")

import django

django.setup()

from django.db import close_old_connections  # noqa: E402  # after setup

from midun.evidence.api import answers, auth, bodies, deposits  # noqa: E402  # after setup
from midun.evidence.api.answers import Response  # noqa: E402  # after setup
from midun.evidence.api.bodies import Bad  # noqa: E402  # after setup
from midun.evidence.engine.door import Unavailable  # noqa: E402  # after setup
from midun.evidence.engine.link import Link  # noqa: E402  # after setup
from midun.evidence.engine.place import Place  # noqa: E402  # after setup
from midun.evidence.services.logs import open_log  # noqa: E402  # after setup
from midun.evidence.services.tokens import digest_of  # noqa: E402  # after setup

SINGLE, BATCH = "/api/v1/deposits", "/api/v1/deposits:batch"
_HEADERS = [
    ("content-type", answers.JSON),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
]
_COLLECT = 50_000
_T = TypeVar("_T")


class _Ingest:
    """One event loop's state."""

    def __init__(self) -> None:
        self._cache = auth.Cache()
        self._link: Link | None = None

    async def answer(self, scope: Any, proto: Any) -> Response:
        """The answer to a request."""
        path = scope.path
        if path not in (SINGLE, BATCH):
            raise Bad(HTTPStatus.NOT_FOUND, "not_found", "这里只受理存证")
        if scope.method != "POST":
            raise Bad(HTTPStatus.METHOD_NOT_ALLOWED, "method", "请用 POST")
        headers = scope.headers
        caller = await self._caller(headers.get("authorization") or "")
        limit = bodies.MAX_BATCH if path == BATCH else bodies.MAX_SINGLE
        if int(headers.get("content-length") or 0) > limit:
            raise Bad(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"请求超过 {limit} 字节，请分批提交")
        body = await proto()
        request, wanted = deposits.request_from(
            caller,
            body,
            batch=path == BATCH,
            content_type=headers.get("content-type") or "",
            key=headers.get("idempotency-key") or "",
        )
        if wanted:
            await _in_thread(lambda: deposits.fill_projects(caller, wanted, auth.projects_named))
        if not self._cache.first_use(caller.token):
            request.token = 0
        link = self._link or await self._find_log()
        try:
            reply = await link.deposit(request)
        except Unavailable as gone:
            self._link = None
            raise answers.unavailable() from gone
        answers.raise_refused(reply)
        if path == SINGLE:
            fresh = answers.one_fresh(reply)
            if fresh is not None:
                return fresh
            number = reply.answer.placed[0].number
            return await _in_thread(lambda: answers.one_read(number, duplicate=True))
        if not request.proofs:
            return answers.compact(reply)
        return await _in_thread(lambda: answers.many(reply))

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


async def _in_thread(act: Callable[[], _T]) -> _T:
    def run() -> _T:
        try:
            return act()
        finally:
            close_old_connections()

    return await asyncio.to_thread(run)


_ingest = _Ingest()
# What was loaded lives as long as the process: the collector need not walk it again and again.
gc.freeze()
gc.set_threshold(_COLLECT)


async def application(scope: Any, proto: Any) -> None:
    """Granian's entry point (RSGI)."""
    if scope.proto != "http":
        return
    try:
        response = await _ingest.answer(scope, proto)
    except Bad as bad:
        response = answers.refusal(bad)
    headers = [*_HEADERS, *((name.lower(), value) for name, value in response.headers.items())]
    proto.response_bytes(response.status, headers, response.body)
