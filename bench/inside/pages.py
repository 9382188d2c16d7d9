"""Data and people for the pages that are put under load."""

from typing import Any

from django.db import connection, transaction
from django.test import Client

from bench.inside.country import AT, person
from bench.inside.month import Size, fill
from bench.inside.rollup import ACTOR, launch
from bench.inside.timing import queries
from midun.activities.models import Activity
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics import recount
from midun.kernel.trail.services import Note, record_many
from midun.kernel.trail.verbs import Verb

_ACTS = 1000


def prepare(*, records: int, clients: int, paths: list[str]) -> dict[str, Any]:
    """Draw as many events as acts in the trail, launch a campaign, sign officers of the nation in.

    Returns their cookies and the queries per page.
    """
    share = records / Size().activities
    fill(Size(units=300, most=1).times(share))
    for node in recount.kept_nodes():
        recount.rebuild(node, actor=ACTOR, at=AT, reason="基准测试数据")
    launch()
    _acts(records)
    nation = Organisation.objects.unscoped("bench").get(pk=1)
    cookies, browser = [], Client(headers={"host": "localhost"})
    for n in range(clients):
        user = person(f"officer-{n}")
        orgs.grant(user=user, organisation=nation, role=Role.OFFICER, actor=ACTOR, at=AT)
        browser = Client(headers={"host": "localhost"})
        browser.force_login(user)
        cookies.append("; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items()))
    asked = {path: queries(lambda p=path: browser.get(p)) for path in paths}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {"cookies": cookies, "queries": asked, "events": Activity.objects.unscoped("bench").live().count()}


@transaction.atomic
def _acts(number: int) -> None:
    """Acts of people who are not among those that are signed in, as a trail of some years holds them."""
    acts = [Note(Verb.CHANGED, None, after={"summary": f"第 {n} 次修改"}, label="活动") for n in range(_ACTS)]
    for n in range(number // _ACTS):
        actor = Actor(user_id=10_000 + n % 97, user_name="经办人", membership_id=10_000 + n % 97, role=Role.OFFICER)
        record_many(acts, actor=actor, at=AT)
