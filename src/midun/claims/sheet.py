"""诉求办理单: a claim on one sheet, to print, sign and file. The mark as a lead is not on it."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.timezone import localtime

from midun.claims.models import Claim, ClaimState
from midun.claims.pledges import pledges
from midun.claims.timeline import Moment
from midun.kernel.documents.sheet import Box, RecordSheet

_SIGN = "签字：　　　　　　　　　　年　　月　　日"


def _day(value: date | datetime | None) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = localtime(value)
    return f"{value.year}年{value.month}月{value.day}日"


def _result(claim: Claim) -> str:
    if claim.state == ClaimState.CLOSED:
        return "已解决" if claim.resolved else "已答复，尚未解决"
    return claim.get_state_display()


def _line(moment: Moment) -> str:
    told = f"：{moment.text}" if moment.text else ""
    return f"{localtime(moment.at):%Y-%m-%d %H:%M}　{moment.what}　{moment.who}{told}"


def claim_sheet(claim: Claim, moments: Sequence[Moment]) -> RecordSheet:
    """The sheet of one claim with its course."""
    registrar = claim.registrar.name if claim.registrar else "企业自行提出"
    rated = f"{claim.satisfaction} 分　{claim.satisfaction_note}" if claim.satisfaction else ""
    course = "\n".join(_line(m) for m in moments if not m.is_lead_mark)
    return RecordSheet(
        title="企业商业秘密保护诉求办理单",
        left=f"编号：{claim.number}",
        right=f"提出日期：{_day(claim.raised_on)}",
        rows=(
            (Box("企业名称", claim.enterprise.name), Box("统一社会信用代码", claim.enterprise.credit_code or "")),
            (Box("联系人及电话", claim.contact), Box("来源", claim.get_source_display())),
            (Box("事项类别", claim.get_topic_display()), Box("紧急程度", claim.get_urgency_display())),
            (Box("登记单位", registrar), Box("办理单位", claim.unit.name)),
            (Box("诉求概要", claim.title),),
            (Box("具体情况", claim.detail),),
            (Box("受理期限", _day(claim.accept_by)), Box("办理期限", _day(claim.due_on))),
            (Box("办理过程", course),),
            (Box("答复企业", claim.reply),),
            (Box("办理结果", _result(claim)), Box("办结日期", _day(claim.closed_at))),
            (Box("企业评价", rated),),
            (Box("承办人意见", height=20, sign=_SIGN),),
            (Box("负责人意见", height=20, sign=_SIGN),),
        ),
        notes=(f"期限说明：{pledges().basis}{pledges().counting}",),
    )
