"""The API behind Django: the same answers as ingest, one call at a time."""

import json
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from midun.evidence.api import answers, auth, deposits
from midun.evidence.api.answers import Response
from midun.evidence.api.bodies import MAX_BATCH, Bad
from midun.evidence.api.description import description
from midun.evidence.api.endpoint import endpoint
from midun.evidence.bundles import bundle_of
from midun.evidence.engine import door
from midun.evidence.engine.place import Place
from midun.evidence.models import Deposit
from midun.evidence.receipts import receipt_of
from midun.evidence.services.logs import open_log
from midun.kernel.web.page import PageRequest, page


@endpoint("POST", deposits=True)
def deposit(request: HttpRequest, caller: auth.Caller) -> Response:
    """POST /api/v1/deposits."""
    reply, _ = _ask(request, caller, batch=False)
    return answers.one_fresh(reply) or answers.one_read(reply.answer.placed[0].number, duplicate=True)


@endpoint("POST", deposits=True)
def batch(request: HttpRequest, caller: auth.Caller) -> Response:
    """POST /api/v1/deposits:batch."""
    reply, proofs = _ask(request, caller, batch=True)
    return answers.many(reply) if proofs else answers.compact(reply)


def _ask(request: HttpRequest, caller: auth.Caller, *, batch: bool) -> tuple[door.Reply, bool]:
    if int(request.headers.get("Content-Length") or 0) > MAX_BATCH:
        raise Bad(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"请求超过 {MAX_BATCH} 字节，请分批提交")
    kind, key = request.headers.get("Content-Type", ""), request.headers.get("Idempotency-Key", "")
    asked, wanted = deposits.request_from(caller, request.body, batch=batch, content_type=kind, key=key)
    deposits.fill_projects(caller, wanted, auth.projects_named)
    log = open_log()
    if log is None:
        raise answers.unavailable()
    try:
        reply = door.ask(Place.of(log.number).socket, asked)
    except door.Unavailable as gone:
        raise answers.unavailable() from gone
    answers.raise_refused(reply)
    return reply, asked.proofs


@endpoint("GET", "HEAD", deposits=False)
def receipt(_request: HttpRequest, caller: auth.Caller, number: UUID) -> Response:
    """GET /api/v1/deposits/{id}: the receipt at its present stage."""
    data = receipt_of(_own(caller, number)).data()
    return Response(HTTPStatus.OK, json.dumps(data, ensure_ascii=False).encode())


@endpoint("GET", "HEAD", deposits=False)
def bundle(_request: HttpRequest, caller: auth.Caller, number: UUID) -> Response:
    """GET /api/v1/deposits/{id}/bundle: the proof bundle at the present stage."""
    data = bundle_of(_own(caller, number), at=timezone.now(), site=settings.MIDUN_BASE_URL)
    name = f"midun-{number}.zip"
    headers = {"Content-Type": "application/zip", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(HTTPStatus.OK, data, headers)


def _own(caller: auth.Caller, number: UUID) -> Deposit:
    found = Deposit.objects.unscoped("a program asks for its tenant's own").filter(tenant_id=caller.tenant)
    deposit: Deposit | None = found.with_id(number).select_related("tenant__enterprise").first()
    if deposit is None:
        raise Bad(HTTPStatus.NOT_FOUND, "not_found", "没有这条存证，请核对编号")
    return deposit


@page(public=True)
def described(_request: PageRequest) -> HttpResponse:
    """GET /api/v1/openapi.json."""
    return JsonResponse(description(), json_dumps_params={"ensure_ascii": False})
