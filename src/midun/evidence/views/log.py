"""The log's public files and its monitor page, for anybody."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from midun.evidence.engine.place import Place
from midun.evidence.forms import ConsistencyForm
from midun.evidence.models import Log
from midun.evidence.monitor import monitored, policy_text
from midun.evidence.services.logs import open_log
from midun.kernel.web.page import PageRequest, page
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.tiles import CHECKPOINT_PATH, parse_path

_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"
_FOREVER = "public, max-age=31536000, immutable"
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def _served(data: bytes | None, kind: str, cache: str) -> HttpResponse:
    if data is None:
        raise Http404
    return HttpResponse(data, headers={"Content-Type": kind, "Cache-Control": cache, **_OPEN})


def _log(number: int | None) -> Log:
    """The log of that number, closed or not; without one the log that is appended to."""
    found = open_log() if number is None else Log.objects.unscoped("logs are public").filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _store(number: int | None) -> FileStore:
    return FileStore(Place.of(_log(number).number).public)


@page(public=True)
def checkpoint(_request: HttpRequest, number: int | None = None) -> HttpResponse:
    """The newest checkpoint: the only file that changes."""
    return _served(_store(number).get(CHECKPOINT_PATH), _TEXT, "no-cache")


@page(public=True)
def tile(_request: HttpRequest, path: str, number: int | None = None) -> HttpResponse:
    """A tile or an entry bundle, for ever the same."""
    try:
        found = parse_path(f"tile/{path}")
    except Refused as refused:
        raise Http404 from refused
    return _served(_store(number).get(found.path), _BYTES, _FOREVER)


@page(public=True)
def policy(_request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Which keys sign this log and which witnesses the operator names (C2SP tlog-policy)."""
    return _served(policy_text(_log(number)).encode(), _TEXT, "no-cache")


@page(public=True)
def monitor(request: PageRequest, number: int | None = None) -> HttpResponse:
    """What the log is and how it is; of a closed one what it was."""
    log = open_log() if number is None else _log(number)
    form = ConsistencyForm(request.GET or None)
    shown = monitored(log, at=request.at, sizes=form.sizes() if form.is_valid() else None)
    status = HTTPStatus.OK if not form.errors else HTTPStatus.BAD_REQUEST
    return render(request, "evidence/monitor.html", {"form": form, **shown}, status=status)
