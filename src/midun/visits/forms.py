"""Forms of visits."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q

from midun.claims.forms import NO_SECRETS, own_plan_line
from midun.claims.models import Topic, Urgency
from midun.kernel.orgs.actor import Actor
from midun.kernel.web.forms import AttachmentsField, DateInput, FilterForm
from midun.visits.models import Visit, Way

_PAIRS = (("nda_signed", "nda_should"), ("non_compete_signed", "non_compete_eligible"))
_ROWS = 30


class VisitForm(forms.ModelForm):  # type: ignore[type-arg]  # of Visit
    """A visit. On a phone the first fields are enough. `today` is the day of the request."""

    uploads = AttachmentsField(label="照片或材料", help_text="现场照片、走访记录；可多选，请勿上传商业秘密本身")
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    class Meta:
        model = Visit
        fields = (
            "day",
            "way",
            "visitors",
            "plan_line",
            "place",
            "secrets",
            "patents",
            "nda_signed",
            "nda_should",
            "non_compete_signed",
            "non_compete_eligible",
            "has_rules",
            "summary",
            "follow_up_on",
        )
        widgets = {"day": DateInput(), "follow_up_on": DateInput(), "summary": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "summary": NO_SECRETS,
            "visitors": "姓名，多人用顿号隔开",
            "follow_up_on": "到期前一周出现在工作台待办",
        }

    def __init__(self, *args: Any, actor: Actor, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["day"].widget.attrs["max"] = today.isoformat()
        for pair in (("secrets", "patents"), *_PAIRS):
            for name in pair:
                self.fields[name].widget.attrs["inputmode"] = "numeric"
        self.fields["plan_line"] = own_plan_line(actor, self.instance.plan_line_id)
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        """Counts come in pairs, signed never exceeds those who should sign, days are in order."""
        cleaned: dict[str, Any] = super().clean() or {}
        for signed, should in _PAIRS:
            few, many = cleaned.get(signed), cleaned.get(should)
            if few is not None and many is None and should not in self.errors:
                self.add_error(should, "填写了已签人数，请同时填写应签（适用）人数")
            elif many is not None and few is None and signed not in self.errors:
                self.add_error(signed, "填写了应签（适用）人数，请同时填写已签人数，没有的填 0")
            elif few is not None and many is not None and few > many:
                self.add_error(signed, "已签人数不能多于应签（适用）人数")
        day, again = cleaned.get("day"), cleaned.get("follow_up_on")
        if day and day > self.today:
            self.add_error("day", "走访日期不能晚于今天")
        if day and again and again < day:
            self.add_error("follow_up_on", "回访日期不能早于走访日期")
        return cleaned

    def values(self) -> dict[str, Any]:
        """The visit's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("uploads", "version")}


class SuggestionRow(forms.Form):
    """One suggestion in the visit form."""

    topic = forms.ChoiceField(label="主题", choices=Topic.choices, required=False)
    text = forms.CharField(
        label="建议内容",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "企业提出的一条意见或建议"}),
    )


class NeedRow(forms.Form):
    """One claim in the visit form."""

    topic = forms.ChoiceField(label="事项类别", choices=Topic.choices, required=False)
    urgency = forms.ChoiceField(label="紧急程度", choices=Urgency.choices, required=False)
    title = forms.CharField(
        label="诉求概要",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "一句话说明需要什么帮助"}),
    )


SuggestionRows = forms.formset_factory(SuggestionRow, extra=1, max_num=_ROWS, validate_max=True)
NeedRows = forms.formset_factory(NeedRow, extra=1, max_num=_ROWS, validate_max=True)


class PeriodFilter(FilterForm):
    """A period and a unit."""

    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())
    unit = forms.CharField(label="单位", required=False)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By period and unit."""
        lookups = {"since": "day__gte", "until": "day__lte", "unit": "unit__name__icontains"}
        return records.filter(**{lookups.get(name, name): value})


class VisitFilter(PeriodFilter):
    """The query bar."""

    q = forms.CharField(label="企业", required=False, widget=forms.TextInput(attrs={"placeholder": "名称或信用代码"}))
    way = forms.ChoiceField(label="方式", required=False, choices=[("", "全部"), *Way.choices])
    field_order = ("q", "way", "since", "until", "unit")

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By enterprise, way, period, unit."""
        if name == "q":
            return records.filter(Q(enterprise__name__icontains=value) | Q(enterprise__credit_code__icontains=value))
        return super().narrow(records, name, value)
