"""Forms of visits."""

from typing import Any

from django import forms

from midun.campaigns.models import CampaignState, PlanLine
from midun.claims.forms import NO_SECRETS
from midun.claims.models import Topic, Urgency
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.forms import AttachmentsField, DateInput, FilterForm
from midun.visits.models import Visit, Way

_PAIRS = (("nda_signed", "nda_should"), ("non_compete_signed", "non_compete_eligible"))


class VisitForm(forms.ModelForm):  # type: ignore[type-arg]  # of Visit
    """A visit. On a phone the first fields are enough."""

    uploads = AttachmentsField(label="照片或材料")
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
            "needs",
            "summary",
            "follow_up_on",
        )
        widgets = {
            "day": DateInput(),
            "follow_up_on": DateInput(),
            "needs": forms.Textarea(attrs={"rows": 2}),
            "summary": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {"summary": NO_SECRETS}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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

    def clean(self) -> dict[str, Any]:
        """Signed never exceeds those who should sign."""
        cleaned: dict[str, Any] = super().clean() or {}
        for signed, should in _PAIRS:
            if cleaned.get(signed) is not None and cleaned.get(should) is None:
                self.add_error(should, "填写了已签人数，请同时填写应签（适用）人数")
            elif cleaned.get(signed) is not None and cleaned[signed] > cleaned[should]:
                self.add_error(signed, "已签人数不能多于应签（适用）人数")
        return cleaned

    def values(self) -> dict[str, Any]:
        """The visit's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("uploads", "version")}


class EnterpriseForm(forms.Form):
    """Which enterprise: chosen from the directory, or new with its credit code."""

    enterprise = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="企业名称", max_length=120, required=False)
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=18,
        required=False,
        widget=forms.TextInput(attrs={"data-uscc": "1", "autocapitalize": "characters"}),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean(self) -> dict[str, Any]:
        """A known enterprise in scope, or a name with a valid code."""
        cleaned: dict[str, Any] = super().clean() or {}
        if number := cleaned.get("enterprise"):
            known = Organisation.objects.visible_to(self.actor).enterprises().filter(pk=number).first()
            if known is None:
                raise forms.ValidationError("请从查找结果中选择一家企业")
            cleaned["found"] = known
            return cleaned
        code = uscc.normalise(cleaned.get("credit_code") or "")
        if not cleaned.get("name") or not code:
            raise forms.ValidationError("请查找并选择企业；名录中没有的，填写名称和统一社会信用代码")
        if wrong := uscc.problem(code):
            self.add_error("credit_code", wrong)
        cleaned["credit_code"] = code
        return cleaned


class SuggestionRow(forms.Form):
    """One suggestion in the visit form."""

    topic = forms.ChoiceField(label="主题", choices=Topic.choices, required=False)
    text = forms.CharField(label="建议内容", max_length=500, required=False)


class NeedRow(forms.Form):
    """One claim in the visit form."""

    topic = forms.ChoiceField(label="事项", choices=Topic.choices, required=False)
    title = forms.CharField(label="诉求概要", max_length=100, required=False)
    urgency = forms.ChoiceField(label="紧急程度", choices=Urgency.choices, required=False)


SuggestionRows = forms.formset_factory(SuggestionRow, extra=1, max_num=30)
NeedRows = forms.formset_factory(NeedRow, extra=1, max_num=30)


class VisitFilter(FilterForm):
    """The query bar."""

    q = forms.CharField(label="企业", required=False)
    way = forms.ChoiceField(label="方式", required=False, choices=[("", "全部"), *Way.choices])
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())
    unit = forms.CharField(label="单位", required=False)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By enterprise, way, period, unit."""
        lookups = {
            "q": "enterprise__name__icontains",
            "since": "day__gte",
            "until": "day__lte",
            "unit": "unit__name__icontains",
        }
        return records.filter(**{lookups.get(name, name): value})
