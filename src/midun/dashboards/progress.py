"""How a campaign goes: by unit against the plan, by day, and the latest records. Reads only."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from midun.activities.models import Activity
from midun.campaigns import linked
from midun.campaigns.models import Campaign, CampaignUnit, PlanLine, PlanState
from midun.kernel.orgs.actor import Actor
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.statistics.templates import FormTemplate, template
from midun.publicity.models import NewsItem
from midun.visits.models import Visit

FORM = "shanghai-2023-annex2"
"""The form whose figures are shown where a campaign asks for none."""


@dataclass(frozen=True)
class Number:
    """One cell of the form with its value now. `part` says that it is contained in the one before it."""

    name: str
    label: str
    unit: str
    value: int
    part: bool


@dataclass(frozen=True)
class Item:
    """A numbered item of the form: its own number first, then those that stand under it."""

    number: str
    label: str
    numbers: tuple[Number, ...]


def period_of(campaign: Campaign) -> Period:
    """The days of the campaign."""
    return Period(campaign.start, campaign.end)


def form_of(campaign: Campaign) -> FormTemplate:
    """The form the campaign asks for first."""
    asked = campaign.required_forms.first()
    return template(asked.template if asked else FORM)


def items(campaign: Campaign, scope: Scope) -> list[Item]:
    """Every figure of the campaign's form, counted for a scope and grouped as the form groups them."""
    form, period = form_of(campaign), period_of(campaign)
    counted = {
        line.figure: Number(
            line.figure, line.label, line.unit, figures.get(line.figure).value(scope, period), line.part
        )
        for line in form.lines
    }
    return [
        Item(
            head.number,
            head.label,
            tuple(counted[line.figure] for line in form.lines if line is head or line.parent == head.number),
        )
        for head in form.lines
        if not head.parent
    ]


@dataclass(frozen=True)
class UnitProgress:
    """One unit: lines planned, lines carried out (a record points at them, or the unit said so), events and visits."""

    unit_id: int
    name: str
    planned: int
    done: int
    events: int
    visits: int

    @property
    def share(self) -> int:
        """Per cent of the planned lines that are carried out; 0 without a plan."""
        return round(100 * self.done / self.planned) if self.planned else 0

    @property
    def stage(self) -> int:
        """0 nothing yet, 1 begun, 2 half, 3 nearly, 4 all: the colour step of the tile."""
        if not self.planned:
            return 1 if self.events + self.visits else 0
        return min(4, (self.share + 24) // 25) if self.done else 0


def by_unit(campaign: Campaign, actor: Actor) -> list[UnitProgress]:
    """Progress of every participating unit the actor sees, in the order of the annex. A fixed number of queries."""
    units = list(
        CampaignUnit.objects.visible_to(actor).filter(campaign=campaign).select_related("unit").order_by("order", "pk")
    )
    lines = PlanLine.objects.visible_to(actor).live().filter(campaign=campaign, state=PlanState.APPROVED)
    planned: dict[int, int] = dict(lines.values_list("unit").annotate(n=Count("pk")).order_by())
    carried = lines.filter(linked.has_records(actor) | Q(done_at__isnull=False))
    done: dict[int, int] = dict(carried.values_list("unit").annotate(n=Count("pk")).order_by())
    days = Q(day__range=(campaign.start, campaign.end))
    events, visits = (
        dict(model.objects.visible_to(actor).live().filter(days).values_list("unit").annotate(n=Count("pk")).order_by())
        for model in (Activity, Visit)
    )
    return [
        UnitProgress(
            u.unit_id,
            u.unit.label,
            planned.get(u.unit_id, 0),
            done.get(u.unit_id, 0),
            events.get(u.unit_id, 0),
            visits.get(u.unit_id, 0),
        )
        for u in units
    ]


def by_day(campaign: Campaign, actor: Actor, *, until: date) -> list[tuple[date, int, int]]:
    """For each day of the campaign up to `until`: how many events and how many visits took place."""
    last = min(campaign.end, max(until, campaign.start))
    days = Q(day__range=(campaign.start, last))
    events, visits = (
        dict(model.objects.visible_to(actor).live().filter(days).values_list("day").annotate(n=Count("pk")).order_by())
        for model in (Activity, Visit)
    )
    span = [campaign.start + timedelta(days=n) for n in range((last - campaign.start).days + 1)]
    return [(day, events.get(day, 0), visits.get(day, 0)) for day in span]


@dataclass(frozen=True)
class Latest:
    """A line of the ticker."""

    day: date
    kind: str
    unit: str
    text: str
    url: str


def latest(campaign: Campaign, actor: Actor, *, limit: int = 20) -> list[Latest]:
    """The newest events, visits and news of the campaign's days."""
    days = Q(day__range=(campaign.start, campaign.end))
    found: list[Latest] = []
    for model, kind in ((Activity, "活动"), (Visit, "走访"), (NewsItem, "报道")):
        records = model.objects.visible_to(actor).live().filter(days).select_related("unit").order_by("-day", "-pk")
        if model is Visit:
            records = records.select_related("unit", "enterprise")
        for record in records[:limit]:
            text = f"走访{record.enterprise.name}" if model is Visit else record.title
            found.append(Latest(record.day, kind, record.unit.label, text, record.get_absolute_url()))
    return sorted(found, key=lambda item: item.day, reverse=True)[:limit]
