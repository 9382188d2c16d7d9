"""What publicity contributes to the statistics form."""

from collections.abc import Sequence

from midun.kernel.statistics.figures import Column, Part, Period, Rows, Scope, Total, figure
from midun.publicity.models import CaseState, GovReport, MediaLevel, NewsItem, QuestionnaireHandout, TypicalCase

_WHY = "figures count by path"


@figure(
    "questionnaires",
    label="发放调查问卷",
    unit="份",
    additive=True,
    rule="按发放日期，合计各次登记的发放份数（作废的不计）",
)
def questionnaires(scope: Scope, period: Period) -> Sequence[Part]:
    """Questionnaires handed out."""
    records = (
        QuestionnaireHandout.objects.unscoped(_WHY)
        .live()
        .filter(scope.condition(), day__range=(period.start, period.end))
    )
    columns = (
        Column("发放日期", "day"),
        Column("单位", "unit.label"),
        Column("问卷名称", "title"),
        Column("发放方式", "get_channel_display"),
        Column("份数", "count"),
        Column("发放对象或依据", "note"),
    )
    return [Part("登记的问卷发放", records, Total("count"), columns, select=("unit",))]


@figure(
    "cases_published",
    label="公布典型案例",
    unit="件",
    additive=True,
    rule="按公布日期，经第二人脱敏复核后公布的案例各计一件",
)
def cases_published(scope: Scope, period: Period) -> Sequence[Part]:
    """Typical cases published in the period and still public."""
    records = (
        TypicalCase.objects.unscoped(_WHY)
        .live()
        .filter(scope.condition(), state=CaseState.PUBLISHED, published_on__range=(period.start, period.end))
    )
    columns = (
        Column("公布日期", "published_on"),
        Column("单位", "unit.label"),
        Column("案例标题", "title"),
        Column("办案机关", "decided_by"),
        Column("复核人", "reviewed_by.name"),
    )
    return [Part("已公布的案例", records, Rows(), columns, select=("unit", "reviewed_by"))]


@figure(
    "gov_reports",
    label="向党委、政府报送商业秘密保护报告、信息",
    unit="篇",
    additive=True,
    rule="按报送日期，每篇计一次",
)
def gov_reports(scope: Scope, period: Period) -> Sequence[Part]:
    """Reports and information sent to Party committees and governments."""
    records = (
        GovReport.objects.unscoped(_WHY).live().filter(scope.condition(), sent_on__range=(period.start, period.end))
    )
    columns = (
        Column("报送日期", "sent_on"),
        Column("单位", "unit.label"),
        Column("标题", "title"),
        Column("类型", "get_kind_display"),
        Column("报送对象", "addressee"),
    )
    return [Part("登记的报告、信息", records, Rows(), columns, select=("unit",))]


def _news(scope: Scope, period: Period, *, central: bool) -> Sequence[Part]:
    records = NewsItem.objects.unscoped(_WHY).live().filter(scope.condition(), day__range=(period.start, period.end))
    if central:
        records = records.filter(level=MediaLevel.CENTRAL)
    columns = (
        Column("刊发日期", "day"),
        Column("单位", "unit.label"),
        Column("标题", "title"),
        Column("媒体名称", "medium"),
        Column("媒体级别", "get_level_display"),
        Column("链接", "link"),
    )
    return [Part("登记的报道", records, Rows(), columns, select=("unit",))]


@figure("news_total", label="共编发宣传报道", unit="篇", additive=True, rule="按刊发日期，每篇计一次")
def news_total(scope: Scope, period: Period) -> Sequence[Part]:
    """All news items."""
    return _news(scope, period, central=False)


@figure(
    "news_central", label="其中，中央媒体报道数量", unit="篇", additive=True, rule="宣传报道中媒体级别为中央媒体的篇数"
)
def news_central(scope: Scope, period: Period) -> Sequence[Part]:
    """News items in central media."""
    return _news(scope, period, central=True)
