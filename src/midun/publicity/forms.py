"""Forms of publicity."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q

from midun.campaigns.models import CampaignState, PlanLine
from midun.kernel.orgs.actor import Actor
from midun.kernel.web.forms import AttachmentsField, DateInput, FilterForm
from midun.publicity.models import (
    CaseState,
    GovReport,
    MediaLevel,
    NewsItem,
    QuestionnaireHandout,
    Resource,
    TypicalCase,
)
from midun.publicity.workflow import REDACTION


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]  # the model differs by subclass
    """What all records share: the plan line, files, and the version that was shown."""

    uploads = AttachmentsField(label="附件", help_text="照片、截图、PDF、Word、Excel；每个按内容检查")
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    not_later_than_today = ""

    def __init__(self, *args: Any, actor: Actor, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if self.not_later_than_today:
            self.fields[self.not_later_than_today].widget.attrs["max"] = today.isoformat()
        if "plan_line" in self.fields:
            lines = (
                PlanLine.objects.visible_to(actor)
                .live()
                .filter(unit_id=actor.organisation_id, campaign__state=CampaignState.RUNNING)
            )
            if self.instance.plan_line_id:
                lines = lines | PlanLine.objects.visible_to(actor).filter(pk=self.instance.plan_line_id)
            self.fields["plan_line"] = forms.ModelChoiceField(
                queryset=lines, required=False, label="对应安排", empty_label="不对应活动安排"
            )
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        """What happened is not in the future."""
        cleaned: dict[str, Any] = super().clean() or {}
        day = cleaned.get(self.not_later_than_today)
        if day and day > self.today:
            self.add_error(self.not_later_than_today, "日期不能晚于今天")
        return cleaned

    def values(self) -> dict[str, Any]:
        """The record's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("uploads", "version")}


class QuestionnaireForm(RecordForm):
    """Questionnaires handed out."""

    not_later_than_today = "day"
    count = forms.IntegerField(label="份数", min_value=1, max_value=1_000_000)

    class Meta:
        model = QuestionnaireHandout
        fields = ("title", "day", "channel", "count", "note", "plan_line")
        widgets = {"day": DateInput()}
        help_texts = {"note": "份数从何而来，如：走访的 12 家企业各 1 份；微信公众号推文链接"}


class CaseForm(RecordForm):
    """A typical case."""

    year = forms.IntegerField(label="办结年份", min_value=1993)

    class Meta:
        model = TypicalCase
        fields = ("title", "decided_by", "year", "facts", "outcome", "comment", "plan_line")
        widgets = {
            "facts": forms.Textarea(attrs={"rows": 7}),
            "outcome": forms.Textarea(attrs={"rows": 4}),
            "comment": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {"facts": "请使用“某公司”“张某”等称谓；不要写出秘密的具体内容", "title": "不要出现当事人名称"}

    def clean(self) -> dict[str, Any]:
        """A case was decided in a year that has begun."""
        cleaned = super().clean()
        if (cleaned.get("year") or 0) > self.today.year:
            self.add_error("year", "办结年份不能晚于今年")
        return cleaned


class GovReportForm(RecordForm):
    """A report to the leadership."""

    not_later_than_today = "sent_on"

    class Meta:
        model = GovReport
        fields = ("title", "kind", "addressee", "document_number", "sent_on", "response", "plan_line")
        widgets = {"sent_on": DateInput()}


class NewsForm(RecordForm):
    """A news item."""

    not_later_than_today = "day"
    link = forms.URLField(label="链接", required=False, max_length=500, assume_scheme="https")

    class Meta:
        model = NewsItem
        fields = ("title", "medium", "level", "link", "day", "summary", "plan_line")
        widgets = {"day": DateInput()}


class ResourceForm(RecordForm):
    """Something to download."""

    class Meta:
        model = Resource
        fields = ("title", "summary", "day")
        widgets = {"day": DateInput(), "summary": forms.Textarea(attrs={"rows": 4})}


class ReviewForm(forms.Form):
    """The second person's redaction check of the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    checked = forms.MultipleChoiceField(
        label="逐项确认", choices=REDACTION, widget=forms.CheckboxSelectMultiple, required=False
    )


class ReturnForm(forms.Form):
    """Returning the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="退回理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class WithdrawForm(forms.Form):
    """Taking a case off the portal."""

    reason = forms.CharField(label="撤下理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class RecordFilter(FilterForm):
    """The query bar of the lists; `day_field` and `text_fields` differ by kind."""

    q = forms.CharField(label="关键词", required=False)
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())
    unit = forms.CharField(label="单位", required=False)

    day_field = "day"
    text_fields: tuple[str, ...] = ("title",)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words in the title, by period, by unit."""
        if name == "q":
            condition = Q()
            for field in self.text_fields:
                condition |= Q(**{f"{field}__icontains": value})
            return records.filter(condition)
        if name == "since":
            return records.filter(**{f"{self.day_field}__gte": value})
        if name == "until":
            return records.filter(**{f"{self.day_field}__lte": value})
        if name == "unit":
            return records.filter(unit__name__icontains=value)
        return super().narrow(records, name, value)


class NewsFilter(RecordFilter):
    """News, also by medium and its level."""

    text_fields = ("title", "medium")

    level = forms.ChoiceField(label="媒体级别", required=False, choices=[("", "全部"), *MediaLevel.choices])


class QuestionnaireFilter(RecordFilter):
    """Questionnaires, also by the way they went out."""

    channel = forms.ChoiceField(
        label="发放方式", required=False, choices=[("", "全部"), *QuestionnaireHandout.Channel.choices]
    )


class GovReportFilter(RecordFilter):
    """Reports by the day they were sent, and by kind."""

    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部"), *GovReport.Kind.choices])

    day_field = "sent_on"


class CaseFilter(RecordFilter):
    """Cases by state and by the day they became public."""

    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *CaseState.choices])

    day_field = "published_on"
