"""Forms of the tree of authority and of its organisations."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.timezone import localdate

from midun.directory import tree
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Level, OrganisationKind
from midun.kernel.orgs.models import DivisionCode, Jurisdiction, Organisation
from midun.kernel.web.forms import DateInput
from midun.kernel.web.page import PageRequest


class NodeForm(forms.Form):
    """A node of the tree. `node` is the one to change, or None; `parent` the one below which it shall stand."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0, required=False)
    name = forms.CharField(label="名称", max_length=80)
    level = forms.TypedChoiceField(label="层级", coerce=int)
    parent = forms.TypedChoiceField(label="上级", coerce=int, help_text="改变上级，将连同全部下级一起移过去")
    division_code = forms.CharField(label="行政区划代码", max_length=6, required=False)
    order = forms.IntegerField(label="排序", min_value=0, max_value=9999, initial=0, help_text="小的在前")

    def __init__(
        self, *args: Any, request: PageRequest, node: Jurisdiction | None, parent: Jurisdiction | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = localdate(request.at)
        self.node = node
        lowest = parent.level if parent else Level.NATION
        self._choose("level", [(level.value, level.label) for level in Level if not parent or level > lowest])
        if node is not None and node.path != request.actor.path:
            self._choose("parent", tree.choices(request.actor, but=node))
        else:
            del self.fields["parent"]
        code = self.fields["division_code"]
        code.widget.attrs.update({"list": "division-codes", "inputmode": "numeric", "autocomplete": "off"})
        code.help_text = "没有独立代码的（如新区、机场分局、执法总队）留空；输入名称或代码可从代码表中选择"
        if node is not None and not self.is_bound:
            names = ("version", "name", "level", "division_code", "order")
            self.initial = {name: getattr(node, name) for name in names} | {"parent": node.parent_id}
        elif parent is not None and not self.is_bound:
            self.initial["level"] = min(parent.level + 1, Level.STATION)

    def _choose(self, name: str, choices: list[tuple[int, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.TypedChoiceField):
            field.choices = choices

    def clean_name(self) -> str:
        """Without blanks around or inside."""
        return "".join(str(self.cleaned_data["name"]).split())

    def clean_division_code(self) -> str:
        """A code of the public table in force today; a node keeps an old one that it has."""
        code = str(self.cleaned_data["division_code"]).strip()
        if not code or (self.node and code == self.node.division_code):
            return code
        lines = DivisionCode.objects.unscoped("public table").filter(code=code)
        if lines.valid_on(self.today).exists():
            return code
        old = lines.order_by("-valid_to").first()
        if old is None:
            raise forms.ValidationError("行政区划代码表中没有这个代码；没有独立代码的请留空")
        raise forms.ValidationError(f"{old} 已停用" + (f"，由 {old.successor} 承接" if old.successor else ""))

    def values(self) -> dict[str, Any]:
        """What the services take besides the parent and the version."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "level": Level(data["level"]),
            "division_code": data["division_code"],
            "order": data["order"],
        }


class DivisionsForm(forms.Form):
    """Lines of the public table to add below a node."""

    codes = forms.MultipleChoiceField(
        label="行政区划",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个行政区划"},
    )
    with_bureau = forms.BooleanField(label="同时建立各自的市场监督管理局", required=False, initial=True)

    def __init__(self, *args: Any, offered: list[DivisionCode], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["codes"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(line.code, f"{line.name}（{line.code}）") for line in offered]


class CloseForm(forms.Form):
    """Closing a node or an organisation."""

    day = forms.DateField(label="撤销日期", widget=DateInput())
    reason = forms.CharField(
        label="理由或依据文号", max_length=500, widget=forms.Textarea(attrs={"rows": 3, "placeholder": "如：机构改革"})
    )


_PLACED = [kind for kind in OrganisationKind if kind != OrganisationKind.ENTERPRISE]


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]  # of Organisation
    """An organisation other than an enterprise."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)
    kind = forms.ChoiceField(label="类型", choices=[(kind.value, kind.label) for kind in _PLACED])

    class Meta:
        model = Organisation
        fields = (
            "version",
            "kind",
            "name",
            "short_name",
            "credit_code",
            "jurisdiction",
            "address",
            "contact_name",
            "contact_phone",
            "order",
        )
        widgets = {"credit_code": forms.TextInput(attrs={"data-uscc": "1", "autocapitalize": "characters"})}
        help_texts = {"short_name": "用于表格和大屏，如“浦东新区市场监管局”", "credit_code": "没有的可不填"}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["jurisdiction"] = NodeField(actor)
        self.fields["kind"].disabled = bool(self.instance.pk)

    def clean_credit_code(self) -> str | None:
        """Normalised and right, or none; the column is unique, so none is NULL."""
        code = uscc.normalise(self.cleaned_data["credit_code"] or "")
        if code and (wrong := uscc.problem(code)):
            raise forms.ValidationError(wrong)
        return code or None

    def values(self) -> dict[str, Any]:
        """The organisation's own fields."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class NodeField(forms.ModelChoiceField):
    """An open node of the actor's subtree, shown as an indented tree."""

    def __init__(self, actor: Actor, **kwargs: Any) -> None:
        nodes = Jurisdiction.objects.visible_to(actor).open().under(actor.path)
        super().__init__(nodes, **{"label": "属地", "empty_label": None, **kwargs})
        shown: list[tuple[int | str, str]] = [("", "请选择"), *tree.choices(actor)]
        self.widget.choices = shown


class UnitSearch(forms.Form):
    """Finding a unit or a node by name, short name or code."""

    q = forms.CharField(label="名称或代码", max_length=60, required=False)
    node = forms.IntegerField(required=False, widget=forms.HiddenInput)
    closed = forms.BooleanField(label="显示已撤销的", required=False)

    def nodes(self, actor: Actor) -> list[Jurisdiction]:
        """Nodes of the actor's subtree that match, at most fifty."""
        words = self.cleaned_data["q"]
        known = Jurisdiction.objects.visible_to(actor).under(actor.path).select_related("parent")
        return list(known.filter(Q(name__icontains=words) | Q(division_code__startswith=words))[:50])

    def organisations(self, actor: Actor) -> list[Organisation]:
        """Organisations but enterprises that match, at most fifty."""
        words = self.cleaned_data["q"]
        known = Organisation.objects.visible_to(actor).under(actor.path).exclude(kind=OrganisationKind.ENTERPRISE)
        match = Q(name__icontains=words) | Q(short_name__icontains=words) | Q(credit_code=uscc.normalise(words))
        return list(known.filter(match).select_related("jurisdiction")[:50])
