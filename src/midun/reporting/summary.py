"""The text of the summary report (总结报告), from the records and the form. Nothing is invented: gaps stay gaps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.timezone import make_aware

from midun.activities.models import Activity
from midun.campaigns.models import Campaign, PlanLine, Strand
from midun.claims.models import Claim, Suggestion, Topic
from midun.kernel.documents import report as word
from midun.kernel.files import store
from midun.kernel.files.models import Attachment
from midun.kernel.statistics.cells import Cell, Filled, fill
from midun.kernel.statistics.models import StatForm
from midun.lib.wording import quoted
from midun.reporting.papers import chinese_day
from midun.visits.models import Visit

_WHY = "the unit's own report"
_PHOTOS, _LISTED, _UNITS, _DAYS = 12, 60, 40, 62
_NUMERALS = "一二三四五六七八九十"
_EMPTY = "（请填写。）"


@dataclass(frozen=True)
class Material:
    """What the report is made from: the form with its numbers, the campaign, and the records of the form's scope."""

    form: StatForm
    campaign: Campaign
    filled: Filled

    @cached_property
    def events(self) -> QuerySet[Any]:
        """Activities."""
        found = Activity.objects.unscoped(_WHY).live()
        return found.filter(self.form.scope.condition(), day__range=(self.form.start, self.form.end))

    @cached_property
    def visits(self) -> QuerySet[Any]:
        """Visits."""
        found = Visit.objects.unscoped(_WHY).live()
        return found.filter(self.form.scope.condition(), day__range=(self.form.start, self.form.end))

    @cached_property
    def suggestions(self) -> QuerySet[Any]:
        """Suggestions."""
        found = Suggestion.objects.unscoped(_WHY).live()
        return found.filter(self.form.scope.condition(), given_on__range=(self.form.start, self.form.end))

    @cached_property
    def claims(self) -> QuerySet[Any]:
        """Claims raised."""
        found = Claim.objects.unscoped(_WHY).live()
        return found.filter(self.form.scope.condition(), raised_on__range=(self.form.start, self.form.end))

    @cached_property
    def plan(self) -> QuerySet[Any]:
        """Approved lines of the plan."""
        return PlanLine.objects.unscoped(_WHY).approved().filter(self.form.scope.condition(), campaign=self.campaign)


def summary_docx(
    form: StatForm, campaign: Campaign, *, today: date, previous: bytes | None = None
) -> tuple[bytes, list[word.Kept]]:
    """The report of the form's unit as Word, and what was left as a person made it. Equal content, equal bytes.

    Raises `BadPrevious`.
    """
    at = make_aware(datetime.combine(today, time()))
    return word.report_docx(report_of(form, campaign, today=today), at=at, previous=previous)


def report_of(form: StatForm, campaign: Campaign, *, today: date) -> word.Report:
    """The report as blocks: what happened, the numbers, the headings of the notice, units, days, needs, photos."""
    material = Material(form, campaign, fill(form))
    title = f"{campaign.title}工作总结{'' if form.is_settled else '（征求意见稿）'}"
    head = word.Title(title, [form.unit.name, chinese_day(today)])
    chapters: list[tuple[str, str, Sequence[word.Part]]] = [
        ("opening", "总体情况", [word.Paragraph(_opening(material))]),
        ("numbers", "主要数据", _numbers(material)),
        ("strands", "工作开展情况", [word.Paragraph(_overview(material))]),
        ("units", "各单位情况", _units(material)),
        ("days", "进度", [word.Chart("每日活动场次", "days", _days(material))]),
        ("needs", "企业诉求和意见建议", _needs(material)),
        ("problems", "存在的问题和下一步打算", [word.Paragraph(_EMPTY)]),
    ]
    if photos := _photos(material):
        chapters.append(("photos", "活动图片", photos))
    blocks = [word.Block("title", [head])]
    for numeral, (key, heading, parts) in zip(_NUMERALS, chapters, strict=False):
        blocks.append(word.Block(key, parts, f"{numeral}、{heading}"))
        if key == "strands":
            blocks += _strands(material)
    return word.Report(title, blocks)


def _opening(material: Material) -> str:
    campaign, form = material.campaign, material.form
    theme = f"，以{quoted(campaign.theme)}为主题" if campaign.theme else ""
    notice = f"（{campaign.notice_number}）" if campaign.notice_number else ""
    return (
        f"根据统一部署{notice}{theme}，{form.unit.name}于{chinese_day(form.start)}至{chinese_day(form.end)}"
        f"组织开展了{campaign.title}。"
    )


def _numbers(material: Material) -> list[word.Part]:
    cells = material.filled.cells
    rows = [("序号", "内容", "数量"), *((c.line.number, c.line.label, f"{c.reported:,} {c.line.unit}") for c in cells)]
    return [*map(word.Paragraph, said(cells)), word.Table(rows, widths=(16, 100, 36))]


def said(cells: Sequence[Cell]) -> list[str]:
    """A sentence for every numbered line of the form, with the lines continued from it."""
    sentences: list[str] = []
    for cell in cells:
        words = f"{cell.line.label.replace('其中，', '其中')} {cell.reported:,} {cell.line.unit}"
        if cell.line.number:
            sentences.append(words)
        else:
            sentences[-1] += f"，{words}"
    return [f"{sentence}。" for sentence in sentences]


def _overview(material: Material) -> str:
    """How the plan was carried out, and how many events stand beside it."""
    planned, done = material.plan.count(), material.plan.filter(done_at__isnull=False).count()
    held, linked = material.events.count(), material.events.filter(plan_line__campaign=material.campaign).count()
    beside = f"，另有 {held - linked} 场次未对应活动安排" if held > linked else ""
    return (
        f"共安排工作 {planned} 项，已报告完成 {done} 项。"
        f"登记活动 {held} 场次，其中对应活动安排的 {linked} 场次{beside}。"
        "按通知的各个板块，工作开展情况如下。"
    )


def _strands(material: Material) -> list[word.Block]:
    strands = Strand.objects.unscoped(_WHY).filter(campaign=material.campaign).order_by("order")
    return [_strand(n, strand, material) for n, strand in enumerate(strands)]


def _strand(n: int, strand: Strand, material: Material) -> word.Block:
    planned = material.plan.filter(strand=strand)
    done = planned.filter(done_at__isnull=False).select_related("unit").order_by("number")
    held = material.events.filter(plan_line__strand=strand).select_related("unit").order_by("day", "pk")
    text = (
        f"围绕{quoted(strand.heading)}，安排工作 {planned.count()} 项，已报告完成 {done.count()} 项，"
        f"登记活动 {held.count()} 场次。"
    )
    parts: list[word.Part] = [
        word.Paragraph(text),
        *_listed(
            ("单位", "活动安排", "完成情况"), [(x.unit.label, x.content, x.done_note) for x in done[: _LISTED + 1]]
        ),
        *_listed(
            ("日期", "单位", "活动"),
            [(f"{a.day.month}月{a.day.day}日", a.unit.label, a.title) for a in held[: _LISTED + 1]],
        ),
    ]
    heading = f"（{_NUMERALS[n]}）{strand.heading}" if n < len(_NUMERALS) else strand.heading
    return word.Block(f"strand-{strand.pk}", parts, heading, level=2)


def _listed(head: tuple[str, str, str], rows: Sequence[tuple[str, str, str]]) -> list[word.Part]:
    """A table of the rows, nothing where there are none; a long one is cut and says so."""
    if not rows:
        return []
    widths = (26, 42, 84) if head[0] == "日期" else (36, 58, 58)
    table = word.Table([head, *rows[:_LISTED]], widths=widths)
    return [table, word.Paragraph(f"（以上列出前 {_LISTED} 条。）")] if len(rows) > _LISTED else [table]


def _by_unit(material: Material, records: QuerySet[Any]) -> Counter[int]:
    """Counts by the form below in whose scope the unit lies (own forms take the units exactly at their node)."""
    scopes = [(child.form.pk, child.form.scope) for child in material.filled.children]
    found: Counter[int] = Counter()
    for path, number in records.order_by().values_list("unit__jurisdiction__path").annotate(n=Count("pk")):
        for pk, scope in scopes:
            if path == scope.path if scope.own_only else path.startswith(scope.path):
                found[pk] += number
                break
    return found


def _units(material: Material) -> list[word.Part]:
    if not material.filled.children:
        return [word.Paragraph("本表为单位自身的统计，没有下级单位。")]
    counted = [
        _by_unit(material, records)
        for records in (material.plan, material.events, material.visits, material.suggestions, material.claims)
    ]
    children = material.filled.children
    rows = [(_label(child.form), *(counts[child.form.pk] for counts in counted)) for child in children]
    held = sorted(((_label(c.form), counted[1][c.form.pk]) for c in children), key=lambda pair: -pair[1])
    head = ("单位", "安排（项）", "活动（场次）", "走访（次）", "意见建议（条）", "诉求（个）")
    parts: list[word.Part] = [
        word.Chart("各单位活动场次", "bars", held[:_UNITS]),
        word.Table([head, *rows], widths=(42, 22, 24, 22, 24, 20)),
    ]
    if len(rows) > _UNITS:
        parts.insert(1, word.Paragraph(f"（图中为活动场次最多的 {_UNITS} 个单位，共 {len(rows)} 个单位。）"))
    return parts


def _label(form: StatForm) -> str:
    return f"{form.unit.label}{'（本级）' if form.own_only else ''}"


def _days(material: Material) -> list[tuple[str, int]]:
    """Events by day, by month where the days are too many for a chart."""
    counts = dict(material.events.order_by().values_list("day").annotate(n=Count("pk")))
    span = range(material.form.start.toordinal(), material.form.end.toordinal() + 1)
    days = [date.fromordinal(n) for n in span]
    if len(days) <= _DAYS:
        return [(f"{day.month}.{day.day}", counts.get(day, 0)) for day in days]
    months: Counter[str] = Counter()
    for day in days:
        months[f"{day.year}.{day.month}"] += counts.get(day, 0)
    return list(months.items())


def _needs(material: Material) -> list[word.Part]:
    topics = dict(Topic.choices)
    told = _topics(material.suggestions)
    raised = _topics(material.claims)
    solved = _topics(material.claims.filter(resolved=True))
    names = sorted(told.keys() | raised.keys(), key=lambda t: -(told[t] + raised[t]))
    if not names:
        return [word.Paragraph("期间没有登记企业诉求和意见建议。")]
    text = f"收集意见建议 {told.total()} 条；登记企业诉求 {raised.total()} 个，其中已办结并解决 {solved.total()} 个。"
    rows = [(topics.get(t, t), told[t], raised[t], solved[t]) for t in names]
    return [
        word.Paragraph(text),
        word.Table([("主题", "意见建议（条）", "诉求（个）", "已解决（个）"), *rows], widths=(56, 32, 32, 32)),
    ]


def _topics(records: QuerySet[Any]) -> Counter[str]:
    return Counter(dict(records.order_by().values_list("topic").annotate(n=Count("pk"))))


def _photos(material: Material) -> list[word.Part]:
    """The pictures that officers chose for the report, with what they show."""
    wanted = Attachment.objects.unscoped("chosen for the report").filter(in_report=True, removed_at__isnull=True)
    found: list[word.Photo] = []
    for records in (material.events, material.visits.select_related("enterprise")):
        owners = {"owner_type": records.model._meta.label_lower, "owner_id__in": records.order_by().values("pk")}
        chosen = wanted.filter(**owners, blob__mime__startswith="image/").order_by("pk")[: _PHOTOS - len(found)]
        shown = records.select_related("unit").in_bulk([one.owner_id for one in chosen])
        for one in chosen:
            record = shown[one.owner_id]
            found.append(word.Photo(store.get(one.blob_id), one.caption or f"{record.unit.label}　{record}"))
    return [word.Photos(found)] if found else []
