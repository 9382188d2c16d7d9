"""What claims and suggestions contribute to the statistics form."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.utils.timezone import make_aware

from midun.claims.models import Claim, ClaimState, Suggestion
from midun.kernel.statistics.figures import Column, Part, Period, Rows, Scope, figure

_WHY = "figures count by path"


def _moments(period: Period) -> tuple[datetime, datetime]:
    """The period as local moments: from its first midnight up to, not including, the midnight after it."""
    start = make_aware(datetime.combine(period.start, time()))
    return start, make_aware(datetime.combine(period.end + timedelta(days=1), time()))


@figure(
    "suggestions",
    label="收集企业商业秘密保护的意见建议",
    unit="条",
    additive=True,
    rule="按收集日期，逐条计数（作废的不计）",
)
def suggestions(scope: Scope, period: Period) -> Sequence[Part]:
    """Suggestions collected."""
    found = Suggestion.objects.unscoped(_WHY).live()
    records = found.filter(scope.condition(), given_on__range=(period.start, period.end))
    columns = (
        Column("日期", "given_on"),
        Column("单位", "unit.label"),
        Column("企业", "enterprise.name"),
        Column("主题", "get_topic_display"),
        Column("内容", "text"),
        Column("来源", "get_source_display"),
    )
    return [Part("登记的意见建议", records, Rows(), columns, ("unit", "enterprise"))]


_CLAIM = (
    Column("编号", "number"),
    Column("提出日期", "raised_on"),
    Column("办理单位", "unit.label"),
    Column("企业", "enterprise.name"),
    Column("事项", "get_topic_display"),
    Column("诉求概要", "title"),
    Column("状态", "get_state_display"),
)


@figure(
    "claims_resolved",
    label="协调解决企业商业秘密保护诉求和困难",
    unit="个",
    additive=True,
    rule="按办结日期，办结且确认已解决的诉求各计一个",
)
def claims_resolved(scope: Scope, period: Period) -> Sequence[Part]:
    """Claims closed as resolved in the period."""
    start, end = _moments(period)
    found = Claim.objects.unscoped(_WHY).live().filter(state=ClaimState.CLOSED, resolved=True)
    records = found.filter(scope.condition(), closed_at__gte=start, closed_at__lt=end)
    return [Part("已解决的诉求", records, Rows(), _CLAIM, ("unit", "enterprise"))]


@figure("claims_registered", label="登记企业诉求", unit="个", additive=True, rule="按提出日期，每个诉求计一次")
def claims_registered(scope: Scope, period: Period) -> Sequence[Part]:
    """Claims raised in the period."""
    found = Claim.objects.unscoped(_WHY).live()
    records = found.filter(scope.condition(), raised_on__range=(period.start, period.end))
    return [Part("登记的诉求", records, Rows(), _CLAIM, ("unit", "enterprise"))]
