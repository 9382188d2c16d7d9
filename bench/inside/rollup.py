"""The roll-up, measured in the product's own process."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.inside.bulk import settle
from bench.inside.byhand import Subtree, statements
from bench.inside.country import AT, person
from bench.inside.memory import peak
from bench.inside.month import END, START, TABLES, Size, fill
from bench.inside.timing import queries, timed
from midun.activities.kinds import Kind
from midun.activities.people import Person
from midun.activities.services import events, participants, sign_in
from midun.campaigns.campaign_templates import load_templates
from midun.campaigns.models import Campaign
from midun.campaigns.services import campaigns
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.statistics import figures, recount
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.statistics.models import DayCount, StatForm
from midun.reporting.services import open_forms

ACTOR = system_actor("基准测试")


class NotEqual(Exception):
    """The product and the statement written by hand do not agree."""


def prepare(*, share: float, units: int) -> dict[str, Any]:
    """Draw the month, build the counts, open the nation's forms."""
    start = perf_counter()
    fill(Size(units=units).times(share))
    filled = perf_counter()
    for node in recount.kept_nodes():
        recount.rebuild(node, actor=ACTOR, at=AT, reason="基准测试数据")
    counted = perf_counter()
    settle([DayCount])
    launch()
    return {
        "rows": {model.__name__: model.objects.unscoped("bench").count() for model in TABLES},
        "fill_seconds": filled - start,
        "recount_seconds": counted - filled,
        "counts": DayCount.objects.unscoped("bench").count(),
    }


def launch() -> None:
    """The nation's campaign of June 2025 with its forms."""
    nation = Organisation.objects.unscoped("bench").get(pk=1)
    template = load_templates()["national-2025"]
    campaign = campaigns.create_from_template(template=template, organiser=nation, actor=ACTOR, at=AT)
    campaigns.launch(campaign=campaign, actor=ACTOR, at=AT)
    open_forms(campaign, actor=ACTOR, at=AT)


def scopes() -> dict[str, Jurisdiction]:
    """The nation, its first province, the last district."""
    nodes = Jurisdiction.objects.unscoped("bench").order_by("pk")
    return {"nation": nodes[0], "province": nodes[1], "district": nodes.reverse()[0]}


def measure(*, rounds: int) -> dict[str, Any]:
    """Seconds per figure: the product's, a recount from the records, by hand. Raises `NotEqual`."""
    before = peak()
    found = {name: _scope(node, rounds) for name, node in scopes().items()}
    after = peak()
    return {"scopes": found, "pages": _pages(rounds), "memory_before": before, "memory": after}


def _scope(node: Jurisdiction, rounds: int) -> list[dict[str, Any]]:
    period, scope = Period(START, END), Scope(node.path)
    by_hand = statements(Subtree(node.path, node.parent_id is None, START, END))
    names = StatForm.objects.unscoped("bench")[0].content.figures
    found = []
    for name in names:
        figure = figures.get(name)
        value, product = timed(lambda f=figure: f.value(scope, period), rounds)
        counted, records = timed(lambda f=figure: sum(p.recount() for p in f.parts(scope, period)), rounds)
        expected, hand = timed(lambda n=name: _ask(by_hand[n]), rounds)
        if not value == counted == expected:
            raise NotEqual(f"{node.name} {name}: product {value}, records {counted}, by hand {expected}")
        found.append({"figure": name, "value": value, "product": product, "records": records, "hand": hand})
    return found


def _ask(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def _pages(rounds: int) -> list[dict[str, Any]]:
    """The pages of reporting that a nation's officer opens, through every middleware."""
    nation = Organisation.objects.unscoped("bench").get(pk=1)
    officer = orgs.grant(user=person("officer"), organisation=nation, role=Role.OFFICER, actor=ACTOR, at=AT)
    client = Client(headers={"host": "localhost"})
    client.force_login(officer.user)
    forms = StatForm.objects.unscoped("bench").order_by("pk")
    top, below = forms.get(unit=nation, own_only=False), forms.exclude(unit=nation)[0]
    campaign = Campaign.objects.unscoped("bench").get()
    wanted = {
        "统计表（全国）": reverse("reporting:form", args=(top.pk,)),
        "统计表（一省）": reverse("reporting:form", args=(below.pk,)),
        "各省对比": reverse("reporting:comparison", args=(campaign.pk,)),
        "参与人数的记录（全国）": reverse("reporting:drill", args=(top.pk, "pub_attendance")),
        "参与企业的记录（全国）": reverse("reporting:drill", args=(top.pk, "pub_enterprises")),
    }

    def opened(address: str) -> Callable[[], int]:
        return lambda: client.get(address).status_code

    found = []
    for title, address in wanted.items():
        status, seconds = timed(opened(address), rounds)
        if status != 200:
            raise NotEqual(f"{address} answers {status}")
        found.append({"page": title, "seconds": seconds, "queries": queries(opened(address))})
    return found


def acts(*, number: int) -> dict[str, float]:
    """Milliseconds per sign-in, with the counts following and without."""
    unit = Organisation.objects.unscoped("bench").select_related("jurisdiction").order_by("-jurisdiction__level")[0]
    activity = events.add(unit=unit, actor=ACTOR, at=AT, title="讲座", day=END, kind=Kind.LECTURE)
    door = sign_in.open_sign_in(activity, closes_at=AT + timedelta(hours=2), rotating=False, actor=ACTOR, at=AT)
    enterprises = list(Organisation.objects.unscoped("bench").enterprises().order_by("pk")[: 2 * number])
    following, alone = [], []
    for n, enterprise in enumerate(enterprises):
        bare = n % 2
        with patch.object(participants, "following", lambda *_: nullcontext()) if bare else nullcontext():
            start = perf_counter()
            _arrive(door.token, enterprise, n)
            (alone if bare else following).append(1000 * (perf_counter() - start))
    return {"following": median(following), "alone": median(alone)}


def _arrive(token: str, enterprise: Organisation, n: int) -> None:
    person = Person(
        name=f"来宾{n}", enterprise=enterprise.name, credit_code=enterprise.credit_code or "", phone=f"139{n:08d}"
    )
    sign_in.sign_in(token=token, person=person, ticket="", at=AT)
