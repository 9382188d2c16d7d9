"""Finding the enterprise that a typed name or credit code means."""

import unicodedata
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from midun.activities.people import plain
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import add_organisation

_WHY = "names and credit codes of enterprises are public register data"


def find_enterprise(*, name: str, credit_code: str, near: str = "") -> Organisation | None:
    """The enterprise with this code; without a code the only one of this name (spaces and brackets aside).

    Where several have the name, the only one in the subtree at the path `near` is meant.
    """
    enterprises = Organisation.objects.unscoped(_WHY).enterprises()
    if credit_code:
        found: Organisation | None = enterprises.filter(credit_code=credit_code).first()
        return found
    same = list(enterprises.filter(name__in=_spellings(name)).select_related("jurisdiction")[:50]) if name else []
    same = [e for e in same if plain(e.name) == plain(name)]
    if len(same) > 1 and near:
        same = [e for e in same if e.jurisdiction.path.startswith(near)]
    return same[0] if len(same) == 1 else None


def _spellings(name: str) -> set[str]:
    narrow = "".join(unicodedata.normalize("NFKC", name).split())
    wide = narrow.replace("(", "（").replace(")", "）")
    bureaus = {wide.replace("市场监督管理局", "市场监管局"), wide.replace("市场监管局", "市场监督管理局")}
    return {name, name.strip(), narrow, wide, *bureaus}


def is_known_body(*, name: str, credit_code: str) -> bool:
    """Whether the name or code is that of a bureau, court, association…: somebody there, but no enterprise."""
    others = Organisation.objects.unscoped(_WHY).exclude(kind=OrganisationKind.ENTERPRISE)
    if credit_code and others.filter(credit_code=credit_code).exists():
        return True
    if not name:
        return False
    same = others.filter(Q(name__in=_spellings(name)) | Q(short_name__in=_spellings(name)))
    return bool(same.exists())


def enterprise_for(
    *, name: str, credit_code: str, node: Jurisdiction, actor: Actor, at: datetime
) -> Organisation | None:
    """As `find_enterprise`; an unknown enterprise with a name and a valid code is added to the directory at `node`.

    Only for officers: what a visitor types at the door never becomes an entry of the directory by itself.
    """
    found = find_enterprise(name=name, credit_code=credit_code, near=node.path)
    if found or not name or not credit_code or uscc.problem(credit_code):
        return found
    if Organisation.objects.unscoped(_WHY).filter(credit_code=credit_code).exists():
        return None  # the code belongs to a body that is not an enterprise
    try:
        with transaction.atomic():
            return add_organisation(
                actor=actor,
                at=at,
                kind=OrganisationKind.ENTERPRISE,
                name=name,
                credit_code=credit_code,
                jurisdiction=node,
            )
    except IntegrityError:
        return find_enterprise(name=name, credit_code=credit_code)


def suggest_enterprises(actor: Actor, query: str, limit: int = 12) -> list[Organisation]:
    """Enterprises of the actor's directory whose name contains the text or whose code begins with it."""
    query = query.strip()
    if not query:
        return []
    mine = Organisation.objects.visible_to(actor).enterprises().active()
    by_code = list(mine.filter(credit_code__startswith=uscc.normalise(query))[:limit]) if query.isascii() else []
    by_name = list(mine.filter(name__icontains=query).order_by("name")[:limit])
    return list({e.pk: e for e in (*by_code, *by_name)}.values())[:limit]
