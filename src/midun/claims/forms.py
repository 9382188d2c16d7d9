"""Forms of the claims ledger."""

from typing import Any

from django import forms

from midun.claims.models import Claim, ClaimState, Source, Suggestion, Topic, Urgency
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.forms import DateInput, FilterForm

NO_SECRETS = "请勿填写商业秘密的具体内容（配方、参数、图纸、客户名单等），概括说明即可"


class ClaimForm(forms.ModelForm):  # type: ignore[type-arg]  # of Claim
    """A claim, entered by an officer or a station."""

    class Meta:
        model = Claim
        fields = ("enterprise", "source", "topic", "urgency", "title", "detail", "contact", "raised_on")
        widgets = {"raised_on": DateInput(), "detail": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"detail": NO_SECRETS}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Organisation.objects.visible_to(actor).enterprises().active().order_by("name")
        self.fields["enterprise"] = forms.ModelChoiceField(queryset=known, label="企业", empty_label="请选择企业")
        self.fields["source"].initial = Source.PHONE


class OwnClaimForm(forms.ModelForm):  # type: ignore[type-arg]  # of Claim
    """A claim, raised by the enterprise itself."""

    class Meta:
        model = Claim
        fields = ("topic", "urgency", "title", "detail", "contact")
        widgets = {"detail": forms.Textarea(attrs={"rows": 5})}
        help_texts = {"detail": NO_SECRETS}


class CloseForm(forms.Form):
    """Closing a claim."""

    resolved = forms.ChoiceField(
        label="办理结果", choices=[("1", "已解决"), ("0", "已答复，尚未解决")], widget=forms.RadioSelect, initial="1"
    )
    reply = forms.CharField(label="答复企业", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class RefuseForm(forms.Form):
    """Refusing a claim."""

    reason = forms.CharField(label="内部理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    reply = forms.CharField(label="告知企业的说明", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class TransferForm(forms.Form):
    """Handing a claim on."""

    to = forms.ModelChoiceField(queryset=Organisation.objects.none(), label="转办单位", empty_label="请选择单位")
    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = targets  # type: ignore[attr-defined]  # a ModelChoiceField


class RateForm(forms.Form):
    """The enterprise's rating."""

    satisfaction = forms.TypedChoiceField(
        label="满意度",
        coerce=int,
        choices=[(5, "非常满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "非常不满意")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="意见", required=False, max_length=300)


class SuggestionForm(forms.ModelForm):  # type: ignore[type-arg]  # of Suggestion
    """One suggestion."""

    class Meta:
        model = Suggestion
        fields = ("enterprise", "topic", "text", "given_on", "source")
        widgets = {"given_on": DateInput(), "text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Organisation.objects.visible_to(actor).enterprises().active().order_by("name")
        self.fields["enterprise"] = forms.ModelChoiceField(
            queryset=known, label="企业", required=False, empty_label="未列名企业"
        )


class ClaimFilter(FilterForm):
    """The query bar of the ledger."""

    q = forms.CharField(label="关键词", required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *ClaimState.choices])
    urgency = forms.ChoiceField(label="紧急程度", required=False, choices=[("", "全部"), *Urgency.choices])
    since = forms.DateField(label="提出自", required=False, widget=DateInput())
    until = forms.DateField(label="提出至", required=False, widget=DateInput())
    lead = forms.BooleanField(label="只看疑似侵权线索", required=False)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words, state, urgency, period, lead mark."""
        lookups = {
            "q": "title__icontains",
            "since": "raised_on__gte",
            "until": "raised_on__lte",
            "lead": "is_lead",
        }
        if name == "lead" and not value:
            return records
        return records.filter(**{lookups.get(name, name): value})


class SuggestionFilter(FilterForm):
    """The query bar of the suggestions."""

    q = forms.CharField(label="关键词", required=False)
    topic = forms.ChoiceField(label="主题", required=False, choices=[("", "全部"), *Topic.choices])
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words, topic, period."""
        lookups = {"q": "text__icontains", "since": "given_on__gte", "until": "given_on__lte"}
        return records.filter(**{lookups.get(name, name): value})
