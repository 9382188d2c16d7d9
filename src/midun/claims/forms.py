"""Forms of the claims ledger."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q

from midun.campaigns.models import CampaignState, PlanLine
from midun.claims.models import Claim, ClaimState, Source, Suggestion, Topic, Urgency
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.forms import AttachmentsField, DateInput, FilterForm

NO_SECRETS = "请勿填写商业秘密的具体内容（配方、参数、图纸、客户名单等），概括说明即可"
_FILES = "可多选；请勿上传商业秘密本身"
_TAKEN_DOWN = [(s.value, s.label) for s in Source if s != Source.ENTERPRISE]
"""How an officer got to know of a claim: those that enterprises raise themselves come through their own page."""


def own_plan_line(actor: Actor, current: int | None = None) -> forms.ModelChoiceField:
    """The field for the plan line: those of the actor's unit in running campaigns, and the one chosen before."""
    lines = PlanLine.objects.visible_to(actor)
    running = lines.live().filter(unit_id=actor.organisation_id, campaign__state=CampaignState.RUNNING)
    return forms.ModelChoiceField(
        queryset=running | lines.filter(pk=current) if current else running,
        required=False,
        label="对应安排",
        empty_label="不对应活动安排",
    )


class _DatedForm(forms.ModelForm):  # type: ignore[type-arg]  # of Claim or Suggestion
    """A record of something that happened: not in the future. `today` is the day of the request."""

    day_field = ""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields[self.day_field].widget.attrs["max"] = today.isoformat()

    def clean(self) -> dict[str, Any]:
        """Not in the future."""
        cleaned: dict[str, Any] = super().clean() or {}
        day = cleaned.get(self.day_field)
        if day and day > self.today:
            self.add_error(self.day_field, "日期不能晚于今天")
        return cleaned

    def values(self) -> dict[str, Any]:
        """The record's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("uploads", "version", "unit")}


class ClaimForm(_DatedForm):
    """A claim, entered by an officer or a station. `targets` are the units it may be assigned to."""

    day_field = "raised_on"
    unit = forms.ModelChoiceField(queryset=Organisation.objects.none(), label="办理单位", empty_label=None)
    uploads = AttachmentsField(label="附件", help_text=_FILES)

    class Meta:
        model = Claim
        fields = ("title", "topic", "urgency", "source", "raised_on", "contact", "detail")
        widgets = {"raised_on": DateInput(), "detail": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"detail": NO_SECRETS, "contact": "如：王经理 021-50801234"}

    def __init__(self, *args: Any, targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = targets  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["source"] = forms.ChoiceField(label="来源", choices=_TAKEN_DOWN)


class ClaimEditForm(_DatedForm):
    """Correcting the entry."""

    day_field = "raised_on"
    uploads = AttachmentsField(label="补充附件", help_text=_FILES)
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Claim
        fields = ("title", "topic", "urgency", "raised_on", "contact", "detail")
        widgets = {"raised_on": DateInput(), "detail": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "detail": NO_SECRETS,
            "urgency": "改变紧急程度会重算办理期限",
            "raised_on": "改变提出日期会重算办理期限",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class OwnClaimForm(forms.ModelForm):  # type: ignore[type-arg]  # of Claim
    """A claim, raised by the enterprise itself."""

    uploads = AttachmentsField(label="附件", help_text=_FILES)

    class Meta:
        model = Claim
        fields = ("title", "topic", "urgency", "detail", "contact")
        widgets = {"detail": forms.Textarea(attrs={"rows": 5})}
        labels = {"title": "需要什么帮助", "contact": "联系人及电话"}
        help_texts = {"title": "一句话说明，如：核心技术人员离职后如何约定竞业限制", "detail": NO_SECRETS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].required = True

    def values(self) -> dict[str, Any]:
        """The claim's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k != "uploads"}


class CloseForm(forms.Form):
    """Closing a claim."""

    resolved = forms.TypedChoiceField(
        label="办理结果",
        choices=[("1", "已解决"), ("0", "已答复，尚未解决")],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    reply = forms.CharField(
        label="答复企业", widget=forms.Textarea(attrs={"rows": 4}), max_length=2000, help_text="企业可以看到"
    )


class RefuseForm(forms.Form):
    """Refusing a claim."""

    reason = forms.CharField(
        label="内部理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="企业看不到"
    )
    reply = forms.CharField(
        label="告知企业的说明",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="说明不予受理的原因，以及可以去哪里解决",
    )


class NoteForm(forms.Form):
    """What was done between two steps."""

    text = forms.CharField(label="办理情况", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    told = forms.BooleanField(label="同时告知企业", required=False)
    uploads = AttachmentsField(label="附件", help_text="告知企业的，附件企业也能看到")


class TransferForm(forms.Form):
    """Handing a claim on."""

    to = forms.ModelChoiceField(queryset=Organisation.objects.none(), label="转办单位", empty_label="请选择单位")
    reason = forms.CharField(label="转办理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = targets  # type: ignore[attr-defined]  # a ModelChoiceField


class LeadForm(forms.Form):
    """The mark as a lead, or its removal."""

    is_lead = forms.TypedChoiceField(
        choices=[("1", "标记"), ("0", "取消")], coerce=lambda value: value == "1", widget=forms.HiddenInput
    )
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RateForm(forms.Form):
    """The enterprise's rating."""

    satisfaction = forms.TypedChoiceField(
        label="满意度",
        coerce=int,
        choices=[(5, "非常满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "非常不满意")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="意见", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class SuggestionForm(_DatedForm):
    """One suggestion; with an instance, its correction."""

    day_field = "given_on"
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    class Meta:
        model = Suggestion
        fields = ("text", "topic", "given_on", "source", "plan_line")
        widgets = {"given_on": DateInput(), "text": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"text": "一条建议一条记录，逐条计数"}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan_line"] = own_plan_line(actor, self.instance.plan_line_id)
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version


class ClaimFilter(FilterForm):
    """The query bar of the ledger."""

    q = forms.CharField(
        label="关键词", required=False, widget=forms.TextInput(attrs={"placeholder": "概要、编号、企业"})
    )
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *ClaimState.choices])
    topic = forms.ChoiceField(label="事项类别", required=False, choices=[("", "全部"), *Topic.choices])
    urgency = forms.ChoiceField(label="紧急程度", required=False, choices=[("", "全部"), *Urgency.choices])
    source = forms.ChoiceField(label="来源", required=False, choices=[("", "全部"), *Source.choices])
    unit = forms.CharField(label="办理单位", required=False)
    since = forms.DateField(label="提出自", required=False, widget=DateInput())
    until = forms.DateField(label="提出至", required=False, widget=DateInput())
    only = forms.ChoiceField(
        label="范围",
        required=False,
        choices=[("", "全部"), ("open", "未办结"), ("overdue", "已逾期"), ("lead", "疑似侵权线索")],
    )

    def __init__(self, *args: Any, actor: Actor, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.today = actor, today

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words, state, kind, period, unit; leads only where the actor may know of them."""
        if name == "q":
            words = ("title", "number", "enterprise__name", "enterprise__credit_code")
            condition = Q()
            for word in words:
                condition |= Q(**{f"{word}__icontains": value})
            return records.filter(condition)
        if name == "only":
            return self._only(records, value)
        lookups = {"since": "raised_on__gte", "until": "raised_on__lte", "unit": "unit__name__icontains"}
        return records.filter(**{lookups.get(name, name): value})

    def _only(self, records: Any, value: str) -> Any:
        if value == "overdue":
            return records.overdue(self.today)
        if value == "lead":
            return records.filter(is_lead=True, unit__jurisdiction__path__startswith=self.actor.path)
        return records.filter(closed_at__isnull=True)


class SuggestionFilter(FilterForm):
    """The query bar of the suggestions."""

    q = forms.CharField(label="关键词", required=False, widget=forms.TextInput(attrs={"placeholder": "内容、企业"}))
    topic = forms.ChoiceField(label="主题", required=False, choices=[("", "全部"), *Topic.choices])
    source = forms.ChoiceField(label="来源", required=False, choices=[("", "全部"), *Source.choices])
    unit = forms.CharField(label="单位", required=False)
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words, topic, source, unit, period."""
        if name == "q":
            return records.filter(Q(text__icontains=value) | Q(enterprise__name__icontains=value))
        lookups = {"since": "given_on__gte", "until": "given_on__lte", "unit": "unit__name__icontains"}
        return records.filter(**{lookups.get(name, name): value})
