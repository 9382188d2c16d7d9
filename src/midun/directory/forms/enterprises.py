"""Forms of the enterprise directory."""

from typing import Any

from django import forms
from django.db.models import Q

from midun.directory import tree
from midun.directory.enterprise_table import clean_name
from midun.directory.forms.units import NodeField
from midun.kernel.orgs import sectors, uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import EnterpriseSize
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.web.forms import FilterForm


def sector_choices(also: str = "") -> list[tuple[str, Any]]:
    """Divisions by section for a select; `also` keeps a finer code that an enterprise has."""
    grouped = [
        (f"{letter} {name}", [(code, f"{code} {n}") for code, (n, s) in sectors.divisions().items() if s == letter])
        for letter, name in sectors.sections().items()
    ]
    extra = [(also, sectors.label(also))] if also and also not in sectors.divisions() else []
    return [("", "请选择"), *extra, *grouped]


class EnterpriseForm(forms.ModelForm):  # type: ignore[type-arg]  # of Organisation
    """An enterprise of the directory."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    class Meta:
        model = Organisation
        fields = (
            "version",
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
        widgets = {
            "credit_code": forms.TextInput(
                attrs={"data-uscc": "1", "autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
            ),
            "contact_phone": forms.TextInput(attrs={"inputmode": "tel"}),
        }
        help_texts = {
            "name": "营业执照上的全称",
            "credit_code": "18 位，填完即核对校验码",
            "park": "如：张江科学城",
            "address": "营业执照上的住所（法定地址）",
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["jurisdiction"] = NodeField(actor)
        if not self.instance.pk:
            self.fields["jurisdiction"].initial = Jurisdiction.objects.visible_to(actor).filter(path=actor.path).first()
        self.fields["credit_code"].required = True
        held = self.instance.sector
        self.fields["sector"] = forms.ChoiceField(
            label="行业", required=False, choices=sector_choices(held), help_text="GB/T 4754—2017 大类"
        )
        self.fields["size"] = forms.ChoiceField(
            label="规模", required=False, choices=[("", "请选择"), *EnterpriseSize.choices]
        )

    def clean_name(self) -> str:
        """Without blanks around; brackets as on Chinese licences."""
        return clean_name(str(self.cleaned_data["name"]))

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
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class EnterpriseFilter(FilterForm):
    """The query bar of enterprises."""

    q = forms.CharField(label="名称或代码", required=False)
    node = forms.TypedChoiceField(label="属地", required=False, coerce=int, empty_value=None)
    sector = forms.ChoiceField(label="行业门类", required=False)
    size = forms.ChoiceField(label="规模", required=False, choices=[("", "全部"), *EnterpriseSize.choices])
    park = forms.CharField(label="园区", required=False)
    liaison_point = forms.BooleanField(label="只看联络点", required=False)
    closed = forms.BooleanField(label="含已注销", required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._paths = dict(Jurisdiction.objects.visible_to(actor).under(actor.path).values_list("pk", "path"))
        node, sector = self.fields["node"], self.fields["sector"]
        if isinstance(node, forms.TypedChoiceField):
            node.choices = [("", "全部"), *tree.choices(actor)]
        if isinstance(sector, forms.ChoiceField):
            sector.choices = [("", "全部"), *((code, f"{code} {name}") for code, name in sectors.sections().items())]

    def apply(self, records: Any) -> Any:
        """As the others, but closed ones only when asked for."""
        records = super().apply(records)
        return records if self.cleaned_data.get("closed") else records.active()

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By name or code, subtree, section, size, park."""
        if name == "q":
            return records.filter(Q(name__icontains=value) | Q(credit_code__startswith=uscc.normalise(value)))
        if name == "node":
            return records.under(self._paths.get(value, "-"))
        if name == "sector":
            inside = [code for code, (_, section) in sectors.divisions().items() if section == value]
            match = Q(sector=value)
            for code in inside:
                match |= Q(sector__startswith=code)
            return records.filter(match)
        if name == "park":
            return records.filter(park__icontains=value)
        if name == "closed":
            return records
        return super().narrow(records, name, value)
