"""Forms of the event itself."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from midun.activities.kinds import Kind
from midun.activities.models import Activity
from midun.campaigns.models import CampaignState, PlanLine
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.actor import Actor
from midun.kernel.web.forms import AttachmentsField, DateInput, FilterForm

_TIME = {"type": "time"}
_PLACES = 8
FILE_KINDS = (Attachment.Kind.PHOTO, Attachment.Kind.SIGN_IN_SHEET, Attachment.Kind.DOCUMENT)
HEAD_REASONS = ("现场清点人数，未逐人签到", "线上平台后台观看人数", "沿街、园区流动宣传的估算人数")
NAME_REASONS = ("企业要求不公开名称", "流动宣传，未逐一登记企业", "线上参加，平台只显示数量")
"""What is usually the reason that people or enterprises are counted without a list; offered, not imposed."""


def plan_lines(actor: Actor) -> Any:
    """The lines of the actor's own unit in running campaigns."""
    lines = PlanLine.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id)
    return lines.filter(campaign__state=CampaignState.RUNNING)


def recent_places(actor: Actor) -> list[str]:
    """Where the unit's latest events took place, offered for typing."""
    mine = Activity.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id).exclude(place="")
    return list(dict.fromkeys(mine.values_list("place", flat=True)[:50]))[:_PLACES]


class ActivityForm(forms.ModelForm):
    """An event. The quick form on a phone shows the first fields; the rest stands below."""

    uploads = AttachmentsField(label="现场照片或材料", help_text="可多选，也可以事后补充")
    sheets = AttachmentsField(label="签到表（照片或扫描件）")
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    class Meta:
        model = Activity
        fields = (
            "kind",
            "title",
            "day",
            "place",
            "plan_line",
            "headcount_extra",
            "headcount_reason",
            "materials",
            "mode",
            "start_time",
            "end_time",
            "hours",
            "summary",
            "anonymous_enterprises",
            "anonymous_reason",
        )
        labels = {"headcount_extra": "未签到人数", "headcount_reason": "依据", "anonymous_reason": "原因"}
        widgets = {
            "kind": forms.RadioSelect,
            "day": DateInput(),
            "place": forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
            "headcount_reason": forms.TextInput(attrs={"list": "head-reasons", "autocomplete": "off"}),
            "anonymous_reason": forms.TextInput(attrs={"list": "name-reasons", "autocomplete": "off"}),
            "summary": forms.Textarea(attrs={"rows": 3}),
            "start_time": forms.TimeInput(attrs=_TIME, format="%H:%M"),
            "end_time": forms.TimeInput(attrs=_TIME, format="%H:%M"),
        }
        help_texts = {
            "headcount_extra": "不在名单里、按现场清点的人数；名单里的人不要重复填",
            "anonymous_enterprises": "参加但不便列名的企业数；名单里已有的企业不要重复填",
            "hours": "签发参训证书用",
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Kind.choices  # type: ignore[attr-defined]  # a ChoiceField; no empty choice
        lines = plan_lines(actor)
        if self.instance.plan_line_id:
            lines = lines | PlanLine.objects.visible_to(actor).filter(pk=self.instance.plan_line_id)
        self.fields["plan_line"] = forms.ModelChoiceField(
            queryset=lines, required=False, label="对应安排", empty_label="不对应活动安排"
        )
        for name in ("materials", "headcount_extra", "anonymous_enterprises"):
            self.fields[name].required = False
            self.fields[name].widget.attrs["inputmode"] = "numeric"
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version
        self.places: Sequence[str] = recent_places(actor)
        self.head_reasons, self.name_reasons = HEAD_REASONS, NAME_REASONS

    def clean_hours(self) -> Decimal | None:
        """More than nothing, where given."""
        hours: Decimal | None = self.cleaned_data["hours"]
        if hours is not None and hours <= 0:
            raise forms.ValidationError("学时须大于 0，例如 2 或 0.5；不签发参训证书的可以不填")
        return hours

    def clean(self) -> dict[str, Any]:
        """A count without a list needs its reason, and times their order."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("materials", "headcount_extra", "anonymous_enterprises"):
            cleaned[name] = cleaned.get(name) or 0
        for count, reason in (("headcount_extra", "headcount_reason"), ("anonymous_enterprises", "anonymous_reason")):
            if cleaned[count] and not cleaned.get(reason):
                self.add_error(reason, "人数或家数大于 0 时请写明依据")
            if not cleaned[count]:
                cleaned[reason] = ""
        start, end = cleaned.get("start_time"), cleaned.get("end_time")
        if end and (start is None or end <= start):
            self.add_error("end_time", "结束时间须晚于开始时间")
        return cleaned

    def values(self) -> dict[str, Any]:
        """The event's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k in self.Meta.fields}

    def show_again(self, version: int) -> None:
        """Keep what was typed, for sending again on top of `version`, which somebody else saved meanwhile."""
        again = QueryDict(mutable=True)
        again.update(self.data)
        again["version"] = str(version)
        self.data = again


class FilesForm(forms.Form):
    """More files for an event."""

    kind = forms.ChoiceField(
        label="类别",
        choices=[(kind.value, kind.label) for kind in FILE_KINDS],
        initial=Attachment.Kind.PHOTO,
    )
    uploads = AttachmentsField(label="文件", required=True)


class ActivityFilter(FilterForm):
    """The query bar of the list."""

    q = forms.CharField(label="活动名称", required=False, max_length=60)
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部"), *Kind.choices])
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())
    unit = forms.CharField(label="单位", required=False, max_length=60)
    voided = forms.BooleanField(label="只看已作废", required=False)

    def apply(self, records: Any) -> Any:
        """Voided events are shown only when asked for."""
        found = super().apply(records)
        return found if self.cleaned_data.get("voided") else found.filter(voided_at__isnull=True)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words in the title, kind, period, unit."""
        lookups = {
            "q": "title__icontains",
            "since": "day__gte",
            "until": "day__lte",
            "unit": "unit__name__icontains",
            "kind": "kind",
        }
        if name == "voided":
            return records.filter(voided_at__isnull=False)
        return records.filter(**{lookups[name]: value})
