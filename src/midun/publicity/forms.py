"""Forms of publicity."""

from typing import Any

from django import forms

from midun.campaigns.models import CampaignState, PlanLine
from midun.kernel.orgs.actor import Actor
from midun.kernel.web.forms import AttachmentsField, DateInput, FilterForm
from midun.publicity.models import GovReport, MediaLevel, NewsItem, QuestionnaireHandout, Resource, TypicalCase
from midun.publicity.workflow import REDACTION


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]  # the model differs by subclass
    """What all records share: the plan line, files, and the version that was shown."""

    uploads = AttachmentsField(label="附件", help_text="照片、截图、PDF、Word、Excel；每个按内容检查")
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "plan_line" in self.fields:
            lines = (
                PlanLine.objects.visible_to(actor)
                .live()
                .filter(unit_id=actor.organisation_id, campaign__state=CampaignState.RUNNING)
            )
            self.fields["plan_line"] = forms.ModelChoiceField(
                queryset=lines, required=False, label="对应安排", empty_label="不对应活动安排"
            )
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version

    def values(self) -> dict[str, Any]:
        """The record's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("uploads", "version")}


class QuestionnaireForm(RecordForm):
    """Questionnaires handed out."""

    class Meta:
        model = QuestionnaireHandout
        fields = ("title", "day", "channel", "count", "note", "plan_line")
        widgets = {"day": DateInput()}
        help_texts = {"note": "如：走访的 12 家企业；微信公众号推文链接"}


class CaseForm(RecordForm):
    """A typical case."""

    class Meta:
        model = TypicalCase
        fields = ("title", "decided_by", "year", "facts", "outcome", "comment", "plan_line")
        widgets = {
            "facts": forms.Textarea(attrs={"rows": 7}),
            "outcome": forms.Textarea(attrs={"rows": 4}),
            "comment": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {"facts": "请使用“某公司”“张某”等称谓；不要写出秘密的具体内容", "year": "四位年份"}


class GovReportForm(RecordForm):
    """A report to the leadership."""

    class Meta:
        model = GovReport
        fields = ("title", "kind", "addressee", "document_number", "sent_on", "response", "plan_line")
        widgets = {"sent_on": DateInput()}


class NewsForm(RecordForm):
    """A news item."""

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
    """The second person's redaction check."""

    checked = forms.MultipleChoiceField(
        label="逐项确认", choices=REDACTION, widget=forms.CheckboxSelectMultiple, required=False
    )


class RecordFilter(FilterForm):
    """The query bar of the lists; `day_field` and `text_fields` differ by kind."""

    q = forms.CharField(label="关键词", required=False)
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())
    unit = forms.CharField(label="单位", required=False)

    day_field, text_field = "day", "title"

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words in the title, by period, by unit."""
        if name == "q":
            return records.filter(**{f"{self.text_field}__icontains": value})
        if name == "since":
            return records.filter(**{f"{self.day_field}__gte": value})
        if name == "until":
            return records.filter(**{f"{self.day_field}__lte": value})
        if name == "unit":
            return records.filter(unit__name__icontains=value)
        return super().narrow(records, name, value)


class NewsFilter(RecordFilter):
    """News, also by the medium's level."""

    level = forms.ChoiceField(label="媒体级别", required=False, choices=[("", "全部"), *MediaLevel.choices])


class GovReportFilter(RecordFilter):
    """Reports by the day they were sent."""

    day_field = "sent_on"


class CaseFilter(RecordFilter):
    """Cases by the day they became public."""

    day_field = "published_on"
