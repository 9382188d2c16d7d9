"""What people enter on the page of a statistics form. Every form carries the version the person saw."""

from typing import Any

from django import forms
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.templates import Line, form_choices
from midun.kernel.web.forms import AttachmentsField, DateInput

_REASON = {"rows": 2, "maxlength": 300}
_LARGEST = 10**15
_SUGGESTED = 300


class ActForm(forms.Form):
    """An act without further words."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def words(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)


class AdjustForm(ActForm):
    """Another number for a cell, with the reason."""

    figure = forms.ChoiceField(label="指标")
    value = forms.IntegerField(
        label="调整为",
        min_value=0,
        max_value=_LARGEST,
        error_messages={"invalid": "请填写 0 或正整数", "min_value": "请填写 0 或正整数", "max_value": "数值过大"},
    )
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea(attrs=_REASON))

    def __init__(self, *args: Any, lines: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["figure"] = forms.ChoiceField(label="指标", choices=lines)


class WithdrawAdjustmentForm(ActForm):
    """Back to the counted number."""

    figure = forms.CharField(max_length=40, widget=forms.HiddenInput)


class ExplainForm(ActForm):
    """Why a broken check is as it should be."""

    check_id = forms.CharField(max_length=60, widget=forms.HiddenInput)
    text = forms.CharField(label="说明", max_length=300, required=False)


class ReasonForm(ActForm):
    """An act with a reason."""

    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs=_REASON))


class FreezeForm(ActForm):
    """Freezing; a reason only where units are missing."""

    reason = forms.CharField(
        label="先行定稿的理由", max_length=500, required=False, widget=forms.Textarea(attrs=_REASON)
    )


class ReturnForm(ActForm):
    """Returning, with remarks on single cells."""

    reason = forms.CharField(label="退回理由", max_length=500, widget=forms.Textarea(attrs=_REASON))

    def __init__(self, *args: Any, lines: list[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self.fields[f"remark-{line.figure}"] = forms.CharField(label=line.name, max_length=300, required=False)

    def remark(self, figure: str) -> forms.BoundField:
        """The field of the remark on a cell; it stands in the table, at the cell."""
        return self[f"remark-{figure}"]

    def words(self) -> dict[str, Any]:
        """Reason, version, and the remarks that were made."""
        found = {line.figure: self.cleaned_data.get(f"remark-{line.figure}", "") for line in self.lines}
        remarks = {name: text for name, text in found.items() if text}
        return {"version": self.cleaned_data["version"], "reason": self.cleaned_data["reason"], "remarks": remarks}


class PreviousReportForm(forms.Form):
    """The edited copy of a report, none for a new one."""

    previous = AttachmentsField(
        label="修改过的报告（.docx）", limit=1, widget=forms.ClearableFileInput(attrs={"accept": ".docx"})
    )

    def copy(self) -> bytes | None:
        """The bytes of the copy; None where none was chosen."""
        chosen: list[tuple[str, bytes]] = self.cleaned_data["previous"]
        return chosen[0][1] if chosen else None


class SealedForm(forms.Form):
    """Scans of the sealed paper form."""

    scans = AttachmentsField(label="盖章扫描件（PDF 或图片）", limit=5, required=True)


class QueryForm(forms.Form):
    """Which unit, whether with what is below it, which days, which form. No unit means the actor's own."""

    unit = forms.CharField(
        label="单位", max_length=120, required=False, widget=forms.TextInput(attrs={"list": "query-units"})
    )
    own_only = forms.BooleanField(label="仅本级（不含下级）", required=False)
    start = forms.DateField(label="开始日期", widget=DateInput)
    end = forms.DateField(label="结束日期", widget=DateInput)
    template = forms.ChoiceField(label="统计表", choices=form_choices)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Organisation.objects.visible_to(actor).units().under(actor.path).active()
        self.units = known.select_related("jurisdiction").order_by("jurisdiction__path", "order", "pk")
        self.own = actor.organisation_id
        if len(form_choices()) == 1:
            self.fields["template"].widget = forms.HiddenInput()

    def clean_unit(self) -> Organisation:
        """A unit of the actor's own subtree, by name or short name."""
        text = self.cleaned_data["unit"].strip()
        named = Q(name=text) | Q(short_name=text) if text else Q(pk=self.own)
        found: Organisation | None = self.units.filter(named).first()
        if found is None:
            raise forms.ValidationError(f"本辖区内没有名为“{text}”的单位，请从提示的名单中选择")
        return found

    def clean(self) -> dict[str, Any]:
        """The last day does not lie before the first."""
        found = super().clean() or {}
        if found.get("start") and found.get("end") and found["end"] < found["start"]:
            self.add_error("end", "结束日期早于开始日期，请修改")
        return found

    def suggestions(self) -> list[str]:
        """Names to choose from while typing."""
        return [unit.name for unit in self.units[:_SUGGESTED]]
