"""Forms of the deposit pages that are sent. The deposit itself is no form: a script sends commitments only."""

from typing import Any

from django import forms
from django.db.models import F, Q
from django.utils.timezone import localtime

from midun.deposits.stages import name_of
from midun.evidence.models import Deposit, Project, Token
from midun.evidence.services.quotas import MOST, PER_DAY, PER_MINUTE
from midun.kernel.orgs.enums import OrganisationKind, Role
from midun.kernel.orgs.models import Membership, Organisation
from midun.kernel.web.forms import FilterForm
from midun.kernel.web.projects import ProjectChoiceField


class DepositFilter(FilterForm):
    """The query bar of the list of deposits."""

    word = forms.CharField(label="标注", required=False)
    kind = forms.ChoiceField(
        label="类型",
        required=False,
        choices=[("", "全部"), *Deposit.Kind.choices[:2]],
    )
    project = ProjectChoiceField(
        label="研发过程", required=False, queryset=Project.objects.none(), empty_label="全部", to_field_name="uuid"
    )

    def __init__(self, *args: Any, projects: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]  # a ModelChoiceField has one

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """The word stands in the label."""
        return records.filter(label__icontains=value) if name == "word" else super().narrow(records, name, value)


class StatementForm(forms.Form):
    """A source statement as a script read it out of the opening file."""

    text = forms.CharField(max_length=16_384, strip=False, widget=forms.HiddenInput)


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(label="用途", max_length=60, help_text="写明给哪个系统用，如“PLM 每晚自动存证”")
    scope = forms.ChoiceField(
        label="可以做什么", choices=Token.Scope.choices, widget=forms.RadioSelect, initial="deposit"
    )
    days = forms.TypedChoiceField(
        label="有效期",
        coerce=int,
        choices=[(30, "30 天"), (90, "90 天"), (180, "180 天"), (365, "一年")],
        initial=90,
        help_text="到期自动失效，须另行创建",
    )


class QuotaFilter(FilterForm):
    """The query bar of the quotas: a name, and whose are shown."""

    word = forms.CharField(label="企业名称或代码", required=False)
    whose = forms.ChoiceField(
        label="范围",
        required=False,
        choices=[("", "全部企业"), ("using", "用过存证的"), ("near", "今日用量已过八成的")],
    )

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By the name, or by what the service annotated."""
        if name == "word":
            return records.filter(Q(name__icontains=value) | Q(credit_code__iexact=value.strip()))
        return (
            records.filter(tenant__isnull=False) if value == "using" else records.filter(used__gte=F("per_day") * 0.8)
        )


class QuotaForm(forms.Form):
    """The two limits of an enterprise; the hidden fields are what the editor saw."""

    per_day = forms.IntegerField(
        label="每日条数上限", min_value=1, max_value=MOST, help_text=f"默认 {PER_DAY:,} 条，北京时间零点重新计数"
    )
    per_minute = forms.IntegerField(
        label="每分钟条数上限",
        min_value=1,
        max_value=MOST,
        help_text=f"默认 {PER_MINUTE:,} 条；一次批量提交的条数不能超过它",
    )
    shown_day = forms.IntegerField(widget=forms.HiddenInput)
    shown_minute = forms.IntegerField(widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """What the service is given."""
        data = self.cleaned_data
        shown = data["shown_day"], data["shown_minute"]
        return {"per_day": data["per_day"], "per_minute": data["per_minute"], "shown": shown}


class HandOffForm(forms.Form):
    """Deposits for a notary."""

    purpose = forms.CharField(label="用途", max_length=200, help_text="如“与某公司纠纷的证据保全”，会印在清单上")
    notary = forms.ModelChoiceField(
        label="公证机构",
        required=False,
        queryset=Organisation.objects.none(),
        empty_label="不经平台移交，自行送交",
        help_text="选择与平台合作的公证机构，清单会出现在他们的页面上",
    )
    deposits = forms.ModelMultipleChoiceField(
        label="存证",
        queryset=Deposit.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一条存证"},
    )

    def __init__(self, *args: Any, deposits: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deposits"].queryset = deposits  # type: ignore[attr-defined]  # a ModelMultipleChoiceField has one
        self.fields["deposits"].label_from_instance = name_with_day  # type: ignore[attr-defined]  # same
        self.fields["notary"].queryset = partner_notaries()  # type: ignore[attr-defined]  # same


class ConfirmForm(forms.Form):
    """What a notary's check gave."""

    result = forms.TypedChoiceField(  # not `matches`: a field of that name hides the form element's own method
        label="核验结果",
        coerce=lambda value: value == "1",
        choices=[("1", "相符：文件、开启信息与证明包一致"), ("0", "不符")],
        widget=forms.RadioSelect,
    )
    finding = forms.CharField(
        label="核验意见",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="如公证书编号、核验时间和地点；不符时必须写明情况",
    )
    cosignature = forms.CharField(
        label="共同签名",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "font-monospace"}),
        help_text="可不填。用本机构密钥对移交文件中的 04-检查点.txt 签名（midun witness sign），把输出的行粘贴在此",
    )

    def clean_cosignature(self) -> list[str]:
        """The lines that are signatures."""
        return [line.strip() for line in self.cleaned_data["cosignature"].splitlines() if line.strip()]


def name_with_day(deposit: Deposit) -> str:
    """How a deposit is called where several are chosen from."""
    return f"{name_of(deposit)}（{localtime(deposit.accepted_at):%Y-%m-%d %H:%M}）"


def partner_notaries() -> Any:
    """Notaries that work with the platform: those with somebody who can receive."""
    receiving = Membership.objects.unscoped("which notaries can receive").filter(
        role=Role.NOTARY_OFFICER, ended_at__isnull=True
    )
    notaries = Organisation.objects.unscoped("partner notaries are public").filter(kind=OrganisationKind.NOTARY)
    return notaries.filter(pk__in=receiving.values("organisation_id")).order_by("name")
