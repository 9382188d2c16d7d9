"""Records to count, and forms to fill, made directly where the way they come about is not what is tested."""

from contextlib import contextmanager
from datetime import date

from django.db import transaction
from django.db.models import Q

from midun.activities import tallies
from midun.activities.kinds import Kind
from midun.activities.models import Activity, Participation
from midun.claims import services as claims
from midun.claims.models import Suggestion
from midun.kernel.orgs.actor import system_actor
from midun.kernel.statistics.counts import following
from midun.kernel.statistics.figures import Period
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services import filling, opening, steps
from midun.publicity.models import CaseState, GovReport, NewsItem, QuestionnaireHandout, TypicalCase
from midun.visits.models import Visit

JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))
TEMPLATE = "shanghai-2023-annex2"
DUE = date(2025, 7, 5)


@contextmanager
def undone():
    """A transaction that leaves nothing behind: one example of a property test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def event(unit, at, *, kind=Kind.PUBLICITY, day=date(2025, 6, 12), people=(), **more):
    """An event with participants, each the enterprise of a person (None for nobody's)."""
    given = {e.pk for e in people if e is not None}
    with following(tallies.new_event(unit, day), tallies.people(Q(unit=unit, day=day), given)):
        made = Activity.objects.create(unit=unit, created_at=at, kind=kind, title="活动", day=day, **more)
        Participation.objects.bulk_create(
            Participation(
                activity=made,
                number=n,
                enterprise=enterprise,
                is_enterprise=enterprise is not None,
                person_name=f"某{n}",
                identity=f"name:{n}",
                signed_in_at=at,
                method="staff",
                unit=unit,
                day=day,
                group=made.group,
            )
            for n, enterprise in enumerate(people, 1)
        )
    return made


def visit(unit, enterprise, at, *, day=date(2025, 6, 12)):
    return Visit.objects.create(unit=unit, enterprise=enterprise, created_at=at, day=day, visitors="某人")


def suggestion(unit, at, *, day=date(2025, 6, 12)):
    return Suggestion.objects.create(unit=unit, created_at=at, source="phone", topic="other", text="建议", given_on=day)


def claim(unit, enterprise, at, *, day=date(2025, 6, 12)):
    """A claim that was resolved on the day."""
    closed = at.replace(year=day.year, month=day.month, day=day.day)
    founder = system_actor("测试")
    made = claims.register(
        unit=unit,
        enterprise=enterprise,
        actor=founder,
        at=closed,
        raised_on=day,
        source="phone",
        topic="other",
        urgency="normal",
        title="求助",
    )
    claims.accept(made, actor=founder, at=closed)
    claims.close(made, resolved=True, reply="已解决", actor=founder, at=closed)
    return made


def handout(unit, at, *, day=date(2025, 6, 12), count=3):
    return QuestionnaireHandout.objects.create(
        unit=unit, created_at=at, title="问卷", day=day, channel="visit", count=count, note="走访"
    )


def news(unit, at, *, day=date(2025, 6, 12), level="city"):
    return NewsItem.objects.create(unit=unit, created_at=at, title="报道", medium="日报", level=level, day=day)


def report(unit, at, *, day=date(2025, 6, 12)):
    return GovReport.objects.create(
        unit=unit, created_at=at, title="报告", kind="report", addressee="市政府", sent_on=day
    )


def case(unit, at, author, reviewer, *, day=date(2025, 6, 12)):
    return TypicalCase.objects.create(
        unit=unit,
        created_at=at,
        title="案例",
        decided_by="某局",
        year=2024,
        facts="案情",
        outcome="处理",
        state=CaseState.PUBLISHED,
        created_by=author,
        submitted_by=author,
        submitted_at=at,
        reviewed_by=reviewer,
        reviewed_at=at,
        published_at=at,
        published_by=reviewer,
        published_on=day,
    )


def form_of(cast, key, *, above=None, own_only=False, subject="campaigns.campaign:1", period=JUNE):
    """The form of an organisation of the cast."""
    made, _ = opening.open_form(
        subject=subject,
        subject_title="沪市“企业商业秘密保护能力提升服务月”活动",
        template_id=TEMPLATE,
        unit=cast.organisations[key],
        above=above,
        own_only=own_only,
        period=period,
        due_on=DUE,
        actor=cast.actor("city_officer"),
        at=cast.at,
    )
    return fresh(made)


def tree_of(cast):
    """The city's summary, and below it its own form, the districts' and the corps'."""
    summary = form_of(cast, "city_bureau")
    below = [form_of(cast, "city_bureau", above=summary, own_only=True)]
    below += [form_of(cast, key, above=summary) for key in ("east_bureau", "west_bureau", "corps")]
    return summary, below


def fresh(form):
    found = StatForm.objects.unscoped("test").select_related("unit__jurisdiction", "above__unit__jurisdiction")
    return found.get(pk=form.pk)


OFFICER_OF = {
    "东区市场监管局": "district_officer",
    "西区市场监管局": "other_district_officer",
    "沪市市场监管局": "city_officer",
    "沪市市场监管局执法总队": "corps_officer",
    "江省市场监管局": "province_officer",
    "市场监管总局": "nation_officer",
}


def filler(cast, form):
    return cast.actor(OFFICER_OF[form.unit.name])


def reviewer(cast, form):
    return cast.actor(OFFICER_OF[form.above.unit.name])


def hand_in(cast, form, at):
    now = fresh(form)
    steps.submit(now, version=now.version, actor=filler(cast, now), at=at)
    return fresh(form)


def accepted(cast, form, at):
    now = hand_in(cast, form, at)
    steps.accept(now, version=now.version, actor=reviewer(cast, now), at=at)
    return fresh(form)


def adjusted(cast, form, figure, value, reason, at):
    now = fresh(form)
    filling.adjust(now, version=now.version, figure=figure, value=value, reason=reason, actor=filler(cast, now), at=at)
    return fresh(form)


def frozen(cast, form, at, reason=""):
    now = fresh(form)
    steps.freeze(now, version=now.version, reason=reason, actor=filler(cast, now), at=at)
    return fresh(form)
