"""Forms of people and organisations."""

from typing import Any

from django import forms
from django.db.models import Q

from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import EnterpriseSize, Role
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.forms import DateInput, FilterForm


class EnterpriseForm(forms.ModelForm):  # type: ignore[type-arg]  # of Organisation
    """An enterprise of the directory."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    class Meta:
        model = Organisation
        fields = (
            "name",
            "credit_code",
            "jurisdiction",
            "sector",
            "size",
            "park",
            "address",
            "contact_name",
            "contact_phone",
            "liaison_point",
        )
        widgets = {"credit_code": forms.TextInput(attrs={"data-uscc": "1", "autocapitalize": "characters"})}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nodes = Jurisdiction.objects.visible_to(actor).under(actor.path)
        self.fields["jurisdiction"] = forms.ModelChoiceField(queryset=nodes, label="属地", empty_label="请选择")
        self.fields["credit_code"].required = True
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version

    def clean_credit_code(self) -> str:
        """Normalised; wrong ones are refused with what is wrong."""
        code = uscc.normalise(self.cleaned_data["credit_code"] or "")
        if wrong := uscc.problem(code):
            raise forms.ValidationError(wrong)
        taken = Organisation.objects.unscoped("codes are unique").filter(credit_code=code).exclude(pk=self.instance.pk)
        if taken.exists():
            raise forms.ValidationError("该统一社会信用代码已在名录中")
        return code

    def values(self) -> dict[str, Any]:
        """The organisation's own fields."""
        return {k: v for k, v in self.cleaned_data.items() if k != "version"}


class EnterpriseFilter(FilterForm):
    """The query bar of organisations."""

    q = forms.CharField(label="名称或代码", required=False)
    size = forms.ChoiceField(label="规模", required=False, choices=[("", "全部"), *EnterpriseSize.choices])

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By name or code, size."""
        if name == "q":
            return records.filter(Q(name__icontains=value) | Q(credit_code__startswith=uscc.normalise(value)))
        return super().narrow(records, name, value)


class MemberFilter(FilterForm):
    """The query bar of people."""

    q = forms.CharField(label="姓名、登录名或单位", required=False)
    role = forms.ChoiceField(label="角色", required=False, choices=[("", "全部"), *Role.choices])

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words, role."""
        if name == "q":
            who = Q(user__name__icontains=value) | Q(user__username__icontains=value)
            return records.filter(who | Q(organisation__name__icontains=value))
        return super().narrow(records, name, value)


class LoginFilter(FilterForm):
    """The query bar of logins."""

    username = forms.CharField(label="登录名", required=False)
    outcome = forms.ChoiceField(
        label="结果",
        required=False,
        choices=[("", "全部"), ("success", "成功"), ("failure", "失败"), ("locked", "已锁定")],
    )
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By name, outcome, period."""
        lookups = {"username": "username__icontains", "since": "at__date__gte", "until": "at__date__lte"}
        return records.filter(**{lookups.get(name, name): value})


class TrailFilter(FilterForm):
    """The query bar of the trail."""

    who = forms.CharField(label="操作人或单位", required=False)
    verb = forms.ChoiceField(label="行为", required=False, choices=[("", "全部"), *Verb.choices])
    text = forms.CharField(label="对象或理由", required=False)
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By who, what, words, period."""
        if name == "who":
            return records.filter(Q(user_name__icontains=value) | Q(organisation__icontains=value))
        if name == "text":
            return records.filter(Q(target_label__icontains=value) | Q(reason__icontains=value))
        lookups = {"since": "at__date__gte", "until": "at__date__lte"}
        return records.filter(**{lookups.get(name, name): value})
