"""From a request's bytes to what the engine is asked, the same for Django and for ingest."""

import hashlib
from collections.abc import Callable, Mapping
from uuid import UUID

from midun.evidence.api import bodies
from midun.evidence.api.auth import Caller
from midun.evidence.engine.committer import request_key
from midun.lib.exchange import Request

Projects = Callable[[int | None, set[UUID]], Mapping[UUID, int]]


def request_from(
    caller: Caller, body: bytes, *, batch: bool, content_type: str, key: str
) -> tuple[Request, list[bodies.Wanted]]:
    """The request of a call, and those of its items that name a project still to be found. Raises `Bad`."""
    key = bodies.check_key(key)
    wanted: list[bodies.Wanted] = []
    binary = batch and content_type.partition(";")[0].strip().lower() == bodies.BINARY
    if binary:
        request = Request(caller.tenant, token=caller.token, proofs=False, units=bodies.check_packed(body))
    else:
        wanted = bodies.many(body) if batch else [bodies.one(body)]
        request = Request(caller.tenant, [each.item for each in wanted], caller.token)
        wanted = [each for each in wanted if each.project is not None]
    if key:
        request.key = request_key(caller.tenant, key)
        request.body = hashlib.sha256((b"1" if batch else b"0") + body).digest()
    return request, wanted


def fill_projects(caller: Caller, wanted: list[bodies.Wanted], find: Projects) -> None:
    """Put the projects' primary keys into the items. Raises `Bad` if one is not the caller's."""
    found = find(caller.enterprise, {each.project for each in wanted if each.project is not None})
    for each in wanted:
        if each.project is not None:
            each.item.project = found[each.project]
