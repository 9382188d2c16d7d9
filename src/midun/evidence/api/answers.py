"""Writing what programs get: receipts and errors, from what the engine said."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from midun.evidence.api.bodies import Bad
from midun.evidence.engine.door import Reply
from midun.evidence.models import Deposit
from midun.evidence.numbers import index_of, prefix_from
from midun.evidence.receipts import fresh, receipt_of
from midun.lib.exchange import ENTRY, Answer, Placed, Status
from midun.lib.tlog.merkle import SHA256

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(bad: Bad) -> Response:
    """The answer to a request that is refused."""
    text = json.dumps({"error": {"code": bad.code, "message": bad.message}}, ensure_ascii=False)
    headers = {"Retry-After": str(bad.retry_after)} if bad.retry_after else {}
    if bad.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(bad.status, text.encode(), headers)


_REFUSALS = {
    Status.KEY_REUSED: (HTTPStatus.CONFLICT, "key_reused", "该 Idempotency-Key 已用于内容不同的请求，请换一个"),
    Status.OVER_DAY: (HTTPStatus.TOO_MANY_REQUESTS, "quota_day", "今日存证条数已达上限，请明日再来或联系平台调整"),
    Status.OVER_MINUTE: (HTTPStatus.TOO_MANY_REQUESTS, "quota_minute", "提交过快，请按 Retry-After 的秒数稍后再来"),
    Status.FULL: (HTTPStatus.TOO_MANY_REQUESTS, "busy", "排队已满，请按 Retry-After 的秒数稍后再来"),
    Status.STOPPED: (HTTPStatus.SERVICE_UNAVAILABLE, "log_stopped", "存证日志暂停服务，稍后重试；重复提交不会重复存证"),
    Status.NO_PROJECT: (HTTPStatus.UNPROCESSABLE_ENTITY, "no_project", "没有这个研发过程，请核对编号"),
    Status.NO_TENANT: (HTTPStatus.FORBIDDEN, "no_tenant", "该企业尚未开通存证"),
}


def unavailable() -> Bad:
    """Nobody appends right now."""
    status, code, message = _REFUSALS[Status.STOPPED]
    return Bad(status, code, message, 2)


def refused(answer: Answer) -> Bad:
    """What the engine refused."""
    status, code, message = _REFUSALS[answer.status]
    return Bad(status, code, message, answer.retry_after)


def raise_refused(reply: Reply) -> None:
    """Raise `Bad` for what the engine refused."""
    if reply.answer.status is not Status.ACCEPTED:
        raise refused(reply.answer)


def one_fresh(reply: Reply) -> Response | None:
    """The answer to one deposit if the engine said everything; None if the receipt must be read from the log."""
    placed = reply.answer.placed[0]
    if not placed.piece:
        return None
    return Response(HTTPStatus.OK if placed.duplicate else HTTPStatus.CREATED, _fresh(reply, placed))


def one_read(number: int, *, duplicate: bool) -> Response:
    """The answer about a deposit, read from database and log."""
    return Response(HTTPStatus.OK, _read(number, duplicate=duplicate))


def many(reply: Reply) -> Response:
    """The answer to a batch with proofs; reads what was deposited before."""
    texts = [
        _fresh(reply, placed) if placed.piece else _read(placed.number, duplicate=True)
        for placed in reply.answer.placed
    ]
    new = any(not placed.duplicate for placed in reply.answer.placed)
    body = b'{"receipts": [' + b", ".join(texts) + b"]}"
    return Response(HTTPStatus.CREATED if new else HTTPStatus.OK, body)


def compact(reply: Reply) -> Response:
    """The answer to a binary batch: an index per commitment and the checkpoint that covers them."""
    answer = reply.answer
    indexes, duplicates = list(map(index_of, answer.numbers)), answer.duplicates
    first = None
    if not duplicates:
        first = indexes[0]
    elif duplicates < len(indexes):
        first = next(index_of(one.number) for one in answer.placed if not one.duplicate)
    found = {"first": first, "indexes": indexes, "duplicates": duplicates, "checkpoint": reply.checkpoint.decode()}
    body = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return Response(HTTPStatus.OK if first is None else HTTPStatus.CREATED, body.encode())


def _fresh(reply: Reply, placed: Placed) -> bytes:
    entry, lines = placed.piece[:ENTRY], placed.piece[ENTRY:]
    return fresh(
        number=placed.number,
        prefix=prefix_from(SHA256.leaf(entry)),
        entry=entry,
        lines=lines.replace(b"\n", b"\\n"),
        note=reply.checkpoint,
        at=reply.answer.at,
        duplicate=placed.duplicate,
    )


def _read(number: int, *, duplicate: bool) -> bytes:
    deposit = Deposit.objects.unscoped("the engine named it as the caller's own").get(pk=number)
    return json.dumps(receipt_of(deposit, duplicate=duplicate).data(), ensure_ascii=False).encode()
