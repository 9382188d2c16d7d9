"""The five kinds of record, what their lists show, and which form they have: one place, so the views stay generic."""

from dataclasses import dataclass

from django.urls import reverse

from midun.kernel.orgs.models import UnitRecord
from midun.kernel.web.listing import ListColumn, Listing
from midun.publicity import forms
from midun.publicity.models import CaseState, GovReport, NewsItem, QuestionnaireHandout, Resource, TypicalCase


@dataclass(frozen=True)
class Kind:
    """A kind of record: its word, table, form and list."""

    slug: str
    word: str
    model: type[UnitRecord]
    form: type[forms.RecordForm]
    listing: Listing
    portal: bool = False

    @property
    def list_url(self) -> str:
        """Its list."""
        return reverse(f"publicity:{self.slug}s")


def _link(record: UnitRecord) -> str:
    return str(record.get_absolute_url())  # type: ignore[attr-defined]  # all five have one


def _shown(record: UnitRecord) -> str:
    return "已上线" if getattr(record, "is_public", False) else "未上线"


def _shown_colour(record: UnitRecord) -> str:
    return "green" if getattr(record, "is_public", False) else "secondary"


_UNIT = ListColumn("单位", "unit.label")
_TITLE = ListColumn("标题", "title", link=_link, wide=True)
_PORTAL = ListColumn("门户", _shown, kind="badge", colour=_shown_colour)
_STATE = {
    CaseState.DRAFT: "secondary",
    CaseState.SUBMITTED: "blue",
    CaseState.RETURNED: "orange",
    CaseState.PUBLISHED: "green",
    CaseState.WITHDRAWN: "red",
}

QUESTIONNAIRE = Kind(
    "questionnaire",
    "问卷发放",
    QuestionnaireHandout,
    forms.QuestionnaireForm,
    Listing(
        "questionnaires",
        "问卷发放",
        (
            ListColumn("问卷名称", "title", link=_link, wide=True),
            ListColumn("发放日期", "day", kind="date"),
            _UNIT,
            ListColumn("发放方式", "get_channel_display"),
            ListColumn("份数", "count", kind="integer"),
            ListColumn("发放对象或依据", "note", phone=False),
        ),
        forms.QuestionnaireFilter,
        empty="还没有登记问卷发放",
        empty_hint="问卷模块上线前，发放份数在这里登记，并写明依据",
    ),
)
CASE = Kind(
    "case",
    "典型案例",
    TypicalCase,
    forms.CaseForm,
    Listing(
        "cases",
        "典型案例",
        (
            ListColumn("案例标题", "title", link=_link, wide=True),
            _UNIT,
            ListColumn("状态", "get_state_display", kind="badge", colour=lambda r: _STATE[CaseState(r.state)]),
            ListColumn("公布日期", "published_on", kind="date"),
            ListColumn("办案机关", "decided_by", listed=False),
            ListColumn("办结年份", "year", kind="integer", listed=False),
            ListColumn("复核人", "reviewed_by.name", phone=False),
        ),
        forms.CaseFilter,
        empty="还没有典型案例",
        empty_hint="案例须经第二人脱敏复核后才能公布",
    ),
)
GOV_REPORT = Kind(
    "gov-report",
    "报送党委政府",
    GovReport,
    forms.GovReportForm,
    Listing(
        "gov-reports",
        "报送党委、政府",
        (
            _TITLE,
            ListColumn("报送日期", "sent_on", kind="date"),
            _UNIT,
            ListColumn("类型", "get_kind_display"),
            ListColumn("报送对象", "addressee"),
            ListColumn("文号或期号", "document_number", listed=False),
            ListColumn("批示或采用情况", "response", phone=False),
        ),
        forms.GovReportFilter,
        empty="还没有登记报送的报告、信息",
    ),
)
NEWS = Kind(
    "news-item",
    "宣传报道",
    NewsItem,
    forms.NewsForm,
    Listing(
        "news-items",
        "宣传报道",
        (
            _TITLE,
            ListColumn("刊发日期", "day", kind="date"),
            ListColumn("媒体", "medium"),
            ListColumn("级别", "get_level_display"),
            ListColumn("链接", "link", listed=False),
            _UNIT,
            _PORTAL,
        ),
        forms.NewsFilter,
        empty="还没有登记宣传报道",
        empty_hint="登记媒体名称、级别和链接，即计入统计表的宣传报道",
    ),
    portal=True,
)
RESOURCE = Kind(
    "resource",
    "资料下载",
    Resource,
    forms.ResourceForm,
    Listing(
        "resources",
        "资料下载",
        (_TITLE, ListColumn("日期", "day", kind="date"), _UNIT, _PORTAL),
        forms.RecordFilter,
        empty="还没有资料",
        empty_hint="上传指引、范本、宣传册，上线后公众可在门户下载",
    ),
    portal=True,
)
KINDS = {kind.slug: kind for kind in (QUESTIONNAIRE, CASE, GOV_REPORT, NEWS, RESOURCE)}
