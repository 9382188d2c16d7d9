"""Data and people for the pages that are put under load."""

from typing import Any

from django.db import connection
from django.test import Client

from bench.inside.month import AT, Size, fill, person
from bench.inside.rollup import ACTOR, launch
from bench.inside.timing import queries
from midun.activities.models import Activity
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics import recount


def prepare(*, records: int, clients: int, paths: list[str]) -> dict[str, Any]:
    """Draw events, launch a campaign, sign officers of the nation in; returns their cookies and queries per page."""
    share = records / Size().activities
    fill(Size(units=300, most=1).times(share))
    for node in recount.kept_nodes():
        recount.rebuild(node, actor=ACTOR, at=AT, reason="基准测试数据")
    launch()
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
