"""Forms of activities."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localtime, make_aware

from midun.activities.kinds import Kind
from midun.activities.models import Activity
from midun.activities.people import Person, phone_of, phone_problem
from midun.campaigns.models import CampaignState, PlanLine
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.web.forms import AttachmentsField, DateInput, DateTimeInput, FilterForm

_TIME = {"type": "time"}


def plan_lines(actor: Actor) -> Any:
    """The lines of the actor's own unit in running campaigns."""
    lines = PlanLine.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id)
    return lines.filter(campaign__state=CampaignState.RUNNING)


class ActivityForm(forms.ModelForm):  # type: ignore[type-arg]  # of Activity
    """An event. The quick form on a phone shows the first fields; the rest stands below."""

    uploads = AttachmentsField(label="照片或材料", help_text="现场照片、签到表、课件；可多选")
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    class Meta:
        model = Activity
        fields = (
            "kind",
            "title",
            "day",
            "place",
            "plan_line",
            "materials",
            "mode",
            "start_time",
            "end_time",
            "hours",
            "summary",
            "headcount_extra",
            "headcount_reason",
            "anonymous_enterprises",
            "anonymous_reason",
        )
        widgets = {
            "day": DateInput(),
            "summary": forms.Textarea(attrs={"rows": 3}),
            "start_time": forms.TimeInput(attrs=_TIME, format="%H:%M"),
            "end_time": forms.TimeInput(attrs=_TIME, format="%H:%M"),
        }
        help_texts = {
            "headcount_extra": "没有签到、按现场清点的人数；大于 0 须写依据",
            "anonymous_enterprises": "参加但不便列名的企业数；大于 0 须写原因",
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan_line"] = forms.ModelChoiceField(
            queryset=plan_lines(actor), required=False, label="对应安排", empty_label="不对应活动安排"
        )
        for name in ("materials", "headcount_extra", "anonymous_enterprises"):
            self.fields[name].required = False
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version

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
        return {k: v for k, v in self.cleaned_data.items() if k not in ("uploads", "version")}


class ActivityFilter(FilterForm):
    """The query bar of the list."""

    q = forms.CharField(label="关键词", required=False)
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部"), *Kind.choices])
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())
    unit = forms.CharField(label="单位", required=False)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words in the title, kind, period, unit."""
        lookups = {
            "q": "title__icontains",
            "since": "day__gte",
            "until": "day__lte",
            "unit": "unit__name__icontains",
            "kind": "kind",
        }
        return records.filter(**{lookups[name]: value})


class PersonForm(forms.Form):
    """One participant, entered by an officer or by the person at the door."""

    enterprise = forms.CharField(label="单位名称", max_length=120, help_text="没有单位的请填“个人”")
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=18,
        required=False,
        help_text="选填；填写后可准确计入企业数",
        widget=forms.TextInput(attrs={"data-uscc": "1", "autocapitalize": "characters"}),
    )
    name = forms.CharField(label="姓名", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        label="手机", max_length=20, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})
    )
    title = forms.CharField(label="职务", max_length=40, required=False)

    def clean_credit_code(self) -> str:
        """Normalised; wrong ones are refused with what is wrong."""
        code = uscc.normalise(self.cleaned_data["credit_code"])
        if code and (wrong := uscc.problem(code)):
            raise forms.ValidationError(wrong)
        return code

    def clean_phone(self) -> str:
        """Digits; wrong ones are refused with what is wrong."""
        if wrong := phone_problem(self.cleaned_data["phone"]):
            raise forms.ValidationError(wrong)
        return phone_of(self.cleaned_data["phone"])

    def person(self) -> Person:
        """The cleaned person."""
        data = self.cleaned_data
        return Person(
            name=data["name"],
            enterprise=data["enterprise"],
            credit_code=data["credit_code"],
            phone=data["phone"],
            title=data["title"],
        )


class DoorForm(PersonForm):
    """The sign-in form of a visitor, with the consent line."""

    consent = forms.BooleanField(
        label="我同意主办单位收集以上信息，用于本次活动签到、统计参加人次和签发参训证明",
        error_messages={"required": "请勾选同意后再提交；不同意的，请向现场工作人员登记"},
    )


class PeopleForm(forms.Form):
    """A list of participants, pasted or as a table."""

    text = forms.CharField(
        label="粘贴名单",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="每行一人：姓名 单位 手机；也可以从 Excel 直接复制粘贴",
    )
    file = forms.FileField(label="或上传表格", required=False, help_text=".xlsx、.csv，第一行为列名")

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("text") and not cleaned.get("file"):
            raise forms.ValidationError("请粘贴名单或选择一个表格")
        return cleaned


class OpenForm(forms.Form):
    """Opening sign-in: until when, and whether the code rotates."""

    closes_at = forms.DateTimeField(
        label="签到截止", widget=DateTimeInput(), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    )
    rotating = forms.BooleanField(label="防代签：二维码每 60 秒更换，须在现场屏幕扫描", required=False)


def default_close(activity: Activity, at: datetime) -> datetime:
    """Sign-in closes an hour after the event begins, or three hours from now."""
    if activity.start_time and activity.day >= localtime(at).date():
        begins = make_aware(datetime.combine(activity.day, activity.start_time or time(9)))
        if begins + timedelta(hours=1) > at:
            return localtime(begins + timedelta(hours=1))
    return localtime(at + timedelta(hours=3))
