"""What the two pages of a hand-off share."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from midun.deposits.handoff_file import handoff_zip
from midun.deposits.models import HandOff
from midun.deposits.stages import Stages, name_of
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest


def find_handoff(request: PageRequest, handoff: uuid.UUID) -> HandOff:
    """One the actor may see."""
    found: HandOff = get_object_or_404(HandOff.objects.visible_to(request.actor).with_names(), uuid=handoff)
    return found


def context_of(handoff: HandOff) -> dict[str, Any]:
    """The deposits with their stages, and how many of them are not final yet."""
    stages = Stages()
    rows = [(deposit, name_of(deposit), stages.of(deposit)) for deposit in handoff.listed()]
    return {"handoff": handoff, "rows": rows, "unfinished": sum(not stage.is_final for _, _, stage in rows)}


def zip_of(request: PageRequest, handoff: HandOff) -> HttpResponse:
    """The file for the notary, to save."""
    name = f"移交公证-{handoff.created_at:%Y%m%d}-{str(handoff.uuid)[:8]}.zip"
    return download(handoff_zip(handoff, at=request.at), name, "application/zip")
