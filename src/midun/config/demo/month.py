"""Two service months: June 2025, worked through to the frozen form, and the current month, just launched."""

import calendar
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from django.utils.timezone import localdate

from midun.campaigns.campaign_templates import load_templates
from midun.campaigns.models import Campaign, CampaignUnit, PlanLine
from midun.campaigns.services import campaigns, plan, review
from midun.config.demo import publish, records, words
from midun.config.demo.stage import Stage, on
from midun.config.demo.tree import DISTRICTS, WITHOUT_CODE
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services import steps
from midun.reporting.services import forms_of, open_forms

_UNITS = ("city", *DISTRICTS, *WITHOUT_CODE)
_BUSY = {"浦东新": 3, "city": 2, "黄浦": 2, "徐汇": 2, "闵行": 2}
"""How many rounds of work a unit did; one where it is not named."""


def last_year(stage: Stage) -> None:
    """June 2025: a plan, a month of work, forms accepted and frozen."""
    title = "上海市第三届“企业商业秘密保护能力提升服务月”"
    start, end = date(2025, 6, 1), date(2025, 6, 30)
    month = _campaign(stage, "national-2025", title, (start, end), at=on(date(2025, 5, 20), 10))
    for key in _UNITS:
        _plan(stage, month, stage.units[key])
        for turn in range(_BUSY.get(key, 1)):
            records.work(stage, stage.units[key], key, start + timedelta(days=2 + 8 * turn), turn, events=3)
    for key in ("office", "station"):
        records.work_below(stage, stage.units[key], date(2025, 6, 12))
    records.own_claim(stage, date(2025, 6, 11), 0)
    publish.of_city(stage, date(2025, 6, 18))
    stage.later(on(date(2025, 6, 27), 9), lambda at: open_forms(month, actor=stage.actor("city"), at=at))
    stage.run()
    _settle(stage, month)


def this_month(stage: Stage) -> None:
    """The current month: launched, forms open, some work done, no plan yet."""
    today = localdate(stage.now)
    start = today.replace(day=1)
    end = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    title = f"上海市“企业商业秘密保护能力提升服务月”（{today.year}年{today.month}月演示）"
    month = _campaign(stage, "shanghai-2023", title, (start, end), at=on(start, 8, 30))
    for key in ("浦东新", "黄浦", "静安", "临港新片区"):
        records.work(stage, stage.units[key], key, start, 1, events=2)
    records.work_below(stage, stage.units["station"], start)
    records.own_claim(stage, start + timedelta(days=1), 1)
    stage.later(on(start, 9), lambda at: open_forms(month, actor=stage.actor("city"), at=at))
    stage.run()


def read_old_notices(stage: Stage) -> None:
    """Nobody starts a demonstration with a year of unread notices."""
    first = on(localdate(stage.now).replace(day=1), 0)
    old = Notice.objects.unscoped("demonstration").filter(sent_at__lt=first, read_at__isnull=True)
    old.update(read_at=first)


def _campaign(stage: Stage, template: str, title: str, period: tuple[date, date], *, at: datetime) -> Campaign:
    actor, (start, end) = stage.actor("city"), period
    made = campaigns.create_from_template(
        template=load_templates()[template], organiser=stage.units["city"], year=start.year, actor=actor, at=at
    )
    fields = {"title": title, "start": start, "end": end, "plan_due_on": None}
    campaigns.change_campaign(campaign=made, version=made.version, fields=fields, actor=actor, at=at)
    due = [(f.template, end + timedelta(days=5)) for f in made.required_forms.all()]
    strands: list[tuple[int | None, str, str]] = [(s.pk, s.heading, s.keywords) for s in made.strands.order_by("order")]
    made.refresh_from_db()
    campaigns.set_headings(campaign=made, strands=strands, forms=due, actor=actor, at=at)
    made.refresh_from_db()
    campaigns.launch(campaign=made, actor=actor, at=at)
    made.refresh_from_db()
    return made


def _plan(stage: Stage, month: Campaign, unit: Organisation) -> None:
    """Three lines, submitted and approved before the month begins."""
    if not CampaignUnit.objects.unscoped("demonstration").filter(campaign=month, unit=unit).exists():
        return
    strands = list(month.strands.order_by("order"))
    actor = stage.officer(unit)

    def enter(at: datetime) -> None:
        lines = [
            plan.add_line(campaign=month, content=text, strand=strands[n], actor=actor, at=at)
            for n, text in enumerate(words.PLAN)
        ]
        plan.submit(lines=lines, actor=actor, at=at)

    def approve(at: datetime) -> None:
        lines = PlanLine.objects.unscoped("demonstration").filter(campaign=month, unit=unit)
        review.approve(campaign=month, lines=[(x.pk, x.version) for x in lines], actor=stage.actor("leader"), at=at)

    stage.later(on(date(2025, 5, 26), 14), enter)
    stage.later(on(date(2025, 5, 28), 16), approve)


def _settle(stage: Stage, month: Campaign) -> None:
    """Every unit submits, one is returned once, all are accepted; the city settles its summary and ends the month."""
    city, leader = stage.actor("city"), stage.actor("leader")
    summary: list[StatForm] = []
    for n, form in enumerate(forms_of(month, city)):
        if form.above_id is None:
            summary.append(form)
            continue
        filler = city if form.own_only else stage.officer(form.unit)
        first = on(date(2025, 7, 1), 9, n)
        submit, accept = partial(_act, steps.submit, form, actor=filler), partial(_act, steps.accept, form, actor=city)
        stage.later(first, submit)
        if n == len(DISTRICTS) // 2:
            reason = "请补充走访活动的照片后再报"
            stage.later(on(date(2025, 7, 2), 10), partial(_act, steps.return_, form, actor=city, reason=reason))
            stage.later(on(date(2025, 7, 2), 16), submit)
        stage.later(on(date(2025, 7, 3), 9, n), accept)
    for form in summary:
        stage.later(on(date(2025, 7, 4), 15), partial(_act, steps.freeze, form, actor=leader, reason=""))
    stage.later(on(date(2025, 7, 4), 16), lambda at: campaigns.close(campaign=month, actor=city, at=at))
    stage.run()


def _act(act: Callable[..., object], form: StatForm, at: datetime, **more: object) -> None:
    form.refresh_from_db()
    act(form, version=form.version, at=at, **more)
