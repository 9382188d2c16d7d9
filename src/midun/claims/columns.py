"""The columns of the ledger: on the page, in the Excel the districts keep, and on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from midun.claims.deadlines import Deadline, deadline_of
from midun.claims.forms import ClaimFilter, SuggestionFilter
from midun.claims.models import Claim
from midun.kernel.documents.table import PrintColumn, PrintTable
from midun.kernel.orgs.actor import Actor
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest
from midun.kernel.workflow.calendar import WorkCalendar

COLOURS = {
    "registered": "blue",
    "accepted": "purple",
    "in_progress": "yellow",
    "closed": "green",
    "refused": "secondary",
}
"""The colour of a state's badge."""


def _satisfaction(claim: Claim) -> str:
    return f"{claim.satisfaction} 分" if claim.satisfaction else ""


def _resolved(claim: Claim) -> str:
    return ("已解决" if claim.resolved else "已答复，尚未解决") if claim.state == "closed" else ""


@dataclass(frozen=True)
class _Today:
    """What the badges of the ledger depend on besides the claim."""

    actor: Actor
    day: date
    calendar: WorkCalendar

    def _deadline(self, claim: Claim) -> Deadline | None:
        return deadline_of(claim, self.day, self.calendar)

    def left(self, claim: Claim) -> str:
        """How long there is still."""
        found = self._deadline(claim)
        return found.text if found else ""

    def colour(self, claim: Claim) -> str:
        """How that looks."""
        found = self._deadline(claim)
        return found.colour if found else "secondary"

    def lead(self, claim: Claim) -> str:
        """The mark, for those who may know of it."""
        return "疑似侵权" if claim.is_lead and claim.is_handled_under(self.actor) else ""


def _columns(today: _Today) -> tuple[ListColumn, ...]:
    return (
        ListColumn("诉求概要", "title", link=lambda c: c.get_absolute_url(), wide=True),
        ListColumn("编号", "number", kind="code"),
        ListColumn("企业", "enterprise.name"),
        ListColumn("统一社会信用代码", "enterprise.credit_code", listed=False),
        ListColumn("联系人及电话", "contact", listed=False),
        ListColumn("事项类别", "get_topic_display", listed=False),
        ListColumn("紧急程度", "get_urgency_display", listed=False),
        ListColumn("来源", "get_source_display", listed=False),
        ListColumn("提出日期", "raised_on", kind="date"),
        ListColumn("具体情况", "detail", listed=False),
        ListColumn("登记单位", "registrar.label", listed=False),
        ListColumn("办理单位", "unit.label"),
        ListColumn("受理期限", "accept_by", kind="date", listed=False),
        ListColumn("受理时间", "accepted_at", kind="datetime", listed=False),
        ListColumn("办理期限", "due_on", kind="date", listed=False),
        ListColumn("期限", today.left, kind="badge", colour=today.colour, sort="due_on"),
        ListColumn("状态", "get_state_display", kind="badge", colour=lambda c: COLOURS[c.state]),
        ListColumn("办结时间", "closed_at", kind="datetime", listed=False),
        ListColumn("办理结果", _resolved, listed=False),
        ListColumn("答复", "reply", listed=False),
        ListColumn("满意度", _satisfaction, listed=False),
        ListColumn("线索", today.lead, kind="badge", colour=lambda _c: "red"),
    )


def ledger_listing(request: PageRequest) -> Listing:
    """The ledger as `request`'s actor sees it today."""
    today = _Today(request.actor, localdate(request.at), WorkCalendar())
    return Listing(
        "claims",
        "诉求台账",
        _columns(today),
        ClaimFilter,
        empty="还没有登记诉求",
        empty_hint="走访、来电、站点收到的诉求都登记在这里，按工作日计算服务承诺期限",
        filter_args=lambda r: {"actor": r.actor, "today": today.day},
    )


def printed_ledger(claims: Sequence[Claim], request: PageRequest) -> PrintTable:
    """The ledger as a landscape table."""
    rows = [
        (
            number,
            c.number,
            c.enterprise.name,
            f"{c.get_topic_display()}：{c.title}",
            c.unit.label,
            c.raised_on,
            c.due_on,
            localdate(c.closed_at) if c.closed_at else "",
            "\n".join(part for part in (c.get_state_display(), _resolved(c), _satisfaction(c)) if part),
        )
        for number, c in enumerate(claims, 1)
    ]
    return PrintTable(
        title=("企业商业秘密保护诉求台账",),
        subtitle=f"{request.actor.organisation_name}　{localdate(request.at)}　共 {len(rows)} 件",
        columns=(
            PrintColumn("序号", 12, centred=True),
            PrintColumn("编号", 36),
            PrintColumn("企业", 40),
            PrintColumn("诉求事项"),
            PrintColumn("办理单位", 30),
            PrintColumn("提出日期", 23, centred=True),
            PrintColumn("办理期限", 23, centred=True),
            PrintColumn("办结日期", 23, centred=True),
            PrintColumn("状态", 24),
        ),
        rows=rows,
        landscape=True,
    )


SUGGESTIONS = Listing(
    "suggestions",
    "意见建议",
    (
        ListColumn("内容", "text", link=lambda s: s.get_absolute_url(), wide=True),
        ListColumn("日期", "given_on", kind="date"),
        ListColumn("主题", "get_topic_display", kind="badge", colour=lambda _s: "blue"),
        ListColumn("企业", "enterprise.name"),
        ListColumn("统一社会信用代码", "enterprise.credit_code", listed=False),
        ListColumn("单位", "unit.label"),
        ListColumn("来源", "get_source_display", phone=False),
    ),
    SuggestionFilter,
    empty="还没有登记意见建议",
    empty_hint="走访时逐条登记，或点“登记意见建议”补充座谈会、电话中收集的建议",
)
